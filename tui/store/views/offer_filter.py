"""The fields that GPU types of the market are filtered by, as in `vram>=80 price<2.5 stock:high`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.domain import filters
from tui.domain.filter_units import GB, PERCENT, RATE
from tui.domain.filters import Field, Fields, Filter, Kind

if TYPE_CHECKING:
    from tui.store.views.offer_rows import OfferRow


def _clouds(row: OfferRow) -> tuple[str, ...]:
    clouds = (("secure", row.secure_stock, row.secure), ("community", row.community_stock, row.community))
    return tuple(word for word, stock, price in clouds if stock is not None or price is not None)


def _text(row: OfferRow) -> str:
    memory, bid = f"{row.memory_gb}GB" if row.memory_gb else "", "spot" if row.spot is not None else ""
    stock, clouds = row.stock or "none", " ".join(_clouds(row))
    return f"{row.name} {row.id} {memory} {stock} {clouds} {bid} {' '.join(row.countries)}".lower()


def _number(texts: str, *aliases: str, unit: str = "") -> Field:
    return Field(Kind.NUMBER, texts, aliases, unit=unit)


def _rate(texts: str, *aliases: str) -> Field:
    return _number(texts, *aliases, unit=RATE)


OFFERS: Fields[OfferRow] = Fields(
    {
        "vram": (_number("GB of memory per GPU", "memory", unit=GB), lambda row: row.memory_gb),
        "price": (_rate("$/GPU/h on demand, in the cheaper cloud"), lambda row: row.price),
        "spot": (_rate("$/GPU/h, lowest bid", "bid"), lambda row: row.spot),
        "cheapest": (_rate("$/GPU/h, the lowest of all prices"), lambda row: row.cheapest),
        "secure": (_rate("$/GPU/h on demand, secure cloud"), lambda row: row.secure),
        "secure-spot": (_rate("$/GPU/h, lowest bid, secure cloud"), lambda row: row.secure_spot),
        "community": (_rate("$/GPU/h on demand, community cloud", "comm"), lambda row: row.community),
        "community-spot": (_rate("$/GPU/h, lowest bid, community cloud"), lambda row: row.community_spot),
        "total": (_rate("$/h of all requested GPUs", "whole"), lambda row: row.whole),
        "gb": (_rate("$/h per GB of GPU memory", "$/gb", "on-demand-per-gb"), lambda row: row.per_gb),
        "max": (_number("maximum GPUs per pod"), lambda row: row.max_count),
        "cores": (_number("CUDA cores"), lambda row: row.cuda_cores),
        "rented": (_number("% rented, of all", unit=PERCENT), lambda row: row.rented_share),
        "name": (Field(Kind.WORDS, "part of a name or ID", ("gpu",)), lambda row: (row.name, row.id)),
        "stock": (Field(Kind.WORDS, "high, medium, low or none"), lambda row: row.stock or "none"),
        "cloud": (
            Field(Kind.WORDS, "secure or community, if in stock there", choices=("secure", "community")), _clouds,
        ),
        "country": (
            Field(Kind.WORDS, "two-letter country of the cheapest host", ("region",)), lambda row: row.countries,
        ),
        "maker": (Field(Kind.WORDS, "nvidia or amd"), lambda row: row.manufacturer),
    },
    _text,
)  # fmt: skip

LATELY = "24h"
"""The field that only the list with the trend has: elsewhere no prices of before are known."""


def trended(lately: Callable[[OfferRow], float | None] = lambda row: None) -> Fields[OfferRow]:
    """The fields of the list with the trend of a day. `lately`: by how many % the price changed in it."""
    change = Field(Kind.NUMBER, "% by which the price changed in 24 hours", ("trend",), unit=PERCENT)
    fields = {name: (field, OFFERS.readers(name)) for name, field in OFFERS.vocabulary.fields.items()}
    return Fields({**fields, LATELY: (change, lately)}, _text)


def change(prices: Sequence[float | None]) -> float | None:
    """By how many percent the last known of these prices differs from the first one; None with less than two."""
    known = [price for price in prices if price is not None]
    return 100 * (known[-1] - known[0]) / known[0] if len(known) > 1 and known[0] > 0 else None


WORDS = filters.WORDS
"""The terms that a filter accepts, for a line of help."""


def parse(text: str) -> Filter:
    """Parse a filter as typed. It never fails: what is invalid does not filter, and is reported."""
    return filters.parse(text, OFFERS.vocabulary)
