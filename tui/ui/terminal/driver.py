"""Textual's driver for a terminal, knowing whether the terminal has taken what it was sent.

A link that drops and a terminal that is halted stop reading. Textual queues 30 writes and then holds the event loop,
and with it the polling, until the terminal reads on; and it cannot be quit before that.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
import termios
import time
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

from tui.ui.input.keyboard import Keyboard

if TYPE_CHECKING:
    from textual.app import App

MOST_WAITING = 8
"""Writes that may wait for the terminal; Textual's queue has room for 30, and leaving takes 16."""

GRACE = 1.0
"""Seconds that a terminal has to take the sequences that restore it, when podtop ends."""

UNSIZED = (80, 24)
"""Columns and lines that are reckoned with while a terminal has none; nothing is drawn on it."""

LAST_WORDS = (
    "\x18\x1b\\\x1b[?2026l"  # what was broken off
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[m\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Restores a terminal that has not taken what went before."""

_GLANCE = 0.1
_AT_ONCE = 4096


def open_terminal(fd: int) -> int:
    """The terminal again, so that not to wait for it is not imposed on the shell, which shares `fd`."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        # No terminal, or another user's, as after `su`: writing to it may then wait.
        return os.dup(_writable(fd))


def _writable(fd: int) -> int:
    """`fd`, or another way to the same terminal where that was opened for reading alone."""
    for way in (fd, 1, 2):
        with contextlib.suppress(OSError):
            same = os.fstat(way).st_rdev == os.fstat(fd).st_rdev
            if same and fcntl.fcntl(way, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                return way
    return fd


class Outlet:
    """A file for Textual's writer thread that knows what has gone to the terminal, and can be told to let go.

    `offered` counts in the event loop; writing happens in the writer thread.
    """

    def __init__(self, fd: int, emptied: Callable[[], None]) -> None:
        self._fd = fd
        self._emptied = emptied
        self._texts: list[str] = []
        self.offered = 0
        self._gone = 0
        self._dropped = 0.0
        """Writes before this number need not arrive."""
        self._stuck = False
        self.awaited = False
        self.since = 0.0
        """When it was last offered something while it was empty."""
        self.took: float | None = None
        """Seconds that the terminal took then, when all has gone."""

    @property
    def empty(self) -> bool:
        return self._gone == self.offered and self._dropped == 0

    @property
    def waiting(self) -> int:
        """Writes that the terminal has not taken."""
        return self.offered - self._gone

    def write(self, text: str) -> None:
        self._texts.append(text)

    def flush(self) -> None:
        # One write for all: while the event loop is busy, each costs a wait for the interpreter.
        texts, self._texts = self._texts, []
        self._send("".join(texts).encode("utf-8", "replace"))
        self._gone += len(texts)
        if self.empty:
            self.took = time.monotonic() - self.since
        if self.awaited and self.empty:
            self.awaited = False
            self._emptied()

    def _send(self, data: bytes) -> None:
        while data and self._gone >= self._dropped:
            try:
                data = data[os.write(self._fd, data) :]
                self._stuck = False
            except BlockingIOError:
                self._stuck = not select.select([], [self._fd], [], _GLANCE)[1]
            except OSError:
                # The terminal has gone. SIGHUP ends podtop, not a traceback in this thread.
                self.give_up()

    def hurry(self) -> None:
        """What a terminal that does not read has not taken is in the way of what follows."""
        if self._stuck:
            self._dropped = self.offered

    def give_up(self) -> None:
        """Send nothing any more."""
        self._dropped = float("inf")

    def fileno(self) -> int:
        return self._fd


class PacedDriver(LinuxDriver):
    """One frame at a time: whoever paints asks `ready` first, and `when_ready` to be called."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Where the keys come from, and not where errors go: that may be a file.
        self._terminal = self.fileno
        self.blind = False
        """Whether the terminal has no cells at all, as serial lines and some containers begin."""
        if self._size is None:
            self._size = self._get_terminal_size()
        self._outlet: Outlet | None = None
        self._open = False
        self._keyboard = Keyboard()
        self._callback: Callable[[], object] | None = None
        self._running_loop = asyncio.get_running_loop()
        self.entered: Callable[[], None] | None = None
        """Called when the terminal was taken over, again after every suspension."""
        self.sheds = False
        """Drop bells, pointer shapes and the like while many writes wait: not for those who count on every write."""

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._terminal)
        except OSError:
            width, height = UNSIZED
        self.blind = not (width and height)
        return UNSIZED if self.blind else (width, height)

    @property
    def ready(self) -> bool:
        """Whether a frame would go out at once."""
        return self._open and self._outlet is not None and self._outlet.empty

    @property
    def took(self) -> float | None:
        """Seconds that the terminal took for what it was sent last."""
        return self._outlet.took if self._outlet is not None else None

    @took.setter
    def took(self, told: None) -> None:
        if self._outlet is not None:
            self._outlet.took = told

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

    @property
    def takes(self) -> bool:
        """Whether what is written now goes out, if not at once."""
        return self._open and self._outlet is not None and self._outlet.waiting < MOST_WAITING

    def write(self, data: str) -> None:
        if self._outlet is None:
            # Another program has the terminal, and nothing would ever take it out of the queue.
            return
        if self.sheds and self._open and self._outlet.waiting >= MOST_WAITING:
            return
        if self._outlet.empty:
            self._outlet.since = time.monotonic()
        self._outlet.offered += 1
        super().write(data)

    def start_application_mode(self) -> None:
        before = self._writer_thread
        self._keyboard = Keyboard()
        self._outlet = Outlet(open_terminal(self._terminal), self._emptied)
        self._file = cast("Any", self._outlet)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # In the background Textual starts nothing here, and tries again when it is brought back.
        self._open = self._writer_thread is not before
        if self._open and self.entered is not None:
            self.entered()

    def run_input_thread(self) -> None:
        """Read what is typed, until input is disabled."""
        keyboard, fd = self._keyboard, self.fileno
        while not self.exit_event.is_set():
            due = keyboard.due()
            wait = _GLANCE if due is None else min(_GLANCE, max(0.0, due - time.monotonic()))
            if select.select([fd], [], [], wait)[0]:
                # What is there has come, whenever this thread had its turn: it goes before what would be due.
                data = b""
                with contextlib.suppress(OSError):
                    data = os.read(fd, _AT_ONCE)
                if not data:
                    # The terminal is gone: SIGHUP ends podtop.
                    self.exit_event.wait(_GLANCE)
                for message in keyboard.feed(data, time.monotonic()):
                    self.process_message(message)
            else:
                for message in keyboard.late(time.monotonic()):
                    self.process_message(message)

    def stop_application_mode(self) -> None:
        self._open = False
        if self._outlet is not None:
            self._outlet.hurry()
        super().stop_application_mode()

    def close(self) -> None:
        """Wait for the last words to go out, but not for ever."""
        last = Thread(target=super().close, name="podtop-close", daemon=True)
        last.start()
        last.join(GRACE)
        outlet, self._outlet = self._outlet, None
        if outlet is None:
            return
        if last.is_alive():
            outlet.give_up()
            last.join(5 * _GLANCE)
            self._last_words(outlet)
        if not last.is_alive():
            os.close(outlet.fileno())

    def rescue(self) -> None:
        """Give the terminal back at once, from any thread: podtop is about to be ended by force."""
        outlet = self._outlet
        if outlet is None:
            return
        outlet.give_up()
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self._last_words(outlet)

    def _last_words(self, outlet: Outlet) -> None:
        """In the place of what the terminal has not taken: it finds them when it reads on."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(outlet.fileno(), termios.TCOFLUSH)
            os.set_blocking(outlet.fileno(), False)
            os.write(outlet.fileno(), LAST_WORDS.encode())
