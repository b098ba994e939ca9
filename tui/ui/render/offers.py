"""GPU types of the market in words: columns and cells, facts of one, the filters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api.features import NOT_OFFERED, Feature
from tui.domain import costs, offered
from tui.format import numbers as fmt
from tui.store.price_history import BUCKET, SPAN, Low, Presence, Prices, words
from tui.store.views import offers as views
from tui.store.views.offer_rows import OfferRow
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import LABEL_WIDTH, cell_or_lacking, per_hour
from tui.ui.render.row_columns import CHEAPEST
from tui.ui.render.rows import cheapest_cell, stock_cell
from tui.ui.widgets.status_lines import TwoSided, taken
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.models import DataCenters, Funds, MarketQuery, Offer, Quote

TREND_COLUMNS = 12
TREND_WIDTH = 7200.0
"""Seconds per character of a row's trend, which covers the last day."""

COLUMNS = (
    Column("name", "GPU", 17, 0, flex=True, sort="name", least=16),
    Column("vram", "VRAM", 4, 3, right=True, sort="vram"),
    CHEAPEST,
    Column("secure", "SECURE", 7, 2, right=True, sort="secure"),
    Column("secure_spot", "SPOT", 5, 5, right=True, sort="secure_spot", label="SECURE SPOT"),
    Column("community", "COMM.", 6, 3, right=True, sort="community", label="COMMUNITY"),
    Column("community_spot", "SPOT", 5, 6, right=True, sort="community_spot", label="COMMUNITY SPOT"),
    Column("per_gb", "$/GB", 6, 8, right=True, sort="per_gb", label="ON DEMAND PER GB"),
    Column("stock", "STOCK", 8, 1, sort="stock"),
    Column("rented", "RENTED", 6, 9, right=True, sort="rented"),
    Column("trend", "24 H", TREND_COLUMNS, 4),
    Column("max", "MAX", 3, 10, right=True, sort="max"),
    Column("cores", "CORES", 6, 12, right=True, sort="cores"),
    Column("country", "REGION", 6, 11, sort="country"),
)
WHOLE = Column("whole", "TOTAL", 7, 1, right=True, sort="whole")


def columns(count: int, cores: bool = True) -> tuple[Column, ...]:
    """With the total price, if more than one GPU was requested; CUDA cores if RunPod reports any."""
    chosen = COLUMNS if count == 1 else (*COLUMNS[:7], WHOLE, *COLUMNS[7:])
    return tuple(column for column in chosen if cores or column.key != "cores")


def trend(values: Sequence[float | None]) -> str:
    """Eighth blocks from the lowest to the highest of these prices; level ones are half high, a gap is a space."""
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)
    if high - low < max(0.015, 0.02 * high):
        # A change of a cent is no trend.
        return fmt.spark(None if value is None else 45.0 for value in values)
    return fmt.spark(None if value is None else 100 * (value - low) / (high - low) for value in values)


def cells(
    row: OfferRow, past: Sequence[float | None], watched: bool, lacks: frozenset[Feature] = offered.NOTHING
) -> Cells:
    """The cells of one GPU type; prices are per GPU per hour, a dash if that cloud has none.

    lacks: what the API does not offer.
    """
    out = row.stock is None

    def amount(value: float | None, role: str) -> Cell:
        return ((fmt.price(value), "quiet" if value is None or out else role),)

    def bid(value: float | None) -> Cell:
        return cell_or_lacking(amount(value, "muted"), value is not None, Feature.SPOT_PRICE, lacks)

    share = row.rented_share
    rented: Cell = ((fmt.percent(share), "muted"), ("%" if share is not None else "", "quiet"))
    country: Cell = ((" ".join(row.countries) or fmt.UNKNOWN, "muted"),)
    cores: Cell = ((str(row.cuda_cores) if row.cuda_cores else fmt.UNKNOWN, "muted"),)
    return {
        "name": (*((("◉ ", "accent"),) if watched else ()), (row.name, "muted" if out else "text")),
        "vram": ((str(row.memory_gb) if row.memory_gb else fmt.UNKNOWN, "muted"),),
        "cheapest": cheapest_cell(row),
        "secure": amount(row.secure, "text"),
        "secure_spot": bid(row.secure_spot),
        "community": amount(row.community, "text"),
        "community_spot": bid(row.community_spot),
        "whole": amount(row.whole, "strong"),
        "per_gb": ((fmt.UNKNOWN if row.per_gb is None else f"{row.per_gb:.4f}", "muted"),),
        "stock": stock_cell(row.stock),
        "rented": cell_or_lacking(rented, share is not None, Feature.RENTED_SHARE, lacks),
        "trend": ((trend(past), "spark"),),
        "max": ((str(row.max_count) if row.max_count else fmt.UNKNOWN, "muted"),),
        "cores": cell_or_lacking(cores, bool(row.cuda_cores), Feature.HOST_SPECS, lacks),
        "country": cell_or_lacking(country, bool(row.countries), Feature.HOST_SPECS, lacks),
    }


