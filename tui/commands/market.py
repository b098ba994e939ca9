"""`podtop market --json|--csv`: what can be rented now, for scripts."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tui.api import cloud as api
from tui.commands.stdio import ReaderGone, make_utf8, say, write
from tui.store.views import offers as views
from tui.store.views.offer_filter import parse

if TYPE_CHECKING:
    from tui.api.models import Market, MarketQuery, Offer, Quote
    from tui.config.loader import Config
    from tui.services.source import Source
    from tui.store.views.offer_rows import OfferRow

FOUND, USAGE, NOTHING, REFUSED, UNREACHABLE = 0, 2, 3, 4, 5
SHAPE = 1
"""Version of what is printed: fields are added under the same number, and never renamed or removed."""

COLUMNS = (
    "gpu_id", "name", "memory_gb", "cuda_cores", "max_count", "gpu_count", "cloud", "price_per_hr",
    "price_per_gpu_hr", "lowest_bid_per_gpu_hr", "stock", "rented", "total", "rented_percent", "country", "min_vcpus",
    "min_memory_gb", "min_download_mbps", "min_upload_mbps", "public_ip",
)  # fmt: skip


class Usage(Exception):
    """A flag that cannot be used, in words."""


def demand_of(options: argparse.Namespace) -> MarketQuery:
    """The filters of the command line. Raises Usage."""
    given = [f"{name}={value}" for name in views.FILTERS if (value := getattr(options, name)) is not None]
    for name in views.FILTERS:
        value = getattr(options, name)
        if value is not None and any(ch.isspace() or ch == "," for ch in value):
            raise Usage(f"--{name} = {value!r} is not accepted; it takes {views.FILTERS[name][1]}")
    demand, faults = views.demand_of(" ".join(given))
    if faults:
        name, _, words = faults[0].partition(" is not accepted; ")
        raise Usage(f"--{name.replace('=', ' = ', 1)} is not accepted; {words}" if words else f"--{faults[0]}")
    return demand


def chosen(options: argparse.Namespace, every: tuple[OfferRow, ...]) -> tuple[OfferRow, ...]:
    """The rows that match and can be rented now, in order. Raises Usage."""
    terms = parse(options.filter or "")
    if terms.faults:
        raise Usage(f"--filter: {terms.faults[0]}")
    sort = options.sort or "price"
    if sort not in views.SORTS:
        raise Usage(f"--sort = {sort!r} is not accepted; it takes {', '.join(views.SORTS)}")
    return tuple(row for row in views.select(every, terms, sort) if row.price is not None or row.spot is not None)


def items(market: Market, rows: Sequence[OfferRow], demand: MarketQuery) -> list[dict[str, Any]]:
    """One for each cloud of each GPU type: prices in dollars per hour, sizes in GB, speeds in Mbit/s."""
    offers = {offer.gpu_id: offer for offer in market.offers}
    found = []
    for row in rows:
        offer = offers[row.id]
        for cloud, quote in (("secure", offer.secure), ("community", offer.community)):
            if quote is not None and (quote.on_demand is not None or quote.spot is not None):
                found.append(_item(offer, cloud, quote, demand.gpu_count))
    return found


def _item(offer: Offer, cloud: str, quote: Quote, count: int) -> dict[str, Any]:
    values = (
        offer.gpu_id, offer.name, offer.memory_gb, offer.cuda_cores, offer.max_count, count, cloud, quote.on_demand,
        None if quote.on_demand is None else round(quote.on_demand / count, 6),
        None if quote.spot is None else round(quote.spot / count, 6), quote.stock, quote.rented, quote.total,
        None if quote.rented_share is None else round(quote.rented_share, 2), quote.country, quote.min_vcpus,
        quote.min_memory_gb, quote.min_download_mbps, quote.min_upload_mbps, quote.public_ip,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def as_json(found: Sequence[Mapping[str, Any]], demand: MarketQuery, at: float, problems: Sequence[str]) -> str:
    """{"podtop": 1, "kind": "market", "at", "filters", "items", "problems"}, in one document."""
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    document = {
        "podtop": SHAPE, "kind": "market", "at": when, "filters": list(views.chips(demand)), "items": list(found),
        "problems": list(problems),
    }  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def as_csv(found: Sequence[Mapping[str, Any]]) -> str:
    """A header, and one line for each."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


async def ask(source: Source, demand: MarketQuery) -> Market:
    """The market as the demand sees it, once. Raises CloudError."""
    cloud = source.open()
    try:
        (answer,) = await cloud.markets((demand,))
    finally:
        await cloud.aclose()
    if isinstance(answer, api.CloudError):
        raise answer
    return answer


def show(source: Source, config: Config, options: argparse.Namespace) -> int:
    """Print what can be rented now; the exit code says whether there was anything."""
    try:
        demand = demand_of(options)
        chosen(options, ())
        market = asyncio.run(ask(source, demand))
        found = items(market, chosen(options, views.rows(market, demand.gpu_count)), demand)
    except Usage as error:
        return _end(str(error), USAGE)
    except (api.Unauthorized, api.Forbidden) as error:
        return _end(str(error), REFUSED)
    except api.CloudError as error:
        return _end(str(error), UNREACHABLE)
    make_utf8(sys.stdout)
    if options.form == "json":
        problems = [problem.message for problem in market.problems]
        text = as_json(found, demand, source.clock(), problems) + "\n"
    else:
        text = as_csv(found)
    with suppress(ReaderGone):
        write(text)
    return FOUND if found else NOTHING


def _end(message: str, code: int) -> int:
    say(message)
    return code
