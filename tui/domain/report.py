"""The report: what a time cost, and what for: by pod, by GPU type, by day. Pure; dollars as whole millionths.

A pod's dollars of a day are rounded to millionths part by part, and their sum is what is paid: so the parts of every
row add up to its `paid`, and the rows of each grouping to the same total, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import add

from msgspec import Struct
from msgspec.structs import replace

from tui.api.enums import ComputeKind
from tui.domain.pod_bill import NOTHING, Bill, Part

MICRO = 1_000_000
"""Millionths of a dollar."""

NONE = (0,) * len(Part)

LAGS = 0.25
"""The share of a pod's paid time for which a GPU must lag to be named."""


class Row(Struct, frozen=True):
    """One pod, GPU type, day or network volume.

    amounts: millionths of dollars by `Part`.
    least:   whether it may have been more; `unknown`: whether nothing is known of its cost.
    worst:   the start of the hour in which most dollars did nothing, None if none did.
    saved:   millionths less if idle pods had stopped after half an hour.
    stopped_at, stored: when a stopped pod stopped, and what its disks have cost since.
    lagging: the GPU for which all others waited for a good part of the time.
    volume:  the network volume that the pod mounts, while it exists.
    """

    key: str
    name: str
    gpu: str = ""
    count: int = 0
    amounts: tuple[int, ...] = NONE
    least: bool = False
    unknown: bool = False
    worst: float | None = None
    saved: int = 0
    stopped_at: float | None = None
    stored: int | None = None
    lagging: int | None = None
    volume: str = ""

    @property
    def paid(self) -> int:
        return sum(self.amounts)

    @property
    def nothing(self) -> int:
        """What did nothing."""
        return sum(self.amounts[part] for part in NOTHING)

    @property
    def label(self) -> str:
        """The GPUs: 8x H100 SXM."""
        return f"{self.count}x {self.gpu}" if self.count and self.gpu else self.gpu


class Volume(Struct, frozen=True):
    """A network volume: dollars per hour, None if unknown, and whether any pod mounts it."""

    id: str
    name: str
    per_hr: float | None
    mounted: bool

    def amounts(self, start: float, end: float) -> tuple[int, ...]:
        """What it costs in a time, in millionths of dollars by `Part`."""
        amount = round((self.per_hr or 0.0) * max(0.0, end - start) / 3600.0 * MICRO)
        part = Part.DISKS if self.mounted else Part.STOPPED
        return tuple(amount if each is part else 0 for each in Part)


class Report(Struct, frozen=True):
    """A time's costs. Instants in epoch seconds.

    start, end: of the time; `since`: when the recording begins, None without one.
    watched: seconds of it that podtop watched.
    pods:    dearest first; `days`: in order, by their local midnight; `volumes`: network volumes, taken to have existed
             all the time, because RunPod does not say since when.
    by_utc_day, watched_by_utc_day: dollars of pods, and watched seconds, by the UTC midnight that charges go by.
    """

    start: float
    end: float
    since: float | None
    watched: float
    pods: tuple[Row, ...] = ()
    days: tuple[Row, ...] = ()
    volumes: tuple[Volume, ...] = ()
    by_utc_day: Mapping[float, float] = {}
    watched_by_utc_day: Mapping[float, float] = {}

    @property
    def total(self) -> Row:
        return total(self.rows("pod"))

    @property
    def mounted(self) -> frozenset[str]:
        """The network volumes that pods mount, by id."""
        return frozenset(row.volume for row in self.pods if row.volume)

    @property
    def unwatched(self) -> float:
        """Seconds that podtop did not watch."""
        return max(0.0, self.end - self.start - self.watched)

    def rows(self, by: str) -> tuple[Row, ...]:
        """The rows by "pod", "gpu" or "day"; network volumes are rows of their own, and a part of the days."""
        if by == "day":
            return tuple(self._with_volumes(day) for day in self.days)
        return (*(by_gpu(self.pods) if by == "gpu" else self.pods), *map(self._of_volume, self.volumes))

    def span_of(self, day: Row) -> tuple[float, float]:
        """The part of a day that is in the report's time."""
        later = [float(other.key) for other in self.days if float(other.key) > float(day.key)]
        return max(float(day.key), self.start), min(later[0] if later else math.inf, self.end)

    def _of_volume(self, volume: Volume) -> Row:
        # Day by day, so that it is what the rows of days have of it.
        amounts = NONE
        for day in self.days:
            amounts = added(amounts, volume.amounts(*self.span_of(day)))
        name = f"volume {volume.name}" + ("" if volume.mounted else " (not mounted)")
        return Row(volume.id, name, "network volume", amounts=amounts, unknown=volume.per_hr is None)

    def _with_volumes(self, day: Row) -> Row:
        amounts, least = day.amounts, day.least
        for volume in self.volumes:
            amounts = added(amounts, volume.amounts(*self.span_of(day)))
            least = least or volume.per_hr is None
        return replace(day, amounts=amounts, least=least)


