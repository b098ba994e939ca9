"""`ListingScreen`: a screen of listings: their rows, the details of one, order, filter, and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.message import Message
from textual.screen import ModalScreen

from tui.actions import ACTIONS
from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.layout import place_of
from tui.ui.messages import Attend, OpenLogs
from tui.ui.screens.charted import RANGES
from tui.ui.screens.listing import Listing, Scene
from tui.ui.screens.panes import PanedScreen
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.charts.spec import Drawn
    from tui.ui.widgets.facts_pane import FactsPane

OWN = frozenset((
    "sort", "invert", "filter", "logs", "demand", "list", "pane", "zoom", "open", "mark", "mute", "needy", "watch",
    "remove", "reveal", "go_to",
))  # fmt: skip
"""Actions that are unavailable while a filter is typed."""


ACTING = ("act", "lock", "deploy", "lease")
CHARTS = frozenset(("telemetry", "charts", "trend"))
"""Panes of charts whose range can be changed."""

MOST_LOGS = 8
"""Pods whose logs are shown together, at most: each has a stream, and a colour."""


class ListingScreen(PanedScreen):
    """Shows its listings in their tables, and the details of the row under the cursor in the other panes.

    WITHOUT:     actions that are not available here.
    TO_THE_LIST: whether a filter brings its list to the front.
    """

    WITHOUT: ClassVar[frozenset[str]] = frozenset()
    TO_THE_LIST: ClassVar[bool] = False

    def __init__(self, sight: ScreenContext, *listings: Listing) -> None:
        super().__init__(sight)
        self._lists = {listing.name: listing for listing in listings}
        self._sometimes = frozenset[str]().union(*(listing.actions for listing in listings))
        self._filter: FilterLine | None = None
        self._minutes: tuple[object, ...] = ()

    def on_screen_suspend(self) -> None:
        # Revealed values are hidden again when the cursor or focus moves elsewhere.
        for listing in self._lists.values():
            listing.revealed = False

    # Listings

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
        """The cursor of a list moved to another row."""
        self._follow(self._show_row, self._show_possible)

    def action_back(self) -> None:
        """Leave the state entered last: the chart cursor, zoom, the pane, the filter, the selection, the screen."""
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
        """Hide revealed values; returns whether there were any."""
        return False

    def _leave(self) -> None:
        """Go back from this screen, if it was reached from another."""

    # Keys

    def typing(self) -> bool:
        """Whether keys are text for an input line."""
        return self._filter is not None or self._time is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in self.WITHOUT or (action in self._sometimes and not self._listing.allows(action)):
            return False
        if action in ACTING:
            # In read-only mode and in history there are no such keys; `on_key` explains why nothing happens.
            barred = self._sight.session.guard.read_only or (action != "lock" and self._sight.actions.in_history())
            return not self.typing() and not barred and self._seen
        if action in ("ssh", "copy"):
            return not self.typing() and self._seen
        return action not in OWN or not self.typing()

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
        """Show hidden values, or hide them again."""
        self._listing.revealed = not self._listing.revealed
        self._attend()
        self.show()

    def action_watch(self) -> None:
        self._listing.watch(self._key)

    def action_mute(self) -> None:
        self._listing.mute(self._key_meant)

    def action_mark(self) -> None:
        """Select the pod under the cursor, or deselect it, and move to the next."""
        table, marks = self._table(self._listing), self._sight.marks
        if table.cursor is None:
            return
        if table.cursor in marks:
            del marks[table.cursor]
        else:
            marks[table.cursor] = None
        table.action_move(1)
        self.show()

    # Actions

    def _targets(self) -> tuple[str, ...]:
        """The target pods of an action, by their ids."""
        return self._listing.targets(self._key_meant)

    def _possible(self) -> tuple[str, ...]:
        acts, targets = self._sight.actions, self._targets()
        possible = tuple(f"act.{a.id}" for a in ACTIONS if acts.possible(a.id, targets))
        return possible if self._sight.session.guard.read_only or self._wish() is None else (*possible, "act.deploy")

    def _useful(self) -> tuple[str, ...]:
        acts, key, guard = self._sight.actions, self._key, self._sight.session.guard
        pod = self._listing.at_hand(self._key_meant)
        copies = key is not None and (pod is not None or bool(self._listing.copies(key)))
        useful = {
            "act.lock": guard.locked and not guard.read_only,
            "pod.ssh": self._sight.connect.may_enter(pod),
            "pod.copy": copies or self._active == "facts",
            "chart.wider": not CHARTS.isdisjoint(self._shown) or self._listing.reaches,
            "table.open": key is not None,
            "table.mark": key is not None,
            "market.watch": key is not None,
        }
        possible = self._possible() if acts.offered() else ()
        return (*possible, *(id for id, does in useful.items() if does))

    def may(self, id: str) -> bool:
        """Whether a binding is available now."""
        if id in ("act.lease", "act.idle-stop"):
            return len(self._targets()) == 1 and "lease" not in self.WITHOUT
        return not id.startswith("act.") or id == "act.lock" or id in self._possible()

    def advice(self, id: str) -> str:
        """Why an action is worth considering for the pods that it would apply to; empty if nothing speaks for it."""
        return self._sight.actions.advice(id.removeprefix("act."), self._targets())

    def action_act(self, action: str) -> None:
        targets = self._targets()
        listed = next((self._table(listing).keys for listing in self._on_screen() if listing.of_pods), targets)
        self._sight.actions.ask(action, targets, tuple(key for key in targets if key not in listed))

    def _wish(self) -> Wish | None:
        """The meaning of the row under the cursor for a deploy; None if it has none."""
        if (wish := self._listing.wish(self._key)) is not None:
            return wish
        targets = self._targets()
        return Wish(pod=targets[0]) if len(targets) == 1 else None

    def action_deploy(self) -> None:
        if why := self._listing.undeployable(self._key):
            self.notify(why, severity="warning", markup=False)
        else:
            self._sight.deploys.deploy(self._wish())

    def action_lease(self) -> None:
        self._sight.actions.lease(self._targets())

    def action_idle_stop(self) -> None:
        self._sight.idle_stops.ask(self._targets())

    def action_lock(self) -> None:
        self._sight.actions.lock()
        self._show_header()
        self._show_possible()

    def on_key(self, event: events.Key) -> None:
        guard = self._sight.session.guard
        if event.key not in self._sight.acting or self.typing():
            return
        if guard.read_only:
            event.stop()
            self._sight.actions.lock()
        elif (why := self._sight.actions.in_history()) is not None:
            event.stop()
            self._sight.session.messages.reply(why)

    def action_ssh(self) -> None:
        self._sight.connect.enter(self._listing.at_hand(self._key_meant))

    def action_copy(self) -> None:
        """The value under the cursor, first and preselected; then the texts to copy of the pod."""
        if self._active == "facts":
            title, fact = self._facts.fact or ("", None)
            first = self._listing.copies_of(self._key, title, fact)
        else:
            first = self._listing.copies(self._key)
        self._sight.connect.menu(first, self._listing.at_hand(self._key_meant))

    def action_logs(self) -> None:
        """Show the logs of the selected pods, or of the one under the cursor, at the instant that is read here."""
        if self._player.replay:
            self.notify("logs: a recording has none", markup=False)
            return
        at_hand = self._listing.at_hand(self._key_meant)
        pods = self._listing.targets(self._key_meant) or ((at_hand,) if at_hand is not None else ())
        if not pods:
            self.notify("logs: no pod under the cursor", markup=False)
        elif len(pods) > MOST_LOGS:
            self.notify(f"logs: select at most {MOST_LOGS} pods ({len(pods)} are selected)", markup=False)
        else:
            self.post_message(OpenLogs(pods, self._instant))

    @property
    def _instant(self) -> float | None:
        """The instant that is read on this screen: of the chart cursor, or in history; None if it is the present."""
        if self._cursor is not None:
            return self._cursor
        return self._view[1] if self._player.in_history else None

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
            # For a list that has been left since: its columns are not this one's.
            return
        listing.order(event.sort, event.sort == listing.sort and not listing.inverted)
        self._show_order(listing)

    def _show_order(self, listing: Listing) -> None:
        """Another order starts at its top, as the user asked to see that."""
        self.show()
        self._table(listing).action_edge(-1)

    # Filter line

    async def action_filter(self) -> None:
        listing = self._listing
        place = place_of(self._table(listing))
        if self.TO_THE_LIST and self._active != place and not self.typing():
            self._active = place
            self._arrange()
        await self._ask(FilterLine(listing.typed, listing.prompt, listing.name))

    async def _ask(self, line: FilterLine) -> None:
        """Open an input line; one at a time."""
        if self._filter is None:
            self._filter = line
            await line.open(self, before="#footer")

    @on(FilterLine.Typed)
    def _is_typed(self, event: FilterLine.Typed) -> None:
        self._take(event.of, event.text)

    @on(FilterLine.Done)
    async def _was_typed(self, event: FilterLine.Done) -> None:
        if not event.left:
            self._go(self._place(event.of))
        await event.line.remove()
        self._filter = None
        self.refresh_bindings()
        self._end(event)

    def _place(self, of: str) -> str:
        """The pane that the input was for."""
        return place_of(self._table(self._lists.get(of, self._listing)))

    def _take(self, of: str, text: str) -> None:
        """The input changed: for a list it is the filter."""
        self._set_filter(self._lists[of], text)

    def _end(self, event: FilterLine.Done) -> None:
        """A line is closed."""
        if not event.kept:
            self._set_filter(self._lists[event.of], "")

    def _set_filter(self, listing: Listing, text: str) -> None:
        listing.typed = text
        self.show()
