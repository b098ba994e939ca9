"""The selection of market offers to print: the flags that `podtop market` and `podtop once market` share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.models import ANYTHING, MarketQuery
from tui.commands.flags import MARKET_FLAGS
from tui.domain.filters import NO_FILTER, Filter
from tui.store.views import offers as views
from tui.store.views.offer_filter import parse

if TYPE_CHECKING:
    from tui.store.views.offer_rows import OfferRow


class Usage(Exception):
    """A flag that cannot be used, with the reason."""


class Selection(Struct, frozen=True):
    """The query to RunPod, which of its offers are shown, and in what order (a name of `views.SORTS`)."""

    query: MarketQuery = ANYTHING
    filter: Filter = NO_FILTER
    sort: str = "price"

    def rows(self, rows: tuple[OfferRow, ...]) -> tuple[OfferRow, ...]:
        return views.select(rows, self.filter, self.sort)


ALL = Selection()
"""All offers for one GPU, the cheapest first."""


def given(options: argparse.Namespace) -> list[str]:
    """The market flags that were given."""
    return [flag for flag, _, _ in MARKET_FLAGS if getattr(options, flag.removeprefix("--")) is not None]


def selection(options: argparse.Namespace) -> Selection:
    """The flags as a selection. Raises Usage."""
    filter = parse(options.filter or "")
    if filter.faults:
        raise Usage(f"--filter: {'; '.join(filter.faults)}")
    sort = options.sort or "price"
    if sort not in views.SORTS:
        raise Usage(f"--sort: invalid value {sort!r}; expected {', '.join(views.SORTS)}")
    return Selection(_query(options), filter, sort)


def _query(options: argparse.Namespace) -> MarketQuery:
    values = {name: value for name in views.FILTERS if (value := getattr(options, name)) is not None}
    for name, value in values.items():
        if any(ch.isspace() or ch == "," for ch in value) or views.demand_of(f"{name}={value}")[1]:
            raise Usage(f"--{name}: invalid value {value!r}; expected {views.FILTERS[name][1]}")
    return views.demand_of(" ".join(f"{name}={value}" for name, value in values.items()))[0]
