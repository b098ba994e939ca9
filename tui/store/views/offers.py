"""Views of the market: its rows, their order, alternatives. No formatting: numbers stay numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui.store.views.pods import Order, ordered, short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tui.api.features import Feature
    from tui.api.models import DataCenters, Market, MarketQuery
    from tui.domain.filters import Fields, Filter
    from tui.store.views.offer_rows import OfferRow


_ORDERS: dict[str, Order[OfferRow]] = {
    "cheapest": Order(lambda o: o.cheapest, rising=True),
    "price": Order(lambda o: o.price, rising=True),
    "spot": Order(lambda o: o.spot, rising=True),
    "vram": Order(lambda o: o.memory_gb),
    "stock": Order(lambda o: _stock(o)),
    "name": Order(lambda o: o.name.lower(), rising=True),
    "secure": Order(lambda o: o.secure, rising=True),
    "secure_spot": Order(lambda o: o.secure_spot, rising=True),
    "community": Order(lambda o: o.community, rising=True),
    "community_spot": Order(lambda o: o.community_spot, rising=True),
}
BESIDE = ("price", "spot")
"""Orders by the cheaper cloud's price on demand, or bid: they have no column of their own."""

PANE_SORTS = tuple(name for name in _ORDERS if name not in BESIDE)
"""The orders of the Fleet screen's pane."""

_ORDERS |= {
    "whole": Order(lambda o: o.whole, rising=True),
    "per_gb": Order(lambda o: o.per_gb, rising=True),
    "rented": Order(lambda o: o.rented_share, rising=True),
    "max": Order(lambda o: o.max_count),
    "cores": Order(lambda o: o.cuda_cores),
    "country": Order(lambda o: o.countries[0] if o.countries else None, rising=True),
}
SORTS = tuple(_ORDERS)
LIST_SORTS = tuple(name for name in SORTS if name not in BESIDE)
"""The orders of the Market screen: each has a column."""


def _stock(row: OfferRow) -> int:
    # Without prices there are no rows: nothing of theirs is imported for the first frame.
    from tui.store.views.offer_rows import stock_rank

    return stock_rank(row.stock)


def rises(sort: str, inverted: bool) -> bool:
    """Whether the offers are sorted in ascending order."""
    return _ORDERS[sort or "price"].rising != inverted


def rows(market: Market | None, count: int = 1, *, makers: bool = False) -> tuple[OfferRow, ...]:
    """All rows, for a response to a query for `count` GPUs. `makers`: whether names keep what RunPod has of them."""
    if market is None:
        return ()
    from tui.store.views.offer_rows import offer_row

    built = tuple(offer_row(offer, count) for offer in market.offers)
    names = (_distinct if makers else told_apart)([(row.name, row.id) for row in built])
    return tuple(row if row.name == name else replace(row, name=name) for row, name in zip(built, names, strict=True))


