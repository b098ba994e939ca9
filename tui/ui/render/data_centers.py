"""Data centers in words: columns and cells, their order, the stock of one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui.domain.filters import Field, Fields, Kind
from tui.format import numbers as fmt
from tui.store.views.offer_rows import stock_rank
from tui.store.views.pods import short_name
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.rows import stock_cell
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.models import DataCenter

COLUMNS = (
    Column("id", "DATA CENTER", 12, 0, sort="id"),
    Column("name", "NAME", 14, 3, sort="name"),
    Column("country", "REGION", 6, 1, sort="country"),
    Column("types", "GPU TYPES", 10, 1, right=True, sort="types"),
    Column("best", "IN STOCK", 20, 2, flex=True, sort="best"),
    Column("volumes", "VOLUMES", 7, 4, sort="volumes"),
    Column("network", "GLOBAL NET", 10, 5, sort="network"),
    Column("compliance", "COMPLIANCE", 12, 6, sort="compliance"),
)
SHORT = {"North America": "N Amer", "South America": "S Amer", "Middle East": "M East", "Oceania": "Ocean."}
"""Regions that a column would cut; the details have them in full."""
SORTS = ("types", "id", "name", "country", "best", "volumes", "network", "compliance")


def stocked(center: DataCenter) -> tuple[tuple[str, str], ...]:
    """The stock of a data center, by the GPU's id, best stocked first."""
    stocks = [(s.gpu_id, s.stock) for s in center.stocks if s.stock is not None]
    return tuple(sorted(stocks, key=lambda pair: (-stock_rank(pair[1]), pair[0])))


def cells(center: DataCenter, names: Mapping[str, str], room: int = 0) -> Cells:
    """The cells of one data center. `room`: cells of its stock, 0 if that is unknown."""

    def yes(value: bool | None) -> Cell:
        return (("✓ yes", "good"),) if value else (("no" if value is False else fmt.UNKNOWN, "quiet"),)

    stocks = stocked(center)
    types = [_name(gpu, names) for gpu, _ in stocks]
    best = listed(types, room) if room else ", ".join(types)
    return {
        "id": ((center.id, "text" if stocks else "muted"),),
        "name": ((center.name or fmt.UNKNOWN, "muted"),),
        "country": ((SHORT.get(center.location or "", center.location) or fmt.UNKNOWN, "muted"),),
        "types": ((str(len(stocks)), "text" if stocks else "quiet"),),
        "best": ((best or "none", "text" if best else "quiet"),),
        "volumes": yes(center.volumes),
        "network": yes(center.global_network),
        "compliance": ((", ".join(center.compliance) or fmt.UNKNOWN, "muted"),),
    }


_KEYS: dict[str, Callable[[DataCenter], Any]] = {
    "types": lambda c: -len(stocked(c)),
    "id": lambda c: c.id,
    "name": lambda c: (c.name or "~").lower(),
    "country": lambda c: c.location or "~",
    # Those with the best stock, with network volumes, in the global network, come first.
    "best": lambda c: -max((stock_rank(word) for _, word in stocked(c)), default=0),
    "volumes": lambda c: not c.volumes,
    "network": lambda c: not c.global_network,
    "compliance": lambda c: ", ".join(c.compliance) or "~",
}
_FALLING = ("types", "best", "volumes", "network")


def rises(sort: str, inverted: bool) -> bool:
    """Whether the data centers are sorted in ascending order."""
    return inverted if sort in _FALLING else not inverted


def _gpus(center: DataCenter) -> tuple[str, ...]:
    return tuple(gpu for gpu, _ in stocked(center))


CENTERS: Fields[DataCenter] = Fields(
    {
        "id": (Field(Kind.WORDS, "part of an ID", ("dc", "data-center")), lambda c: c.id),
        "name": (Field(Kind.WORDS, "part of a name"), lambda c: c.name),
        "region": (Field(Kind.WORDS, "part of a region", ("country", "location")), lambda c: c.location),
        "types": (Field(Kind.NUMBER, "GPU types in stock", ("gpu-types",)), lambda c: len(stocked(c))),
        "gpu": (Field(Kind.WORDS, "part of a GPU type in stock", ("stock", "in-stock")), _gpus),
        "volumes": (Field(Kind.FLAG, "whether it has network volumes"), lambda c: c.volumes),
        "network": (
            Field(Kind.FLAG, "whether it is in the global network", ("global-net",)),
            lambda c: c.global_network,
        ),
        "compliance": (Field(Kind.WORDS, "part of a standard"), lambda c: c.compliance),
    },
    lambda c: f"{c.id} {c.name} {c.location} {' '.join(_gpus(c))} {' '.join(c.compliance)}".lower(),
)


