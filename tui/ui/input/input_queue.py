"""`InputQueue`: keys, pastes and clicks one at a time, so that the order of typing is the order of effect.

Textual passes an input event to a widget, and the next one to its own target at once: a binding of the screen would run
before moves that still wait for the table. Here the next one waits until all effects of the last one are complete:
messages from widgets to their screen, screens opened or closed, and the focus.
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
"""Idle rounds after which an event is complete: a round may look between a post and its receipt."""

MOST_ROUNDS = 100
"""Rounds after which an event counts as complete: something posts messages all the time."""

FRAME = 0.15
"""Seconds between two frames while input waits: each costs more than the key it would show."""

TICK = 0.1
PATIENCE = 10
"""Ticks of an idle event loop after which a widget that does not respond is not waited for."""

LAST_PATIENCE = 50
"""The same while widgets are receiving messages, as when a screen opens on a busy machine."""

_FRAME = object()
"""Stands for the first frame of a screen that was opened."""


class InputQueue:
    """Passes input events to `give`, which returns whether the event was passed on to a target.

    Costs nothing while nobody types. Events behind one that never completes are dropped, and `lost` is called with
    their number: the program is neither deaf because of a stuck widget, nor does anything act on an unknown state.
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
        """Number of the current round: markers of others are ignored."""
        self._out: set[object] = set()
        """Targets whose markers are outstanding; also None, for the round itself, and `_FRAME`."""
        self._stuck: WeakSet[Any] = WeakSet()
        """Widgets that were given up and have not responded since."""
        self._rounds = self._quiet = self._ticks = self._still = self._handled = 0
        self._path: tuple[MessagePump, ...] = ()
        self._drawn: Screen[Any] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._framed = 0.0

    @property
    def idle(self) -> bool:
        """Whether all input so far has been handled."""
        return not self._busy

    def clear(self) -> None:
        """Drop input that has not been passed on."""
        self._waiting.clear()

    @property
    def waits(self) -> bool:
        """Whether more input waits behind the current event."""
        return bool(self._waiting)

    def gave_up(self, event: events.Event) -> bool:
        """Whether an event that a widget returns is from before one was given up."""
        return event.time < self._given_up

    def hurries(self) -> bool:
        """Whether a frame would delay waiting input; called before each frame."""
        now = time.monotonic()
        if self._waiting and now - self._framed < FRAME:
            return True
        self._framed = now
        return False

    async def take(self, event: events.Event) -> None:
        """An event arrived."""
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
        # While podtop ends, its screens close before the last input has been handled.
        try:
            return self._app.screen_stack[-1]
        except (IndexError, KeyError, ScreenError, UnknownModeError):
            return None

    def _way_up(self) -> tuple[MessagePump, ...]:
        """The path of a key: the focused widget and all its ancestors, up to the screen."""
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
        """Pumps with pending messages, except unresponsive widgets that are not on the path of the key."""
        screen = self._screen
        pumps: list[MessagePump] = [self._app, *self._path]
        if screen is not None:
            pumps.extend(pump for pump in screen.walk_children(with_self=True) if pump not in self._stuck)
        return [pump for pump in pumps if _waits_for(pump)]

    def _round(self) -> None:
        """Post a marker behind all pending messages of those concerned; when all have come through, check again."""
        self._number += 1
        number = self._number
        self._path = self._way_up()
        self._out = {None}
        for pump in dict.fromkeys((*self._path, *self._left())):
            if pump is not self._app and pump.call_later(self._passed, number, pump):
                self._out.add(pump)
        screen = self._screen
        if screen is not None and screen is not self._drawn and not screen.is_modal:
            # A screen that opened knows the positions of its rows once it was laid out.
            self._drawn = screen
            if screen.call_after_refresh(self._passed, number, _FRAME):
                self._out.add(_FRAME)
        self._passed(number, None)

    def _passed(self, number: int, marker: MessagePump | object | None) -> None:
        if self._stuck and marker not in (None, _FRAME):
            # A widget that responds, however late, is waited for again.
            self._stuck.discard(marker)
        if number != self._number:
            return
        self._out.discard(marker)
        if not self._out:
            # By the app's own queue: earlier messages in it have been handled by then.
            self._app.call_later(self._look, number)

    async def _look(self, number: int) -> None:
        """All markers of a round have arrived."""
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
        """Time of the loop, and not of a clock: it may stand still for long and be busy after that."""
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
    """Whether a widget has pending messages: in its queue, or already taken out behind the current one."""
    return bool(pump.message_queue_size) or pump._pending_message is not None
