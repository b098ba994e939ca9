"""The Fleet screen: pods, the telemetry of the one under the cursor, and the market."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from tui.api.models import ANYTHING, Offer
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import METRICS
from tui.store.views import offers as market
from tui.store.views import pods
from tui.store.views.pods import Query
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import OpenPod
from tui.ui.primitives.cells import Cell
from tui.ui.render import empty_states, rows
from tui.ui.screens.base import BaseScreen
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.render.copy_entries import Entry

REST = 1.5
"""Seconds without a move after which, on a slow link, the charts follow the cursor."""

SHORT = 12
"""Lines below which the frame gives way to the content."""

MOST_COMPARED = 8
"""Pods whose lines can be told apart on one axis."""

TITLES = {"pods": "Pods", "telemetry": "Telemetry", "market": "Market"}


class FleetScreen(BaseScreen):
    """Reads the fleet and tells the widgets."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "pane(1)", "pane", id="pane.next", tooltip="Go to the next pane"),
        Binding("shift+tab", "pane(-1)", "pane", id="pane.previous", show=False, tooltip="Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Give the pane the whole screen, or back"),
        Binding(
            "slash",
            "filter",
            "filter",
            id="table.filter",
            priority=True,
            tooltip="Filter: words that must all occur",
        ),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        Binding("i", "invert", "invert", id="table.invert", show=False, tooltip="Turn the order round"),
        Binding("enter", "open", "open", id="table.open", tooltip="All about the pod under the cursor"),
        Binding("w", "watch", "watch", id="table.watch", show=False, tooltip="Watch: wait for a GPU or a pod's host"),
        Binding("space", "mark", "mark", id="table.mark", show=False, tooltip="Mark: charts compare the marked pods"),
        Binding(
            "escape",
            "back",
            "Back",
            id="pane.back",
            show=False,
            tooltip="Leave cursor, zoom, filter, marks",
        ),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._panes = layout.Panes()
        self._zoomed = False
        self._queries = {"pods": Query(sort="status"), "market": Query(sort="price")}
        self._typed = {"pods": "", "market": ""}
        self._marked = sight.marks
        self._worn = (False, False)
        self._asking = False
        self._begun = sight.player.clock()
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="tabs")
        with Body(self._panes, id="body"):
            yield Table(rows.POD_COLUMNS, id="pods")
            yield Telemetry(len(METRICS), id="telemetry")
            yield Table(rows.OFFER_COLUMNS, id="market")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        for name, title in TITLES.items():
            pane = self.query_one(f"#{name}")
            self._entitle(pane, title, "")
        self.query_one("#pods").focus()

    # Reading the store

    def _show_all(self) -> None:
        self._arrange()
        self._show_pods()
        self._show_market()
        self._show_telemetry()

    def _age(self, fleet: Fleet, now: float) -> None:
        worn = fleet.pods_stale(now), fleet.market_stale(now)
        if self._worn != worn:
            self._worn = worn
            self.show()
        elif fleet.snapshot.value is None or fleet.market.value is None:
            self._show_pods()
            self._show_market()
        elif any(worn):
            self._title("pods", fleet, now)
            self._title("market", fleet, now)

    def _show_pods(self) -> None:
        fleet, now = self._view
        table = self.query_one("#pods", Table)
        query = self._queries["pods"]
        ids = pods.pods(fleet, now, query)
        leases = {} if self._player.travelling else self._sight.fleet.leases
        table.refit(rows.pod_columns(self.size.width, bool(leases)))

        def cells(key: str) -> Cells:
            spark = rows.SPARK_COLUMNS if table.width_of("spark") else 0
            record = fleet.records.get(key)
            if record is None:
                # Gone while another screen was on top; this one is told when it is back.
                return {}
            row = pods.pod_row(record, now, spark, fleet.deeds.get(key), leases.get(key))
            return rows.pod_cells(row, now, table.width_of("bar"), marked=key in self._marked)

        table.show(
            ids,
            cells,
            notice=empty_states.pods(fleet, bool(query.terms), self._player.clock() - self._begun, self._player.replay),
            sorted_by=(query.sort, pods.pods_rise(query)),
            faded=fleet.pods_stale(now),
        )
        self._title("pods", fleet, now)

    def _show_market(self) -> None:
        fleet, now = self._view
        table = self.query_one("#market", Table)
        table.refit(rows.offer_columns(self.size.width))
        query = self._queries["market"]
        terms = None
        if self._typed["market"].strip():
            from tui.store.views.offer_filter import parse

            terms = parse(self._typed["market"])
        found = market.select(market.rows(fleet.market.value), terms, query.sort, query.inverted)
        offers = {row.id: row for row in found}
        table.show(
            tuple(offers),
            lambda key: rows.offer_cells(offers[key]),
            notice=empty_states.market(fleet, bool(terms), self._player.clock() - self._begun, self._player.replay),
            sorted_by=(query.sort, market.rises(query.sort, query.inverted)),
            faded=fleet.market_stale(now),
        )
        self._title("market", fleet, now)

    def _title(self, name: str, fleet: Fleet, now: float) -> None:
        """A table's title: what is filtered, how many rows there are, how old they are, what RunPod held back."""
        table = self.query_one(f"#{name}", Table)
        text = self._typed[name].strip()
        parts = [TITLES[name]]
        total = empty_states.total(fleet, name)
        if text:
            parts.append(f"/{text}  {len(table.keys)} of {total}")
        elif total:
            parts.append(str(total))
        if name == "pods" and (selected := self._selected()):
            parts.append(selected)
        trouble = empty_states.trouble(fleet, name, now)
        self._entitle(table, "  ".join(parts), trouble)
        table.set_class(bool(trouble), "-old")

    def _charted(self, fleet: Fleet) -> list[Record]:
        """The pods whose charts are shown: the marked ones when there are several, else the one under the cursor."""
        marked = [fleet.records[key] for key in self._marked if key in fleet.records]
        if len(marked) > 1:
            return marked[:MOST_COMPARED]
        key = self.query_one("#pods", Table).cursor
        return [fleet.records[key]] if key in fleet.records else []

    def _show_telemetry(self) -> None:
        fleet, _ = self._view
        pane = self.query_one("#telemetry", Telemetry)
        records = self._charted(fleet)
        if not records:
            self._entitle(pane, TITLES["telemetry"], "")
            pane.show_notice(empty_states.telemetry(fleet))
            return
        names = [record.name or record.id for record in records]
        alone = len(names) == 1
        title = f"{TITLES['telemetry']}  {names[0]}" if alone else f"{len(names)} pods"
        self._entitle(pane, title, self._span_words(), () if alone else names)
        self._show_charts(pane, records)

    # Arranging panes

    def _arrange(self) -> None:
        """Show the panes that fit; in narrow or short terminals the active one alone, with a line of tabs."""
        size = self.size
        panes = self._panes
        panes.rows = len(self._view[0].records)
        tabs = self.query_one("#tabs", Lines)
        tabs.display = layout.single(size.width, size.height)
        panes.alone = self._zoomed or tabs.display
        self.set_class(size.height < SHORT, "-short")
        tabs.content = (self._tabs(),)
        shown = layout.panes(size.width, size.height, panes.active, panes.rows, panes.alone)
        for name in layout.PANES:
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#body").refresh(layout=True)

    def _tabs(self) -> TwoSided:
        return TwoSided(tuple(self._tab(name) for name in TITLES))

    def _tab(self, name: str) -> Cell:
        return ((f" {TITLES[name]} ", "tab" if name == self._panes.active else "muted"),)

    @on(Lines.Picked, "#tabs")
    def _tab_picked(self, event: Lines.Picked) -> None:
        for name in TITLES:
            if event.group == self._tab(name):
                self._go(name)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self.call_after_refresh(self.show)

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        name = event.widget.id
        if name in layout.PANES and name != self._panes.active:
            self._panes.active = name
            self._arrange()
            self.refresh_bindings()

    def action_pane(self, step: int) -> None:
        names = layout.PANES
        self._go(names[(names.index(self._panes.active) + step) % len(names)])

    def _go(self, name: str) -> None:
        self._panes.active = name
        self._arrange()
        self.query_one(f"#{name}").focus()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)

    def action_back(self) -> None:
        if self._cursor is not None:
            self._cursor = None
            self.show()
        elif self._zoomed:
            self.action_zoom()
        elif self._typed.get(self._panes.active):
            self._set_filter(self._panes.active, "")
        elif self._marked:
            self._marked.clear()
            self.show()

    def action_open(self) -> None:
        key = self.query_one("#pods", Table).cursor
        if key is not None:
            self.post_message(OpenPod(key))

    def action_watch(self) -> None:
        """Of a stopped pod, or of a GPU of the market."""
        fleet = self._sight.fleet
        if self._panes.active == "market":
            key = self.query_one("#market", Table).cursor
            row = next((row for row in market.rows(fleet.market.value) if row.id == key), None)
            if row is not None:
                self._sight.watching().gpu(row, ANYTHING)
        else:
            self._sight.watching().pod(self.query_one("#pods", Table).cursor)

    def action_mark(self) -> None:
        """Mark the pod under the cursor, or take its mark, and go on to the next."""
        table = self.query_one("#pods", Table)
        if table.cursor is None:
            return
        if table.cursor in self._marked:
            del self._marked[table.cursor]
        else:
            self._marked[table.cursor] = None
        table.action_move(1)
        self.show()

    # Keys

    def typing(self) -> bool:
        return self._asking

    def _targets(self) -> tuple[str, ...]:
        """The marked pods; without marks, the one under the cursor. None while other things have the keys."""
        if self._panes.active == "market":
            return ()
        live = self._sight.fleet.records
        if marked := tuple(key for key in self._marked if key in live):
            return marked
        cursor = self.query_one("#pods", Table).cursor
        return (cursor,) if cursor is not None else ()

    def _listed(self) -> Collection[str]:
        return self.query_one("#pods", Table).keys

    def _at_hand(self) -> str | None:
        return self.query_one("#pods", Table).cursor if self._panes.active != "market" else None

    def _copied_first(self) -> tuple[Entry, ...]:
        if (offer := self._wanted()) is None:
            return ()
        from tui.ui.render.copy_entries import of_market

        return of_market("GPU type", offer.gpu_id, offer.name, gpu=True)

    def _wanted(self) -> Offer | None:
        known = self._sight.fleet.market.value
        key = self.query_one("#market", Table).cursor
        if self._panes.active != "market" or known is None:
            return None
        return next((offer for offer in known.offers if offer.gpu_id == key), None)

    def _wish(self) -> Wish | None:
        # An account without pods has none to be like: its first is rented here.
        return super()._wish() or (Wish() if not self._sight.fleet.records else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("sort", "invert"):
            return self._panes.active in self._queries and not self._asking
        if action in ("mark", "open"):
            return self._panes.active == "pods" and not self._asking
        if action in ("filter", "watch"):
            return not self._asking
        if action == "ssh" and self._panes.active == "market":
            return False
        if action == "pane":
            return not self._asking
        return super().check_action(action, parameters)

    def action_sort(self) -> None:
        name = self._panes.active
        orders = pods.POD_SORTS if name == "pods" else market.PANE_SORTS
        self._order(name, orders[(orders.index(self._queries[name].sort) + 1) % len(orders)], inverted=False)

    def action_invert(self) -> None:
        query = self._queries[self._panes.active]
        self._order(self._panes.active, query.sort, inverted=not query.inverted)

    @on(Table.SortAsked)
    def _sort_asked(self, event: Table.SortAsked) -> None:
        name = event.table.id or ""
        query = self._queries[name]
        self._order(name, event.sort, inverted=query.sort == event.sort and not query.inverted)

    def _order(self, name: str, sort: str, inverted: bool) -> None:
        """Another order starts at its top: that is what was asked to be seen."""
        self._queries[name] = replace(self._queries[name], sort=sort, inverted=inverted)
        self.show()
        self.query_one(f"#{name}", Table).action_edge(-1)

    @on(Table.Moved, "#pods")
    def _pod_moved(self) -> None:
        if self._sight.display.pace.slow:
            # Charts are most of what a move would send. Their title says whose they are.
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(REST, self._show_telemetry)
        else:
            self._follow(self._show_telemetry)
        self._follow(self._show_possible)

    # The filter line

    async def action_filter(self) -> None:
        if self._asking:
            return
        self._asking = True
        name = self._panes.active
        if name not in self._queries:
            # The charts are of the pod under the cursor: what is looked for there is a pod.
            self._panes.active = name = "pods"
            self._arrange()
        line = FilterLine(self._typed[name], f"filter {TITLES[name].lower()}: words that must all occur", name)
        await self.mount(line, before="#footer")
        # At once, and by a priority binding: what is typed right behind the slash is text, not keys for the table.
        self.set_focus(line)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self._set_filter(event.of, event.text)

    @on(FilterLine.Done)
    async def _filter_done(self, event: FilterLine.Done) -> None:
        if not event.left:
            self.set_focus(self.query_one(f"#{event.of}"))
        await event.line.remove()
        self._asking = False
        self.refresh_bindings()
        if not event.kept:
            self._set_filter(event.of, "")

    def _set_filter(self, name: str, text: str) -> None:
        self._typed[name] = text
        self._queries[name] = replace(self._queries[name], terms=pods.terms(text))
        self.show()