# Details of the row under the cursor


def facts(
    row: OfferRow,
    offer: Offer,
    rows: tuple[OfferRow, ...],
    prices: Prices,
    places: DataCenters | None,
    funds: Funds | None,
    now: float,
    tz: tzinfo | None,
    asked: bool | None = None,
    lacks: frozenset[Feature] = offered.NOTHING,
) -> tuple[Section, ...]:
    """Sections of facts.

    asked: the one cloud that was requested (True the secure one), None for both.
    lacks: what the API does not offer.
    """
    sections = (
        Section("Current", (*_now(row, offer, funds, asked), *_absent(lacks))),
        Section("Recent", tuple(_lately(row, prices, now, tz))),
        Section("Alternatives", tuple(_instead(row, rows))),
        Section("Data centers", tuple(_where(row, places))),
    )
    return tuple(section for section in sections if section.facts)


def _now(row: OfferRow, offer: Offer, funds: Funds | None, asked: bool | None) -> Iterator[Fact]:
    memory = f"{row.memory_gb} GB" if row.memory_gb else "memory unknown"
    details = [offer.manufacturer] if offer.manufacturer else []
    details += [f"{row.cuda_cores:,} CUDA cores"] if row.cuda_cores else []
    details += [f"up to {row.max_count} per pod"] if row.max_count else []
    yield Fact("GPU", ((memory, "text"), ("".join(f" · {word}" for word in details), "muted")), row.id)
    for label, secure, quote in (("Secure", True, offer.secure), ("Community", False, offer.community)):
        if asked is not None and asked != secure:
            yield Fact(label, (("excluded by the filters", "quiet"),))
            continue
        yield Fact(label, _quote(quote, row.count))
        if quote is not None and (host := _host(quote)):
            yield Fact("", ((host, "quiet"),))
    if row.whole is not None:
        many = f"{row.count} GPUs" if row.count > 1 else "1 GPU"
        parts = [(f"{fmt.money(row.whole)}/h", "strong"), (f" · {fmt.money(row.whole * 24)}/day", "muted")]
        if (left := costs.runway(funds, row.whole)) is not None:
            parts.append((f" · runway {fmt.runway(left)} if rented", "muted"))
        yield Fact(many, tuple(parts))
        if row.spot is not None and row.count > 1:
            bids = row.spot * row.count
            yield Fact("", ((f"bids from {fmt.money(bids)}/h · {fmt.money(bids * 24)}/day", "muted"),))


def _absent(lacks: frozenset[Feature]) -> Iterator[Fact]:
    """What the API does not report of any offer."""
    if lacks:
        yield Fact("", ((f"{NOT_OFFERED} {', '.join(offered.named(lacks))}: {offered.WORDS}", "quiet"),))


def _host(quote: Quote) -> str:
    """The resources beside the GPUs on the cheapest host, and how many of all are rented."""
    rented = f"{quote.rented}/{quote.total} rented" if quote.rented is not None and quote.total else ""
    if not rented and quote.rented_share is not None:
        rented = f"{quote.rented_share:.0f}% rented"
    least = [f"{quote.min_vcpus} vCPU"] if quote.min_vcpus else []
    least += [f"{quote.min_memory_gb} GB"] if quote.min_memory_gb else []
    parts = [rented, quote.country or "", " ".join(least), "public IP" if quote.public_ip else ""]
    return " · ".join(word for word in parts if word)


def _quote(quote: Quote | None, count: int) -> Cell:
    if quote is None:
        return (("not offered", "quiet"),)
    if quote.on_demand is None and quote.stock is None:
        return (("▱▱▱ out of stock", "quiet"),)
    parts: list[tuple[str, str]] = [(per_hour(None if quote.on_demand is None else quote.on_demand / count), "strong")]
    if quote.spot is not None:
        parts.append((f" · bid {fmt.money(quote.spot / count)}/h", "muted"))
    parts += [(" · ", "muted"), *stock_cell(quote.stock)]
    speeds = [f"↓{quote.min_download_mbps:,}"] if quote.min_download_mbps else []
    speeds += [f"↑{quote.min_upload_mbps:,}"] if quote.min_upload_mbps else []
    if speeds:
        parts.append((f" · {' '.join(speeds)} Mbit/s", "quiet"))
    return tuple(parts)


