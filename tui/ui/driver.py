"""Textual's driver for a terminal, knowing whether the terminal has taken what it was sent.

A link that drops and a tmux that scrolls back stop reading. Textual queues 30 writes and then holds the event loop, and
with it the polling, until the terminal reads on; and it cannot be quit before that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import termios
from collections.abc import Callable
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

MOST_WAITING = 8
"""Writes that may wait for the terminal; Textual's queue has room for 30, and leaving takes 16."""

GRACE = 1.5
"""Seconds that a terminal has to take the last frame when podtop ends."""


class Outlet:
    """A file for Textual's writer thread that knows when all it was given has gone to the terminal.

    `offered` counts in the event loop; the rest happens in the writer thread.
    """

    def __init__(self, file: IO[str], emptied: Callable[[], None]) -> None:
        self._file = file
        self._emptied = emptied
        self.offered = 0
        self._written = 0
        self._gone = 0
        self.awaited = False

    @property
    def empty(self) -> bool:
        return self._gone == self.offered

    @property
    def waiting(self) -> int:
        """Writes that the terminal has not taken."""
        return self.offered - self._written

    def write(self, text: str) -> None:
        # A terminal that has gone takes nothing any more: SIGHUP ends podtop, not a traceback in this thread.
        with contextlib.suppress(OSError):
            self._file.write(text)
            self._written += 1

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()
            self._gone = self._written
        if self.awaited and self.empty:
            self.awaited = False
            self._emptied()

    def fileno(self) -> int:
        return self._file.fileno()


class PacedDriver(LinuxDriver):
    """One frame at a time: whoever paints asks `ready` first, and `when_ready` to be called."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminal = self._file
        self._outlet: Outlet | None = None
        self._open = False
        self._farewell: list[str] | None = None
        self._callback: Callable[[], object] | None = None
        self._running_loop = asyncio.get_running_loop()
        self.entered: Callable[[], None] | None = None
        """Called when the terminal was taken over, again after every suspension."""
        self.sheds = False
        """Drop bells, pointer shapes and the like while many writes wait: not for those who count on every write."""

    @property
    def ready(self) -> bool:
        """Whether a frame would go out at once."""
        return self._open and self._outlet is not None and self._outlet.empty

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call back once, in the event loop, when the terminal has taken all it was sent."""
        self._callback = callback
        if self._outlet is not None:
            self._outlet.awaited = True
            if self._outlet.empty:
                self._emptied()

    def _emptied(self) -> None:
        # The loop may be closed: podtop is ending, and nothing will be painted.
        with contextlib.suppress(RuntimeError):
            self._running_loop.call_soon_threadsafe(self._call_back)

    def _call_back(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None and self._open:
            callback()

    def write(self, data: str) -> None:
        if self._outlet is not None:
            if self.sheds and self._open and self._outlet.waiting >= MOST_WAITING:
                return
            self._outlet.offered += 1
        if self._farewell is not None:
            self._farewell.append(data)
        super().write(data)

    def start_application_mode(self) -> None:
        before, self._farewell = self._writer_thread, None
        self._outlet = Outlet(cast("IO[str]", self._terminal), self._emptied)
        self._file = cast("Any", self._outlet)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # In the background Textual starts nothing here, and tries again when it is brought back.
        self._open = self._writer_thread is not before
        if self._open and self.entered is not None:
            self.entered()

    def stop_application_mode(self) -> None:
        self._open = False
        self._farewell = []
        super().stop_application_mode()

    def close(self) -> None:
        """Wait for the last words to go out; a terminal that does not read loses frames, and is still restored."""
        last = Thread(target=super().close, name="podtop-close", daemon=True)
        last.start()
        last.join(GRACE)
        if not last.is_alive():
            return
        fd = cast("IO[str]", self._terminal).fileno()
        for _ in range(20):
            # A write that is stuck goes on when what the terminal did not read is thrown away.
            with contextlib.suppress(termios.error):
                termios.tcflush(fd, termios.TCOFLUSH)
            last.join(0.05)
            if not last.is_alive():
                break
        # The words may have been among what was thrown away.
        if select.select([], [fd], [], 0)[1]:
            with contextlib.suppress(OSError):
                os.write(fd, "".join(self._farewell or ()).encode())
