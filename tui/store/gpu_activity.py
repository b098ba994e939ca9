"""`GpuActivity`: what a pod's GPUs did in a time, from sums of quarters of an hour. Pure; instants in epoch seconds.

The sums of a quarter are kept in a recording beside the samples that they are made of, so that a report about weeks
reads few samples. All of them are whole numbers, and those of several quarters add up to what their samples add up to.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from tui.domain.pod_bill import BUSY_BY_NAME, IDLE_BELOW, UNSEEN, Seen
from tui.store.idle_spans import IdleSpan
from tui.store.metrics import UTIL, steps

QUARTER, MINUTE = 900.0, 60.0
UNIT = 0.02
"""Seconds of one step of an instant within a quarter."""

LAG = 25.0 / BUSY_BY_NAME
"""How much more of itself than its median neighbor a GPU leaves unused if the others wait for it."""

LEAST_TO_LAG = 4
"""GPUs of a pod from which a lagging one is recognized: it is a quarter of them at most."""

FULL = int(BUSY_BY_NAME * steps(UTIL.of_gpu(0)))

Count = Annotated[int, Meta(ge=0, le=65_535)]
Sum = Annotated[int, Meta(ge=0, le=65_535 * 255)]


class Sums(Struct, frozen=True, array_like=True, gc=False):
    """The samples of a quarter of an hour, or of a part of it; at least one.

    known, idle, waiting, rest: how many of `count` samples; those that are known are one of the other three.
    covered:  steps from the first to the last sample, each of them standing for a limited time.
    first, last: of the samples, in steps since the quarter began.
    idle_until, idle_from: one more than the last one of those that are idle from the first sample on, and than the
              first one of those that are idle up to the last one, without a long gap; 0 if there are none.
    used:     of each GPU, the utilization in samples of `rest`; `reported`: in how many it is known, None: in all.
    """

    count: Count
    known: Count
    idle: Count
    waiting: Count
    rest: Count
    covered: Count
    first: Count
    last: Count
    idle_until: Annotated[int, Meta(ge=0, le=65_536)]
    idle_from: Annotated[int, Meta(ge=0, le=65_536)]
    used: Annotated[tuple[Sum, ...], Meta(max_length=1024)]
    reported: Annotated[tuple[Count, ...], Meta(max_length=1024)] | None = None


class Part(NamedTuple):
    """Some samples of a quarter; `start`: of the quarter, `after`: the instant of the sample after them, if known."""

    start: float
    sums: Sums
    after: float | None = None

    @property
    def first(self) -> float:
        return self.start + self.sums.first * UNIT

    @property
    def last(self) -> float:
        return self.start + self.sums.last * UNIT


class GpuActivity:
    """One pod.

    quarters: by their start.
    reach:    seconds for which a sample stands at most.
    part:     the samples from an instant to another, both within one quarter; None without any.
    goes_on:  whether there are samples later than `reach` after these.
    """

    def __init__(
        self,
        quarters: Mapping[float, Sums],
        reach: float,
        part: Callable[[float, float], Part | None],
        *,
        goes_on: bool = False,
    ) -> None:
        self._starts = sorted(quarters)
        self._parts = [Part(start, quarters[start]) for start in self._starts]
        self._reach = reach
        self._part = part
        self._next = math.inf if goes_on else None

    def look(self, start: float, end: float) -> Seen:
        """What the GPUs did from an instant to another, within about an hour."""
        start = start // MINUTE * MINUTE
        first, last = start // QUARTER * QUARTER, end // QUARTER * QUARTER
        lo, hi = bisect_left(self._starts, start), bisect_left(self._starts, last)
        parts = self._parts[lo:hi]
        if first < start and (begun := self._part(start, min(end, first + QUARTER))) is not None:
            parts.insert(0, begun)
        if start <= last < end and (ended := self._part(last, end)) is not None:
            parts.append(ended)
        count = known = idle = waiting = rest = 0
        all_sums = []
        for part in parts:
            sums = part.sums
            all_sums.append(sums)
            count += sums.count
            known += sums.known
            idle += sums.idle
            waiting += sums.waiting
            rest += sums.rest
        if not known:
            return UNSEEN
        unused, lagging = _unused(all_sums, rest) if known > idle + waiting else (0.0, None)
        seconds = self._covered(parts, count) * known / count
        return Seen(min(end - start, seconds), idle / known, waiting / known, unused, lagging)

    def _covered(self, parts: Sequence[Part], count: int) -> float:
        """The seconds that samples stand for: each until the next, the last one for as long as those before it."""
        reach, steps, gaps, before = self._reach, 0, 0.0, math.inf
        for start, sums, _ in parts:
            steps += sums.covered
            gap = start + sums.first * UNIT - before
            if gap > 0.0:
                gaps += gap if gap < reach else reach
            before = start + sums.last * UNIT
        seconds = UNIT * steps + gaps
        last = parts[-1]
        after = last.after
        if after is None:
            number = bisect_left(self._starts, last.start + QUARTER)
            after = self._parts[number].first if number < len(self._parts) else self._next
        if after is not None:
            return seconds + min(reach, after - last.last)
        passed = last.last - parts[0].first
        return seconds + (min(reach, passed / (count - 1)) if count > 1 else MINUTE)

    def idle_spans(self, start: float = -math.inf, end: float = math.inf) -> Iterator[IdleSpan]:
        """The idle time of each quarter that begins in a time."""
        for part in self._parts[bisect_left(self._starts, start) : bisect_left(self._starts, end)]:
            sums = part.sums
            yield IdleSpan(
                part.first, part.last,
                part.start + (sums.idle_until - 1) * UNIT if sums.idle_until else None,
                part.start + (sums.idle_from - 1) * UNIT if sums.idle_from else None,
            )  # fmt: skip


def _unused(all_sums: Sequence[Sums], rest: int) -> tuple[float, int | None]:
    """The share of the working time, `rest` samples, that no GPU used, and the GPU for which the others waited."""
    whole = all_sums[0].used
    gpus = max(len(sums.used) for sums in all_sums)
    if all(sums.reported is None and len(sums.used) == gpus for sums in all_sums):
        used = list(map(sum, zip(*[sums.used for sums in all_sums], strict=True))) if len(all_sums) > 1 else whole
        least, full = min(used, default=0), rest * FULL
        if gpus and least >= full:
            return 0.0, None
        known = [1.0 - amount / full if amount < full else 0.0 for amount in used] if full else []
        shares: Sequence[float | None] = known
    else:
        amounts = [sum(sums.used[gpu] for sums in all_sums if gpu < len(sums.used)) for gpu in range(gpus)]
        counts = [sum(_reported(sums, gpu) for sums in all_sums) for gpu in range(gpus)]
        shares = [
            max(0.0, 1.0 - amount / (count * FULL)) if count else None
            for amount, count in zip(amounts, counts, strict=True)
        ]
        known = [share for share in shares if share is not None]
    if not known:
        return 0.0, None
    worst = max(known)
    if worst >= LAG and len(known) >= LEAST_TO_LAG:
        median = sorted(known)[len(known) // 2]
        lagging = sum(1 for share in known if share >= median + LAG)
        # One that does nothing at all holds up nobody.
        is_lag = (
            0 < lagging <= len(known) // LEAST_TO_LAG
            and median <= 1 - 60.0 / BUSY_BY_NAME and worst < 1 - IDLE_BELOW / BUSY_BY_NAME
        )  # fmt: skip
        if is_lag:
            return worst, shares.index(worst)
    return sum(known) / len(known), None


def _reported(sums: Sums, gpu: int) -> int:
    """In how many samples a GPU's utilization is known."""
    if gpu >= len(sums.used):
        return 0
    return sums.rest if sums.reported is None else sums.reported[gpu]
