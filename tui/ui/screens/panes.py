"""`PanedScreen`: a screen of panes and listings: what is shown and has the keys, how it is filtered and sorted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget

from tui.store.fleet import Fleet
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.layout import RegionLayout, place_of
from tui.ui.messages import Attend
from tui.ui.primitives.cells import Cell
from tui.ui.screens.base import RANGES, BaseScreen, hidden
from tui.ui.screens.listing import WORDS, Listing, Scene
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.charts.spec import Drawn
    from tui.ui.render.copy_entries import Entry

SHORT = 12
"""Lines below which the frame gives way to the content."""

FRAME = 4
"""Lines of a screen that no pane has: header, tabs, footer."""

OWN = frozenset(
    ("sort", "invert", "filter", "demand", "list", "pane", "zoom", "open", "mark", "watch", "remove", "reveal")
)
"""Actions of which there are none while a filter is typed."""

SORT = Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column")
INVERT = hidden("i", "invert", "table.invert", "Turn the order round")


def pane_keys(*, show: bool = True) -> tuple[Binding, Binding, Binding]:
    """To the next pane, to the one before, and zoom. `show`: whether the footer tells them."""
    return (
        Binding("tab", "pane(1)", "pane", id="pane.next", show=show, tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", show=show, tooltip="Give the pane the whole screen, or back"),
    )


def filter_key(word: str = "filter", help: str = f"Filter: {WORDS}") -> Binding:
    # By priority: what is typed right behind the slash is text, and no key for the table.
    return Binding("slash", "filter", word, id="table.filter", priority=True, tooltip=help)


class PanedScreen(BaseScreen):
    """Shows its listings in their tables, and what is known of the row under the cursor in the other panes.

    TITLES:     the panes by their names, in the order that `tab` goes through them.
    TABS:       what they are called in the line of tabs, where that is another word.
    BAR:        the id of the line above the panes; "" where there is none.
    HOME:       the pane that escape comes back to; "" where any is as good.
    WITHOUT:    actions that there are none of here.
    TO_THE_LIST: whether a filter brings the list that it is for to the front.
    """

    TITLES: ClassVar[Mapping[str, str]]
    TABS: ClassVar[Mapping[str, str]] = {}
    BAR: ClassVar[str] = "tabs"
    HOME: ClassVar[str] = ""
    WITHOUT: ClassVar[frozenset[str]] = frozenset()
    TO_THE_LIST: ClassVar[bool] = False

    def __init__(self, sight: ScreenContext, *listings: Listing) -> None:
        super().__init__(sight)
        self._lists = {listing.name: listing for listing in listings}
        self._sometimes = frozenset[str]().union(*(listing.actions for listing in listings))
        self._active = next(iter(self.TITLES))
        self._zoomed = False
        self._filter: FilterLine | None = None
        self._shown: Mapping[str, Region] = {}
        self._minutes: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        if self.BAR:
            yield Lines(id=self.BAR)
        with Body(RegionLayout(self._regions), id="body"):
            yield from self._panes()
        yield from self._below()
        yield Lines(id="footer")

    def _panes(self) -> Iterable[Widget]:
        """The widgets of the panes, each with its name for an id."""
        raise NotImplementedError

    def _below(self) -> Iterable[Widget]:
        """What stands between the panes and the footer."""
        return ()

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        """Where the panes stand in a body of this size, by their names."""
        raise NotImplementedError

    def on_mount(self) -> None:
        for pane in self.query_one("#body").children:
            if (title := self.TITLES.get(pane.id or "")) is not None:
                self._entitle(pane, title, "")
        self._active = self._home or self._active
        self._pane(self._active).focus()

    def on_screen_suspend(self) -> None:
        # What was revealed is hidden again when the eyes go elsewhere.
        for listing in self._lists.values():
            listing.revealed = False

    # The listings

    @property
    def _listing(self) -> Listing:
        """The list that keys are for: that of the pane that has them, else the first."""
        return self._lists.get(self._active) or next(iter(self._lists.values()))

    def _on_screen(self) -> tuple[Listing, ...]:
        """The lists that are shown."""
        return tuple(self._lists.values())

    def _table(self, listing: Listing) -> Table:
        return self.query_one(f"#{listing.name}", Table)

    @property
    def _key(self) -> str | None:
        """The row under the cursor of the list that keys are for."""
        return self._table(self._listing).cursor

    @property
    def _key_meant(self) -> str | None:
        """The row that an action is meant for."""
        return self._key

    def _scene(self, listing: Listing) -> Scene:
        fleet, now = self._view
        table = self._table(listing)
        room = self._shown["facts"].width if "facts" in self._shown else 0
        return Scene(
            fleet, now, table.cursor, self.size.width, table.width_of, room, RANGES[self._range], self._cursor
        )  # fmt: skip

    def _attend(self) -> None:
        """Say what is to be asked of RunPod while this screen is on top: what its lists are made of, and no more."""
        lists = self._on_screen()
        topics = tuple(topic for listing in lists for topic in listing.wanted())
        self.post_message(Attend(topics, tuple(demand for listing in lists for demand in listing.demands)))

    def _show_all(self) -> None:
        self._arrange()
        for listing in self._on_screen():
            self._show_list(listing)
        self._show_row()
        self._minutes = self._minutes_of(*self._view)

    def _minutes_of(self, fleet: Fleet, now: float) -> tuple[object, ...]:
        return tuple(listing.minute(fleet, now) for listing in self._on_screen())

    def _age(self, fleet: Fleet, now: float) -> None:
        aged = self._minutes_of(fleet, now) != self._minutes
        if aged or any(listing.ages(fleet, now) for listing in self._on_screen()):
            self.show()

    def _show_list(self, listing: Listing) -> None:
        table, scene = self._table(listing), self._scene(listing)
        rows = listing.rows(scene)
        if rows.columns is not None:
            table.refit(rows.columns)
        table.show(
            rows.keys, rows.cells, notice=rows.empty, sorted_by=(listing.sort, rows.rising), faded=rows.faded
        )  # fmt: skip
        trouble = listing.trouble(scene)
        title = (listing.heading or listing.title, listing.count(rows), *rows.notes)
        self._entitle(table, "  ".join(part for part in title if part), trouble or rows.note)
        table.set_class(bool(trouble), "-old")

    def _show_row(self) -> None:
        """Show what is known of the row under the cursor."""

    def _show_facts(self, listing: Listing) -> None:
        pane = self.query_one("#facts", FactsPane)
        if not pane.display:
            return
        about = listing.about(self._scene(listing))
        pane.show_facts(about.sections, empty=about.empty, faded=about.faded, wrapped=about.wrapped)
        self._entitle(pane, about.title, about.note)
        pane.set_class(about.warns, "-old")

    def _show_picture(self, name: str, listing: Listing) -> Drawn | None:
        """Show the chart of a listing in a pane; what is drawn there."""
        pane = self.query_one(f"#{name}", Telemetry)
        if not pane.display:
            return None
        picture = listing.picture(self._scene(listing))
        self._entitle(pane, picture.title, picture.note)
        if picture.draw is None:
            pane.show_notice(picture.empty)
        elif sizes := pane.sizes(1):
            drawn = picture.draw(*sizes[0])
            pane.show((drawn,))
            return drawn
        return None

    @on(Table.Moved)
    def _cursor_is_elsewhere(self, event: Table.Moved) -> None:
        listing = self._lists.get(event.table.id or "")
        if listing in self._on_screen() and listing is not None:
            self._row_changed(listing)

    def _row_changed(self, listing: Listing) -> None:
        """The cursor of a list is on another row."""
        self._follow(self._show_row, self._show_possible)

    # Panes

    def _pane(self, name: str) -> Widget:
        return self.query_one(f"#{name}")

    @property
    def _single(self) -> bool:
        """Whether there is room for one pane at a time."""
        # That of the app: a screen that has just come has no size yet.
        return layout.single(*self.app.size)

    @property
    def _alone(self) -> bool:
        """Whether the pane that has the keys is the only one."""
        return self._zoomed or self._single

    @property
    def _home(self) -> str:
        """The pane that escape comes back to."""
        return self.HOME

    def _arrange(self) -> None:
        """Show the panes that fit; in narrow or short terminals the one that has the keys."""
        self.set_class(self.size.height < SHORT, "-short")
        self._shown = self._regions(self.size.width, self.size.height - FRAME)
        if self.BAR:
            self._show_bar(self.query_one(f"#{self.BAR}", Lines))
        body = self.query_one("#body")
        for pane in body.children:
            pane.display = self._is_shown(pane)
        body.refresh(layout=True)

    def _is_shown(self, pane: Widget) -> bool:
        return place_of(pane) in self._shown

    def _show_bar(self, bar: Lines) -> None:
        bar.display = self._single
        bar.content = (TwoSided(tuple(self._tab(name) for name in self.TITLES)),)

    def _tab(self, name: str) -> Cell:
        return ((f" {(self.TABS or self.TITLES)[name]} ", "tab" if name == self._active else "muted"),)

    @on(Lines.Picked, "#tabs")
    def _tab_picked(self, event: Lines.Picked) -> None:
        for name in self.TITLES:
            if event.group == self._tab(name):
                self._go(name)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self.show)

    @on(events.DescendantFocus)
    def _keys_are_elsewhere(self, event: events.DescendantFocus) -> None:
        name = place_of(event.widget)
        if name in self.TITLES and name != self._active:
            self._active = name
            self._arrange()
            self.refresh_bindings()

    def _go(self, name: str) -> None:
        """Give a pane the keys."""
        pane = self._pane(name)
        was_hidden = not pane.display
        self._active = name
        self._arrange()
        if was_hidden and name == "facts":
            # What they are yet is those of the row that was under the cursor when they were hidden.
            self._show_row()
        self.set_focus(pane)
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def _in_turn(self) -> tuple[str, ...]:
        """The panes that `tab` goes through."""
        return tuple(name for name in self.TITLES if self._alone or self._pane(name).display)

    def action_pane(self, step: int) -> None:
        names = self._in_turn()
        at = names.index(self._active) if self._active in names else 0
        if len(names) > 1:
            self._go(names[(at + step) % len(names)])

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)

    def action_back(self) -> None:
        """Leave what was gone into last: the reading cursor, zoom, the pane, the filter, the marks, the screen."""
        home = self._home
        listing = self._listing if home else self._lists.get(self._active)
        if self._cursor is not None:
            self._cursor = None
            self.show()
        elif self._zoomed:
            self.action_zoom()
        elif self._hide():
            self.show()
        elif home and self._active != home:
            self._go(home)
        elif listing is not None and listing.typed:
            self._set_filter(listing, "")
        elif self._sight.marks and any(listing.of_pods for listing in self._on_screen()):
            self._sight.marks.clear()
            self.show()
        else:
            self._leave()

    def _hide(self) -> bool:
        """Hide what was revealed; whether there was anything."""
        return False

    def _leave(self) -> None:
        """Go back from this screen, where it was come to from another."""

    # Keys

    def typing(self) -> bool:
        return self._filter is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in self.WITHOUT or (action in self._sometimes and not self._listing.allows(action)):
            return False
        if action in OWN:
            return not self.typing()
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        opened = self._listing.open(self._key)
        if isinstance(opened, Message):
            self.post_message(opened)
        elif isinstance(opened, str):
            self.app.clear_notifications()
            self.notify(opened, markup=False)
        elif opened is not None:
            self._push(opened)

    def _push(self, dialog: ModalScreen[None]) -> None:
        """Show a dialog of a listing."""
        self.app.push_screen(dialog)

    def action_reveal(self) -> None:
        """Show what is hidden, or hide it again."""
        self._listing.revealed = not self._listing.revealed
        self._attend()
        self.show()

    def action_watch(self) -> None:
        self._listing.watch(self._key)

    def action_mark(self) -> None:
        """Mark the pod under the cursor, or take its mark, and go on to the next."""
        table, marks = self._table(self._listing), self._sight.marks
        if table.cursor is None:
            return
        if table.cursor in marks:
            del marks[table.cursor]
        else:
            marks[table.cursor] = None
        table.action_move(1)
        self.show()

    # Acting

    def _targets(self) -> tuple[str, ...]:
        return self._listing.targets(self._key_meant)

    def _at_hand(self) -> str | None:
        return self._listing.at_hand(self._key_meant)

    def _wish(self) -> Wish | None:
        return self._listing.wish(self._key) or super()._wish()

    def _listed(self) -> Collection[str] | None:
        return next((self._table(listing).keys for listing in self._on_screen() if listing.of_pods), None)

    def _copied_first(self) -> tuple[Entry, ...]:
        if self._active != "facts":
            return self._listing.copies(self._key)
        title, fact = self.query_one("#facts", FactsPane).fact or ("", None)
        return self._listing.copies_of(self._key, title, fact)

    # Order

    def action_sort(self) -> None:
        self._listing.next_order()
        self._show_order(self._listing)

    def action_invert(self) -> None:
        self._listing.order(self._listing.sort, not self._listing.inverted)
        self._show_order(self._listing)

    @on(Table.SortAsked)
    def _order_asked(self, event: Table.SortAsked) -> None:
        listing = self._lists.get(event.table.id or "")
        if listing is None or listing not in self._on_screen():
            # Of a list that has been left since: its columns are not this one's.
            return
        listing.order(event.sort, event.sort == listing.sort and not listing.inverted)
        self._show_order(listing)

    def _show_order(self, listing: Listing) -> None:
        """Another order starts at its top: that is what was asked to be seen."""
        self.show()
        self._table(listing).action_edge(-1)

    # The filter line

    async def action_filter(self) -> None:
        listing = self._listing
        place = place_of(self._table(listing))
        if self.TO_THE_LIST and self._active != place and not self.typing():
            self._active = place
            self._arrange()
        await self._ask(FilterLine(listing.typed, listing.prompt, listing.name))

    async def _ask(self, line: FilterLine) -> None:
        """Open a line to type in; one at a time."""
        if self._filter is None:
            self._filter = line
            await line.open(self, before="#footer")

    @on(FilterLine.Typed)
    def _is_typed(self, event: FilterLine.Typed) -> None:
        self._take(event.of, event.text)

    @on(FilterLine.Done)
    async def _was_typed(self, event: FilterLine.Done) -> None:
        if not event.left:
            self._go(place_of(self._table(self._lists.get(event.of, self._listing))))
        await event.line.remove()
        self._filter = None
        self.refresh_bindings()
        self._end(event)

    def _take(self, of: str, text: str) -> None:
        """Something was typed: for a list its filter."""
        self._set_filter(self._lists[of], text)

    def _end(self, event: FilterLine.Done) -> None:
        """A line is closed."""
        if not event.kept:
            self._set_filter(self._lists[event.of], "")

    def _set_filter(self, listing: Listing, text: str) -> None:
        listing.typed = text
        self.show()
