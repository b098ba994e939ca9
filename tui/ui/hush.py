"""`Hush`: what was typed right behind a key that closed something does nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from textual import events

QUIET = 0.4
"""Seconds without such a key after which keys count again: a slow link delivers them in bursts."""


class Hush:
    """Swallows keys for a moment.

    clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: float | None = None
        self._only: Collection[str] | None = None

    def begin(self, only: Collection[str] | None = None, *, anew: bool = True) -> None:
        """Something closed. `only`: the keys that are swallowed; None is all of them. `anew`: also where it is on."""
        if not anew and self._until is not None and self._clock() < self._until:
            return
        self._until, self._only = self._clock() + QUIET, only

    def swallows(self, event: events.Event) -> bool:
        """Whether an event was typed for what has closed; each that was makes it last."""
        if self._until is None:
            return False
        if self._clock() >= self._until:
            self._until = None
            return False
        if not isinstance(event, events.Key) or (self._only is not None and event.key not in self._only):
            return False
        self._until = self._clock() + QUIET
        return True
