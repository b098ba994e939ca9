"""`RecentSpend`: the account's spend over the last minutes, and when it jumped. Pure; dollars per hour."""

from __future__ import annotations

import math
from collections import deque

from msgspec import Struct

SPAN = 600.0
"""Seconds within which a rise counts as one jump."""

CHAIN = 900.0
"""Seconds within which one jump follows another, rather than being a matter of its own."""

LEAST_SHARE, LEAST_PER_HR = 0.10, 5.0
"""A rise by at least this share, and by at least this many dollars per hour, is a jump."""


class Jump(Struct, frozen=True):
    """A rise of the spend from `before` to `after`, between two instants; `number`: in a chain of jumps, from 0."""

    start: float
    at: float
    before: float
    after: float
    number: int = 0


class RecentSpend:
    """The spend as reported within `SPAN`. A jump counts once the next response has it too."""

    def __init__(self) -> None:
        # Each is lower than those behind it: the first is the lowest within `SPAN`, and of equal ones the latest.
        self._told: deque[tuple[float, float]] = deque()
        self._maybe: Jump | None = None
        self.jump: Jump | None = None

    def tell(self, at: float, per_hr: float | None) -> None:
        """Add a response's spend; None if it had none."""
        if per_hr is None or not math.isfinite(per_hr):
            return
        while self._told and at - self._told[0][0] > SPAN:
            self._told.popleft()
        maybe = self._maybe
        if maybe is not None:
            self._maybe = None
            if _is_jump(maybe.before, per_hr) and at - maybe.at <= SPAN:
                last = self.jump
                number = last.number + 1 if last is not None and maybe.at - last.at <= CHAIN else 0
                self.jump = Jump(maybe.start, maybe.at, maybe.before, per_hr, number)
                self._told.clear()
        if self._told:
            start, lowest = self._told[0]
            if _is_jump(lowest, per_hr):
                self._maybe = Jump(start, at, lowest, per_hr)
        while self._told and self._told[-1][1] >= per_hr:
            self._told.pop()
        self._told.append((at, per_hr))


def _is_jump(before: float, after: float) -> bool:
    return after - before >= max(LEAST_PER_HR, LEAST_SHARE * max(0.0, before))
