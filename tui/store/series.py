"""One pod's recent telemetry: many values sampled at the same instants, with explicit gaps, in bounded memory.

A value is one byte: percents and degrees in halves (RunPod's percents are whole), watts in fives, as the rows of
`tui.store.metrics` specify. A day at 5 s for 50 pods of 8 GPUs takes some 30 MB, and slices are reduced at C speed.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct, field

from tui.store.metrics import steps

GAP = 0xFF
GAP_BYTE = bytes([GAP])
_VALUE = re.compile(b"[^\xff]")
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
    earlier: tuple[float, float] = (-math.inf, 0.0),
) -> tuple[Segment, ...]:
    """The unbroken segments in `count` buckets of `width` seconds from `start`, oldest first.

    A segment ends at an explicit gap, and where two samples are further apart than `silence` and a bucket. Samples
    after `until` are left out. `scale`: see `metrics.steps`. `earlier`: an instant, and the silence before it.
    """
    done: list[Segment] = []
    run: list[Point] = []
    lo, end = bisect_left(times, start), bisect_right(times, until)
    previous: float | None = None
    longest, border, longest_before = max(silence, width * 1.5), earlier[0], max(silence, width * 1.5, earlier[1])
    single = column.low is column.high
    for index in range(count):
        left = start + index * width
        hi = min(end, bisect_left(times, left + width, lo))
        if hi <= lo:
            continue
        chunk = column.mean[lo:hi]
        values = chunk.replace(GAP_BYTE, b"")
        broken = (
            not values
            or chunk[0] == GAP
            or (previous is not None and times[lo] - previous > (longest_before if previous < border else longest))
        )
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


class _Steps(dict[str, float]):
    """`steps` of a series by its name."""

    def __missing__(self, name: str) -> float:
        self[name] = factor = steps(name)
        return factor


_steps = _Steps()


def packed(values: Mapping[str, float | None]) -> bytes:
    """`pack` of each of these values, in their order."""
    row = []
    for name, value in values.items():
        scaled = 0.0 if value is None else value * _steps[name]
        row.append(round(scaled) if 0 < scaled < _TOP else pack(name, value))
    return bytes(row)


@lru_cache(maxsize=1024)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as one object: very many pods have the same."""
    return names


