"""What is dropped for its age: by the time podtop watched, for the clock that says how late it is may be wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.history.archive.test_archive import busy
from tests.make import funds, market, offer, snapshot
from tui.api.models import Quote
from tui.domain.events import Event, Kind
from tui.history.archive.compaction import AWAY, KEEP, kept_since
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Entry, Polled, Priced, Writer

NOW = 1_795_435_200.0
HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with closing(Writer(connect(tmp_path / "a.sqlite", write=True), NOW - KEEP - 1)) as made:
        yield made


def entries(start: float, end: float, step: float) -> Iterator[Entry]:
    """Someone looks; all that is kept is another each time."""
    for n in range(int((end - start) / step)):
        at = start + n * step
        event = Event(at, "a", Kind.RESTART, f"restart {n}")
        yield Polled(at, snapshot(busy("a", n % 100), funds=funds(float(n))), (event,))
        yield Priced(at, market(offer("H100", Quote(1.0 + n % 7, None, "High"))))


def known(path: Path, start: float, end: float) -> dict[str, set[float]]:
    """The instants of which there is something, by what it is; of samples the minutes."""
    between = "SELECT at FROM {} WHERE at >= ? AND at < ?"
    with closing(connect(path, write=False)) as db:
        rows = {name: db.execute(between.format(name), (start, end)) for name in ("event", "funds", "quote")}
        told = {name: {at for (at,) in found} for name, found in rows.items()}
    with closing(Recording(path)) as recording:
        return {**told, "samples": {at // 60 * 60 for at in recording.samples("a", start, end).times}}


@pytest.mark.wide
@pytest.mark.parametrize(
    "days", [40, *(pytest.param(days, marks=pytest.mark.wide) for days in (-40, 365, -365, 20, -20, 3650))]
)
def test_a_clock_that_was_wrong_for_an_hour_costs_no_history(writer: Writer, tmp_path: Path, days: int) -> None:
    writer.write(entries(NOW - KEEP, NOW - 2 * HOUR, 8 * HOUR))
    writer.write(entries(NOW - 2 * HOUR, NOW, 20.0))
    assert writer.tidy(NOW)
    wrong = NOW + days * DAY
    before = known(tmp_path / "a.sqlite", NOW - KEEP, NOW)
    assert all(len(instants) > 100 for instants in before.values()), before

    for entry in entries(wrong, wrong + HOUR, 60.0):
        writer.write([entry])
        assert writer.tidy(wrong + HOUR)
    writer.write(entries(NOW + HOUR, NOW + 2 * HOUR, 60.0))
    assert writer.tidy(NOW + 2 * HOUR)

    after = known(tmp_path / "a.sqlite", NOW - KEEP, NOW)
    for name, instants in before.items():
        # Two hours that are past by now, and of that time what was told last holds.
        anew = {at for at in instants if wrong <= at < wrong + HOUR}
        aged = {at for at in instants if at < NOW - KEEP + 2 * HOUR}
        assert instants - anew - aged <= after[name], name


def test_what_is_from_before_a_leap_goes_when_there_is_a_month_after_it(writer: Writer, tmp_path: Path) -> None:
    writer.write(entries(NOW - 10 * DAY, NOW, 8 * HOUR))
    later = NOW + 100 * DAY
    for begin, expected in ((later, True), (later + 14 * DAY, True), (later + 28 * DAY, False)):
        writer.write(entries(begin, begin + 14 * DAY, 8 * HOUR))
        assert writer.tidy(begin + 14 * DAY)
        with closing(Recording(tmp_path / "a.sqlite")) as recording:
            assert bool(recording.samples("a", NOW - DAY, NOW).times) is expected


@given(st.lists(st.tuples(st.floats(1.0, 3 * KEEP), st.floats(0.0, 2 * KEEP)), min_size=1, max_size=12))
def test_there_is_as_much_as_was_asked_for_and_no_more(stretches: list[tuple[float, float]]) -> None:
    at, spans = NOW, []
    for gap, length in stretches:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    gaps = [(a[1], b[0]) for a, b in pairwise(spans) if b[0] - a[1] <= AWAY]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE span (topic INTEGER, start REAL, last REAL)")
        db.executemany("INSERT INTO span VALUES (0, ?, ?)", spans)
        since = kept_since(db, at, KEEP)
    counted = sum(end - max(start, since) for start, end in (*spans, *gaps) if end > since)
    assert counted == pytest.approx(min(KEEP, sum(end - start for start, end in (*spans, *gaps))), abs=1.0)
