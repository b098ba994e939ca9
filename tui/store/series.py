"""One pod's recent telemetry: many values sampled at the same instants, with explicit gaps, in bounded memory.

A value is one byte: percents and degrees in halves (RunPod's percents are whole), watts in fives, as the rows of
`tui.store.metrics` specify. A day at 5 s for 50 pods of 8 GPUs takes some 30 MB, and slices are reduced at C speed.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tui.store.metrics import steps

GAP = 0xFF
GAP_BYTE = bytes([GAP])
_TOP = GAP - 1
_SLACK = 64


class Point(NamedTuple):
    """One time bucket that has samples: its start, and the lowest, highest and mean value in it."""

    at: float
    low: float
    high: float
    mean: float


Segment = tuple[Point, ...]


def pack(name: str, value: float | None) -> int:
    """A value as a byte; anything that is not a number is a gap, anything out of range is clamped."""
    if value is None or not math.isfinite(value):
        return GAP
    scaled = value * steps(name)
    return _TOP if scaled >= _TOP else round(scaled) if scaled > 0 else 0


Bytes = bytes | bytearray


class SampleColumn(NamedTuple):
    """Values of one name at a series of instants; for single samples all three are the same."""

    low: Bytes
    mean: Bytes
    high: Bytes


class Samples(NamedTuple):
    """Samples of one pod, oldest first: the instants, and for each name its values at them."""

    times: array[float]
    columns: Mapping[str, SampleColumn]


EMPTY = Samples(array("d"), {})


def unbroken(
    times: array[float],
    column: SampleColumn,
    scale: float,
    start: float,
    width: float,
    count: int,
    silence: float,
    until: float = math.inf,
) -> tuple[Segment, ...]:
    """The unbroken segments in `count` buckets of `width` seconds from `start`, oldest first.

    A segment ends at an explicit gap, and where two samples are further apart than `silence` and a bucket. Samples
    after `until` are left out. `scale`: see `metrics.steps`.
    """
    done: list[Segment] = []
    run: list[Point] = []
    lo, end = bisect_left(times, start), bisect_right(times, until)
    previous: float | None = None
    longest = max(silence, width * 1.5)
    single = column.low is column.high
    for index in range(count):
        left = start + index * width
        hi = min(end, bisect_left(times, left + width, lo))
        if hi <= lo:
            continue
        chunk = column.mean[lo:hi]
        values = chunk.replace(GAP_BYTE, b"")
        broken = not values or chunk[0] == GAP or (previous is not None and times[lo] - previous > longest)
        if broken and run:
            done.append(tuple(run))
            run = []
        if values:
            low = min(values if single else column.low[lo:hi])
            high = max(values if single else column.high[lo:hi].replace(GAP_BYTE, b""))
            run.append(Point(left, low / scale, high / scale, sum(values) / len(values) / scale))
            if chunk[-1] == GAP:
                done.append(tuple(run))
                run = []
        previous = times[hi - 1]
        lo = hi
    if run:
        done.append(tuple(run))
    return tuple(done)


class Series:
    """Samples of a set of named values, oldest first, never more than `limit`."""

    __slots__ = ("_columns", "_times", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._times: array[float] = array("d")
        self._columns: dict[str, bytearray] = {}

    def __len__(self) -> int:
        return len(self._times)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    @property
    def times(self) -> array[float]:
        """Instants of the samples. Read-only."""
        return self._times

    def append(self, at: float, values: Mapping[str, float | None]) -> None:
        """Add one sample; a name that is absent, or None, is a gap. An instant not after the last one is ignored."""
        times = self._times
        if times and at <= times[-1]:
            return
        columns = self._columns
        for name in values:
            if name not in columns:
                columns[name] = bytearray(GAP_BYTE * len(times))
        times.append(at)
        for name, column in columns.items():
            column.append(pack(name, values.get(name)))
        # Trimming many at a time keeps the cost per sample small.
        if len(times) > self.limit + _SLACK:
            self._trim(len(times) - self.limit)

    def gap(self, at: float) -> None:
        """Mark all values as unknown at `at`."""
        times = self._times
        if times and at <= times[-1]:
            return
        times.append(at)
        for column in self._columns.values():
            column.append(GAP)
        if len(times) > self.limit + _SLACK:
            self._trim(len(times) - self.limit)

    def prepend(self, times: array[float], columns: Mapping[str, Bytes]) -> None:
        """Insert older samples before the existing ones, with a gap between: that time was not watched."""
        first = self._times[0] if self._times else math.inf
        count = bisect_left(times, first)
        if not count:
            return
        older = array("d", times[:count])
        if self._times:
            older.append(math.nextafter(older[-1], math.inf))
        length, own = len(older), len(self._times)
        for name in (*columns, *(n for n in self._columns if n not in columns)):
            head = bytearray(columns[name][:count]) if name in columns else bytearray()
            head += GAP_BYTE * (length - len(head))
            self._columns[name] = head + self._columns.get(name, GAP_BYTE * own)
        self._times = older + self._times
        if len(self._times) > self.limit + _SLACK:
            self._trim(len(self._times) - self.limit)

    def _trim(self, count: int) -> None:
        del self._times[:count]
        for name, column in list(self._columns.items()):
            del column[:count]
            if column.count(GAP) == len(column):
                del self._columns[name]

    def newest(self, at: float) -> float | None:
        """The instant of the newest sample not after `at`; None if there is none."""
        index = bisect_right(self._times, at) - 1
        return self._times[index] if index >= 0 else None

    def value(self, name: str, at: float) -> float | None:
        """The newest sample of `name` not after `at`; None if that is a gap."""
        column = self._columns.get(name)
        index = bisect_right(self._times, at) - 1
        if column is None or index < 0 or column[index] == GAP:
            return None
        return column[index] / steps(name)

    def stretch(self, start: float, names: Iterable[str]) -> Samples:
        """The samples of these names from `start` on."""
        lo = bisect_left(self._times, start)
        columns = {}
        for name in names:
            values = bytes(self._columns[name][lo:]) if name in self._columns else GAP_BYTE * (len(self._times) - lo)
            columns[name] = SampleColumn(values, values, values)
        return Samples(self._times[lo:], columns)

    def runs(
        self, name: str, start: float, width: float, count: int, silence: float, until: float = math.inf
    ) -> tuple[Segment, ...]:
        """`unbroken` for one name; empty if it has no samples."""
        column = self._columns.get(name)
        if column is None:
            return ()
        return unbroken(
            self._times, SampleColumn(column, column, column), steps(name), start, width, count, silence, until
        )

    def mean(self, name: str, start: float, end: float) -> float | None:
        """Mean of the samples of `name` in start..end (both included); None if there are none."""
        column = self._columns.get(name)
        if column is None:
            return None
        values = column[bisect_left(self._times, start) : bisect_right(self._times, end)].replace(GAP_BYTE, b"")
        return sum(values) / len(values) / steps(name) if values else None