class Series(Struct, gc=False, eq=False):
    """Samples of a set of named values, oldest first, never more than `limit`.

    They are rows of one byte for each name: a sample is added in one piece, and very many series are few objects.
    """

    limit: int
    _times: array[float] = field(default_factory=lambda: array("d"))
    _names: tuple[str, ...] = ()
    _rows: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self._times)

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def silence(self) -> float:
        """Seconds between two samples up to which the time between is known, if more than between two polls."""
        return 0.0

    @property
    def since(self) -> float | None:
        """The instant from which on these are all samples; None if there are none."""
        return self._times[0] if self._times else None

    @property
    def is_read(self) -> bool:
        """Whether the samples are here."""
        return True

    @property
    def times(self) -> array[float]:
        """Instants of the samples. Read-only."""
        return self._times

    def append(self, at: float, values: Mapping[str, float | None]) -> None:
        """Add one sample; a name that is absent, or None, is a gap. An instant not after the last one is ignored."""
        self.append_packed(at, tuple(values), packed(values))

    def append_packed(self, at: float, names: tuple[str, ...], row: bytes) -> None:
        """Add one sample whose values are packed, in the order of their names."""
        times = self._times
        if times and at <= times[-1]:
            return
        if names is not self._names and names != self._names:
            if new := tuple(name for name in names if name not in self._names):
                self._arrange((*self._names, *new))
            known = dict(zip(names, row, strict=True))
            row = bytes([known.get(name, GAP) for name in self._names])
        times.append(at)
        self._rows += row
        self._bound()

    def gap(self, at: float) -> None:
        """Mark all values as unknown at `at`."""
        times = self._times
        if times and at <= times[-1]:
            return
        times.append(at)
        self._rows += GAP_BYTE * len(self._names)
        self._bound()

    def prepend(self, times: array[float], columns: Mapping[str, Bytes]) -> None:
        """Insert older samples before the existing ones, with a gap between: that time was not watched."""
        first = self._times[0] if self._times else math.inf
        count = bisect_left(times, first)
        if not count:
            return
        self._arrange((*columns, *(name for name in self._names if name not in columns)))
        older = array("d", times[:count])
        if self._times:
            older.append(math.nextafter(older[-1], math.inf))
        width = len(self._names)
        rows = bytearray(GAP_BYTE * (len(older) * width))
        for index, column in enumerate(columns.values()):
            rows[index : count * width : width] = column[:count]
        self._rows = rows + self._rows
        self._times = older + self._times
        self._bound()

    def _arrange(self, names: tuple[str, ...]) -> None:
        """Keep the values of these names; of one that is new, all are gaps."""
        if names == self._names:
            return
        width = len(names)
        rows = bytearray(GAP_BYTE * (len(self._times) * width))
        for index, name in enumerate(names):
            if name in self._names:
                rows[index::width] = self._column(name)
        self._names, self._rows = _shared(names), rows

    def _column(self, name: str, since: int = 0) -> bytearray:
        """The values of one name from a sample on."""
        width = len(self._names)
        return self._rows[since * width + self._names.index(name) :: width]

    def _bound(self) -> None:
        # Trimming many at a time keeps the cost per sample small.
        count = len(self._times) - self.limit
        if count > _SLACK:
            del self._times[:count]
            del self._rows[: count * len(self._names)]
            length = len(self._times)
            self._arrange(tuple(name for name in self._names if self._column(name).count(GAP) < length))

    def first(self, start: float) -> float | None:
        """The instant of the first sample with a value from `start` on; if none has, of the first there."""
        lo = bisect_left(self._times, start)
        if lo == len(self._times):
            return None
        value = _VALUE.search(self._rows, lo * len(self._names))
        return self._times[lo if value is None else value.start() // len(self._names)]

    def newest(self, at: float) -> float | None:
        """The instant of the newest sample not after `at`; None if there is none."""
        index = bisect_right(self._times, at) - 1
        return self._times[index] if index >= 0 else None

    def value(self, name: str, at: float) -> float | None:
        """The newest sample of `name` not after `at`; None if that is a gap."""
        index = bisect_right(self._times, at) - 1
        if name not in self._names or index < 0:
            return None
        value = self._rows[index * len(self._names) + self._names.index(name)]
        return None if value == GAP else value / steps(name)

    def stretch(self, start: float, names: Iterable[str]) -> Samples:
        """The samples of these names from `start` on."""
        lo = bisect_left(self._times, start)
        columns = {}
        for name in names:
            values = bytes(self._column(name, lo)) if name in self._names else GAP_BYTE * (len(self._times) - lo)
            columns[name] = SampleColumn(values, values, values)
        return Samples(self._times[lo:], columns)

    def runs(
        self, name: str, start: float, width: float, count: int, silence: float, until: float = math.inf
    ) -> tuple[Segment, ...]:
        """`unbroken` for one name; empty if it has no samples."""
        if name not in self._names:
            return ()
        lo = bisect_left(self._times, start)
        column = self._column(name, lo)
        return unbroken(
            self._times[lo:], SampleColumn(column, column, column), steps(name), start, width, count, silence, until
        )

    def mean(self, name: str, start: float, end: float) -> float | None:
        """Mean of the samples of `name` in start..end (both included); None if there are none."""
        if name not in self._names:
            return None
        lo, hi = bisect_left(self._times, start), bisect_right(self._times, end)
        values = self._column(name, lo)[: max(0, hi - lo)].replace(GAP_BYTE, b"")
        return sum(values) / len(values) / steps(name) if values else None
