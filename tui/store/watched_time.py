"""Watched and unwatched time: in unwatched time nothing begins, ends or counts. Pure.

An outage, a sleep of the machine, a podtop that was halted or not running: all of them show in the same way, two
responses that are further apart than polling explains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.store.metrics import UTIL

if TYPE_CHECKING:
    from tui.store.series import Samples

INTERVALS = 2.5
"""Poll intervals between two responses beyond which the time between them was not watched."""

LONGEST_REQUEST = 30.0
"""Seconds that a pending request may take and still count as watching: none is given longer."""

_KEPT = 500
"""Maximum number of unwatched spans that are kept."""

Spans = Iterable[tuple[float, float]]


class Watched:
    """When podtop did not see the pods, and when it did not even poll; by instants that only go forward."""

    def __init__(self) -> None:
        self._blind: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._away: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._due: float | None = None

    def asked(self, at: float, took: float | None, interval: float, retry_at: float | None = None) -> None:
        """RunPod was polled, successfully or not. `retry_at`: when to poll again, if not as usual."""
        if self._due is not None and _begun(at, took) - self._due > (INTERVALS - 1) * interval:
            self._away.append((self._due, at))
        self._due = max(at + interval, retry_at or 0.0)

    def saw(self, before: float | None, at: float, took: float | None, interval: float) -> float:
        """The pods were seen, previously at `before`. Returns the seconds since then that count: all, or none."""
        if before is None or at <= before:
            return 0.0
        if _begun(at, took) - before > INTERVALS * interval:
            self._blind.append((before, at))
            return 0.0
        return at - before

    def missed(self, before: float, at: float) -> None:
        """No podtop ran from `before` to `at`."""
        self._blind.appendleft((before, at))

    def unwatched(self, start: float, end: float) -> float:
        """Seconds from `start` to `end` in which podtop did not see the pods."""
        return _within(self._blind, start, end)

    def away(self, start: float, end: float) -> float:
        """Seconds from `start` to `end` in which podtop itself did not run."""
        return _within(self._away, start, end)


def _begun(at: float, took: float | None) -> float:
    return at - min(took or 0.0, LONGEST_REQUEST)


def _within(spans: Spans, start: float, end: float) -> float:
    return sum(max(0.0, min(last, end) - max(first, start)) for first, last in spans)


def idle_in(stretch: Samples, interval: float) -> tuple[float, bool]:
    """Watched seconds without work up to the end of some samples, and whether there was work in them before.

    A step between two samples counts if both are known and none is missing between them; an unknown one ends nothing.
    `interval`: seconds between polls now; recorded samples may have been polled less often.
    """
    from tui.store.series import GAP, GAP_BYTE

    times = stretch.times
    columns = [stretch.columns[name] for name in UTIL.series_in(stretch.columns)]
    if len(times) < 2 or not columns:
        return 0.0, False
    least = int(pod_health.BUSY_PERCENT * 2)
    first, worked = 0, False
    for column in columns:
        if max(column.high.replace(GAP_BYTE, b""), default=0) < least:
            continue
        worked = True
        first = max(first, next(i for i in range(len(times) - 1, -1, -1) if least <= column.high[i] < GAP))
    steps = sorted(after - before for before, after in pairwise(times[-60:]))
    usual = steps[len(steps) // 2]
    longest = INTERVALS * max(interval, usual)
    idle, known_before = 0.0, False
    for i in range(first, len(times)):
        known = any(column.mean[i] != GAP for column in columns)
        if known and known_before and times[i] - times[i - 1] <= longest:
            idle += times[i] - times[i - 1]
        known_before = known
    return idle, worked
