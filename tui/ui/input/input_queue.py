"""`InputQueue`: keys, pastes and clicks one at a time, so that the order of typing is the order of effect.

Textual hands an input event to a widget, and the next one to whatever that is for: a binding of the screen would run
before moves that still wait for the table. Here the next one waits until all that the last one set off has been done:
what it made widgets tell their screen, screens that came or went, and where the focus is by then.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from textual import events
from textual.app import ScreenError, UnknownModeError

from tui.ui import handler_barrier

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen

QUIET = 2
"""Rounds without anything left to do after which an event is done with: one may look between a post and its receipt."""

MOST_ROUNDS = 100
"""Rounds after which an event counts as done with: something posts messages all the time."""

FRAME = 0.15
"""Seconds from one frame to the next while input waits: each costs more than the key it would show."""

TICK = 0.1
PATIENCE = 10
"""Ticks, each of a loop that runs and does nothing, after which a widget that does not come back is not waited for."""

LAST_PATIENCE = 50
"""The same where widgets are given messages all the while, as where a screen comes on a busy machine."""

_FRAME = object()
"""Stands for the first frame of a screen that came."""


class InputQueue:
    """Gives input events to `give`, which says whether the event went on to somebody.

    Costs nothing while nobody types. What was typed behind an event that is never done with is dropped, and `lost` is
    called with how many events that were: neither is a program deaf for a stuck widget, nor does anything act on what
    is not known.
    """

    def __init__(
        self, app: App[Any], give: Callable[[events.Event], Awaitable[bool]], lost: Callable[[int], object]
    ) -> None:
        self._app = app
        self._give = give
        self._lost = lost
        self._given_up = 0.0
        self._waiting: deque[events.Event] = deque()
        self._busy = False
        self._number = 0
        """Of the round that is on: markers of others are ignored."""
        self._out: set[object] = set()
        """Whose markers have not come through; also None, for the round itself, and `_FRAME`."""
        self._stuck: WeakSet[Any] = WeakSet()
        """Who was given up and has not come back since."""
        self._rounds = self._quiet = self._ticks = self._still = self._handled = 0
        self._path: tuple[MessagePump, ...] = ()
        self._drawn: Screen[Any] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._framed = 0.0

    @property
    def idle(self) -> bool:
        """Whether all input so far has been dealt with."""
        return not self._busy

    def clear(self) -> None:
        """Drop what was typed and has not been given to anybody."""
        self._waiting.clear()

    @property
    def waits(self) -> bool:
        """Whether there is more behind what is done now."""
        return bool(self._waiting)

    def gave_up(self, event: events.Event) -> bool:
        """Whether an event that comes back from a widget is of the time before one was given up."""
        return event.time < self._given_up

    def hurries(self) -> bool:
        """Whether a frame would be in the way of input that waits; asked before each frame."""
        now = time.monotonic()
        if self._waiting and now - self._framed < FRAME:
            return True
        self._framed = now
        return False

    async def take(self, event: events.Event) -> None:
        """An event has come."""
        self._waiting.append(event)
        if not self._busy:
            await self._next()

    async def _next(self) -> None:
        try:
            while self._waiting:
                self._busy = True
                event = self._waiting.popleft()
                self._drawn = self._screen
                self._path = self._way_up()
                # A move of the mouse changes nothing that another event could depend on.
                if await self._give(event) and not isinstance(event, events.MouseMove):
                    self._rounds = self._quiet = self._ticks = self._still = 0
                    self._alarm = asyncio.get_running_loop().call_later(TICK, self._tick)
                    self._round()
                    return
            self._busy = False
        except BaseException:
            self._busy = False
            raise

    @property
    def _screen(self) -> Screen[Any] | None:
        # While podtop ends, its screens go before what was typed last has been dealt with.
        try:
            return self._app.screen_stack[-1]
        except (IndexError, KeyError, ScreenError, UnknownModeError):
            return None

    def _way_up(self) -> tuple[MessagePump, ...]:
        """Who a key goes through: the focused widget and all above it, to the screen."""
        screen = self._screen
        if screen is None:
            return ()
        pumps: list[MessagePump] = []
        node: MessagePump | None = screen.focused or screen
        while node is not None and node is not self._app:
            pumps.append(node)
            node = node._parent
        return tuple(pumps)

    def _left(self) -> list[MessagePump]:
        """Who has messages that wait; but not who does not come back, where the next key does not go through him."""
        screen = self._screen
        pumps: list[MessagePump] = [self._app, *self._path]
        if screen is not None:
            pumps.extend(pump for pump in screen.walk_children(with_self=True) if pump not in self._stuck)
        return [pump for pump in pumps if _waits_for(pump)]

    def _round(self) -> None:
        """A marker behind all that waits for those concerned; when all have come through, it is looked at again."""
        self._number += 1
        number = self._number
        self._path = self._way_up()
        self._out = {None}
        for pump in dict.fromkeys((*self._path, *self._left())):
            if pump is not self._app and pump.call_later(self._passed, number, pump):
                self._out.add(pump)
        screen = self._screen
        if screen is not None and screen is not self._drawn and not screen.is_modal:
            # Where its rows are, a screen that came knows when it was laid out.
            self._drawn = screen
            if screen.call_after_refresh(self._passed, number, _FRAME):
                self._out.add(_FRAME)
        self._passed(number, None)

    def _passed(self, number: int, marker: MessagePump | object | None) -> None:
        if self._stuck and marker not in (None, _FRAME):
            # Whoever comes back, however late, is waited for again.
            self._stuck.discard(marker)
        if number != self._number:
            return
        self._out.discard(marker)
        if not self._out:
            # By the app's own queue: what reached it before has been done by then.
            self._app.call_later(self._look, number)

    async def _look(self, number: int) -> None:
        """All markers of a round have come through."""
        if number != self._number or not self._busy:
            return
        self._rounds += 1
        self._ticks = self._still = 0
        self._quiet = self._quiet + 1 if self._path == self._way_up() and not self._left() else 0
        if self._quiet < QUIET and self._rounds < MOST_ROUNDS:
            self._round()
            return
        self._stop()
        await self._next()

    def _stop(self) -> None:
        self._number += 1
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _tick(self) -> None:
        """Time of the loop, and not of a clock: it may stand still for long and have everything to do after that."""
        self._ticks += 1
        self._still += handler_barrier.handled == self._handled
        self._handled = handler_barrier.handled
        if self._still < PATIENCE and self._ticks < LAST_PATIENCE:
            self._alarm = asyncio.get_running_loop().call_later(TICK, self._tick)
            return
        self._alarm = None
        self._stop()
        self._stuck.update(self._out - {None, _FRAME})
        self._given_up = time.monotonic()
        many = len(self._waiting)
        self._waiting.clear()
        self._busy = False
        self._lost(many)


def _waits_for(pump: MessagePump) -> bool:
    """Whether a widget has messages that wait: in its queue, or looked at already behind the one it is at."""
    return bool(pump.message_queue_size) or pump._pending_message is not None
