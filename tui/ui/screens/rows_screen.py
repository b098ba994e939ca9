"""`RowsScreen`: a screen of listings: their rows and the details of one, order, columns and filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from textual import on

from tui.format.width import wrapped
from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.layout import place_of
from tui.ui.messages import Attend
from tui.ui.screens.charted import RANGES
from tui.ui.screens.listing import Listing, Rows, Scene
from tui.ui.screens.panes import PanedScreen
from tui.ui.widgets.columns import Column, arranged, sorted_by
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.domain.filters import Vocabulary
    from tui.store.slices import Sliced
    from tui.ui.charts.spec import Drawn
    from tui.ui.widgets.facts_pane import FactsPane
    from tui.ui.widgets.filter_input import FilterLine

_BORDER = 6
"""Cells of a border beside its title."""

WIDEST = 1000
"""Columns of a terminal that has room for all that a list may show."""


class RowsScreen(PanedScreen):
    """Shows its listings in their tables, and the details of the row under the cursor in the other panes.

    TO_THE_LIST: whether a filter brings its list to the front.
    """

    TO_THE_LIST: ClassVar[bool] = False

    def __init__(self, sight: ScreenContext, *listings: Listing) -> None:
        super().__init__(sight)
        self._lists = {listing.name: listing for listing in listings}
        self._filter: FilterLine | None = None
        self._minutes: tuple[object, ...] = ()
        self._prepares = False

    def on_screen_suspend(self) -> None:
        # Revealed values are hidden again when the cursor or focus moves elsewhere.
        for listing in self._lists.values():
            listing.revealed = False

    # Listings

    @property
    def vocabulary(self) -> Vocabulary | None:
        return self._listing.vocabulary

    @property
    def _listing(self) -> Listing:
        """The list that keys are for: that of the focused pane, else the first."""
        return self._lists.get(self._active) or next(iter(self._lists.values()))

    def _on_screen(self) -> tuple[Listing, ...]:
        """The visible lists."""
        return tuple(self._lists.values())

    def _table(self, listing: Listing) -> Table:
        return self.query_one(f"#{listing.name}", Table)

    @property
    def _key(self) -> str | None:
        """The row under the cursor of the list that keys are for."""
        return self._table(self._listing).cursor

    @property
    def _key_meant(self) -> str | None:
        """The target row of an action."""
        return self._key

    def _scene(self, listing: Listing) -> Scene:
        fleet, now = self._view
        table = self._table(listing)
        room = self._shown["facts"].width if "facts" in self._shown else 0
        return Scene(
            fleet, now, table.cursor, self.size.width, table.width_of, room, RANGES[self._range], self._cursor
        )  # fmt: skip

    def _attend(self) -> None:
        """Set the data to request from RunPod while this screen is on top: the topics of its lists, and no more."""
        lists = self._on_screen()
        topics = tuple(topic for listing in lists for topic in listing.wanted())
        self.post_message(Attend(topics, tuple(demand for listing in lists for demand in listing.demands)))

    def _show_all(self) -> None:
        self._prepare()
        before = self._shown
        self._arrange()
        for listing in self._on_screen():
            self._show_list(listing)
        if self._shown != self._regions_of_screen():
            # Which panes there is room for may depend on the rows.
            self._arrange()
        if before and before != self._shown:
            # What was made for the panes as they were is made for their sizes now.
            self.call_after_refresh(self.show)
        self._show_row()
        self._minutes = self._minutes_of(*self._view)

    def _prepare(self) -> None:
        """Let lists of very many rows be computed while keys are heard; they are shown once that is done."""
        works = [work for each in self._on_screen() if (work := each.preparing(self._scene(each))) is not None]
        if works and not self._prepares:
            from tui.services.barrier import held

            self._prepares = True
            self.run_worker(held(self._prepared(works), "computing a list"), name="prepare rows", group="prepare rows")

    async def _prepared(self, works: Sequence[Sliced[None]]) -> None:
        from tui import turns

        try:
            for work in works:
                for _ in work:
                    await turns.quiet()
        finally:
            self._prepares = False
        self.show()

    def _minutes_of(self, fleet: Fleet, now: float) -> tuple[object, ...]:
        return tuple(listing.minute(fleet, now) for listing in self._on_screen())

    def _age(self, fleet: Fleet, now: float) -> None:
        aged = self._minutes_of(fleet, now) != self._minutes
        if aged or any(listing.ages(fleet, now) for listing in self._on_screen()):
            self.show()

    def _show_list(self, listing: Listing) -> None:
        table, scene = self._table(listing), self._scene(listing)
        rows = self._rows(listing, scene)
        columns = rows.columns if rows.columns is not None else listing.columns
        columns = arranged(columns, listing.every_column, listing.chosen_columns)
        table.refit(sorted_by(columns, listing.sort), rows.widest)
        table.show(
            rows.keys, rows.cells, notice=rows.empty, sorted_by=(listing.sort, rows.rising), faded=rows.faded
        )  # fmt: skip
        trouble = listing.trouble(scene)
        # Without a size, before the first layout, there is nothing to fit.
        room = table.outer_size.width - _BORDER if table.outer_size.width else 1000
        noted = replace(rows, notes=(*rows.notes, *_order(listing, rows, columns, table)))
        self._entitle(table, listing.headed(noted, room), trouble or rows.note)
        table.set_class(bool(trouble), "-old")

    def _rows(self, listing: Listing, scene: Scene) -> Rows:
        """The rows of a listing; by the filter before, if that takes too long."""
        if listing.filter is None:
            return listing.rows(scene)
        from tui.domain.patterns import TooComplex

        while True:
            try:
                return listing.rows(scene)
            except TooComplex as error:
                listing.refuse(str(error))

    @property
    def _facts(self) -> FactsPane:
        return cast("FactsPane", self._pane("facts"))

    def _show_facts(self, listing: Listing) -> None:
        pane = self._facts
        if not pane.display:
            return
        about = listing.about(self._scene(listing))
        pane.show_facts(
            about.sections, empty=about.empty, faded=about.faded, wrapped=about.wrapped, folded=about.folded
        )  # fmt: skip
        self._entitle(pane, about.title, about.note)
        pane.set_class(about.warns, "-old")

    def _show_picture(self, name: str, listing: Listing) -> Drawn | None:
        """Show the chart of a listing in a pane; returns the drawn chart."""
        pane = self.query_one(f"#{name}", Telemetry)
        if not pane.display:
            return None
        picture = listing.picture(self._scene(listing))
        self._entitle(pane, picture.title, picture.note)
        stacked = picture.stack(*pane.size) if picture.stack is not None else None
        if picture.draw is None:
            pane.show_notice(picture.empty)
        elif stacked is not None:
            charts = tuple(self._in_shades(chart) for chart in stacked.charts)
            pane.show_stack(charts, stacked.lines)
            return charts[0]
        elif sizes := pane.sizes(1):
            drawn = self._in_shades(picture.draw(*sizes[0]))
            pane.show((drawn,))
            return drawn
        return None

    def _in_shades(self, drawn: Drawn) -> Drawn:
        """A chart in shades, or without them where the terminal has none."""
        from tui.ui.charts.spec import AxisSpec

        return drawn if isinstance(drawn, AxisSpec) else replace(drawn, shades=self._has_shades)

    @on(Table.Moved)
    def _cursor_is_elsewhere(self, event: Table.Moved) -> None:
        listing = self._lists.get(event.table.id or "")
        if listing in self._on_screen() and listing is not None:
            self._row_changed(listing)

    def _row_changed(self, listing: Listing) -> None:
        """The cursor of a list moved to another row."""
        self._follow(self._show_row, self._show_possible)

    # Order

    def action_sort(self) -> None:
        """Show the orders of the list; the present one, chosen again, is reversed."""
        listing, scene = self._listing, self._scene(self._listing)
        if not (orders := listing.orders()):
            return
        from tui.ui.modals.sort_menu import WAYS, Order, SortMenu

        def chosen(sort: str | None) -> None:
            if sort is not None:
                self._sort(listing, sort)

        menu = SortMenu(
            listing.heading or listing.title,
            [Order(sort, label, listing.sort_ways.get(sort, WAYS)) for sort, label in orders], listing.sort,
            self._rows(listing, scene).rising,
        )  # fmt: skip
        self.app.push_screen(menu, chosen)

    def action_columns(self) -> None:
        """Show the columns of the list, to choose from."""
        from tui.ui.modals.column_picker import ColumnPicker

        listing = self._listing
        table = self._table(listing)
        each_one = tuple(column for column in listing.every_column if column.name)
        # Those of a wide terminal: what is chosen in a narrow one holds there too.
        usual = self._rows(listing, replace(self._scene(listing), width=WIDEST)).columns or listing.columns

        def chosen(keys: tuple[str, ...] | None) -> None:
            if keys is not None:
                listing.choose_columns(keys)
                self.show()

        shown = listing.chosen_columns or tuple(column.key for column in usual)
        picker = ColumnPicker(
            listing.heading or listing.title, each_one, shown, table.shown_columns, listing.column_meanings
        )  # fmt: skip
        self.app.push_screen(picker, chosen)

    def action_invert(self) -> None:
        self._listing.order(self._listing.sort, not self._listing.inverted)
        self._show_order(self._listing)

    @on(Table.SortAsked)
    def _order_asked(self, event: Table.SortAsked) -> None:
        listing = self._lists.get(event.table.id or "")
        if listing is None or listing not in self._on_screen():
            # For a list that has been left since: its columns are not this one's.
            return
        self._sort(listing, event.sort)

    def _sort(self, listing: Listing, sort: str) -> None:
        """Sort by an order; by the present one the other way round."""
        listing.order(sort, sort == listing.sort and not listing.inverted)
        self._show_order(listing)

    def _show_order(self, listing: Listing) -> None:
        """Another order starts at its top, as the user asked to see that."""
        self.show()
        self._table(listing).action_edge(-1)

    # Filter line

    def typing(self) -> bool:
        """Whether keys are text for an input line."""
        return self._filter is not None or self._time is not None

    async def action_filter(self) -> None:
        from tui.domain.filters import completion
        from tui.ui.widgets.filter_input import FilterLine

        listing = self._listing
        place = place_of(self._table(listing))
        if self.TO_THE_LIST and self._active != place and not self.typing():
            self._active = place
            self._arrange()
        await self._ask(
            FilterLine(
                listing.typed, listing.prompt, listing.name, lambda text: completion(text, listing.vocabulary),
                listing.holds,
            )
        )  # fmt: skip

    async def _ask(self, line: FilterLine) -> None:
        """Open an input line, with room for a note below it; one at a time."""
        if self._filter is None:
            self._filter = line
            await line.open(self, before="#footer")
            note = Lines(id="filter-note")
            note.display = False
            await self.mount(note, before="#footer")

    def _remark(self, text: str) -> None:
        """Show why what is typed is invalid, below it."""
        lines = wrapped(f"▲ {text}", max(20, self.size.width - 2))[:2] if text else []
        for note in self.query("#filter-note").results(Lines):
            note.display = bool(lines)
            note.styles.height = max(1, len(lines))
            note.content = tuple(TwoSided((((line, "warn"),),)) for line in lines)

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        self._take(event.of, event.text)

    async def on_filter_line_done(self, event: FilterLine.Done) -> None:
        if not event.left:
            self._go(self._place(event.of))
        await event.line.remove()
        await self.query("#filter-note").remove()
        self._filter = None
        self.refresh_bindings()
        self._end(event)

    def _place(self, of: str) -> str:
        """The pane that the input was for."""
        return place_of(self._table(self._lists.get(of, self._listing)))

    def _take(self, of: str, text: str) -> None:
        """The input changed: for a list it is the filter."""
        self._set_filter(self._lists[of], text)
        self._remark(self._lists[of].fault)

    def _end(self, event: FilterLine.Done) -> None:
        """A line is closed."""
        listing = self._lists[event.of]
        if not event.kept:
            self._set_filter(listing, "")
        elif listing.fault:
            self.notify(listing.fault, severity="warning", markup=False)
            listing.settle()
            self.show()

    def _set_filter(self, listing: Listing, text: str) -> None:
        listing.typed = text
        self.show()


def _order(listing: Listing, rows: Rows, columns: Sequence[Column], table: Table) -> tuple[str, ...]:
    """What the rows are sorted by, if no column that is on the screen says it."""
    if (ways := listing.sort_ways.get(listing.sort)) is not None:
        # How it usually runs is a note of the list itself, where it says something.
        return (ways[1],) if listing.inverted and rows.keys else ()
    seen = table.shown_columns
    name = dict(listing.orders()).get(listing.sort)
    if (
        not seen
        or not rows.keys
        or name is None
        or any(column.is_of(listing.sort) for column in columns if column.key in seen)
    ):
        return ()
    return (f"by {name.lower()} {'▲' if rows.rising else '▼'}",)
