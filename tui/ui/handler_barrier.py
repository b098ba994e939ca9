"""A fault in a handler of a widget or a screen is logged and shown, and podtop continues (`SurvivingApp`).

Textual would end the program. This replaces one method of Textual, through which every message of every widget passes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

MOST, WITHIN = 10, 60.0
"""Number of faults, and the seconds within which they occur, that end podtop after all: it would do nothing else."""

VITAL = (events.Compose, events.Mount)
"""Without these a screen would appear without its content."""

handled = 0
"""Messages handled by widgets so far, except those from timers or the mouse: shows whether there is progress."""

_dispatch = MessagePump._dispatch_message


class Barrier:
    """Decides whether podtop continues after a fault.

    clock: monotonic seconds.
    ready: called before the first is logged.
    tell:  shows a message to the user.
    """

    def __init__(self, clock: Callable[[], float], ready: Callable[[], object], tell: Callable[[str], object]) -> None:
        self._clock = clock
        self._ready = ready
        self._tell = tell
        self._at: deque[float] = deque(maxlen=MOST)

    def holds(self, error: Exception) -> bool:
        """Whether podtop continues after a fault, which is logged and shown."""
        now = self._clock()
        if len(self._at) == MOST and now - self._at[0] < WITHIN:
            return False
        self._at.append(now)
        self.log(error)
        self._tell(f"internal error ({type(error).__name__}), see the log. Your last key may have had no effect")
        return True

    def log(self, error: Exception) -> None:
        """Write a fault into the log, without a message to the user."""
        self._ready()
        lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        logging.getLogger("tui").error("a handler failed\n%s", lines)


async def _guarded(self: MessagePump, message: Message) -> None:
    global handled
    if not isinstance(message, events.Timer | events.MouseMove):
        handled += 1
    try:
        await _dispatch(self, message)
    except Exception as error:
        # Whatever fails in a handler, the same program monitors pods, and handles leases and watches.
        holds: Callable[[Exception], bool] | None = _holder(self)
        if holds is None or isinstance(message, VITAL) or not holds(error):
            raise


def _holder(pump: MessagePump) -> Any:
    try:
        return getattr(pump.app, "holds", None)
    except Exception:
        # It does not belong, or no longer belongs, to an app.
        return None


def install() -> None:
    """Install it in Textual, for apps that have `holds`; once is enough."""
    MessagePump._dispatch_message = _guarded  # type: ignore[method-assign]


class SurvivingApp(App[None]):
    """An app that continues after a fault in a handler, and ends with one line after any other."""

    crash: str | None = None
    """The message about a crash, printed when the terminal is the shell's again."""

    survives = False
    """Whether it continues: not in tests that must see every fault."""

    _barrier: Barrier
    _open_log: Callable[[], Path | None]

    def survive(
        self, clock: Callable[[], float], open_log: Callable[[], Path | None], tell: Callable[[str], object]
    ) -> None:
        """Start to handle faults. `open_log`: opens the log, and returns its path."""
        self._open_log = open_log
        self._barrier = Barrier(clock, open_log, tell)
        install()

    def on_mount(self) -> None:
        self.survives = not self.is_headless

    def holds(self, error: Exception) -> bool:
        """Whether podtop continues after a fault in a handler."""
        if self._ends_anyway:
            self._barrier.log(error)
            return True
        return self.survives and self._barrier.holds(error)

    @property
    def _ends_anyway(self) -> bool:
        """Whether podtop is ending, and with which exit code: a fault on the way out does not change that.

        Textual mounts nothing any more by then, so a screen that is about to open finds none of its widgets.
        """
        return self.survives and self._exit

    def _handle_exception(self, error: Exception) -> None:
        if self._ends_anyway:
            self._barrier.log(error)
            return
        # After these Textual's loops continue; after any other their widget would be dead.
        asking = sys._getframe(1).f_code.co_name
        if asking in ("_flush_next_callbacks", "_tick") and self.holds(error):
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would print a traceback over the screen: one line instead, and the traceback goes to the log."""
        from tui.storage import app_log

        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        self.crash = app_log.crash_report(error, self._open_log())
        self._close_messages_no_wait()
