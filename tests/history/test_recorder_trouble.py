"""What befalls a recording is told once and never ends podtop; when it is over, recording goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tui.domain.events import Event, Kind
from tui.domain.user_message import Level, UserMessage
from tui.history import recorder as recording
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, is_alone, log_of
from tui.history.archive.writer import Writer
from tui.history.queries import HistoryQueries
from tui.history.recorder import FOLD, PAUSES, Recorder, State, archive_path

NOW = 1_795_435_200.0
API = "https://api.runpod.io/graphql"


class Kept:
    """A running recorder with a clock of its own, and what it told a person."""

    def __init__(self, directory: Path) -> None:
        self.notes: list[UserMessage] = []
        self.beat = 0.0
        self.path = archive_path(directory, API, "user_1")
        self.recorder = Recorder(
            directory, API, post=self.notes.append, wall=lambda: NOW, account="user_1", monotonic=lambda: self.beat
        )
        self.task = asyncio.create_task(self.recorder.run())

    async def poll(self, at: float, *events: Event) -> None:
        """Hand in a poll, and wait until it is dealt with."""
        self.recorder.polled(at, snapshot(pod("a")), events)
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await asyncio.sleep(0)
        if self.recorder.state is not State.NEVER:
            await loop.run_in_executor(self.recorder._thread, lambda: None)
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def told(self) -> list[bool]:
        return [note.level is Level.WARNING for note in self.notes]


@asynccontextmanager
async def started(directory: Path) -> AsyncIterator[Kept]:
    kept = Kept(directory)
    await asyncio.sleep(0)
    try:
        yield kept
    finally:
        kept.task.cancel()
        await asyncio.gather(kept.task, return_exceptions=True)


def times(path: Path) -> list[float]:
    with closing(Recording(path)) as found:
        stretch = found.samples("a", 0, NOW * 2)
    values = stretch.columns["util"].mean if "util" in stretch.columns else b""
    return [at for at, value in zip(stretch.times, values, strict=True) if value != 255]


def events(path: Path) -> list[Event]:
    with closing(Recording(path)) as found:
        return list(found.events(0, NOW * 2))


async def test_an_error_that_nobody_thought_of_disables_recording_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Writer, entries: object) -> None:
        raise IndexError("index out of range")

    monkeypatch.setattr(Writer, "write", broken)
    async with started(tmp_path) as kept:
        for i in range(3):
            await kept.poll(NOW + i)
        assert kept.recorder.state is State.NEVER
        assert await kept.recorder.opened() is None
        assert kept.task.done()
        assert kept.task.exception() is None
    (note,) = kept.notes
    assert "recording disabled" in note.text
    assert "IndexError" in note.text


async def test_an_error_outside_the_thread_ends_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "archive_path", lambda *parts: 1 / 0)
    async with started(tmp_path) as kept:
        await kept.poll(NOW)
        assert await kept.recorder.opened() is None
        assert kept.task.done()
        assert kept.task.exception() is None
    assert len(kept.notes) == 1


async def test_what_cannot_be_thinned_is_no_reason_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Writer, now: float, more: object) -> bool:
        raise ValueError("a label too long")

    monkeypatch.setattr(Writer, "tidy", broken)
    async with started(tmp_path) as kept:
        for i in range(3):
            await kept.poll(NOW + i)
        assert kept.recorder.state is State.RECORDING
    assert kept.notes == []
    assert times(kept.path) == [NOW, NOW + 1, NOW + 2]


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EROFS, "Read-only file system"),
     OSError(errno.EIO, "Input/output error"), ArchiveError("database or disk is full"),
     ArchiveError("disk I/O error")],
    ids=str,
)  # fmt: skip
async def test_it_is_told_once_tried_again_with_pauses_and_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries: list[float] = []
    connect = recording.connect

    def broken(path: Path, *, write: bool) -> sqlite3.Connection:
        tries.append(kept.beat)
        raise error

    monkeypatch.setattr(recording, "connect", broken)
    async with started(tmp_path) as kept:
        for i in range(100):
            kept.beat = 5.0 * i
            await kept.poll(NOW + 5 * i)
        assert kept.recorder.state is State.TROUBLE
        assert kept.told == [True]
        assert await kept.recorder.tried() is None
        assert max(b - a for a, b in pairwise(tries)) == PAUSES[-1]
        assert len(tries) < 20
        monkeypatch.setattr(recording, "connect", connect)
        for i in range(100, 120):
            kept.beat = 5.0 * i
            await kept.poll(NOW + 5 * i)
        assert kept.recorder.state is State.RECORDING
        assert kept.told == [True, False]
    assert times(kept.path) == [NOW + 5 * i for i in range(120)], "what waited in memory is written"


async def test_what_was_written_is_not_written_again_when_what_follows_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Writer, *arguments: object) -> bool:
        raise ArchiveError("database or disk is full")

    monkeypatch.setattr(Writer, "tidy", broken)
    monkeypatch.setattr(Writer, "fold", broken)
    async with started(tmp_path) as kept:
        for i in range(3):
            await kept.poll(NOW + i, Event(NOW + i, "a", Kind.UP, f"event {i}"))
        assert kept.recorder.state is State.RECORDING
        assert not kept.recorder._entries
    assert [event.text for event in events(kept.path)] == ["event 0", "event 1", "event 2"]


async def test_a_file_that_was_taken_away_begins_anew(tmp_path: Path) -> None:
    async with started(tmp_path) as kept:
        await kept.poll(NOW)
        shutil.rmtree(kept.path.parent)
        for i in range(1, 8):
            kept.beat += 30.0
            await kept.poll(NOW + i)
        assert kept.recorder.state is State.RECORDING
    assert times(kept.path)[-1] == NOW + 7


async def test_one_that_breaks_each_time_is_not_set_aside_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [NOW]

    def broken(self: Writer, entries: object) -> None:
        wall[0] += 1
        raise recording.DamagedArchive("database disk image is malformed")

    monkeypatch.setattr(Writer, "write", broken)
    async with started(tmp_path) as kept:
        kept.recorder._wall = lambda: wall[0]
        for i in range(10):
            await kept.poll(NOW + i)
        assert kept.recorder.state is State.NEVER
    assert len(list(kept.path.parent.glob("*.damaged-*"))) <= 2 * recording.ASIDE
    assert "repeatedly" in kept.notes[-1].text


async def test_a_poisoned_recording_is_gone_on_with_or_set_aside(tmp_path: Path) -> None:
    async with started(tmp_path) as kept:
        await kept.poll(NOW)
    for number, sql in enumerate(
        ["UPDATE meta SET value = 'x'", "UPDATE state SET started = 'x', data = 5", "DROP TABLE state",
         "CREATE TRIGGER t AFTER INSERT ON poll BEGIN DELETE FROM poll; END"]
    ):  # fmt: skip
        with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
            db.execute(sql)
        async with started(tmp_path) as kept:
            kept.recorder._wall = lambda number=number: NOW + number
            for i in range(2):
                await kept.poll(NOW + 10 * number + i)
            assert kept.recorder.state is State.RECORDING
            assert len(kept.notes) <= 1
        assert times(kept.path)[-1] == NOW + 10 * number + 1


async def test_it_is_whole_by_itself_after_minutes_and_at_the_end(tmp_path: Path) -> None:
    def copied() -> list[float]:
        return times(Path(shutil.copy(kept.path, tmp_path / "copy.sqlite")))

    async with started(tmp_path) as kept:
        await kept.poll(NOW)
        assert copied() == [NOW]
        kept.beat = FOLD - 1
        await kept.poll(NOW + 1)
        assert copied() == [NOW]
        assert not is_alone(kept.path)
        kept.beat = FOLD
        await kept.poll(NOW + 2)
        assert copied() == [NOW, NOW + 1, NOW + 2]
        past = HistoryQueries(kept.path)
        await past.ask(lambda found: found.spans())
        await kept.poll(NOW + 3)
    # Though somebody still has it open to read.
    assert copied() == [NOW, NOW + 1, NOW + 2, NOW + 3]
    with suppress(FileNotFoundError):
        assert log_of(kept.path).stat().st_size == 0
    past.close()


async def test_rows_that_are_left_out_are_told_once(tmp_path: Path) -> None:
    async with started(tmp_path) as kept:
        for i in range(3):
            await kept.poll(NOW + i, Event(NOW + i, "a", Kind.UP, "x"))
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        db.execute("UPDATE event SET text = x'00' WHERE id < 3")
    notes: list[UserMessage] = []
    past = HistoryQueries(kept.path, notes.append)
    for _ in range(3):
        assert len(await past.events(0, NOW * 2)) == 1
    past.close()
    (note,) = notes
    assert note.text.startswith("2 damaged rows of the recording skipped")


async def test_a_question_that_a_recording_cannot_answer_is_an_error_in_words(tmp_path: Path) -> None:
    async with started(tmp_path) as kept:
        await kept.poll(NOW)
    past = HistoryQueries(kept.path)
    with pytest.raises(ArchiveError, match="podtop cannot read"):
        await past.ask(lambda found: 1 // 0)
    past.close()


@pytest.mark.parametrize("where", ["__init__", "write"])
async def test_memory_that_is_short_is_no_fault_of_the_recording_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async with started(tmp_path) as kept:
        await kept.poll(NOW)

    def short(self: Writer, *args: object, **named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Writer, where, short)
    async with started(tmp_path) as kept:
        await kept.poll(NOW + 60)
        assert kept.recorder.state is State.TROUBLE
        monkeypatch.undo()
        kept.beat += PAUSES[-1] + 1
        await kept.poll(NOW + 120)
        assert kept.recorder.state is State.RECORDING
    assert "not enough memory" in kept.notes[0].text
    # It is the same file still: none was set aside.
    with closing(Recording(kept.path)) as found:
        assert found.spans()[0][0] == pytest.approx(NOW, abs=1)


async def test_a_question_for_which_there_is_no_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(tmp_path) as kept:
        await kept.poll(NOW)
    past = HistoryQueries(kept.path)

    def none(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", none)
    with pytest.raises(ArchiveError, match="not enough memory"):
        await past.ask(lambda found: found.spans())
    monkeypatch.undo()

    def greedy(found: Recording) -> None:
        raise MemoryError

    with pytest.raises(ArchiveError, match="not enough memory"):
        await past.ask(greedy)
    past.close()


async def test_what_is_written_while_more_comes_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = recording._size

    async with started(tmp_path) as kept:
        await kept.poll(NOW)

        def size(entry: object) -> int:
            # As the thread does, at the worst moment.
            for waiting in list(kept.recorder._entries)[:1]:
                kept.recorder._forget(waiting)
            return real(entry)  # type: ignore[arg-type]

        monkeypatch.setattr(recording, "_size", size)
        kept.recorder.polled(NOW + 1, snapshot(pod("a")))
        kept.recorder.polled(NOW + 2, snapshot(pod("a")))
        await kept.poll(NOW + 3)
    assert not kept.notes


def test_each_that_waits_is_taken_away_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, API, post=lambda note: None, wall=lambda: NOW)
    recorder.polled(NOW, snapshot(pod("a")))
    recorder.polled(NOW + 1, snapshot(pod("a")))
    first, second = recorder._entries
    recorder._forget(first)
    recorder._forget(first)
    assert list(recorder._entries) == [second]
