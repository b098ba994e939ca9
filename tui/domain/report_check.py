"""The report held against RunPod's own charges: whole days of UTC, as charges have them. Pure; dollars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.charges import DAY, KINDS, Day
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.account import Billing
    from tui.domain.report import Report

SETTLED = 6 * 3600.0
"""Seconds after the end of a day from which its charges are taken to be complete: RunPod's billing lags."""

ELSEWHERE = ("serverless", "API", "savings plan", "other")
"""Kinds of charges that are for no pod."""

SMALL = 0.01
"""The share of the charges below which a difference needs no reason."""


class Check(Struct, frozen=True):
    """What RunPod charged, and what podtop counted, in whole days.

    start, end: of these days; charged: by the kinds of `charges.KINDS`.
    counted: for pods and their disks; volumes: for network volumes, None if podtop does not know them.
    watched: seconds of these days that podtop watched.
    """

    start: float
    end: float
    days: int
    charged: tuple[float, ...]
    counted: float
    volumes: float | None
    watched: float

    @property
    def total(self) -> float:
        """All that was charged."""
        return sum(self.charged)

    @property
    def difference(self) -> float:
        """What was charged and podtop did not count; negative if it counted more."""
        return self.total - self.counted - (self.volumes or 0.0)

    def kind(self, name: str) -> float:
        return self.charged[KINDS.index(name)]


def held_against(report: Report, days: Iterable[Day], now: float, *, knows_volumes: bool) -> Check | None:
    """The report held against charges by day; None if no day of it is complete.

    knows_volumes: whether the report has the account's network volumes.
    """
    charged = {day.at: day for day in days}
    if not charged:
        return None
    first = -(-report.start // DAY) * DAY
    # Before the oldest charge nothing is known of charges.
    first = max(first, min(charged))
    count = int((min(report.end, now - SETTLED) - first) // DAY)
    if count < 1:
        return None
    whole = [first + number * DAY for number in range(count)]
    sums = [0.0] * len(KINDS)
    for at in whole:
        for kind, amount in enumerate(charged[at].amounts if at in charged else ()):
            sums[kind] += amount
    volumes = sum(volume.per_hr or 0.0 for volume in report.volumes) * 24.0 * count if knows_volumes else None
    return Check(
        first, first + count * DAY, count, tuple(sums), sum(report.by_utc_day.get(at, 0.0) for at in whole), volumes,
        sum(report.watched_by_utc_day.get(at, 0.0) for at in whole),
    )  # fmt: skip


def days_of_bills(billing: Billing) -> tuple[Day, ...]:
    """Bills by day as charges, where RunPod gives no charges."""
    days = []
    for bill in billing.summary:
        if bill.at is None:
            continue
        parts = {
            "pods": (bill.gpus or 0.0) + (bill.cpus or 0.0), "storage": bill.storage or 0.0,
            "serverless": bill.serverless or 0.0, "API": bill.endpoints or 0.0, "other": bill.other or 0.0,
        }  # fmt: skip
        days.append(Day(bill.at // DAY * DAY, tuple(parts.get(kind, 0.0) for kind in KINDS)))
    return tuple(sorted(days))


def sentence(check: Check) -> str:
    """What was charged, what podtop counted, and the probable reasons of a difference."""
    days = f"{check.days} whole {'day' if check.days == 1 else 'days'} (UTC)"
    counted = check.counted + (check.volumes or 0.0)
    text = f"RunPod charged {fmt.money(check.total)} in {days}, podtop counts {fmt.money(counted)}"
    if abs(check.difference) < 0.005:
        return f"{text}: no difference"
    text = f"{text}: difference {fmt.money(check.difference)}"
    if abs(check.difference) <= SMALL * max(check.total, counted):
        return f"{text} (below 1%)"
    return f"{text} ({'; '.join(reasons(check))})"


def reasons(check: Check) -> tuple[str, ...]:
    """The probable reasons of a difference."""
    known = [f"{kind} {fmt.money(amount)}" for kind in ELSEWHERE if abs(amount := check.kind(kind)) >= 0.005]
    if check.difference < 0:
        return (*known, "RunPod's charges may be late, or its prices lower")
    left = check.difference - sum(check.kind(kind) for kind in ELSEWHERE)
    blind = check.end - check.start - check.watched
    others = []
    if blind > SMALL * (check.end - check.start):
        others.append(f"podtop did not watch for {fmt.duration(blind)}")
    if check.volumes is None and check.kind("storage") > 0:
        others.append("network volumes are not counted")
    if not others and left > SMALL * check.total:
        others.append("the rest is unexplained" if known else "unexplained")
    return (*known, *others)
