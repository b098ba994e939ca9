"""Charges and bills in words: columns, rows, facts, bars. Pure; days are UTC days, as RunPod's are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tui.api.enums import ComputeKind
from tui.api.features import Feature
from tui.domain import bills, charges
from tui.domain.charges import DAY, KINDS, Day
from tui.domain.filter_units import MONEY, PERCENT, RATE
from tui.domain.filters import Kind
from tui.format import numbers as fmt
from tui.store.views.pods import short_name
from tui.ui.charts.spec import BarSpec
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.balance_charts import round_up
from tui.ui.render.facts import LACKING, NOTHING, money, or_lacking, per_hour
from tui.ui.render.list_rows import Row, Value
from tui.ui.widgets.table import Column

if TYPE_CHECKING:
    from tui.api.account import Billing
    from tui.api.models import Funds

MARGIN = 9
"""Cells beside the bars of a chart, as a rule: the axis."""

TREND = 28
"""Cells of the trend of a bill, which covers the shown days."""

BAR = 24, 100
"""Cells of the bar of a day: as a rule, and at most."""

SPANS = (14, 28, 91, 365, 1095)
"""Days of charges and bills that are shown."""

CHARGE_COLUMNS = (
    Column("day", "DAY", 15, 0, sort="day"),
    Column("total", "TOTAL", 11, 0, right=True, sort="total"),
    *(Column(kind, kind.upper(), max(9, len(kind)), 2 + n, right=True, sort=kind) for n, kind in enumerate(KINDS)),
    Column("bar", "", 10, 9, flex=True, label="BAR"),
)

CHARGE_SORTS = ("day", "total", *KINDS)
CHARGE_VALUES = {"day": Value(Kind.TIME), "bar": Value(Kind.NUMBER, MONEY)}
BILL_COLUMNS = (
    Column("what", "ITEM", 18, 0, flex=True, sort="what"),
    Column("kind", "KIND", 7, 3, sort="kind"),
    Column("hours", "BILLED", 12, 2, right=True, sort="hours"),
    Column("amount", "AMOUNT", 11, 0, right=True, sort="amount"),
    Column("rate", "$/H", 8, 4, right=True, sort="rate"),
    Column("share", "SHARE", 6, 1, right=True),
    Column("last", "LAST DAY", 10, 5, right=True, sort="last"),
    Column("trend", "TREND", TREND, 6),
)
BILL_VALUES = {
    "hours": Value(Kind.SECONDS), "rate": Value(Kind.NUMBER, RATE), "share": Value(Kind.NUMBER, PERCENT),
}  # fmt: skip
BILL_SORTS = ("amount", "hours", "last", "rate", "what", "kind")


def charge_columns(days: Sequence[Day]) -> tuple[Column, ...]:
    """Without the kinds that were never charged."""
    idle = {kind for n, kind in enumerate(KINDS) if not any(day.amounts[n] for day in days)}
    return tuple(column for column in CHARGE_COLUMNS if column.key not in idle)


def within(days: Sequence[Day], now: float, span: int) -> tuple[Day, ...]:
    """The days of the last `span`, including today."""
    first = charges.first_day(now, span)
    return tuple(day for day in days if day.at >= first)


def _weekday(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%a %d %b %Y}"


def charge_rows(days: Sequence[Day], now: float, room: int = 0) -> dict[str, Row]:
    """The days, the newest first. `room`: cells of the column of bars, 0 if that is unknown."""
    usual, largest = BAR
    cells_of_bar = min(room, largest) or usual
    most = max((day.total for day in days), default=0.0)
    by_key = {}
    for day in reversed(days):
        today = day.at == now // DAY * DAY
        full, rest = fmt.bar(100 * day.total / most if most > 0 else 0.0, cells_of_bar)
        cells: dict[str, Cell] = {
            "day": (("today, so far" if today else _weekday(day.at), "muted"),),
            "total": ((fmt.money(day.total), "strong"),),
            "bar": ((full, "spark"), (rest, "rule")),
        }
        for kind, amount in zip(KINDS, day.amounts, strict=True):
            cells[kind] = ((fmt.money(amount), "text"),) if amount else (("·", "quiet"),)
        order = {"day": day.at, "total": day.total, "bar": day.total, **dict(zip(KINDS, day.amounts, strict=True))}
        by_key[f"{day.at:.0f}"] = Row(partial(dict, cells), order)
    return by_key


def charge_facts(
    all_days: Sequence[Day], shown: Sequence[Day], span: int, funds: Funds | None, now: float, under: Day | None
) -> tuple[Section, ...]:
    """The month, its projected total, the shown range, the day under the cursor."""
    spend = funds.spend_per_hr if funds else None
    month = charges.month(all_days, spend, now)
    sums = charges.total(shown)
    sections = [
        Section("This month", tuple(_month(month, spend))),
        Section(f"{span} days", tuple(_sums(sums, len(shown), span))),
    ]
    if under is not None:
        title = f"{datetime.fromtimestamp(under.at, UTC):%a %d %b}"
        sections.append(Section(title, tuple(_sums(under.amounts, 0, 0))))
    return tuple(section for section in sections if section.facts)


def _month(month: charges.Month, spend: float | None) -> Iterator[Fact]:
    yield Fact("To date", money(sum(month.to_date), "strong"))
    width = len(fmt.money(sum(month.to_date)))
    for kind, amount in zip(KINDS, month.to_date, strict=True):
        if amount:
            yield Fact(f"  {kind}", ((f"{fmt.money(amount):>{width}}", "text"),))
    left = f"  {fmt.duration(month.left)} left"
    if month.by_spend is not None:
        tail = f"  at {per_hour(spend)} now"
        yield Fact("Forecast", ((fmt.money(month.by_spend), "strong"), (tail, "muted")))
    if month.by_mean is not None and month.mean is not None:
        tail = "  last week's rate"
        yield Fact(
            "" if month.by_spend is not None else "Forecast", ((fmt.money(month.by_mean), "text"), (tail, "muted"))
        )
    if month.by_spend is None and month.by_mean is None:
        yield Fact("Forecast", NOTHING)
    yield Fact("", ((left.strip(), "quiet"),))
    yield Fact("Last month", money(month.before))


def _share(amount: float, whole: float) -> str:
    """A part of a sum in percent; what is not nothing is not shown as 0%."""
    share = 100 * amount / whole
    return "<1%" if 0 < share < 0.5 else f"{share:.0f}%"


def _sums(sums: Sequence[float], count: int, span: int) -> Iterator[Fact]:
    whole = sum(sums)
    mean: Cell = ((f"  {fmt.money(whole / span)}/day", "muted"),) if span else ()
    yield Fact("Total", (*money(whole, "strong"), *mean))
    # Amounts and percentages below each other.
    width = len(fmt.money(whole))
    for kind, amount in zip(KINDS, sums, strict=True):
        if amount:
            share: Cell = ((f"  {_share(amount, whole):>4}", "muted"),) if whole > 0 else ()
            yield Fact(f"  {kind}", ((f"{fmt.money(amount):>{width}}", "text"), *share))
    if span and count < span:
        yield Fact("", ((f"{span - count} days without charges", "quiet"),))


def charge_bars(days: Sequence[Day], now: float, span: int, columns: int) -> BarSpec:
    bars, each = charges.stacked(days, now, span, columns)
    shown = [n for n in range(len(KINDS)) if any(bar.amounts[n] for bar in bars)]
    high = max((bar.total for bar in bars), default=0.0)
    top = round_up(high)
    return BarSpec(
        "Charges per day" if each == 1 else f"Charges per {each} days",
        tuple(KINDS[n] for n in shown),
        tuple(tuple(bar.amounts[n] for n in shown) for bar in bars),
        tuple(f"{datetime.fromtimestamp(bar.at, UTC):%-d %b}" for bar in bars),
        top,
        axis=len(f"${top:,.0f}") + 2,
    )


# Bills


def _billed(billing: Billing, first: float) -> tuple[float, ...]:
    """All that was billed since an instant, by `_FIELDS`; empty if RunPod reported no sums."""
    summary = [day for day in billing.summary if day.at is not None and day.at >= first]
    return tuple(sum(getattr(day, name) or 0.0 for day in summary) for name in _FIELDS) if summary else ()


_FIELDS = ("gpus", "cpus", "serverless", "storage", "endpoints", "other")


def bill_rows(billing: Billing, now: float, span: int) -> dict[str, Row]:
    """The bills of the last `span` days, by GPU type, CPU flavor and for storage; by kind if RunPod has no types."""
    first = charges.first_day(now, span)
    sums: dict[tuple[str, str], list[float]] = {}
    lasts: dict[tuple[str, str], tuple[float, float]] = {}
    parts: dict[tuple[str, str], list[float]] = {}
    of = charges.bars(now, span, TREND)

    def add(kind: str, billed: str, at: float | None, seconds: float | None, amount: float | None) -> None:
        if at is None or at < first or not math.isfinite(at):
            return
        key = (kind, billed)
        bill = sums.setdefault(key, [0.0, 0.0])
        bill[0] += seconds if seconds is not None and math.isfinite(seconds) else 0.0
        bill[1] += amount if amount is not None and math.isfinite(amount) else 0.0
        if (number := of.number(at)) is not None and amount is not None and math.isfinite(amount):
            parts.setdefault(key, [0.0] * len(of.begins))[number] += amount
        if at >= lasts.get(key, (-math.inf, 0.0))[0]:
            lasts[key] = (at, amount or 0.0)

    for item in bills.items(billing):
        add(*item)
    # A share is of the total that stands beside the rows: there may be kinds without a row.
    whole = max(sum(amount for _, amount in sums.values()), sum(_billed(billing, first)))
    by_key = {}
    for (kind, billed), (seconds, amount) in sorted(sums.items(), key=lambda item: -item[1][1]):
        rate = amount / seconds * 3600 if seconds > 0 else None
        last = lasts[kind, billed][1]
        cells: dict[str, Cell] = {
            "what": ((short_name(billed), "text"),),
            "kind": ((kind, "muted"),),
            "hours": ((f"{seconds / 3600:,.1f} h", "text"),) if seconds else (),
            "amount": ((fmt.money(amount), "strong"),),
            "rate": ((fmt.price(rate), "muted"),) if rate is not None else (),
            "share": ((_share(amount, whole), "muted"),) if whole > 0 else (),
            "last": ((fmt.money(last), "muted"),),
            "trend": ((_trend(parts.get((kind, billed), ())), "spark"),),
        }
        order = {
            "what": short_name(billed).lower(), "kind": kind, "hours": seconds, "amount": amount, "rate": rate,
            "last": last, "share": 100 * amount / whole if whole > 0 else None,
        }  # fmt: skip
        by_key[f"{kind} {billed}"] = Row(partial(dict, cells), order)
    return by_key


def _trend(amounts: Sequence[float]) -> str:
    """Blocks from nothing to the largest of these amounts."""
    most = max(amounts, default=0.0)
    return fmt.spark(100 * amount / most if most > 0 else 0.0 for amount in amounts)


def bill_facts(billing: Billing, now: float, span: int, under: str | None) -> tuple[Section, ...]:
    """All bills, by kind; those of the row under the cursor, by day."""
    first, absent = charges.first_day(now, span), Feature.BILL_TYPES in billing.lacks
    untold: Cell = (("not reported", "muted"),)
    kinds = ("GPU pods", "CPU pods", "serverless", "storage", "endpoints", "other")
    sums = _billed(billing, first)
    sections = [
        Section(
            f"{span} days",
            (
                Fact("Total", money(sum(sums), "strong")),
                *(Fact(f"  {w}", money(s)) for w, s in zip(kinds, sums, strict=True) if s),
                *(() if bills.is_by_type(billing) else (Fact("By GPU type", LACKING if absent else untold),)),
            ),
        )
        if sums
        else None
    ]
    disks = [day for day in billing.storage if day.at is not None]
    if disks:
        last = max(disks, key=lambda day: day.at or 0.0)
        size: Cell = NOTHING if last.size_gb is None else ((f"{last.size_gb:,.0f} GB", "text"),)
        size = or_lacking(size, Feature.BILL_TYPES, billing.lacks)
        network: Cell = ((f"  incl. {fmt.money(last.network)} for network volumes", "muted"),)
        sections.append(Section("Storage", (Fact("Size", size), Fact("Last day", (*money(last.amount), *network)))))
    kind, _, named = (under or "").partition(" ")
    rows = billing.gpus if kind == ComputeKind.GPU else billing.cpus if kind == ComputeKind.CPU else ()
    days = sorted(
        (day for day in rows if (day.kind or "unnamed") == named and day.at is not None and day.at >= first),
        key=lambda day: -(day.at or 0.0),
    )
    if days:
        facts = tuple(
            Fact(
                f"{datetime.fromtimestamp(day.at or 0.0, UTC):%a %d %b}",
                (*money(day.amount), (f"  {fmt.duration(day.seconds)}", "muted")),
            )
            for day in days[:60]
        )
        sections.append(Section("By day", (Fact("Type", ((named, "text"),)), *facts)))
    return tuple(section for section in sections if section is not None)


def bill_bars(billing: Billing, now: float, span: int, columns: int) -> BarSpec:
    """By GPU type and day, the most expensive types by name; by kind and day if RunPod reports no types."""
    sums: dict[str, float] = {}
    for item in bills.items(billing):
        if item.kind != bills.STORAGE:
            sums[item.name] = sums.get(item.name, 0.0) + (item.amount or 0.0)
    named = sorted(sums, key=lambda kind: -sums[kind])[:5]
    kinds = (*named, "others", "storage")
    days: dict[float, list[float]] = {}

    def add(at: float | None, kind: str, amount: float | None) -> None:
        if at is not None and amount is not None and math.isfinite(at) and math.isfinite(amount):
            days.setdefault(at // DAY * DAY, [0.0] * len(kinds))[kinds.index(kind)] += amount

    for item in bills.items(billing):
        name = item.name if item.name in named else "others"
        add(item.at, bills.STORAGE if item.kind == bills.STORAGE else name, item.amount)
    of = charges.bars(now, span, columns)
    bars = [[0.0] * len(kinds) for _ in of.begins]
    for at, amounts in days.items():
        if (index := of.number(at)) is not None:
            bars[index] = [a + b for a, b in zip(bars[index], amounts, strict=True)]
    shown = [n for n in range(len(kinds)) if any(bar[n] for bar in bars)]
    top = round_up(max((sum(bar) for bar in bars), default=0.0))
    return BarSpec(
        "Billed per day" if of.each == 1 else f"Billed per {of.each} days",
        tuple(short_name(kinds[n]) for n in shown),
        tuple(tuple(bar[n] for n in shown) for bar in bars),
        tuple(f"{datetime.fromtimestamp(begin, UTC):%-d %b}" for begin in of.begins),
        top,
        axis=len(f"${top:,.0f}") + 2,
    )


# Payments