def when(at: float, now: float, tz: tzinfo | None) -> str:
    """A time of the last week, worded for a sentence."""
    then = datetime.fromtimestamp(at, tz)
    if then.date() == datetime.fromtimestamp(now, tz).date():
        return f"today {then:%H:%M}"
    return f"{then:%a %H:%M}"


def _lately(row: OfferRow, prices: Prices, now: float, tz: tzinfo | None) -> Iterator[Fact]:
    text = words(prices, row.id, now)
    for label, low, price in (
        ("On demand", text.low_week, row.price),
        ("Spot", prices.lowest(row.id, now - SPAN, now + BUCKET, spot=True), row.lowest_bid),
    ):
        if low is not None:
            yield Fact(label, _lowest(low, text.week, price, now, tz))
    yield Fact("In stock", presence(text.day))


def _lowest(low: Low, week: Presence, price: float | None, now: float, tz: tzinfo | None) -> Cell:
    seen = "7 days" if week.watched > 6.5 * 86_400 else f"{fmt.short_duration(week.watched)} observed"
    head = (f"from {fmt.money(low.price)}/h in {seen}", "text")
    if price is not None and price <= low.price + 0.005:
        return (head, (" · at its lowest", "good"))
    above = f" · now +{fmt.money(price - low.price)}/h" if price is not None else ""
    return (head, (f" · {when(low.at, now, tz)}{above}", "muted"))


def presence(day: Presence) -> Cell:
    """In stock 31 % of the last 24 h, or that too little of them was observed."""
    if day.share is None:
        return ((f"only {fmt.short_duration(day.watched)} of 24 h observed", "quiet"),)
    hours = day.watched / 3600
    seen = "" if hours > 23 else f" ({hours:.0f} h observed)"
    role = "good" if day.share > 0.66 else "text" if day.share > 0.2 else "warn"
    return ((f"{day.share:.0%}", role), (f" of the last 24 h{seen}", "muted"))


MOST_INSTEAD = 4


def _instead(row: OfferRow, rows: tuple[OfferRow, ...]) -> Iterator[Fact]:
    if row.price is None:
        for other in views.substitutes(row, rows)[:MOST_INSTEAD]:
            yield _type_fact(other, ())
        return
    for equivalent in views.cheaper(row, rows)[:MOST_INSTEAD]:
        percent = 100 * equivalent.saves / row.price
        saves = f" · saves {per_hour(equivalent.saves)} ({percent:.0f}%)"
        yield _type_fact(equivalent.row, ((saves, "good"),))


def _type_fact(row: OfferRow, tail: Cell) -> Fact:
    """A GPU type with its memory and its price. A name too long for a label is whole in the value: several begin with
    the same letters."""
    is_long = len(row.name) > LABEL_WIDTH
    name: Cell = ((row.name, "muted"), (" · ", "muted")) if is_long else ()
    value = (*name, (f"{row.memory_gb} GB", "muted"), (f" · {per_hour(row.price)}", "text"), *tail)
    return Fact("" if is_long else row.name, value)


def _where(row: OfferRow, places: DataCenters | None) -> Iterator[Fact]:
    for center, word in views.centers_of(places, row.id)[:8]:
        yield Fact(center, stock_cell(word))
    for problem in places.problems[:1] if places is not None else ():
        yield Fact("Incomplete", ((problem.message, "warn"),))


# API filters


def chips_line(demand: MarketQuery) -> tuple[Cell, ...]:
    """The API filters, each a group of its own that a click removes."""
    chips = views.chips(demand)
    if not chips:
        return ((("f", "key"), (" API filters: none (any host, 1 GPU)", "muted")),)
    return ((("f", "key"), (" API filters", "muted")), *(((f" {text} ", "tab"), (" ×", "quiet")) for text in chips))


def wrapped(first: tuple[Cell, ...], chips: tuple[Cell, ...], width: int) -> tuple[TwoSided, ...]:
    """The chips beside the first group, or below it if they do not all fit."""
    if taken((*first, *chips)) <= width or len(chips) <= 1:
        return (TwoSided((*first, *chips)),)
    lines: list[list[Cell]] = [[]]
    for chip in chips:
        if lines[-1] and taken((*lines[-1], chip)) > width:
            lines.append([])
        lines[-1].append(chip)
    return (TwoSided(first), *(TwoSided(tuple(line)) for line in lines))
