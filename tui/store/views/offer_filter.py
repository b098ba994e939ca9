"""The fields that GPU types of the market are filtered by, as in `vram>=80 price<2.5 stock:high`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain import filters
from tui.domain.filters import Field, Fields, Filter, Kind

if TYPE_CHECKING:
    from tui.store.views.offer_rows import OfferRow


def _clouds(row: OfferRow) -> tuple[str, ...]:
    clouds = (("secure", row.secure_stock, row.secure), ("community", row.community_stock, row.community))
    return tuple(word for word, stock, price in clouds if stock is not None or price is not None)


def _text(row: OfferRow) -> str:
    memory = f"{row.memory_gb}GB" if row.memory_gb else ""
    return f"{row.name} {row.id} {memory} {row.stock or 'none'} {' '.join(row.countries)}".lower()


def _number(texts: str, *aliases: str) -> Field:
    return Field(Kind.NUMBER, texts, aliases)


OFFERS: Fields[OfferRow] = Fields(
    {
        "vram": (_number("GB of memory per GPU", "memory"), lambda row: row.memory_gb),
        "price": (_number("$/GPU/h on demand, in the cheaper cloud"), lambda row: row.price),
        "spot": (_number("$/GPU/h, lowest bid", "bid"), lambda row: row.spot),
        "cheapest": (_number("$/GPU/h, the lowest of all prices"), lambda row: row.cheapest),
        "secure": (_number("$/GPU/h on demand, secure cloud"), lambda row: row.secure),
        "secure-spot": (_number("$/GPU/h, lowest bid, secure cloud"), lambda row: row.secure_spot),
        "community": (_number("$/GPU/h on demand, community cloud"), lambda row: row.community),
        "community-spot": (_number("$/GPU/h, lowest bid, community cloud"), lambda row: row.community_spot),
        "total": (_number("$/h of all requested GPUs", "whole"), lambda row: row.whole),
        "gb": (_number("$/h per GB of GPU memory", "$/gb"), lambda row: row.per_gb),
        "max": (_number("maximum GPUs per pod"), lambda row: row.max_count),
        "cores": (_number("CUDA cores"), lambda row: row.cuda_cores),
        "rented": (_number("percent rented, of all"), lambda row: row.rented_share),
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

WORDS = filters.WORDS
"""The terms that a filter accepts, for a line of help."""


def parse(text: str) -> Filter:
    """Parse a filter as typed. It never fails: what is invalid does not filter, and is reported."""
    return filters.parse(text, OFFERS.vocabulary)