def dollars(micros: int) -> float:
    return micros / MICRO


def cents(row: Row) -> tuple[int, ...]:
    """The parts of a row in whole cents that add up to its paid in cents: the largest remainders are rounded up."""
    unit = MICRO // 100
    paid = (row.paid + unit // 2) // unit
    floors = [amount // unit for amount in row.amounts]
    order = sorted(Part, key=lambda part: (-(row.amounts[part] % unit), part))
    for part in order[: max(0, paid - sum(floors))]:
        floors[part] += 1
    return tuple(floors)


def micros(parts: Sequence[float]) -> tuple[int, ...]:
    """Dollars by part, in whole millionths."""
    return tuple(round(part * MICRO) for part in parts)


def added(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(add, first, second))


class Ledger:
    """Adds up bills, pod by pod, so that only sums are in memory.

    edges: the borders of the slots of the bills; `day_of`: the local midnight of each slot.
    """

    def __init__(self, edges: Sequence[float], day_of: Sequence[float]) -> None:
        self._edges = edges
        self._day_of = day_of
        self._days: dict[float, Row] = {day: Row(key=f"{day:.0f}", name="") for day in day_of}
        self._utc: dict[float, float] = {}
        self._pods: list[Row] = []

    def add(self, row: Row, bill: Bill) -> None:
        """Add one pod's bill; `row` has all about it but the money."""
        by_day: dict[float, list[float]] = {}
        worst, most = None, 0.0
        for slot, parts in sorted(bill.slots.items()):
            at = self._day_of[slot]
            day = by_day.get(at)
            by_day[at] = list(map(add, day, parts)) if day is not None else parts
            utc = self._edges[slot] // 86_400.0 * 86_400.0
            self._utc[utc] = self._utc.get(utc, 0.0) + sum(parts)
            nothing = parts[Part.IDLE] + parts[Part.WAITING] + parts[Part.BOOT]
            # Hours of the same price are equally bad: the first one is where it began.
            if nothing > max(most * 1.005, 0.0005):
                worst, most = self._edges[slot], nothing
        amounts, saved = NONE, max(0, round(bill.saved * MICRO))
        for at, parts in by_day.items():
            exact = micros(parts)
            amounts = added(amounts, exact)
            old = self._days[at]
            self._days[at] = replace(old, amounts=added(old.amounts, exact), least=old.least or bill.least)
        seconds = {gpu: lagged for gpu, lagged in bill.lagging.items() if lagged >= LAGS * 3600.0 * len(bill.slots)}
        self._pods.append(
            replace(
                row, amounts=amounts, least=bill.least, unknown=bill.nothing, worst=worst, saved=saved,
                lagging=max(seconds, key=lambda gpu: seconds[gpu]) if seconds else None,
            )
        )  # fmt: skip

    def report(
        self, start: float, end: float, since: float | None, watched_by_utc_day: Mapping[float, float]
    ) -> Report:
        """All that was added."""
        pods = sorted(self._pods, key=lambda row: (-row.paid, row.name, row.key))
        days = tuple(self._days[day] for day in sorted(self._days))
        watched = sum(watched_by_utc_day.values())
        return Report(start, end, since, watched, tuple(pods), days, (), self._utc, watched_by_utc_day)


def by_gpu(pods: Iterable[Row]) -> tuple[Row, ...]:
    """One row for each GPU type, dearest first."""
    groups: dict[str, list[Row]] = {}
    for pod in pods:
        groups.setdefault(pod.gpu or ComputeKind.CPU.value, []).append(pod)
    rows = [replace(total(group), key=name, name=name, count=len(group)) for name, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.paid, row.name)))


def total(rows: Iterable[Row]) -> Row:
    """The sum of rows; a lower bound where one is, or is unknown."""
    amounts, saved, least, count = NONE, 0, False, 0
    for row in rows:
        amounts, saved, count = added(amounts, row.amounts), saved + row.saved, count + 1
        least = least or row.least or row.unknown
    return Row("", "total", count=count, amounts=amounts, least=least, saved=saved)


# A line


def weekly_line(report: Report) -> str:
    """The report in one line: last week: $1,204, of which $212 (18%) did nothing; dearest: alder $84."""
    sum_of_all = report.total
    if not sum_of_all.paid:
        return "last week: nothing was paid" if report.watched else "last week: nothing was recorded"
    paid, nothing = sum_of_all.paid, sum_of_all.nothing
    mark = "≥ " if sum_of_all.least else ""
    line = f"last week: {mark}{_whole(paid)}, of which {_whole(nothing)} ({nothing / paid:.0%}) did nothing"
    worst = max(report.rows("pod"), key=lambda row: row.nothing)
    if worst.nothing:
        line += f"; dearest: {worst.name} {_whole(worst.nothing)}"
    return line


def _whole(amount: int) -> str:
    """Whole dollars from $10 on."""
    value = dollars(amount)
    return f"${value:,.0f}" if value >= 9.995 else f"${value:,.2f}"
