"""The Market screen: offers, locations and prices; the price history, and alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region

from tui.api.models import MarketQuery
from tui.domain import offered
from tui.store.views import offers as views
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.primitives.cells import Cell
from tui.ui.render import offers
from tui.ui.render.row_columns import NARROW
from tui.ui.screens.charted import RANGES
from tui.ui.screens.gpu_list import Gpus
from tui.ui.screens.keys import COLUMNS, INVERT, SORT, filter_key, hidden, pane_keys
from tui.ui.screens.listing import Listing
from tui.ui.screens.market_lists import LISTINGS
from tui.ui.screens.tabbed_lists import TabbedListsScreen
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.status_lines import Lines

DAY, WEEK = RANGES.index(86_400.0), RANGES.index(7 * 86_400.0)
"""The trend covers a day or a week: prices are stored per quarter of an hour."""

HINT = " ".join(f"{name}=" for name in views.FILTERS)
DEMAND = "demand"
"""The purpose of the line that takes API filters."""


class MarketScreen(TabbedListsScreen):
    """Shows the market; requests it with its filters, while it is on top."""

    MODE = "market"
    NEVER = ("chart.heat", "chart.big")
    TITLES: ClassVar = {**TabbedListsScreen.TITLES, "trend": "Trend"}
    WITHOUT = frozenset(("heat", "big", "lease", "ssh"))
    LISTINGS = LISTINGS
    CHARTS = 3
    FIRST_RANGE = DAY
    LAST_RANGE = WEEK
    RANGE_AT_FIRST = DAY
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "demand", "API filters", id="market.demand", tooltip="API filters: GPUs, cloud, memory, country"),
        filter_key(),
        SORT,
        INVERT,
        COLUMNS,
        Binding(
            "right,l",
            "list(1)",
            "list",
            id="market.next",
            key_display="→",
            tooltip="Next list: CPU pods, CPUs, data centers, watches",
        ),
        Binding(
            "left,h",
            "list(-1)",
            "list",
            id="market.previous",
            show=False,
            key_display="←",
            tooltip="Previous list",
        ),
        Binding("w", "watch", "watch", id="market.watch", tooltip="Watch: notify or deploy when available"),
        hidden("x", "remove", "market.remove", "Remove the watch under the cursor"),
        Binding("enter", "open", "edit", id="table.open", show=False, tooltip="Edit the watch under the cursor"),
        *pane_keys(zoom=False),
        hidden("c", "copy", "market.copy", "Copy ID, name or a detail"),
        hidden("escape", "back", "pane.back", "Clear cursor, zoom, filter"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._gpus = self._one(Gpus)

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        return layout.market(
            width, height, self._active, self._rows_listed, self._alone, "trend" in self._current.panes,
            self._rows_above_facts,
        )  # fmt: skip

    def _meter(self) -> Cell:
        # In narrow terminals keys need the room more than a figure that is far from its limit.
        return self._asked(always=self.size.width >= layout.NORMAL)

    def _show_bar(self, bar: Lines) -> None:
        tabs = tuple(self._list_tab(listing) for listing in self._lists.values())
        pane: tuple[Cell, ...] = ()
        if self._alone and self._active != "list":
            pane = (((f" {self.TITLES[self._active]} ", "tab"),),)
            # The tab of the pane's own list comes before the others.
            tabs = (self._list_tab(self._current),) if self.size.width < NARROW else tabs
        lines = offers.wrapped((*tabs, *pane), self._current.chips(), self.size.width - 2)
        if bar.styles.height is None or bar.styles.height.value != len(lines):
            # A filter that is not visible would be assumed not to exist.
            bar.styles.height = len(lines)
        bar.content = lines

    def _pick(self, group: Cell) -> None:
        """An API filter was removed by a click."""
        chips = views.chips(self._gpus.demand)
        for clicked in chips:
            if group[0][0].strip() == clicked:
                self._ask_for(views.demand_of(" ".join(chip for chip in chips if chip != clicked))[0])
                return

    def _show_list(self, listing: Listing) -> None:
        super()._show_list(listing)
        table = self._table(self._gpus)
        if listing is self._gpus and self._gpus.sought in table.keys:
            table.move_to(self._gpus.sought)
            self._gpus.sought = ""

    def look_for(self, gpu: str) -> None:
        """Put the cursor on a GPU type; a filter that hides it is cleared."""
        self._gpus.sought = gpu
        if self._gpus.typed and gpu not in self._table(self._gpus).keys:
            self._gpus.typed = ""
        self._go_list(self._gpus.name)

    def action_remove(self) -> None:
        self._sight.watches.remove(self._key or "")

    # API filters

    async def action_demand(self) -> None:
        text = " ".join(views.chips(self._gpus.demand))
        line = FilterLine(text, f"API filters: {HINT}", DEMAND, holds=lambda text: not self._demanded(text)[1])
        await self._ask(line)

    @property
    def _countries(self) -> tuple[str, ...]:
        """Countries with RunPod hosts, as far as loaded; none while unknown."""
        return self._sight.fleet.countries.value or ()

    def _demanded(self, text: str) -> tuple[MarketQuery, tuple[str, ...]]:
        """The API filters that a text means, and what is wrong with it."""
        demand, faults = views.demand_of(text, self._countries)
        if refused := views.unanswered(demand, self._sight.fleet.market_lacks):
            faults = (*faults, f"{refused}: {offered.WORDS}")
        return demand, faults

    def _take(self, of: str, text: str) -> None:
        if of != DEMAND:
            super()._take(of, text)
            return
        _, faults = self._demanded(text)
        self._entitle(self._table(self._current), self._current.title, "" if faults else "↵ apply")
        self._remark(faults[0] if faults else "")

    def _end(self, event: FilterLine.Done) -> None:
        if event.of != DEMAND:
            super()._end(event)
            return
        # A click elsewhere sends no request to RunPod.
        if event.kept and not event.left:
            self._ask_for(self._demanded(event.line.value)[0])
            return
        self.show()

    def _ask_for(self, demand: MarketQuery) -> None:
        self._gpus.ask(demand)
        self._attend()
        self.show()
