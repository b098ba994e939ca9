"""The ramp: eight steps that an eye can tell apart, in every theme and in 256 colours."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui import themes
from tui.ui.primitives import ramp
from tui.ui.terminal.colours import contrast, nearest_of_256

SHADED = [theme for theme in themes.OWN if themes.has_shades(theme)]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize("theme", SHADED, ids=lambda theme: theme.name)
def test_every_step_is_further_from_the_background(theme: themes.Theme) -> None:
    ground = str(theme.background)
    shades = ramp.colours(ground, theme.variables["heat"])
    apart = [contrast(_rgb(shade), _rgb(ground)) for shade in shades]
    assert apart == sorted(apart)
    assert apart[0] > 1.15
    assert apart[-1] > 4
    assert shades[-1] == theme.variables["heat"]


@pytest.mark.parametrize("theme", SHADED, ids=lambda theme: theme.name)
def test_steps_are_perceptually_even(theme: themes.Theme) -> None:
    labs = [ramp._lab(shade) for shade in ramp.colours(str(theme.background), theme.variables["heat"])]
    gaps = [sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in pairwise(labs)]
    assert max(gaps) < 1.25 * min(gaps)


@pytest.mark.parametrize("theme", SHADED, ids=lambda theme: theme.name)
def test_a_quiet_ramp_is_even_too_and_quieter_than_the_usual_one(theme: themes.Theme) -> None:
    ground, full = str(theme.background), theme.variables["heat"]
    quiet = ramp.calm(ground, full)
    labs = [ramp._lab(shade) for shade in quiet]
    gaps = [sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in pairwise(labs)]
    assert max(gaps) < 1.25 * min(gaps)
    assert contrast(_rgb(ground), _rgb(quiet[-1])) < contrast(_rgb(ground), _rgb(full))
    assert contrast(_rgb(ground), _rgb(quiet[0])) > 1.1


@pytest.mark.parametrize("theme", SHADED, ids=lambda theme: theme.name)
def test_steps_stay_apart_in_256_colours(theme: themes.Theme) -> None:
    shades = ramp.colours(str(theme.background), theme.variables["heat"])
    assert len({nearest_of_256(_rgb(shade)) for shade in shades}) >= 5


@given(st.floats(allow_nan=False, min_value=-5, max_value=5))
def test_any_part_has_a_step(part: float) -> None:
    assert ramp.HEIGHTS[ramp.step(part)] == ramp.height(part)
    assert ramp.cell(part, True) == ("█", ramp.HEAT[ramp.step(part)])
    assert ramp.cell(part, False) == (ramp.height(part), "spark")
