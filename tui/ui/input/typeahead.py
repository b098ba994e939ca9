"""When a key counts: not if it was typed for a closed screen, or for one that was not visible yet.

Both are decided by the earliest time at which it was typed: input that arrived while the event loop stood still has an
unknown time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from textual import events

QUIET = 0.4
"""Seconds without a key after which keys count again: a slow link delivers them in bursts."""

BEAT = 0.05
"""Seconds between two checks of whether the event loop runs."""

GAP = 0.25
"""Seconds without a check after which the loop counts as stopped: keys typed blindly then are held back."""

MOVES = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "g", "G"})
"""Keys that only move: they pass, though a key that acts right behind them does not."""


class TypeaheadGuard:
    """Drops keys and clicks for a moment after a screen closed, or after keys were lost.

    clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: float | None = None
        self._deep = False

    @property
    def deep(self) -> bool:
        """Whether keys were lost, and no input at all counts: neither moves nor text."""
        return self._deep and self._until is not None

    @property
    def on(self) -> bool:
        return self._until is not None and self._clock() < self._until

    def begin(self) -> None:
        """A screen closed."""
        self._until = self._clock() + QUIET

    def deepen(self) -> None:
        """Keys were lost: keys that follow belong to them."""
        self._deep = True
        self.begin()

    def restart(self, since: float) -> None:
        """The input since then is unknown: a guard that was on at that time starts again."""
        if self._until is not None and since < self._until:
            self.begin()

    def swallows(self, event: events.Event, typed: float) -> bool:
        """Whether an event was typed for a closed screen; each that may have been extends the guard.

        typed: the earliest time at which it was typed.
        """
        if self._until is None:
            return False
        if typed >= self._until:
            self._until, self._deep = None, False
            return False
        if isinstance(event, events.MouseMove):
            return False
        self.begin()
        return self._deep or not (isinstance(event, events.Key) and event.key in MOVES)


class Pulse:
    """Detects when the event loop stood still.

    clock:  monotonic seconds, which include sleep of the machine.
    gap:    called when it runs again.
    needed: whether anything depends on it; an idle program is not woken for it.
    """

    def __init__(self, clock: Callable[[], float], gap: Callable[[], object], needed: Callable[[], bool]) -> None:
        self._clock = clock
        self._gap = gap
        self._needed = needed
        self._last = self._before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def seen(self) -> float:
        """When the event loop was last known to run."""
        return self._last

    def watch(self) -> None:
        """Check from now on, as long as it is needed."""
        if self._timer is None:
            self._last = self._before = self._clock()
            self._timer = asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _beat(self) -> None:
        self._timer = None
        self._look()
        if self._needed():
            self._timer = asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _look(self) -> None:
        now = self._clock()
        if now - self._last > GAP:
            self._gap()
        self._before, self._last = self._last, now

    def typed(self, event: events.Event) -> float:
        """The earliest time at which an event was typed, by the clock."""
        if self._timer is None:
            return self._clock()
        waited = max(0.0, monotonic() - event.time)
        # By the check before the last: input that waits in the terminal at a check may be read only after it.
        typed = min(self._before, self._clock() - waited)
        if self._clock() - self._last > GAP:
            self._look()
        return typed
