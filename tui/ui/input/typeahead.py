"""When a key counts: not when it was typed for what has closed, or for what nobody had seen yet.

Both are told by when it was typed, at the earliest: what came out of the terminal while the event loop stood still was
typed nobody knows when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from textual import events

QUIET = 0.4
"""Seconds without a key after which keys count again: a slow link delivers them in bursts."""

BEAT = 0.05
"""Seconds between two looks at whether the event loop runs."""

GAP = 0.25
"""Seconds without one from which on it stood still: what is typed blindly then waits for it."""

MOVES = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "g", "G"})
"""Keys that do no more than move: they pass, though a key that acts right behind them does not."""


class TypeaheadGuard:
    """Swallows what is typed and clicked for a moment after something closed, or after keys were lost.

    clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: float | None = None
        self._deep = False

    @property
    def deep(self) -> bool:
        """Whether keys were lost, and nothing at all counts: neither moves nor text."""
        return self._deep and self._until is not None

    @property
    def on(self) -> bool:
        return self._until is not None and self._clock() < self._until

    def begin(self) -> None:
        """Something closed."""
        self._until = self._clock() + QUIET

    def deepen(self) -> None:
        """Keys were lost: what comes behind them belongs to them."""
        self._deep = True
        self.begin()

    def restart(self, since: float) -> None:
        """What was typed since then is not known: where it was on at that time, it is on anew."""
        if self._until is not None and since < self._until:
            self.begin()

    def swallows(self, event: events.Event, typed: float) -> bool:
        """Whether an event was typed for what has closed; each that may have been makes it last.

        typed: when it was typed, at the earliest.
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
    """Knows when the event loop stood still.

    clock:  seconds that only go forward, also while the machine sleeps.
    gap:    called when it goes on.
    needed: whether anything depends on it; at rest nothing is woken for it.
    """

    def __init__(self, clock: Callable[[], float], gap: Callable[[], object], needed: Callable[[], bool]) -> None:
        self._clock = clock
        self._gap = gap
        self._needed = needed
        self._last = self._before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def seen(self) -> float:
        """When the event loop was last seen to run."""
        return self._last

    def watch(self) -> None:
        """Look from now on, for as long as it is needed."""
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
        """When an event was typed, at the earliest, by the clock."""
        if self._timer is None:
            return self._clock()
        waited = max(0.0, monotonic() - event.time)
        # By the look before the last: what waits in the terminal at a look may be read only after it.
        typed = min(self._before, self._clock() - waited)
        if self._clock() - self._last > GAP:
            self._look()
        return typed
