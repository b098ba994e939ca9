"""`Recorder`: keeps what the watch sees in an account's archive, in a thread of its own. It knows no screen.

Two podtops on one account share its file: the one that holds the lock writes, the other reads, and adds only what it
did itself. The system gives a lock
back when its holder ends, however it ends; then the other goes on.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tui import journal
from tui.notes import Note
from tui.store.archive.file import ArchiveError, DamagedArchive, NewerArchive, connect, told
from tui.store.archive.writer import Entry, Happened, Polled, Priced, Writer, write_events

if TYPE_CHECKING:
    from tui.api.models import Market, Snapshot
    from tui.store.events import Event

__all__ = ["Note", "Recorder", "State", "archive_path"]

WAITING = 720
"""Entries that are kept while they cannot be written: an hour of polls."""

TIDY = 0.05
"""Seconds that thinning may take after one write, a step at the least."""


WAITING_PODS = 20_000
"""Pods in all those entries: what bounds memory when there are many."""


def _size(entry: Entry) -> int:
    return len(entry.snapshot.pods or ()) if isinstance(entry, Polled) and entry.snapshot is not None else 0


class State(StrEnum):
    """What becomes of what is seen."""

    WAITING = "waiting for the account's name"
    RECORDING = "recording"
    ELSEWHERE = "another podtop records"
    TROUBLE = "not recording"
    NEVER = "not recording for good"


def archive_path(directory: Path, api_url: str, account_id: str) -> Path:
    """The file of an account at an API; its name tells neither."""
    name = hashlib.sha256(f"{api_url}\n{account_id}".encode()).hexdigest()[:16]
    return directory / "archive" / f"{name}.sqlite"


class _Lock:
    """The right to write a file, held until it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def close(self) -> None:
        os.close(self._file)


