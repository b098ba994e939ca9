"""Operations on one pod's samples: join, splice, cut and reduce. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from tui.store.series import EMPTY, GAP, GAP_BYTE, SampleColumn, Samples

SAME = 0.05
"""Seconds by which the instant of a sample may differ once it is packed."""


def join(stretches: Iterable[Samples]) -> Samples:
    """Consecutive samples as one; a name that one of them lacks has gaps there."""
    parts = [s for s in stretches if s.times]
    if len(parts) < 2:
        return parts[0] if parts else EMPTY
    times = array("d")
    for stretch in parts:
        times.extend(stretch.times)
    names = dict.fromkeys(name for stretch in parts for name in stretch.columns)
    columns = {}
    for name in names:
        parts_of_column = [s.columns.get(name) or _gaps(len(s.times)) for s in parts]
        mean = b"".join(c.mean for c in parts_of_column)
        single = all(c.low is c.high for c in parts_of_column)
        low = mean if single else b"".join(c.low for c in parts_of_column)
        columns[name] = SampleColumn(low, mean, mean if single else b"".join(c.high for c in parts_of_column))
    return Samples(times, columns)


def splice(under: Samples, over: Samples, silence: float, borders: Sequence[float] = ()) -> Samples:
    """Merge samples of one pod that were recorded at two times, by their instants: where both have data, `over` wins.

    silence: seconds between two samples beyond which the time between them is unknown.
    borders: instants, ascending, at which recording by another run begins: between two samples of `over` on both sides
             of one, the rest of the other run is still in `under`.
    """
    if not under.times or not over.times or under.times[-1] < over.times[0]:
        return join([under, over])
    if over.times[-1] < under.times[0]:
        return join([over, under])
    last = len(over.times) - 1
    order: list[tuple[float, int]] = []
    for index, at in enumerate(under.times):
        after = bisect_left(over.times, at)
        same = after <= last and over.times[after] - at <= SAME
        before = math.inf if after == 0 else at - over.times[after - 1]
        within = 0 < after <= last and over.times[after] - over.times[after - 1] <= silence
        if within and borders:
            border = bisect_right(borders, over.times[after - 1])
            within = border == len(borders) or borders[border] > min(at, over.times[after] - SAME)
        if not same and before > SAME and not within:
            order.append((at, index))
    order += ((at, len(under.times) + index) for index, at in enumerate(over.times))
    order.sort()
    # The last of two at one instant: the instant of a gap may coincide with that of the sample after it.
    indices = [index for n, (at, index) in enumerate(order) if n + 1 == len(order) or at < order[n + 1][0]]
    return _picked(join([under, over]), indices)


def _picked(whole: Samples, order: Sequence[int]) -> Samples:
    columns = {}
    for name, column in whole.columns.items():
        mean = bytes(column.mean[i] for i in order)
        single = column.low is column.high
        low = mean if single else bytes(column.low[i] for i in order)
        columns[name] = SampleColumn(low, mean, mean if single else bytes(column.high[i] for i in order))
    return Samples(array("d", (whole.times[i] for i in order)), columns)


def _gaps(count: int) -> SampleColumn:
    gaps = GAP_BYTE * count
    return SampleColumn(gaps, gaps, gaps)


def first_known(stretch: Samples) -> float | None:
    """The instant of the first sample that has a value; if none has, of the first. None if there are none."""
    gaps = (len(column.mean) - len(column.mean.lstrip(GAP_BYTE)) for column in stretch.columns.values())
    index = min(gaps, default=0)
    return stretch.times[index if index < len(stretch.times) else 0] if stretch.times else None


def cut(stretch: Samples, start: float, end: float) -> Samples:
    """The samples in start <= instant < end."""
    lo, hi = bisect_left(stretch.times, start), bisect_left(stretch.times, end)
    if lo == 0 and hi == len(stretch.times):
        return stretch
    columns = {}
    for name, (low, mean, high) in stretch.columns.items():
        part = mean[lo:hi]
        columns[name] = SampleColumn(part, part, part) if low is high else SampleColumn(low[lo:hi], part, high[lo:hi])
    return Samples(stretch.times[lo:hi], columns)


def reduced(stretch: Samples, width: float, silence: float) -> Samples:
    """One sample for each `width` seconds that have any: the lowest, mean and highest. If all are gaps, a gap.

    A gap is added where samples are further apart than `silence` and there is a place for it.
    """
    times = stretch.times
    bounds: list[tuple[float, int, int]] = []
    index = 0
    while index < len(times):
        left = times[index] // width * width
        if index and times[index] - times[index - 1] > silence and left - bounds[-1][0] > width:
            bounds.append((bounds[-1][0] + width, index, index))
        begin = index
        index = max(begin + 1, bisect_left(times, left + width, begin))
        bounds.append((left, begin, index))
    columns = {}
    for name, column in stretch.columns.items():
        low, mean, high = bytearray(), bytearray(), bytearray()
        for _, begin, end in bounds:
            values = column.mean[begin:end].replace(GAP_BYTE, b"")
            if not values:
                low.append(GAP)
                mean.append(GAP)
                high.append(GAP)
                continue
            low.append(min(column.low[begin:end]))
            mean.append(round(sum(values) / len(values)))
            high.append(max(column.high[begin:end].replace(GAP_BYTE, b"")))
        columns[name] = SampleColumn(bytes(low), bytes(mean), bytes(high))
    return Samples(array("d", (left for left, _, _ in bounds)), columns)
