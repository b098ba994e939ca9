"""A recording is one file that can be handed over: whole or in part, private, and opened anywhere."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.make import funds, market, offer, pod, snapshot
from tui.api.models import Quote
from tui.domain.events import Event, Kind
from tui.domain.signals.values import Values
from tui.history.archive.facts import Facts
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, connect, log_of
from tui.history.archive.writer import Polled, Priced, Writer
from tui.history.export import export
from tui.history.recorder import Recorder
from tui.store.fleet import Fleet
from tui.store.run_signals import Run

NOW = 1_795_435_200.0
RUNS = {pod: Run("log", now=Values(step=7, loss=2.5), values_at=NOW) for pod in "ab"}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """A podtop that is recording: two hours of two pods, the second half not in the file itself yet."""
    fleet = Fleet(60, 60)
    with closing(Writer(connect(tmp_path / "a.sqlite", write=True), NOW - 1, silence=180.0)) as writing:
        for number in range(120):
            at = NOW + 60 * number
            told = snapshot(
                pod("a", name="train-1", utils=(70.0,)),
                pod("b", name="other", utils=(0.0,)),
                funds=funds(40.0 - number),
            )
            fleet.apply(told, at)
            event = Event(at, "b" if number % 2 else "a", Kind.STATUS, f"event {number}")
            writing.write([Polled(at, told, (event,), facts=Facts(fleet.records, (), RUNS))])
            if number == 60:
                writing.fold(1.0)
        writing.write([Priced(NOW, market(offer("H100", Quote(2.99, None, "High"))))])
        yield writing


def test_the_whole_of_it_is_one_private_file_while_podtop_is_recording(writer: Writer, tmp_path: Path) -> None:
    target = tmp_path / "out.sqlite"
    umask = os.umask(0)
    try:
        made = export(tmp_path / "a.sqlite", target)
    finally:
        os.umask(umask)
    assert (made.pods, made.first, made.last) == (2, NOW, NOW + 60 * 119)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*out*")) == ["out.sqlite"], "nothing lies beside it"
    assert target.read_bytes()[18:20] == b"\x01\x01", "no write-ahead log, which a read-only folder cannot have"
    with closing(Recording(tmp_path / "a.sqlite")) as before, closing(Recording(target)) as after:
        for at in (NOW, NOW + 1800.0, NOW + 7100.0):
            assert after.snapshot(at) == before.snapshot(at)
            assert after.facts(at) == before.facts(at)
        assert after.events(0, NOW * 2) == before.events(0, NOW * 2)
        assert after.market(NOW) == before.market(NOW)
        assert after.damaged == before.damaged == 0


def test_some_pods_alone_and_nothing_of_the_others(writer: Writer, tmp_path: Path) -> None:
    target = tmp_path / "out.sqlite"
    made = export(tmp_path / "a.sqlite", target, pods="train-*")
    assert made.pods == 1
    with closing(Recording(tmp_path / "a.sqlite")) as before, closing(Recording(target)) as after:
        assert after.pods() == ("a",)
        there = after.snapshot(NOW + 7100.0)
        assert there is not None
        assert [known.name for known in there.pods or ()] == ["train-1"]
        assert there.funds is None, "the account's money is no pod's"
        assert after.samples("a", NOW, NOW + 7200.0).columns == before.samples("a", NOW, NOW + 7200.0).columns
        assert {event.pod for event in after.events(0, NOW * 2)} == {"a"}
        assert after.damaged == 0
    assert b"other" not in target.read_bytes(), "not in a free page either"
    with closing(sqlite3.connect(target)) as db:
        assert db.execute("SELECT DISTINCT pod FROM signal").fetchall() == [("a",)]
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'activity'").fetchall()
    with pytest.raises(ArchiveError, match="no recorded pod matches"):
        export(tmp_path / "a.sqlite", tmp_path / "none.sqlite", pods="nothing*")
    assert not list(tmp_path.glob("*none*"))


def test_from_a_time_on(writer: Writer, tmp_path: Path) -> None:
    target = tmp_path / "out.sqlite"
    made = export(tmp_path / "a.sqlite", target, since=NOW + 3600.0)
    assert made.first == NOW + 3600.0
    with closing(Recording(target)) as after:
        assert after.snapshot(NOW + 1000.0) is None
        there = after.snapshot(NOW + 3660.0)
        assert there is not None
        assert there.funds is not None
        assert there.funds.balance == 40.0 - 61
        assert len(there.pods or ()) == 2
        assert min(event.at for event in after.events(0, NOW * 2)) >= NOW + 3600.0
        assert len(after.samples("a", NOW, NOW + 3000.0).times) == 0
        assert len(after.samples("a", NOW + 3600.0, NOW + 7200.0).times) == 60


def test_nothing_from_before_a_time_is_left(writer: Writer, tmp_path: Path) -> None:
    target, since = tmp_path / "out.sqlite", NOW + 3617.0
    made = export(tmp_path / "a.sqlite", target, since=since)
    assert made.first == since
    with closing(Recording(target)) as after:
        assert list(after.samples("a", 0.0, NOW * 2).times)[:2] == [NOW + 3660.0, NOW + 3720.0]
        assert min(after.brief("a", 0.0, NOW * 2).times) >= NOW + 3600.0
        told = after.snapshot(NOW + 3660.0)
        assert told is not None
        assert [each.name for each in told.pods or ()] == ["train-1", "other"], "what held then is known"
        assert after.market(NOW + 3660.0) is not None or not after.spans(1)
    with closing(sqlite3.connect(target)) as db:
        for table in ("state", "funds", "quote", "event", "fact", "span", "signal"):
            column = "start" if table == "span" else "at"
            (first,) = db.execute(f"SELECT min({column}) FROM {table}").fetchone()
            assert first is None or first >= since, table


def test_of_a_time_without_samples_there_is_no_file(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing was recorded from then on"):
        export(tmp_path / "a.sqlite", tmp_path / "none.sqlite", since=NOW + 86_400.0)
    assert not list(tmp_path.glob("*none*"))


def test_nothing_is_overwritten_and_nothing_half_done_is_left(writer: Writer, tmp_path: Path) -> None:
    target = tmp_path / "out.sqlite"
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        export(tmp_path / "a.sqlite", target)
    assert target.read_text() == "mine"
    with pytest.raises(ArchiveError):
        export(tmp_path / "gone.sqlite", tmp_path / "new.sqlite")
    (tmp_path / "bad.sqlite").write_bytes(b"no recording" * 100)
    with pytest.raises(ArchiveError):
        export(tmp_path / "bad.sqlite", tmp_path / "new.sqlite")
    assert sorted(path.name for path in tmp_path.glob("*new*")) == []


def test_of_a_recording_of_an_earlier_podtop(writer: Writer, tmp_path: Path) -> None:
    writer.fold(1.0)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        db.execute("DROP TABLE fact")
        db.commit()
    made = export(tmp_path / "a.sqlite", tmp_path / "out.sqlite", pods="b", since=NOW + 3600.0)
    assert made.pods == 1


async def test_what_is_copied_as_a_file_is_complete_once_podtop_has_ended(tmp_path: Path) -> None:
    import asyncio

    recorder = Recorder(tmp_path, "https://api.runpod.io", wall=lambda: NOW)
    running = asyncio.ensure_future(recorder.run())
    recorder.polled(NOW, snapshot(pod("a")))
    path = await recorder.opened()
    assert path is not None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not log_of(path).exists() or log_of(path).stat().st_size == 0
    with closing(Recording(path)) as recording:
        assert recording.pods() == ("a",)
