"""Daily charges: by kind, by day, by month, and the month's forecast. Pure; dollars, days as UTC midnights.

RunPod's days are those of UTC: `updatedAt` is a date without a zone.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import ChargeKind

if TYPE_CHECKING:
    from tui.api.account import Charge

DAY = 86_400.0
KINDS = ("pods", "storage", "serverless", "API", "savings plan", "other")
"""Kinds of charges, in the order in which bars are stacked."""

_TYPES = {
    ChargeKind.PODS: "pods",
    ChargeKind.STORAGE: "storage",
    ChargeKind.SERVERLESS: "serverless",
    ChargeKind.API: "API",
    ChargeKind.SAVINGS_PLAN: "savings plan",
}
LATELY = 7
"""Days whose mean is one of the forecasts."""


class Day(NamedTuple):
    """One day's charges, in the order of `KINDS`."""

    at: float
    amounts: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.amounts)


def kind_of(charge: Charge) -> str:
    return "other" if charge.kind is None else _TYPES.get(charge.kind, "other")


def _parts(charge: Charge) -> dict[str, float]:
    """A charge by kind: as its parts say, the rest of its amount to the kind of its type."""
    named = {
        "pods": charge.pods, "storage": charge.disk, "API": charge.api, "serverless": charge.serverless,
    }  # fmt: skip
    parts = {kind: value for kind, value in named.items() if value is not None and math.isfinite(value) and value}
    if charge.amount is not None and math.isfinite(charge.amount):
        rest = charge.amount - sum(parts.values())
        # Fractions of cents are rounding errors.
        if abs(rest) >= 0.01 or (not parts and rest):
            kind = kind_of(charge)
            parts[kind] = parts.get(kind, 0.0) + rest
    return parts


def days(charges: Iterable[Charge]) -> tuple[Day, ...]:
    """One for each day with charges, oldest first; charges without a date are left out."""
    sums: dict[float, dict[str, float]] = {}
    for charge in charges:
        if charge.at is None or not math.isfinite(charge.at):
            continue
        day = sums.setdefault(charge.at // DAY * DAY, {})
        for kind, amount in _parts(charge).items():
            day[kind] = day.get(kind, 0.0) + amount
    return tuple(Day(at, tuple(sums[at].get(kind, 0.0) for kind in KINDS)) for at in sorted(sums))


def total(days: Iterable[Day]) -> tuple[float, ...]:
    """The sums of each kind."""
    sums = [0.0] * len(KINDS)
    for day in days:
        for index, amount in enumerate(day.amounts):
            sums[index] += amount
    return tuple(sums)


class Month(NamedTuple):
    """A month's charges and its forecast.

    to_date:  charged since it began, in the order of `KINDS`; today's charges may be incomplete.
    before:   all of the month before, None if unknown.
    by_spend: to date, and the current spend for the rest; None if the spend is unknown.
    by_mean:  to date, and the mean of the last whole days for the rest; None without a whole day.
    mean:     that mean, in dollars per day.
    left:     seconds of the month that remain.
    """

    start: float
    end: float
    to_date: tuple[float, ...]
    before: float | None
    by_spend: float | None
    by_mean: float | None
    mean: float | None
    left: float


def start_of_month(at: float) -> float:
    """The start of the month of an instant, in UTC."""
    return datetime.fromtimestamp(at, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def month(days: Sequence[Day], spend_per_hr: float | None, now: float) -> Month:
    """The current month, in UTC."""
    when = datetime.fromtimestamp(start_of_month(now), UTC)
    start = when.timestamp()
    end = (when + timedelta(days=32)).replace(day=1).timestamp()
    earlier = (when - timedelta(days=1)).replace(day=1).timestamp()
    current = [day for day in days if start <= day.at < end]
    last = [day for day in days if earlier <= day.at < start]
    today = now // DAY * DAY
    lately = [day for day in days if today - LATELY * DAY <= day.at < today]
    to_date = total(current)
    left = max(0.0, end - now)
    by_spend = by_mean = mean = None
    if spend_per_hr is not None and math.isfinite(spend_per_hr):
        by_spend = sum(to_date) + max(0.0, spend_per_hr) * left / 3600.0
    if lately:
        # A day without a charge is no charge: the mean is of all days since the first known one.
        span = max(1.0, min(float(LATELY), (today - days[0].at) / DAY))
        mean = sum(day.total for day in lately) / span
        by_mean = sum(to_date) + mean * left / DAY
    return Month(start, end, to_date, sum(day.total for day in last) if last else None, by_spend, by_mean, mean, left)


def first_day(now: float, span: int) -> float:
    """The beginning of the first of the last `span` days, of which today is one: what was charged before is not among
    them, at whatever hour of its day it was."""
    return now // DAY * DAY - (span - 1) * DAY


class Bars(NamedTuple):
    """The days that each bar of a chart stands for: where they begin, how many there are in each, where all end."""

    begins: tuple[float, ...]
    each: int
    end: float

    def number(self, at: float) -> int | None:
        """The bar of an instant; None if it is not among these days."""
        return bisect_right(self.begins, at) - 1 if self.begins[0] <= at < self.end else None


def bars(now: float, span: int, columns: int) -> Bars:
    """The last `span` days in as many bars as fit: one per day, or per several. They end with today, so the first may
    have fewer days: none before the span, which no sum beside them has."""
    span = max(1, span)
    each = max(1, math.ceil(span / max(1, columns)))
    end, first = now // DAY * DAY + DAY, first_day(now, span)
    count = math.ceil(span / each)
    return Bars(tuple(max(first, end - left * each * DAY) for left in range(count, 0, -1)), each, end)


def stacked(days: Sequence[Day], now: float, span: int, columns: int) -> tuple[tuple[Day, ...], int]:
    """The last `span` days in as many bars as fit, also the days per bar.

    A day without charges has an empty bar, as time goes on.
    """
    of = bars(now, span, columns)
    sums = [[0.0] * len(KINDS) for _ in of.begins]
    for day in days:
        if (index := of.number(day.at)) is not None:
            for kind, amount in enumerate(day.amounts):
                sums[index][kind] += amount
    return tuple(Day(begin, tuple(amounts)) for begin, amounts in zip(of.begins, sums, strict=True)), of.each