def told_apart(named: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The names of GPU types, given with their ids, without their makers: where several have one name, with what
    distinguishes them."""
    return _distinct([(short_name(name), id) for name, id in named])


def _distinct(named: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    same: dict[str, list[str]] = {}
    for name, id in named:
        same.setdefault(name, []).append(id)
    return tuple(name if len(same[name]) == 1 else _with_id(name, id, same[name]) for name, id in named)


def _with_id(name: str, id: str, ids: Sequence[str]) -> str:
    common = set(name.split()).union(set.intersection(*(set(each.split()) for each in ids)))
    own = " ".join(word for word in id.split() if word not in common)
    return f"{name} {own}".rstrip() if own else name


def select(
    rows: tuple[OfferRow, ...], terms: Filter | None, sort: str = "", inverted: bool = False
) -> tuple[OfferRow, ...]:
    """The rows that match, sorted; those that cannot be rented now come last in any order by price.

    Equal ones are sorted by price, then by name.
    """
    return _select(_cheapest_first(rows), terms, sort, inverted)


def _cheapest_first(rows: Iterable[OfferRow]) -> list[OfferRow]:
    return ordered(sorted(rows, key=lambda o: (o.name.lower(), o.id)), _ORDERS["cheapest"], inverted=False)


def _select(
    cheapest_first: list[OfferRow], terms: Filter | None, sort: str, inverted: bool,
    fields: Fields[OfferRow] | None = None,
) -> tuple[OfferRow, ...]:  # fmt: skip
    if terms:
        from tui.store.views.offer_filter import OFFERS

        cheapest_first = list((fields or OFFERS).select(terms, cheapest_first))
    return tuple(ordered(cheapest_first, _ORDERS[sort or "price"], inverted))


class Selected(Struct, frozen=True):
    """Rows that match: their ids in order, and each by its id."""

    keys: tuple[str, ...]
    rows: Mapping[str, OfferRow]


class KeptRows:
    """The rows of an answer, and those that match, for as long as the same is asked: there may be thousands."""

    def __init__(self) -> None:
        self._read: tuple[Market | None, int] = (None, 0)
        self._rows: tuple[OfferRow, ...] = ()
        self._cheapest_first: list[OfferRow] = []
        self._asked: tuple[Filter | None, str, bool, float | None] | None = None
        self._selected = Selected((), {})

    def rows(self, market: Market | None, count: int = 1) -> tuple[OfferRow, ...]:
        """`rows`."""
        if market is not self._read[0] or count != self._read[1]:
            self._read, self._rows, self._asked = (market, count), rows(market, count), None
            self._cheapest_first = _cheapest_first(self._rows)
        return self._rows

    def select(
        self,
        terms: Filter | None,
        sort: str,
        inverted: bool,
        fields: Fields[OfferRow] | None = None,
        at: float | None = None,
    ) -> Selected:
        """`select`, of the answer that was last read.

        fields: by which they are filtered, and the instant of them, if there are more than those of a row.
        """
        asked = terms or None, sort, inverted, at
        if asked != self._asked:
            by_id = {row.id: row for row in _select(self._cheapest_first, terms, sort, inverted, fields)}
            self._asked, self._selected = asked, Selected(tuple(by_id), by_id)
        return self._selected


class Equivalent(Struct, frozen=True):
    """A GPU type with at least as much memory that costs less; `saves` per GPU and hour."""

    row: OfferRow
    saves: float


def cheaper(row: OfferRow, rows: tuple[OfferRow, ...]) -> tuple[Equivalent, ...]:
    """Alternatives with at least this one's memory that cost less per GPU, cheapest first. None if it has no price."""
    price, memory = row.price, row.memory_gb
    if price is None or memory is None:
        return ()
    equivalents = [
        Equivalent(other, price - its)
        for other in rows
        if other.memory_gb is not None and other.memory_gb >= memory
        and (its := other.price) is not None and its < price and other.id != row.id
    ]  # fmt: skip
    return tuple(sorted(equivalents, key=lambda e: (-e.saves, e.row.name)))


def substitutes(row: OfferRow, rows: tuple[OfferRow, ...]) -> tuple[OfferRow, ...]:
    """Alternatives to one that is unavailable: at least its memory, cheapest first."""
    alternatives = [
        (other.price, other.name, other)
        for other in rows
        if other.id != row.id and other.price is not None and (other.memory_gb or 0) >= (row.memory_gb or 0)
    ]
    return tuple(other for _, _, other in sorted(alternatives, key=lambda item: item[:2]))


def centers_of(places: DataCenters | None, gpu: str) -> tuple[tuple[str, str], ...]:
    """The data centers that have a GPU type in stock, by id with RunPod's word, the best stocked first."""
    if places is None:
        return ()
    from tui.store.views.offer_rows import stock_rank

    stocks = [(center.id, s.stock) for center in places.centers for s in center.stocks if s.gpu_id == gpu]
    return tuple(sorted(((c, word) for c, word in stocks if word), key=lambda pair: (-stock_rank(pair[1]), pair[0])))


FILTERS = {
    "gpus": ("gpu_count", "1 to 100 GPUs in one pod"),
    "cloud": ("secure", "secure or community"),
    "disk": ("disk_gb", "GB of disk in total"),
    "memory": ("min_memory_gb", "minimum GB of memory"),
    "vcpus": ("min_vcpus", "minimum vCPUs"),
    "down": ("min_download_mbps", "minimum download, Mbit/s"),
    "up": ("min_upload_mbps", "minimum upload, Mbit/s"),
    "country": ("country", "a two-letter code such as SE"),
    "ip": ("public_ip", "yes or no: with a public IP"),
}
"""Filters sent to RunPod: the typed name, the field of `MarketQuery`, and the accepted values."""

_NAMES = {field: name for name, (field, _) in FILTERS.items()}


def unanswered(demand: MarketQuery, lacks: frozenset[Feature]) -> str:
    """The filters, as typed, that the API in use cannot answer; empty if it can."""
    from tui.domain import offered

    return " ".join(chip(_NAMES[field], demand) for field in offered.unanswered(demand, lacks))


_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def chip(name: str, demand: MarketQuery) -> str:
    """A filter as typed; empty if it does not filter anything."""
    value = getattr(demand, FILTERS[name][0])
    if value is None or (name == "gpus" and value == 1):
        return ""
    if name == "cloud":
        return f"cloud={'secure' if value else 'community'}"
    return f"{name}={('yes' if value else 'no') if isinstance(value, bool) else value}"


def chips(demand: MarketQuery) -> tuple[str, ...]:
    """All filters that filter anything, as typed."""
    return tuple(text for name in FILTERS if (text := chip(name, demand)))


def _value(name: str, text: str) -> object:
    """Parse a filter's value. Raises ValueError or KeyError if it is not accepted."""
    match name:
        case "cloud":
            return {"secure": True, "community": False}[text]
        case "country":
            if len(text) != 2 or not (text.isascii() and text.isalpha()):
                raise ValueError
            return text.upper()
        case "ip":
            return _YES[text]
        case _:
            number = int(text)
            if not 1 <= number <= (100 if name == "gpus" else 1_000_000):
                raise ValueError
            return number


def demand_of(text: str, countries: Collection[str] = ()) -> tuple[MarketQuery, tuple[str, ...]]:
    """Parse filters as typed; returns the query, and messages about the parts that are not accepted.

    countries: where there are hosts; empty if unknown.
    """
    import difflib

    from tui.api.models import MarketQuery

    values: dict[str, object] = {}
    faults: list[str] = []
    for token in text.lower().replace(",", " ").split():
        name, mark, value = token.partition("=")
        if name not in FILTERS:
            near = difflib.get_close_matches(name, FILTERS, 1)
            hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(FILTERS)}"
            faults.append(f"unknown filter {name}; {hint}")
            continue
        field, accepted = FILTERS[name]
        try:
            values[field] = _value(name, value)
        except (ValueError, KeyError):
            faults.append(f"{name}={value} is invalid; expected {accepted}" if mark else f"{name}= expects {accepted}")
    if countries and (country := values.get("country")) and country not in countries:
        faults.append(f"no hosts in country={country}; expected {' '.join(sorted(countries))}")
    return MarketQuery(**values), tuple(faults)  # type: ignore[arg-type]
