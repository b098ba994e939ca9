"""`Meter`: how often RunPod was polled, against what it may allow. Pure; the time is an argument."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Window(NamedTuple):
    """A limit: a number of requests in a number of seconds, under a name."""

    name: str
    seconds: float
    most: int


LIMITS = (Window("min", 60.0, 60), Window("h", 3600.0, 3000), Window("day", 86_400.0, 50_000))
"""RunPod publishes none for the API that podtop uses; these are its newer one's example (openapi.json of v2)."""

_SLOT = 10.0
_SLOWED = 600.0
"""Seconds for which podtop polls less often after RunPod throttled it."""

_EASE = 0.8
"""Part of a limit from which on podtop polls less often."""


class Use(NamedTuple):
    """The requests in a window, and its limit; and by how much longer than usual podtop waits between requests."""

    window: Window
    asked: int
    slowness: float = 1.0

    @property
    def share(self) -> float:
        return self.asked / self.window.most


class Meter:
    """Counts requests of this run of podtop, in slots of ten seconds."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque()
        self._throttled_at: float | None = None

    def count(self, at: float) -> None:
        """A request was sent."""
        slot = int(at // _SLOT)
        if self._slots and self._slots[-1][0] >= slot:
            number, so_far = self._slots.pop()
            self._slots.append((number, so_far + 1))
        else:
            self._slots.append((slot, 1))
        oldest = slot - int(LIMITS[-1].seconds // _SLOT)
        while self._slots and self._slots[0][0] < oldest:
            self._slots.popleft()

    def throttled(self, at: float) -> None:
        """RunPod throttled podtop."""
        self._throttled_at = at

    def use(self, at: float) -> tuple[Use, ...]:
        """The requests in each window."""
        uses = []
        for window in LIMITS:
            oldest = at - window.seconds
            uses.append(Use(window, sum(n for slot, n in reversed(self._slots) if (slot + 1) * _SLOT > oldest)))
        return tuple(uses)

    def slowness(self, at: float) -> float:
        """By how much longer to wait between two requests: 1 is as usual.

        More as a limit comes near, and for a while after RunPod throttled podtop: twice at first, then less and less.
        """
        factor = 1.0
        if self._throttled_at is not None and 0 <= at - self._throttled_at < _SLOWED:
            factor = 2.0 - (at - self._throttled_at) / _SLOWED
        for use in self.use(at):
            if use.share > _EASE:
                factor = max(factor, 1.0 + 3.0 * min(1.0, (use.share - _EASE) / (1.0 - _EASE)))
        return factor

    def tightest(self, at: float) -> Use:
        """The window that is the fullest."""
        return max(self.use(at), key=lambda use: use.share)._replace(slowness=self.slowness(at))
