"""The history of the balance, and what stands below its projection."""

from __future__ import annotations

from datetime import UTC

import pytest

from tui.store.balances import Balances
from tui.store.spend import SpendHistory
from tui.ui.charts.spec import BarSpec
from tui.ui.render.balance_charts import divided, history
from tui.ui.render.bar_stack import stacked, without_largest

NOW, DAY = 1_795_435_200.0, 86_400.0


def recorded(days: int, *, until: float = NOW, since: float = 0.0) -> SpendHistory:
    times = [NOW - days * DAY + 600 * n for n in range(days * 144 + 1)]
    values = [100.0 + 10 * n / 144 for n in range(len(times))]
    start = max(NOW - days * DAY, since)
    return SpendHistory(NOW, NOW, NOW, {}, 0.0, start, times, values, ((start, until),))


@pytest.mark.parametrize(("days", "name"), [(1, "24 h"), (5, "7 d"), (30, "30 d")])
def test_the_history_of_the_balance_is_as_long_as_its_title(days: int, name: str) -> None:
    drawn = history(recorded(days), Balances(), 100.0 + 10 * days, 130, NOW, UTC)
    assert drawn is not None
    assert drawn.title == f"Balance, last {name}"
    assert drawn.high >= 100.0 + 10 * days
    assert not drawn.gaps
    (line,) = drawn.lines
    assert line.whole is not None
    assert line.whole.high == pytest.approx(100.0 + 10 * days, rel=0.01)


def test_no_width_changes_the_figures_of_the_history() -> None:
    drawn = [history(recorded(5), Balances(), 150.0, width, NOW, UTC) for width in (40, 60, 130, 180)]
    assert len({each.lines[0].whole for each in drawn if each is not None}) == 1


def test_a_time_that_nobody_observed_is_a_gap_that_is_named() -> None:
    drawn = history(recorded(5, until=NOW - DAY), Balances(), 150.0, 130, NOW, UTC)
    assert drawn is not None
    assert drawn.gaps == "not observed"


def test_without_a_recording_there_is_no_history_but_that_of_the_projection() -> None:
    told = Balances()
    told.tell(NOW - 600, 100.0)
    assert history(None, told, 100.0, 130, NOW, UTC) is None


@pytest.mark.parametrize("others", [1, 2, 3])
def test_the_charts_below_the_projection_fit(others: int) -> None:
    for height in range(20, 80):
        first, *below = divided(height, others)
        assert first + sum(below) <= height
        assert 1 <= len(below) <= others
        assert min(first, *below) >= 6


BARS = BarSpec("Charges", ("pods", "storage", "API"), ((400.0, 6.0, 0.5), (500.0, 6.0, 0.0)), ("1 Nov", "2 Nov"), 600.0)


def test_small_parts_have_a_chart_in_which_they_are_seen() -> None:
    small = without_largest(BARS)
    assert small is not None
    assert small.title == "Without pods"
    assert small.bars == ((0.0, 6.0, 0.5), (0.0, 6.0, 0.0))
    assert small.kinds == BARS.kinds, "in the same colours"
    assert 6.5 <= small.high <= 10
    assert without_largest(BarSpec("Charges", ("pods",), ((1.0,),), ("1 Nov",), 2.0)) is None
    for height in range(1, 60):
        lines, charts = stacked(BARS, height)
        assert sum(lines) <= height
        assert len(lines) == len(charts) + 1
