"""`GpuMinutes`: what a pod's GPUs did minute by minute, from its samples. Pure.

Weeks of minutes are classified as whole columns of bytes, at C speed: a table for each column, and columns combined as
large integers.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from tui.domain.pod_bill import BUSY_BY_NAME, IDLE_BELOW, STOP_AFTER, UNSEEN, WAITING_POWER, Seen
from tui.store.metrics import BY_NAME, UTIL, steps
from tui.store.series import GAP, GAP_BYTE, Bytes, Samples

POWER = BY_NAME["power"]
MINUTE = 60.0
SET = 0xFF
"""A byte of a column of truths: set or 0."""

LAG = 25.0 / BUSY_BY_NAME
"""How much more of itself than its median neighbor a GPU leaves unused if the others wait for it."""

LEAST_TO_LAG = 4
"""GPUs of a pod from which one is told from the others: it is a quarter of them at most."""

_FULL = int(BUSY_BY_NAME * steps(UTIL.of_gpu(0)))


def names_of(gpus: int) -> tuple[str, ...]:
    """The series that are needed of a pod with so many GPUs."""
    return tuple(metric.of_gpu(gpu) for metric in (UTIL, POWER) for gpu in range(gpus))


@lru_cache(maxsize=64)
def _table(low: int, high: int) -> bytes:
    """Sets the bytes from `low` to below `high`."""
    return bytes(SET if low <= value < high else 0 for value in range(256))


_UNUSED = bytes(_FULL - value if value < _FULL else 0 for value in range(256))
_TOLD = _table(0, GAP)


class _Columns:
    """Combines columns of equal length, as integers."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.none = 0
        self.all = int.from_bytes(bytes([SET]) * count, "little")

    def of(self, column: Bytes, table: bytes) -> int:
        return int.from_bytes(column.translate(table), "little")

    def back(self, value: int) -> bytes:
        return value.to_bytes(self.count, "little")


