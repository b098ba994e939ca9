"""`SignalSeries`: what a run reported over time; grows in place, bounded by thinning its older part."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from tui.domain.signals.values import Values

MOST = 2_000
"""Points that are kept."""

APART = 1.0
"""Seconds between two points: what is reported within them is one."""

COLUMNS = ("step", "loss", "eval_loss", "lr", "grad_norm", "it_per_s", "tokens_per_s", "done")
"""What is kept of each point; `done` is the part of the run, 0 to 1, that is done."""


class Point(NamedTuple):
    """A value at an instant."""

    at: float
    value: float


class SignalSeries:
    """Points in order of time. A value that was not reported is no point of its column."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._at: array[float] = array("d")
        self._columns: dict[str, array[float]] = {name: array("d") for name in COLUMNS}

    def __len__(self) -> int:
        return len(self._at)

    def add(self, at: float, values: Values, done: float | None = None) -> None:
        """Add what was reported at an instant; an earlier one than the last counts as that."""
        self.put(at, _row(values, done))

    def put(self, at: float, row: Row) -> None:
        """Add a value of each column, None where there is none."""
        if self._at and at < self._at[-1] + APART:
            for column, value in zip(self._columns.values(), row, strict=True):
                if value is not None:
                    column[-1] = value
            return
        self._at.append(at)
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(math.nan if value is None else value)
        if len(self._at) > self._most:
            self._thin()

    def column(self, name: str, since: float = -math.inf, until: float = math.inf) -> Sequence[Point]:
        """The points of a column between two instants, oldest first."""
        values = self._columns[name]
        return [
            Point(at, value)
            for at, value in zip(self._at, values, strict=True)
            if since <= at <= until and not math.isnan(value)
        ]

    @property
    def first(self) -> float | None:
        """The instant of the first point; None if there is none."""
        return self._at[0] if self._at else None

    @property
    def newest(self) -> float | None:
        """The instant of the last point; None if there is none."""
        return self._at[-1] if self._at else None

    def until(self, now: float) -> float | None:
        """The instant of the last point that is not after `now`."""
        return next((at for at in reversed(self._at) if at <= now), None)

    def has(self, name: str, since: float = -math.inf) -> bool:
        """Whether any point of an instant or later has a value in a column."""
        later = takewhile(lambda at: at >= since, reversed(self._at))
        return any(value == value for _, value in zip(later, reversed(self._columns[name]), strict=False))

    def points(self, name: str) -> Iterator[tuple[float, float]]:
        """Instant and value of each point that has one in a column, oldest first."""
        return (pair for pair in zip(self._at, self._columns[name], strict=True) if pair[1] == pair[1])

    def pairs(self, first: str, second: str) -> Iterator[tuple[float, float, float]]:
        """Instants with the values of two columns, oldest first; NaN where there is none."""
        return zip(self._at, self._columns[first], self._columns[second], strict=True)

    @property
    def last_row(self) -> tuple[float, Row]:
        """The last point; there must be one."""
        row = (column[-1] for column in self._columns.values())
        return self._at[-1], tuple([None if value != value else value for value in row])

    def rows(self) -> Iterator[tuple[float, Row]]:
        """All points, oldest first."""
        for at, *row in zip(self._at, *self._columns.values(), strict=True):
            yield at, tuple([None if value != value else value for value in row])

    def last(self, name: str, count: int) -> Sequence[Point]:
        """The last points of a column, oldest first."""
        points: list[Point] = []
        values = self._columns[name]
        for place in range(len(self._at) - 1, -1, -1):
            if len(points) == count:
                break
            if not math.isnan(values[place]):
                points.append(Point(self._at[place], values[place]))
        return points[::-1]

    def _thin(self) -> None:
        """Drop every second point of the older half."""
        half = self._most // 2
        for column in (self._at, *self._columns.values()):
            column[:half] = column[:half:2]


Row = tuple[float | None, ...]
"""A value of each column."""

_of_values = attrgetter(*COLUMNS[:-1])


def _row(values: Values, done: float | None) -> Row:
    return (*_of_values(values), done)
