"""The recorder: what is polled is written once, whatever happens to the file, and a person is told once."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.make import funds, market, offer, pod, snapshot
from tui.api.models import Quote
from tui.domain.events import Event, Kind
from tui.domain.user_message import Level, UserMessage
from tui.history.archive.reader import Recording
from tui.history.archive.schema import VERSION, connect
from tui.history.archive.writer import MARKET
from tui.history.queries import HistoryQueries
from tui.history.recorder import WAITING, Recorder, State, archive_path
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0
API = "https://api.runpod.io/graphql"


class Kept:
    """A running recorder, and what it told a person."""

    def __init__(self, directory: Path) -> None:
        self.notes: list[UserMessage] = []
        self.recorder = Recorder(directory, API, origin="api.runpod.io", post=self.notes.append, wall=lambda: NOW)

    async def poll(self, at: float, *ids: str) -> None:
        """Hand in a poll, and wait until it is dealt with."""
        self.recorder.polled(at, snapshot(*(pod(key) for key in ids)))
        await self.settle()

    async def settle(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.recorder.state is not State.NEVER:
            await loop.run_in_executor(self.recorder._thread, lambda: None)
        await asyncio.sleep(0)


Start = Callable[[Path], AbstractAsyncContextManager[Kept]]


@pytest.fixture
def start() -> Start:
    @asynccontextmanager
    async def started(directory: Path) -> AsyncIterator[Kept]:
        kept = Kept(directory)
        task = asyncio.create_task(kept.recorder.run())
        await asyncio.sleep(0)
        try:
            yield kept
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return started


def files_below(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()]


def times(path: Path, key: str = "a") -> list[float]:
    """Instants at which a sample of the pod was written."""
    with closing(Recording(path)) as recording:
        found = recording.samples(key, 0, NOW * 2)
    values = found.columns["util"].mean if "util" in found.columns else b""
    return [at for at, value in zip(found.times, values, strict=True) if value != 255]


async def test_what_is_polled_is_written(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        for i in range(4):
            await kept.poll(NOW + i, "a")
        kept.recorder.priced(NOW + 4, market(offer("H100", Quote(2.99, None, "High"))))
        await kept.settle()
        path = kept.recorder.path
        assert kept.recorder.state is State.RECORDING
        assert kept.notes == []
    assert path == archive_path(tmp_path, API, "user_1")
    assert times(path) == [NOW, NOW + 1, NOW + 2, NOW + 3]
    with closing(Recording(path)) as recording:
        assert recording.spans(MARKET) == ((NOW + 4, NOW + 4),)
        assert recording.origin == "api.runpod.io"


async def test_its_name_tells_neither_account_nor_api_and_only_the_owner_reads_it(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a")
    files = files_below(tmp_path)
    assert files
    for file in files:
        assert "user_1" not in file.name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert archive_path(tmp_path, API, "user_1") != archive_path(tmp_path, API, "user_2")
    assert archive_path(tmp_path, API, "user_1") != archive_path(tmp_path, "http://127.0.0.1:1/graphql", "user_1")


async def test_nothing_is_written_before_the_account_is_known_and_nothing_is_lost(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        kept.recorder.polled(NOW, snapshot(pod("a"), funds=None))
        await kept.settle()
        assert not files_below(tmp_path)
        await kept.poll(NOW + 5, "a")
        path = kept.recorder.path
    assert path is not None
    assert times(path) == [NOW, NOW + 5]


async def test_what_comes_last_is_written_at_the_end(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a")
        kept.recorder.polled(NOW + 5, snapshot(pod("a")))
    assert kept.recorder.path is not None
    assert times(kept.recorder.path) == [NOW, NOW + 5]


async def test_two_podtops_write_each_sample_once_and_the_second_takes_over(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as second:
        async with start(tmp_path) as first:
            for i in range(3):
                await first.poll(NOW + 5 * i, "a")
                await second.poll(NOW + 5 * i + 1, "a")
            assert (first.recorder.state, second.recorder.state) == (State.RECORDING, State.ELSEWHERE)
            path = second.recorder.path
            assert path is not None
            assert times(path) == [NOW, NOW + 5, NOW + 10]
        await second.poll(NOW + 16, "a")
        assert second.recorder.state is State.RECORDING
        assert times(path) == [NOW, NOW + 5, NOW + 10, NOW + 16]
        assert first.notes == second.notes == []


async def test_what_the_second_podtop_does_is_recorded_too(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as first, start(tmp_path) as second:
        await first.poll(NOW, "a")
        await second.poll(NOW + 1, "a")
        done = Event(NOW + 2, "a", Kind.DONE, "stop pod a: stopped")
        second.recorder.happened((done,))
        await second.poll(NOW + 6, "a")
        assert second.recorder.state is State.ELSEWHERE
        assert first.recorder.path is not None
        recording = Recording(first.recorder.path)
        assert recording.events(0, NOW * 2) == (done,)
        recording.close()
        await first.poll(NOW + 10, "a")
        assert first.notes == second.notes == []


async def test_a_damaged_file_is_set_aside_and_a_new_one_begins(tmp_path: Path, start: Start) -> None:
    path = archive_path(tmp_path, API, "user_1")
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 100)
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a")
        await kept.poll(NOW + 5, "a")
        assert kept.recorder.state is State.RECORDING
    (note,) = kept.notes
    (aside,) = path.parent.glob("*.damaged-*")
    assert str(aside) in note.text
    assert aside.read_bytes() == b"no database at all " * 100
    assert times(path) == [NOW, NOW + 5]


async def test_a_file_that_breaks_under_its_feet_is_set_aside(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a")
        path = kept.recorder.path
        assert path is not None
        writer = kept.recorder._writer
        assert writer is not None
        writer._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(100)
            file.write(b"\xa5" * (size - 100))
        writer._db.execute("PRAGMA shrink_memory")
        for i in range(1, 4):
            await kept.poll(NOW + 5 * i, "a", f"new{i}")
        assert kept.recorder.state is State.RECORDING
    assert len(kept.notes) == 1
    assert "damaged" in kept.notes[0].text
    assert times(path)[-1] == NOW + 15


async def test_a_newer_file_is_left_alone_and_podtop_goes_on(tmp_path: Path, start: Start) -> None:
    path = archive_path(tmp_path, API, "user_1")
    with closing(connect(path, write=True)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    async with start(tmp_path) as kept:
        for i in range(3):
            await kept.poll(NOW + i, "a")
        assert kept.recorder.state is State.NEVER
        assert await kept.recorder.opened() is None
    (note,) = kept.notes
    assert "newer podtop" in note.text
    assert path.read_bytes() == before


async def test_a_home_that_cannot_be_written_is_told_once_and_tried_again(tmp_path: Path, start: Start) -> None:
    home = tmp_path / "state"
    home.write_text("in the way")
    async with start(home) as kept:
        for i in range(3):
            await kept.poll(NOW + i, "a")
        assert kept.recorder.state is State.TROUBLE
        assert [note.level for note in kept.notes] == [Level.WARNING]
        home.unlink()
        await kept.poll(NOW + 3, "a")
        assert kept.recorder.state is State.RECORDING
        assert [note.level for note in kept.notes] == [Level.WARNING, Level.INFO]
    assert kept.recorder.path is not None
    assert times(kept.recorder.path) == [NOW, NOW + 1, NOW + 2, NOW + 3]


async def test_a_full_disk_is_told_once_and_what_waits_is_bounded(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a")
        writer = kept.recorder._writer
        assert writer is not None
        (pages,) = writer._db.execute("PRAGMA page_count").fetchone()
        writer._db.execute(f"PRAGMA max_page_count = {pages}")
        many = [f"p{n}" for n in range(300)]
        await kept.poll(NOW + 5, *many)
        await kept.poll(NOW + 10, *many)
        assert kept.recorder.state is State.TROUBLE
        assert len(kept.notes) == 1
        assert "full" in kept.notes[0].text
        for _ in range(WAITING + 50):
            kept.recorder.polled(NOW + 11, None)
        assert len(kept.recorder._entries) == WAITING
        writer._db.execute("PRAGMA max_page_count = 1000000")
        await kept.poll(NOW + 15, "a")
        assert kept.recorder.state is State.RECORDING
    assert kept.recorder.path is not None
    assert times(kept.recorder.path)[0] == NOW
    assert times(kept.recorder.path)[-1] == NOW + 15


# What is kept comes back


async def test_a_restarted_podtop_goes_on_from_what_was_recorded_with_a_gap(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        for i in range(60):
            await kept.poll(NOW + 5 * i, "a")
    async with start(tmp_path) as again:
        fleet = Fleet(5, 30)
        fleet.apply(snapshot(pod("a")), NOW + 305)
        await again.poll(NOW + 305, "a")
        path = await again.recorder.opened()
        assert path is not None
        past = HistoryQueries(path)
        await past.fill(fleet, NOW + 305, NOW + 305)
        past.close()
    series = fleet.records["a"].series
    assert series.times[0] == NOW
    runs = series.runs("util", NOW, 5.0, 62, fleet.silence)
    assert [len(run) for run in runs] == [60, 1]


async def test_what_happened_while_nobody_looked_is_found_out(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        await kept.poll(NOW, "a", "gone", "same")
    async with start(tmp_path) as again:
        fleet = Fleet(5, 30)
        later = snapshot(pod("a", status="EXITED", utils=None), pod("same"), pod("fresh"))
        fleet.apply(later, NOW + 4000)
        again.recorder.polled(NOW + 4000, later)
        path = await again.recorder.opened()
        assert path is not None
        past = HistoryQueries(path)
        missed = await past.fill(fleet, NOW + 4000, NOW + 4000)
        again.recorder.happened(missed)
        await again.settle()
        past.close()
    assert {(event.pod, event.kind.value) for event in missed} == {
        ("a", "stopped"), ("gone", "gone"), ("fresh", "new"), ("same", "restart"),
    }  # fmt: skip
    with closing(Recording(path)) as recording:
        assert set(recording.events(0, NOW * 2)) == set(missed)


async def test_an_instant_of_the_past_is_a_fleet(tmp_path: Path, start: Start) -> None:
    async with start(tmp_path) as kept:
        for i in range(30):
            kept.recorder.polled(NOW + 5 * i, snapshot(pod("a"), funds=funds(100.0 - i)))
        kept.recorder.priced(NOW, market(offer("H100", Quote(2.99, None, "High"))))
        await kept.settle()
        assert kept.recorder.path is not None
        past = HistoryQueries(kept.recorder.path)
        then = await past.at(NOW + 50, Fleet(5, 30), ("a",))
        await past.older(then, "a", NOW - 600, NOW + 50, 60.0)
        past.close()
    assert then.funds is not None
    assert then.funds.balance == 90
    assert then.records["a"].series.newest(NOW + 50) == NOW + 50
    assert then.market.value is not None
    assert list(then.older["a"].stretch.times) == [NOW]
