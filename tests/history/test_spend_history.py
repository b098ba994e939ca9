"""The balance over time and what pods cost, out of a recording and out of memory."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import pytest

from tests.make import funds, pod, snapshot
from tui.history import spend_history
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.store import balances
from tui.store.balances import Balances

NOW = 1_795_435_200.0
HOUR = 3600.0


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three hours: two watched, one not, with a pod at $6 an hour that is stopped for the last half hour."""
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOW - 3 * HOUR - 1, silence=120)) as writer:
        for at in [*range(-180, -120), *range(-60, 1)]:
            one = pod("a", cost=6.0) if at < -30 else pod("a", cost=6.0, status="EXITED", utils=None)
            writer.write([Polled(NOW + at * 60, snapshot(one, funds=funds(100.0 - (180 + at) / 10, 6.0)))])
    return path


def test_what_was_watched_is_what_was_spent(recording: Path) -> None:
    with closing(Recording(recording)) as read:
        found = spend_history.read(read, ["a", "nobody"], NOW, NOW - 0.75 * HOUR, NOW - 10 * HOUR)
    assert found.watched == pytest.approx(2 * HOUR, abs=180)
    assert found.since == NOW - 3 * HOUR
    today, month = found.spent["a"]
    assert today == pytest.approx(1.5, abs=0.11), "a quarter of an hour at $6"
    assert month == pytest.approx(6 + 3, abs=0.3), "the hour in which nobody looked is not counted"
    assert found.spent["nobody"] == (None, None)


def test_the_balance_has_a_gap_where_nobody_looked(recording: Path) -> None:
    with closing(Recording(recording)) as read:
        found = spend_history.read(read, [], NOW, NOW, NOW)
    first, second = balances.runs(found, Balances(), NOW - 4 * HOUR, 600.0, 24, NOW)
    assert first[0].at == NOW - 3 * HOUR
    assert first[0].mean == pytest.approx(100.0, abs=1.1)
    assert second[-1].mean == pytest.approx(82.0, abs=1.1)
    assert second[0].at - first[-1].at > 0.8 * HOUR


def test_memory_goes_on_where_the_recording_ends(recording: Path) -> None:
    told = Balances()
    for minute in range(10):
        told.tell(NOW + minute * 60, 50.0 - minute)
    with closing(Recording(recording)) as read:
        found = spend_history.read(read, [], NOW, NOW, NOW)
    *_, last = balances.runs(found, told, NOW - HOUR, 60.0, 120, NOW + 540)
    assert last[-1].mean == 41.0
    assert last[-1].at == NOW + 540


def test_memory_keeps_a_value_a_minute_for_a_day() -> None:
    told = Balances()
    for second in range(0, 200_000, 5):
        told.tell(NOW + second, 100.0)
    assert len(told.times) <= 1500
    assert told.times[-1] == NOW + 199_995
    told.tell(NOW, 3.0)
    assert told.times[-1] == NOW + 199_995, "time goes on only"


def test_unknown_is_a_gap_and_not_zero() -> None:
    told = Balances()
    for minute, value in enumerate((10.0, None, math.nan, 8.0)):
        told.tell(NOW + minute * 60, value)
    found = balances.runs(None, told, NOW, 60.0, 6, NOW + 190)
    assert [[point.mean for point in run] for run in found] == [[10.0], [8.0]]
    assert balances.runs(None, Balances(), NOW, 60.0, 6, NOW) == ()
