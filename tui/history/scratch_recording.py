"""A recording that is made for one report: written in a thread, and complete, or removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recording_files import remove


class ScratchRecording:
    """Created with the first polls. Until a method ends, its thread may use the file; none does afterwards.

    silence: as of `Writer`.
    """

    def __init__(self, path: Path, silence: float) -> None:
        self.is_empty = True
        self._path = path
        self._silence = silence
        self._writer: Writer | None = None
        self._wanted = True

    async def write(self, polls: Sequence[Polled]) -> None:
        """Write polls, oldest first. Raises ArchiveError."""
        if polls:
            await self._in_thread(partial(self._write, polls))

    async def finish(self) -> None:
        """Close the file, which is complete without its log. Raises ArchiveError."""
        await self._in_thread(self._finish)

    def discard(self) -> None:
        """Remove the file."""
        if self._writer is not None:
            self._writer.close()
        remove(self._path)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        """Do work; if this is cancelled, it ends once the thread has: SQLite bears no closing in the middle of it."""
        # Unlike a task, a future is left alone when the event loop cancels all that is left.
        done = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            self._wanted = False
            while not done.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait((done,))
            if not done.cancelled():
                # Whatever it failed with is of no use any more.
                done.exception()
            raise

    def _write(self, polls: Sequence[Polled]) -> None:
        if self._writer is None:
            db = connect(self._path, write=True)
            try:
                self._writer = Writer(db, polls[0].at - 0.001, silence=self._silence)
            except BaseException:
                db.close()
                raise
        self._writer.write(poll for poll in polls if self._wanted)
        self.is_empty = False

    def _finish(self) -> None:
        if self._writer is not None:
            # On a disk that is full, closing leaves a part of it in the log, and says nothing.
            self._writer.fold(1.0)
            self._writer.close()


@asynccontextmanager
async def scratch_recording(path: Path, silence: float) -> AsyncIterator[ScratchRecording]:
    """A recording that is complete afterwards, or removed if anything is raised. Raises ArchiveError."""
    scratch = ScratchRecording(path, silence)
    try:
        yield scratch
        await scratch.finish()
    except BaseException:
        scratch.discard()
        raise
