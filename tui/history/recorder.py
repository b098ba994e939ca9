"""`Recorder`: stores the monitor's data in an account's archive, in a separate thread. Independent of any screen.

Two podtops on one account share its file: the one that holds the lock writes, the other reads, and adds only its own
actions. The system releases a lock when its holder ends, however it ends; then the other continues.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tui import turns
from tui.api import log_lines
from tui.domain.user_message import Level, UserMessage
from tui.files import file_lock, presence, private
from tui.history.archive.schema import (
    NO_MEMORY,
    ArchiveError,
    DamagedArchive,
    NewerArchive,
    archive_errors,
    connect,
    log_of,
)
from tui.history.archive.writer import NO_SAMPLES, Entry, Happened, Polled, Priced, Writer, write_events
from tui.history.recording_files import archive_path, length, set_aside

if TYPE_CHECKING:
    from tui.api.models import Market, Snapshot
    from tui.domain.events import Event
    from tui.history.archive.facts import Facts
    from tui.history.archive.writer import Samples

__all__ = ["Recorder", "State", "UserMessage", "archive_path"]

_log = logging.getLogger(__name__)

WAITING = 720
"""Maximum entries that are kept while they cannot be written: an hour of polls."""

TIDY = 0.05
"""Seconds that thinning may take after one write, at least one step."""

FOLD, FOLD_AGAIN = 120.0, 15.0
"""Seconds between two checkpoints into the file itself; and the same after a reader blocked one."""

FOLD_BYTES = 32 * 1024 * 1024
"""Bytes of the write-ahead log from which it is checkpointed sooner."""

PAUSES = (0.0, 0.0, 0.0, 0.0, 15.0, 30.0, 60.0)
"""Seconds until a failed write is retried, by number of attempts; with the first poll after that."""

ASIDE = 3
"""Maximum files set aside in one run: if it breaks each time, the file is not the cause."""


WAITING_PODS = 20_000
"""Maximum pods in all those entries: this bounds memory when there are many."""


def _size(entry: Entry) -> int:
    return len(entry.snapshot.pods or ()) if isinstance(entry, Polled) and entry.snapshot is not None else 0


class State(StrEnum):
    """What happens to incoming data."""

    WAITING = "identifying account"
    RECORDING = "recording"
    ELSEWHERE = "another podtop is recording"
    TROUBLE = "not recording"
    NEVER = "recording disabled"


class Recorder:
    """Collects polled data and writes them, a batch at a time.

    directory: podtop's state directory; it may not exist.
    api_url:   identifies the host in the file name; `origin`, its host, is written into the file.
    interval:  seconds between polls.
    post:      called with messages for the user, on the event loop.
    monotonic: seconds that only go forward.
    """

    def __init__(
        self,
        directory: Path,
        api_url: str,
        *,
        origin: str = "",
        interval: float = 5.0,
        post: Callable[[UserMessage], object] = lambda note: None,
        wall: Callable[[], float] = time.time,
        account: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._try_at = 0.0
        self._fold_at = 0.0
        self._tidy_at = 0.0
        self._latest = 0.0
        self._aside = 0
        self._tried = asyncio.Event()
        self.state = State.WAITING
        self.path: Path | None = None
        self.written = 0
        self._directory = directory
        self._api_url = api_url
        self._origin = origin
        self._silence = max(60.0, 3 * interval)
        self._post = post
        self._wall = wall
        self._account = account
        self._entries: deque[Entry] = deque(maxlen=WAITING)
        self._handing = threading.Lock()
        self._arrived = asyncio.Event()
        self._opened = asyncio.Event()
        self._writer: Writer | None = None
        self._lock: file_lock.Held | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")

    def polled(
        self,
        at: float,
        snapshot: Snapshot | None,
        events: tuple[Event, ...] = (),
        samples: Samples = NO_SAMPLES,
        alerts: bytes | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Record a response about the pods, or, with None, that there was none; and the open alerts, if changed.

        facts: what was concluded from it.
        """
        if self._account is None and snapshot is not None and snapshot.funds is not None:
            self._account = snapshot.funds.account_id
        self._take(Polled(at, snapshot, events, samples, alerts, facts))

    def priced(self, at: float, market: Market) -> None:
        """Record a response about the market."""
        self._take(Priced(at, market))

    def happened(self, events: tuple[Event, ...]) -> None:
        """Record events that no single poll reports."""
        if events:
            self._take(Happened(events))

    def _take(self, entry: Entry) -> None:
        if self.state is State.NEVER:
            return
        with self._handing:
            self._entries.append(entry)
        # On a copy: the thread concurrently removes what it has written.
        while len(waiting := tuple(self._entries)) > 1 and sum(map(_size, waiting)) > WAITING_PODS:
            self._forget(waiting[0])
        self._arrived.set()

    def _forget(self, oldest: Entry) -> None:
        """Remove the oldest waiting entry, unless it is gone: it was written, or there were too many."""
        with self._handing:
            if self._entries and self._entries[0] is oldest:
                self._entries.popleft()

    async def tried(self) -> Path | None:
        """The account's file, once a write to it was attempted; None if that failed, which may be temporary."""
        await self._tried.wait()
        return self.path

    async def opened(self) -> Path | None:
        """The account's file, once it can be read; None if it never can."""
        await self._opened.wait()
        return self.path if self.state is not State.NEVER else None

    async def run(self) -> None:
        """Write incoming entries until cancelled; those that have arrived by then are still written."""
        try:
            await self._run()
        # No fault of a recording may end podtop.
        except Exception as error:
            for note in self._disabled(error):
                self._post(note)
            self._opened.set()
        finally:
            self._tried.set()
            # When memory is short, no thread may be available.
            with suppress(RuntimeError):
                self._thread.submit(self._close)
            # Blocks the event loop only for the last batch, which takes milliseconds.
            with turns.none_first():
                self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self.state is not State.NEVER:
            await self._arrived.wait()
            self._arrived.clear()
            if self._account is not None and self._entries and self._monotonic() >= self._try_at:
                path = archive_path(self._directory, self._api_url, self._account)
                before = self.state
                for note in await loop.run_in_executor(self._thread, self._write, path):
                    self._post(note)
                if self.state is not before:
                    log_lines.event("recorder", "state", state=self.state, file=path)
                if (news := file_lock.news()) is not None:
                    self._post(UserMessage(news))
                if self.path is not None:
                    self._opened.set()
                self._tried.set()
        self._opened.set()
        self._entries.clear()

    def _disabled(self, error: Exception) -> list[UserMessage]:
        """After an unexpected error: recording is disabled for this run."""
        _log.error("recording is disabled", exc_info=error)
        self.state = State.NEVER
        reason = f"recording disabled: internal error ({type(error).__name__}), see the log."
        return [UserMessage(f"{reason} podtop continues without recording; please report it.")]

    # In the thread

    def _write(self, path: Path) -> list[UserMessage]:
        """Write waiting entries, and maintain the file; returns messages for the user."""
        notes = self._attempt(path, self._write_batch)
        if self.state is State.RECORDING and self._writer is not None:
            notes += [UserMessage(text) for text in self._writer.news()]
            notes += self._attempt(path, self._see_to_file)
        return notes

    def _attempt(self, path: Path, work: Callable[[Path], None]) -> list[UserMessage]:
        before = self.state
        try:
            work(path)
        except NewerArchive as error:
            self.state = State.NEVER
            return [UserMessage(f"not recording: {error}. podtop continues without history.")]
        except DamagedArchive as error:
            return self._set_aside(path, error)
        except (ArchiveError, OSError, MemoryError) as error:
            self._failures += 1
            if self._failures >= 3:
                # Its open file may be on a disk that went away.
                self._release()
            self._try_at = self._monotonic() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            self.state = State.TROUBLE
            if before is State.TROUBLE:
                return []
            why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            if isinstance(error, MemoryError):
                why = NO_MEMORY
            return [UserMessage(f"not recording: {why} ({path.parent}). podtop continues and keeps trying.")]
        # A recording is external data, and no error in this thread may end podtop.
        except Exception as error:
            return self._disabled(error)
        if self.state is not State.TROUBLE:
            self._failures = 0
        if before is State.TROUBLE and self.state is State.RECORDING:
            return [UserMessage("recording resumed", Level.INFO)]
        return []

    def _write_batch(self, path: Path) -> None:
        batch = list(self._entries)
        if not self._may_write(path):
            self.state, self.path = State.ELSEWHERE, path
            self._add(tuple(event for entry in batch if isinstance(entry, Happened) for event in entry.events), path)
        else:
            if self._writer is not None and not presence.is_there(path):
                # The file was removed: what is written into a file without a name is lost.
                self._release()
            if self._writer is None:
                self._writer = self._open(path, batch)
            try:
                self._writer.write(batch)
            except DamagedArchive:
                raise
            except ArchiveError:
                # If the disk is full, folding the write-ahead log may free the room that is needed.
                self._writer.fold(0.5)
                self._writer.write(batch)
            self._latest = next((e.at for e in reversed(batch) if not isinstance(e, Happened)), self._latest)
            self.path = path
            self.written += len(batch)
            self.state = State.RECORDING
        for entry in batch:
            self._forget(entry)

    def _open(self, path: Path, batch: list[Entry]) -> Writer:
        since = next((entry.at for entry in batch if not isinstance(entry, Happened)), self._wall()) - 0.001
        db = connect(path, write=True)
        self._fold_at = 0.0
        try:
            return Writer(db, since, silence=self._silence, origin=self._origin)
        except BaseException:
            db.close()
            raise
        except MemoryError:
            db.close()
            raise
        # Its content may be anything: a file that cannot be loaded is set aside.
        except Exception as error:
            db.close()
            _log.exception("%s cannot be loaded", path)
            raise DamagedArchive(f"its content cannot be read, {type(error).__name__}") from error

    def _see_to_file(self, path: Path) -> None:
        """Thin the file, and checkpoint what was written."""
        if self._writer is None:
            return
        deadline = time.monotonic() + TIDY
        first = True

        def more() -> bool:
            nonlocal first
            go, first = first or time.monotonic() < deadline, False
            return go

        now = self._monotonic()
        try:
            if now >= self._tidy_at and self._latest:
                self._writer.tidy(self._latest, more)
        except DamagedArchive:
            raise
        # What cannot be thinned stays as it is; new data are still recorded.
        except Exception as error:
            self._tidy_at = now + (PAUSES[-1] if isinstance(error, ArchiveError) else math.inf)
            _log.warning("%s cannot be thinned now", path, exc_info=error)
        if now >= self._fold_at or length(log_of(path)) > FOLD_BYTES:
            self._fold_at = now + FOLD_AGAIN
            with suppress(ArchiveError):
                if self._writer.fold(0.5):
                    self._fold_at = now + FOLD

    def _add(self, events: tuple[Event, ...], path: Path) -> None:
        """Add this podtop's own actions to another podtop's file. What both see, the other writes."""
        if events and presence.is_file(path):
            with closing(connect(path, write=True)) as db, archive_errors():
                write_events(db, events)

    def _may_write(self, path: Path) -> bool:
        """Whether this podtop is the one that writes."""
        if self._lock is None:
            private.folder(path.parent)
            self._lock = file_lock.hold(path.with_suffix(".lock"))
        return self._lock is not None

    def _set_aside(self, path: Path, error: DamagedArchive) -> list[UserMessage]:
        """Rename a damaged file and begin a new one: it is never deleted."""
        self._release()
        self._aside += 1
        if self._aside > ASIDE:
            self.state = State.NEVER
            return [UserMessage(f"recording disabled: {path} was damaged repeatedly ({error})")]
        try:
            aside = set_aside(path, self._wall())
        except OSError as trouble:
            self.state = State.NEVER
            return [
                UserMessage(f"not recording: {path} is damaged ({error}) and cannot be renamed: {trouble.strerror}")
            ]
        note = UserMessage(f"the recording was damaged ({error}); kept as {aside}, a new one starts")
        return [note, *self._write(path)]

    def _release(self) -> None:
        if self._writer is not None:
            with suppress(ArchiveError):
                # Complete without its log: it may be copied elsewhere.
                self._writer.fold(1.0)
            self._writer.close()
            self._writer = None

    def _close(self) -> None:
        if self._account is not None and self._entries and self.state in (State.RECORDING, State.WAITING):
            self._write(archive_path(self._directory, self._api_url, self._account))
        self._release()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
