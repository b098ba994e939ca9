"""Colours: that text can be read in every theme, by every eye, and on terminals that have few."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.color import Color as TextualColor
from textual.theme import Theme

from tui.ui import themes
from tui.ui.terminal.colours import LEGIBLE, SIXTEEN, Rgb, contrast, distance, fitted, nearest_of_256

TEXT = ("text", "muted", "quiet", "accent", "good", "warn", "bad")
"""Roles of text; what draws rules and charts is not among them."""

STATES = ("good", "warn", "bad")

EYES = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What an eye makes of linear light: Machado, Oliveira and Fernandes 2009, severity 1."""

COLOURED = [theme for theme in themes.OWN if theme.name not in themes.HUELESS]


def rgb(text: str) -> Rgb:
    red, green, blue = TextualColor.parse(text).rgb
    return red, green, blue


def colour(theme: Theme, name: str) -> Rgb:
    own = {"text": theme.foreground, "accent": theme.accent, "background": theme.background, "surface": theme.surface}
    return rgb(own.get(name) or theme.variables[name])


def lab(one: Rgb, eye: str) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour, as an eye sees it."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in one]
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in EYES[eye])
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(theme: Theme, one: str, other: str, eye: str) -> float:
    """How far two colours of a theme look apart: some 2 can be told side by side, 20 at a glance."""
    a, b = (lab(colour(theme, name), eye) for name in (one, other))
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5


@pytest.mark.parametrize("theme", themes.OWN, ids=lambda theme: theme.name)
def test_text_stands_out_from_what_it_stands_on(theme: Theme) -> None:
    least = 7.0 if theme is themes.CONTRAST else LEGIBLE
    for role in TEXT:
        for ground in ("background", "surface"):
            assert contrast(colour(theme, role), colour(theme, ground)) >= least, (role, ground)
        assert contrast(colour(theme, role), colour(theme, "cursor")) >= (LEGIBLE if role == "text" else 3), role
    # On the cursor's row the faintest ink is drawn as this one.
    assert contrast(colour(theme, "muted"), colour(theme, "cursor")) >= LEGIBLE
    # A badge, a tab and selected text are drawn the other way round.
    for ground in ("accent", "muted"):
        assert contrast(colour(theme, "background"), colour(theme, ground)) >= least
    for number in range(1, 9):
        assert contrast(colour(theme, f"chart-{number}"), colour(theme, "background")) >= 3, number
    assert contrast(colour(theme, "spark"), colour(theme, "background")) >= 3


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_no_two_states_look_the_same_to_an_eye_that_sees_all_colours(theme: Theme) -> None:
    for one, other in combinations(STATES, 2):
        assert apart(theme, one, other, "normal") > 40, (one, other)


@pytest.mark.parametrize(
    ("theme", "eye"),
    [(themes.DEUTERANOPIA, "deuteranopia"), (themes.DEUTERANOPIA, "protanopia"), (themes.TRITANOPIA, "tritanopia")],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_a_theme_for_an_eye_keeps_states_and_lines_apart_for_it(theme: Theme, eye: str) -> None:
    for one, other in combinations(STATES, 2):
        assert apart(theme, one, other, eye) >= 20, (one, other)
    # Up to four GPUs in a pod, mostly: their lines have to be told apart.
    for one, other in combinations(range(1, 5), 2):
        assert apart(theme, f"chart-{one}", f"chart-{other}", eye) >= 20, (one, other)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_no_line_of_a_chart_looks_like_something_is_wrong(theme: Theme) -> None:
    eye = {"podtop-deuteranopia": "deuteranopia", "podtop-tritanopia": "tritanopia"}.get(theme.name, "normal")
    for number in range(1, 9):
        for state in ("warn", "bad"):
            assert apart(theme, f"chart-{number}", state, eye) > 20, (number, state)


def test_the_theme_without_hues_has_none() -> None:
    for name in (*TEXT, "spark", "rule", "cursor", "background", *(f"chart-{n}" for n in range(1, 9))):
        assert len(set(colour(themes.MONO, name))) == 1, name


def test_the_theme_of_sixteen_colours_has_no_other() -> None:
    for name in (*TEXT, "spark", "rule", "cursor", "background", *(f"chart-{n}" for n in range(1, 9))):
        assert colour(themes.SIXTEEN, name) in SIXTEEN, name


RGB = st.tuples(*[st.integers(0, 255)] * 3)


def drawn(fg: Rgb, bg: Rgb, colours: ColorSystem) -> tuple[int, int]:
    """The numbers of the colours that a pair becomes."""
    style = fitted(Style(color=Color.from_rgb(*fg), bgcolor=Color.from_rgb(*bg)), colours)
    assert style.color is not None
    assert style.bgcolor is not None
    assert style.color.number is not None
    assert style.bgcolor.number is not None
    return style.color.number, style.bgcolor.number


@given(RGB, RGB)
def test_what_can_be_read_can_be_read_in_sixteen_colours(fg: Rgb, bg: Rgb) -> None:
    ink, ground = drawn(fg, bg, ColorSystem.STANDARD)
    # On the two mid colours nothing reaches it: then it is the most that there is.
    most = max(contrast(each, SIXTEEN[ground]) for each in SIXTEEN)
    assert ink < 16
    if contrast(fg, bg) >= 3:
        assert contrast(SIXTEEN[ink], SIXTEEN[ground]) >= min(most, LEGIBLE)
    else:
        assert ink != ground


@given(RGB)
def test_of_256_colours_none_is_used_that_people_change(one: Rgb) -> None:
    number = nearest_of_256(one)
    assert 16 <= number <= 255
    least = min(distance(one, tuple(Color.from_ansi(n).get_truecolor())) for n in range(16, 256))  # type: ignore[arg-type]
    assert distance(one, tuple(Color.from_ansi(number).get_truecolor())) <= 1.1 * least + 30  # type: ignore[arg-type]


@pytest.mark.parametrize("theme", themes.OWN, ids=lambda theme: theme.name)
@pytest.mark.parametrize("colours", [ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
def test_every_theme_can_be_read_with_fewer_colours(theme: Theme, colours: ColorSystem) -> None:
    least = 3.0 if colours is ColorSystem.EIGHT_BIT else LEGIBLE
    for role in TEXT:
        for under in ("background", "cursor"):
            ink, ground = drawn(colour(theme, role), colour(theme, under), colours)
            told = (Color.from_ansi(number).get_truecolor() for number in (ink, ground))
            if colours is ColorSystem.STANDARD:
                told = (SIXTEEN[number] for number in (ink, ground))  # type: ignore[misc]
            assert contrast(*(tuple(each) for each in told)) >= least, (role, under)  # type: ignore[arg-type]


def test_colours_that_are_the_terminal_s_own_are_left_alone() -> None:
    style = Style(color="red", bgcolor="default", bold=True)
    assert fitted(style, ColorSystem.STANDARD) == style
    assert fitted(Style(color="#123456"), ColorSystem.TRUECOLOR) == Style(color="#123456")


@pytest.mark.parametrize("theme", themes.OWN, ids=lambda theme: theme.name)
def test_own_themes_define_every_variable_that_is_derived_for_others(theme: Theme) -> None:
    derived = themes.variable_defaults(Theme(name="another", primary="#0178d4"))
    assert derived.keys() <= theme.variables.keys()
    assert not themes.variable_defaults(theme)