def ordered(passing: Sequence[DataCenter], sort: str, inverted: bool) -> tuple[DataCenter, ...]:
    """The data centers, sorted."""
    by_id = sorted(passing, key=lambda c: c.id)
    by_id.sort(key=_KEYS[sort or "types"], reverse=inverted)
    return tuple(by_id)


LEAST_COLUMNS = 3
"""Data centers that stock is compared of at least, if it is."""

_APART, _GAUGE, _MORE = 2, 8, 8
"""Cells between two of them, of a gauge with its word, and of how many more there are."""


def facts(
    center: DataCenter, names: Mapping[str, str], others: Sequence[DataCenter] = (), room: int = 0
) -> tuple[Section, ...]:
    """The stock of a data center; with room for it beside that of others.

    others: in the order of the list, this one among them.
    room:   cells of a value.
    """
    here = stocked(center)
    compared = _columns(center, others, room)
    hidden = len(others) - len(compared)
    stock = [Section("In stock", _compared(center, compared, [gpu for gpu, _ in here], names, hidden))]
    if not compared:
        plain = tuple(Fact(_name(gpu, names), stock_cell(word), gpu) for gpu, word in here)
        stock = [Section("In stock", plain or NONE_HERE)]
    elif not here:
        stock = [Section("In stock", NONE_HERE)]
    if elsewhere := _elsewhere(center, compared):
        stock.append(Section("Elsewhere", _compared(center, compared, elsewhere, names, hidden)))
    if center.listed is not False:
        # As every other one.
        return tuple(stock)
    listed = Fact("Listed", (("no (not offered by RunPod)", "warn"),))
    return (*stock, Section("Data center", (listed,)))


NONE_HERE = (Fact("None", (("no GPU in stock here now", "quiet"),)),)


def _name(gpu: str, names: Mapping[str, str]) -> str:
    return names.get(gpu, short_name(gpu))


def _width(centers: Sequence[DataCenter]) -> int:
    """Cells of the column of a data center."""
    return max([_GAUGE, *(len(center.id) for center in centers)]) + _APART


def _columns(center: DataCenter, others: Sequence[DataCenter], room: int) -> tuple[DataCenter, ...]:
    """The data centers that fit, this one among them."""
    widest = _width(others)
    count = min(len(others), max(0, room - _MORE) // widest)
    if count < LEAST_COLUMNS or center not in others:
        return ()
    start = max(0, min(others.index(center) - count // 2, len(others) - count))
    return tuple(others[start : start + count])


def _elsewhere(center: DataCenter, compared: Sequence[DataCenter]) -> list[str]:
    """GPU types that are in stock in the others only, those of most of them first."""
    here = set(_gpus(center))
    counts = Counter(gpu for other in compared for gpu in _gpus(other) if gpu not in here)
    return sorted(counts, key=lambda gpu: (-counts[gpu], gpu))


def _compared(
    center: DataCenter, compared: Sequence[DataCenter], gpus: Sequence[str], names: Mapping[str, str], hidden: int
) -> tuple[Fact, ...]:
    """The stock of each of these GPU types in each of these data centers, below their ids; `hidden` have no room."""
    width = _width(compared)
    stocks = [dict(stocked(other)) for other in compared]
    head = [(f"{other.id:<{width}}", "key" if other is center else "muted") for other in compared]
    head += [(f"+{hidden} more", "quiet")] if hidden else []
    lines = []
    for gpu in gpus:
        parts: list[tuple[str, str]] = []
        for other, stock in zip(compared, stocks, strict=True):
            cell = stock_cell(stock[gpu]) if gpu in stock else (("\u00b7", "quiet"),)
            if gpu in stock and other is not center:
                # The word beside the gauge of this one says what the others mean.
                cell = ((cell[0][0], "muted"),)
            taken = sum(len(text) for text, _ in cell)
            parts += [*cell, (" " * max(1, width - taken), "quiet")]
        lines.append(Fact(_name(gpu, names), tuple(parts), gpu))
    return (Fact("", tuple(head)), *lines)


def listed(stocks: Sequence[str], room: int) -> str:
    """As many whole names as fit, and how many more there are."""
    for count in range(len(stocks), 0, -1):
        rest = f" +{len(stocks) - count}" if count < len(stocks) else ""
        if len(text := ", ".join(stocks[:count]) + rest) <= room:
            return text
    return ", ".join(stocks)
