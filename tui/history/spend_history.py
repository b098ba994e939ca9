"""`Books`: what a recording knows of the money: the balance over time, and what each pod cost. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.pod_costs import Span, spent
from tui.store.series import Point

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording
    from tui.store.series import Run

STEP = 600.0
"""Seconds between two balances that are kept of the past."""

REACH = 31 * 86_400.0
"""Seconds of the past that are kept."""

_MINUTE = 60.0
_MOST = 1500
_SILENCE = 300.0


class Books(Struct, frozen=True):
    """What was recorded by `at`.

    today, month: the instants at which the local day and month began.
    spent:    dollars for the running time of each pod that podtop saw, today and this month, by the pod's id; only of
              time in which it looked, so that it is the least that was spent.
    watched:  seconds of this month in which podtop looked.
    since:    the first instant that is recorded, None without a recording.
    times, balances: the balance over the last month, NaN where it was not told.
    spans:    when podtop looked.
    """

    at: float
    today: float
    month: float
    spent: Mapping[str, tuple[float | None, float | None]]
    watched: float
    since: float | None
    times: Sequence[float]
    balances: Sequence[float]
    spans: tuple[tuple[float, float], ...]


def read(recording: Recording, pods: Sequence[str], now: float, today: float, month: float) -> Books:
    """Read a recording. Raises ArchiveError."""
    spans = tuple((start, min(last, now)) for start, last in recording.spans() if last > now - REACH and start <= now)
    day = _within(spans, today, now)
    whole = _within(spans, month, now)
    found: dict[str, tuple[float | None, float | None]] = {}
    for pod in pods:
        stays = [Span(stay.at, stay.status or "", stay.cost_per_hr) for stay in recording.stays(pod, month, now)]
        found[pod] = (_spent(stays, day), _spent(stays, whole))
    times, balances = recording.balances(now - REACH, now, STEP)
    since = spans[0][0] if spans else None
    watched = sum(last - start for start, last in whole)
    return Books(now, today, month, found, watched, since, times, balances, spans)


def empty(now: float, today: float, month: float) -> Books:
    """Nothing is recorded."""
    return Books(now, today, month, {}, 0.0, None, (), (), ())


def _within(spans: Sequence[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    return [(max(first, start), min(last, end)) for first, last in spans if last > start and first < end]


def _spent(stays: Sequence[Span], watched: Sequence[tuple[float, float]]) -> float | None:
    """Dollars in the time that podtop looked; None where it saw nothing of the pod in that time."""
    parts = [part for start, end in watched if (part := spent(stays, start, end)) is not None]
    return sum(parts) if parts else None


class Balances:
    """The balance as it was told since podtop began: one for each minute, a day of them at the most."""

    def __init__(self) -> None:
        self.times = array("d")
        self.values = array("d")

    def tell(self, at: float, balance: float | None) -> None:
        """A poll said so; None where it did not."""
        value = math.nan if balance is None or not math.isfinite(balance) else balance
        if self.times and at < self.times[-1]:
            return
        if len(self.times) > 1 and at - self.times[-2] < _MINUTE:
            self.times[-1], self.values[-1] = at, value
            return
        self.times.append(at)
        self.values.append(value)
        if len(self.times) > _MOST:
            del self.times[: _MOST // 10], self.values[: _MOST // 10]

    def spans(self) -> tuple[tuple[float, float], ...]:
        """When it was told, without the silences."""
        found: list[tuple[float, float]] = []
        for at in self.times:
            if found and at - found[-1][1] <= _SILENCE:
                found[-1] = (found[-1][0], at)
            else:
                found.append((at, at))
        return tuple(found)


def runs(books: Books | None, told: Balances, start: float, width: float, columns: int, now: float) -> tuple[Run, ...]:
    """The balance in buckets of `width` seconds from `start` until now: what is recorded, then what memory has.

    A bucket in which nobody looked breaks the line; one without a change has what was known before it.
    """
    times, values = list(told.times), list(told.values)
    spans = list(told.spans())
    if books is not None:
        first = times[0] if times else math.inf
        older = bisect_right(books.times, first)
        times = [*books.times[:older], *times]
        values = [*books.balances[:older], *values]
        spans = [*((a, min(b, first)) for a, b in books.spans if a < first), *spans]
    found: list[Run] = []
    run: list[Point] = []
    for at, value in _buckets(times, values, spans, start, width, columns, now):
        if value is None:
            if run:
                found.append(tuple(run))
                run = []
        else:
            run.append(Point(at, value, value, value))
    if run:
        found.append(tuple(run))
    return tuple(found)


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
