"""The frame and the price of the deploy form say all of what they say, in the room they have."""

from __future__ import annotations

import pytest

from tests.make import funds
from tests.ui.test_deploy_form import FRESH, Stage
from tests.ui.test_deploy_form import shown as staged
from tests.variants import every
from tui.domain.deploy_price import Price
from tui.ui.primitives.cells import width_of
from tui.ui.render.deploy_form import price_lines


@pytest.mark.parametrize(
    ("width", "words"), every(3, [(40, "esc close"), (60, "tab next field"), (80, "esc close (draft kept)")], 2)
)
async def test_the_keys_in_the_frame_are_never_cut(width: int, words: str) -> None:
    app = Stage(FRESH)
    async with staged(app, (width, 24)):
        text = str(app.form.query_one("#deploy").border_subtitle)
    assert words in text
    assert len(text) + 6 <= width


def test_the_fields_to_fix_have_a_line_of_their_own_in_a_narrow_terminal() -> None:
    wrong = ("GPUs", "Name", "Volume", "Ports", "Environment")
    price = Price(26.91, None, 36_000.0, None, False, True)
    lines = price_lines(price, False, funds(40.0, 4.0), wrong, narrow=True, tiny=False)
    assert "".join(text for text, _ in lines[1]) == "▲ Fix: GPUs, Name, Volume, Ports, Environment"
    assert width_of(lines[1]) <= 54
