"""Lines that are told apart without hue, and words in place of signs on a time axis."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.store.test_price_history import HOUR, NOON
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import plot
from tui.ui.charts.spec import CURSOR, EVENT, ChartSpec, Mark, Window
from tui.ui.charts.time_axis import time_axis
from tui.ui.terminal.filters import ascii_text

WINDOW = Window(NOON, HOUR, 60)


def level(label: str, value: float) -> Line:
    return Line(label, (tuple(Point(NOON + n * HOUR, value, value, value) for n in range(60)),), value)


SPEC = ChartSpec(
    "Balance", (level("", 90.0), level("in 24 h", 50.0), level("in 24 h if stopped", 15.0)), WINDOW, unit="$", axis=7,
    dashes=True, tz=UTC, cursor=NOON + 30 * HOUR, marks=(Mark(NOON + 50 * HOUR, "$0"), Mark(NOON + 30 * HOUR, "now")),
)  # fmt: skip


def rows(width: int = 67) -> list[str]:
    return ["".join(text for text, _ in row) for row in plot.draw(SPEC, width, 12)]


@pytest.mark.parametrize("written", [str, ascii_text])
def test_each_line_is_broken_in_its_own_way_as_the_legend_says(written: type[str]) -> None:
    texts = [written(row) for row in rows(90)]
    blank, stroke = {" ", "\u2800", "\u00b7", ".", "\u2502", "|"}, written("─")
    drawn = [row[7:] for row in texts[1:-1] if sum(letter not in blank for letter in row[7:]) > 15]
    assert [[letter not in blank for letter in row[3:21]] for row in drawn] == [
        [True] * 18, [True, True, False] * 6, [True, False, False] * 6,
    ]  # fmt: skip
    assert texts[0].endswith(f"{stroke * 4} $90 {stroke * 2} {stroke} in 24 h $50 {stroke}  {stroke} "
                             "in 24 h if stopped $15")  # fmt: skip


def test_a_narrow_legend_leaves_out_what_names_share() -> None:
    assert rows(60)[0].endswith("in 24 h $50 ─  ─ if stopped $15")
    assert rows(40)[0].endswith("──── $90 ── ─ $50 ─  ─ $15")
    assert rows(24)[0].startswith("Balance")


def test_marks_on_the_axis_are_words_and_whole() -> None:
    line = "".join(text for text, _ in time_axis(SPEC.time, 60))
    assert line.index("now") == 29
    assert line.index("$0") == 49
    assert "▲" not in line
    assert {kind for text, kind in time_axis(SPEC.time, 60) if text in ("now", "$0")} == {CURSOR, EVENT}


def test_of_two_words_in_one_place_the_first_is_shown_and_the_cursor_stays() -> None:
    near = SPEC.time.__class__(
        WINDOW, UTC, (Mark(NOON + 31 * HOUR, "$0"), Mark(NOON + 30 * HOUR, "now")), NOON + 30 * HOUR
    )
    line = "".join(text for text, _ in time_axis(near, 60))
    assert "$0" in line
    assert "now" not in line
    edge = SPEC.time.__class__(WINDOW, UTC, (Mark(NOON, "now"), Mark(NOON + 59 * HOUR, "$0")), None)
    line = "".join(text for text, _ in time_axis(edge, 60))
    assert line.startswith("now")
    assert line.endswith("$0")
