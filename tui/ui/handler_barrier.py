"""What a fault in a handler of a widget or a screen does: it is logged and told, and podtop goes on.

Textual ends the program. It reaches into Textual for one method, through which every message of every widget goes.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

MOST, WITHIN = 10, 60.0
"""Faults, and in how many seconds, from which on podtop ends after all: it would do nothing else."""

VITAL = (events.Compose, events.Mount)
"""Without these a screen would be there without what is on it."""

handled = 0
"""Messages that widgets were given so far, but for what comes by the clock or the mouse: whether anything goes on."""

_dispatch = MessagePump._dispatch_message


class Barrier:
    """Judges faults.

    clock: seconds that only go forward.
    ready: called before the first is logged.
    tell:  tells a person.
    """

    def __init__(self, clock: Callable[[], float], ready: Callable[[], object], tell: Callable[[str], object]) -> None:
        self._clock = clock
        self._ready = ready
        self._tell = tell
        self._at: deque[float] = deque(maxlen=MOST)

    def holds(self, error: Exception) -> bool:
        """Whether podtop goes on after a fault, which is logged and told."""
        now = self._clock()
        if len(self._at) == MOST and now - self._at[0] < WITHIN:
            return False
        self._at.append(now)
        self.log(error)
        self._tell(f"internal error ({type(error).__name__}), see the log. What you pressed may have done nothing")
        return True

    def log(self, error: Exception) -> None:
        """Write a fault into the log, and tell nobody."""
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
        # Whatever is wrong in a handler, pods are watched, and leases and watches seen to, by the same program.
        holds: Callable[[Exception], bool] | None = _holder(self)
        if holds is None or isinstance(message, VITAL) or not holds(error):
            raise


def _holder(pump: MessagePump) -> Any:
    try:
        return getattr(pump.app, "holds", None)
    except Exception:
        # It is not, or not any more, of an app.
        return None


def install() -> None:
    """Put it into Textual, for apps that have `holds`; once is enough."""
    MessagePump._dispatch_message = _guarded  # type: ignore[method-assign]
