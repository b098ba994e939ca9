"""Data centers in words: columns and cells, their order, the stock of one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def cells(center: DataCenter, names: dict[str, str]) -> Cells:
    def yes(value: bool | None) -> Cell:
        return (("✓ yes", "good"),) if value else (("no" if value is False else fmt.UNKNOWN, "quiet"),)

    stocks = stocked(center)
    best = ", ".join(names.get(gpu, short_name(gpu)) for gpu, _ in stocks)
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


def facts(center: DataCenter, names: dict[str, str]) -> tuple[Section, ...]:
    in_stock = tuple(Fact(names.get(gpu, short_name(gpu)), stock_cell(word), gpu) for gpu, word in stocked(center))
    stock = Section("In stock", in_stock or (Fact("None", (("no GPU in stock here now", "quiet"),)),))
    if center.listed is not False:
        # As every other one.
        return (stock,)
    listed = Fact("Listed", (("no (not offered by RunPod)", "warn"),))
    return (stock, Section("Data center", (listed,)))