class GpuMinutes:
    """One pod's minutes.

    samples: with the series of `names_of`, oldest first; more than one a minute are averaged.
    watts:   the nominal power of one of its GPUs; None if unknown: then nothing counts as waiting.
    silence: seconds between two samples beyond which the time between them is unknown.
    """

    def __init__(self, samples: Samples, watts: float | None, silence: float) -> None:
        self._reach = max(silence, 1.5 * MINUTE)
        self.times, columns = by_minute(samples)
        count = len(self.times)
        work = _Columns(count)
        utils = [columns[name] for name in UTIL.series_in(columns)]
        told = busy = full = work.none
        for column in utils:
            told |= work.of(column, _TOLD)
            busy |= work.of(column, _table(int(IDLE_BELOW * steps(UTIL.of_gpu(0))), GAP))
            full |= work.of(column, _table(_FULL, GAP))
        waiting = full & self._low(work, columns, len(utils), watts) if full else work.none
        rest = busy & told & ~waiting
        self._idle, self._waiting = work.back(told & ~busy), work.back(waiting)
        self._rest, self._known = work.back(rest), work.back(told)
        self._unused = [work.back(work.of(column, _UNUSED) & rest) for column in utils]
        self._told = [work.back(work.of(column, _TOLD) & rest) if GAP in column else self._rest for column in utils]

    def _low(self, work: _Columns, columns: dict[str, Bytes], gpus: int, watts: float | None) -> int:
        """The minutes in which all GPUs draw so little that none can work."""
        powers = [columns[name] for name in POWER.series_in(columns)]
        if watts is None or not powers or len(powers) < gpus:
            return work.none
        most = math.floor(watts * WAITING_POWER * steps(POWER.of_gpu(0)))
        low = work.all
        for column in powers:
            low &= work.of(column, _table(0, most + 1))
        return low

    def look(self, start: float, end: float) -> Seen:
        """What the GPUs did from an instant to another, within one hour."""
        times = self.times
        lo = bisect_left(times, start // MINUTE * MINUTE)
        hi = bisect_left(times, end, lo)
        count = hi - lo
        known = self._known.count(SET, lo, hi) if count else 0
        if not known:
            return UNSEEN
        idle, waiting = self._idle.count(SET, lo, hi) / known, self._waiting.count(SET, lo, hi) / known
        rest = self._rest.count(SET, lo, hi)
        unused, lagging = self._unused_in(lo, hi) if rest else (0.0, None)
        return Seen(min(end - start, self._covered(lo, hi) * known / count), idle, waiting, unused, lagging)

    def _covered(self, lo: int, hi: int) -> float:
        """The seconds that samples stand for."""
        times = self.times
        if times[hi - 1] - times[lo] <= MINUTE * (hi - lo - 1) + 1.0:
            return MINUTE * (hi - lo)
        passed = sum(min(times[i + 1] - times[i], self._reach) for i in range(lo, hi - 1))
        # The last one stands for as long as those before it.
        return passed + min(self._reach, max(MINUTE, passed / (hi - lo - 1)))

    def _unused_in(self, lo: int, hi: int) -> tuple[float, int | None]:
        """The share of the working minutes that no GPU used, and the GPU for which the others waited."""
        shares = []
        for unused, told in zip(self._unused, self._told, strict=True):
            count = told.count(SET, lo, hi)
            shares.append(sum(unused[lo:hi]) / (count * _FULL) if count else None)
        known = [share for share in shares if share is not None]
        if not known:
            return 0.0, None
        median = sorted(known)[len(known) // 2]
        worst = max(known)
        lagging = [share for share in known if share >= median + LAG]
        # One that does nothing at all holds up nobody.
        is_lag = (
            len(known) >= LEAST_TO_LAG and 0 < len(lagging) <= len(known) // LEAST_TO_LAG
            and median <= 1 - 60.0 / BUSY_BY_NAME and worst < 1 - IDLE_BELOW / BUSY_BY_NAME
        )  # fmt: skip
        if is_lag:
            return worst, shares.index(worst)
        return sum(known) / len(known), None

    def idle_runs(self) -> list[tuple[float, float]]:
        """The unbroken idle times that are long enough to stop the pod."""
        times, runs = self.times, []
        least = max(2, math.floor(STOP_AFTER / self._reach))
        for match in re.finditer(b"\xff{%d,}" % least, self._idle):
            first, last = match.start(), match.end() - 1
            begin = first
            if times[last] - times[first] > MINUTE * (last - first) + 1.0:
                for i in range(first, last):
                    if times[i + 1] - times[i] > self._reach:
                        runs.append((times[begin], times[i] + MINUTE))
                        begin = i + 1
            runs.append((times[begin], times[last] + MINUTE))
        return [(start, end) for start, end in runs if end - start > STOP_AFTER]


def by_minute(samples: Samples) -> tuple[array[float], dict[str, Bytes]]:
    """The mean of each minute, by its start: samples of minutes as they are, those of polls averaged."""
    times = samples.times
    columns = {name: column.mean for name, column in samples.columns.items()}
    raw = _first_raw(times)
    if raw == len(times):
        return times, columns
    bounds = _bounds(times, raw)
    whole = array("d", times[:raw])
    whole.extend(times[begin] // MINUTE * MINUTE for begin, _ in bounds)
    return whole, {name: bytes(column[:raw]) + _means(column, bounds) for name, column in columns.items()}


def _first_raw(times: Sequence[float]) -> int:
    """The first sample that is not one of a whole minute; those before it are minutes, each once."""
    if not times:
        return 0
    # Minutes are older than polls: the border is found by halving, and whatever is behind it is averaged.
    lo, hi = 0, len(times)
    while lo < hi:
        middle = (lo + hi) // 2
        if times[middle] % MINUTE == 0 and (middle == 0 or times[middle] - times[middle - 1] >= MINUTE):
            lo = middle + 1
        else:
            hi = middle
    return lo


def _bounds(times: Sequence[float], begin: int) -> list[tuple[int, int]]:
    bounds = []
    count = len(times)
    while begin < count:
        end = bisect_left(times, times[begin] // MINUTE * MINUTE + MINUTE, begin + 1)
        bounds.append((begin, end))
        begin = end
    return bounds


def _means(column: Bytes, bounds: Sequence[tuple[int, int]]) -> bytes:
    means = bytearray()
    for begin, end in bounds:
        values = column[begin:end]
        if GAP in values:
            values = values.replace(GAP_BYTE, b"")
        means.append(round(sum(values) / len(values)) if values else GAP)
    return bytes(means)
