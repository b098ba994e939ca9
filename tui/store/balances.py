"""`Balances`: the balance over time, as reported since podtop started and as recorded before. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tui.store.series import Point

if TYPE_CHECKING:
    from tui.store.series import Segment
    from tui.store.spend import SpendHistory


_MINUTE = 60.0


_MOST = 1500


_SILENCE = 300.0


SETTLES = 600.0
"""Seconds for which a balance may stay the same while money is spent: RunPod settles every five minutes."""


class Balances:
    """The balance as reported since podtop started: one per minute, for at most a day.

    since: when the last one was first reported; RunPod changes it every few minutes only. None if there is none.
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self._last = math.nan
        self.times = array("d")
        self.values = array("d")

    def tell(self, at: float, balance: float | None) -> None:
        """Add a poll's balance; None if the poll had none."""
        value = math.nan if balance is None or not math.isfinite(balance) else balance
        if self.times and at < self.times[-1]:
            return
        if value != self._last:
            self.since, self._last = None if math.isnan(value) else at, value
        if len(self.times) > 1 and at - self.times[-2] < _MINUTE:
            self.times[-1], self.values[-1] = at, value
            return
        self.times.append(at)
        self.values.append(value)
        if len(self.times) > _MOST:
            del self.times[: _MOST // 10], self.values[: _MOST // 10]

    def settled(self, at: float) -> float:
        """When the balance of a response that came at an instant was first reported."""
        return at if self.since is None else min(at, max(self.since, at - SETTLES))

    def spans(self) -> tuple[tuple[float, float], ...]:
        """The spans in which it was polled, without the silences."""
        spans: list[tuple[float, float]] = []
        for at in self.times:
            if spans and at - spans[-1][1] <= _SILENCE:
                spans[-1] = (spans[-1][0], at)
            else:
                spans.append((at, at))
        return tuple(spans)


def runs(
    books: SpendHistory | None, balances: Balances, start: float, width: float, columns: int, now: float
) -> tuple[Segment, ...]:
    """The balance in buckets of `width` seconds from `start` until now: recorded ones, then those in memory.

    An unwatched bucket breaks the line; one without a change has the last known value.
    """
    times, values = list(balances.times), list(balances.values)
    spans = list(balances.spans())
    if books is not None:
        first = times[0] if times else math.inf
        older = bisect_right(books.times, first)
        times = [*books.times[:older], *times]
        values = [*books.balances[:older], *values]
        spans = [*((a, min(b, first)) for a, b in books.spans if a < first), *spans]
    segments: list[Segment] = []
    run: list[Point] = []
    for at, value in _buckets(times, values, spans, start, width, columns, now):
        if value is None:
            if run:
                segments.append(tuple(run))
                run = []
        else:
            run.append(Point(at, value, value, value))
    if run:
        segments.append(tuple(run))
    return tuple(segments)


def _buckets(
    times: Sequence[float],
    values: Sequence[float],
    spans: Sequence[tuple[float, float]],
    start: float,
    width: float,
    columns: int,
    now: float,
) -> Iterator[tuple[float, float | None]]:
    look = 0
    for column in range(columns):
        at = start + column * width
        if at > now:
            return
        end = min(at + width, now + 1e-6)
        while look < len(spans) and spans[look][1] < at:
            look += 1
        seen = look < len(spans) and spans[look][0] < end
        index = bisect_left(times, end) - 1
        value = values[index] if seen and index >= 0 else math.nan
        yield at, None if math.isnan(value) else value
