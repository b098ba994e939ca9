"""`TabbedListsScreen`: a screen of several listings, one visible at a time, with the facts and the chart of its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.widget import Widget

from tui.ui.charts.spec import ChartSpec
from tui.ui.context import ScreenContext
from tui.ui.layout import place_of
from tui.ui.primitives.cells import Cell
from tui.ui.render.row_columns import NARROW
from tui.ui.screens.listing import Listing
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.status_lines import Lines, TwoSided, taken
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.widgets.filter_input import FilterLine

L = TypeVar("L", bound=Listing)


class TabbedListsScreen(ListingScreen):
    """Shows one of its listings; the arrows move to the next.

    LISTINGS: their factories, in order.
    FACTS:    cells of a label and of a value, at least.
    CHARTS:   charts that stand above each other, at most.
    """

    TITLES: ClassVar = {"list": "List", "facts": "Details", "trend": "Chart"}
    BAR = "lists"
    HOME = "list"
    LISTINGS: ClassVar[tuple[type[Listing], ...]]
    FACTS: ClassVar[tuple[int, int]] = (14, 20)
    CHARTS: ClassVar[int] = 1

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight, *(make(sight) for make in self.LISTINGS))
        self._current = next(iter(self._lists.values()))
        self._listed = 0

    def _one(self, kind: type[L]) -> L:
        """The listing of a kind."""
        return next(listing for listing in self._lists.values() if isinstance(listing, kind))

    def _panes(self) -> Iterator[Widget]:
        for listing in self._lists.values():
            yield Table(listing.columns, id=listing.name, classes="pane list")
        yield FactsPane(*self.FACTS)
        yield Telemetry(self.CHARTS, id="trend")

    @property
    def _listing(self) -> Listing:
        return self._current

    @property
    def _key_meant(self) -> str | None:
        return self._key if self._active == "list" else None

    def _on_screen(self) -> tuple[Listing, ...]:
        return (self._current,)

    def _pane(self, name: str) -> Widget:
        return super()._pane(self._current.name if name == "list" else name)

    def _is_shown(self, pane: Widget) -> bool:
        return super()._is_shown(pane) and (place_of(pane) != "list" or pane.id == self._current.name)

    def _in_turn(self) -> tuple[str, ...]:
        return self._current.panes

    @property
    def _home(self) -> str:
        # If there is room for one pane, the first is the most important one of the list.
        return self._current.panes[0] if self._single else "list"

    @property
    def _alone(self) -> bool:
        return super()._alone or len(self._current.panes) == 1

    @property
    def _rows_above_facts(self) -> int:
        """The rows of the list, where it is the only pane that fits and has the focus; else 0."""
        if not self._single or self._zoomed or self._active != "list" or "facts" not in self._current.panes:
            return 0
        return len(self._table(self._current).keys)

    @property
    def _rows_listed(self) -> int:
        """The rows of the list: while a filter is typed those before it, so that the panes stay as they are."""
        if not self.typing():
            self._listed = len(self._table(self._current).keys)
        return self._listed

    def _end(self, event: FilterLine.Done) -> None:
        super()._end(event)
        self.show()

    def _arrange(self) -> None:
        if self._active not in self._current.panes:
            self._active = "list"
        super()._arrange()

    def _show_all(self) -> None:
        super()._show_all()
        self._show_footer()

    def _show_row(self) -> None:
        self._show_facts(self._current)
        drawn = self._show_picture("trend", self._current)
        if isinstance(drawn, ChartSpec):
            self._width = drawn.window.width

    # Line of lists

    def _show_bar(self, bar: Lines) -> None:
        tabs: tuple[Cell, ...] = tuple(self._list_tab(listing) for listing in self._lists.values())
        pane: tuple[Cell, ...] = ()
        if self._alone and self._active != "list":
            pane = (((self.TITLES[self._active], "accent"),),)
        if taken((*tabs, *pane)) + 2 > self.size.width:
            number = tuple(self._lists).index(self._current.name) + 1
            tabs = (self._list_tab(self._current), ((f"‹ {number}/{len(self._lists)} ›", "muted"),))
        bar.content = (TwoSided(tabs, pane),)

    def _list_tab(self, listing: Listing) -> Cell:
        word = listing.short if listing.short and self.size.width < NARROW else listing.title
        return ((f" {word} ", "tab" if listing is self._current else "muted"),)

    @on(Lines.Picked, "#lists")
    def _list_picked(self, event: Lines.Picked) -> None:
        for listing in self._lists.values():
            if event.group == self._list_tab(listing):
                self._go_list(listing.name)
                return
        self._pick(event.group)

    def _pick(self, group: Cell) -> None:
        """Another list in the line was clicked."""

    def action_list(self, step: int) -> None:
        names = tuple(self._lists)
        self._go_list(names[(names.index(self._current.name) + step) % len(names)])

    def _go_list(self, name: str) -> None:
        self._current, self._cursor = self._lists[name], None
        self._current.revealed = False
        self._attend()
        self._go(self._home)
