"""`GpuMinutes`: what a pod's GPUs did minute by minute, from its samples. Pure.

Weeks of minutes are classified as whole columns of bytes, at C speed: a table for each column, and columns combined as
large integers.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache

from tui.domain.pod_bill import BUSY_BY_NAME, IDLE_BELOW, STOP_AFTER, UNSEEN, WAITING_POWER, Seen
from tui.store.metrics import BY_NAME, UTIL, steps
from tui.store.series import GAP, Bytes, Samples

POWER = BY_NAME["power"]
MINUTE = 60.0
SET = 0xFF
"""A byte of a column of truths: set or 0."""

LAG = 25.0 / BUSY_BY_NAME
"""How much more of itself than its median neighbor a GPU leaves unused if the others wait for it."""

LEAST_TO_LAG = 4
"""GPUs of a pod from which a lagging one is recognized: it is a quarter of them at most."""

_FULL = int(BUSY_BY_NAME * steps(UTIL.of_gpu(0)))


def names_of(gpus: int) -> tuple[str, ...]:
    """The series that are needed of a pod with that many GPUs."""
    return tuple(metric.of_gpu(gpu) for metric in (UTIL, POWER) for gpu in range(gpus))


@lru_cache(maxsize=64)
def _table(low: int, high: int) -> bytes:
    """Sets the bytes from `low` to below `high`."""
    return bytes(SET if low <= value < high else 0 for value in range(256))


_NO_GAP = bytes(range(GAP)) + b"\0"
_TOLD = _table(0, GAP)


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
        self._reach = max(silence, 1.5 * MINUTE)
        columns = {name: column.mean for name, column in samples.columns.items()}
        work = _Columns(len(self.times))
        utils = [columns[name] for name in UTIL.series_in(columns)]
        busy_from = int(IDLE_BELOW * steps(UTIL.of_gpu(0)))
        reported = busy = full = 0
        for column in utils:
            reported |= work.of(column, _TOLD)
            busy |= work.of(column, _table(busy_from, GAP))
            full |= work.of(column, _table(_FULL, GAP))
        low = self._low(work, columns, len(utils), watts) if full else 0
        self._polls = _first_poll(self.times)
        bounds = _bounds(self.times, self._polls)
        times = self.times
        self._breaks = [i for i in range(self._polls, len(times) - 1) if times[i + 1] - times[i] > self._reach]
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
        unused, lagging = self._unused(lo, hi) if self._rest.count(SET, lo, hi) else (0.0, None)
        return Seen(min(end - start, self._covered(lo, hi) * known / count), idle, waiting, unused, lagging)

    def _covered(self, lo: int, hi: int) -> float:
        """The seconds that samples stand for: each until the next, the last one for as long as those before it."""
        times, reach = self.times, self._reach
        count, passed = hi - lo, times[hi - 1] - times[lo]
        if hi < len(times):
            last = min(reach, times[hi] - times[hi - 1])
        else:
            last = min(reach, passed / (count - 1)) if count > 1 else MINUTE
        if hi <= self._polls and passed <= MINUTE * (count - 1) + 1.0:
            return passed + last
        if lo < self._polls:
            return last + sum(min(times[i + 1] - times[i], reach) for i in range(lo, hi - 1))
        breaks = self._breaks[bisect_left(self._breaks, lo) : bisect_left(self._breaks, hi - 1)]
        return passed + last - sum(times[i + 1] - times[i] - reach for i in breaks)

    def _unused(self, lo: int, hi: int) -> tuple[float, int | None]:
        """The share of the working time that no GPU used, and the GPU for which the others waited."""
        shares = []
        of_all = self._rest.count(SET, lo, hi)
        for used, reported in zip(self._used, self._told, strict=True):
            count = of_all if reported is self._rest else reported.count(SET, lo, hi)
            shares.append(max(0.0, 1.0 - sum(used[lo:hi]) / (count * _FULL)) if count else None)
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
        for match in re.finditer(b"\xff{2,}", self._idle):
            first, last = match.start(), match.end() - 1
            if times[last] - times[first] < STOP_AFTER - MINUTE:
                continue
            begin = first
            if self._covered(first, last + 1) < times[last] - times[first]:
                for i in range(first, last):
                    if times[i + 1] - times[i] > self._reach:
                        runs.append((times[begin], times[i] + MINUTE))
                        begin = i + 1
            runs.append((times[begin], times[last] + MINUTE))
        return [(start, end) for start, end in runs if end - start > STOP_AFTER]


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
