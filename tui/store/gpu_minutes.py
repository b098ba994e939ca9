"""`GpuMinutes`: what a pod's GPUs did minute by minute, from its samples, in sums of quarters of an hour. Pure.

Weeks of minutes are classified as whole columns of bytes, at C speed: a table for each column, and columns combined as
large integers.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from tui.domain.pod_bill import IDLE_BELOW, WAITING_POWER
from tui.store.gpu_activity import FULL, MINUTE, QUARTER, UNIT, Part, Sums
from tui.store.metrics import BY_NAME, UTIL, steps
from tui.store.series import GAP, Bytes, Samples

POWER = BY_NAME["power"]
SET = 0xFF
"""A byte of a column of truths: set or 0."""


def names_of(gpus: int) -> tuple[str, ...]:
    """The series that are needed of a pod with that many GPUs."""
    return tuple(metric.of_gpu(gpu) for metric in (UTIL, POWER) for gpu in range(gpus))


@lru_cache(maxsize=64)
def _table(low: int, high: int) -> bytes:
    """Sets the bytes from `low` to below `high`."""
    return bytes(SET if low <= value < high else 0 for value in range(256))


_NO_GAP = bytes(range(GAP)) + b"\0"
_TOLD = _table(0, GAP)


def reach_of(silence: float) -> float:
    """Seconds for which a sample stands at most, by the silence of a recording."""
    return max(silence, 1.5 * MINUTE)


class _Columns:
    """Combines columns of equal length, as integers."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.all = int.from_bytes(bytes([SET]) * count, "little")

    def of(self, column: Bytes, table: bytes) -> int:
        return int.from_bytes(column.translate(table), "little")

    def back(self, value: int) -> bytes:
        return value.to_bytes(self.count, "little")


class GpuMinutes:
    """One pod's minutes.

    samples: with the series of `names_of`, oldest first: of polls, of minutes before them.
    watts:   the nominal power of one of its GPUs; None if unknown: then nothing counts as waiting.
    silence: seconds between two samples beyond which the time between them is unknown.
    """

    def __init__(self, samples: Samples, watts: float | None, silence: float) -> None:
        self.times = samples.times
        self._reach = reach_of(silence)
        columns = {name: column.mean for name, column in samples.columns.items()}
        work = _Columns(len(self.times))
        utils = [columns[name] for name in UTIL.series_in(columns)]
        busy_from = int(IDLE_BELOW * steps(UTIL.of_gpu(0)))
        reported = busy = full = 0
        for column in utils:
            reported |= work.of(column, _TOLD)
            busy |= work.of(column, _table(busy_from, GAP))
            full |= work.of(column, _table(FULL, GAP))
        low = self._low(work, columns, len(utils), watts) if full else 0
        bounds = _bounds(self.times, _first_poll(self.times))
        times = self.times
        self._breaks = [i for i, (a, b) in enumerate(pairwise(times)) if b - a > self._reach]
        idle = self._whole(work, reported & ~busy, reported, bounds)
        waiting = self._whole(work, full & low, reported, bounds)
        rest = reported & ~idle & ~waiting
        self._known, self._idle = work.back(reported), work.back(idle)
        self._waiting, self._rest = work.back(waiting), work.back(rest)
        self._used = [work.back(work.of(column, _NO_GAP) & rest) for column in utils]
        self._told = [work.back(work.of(column, _TOLD) & rest) if GAP in column else self._rest for column in utils]

    def _low(self, work: _Columns, columns: Mapping[str, Bytes], gpus: int, watts: float | None) -> int:
        """The samples in which all GPUs draw so little that none can work."""
        powers = [columns[name] for name in POWER.series_in(columns)]
        if watts is None or not powers or len(powers) < gpus:
            return 0
        most = math.floor(watts * WAITING_POWER * steps(POWER.of_gpu(0)))
        low = work.all
        for column in powers:
            low &= work.of(column, _table(0, most + 1))
        return low

    def _whole(self, work: _Columns, held: int, reported: int, bounds: Sequence[tuple[int, int]]) -> int:
        """What held in all samples of a minute: polls see moments, and are to count as their minute does later."""
        if not held or not bounds:
            return held
        spoilt = work.back(reported & ~held)
        first = bounds[0][0]
        whole = [b"\xff" * first]
        for begin, end in bounds:
            whole.append((b"\xff" if spoilt.find(b"\xff", begin, end) < 0 else b"\0") * (end - begin))
        return held & int.from_bytes(b"".join(whole), "little")

    def quarters(self) -> dict[float, Sums]:
        """The sums of all quarters of an hour that have samples, by their start."""
        times, sums_of, lo = self.times, {}, 0
        while lo < len(times):
            start = times[lo] // QUARTER * QUARTER
            hi = bisect_left(times, start + QUARTER, lo)
            sums_of[start] = self._sums(lo, hi, start)
            lo = hi
        return sums_of

    def part(self, start: float, end: float) -> Part | None:
        """The samples from an instant to another, both within one quarter; None without any."""
        times, quarter = self.times, start // QUARTER * QUARTER
        lo = bisect_left(times, start)
        hi = bisect_left(times, end, lo)
        if lo == hi:
            return None
        return Part(quarter, self._sums(lo, hi, quarter), times[hi] if hi < len(times) else None)

    def _sums(self, lo: int, hi: int, start: float) -> Sums:
        times, reach = self.times, self._reach
        rest = self._rest.count(SET, lo, hi)
        breaks = self._breaks[bisect_left(self._breaks, lo) : bisect_left(self._breaks, hi - 1)]
        covered = times[hi - 1] - times[lo] - sum(times[i + 1] - times[i] - reach for i in breaks)
        idle = self._idle[lo:hi]
        until = lo + len(idle) - len(idle.lstrip(b"\xff")) - 1
        since = hi - (len(idle) - len(idle.rstrip(b"\xff")))
        if breaks:
            until, since = min(until, breaks[0]), max(since, breaks[-1] + 1)

        def step(index: int) -> int:
            return max(0, round((times[index] - start) / UNIT))

        counts = None
        if rest and any(reported is not self._rest for reported in self._told):
            counts = tuple(reported.count(SET, lo, hi) for reported in self._told)
        return Sums(
            hi - lo, self._known.count(SET, lo, hi), self._idle.count(SET, lo, hi), self._waiting.count(SET, lo, hi),
            rest, round(covered / UNIT), step(lo), step(hi - 1), step(until) + 1 if until >= lo else 0,
            step(since) + 1 if since < hi else 0, tuple(sum(used[lo:hi]) if rest else 0 for used in self._used),
            None if counts is None or all(count == rest for count in counts) else counts,
        )  # fmt: skip


def _first_poll(times: Sequence[float]) -> int:
    """The first sample that is not one of a whole minute: older ones are."""
    lo, hi = 0, len(times)
    while lo < hi:
        middle = (lo + hi) // 2
        is_alone = middle + 1 == len(times) or times[middle + 1] - times[middle] >= MINUTE
        if times[middle] % MINUTE == 0 and is_alone:
            lo = middle + 1
        else:
            hi = middle
    return lo


def _bounds(times: Sequence[float], begin: int) -> list[tuple[int, int]]:
    """The samples of each minute, from one on."""
    bounds = []
    count = len(times)
    while begin < count:
        end = bisect_left(times, times[begin] // MINUTE * MINUTE + MINUTE, begin + 1)
        bounds.append((begin, end))
        begin = end
    return bounds