class Recorder:
    """Takes in what is polled and writes it, a batch at a time.

    directory: podtop's state directory; it need not exist.
    api_url:   names the API in the name of the file; `origin`, its host, is written into it.
    interval:  seconds between polls.
    say:       told what a person has to know, on the event loop.
    """

    def __init__(
        self,
        directory: Path,
        api_url: str,
        *,
        origin: str = "",
        interval: float = 5.0,
        say: Callable[[Note], object] = lambda note: None,
        wall: Callable[[], float] = time.time,
        account: str | None = None,
    ) -> None:
        self.state = State.WAITING
        self.path: Path | None = None
        self.written = 0
        self._directory = directory
        self._api_url = api_url
        self._origin = origin
        self._silence = max(60.0, 3 * interval)
        self._say = say
        self._wall = wall
        self._account = account
        self._entries: deque[Entry] = deque(maxlen=WAITING)
        self._arrived = asyncio.Event()
        self._opened = asyncio.Event()
        self._writer: Writer | None = None
        self._lock: _Lock | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")

    def polled(self, at: float, snapshot: Snapshot | None, events: tuple[Event, ...] = ()) -> None:
        """Keep an answer about the pods, or, with None, that there was none."""
        if self._account is None and snapshot is not None and snapshot.funds is not None:
            self._account = snapshot.funds.account_id
        self._take(Polled(at, snapshot, events))

    def priced(self, at: float, market: Market) -> None:
        """Keep an answer about the market."""
        self._take(Priced(at, market))

    def happened(self, events: tuple[Event, ...]) -> None:
        """Keep events that no single poll tells of."""
        if events:
            self._take(Happened(events))

    def _take(self, entry: Entry) -> None:
        if self.state is State.NEVER:
            return
        self._entries.append(entry)
        while len(self._entries) > 1 and sum(map(_size, self._entries)) > WAITING_PODS:
            self._entries.popleft()
        self._arrived.set()

    async def opened(self) -> Path | None:
        """The account's file, once it can be read; None when it never can."""
        await self._opened.wait()
        return self.path if self.state is not State.NEVER else None

    async def run(self) -> None:
        """Write what comes until cancelled; what has come by then is written all the same."""
        loop = asyncio.get_running_loop()
        try:
            while self.state is not State.NEVER:
                await self._arrived.wait()
                self._arrived.clear()
                if self._account is not None and self._entries:
                    path = archive_path(self._directory, self._api_url, self._account)
                    before = self.state
                    for note in await loop.run_in_executor(self._thread, self._write, path):
                        self._say(note)
                    if self.state is not before:
                        journal.event("recorder", "state", state=self.state, file=path)
                    if self.path is not None:
                        self._opened.set()
            self._opened.set()
            self._entries.clear()
        finally:
            self._thread.submit(self._close)
            # Not waited for on the event loop's time but for the last batch, which is a matter of milliseconds.
            self._thread.shutdown(wait=True)

    # In the thread

    def _write(self, path: Path) -> list[Note]:
        """Write what waits; what a person has to be told of it."""
        batch = list(self._entries)
        before = self.state
        try:
            self._write_batch(batch, path)
        except NewerArchive as error:
            self.state = State.NEVER
            return [Note(f"not recording: {error}. podtop goes on without a history.")]
        except DamagedArchive as error:
            return self._set_aside(path, error)
        except (ArchiveError, OSError) as error:
            self.state = State.TROUBLE
            if before is State.TROUBLE:
                return []
            return [Note(f"not recording: {error}. podtop goes on, and tries again with every poll.")]
        for entry in batch:
            if self._entries and self._entries[0] is entry:
                self._entries.popleft()
        return [Note("recording again", bad=False)] if before is State.TROUBLE else []

    def _write_batch(self, batch: list[Entry], path: Path) -> None:
        if not self._may_write(path):
            self.state, self.path = State.ELSEWHERE, path
            self._add(tuple(event for entry in batch if isinstance(entry, Happened) for event in entry.events), path)
            return
        if self._writer is None:
            since = next((entry.at for entry in batch if not isinstance(entry, Happened)), self._wall()) - 0.001
            self._writer = Writer(connect(path, write=True), since, silence=self._silence, origin=self._origin)
        self._writer.write(batch)
        self.path = path
        self.written += len(batch)
        self.state = State.RECORDING
        deadline = time.monotonic() + TIDY
        first = True

        def more() -> bool:
            nonlocal first
            go, first = first or time.monotonic() < deadline, False
            return go

        self._writer.tidy(next((e.at for e in reversed(batch) if not isinstance(e, Happened)), self._wall()), more)

    def _add(self, events: tuple[Event, ...], path: Path) -> None:
        """Add to another podtop's file what only this one knows of: what was done here. What both see it writes."""
        if events and path.is_file():
            with closing(connect(path, write=True)) as db, told():
                write_events(db, events)

    def _may_write(self, path: Path) -> bool:
        """Whether this podtop is the one that writes."""
        if self._lock is None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._lock = _Lock(path.with_suffix(".lock"))
            except BlockingIOError:
                return False
        return True

    def _set_aside(self, path: Path, error: DamagedArchive) -> list[Note]:
        """Rename a damaged file and begin a new one: it is never deleted."""
        self._release()
        stamp = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = path.with_name(f"{path.name}.damaged-{stamp}")
        try:
            if aside.exists():
                raise FileExistsError(errno.EEXIST, "it was set aside in this very second already")
            for tail in ("", "-wal", "-shm"):
                part = path.with_name(path.name + tail)
                if part.exists():
                    part.rename(aside.with_name(aside.name + tail))
        except OSError as trouble:
            self.state = State.NEVER
            return [Note(f"not recording: {path} is damaged ({error}) and cannot be renamed: {trouble.strerror}")]
        note = Note(f"the recording was damaged ({error}); it is kept as {aside}, and a new one begins")
        return [note, *self._write(path)]

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _close(self) -> None:
        if self._account is not None and self._entries and self.state in (State.RECORDING, State.WAITING):
            self._write(archive_path(self._directory, self._api_url, self._account))
        self._release()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
