"""Textual's driver for a terminal, which knows whether the terminal has accepted its output.

A dropped link or a halted terminal stops reading. Textual queues 30 writes and then blocks the event loop, and with it
the polling, until the terminal reads again; and it cannot be quit before that.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
import signal
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
"""Maximum writes that wait for the terminal; Textual's queue has room for 30, and leaving takes 16."""

GRACE = 1.0
"""Seconds that a terminal has to accept the sequences that restore it, when podtop ends."""

UNSIZED = (80, 24)
"""Columns and lines assumed while a terminal has none; nothing is drawn on it."""

CUT_OFF = "\x18\x1b\\\x1b[?2026l\x1b[m\x1b[r"
"""Ends a frame of which the terminal has a part: a sequence, the frame, its colours, its margins."""

LAST_WORDS = (
    f"{CUT_OFF}\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Restores a terminal that has not accepted earlier output."""

_GLANCE = 0.1
_AT_ONCE = 4096


def open_terminal(fd: int) -> int:
    """The terminal opened again, so that non-blocking mode is not imposed on the shell, which shares `fd`."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        # No terminal, or another user's, as after `su`: writing to it may then block.
        return os.dup(_writable(fd))


def _writable(fd: int) -> int:
    """`fd`, or another descriptor of the same terminal if that was opened for reading alone."""
    for way in (fd, 1, 2):
        with contextlib.suppress(OSError):
            same = os.fstat(way).st_rdev == os.fstat(fd).st_rdev
            if same and fcntl.fcntl(way, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                return way
    return fd


class Outlet:
    """A file for Textual's writer thread that tracks the output accepted by the terminal, and can be stopped.

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
        self._cut = False
        """Whether the terminal has a part of what was dropped."""
        self.awaited = False
        self.since = 0.0
        """When it was last offered output while it was empty."""
        self.took: float | None = None
        """Seconds that the terminal took then, once all is sent."""

    @property
    def empty(self) -> bool:
        return self._gone == self.offered and self._dropped == 0

    @property
    def waiting(self) -> int:
        """Writes that the terminal has not accepted."""
        return self.offered - self._gone

    def write(self, text: str) -> None:
        self._texts.append(text)

    def flush(self) -> None:
        # One write for all: while the event loop is busy, each costs a wait for the interpreter.
        texts, self._texts = self._texts, []
        skipped = int(min(max(0.0, self._dropped - self._gone), len(texts)))
        self._send("".join(texts[skipped:]).encode("utf-8", "replace"), self._gone + skipped)
        self._gone += len(texts)
        if self.empty:
            self.took = time.monotonic() - self.since
        if self.awaited and self.empty:
            self.awaited = False
            self._emptied()

    def _send(self, data: bytes, number: int) -> None:
        """Send writes, of which the first has a number, until they are dropped."""
        if self._cut and data:
            data, self._cut = CUT_OFF.encode() + data, False
        length = len(data)
        while data and number >= self._dropped:
            try:
                data = data[os.write(self._fd, data) :]
                self._stuck = False
            except BlockingIOError:
                self._stuck = not select.select([], [self._fd], [], _GLANCE)[1]
            except OSError:
                # The terminal is gone. SIGHUP ends podtop, not a traceback in this thread.
                self.give_up()
        self._cut = self._cut or 0 < len(data) < length

    def hurry(self) -> None:
        """Discard output that a terminal that does not read has not accepted, as it blocks the following."""
        if self._stuck:
            self._dropped = self.offered

    def give_up(self) -> None:
        """Stop sending."""
        self._dropped = float("inf")

    def fileno(self) -> int:
        return self._fd


class PacedDriver(LinuxDriver):
    """One frame at a time: the painter checks `ready` first, and registers with `when_ready`."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # The source of the keys, and not the target of errors: that may be a file.
        self._terminal = self.fileno
        self.blind = False
        """Whether the terminal has no cells at all, as serial lines and some containers start."""
        if self._size is None:
            self._size = self._get_terminal_size()
        self._outlet: Outlet | None = None
        self._open = False
        self._keyboard = Keyboard()
        self._callback: Callable[[], object] | None = None
        self._running_loop = asyncio.get_running_loop()
        self.entered: Callable[[], None] | None = None
        """Called when the terminal was taken over, again after every suspension."""
        self._continued = False
        self.sheds = False
        """Drop bells, pointer shapes and the like while many writes wait: not for callers that need every write."""

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._terminal)
        except OSError:
            width, height = UNSIZED
        self.blind = not (width and height)
        return UNSIZED if self.blind else (width, height)

    @property
    def ready(self) -> bool:
        """Whether a frame would be sent at once."""
        return self._open and self._outlet is not None and self._outlet.empty

    @property
    def took(self) -> float | None:
        """Seconds that the terminal took for the last output."""
        return self._outlet.took if self._outlet is not None else None

    @took.setter
    def took(self, told: None) -> None:
        if self._outlet is not None:
            self._outlet.took = told

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call back once, in the event loop, when the terminal has accepted all output."""
        self._callback = callback
        if self._outlet is not None:
            self._outlet.awaited = True
            if self._outlet.empty:
                self._emptied()

    def _emptied(self) -> None:
        # The loop may be closed: podtop is ending, and nothing more will be painted.
        with contextlib.suppress(RuntimeError):
            self._running_loop.call_soon_threadsafe(self._call_back)

    def _call_back(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None and self._open:
            callback()

    @property
    def takes(self) -> bool:
        """Whether output written now will be sent, if not at once."""
        return self._open and self._outlet is not None and self._outlet.waiting < MOST_WAITING

    def write(self, data: str) -> None:
        if self._outlet is None:
            # Another program has the terminal, and nothing would ever empty the queue.
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

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again, also where podtop had not given it away: SIGSTOP asks nobody, and a shell had it.

        Textual would start a second thread that reads keys, and take its own modes for those to restore.
        """
        # In the event loop: another signal may come in the middle of it.
        if not self._continued:
            self._continued = True
            self._running_loop.call_soon_threadsafe(self._continue)

    def _continue(self) -> None:
        self._continued = False
        if not self._auto_restart:
            # Another program has the terminal.
            return
        if self._open:
            if not self._is_in_front():
                os.kill(os.getpid(), signal.SIGSTOP)
                return
            self.suspend_application_mode()
        self.resume_application_mode()

    def _is_in_front(self) -> bool:
        try:
            return os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:
            # Not the terminal that started it: nothing there sends podtop to the background.
            return True

    def run_input_thread(self) -> None:
        """Read input, until input is disabled."""
        keyboard, fd = self._keyboard, self.fileno
        while not self.exit_event.is_set():
            due = keyboard.due()
            wait = _GLANCE if due is None else min(_GLANCE, max(0.0, due - time.monotonic()))
            if select.select([fd], [], [], wait)[0]:
                # Available input has arrived, whenever this thread had its turn: it is handled before due timeouts.
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
        """Wait for the last output to be sent, but not forever."""
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
        """Restore the terminal at once, from any thread: podtop is about to be ended by force."""
        outlet = self._outlet
        if outlet is None:
            return
        outlet.give_up()
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self._last_words(outlet)

    def _last_words(self, outlet: Outlet) -> None:
        """Replaces the output that the terminal has not accepted: it gets these when it reads again."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(outlet.fileno(), termios.TCOFLUSH)
            os.set_blocking(outlet.fileno(), False)
            os.write(outlet.fileno(), LAST_WORDS.encode())
