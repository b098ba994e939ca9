"""The Hosts screen: the machines that the account lets to others; all about the one under the cursor. It only reads."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.store.fleet import Fleet
from tui.store.topics import TOPICS
from tui.store.views import hosts as store
from tui.store.views.hosts import HostRow
from tui.store.views.pods import terms
from tui.ui import layout
from tui.ui.charts.pod_charts import Look, width_of
from tui.ui.context import ScreenContext
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import copied
from tui.ui.render import empty_states
from tui.ui.render import hosts as words
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.screens.base import RANGES, BaseScreen, hidden
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Column, Table
from tui.ui.widgets.telemetry import Telemetry

FACTS = (Column("label", "", 14, 0), Column("value", "", 20, 0, flex=True))
TITLES = {"hosts": "Hosts", "facts": "Machine", "charts": "Telemetry", "earnings": "Earnings"}
TABS = {**TITLES, "charts": "Charts", "earnings": "Earned"}
SHORT = 12


class HostsScreen(BaseScreen):
    """Reads the machines; asks for them while it is on top."""

    MODE = "hosts"
    TOPICS = ("hosts",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "machine", id="table.open", tooltip="All about the machine; back to the list"),
        Binding("tab", "pane(1)", "pane", id="pane.next", tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding(
            "slash", "filter", "find", id="table.filter", priority=True, tooltip="Filter: words that must all occur"
        ),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        hidden("i", "invert", "table.invert", "Turn the order round"),
        Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Give the pane the whole screen, or back"),
        hidden("escape,backspace", "back", "pane.back", "Leave cursor, zoom, the machine, the filter"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._panes = layout.HostPanes()
        self._zoomed = False
        self._asking = False
        self._typed = ""
        kept = sight.kept.get("hosts.sort")
        self._sort = kept if kept in store.SORTS else store.SORTS[0]
        self._inverted = False
        self._every: tuple[HostRow, ...] = ()
        self._read: tuple[object, int] = (None, 0)
        self._copies: dict[str, tuple[str, str]] = {}

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="tabs")
        with Body(self._panes, id="body"):
            yield Table(words.COLUMNS, id="hosts")
            yield Table(FACTS, id="facts", headed=False)
            yield Telemetry(len(words.CHARTS), id="charts")
            yield Telemetry(1, id="earnings")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        self.query_one("#hosts").focus()

    # Reading the store

    def _show_all(self) -> None:
        fleet, now = self._view
        # What changes by itself is told by the minute: a countdown, the age of a sample.
        read = (fleet.hosts.value, int(now // 60))
        if read != self._read:
            self._read = read
            self._every = store.rows(fleet.hosts.value, now) if fleet.hosts.value is not None else ()
        self._arrange()
        self._show_list(fleet, now)
        self._show_machine()

    def _age(self, fleet: Fleet, now: float) -> None:
        feed = fleet.hosts
        if feed.value is None or feed.error is not None or feed.stale(now, TOPICS["hosts"].interval):
            self.show()

    def _show_list(self, fleet: Fleet, now: float) -> None:
        table, feed = self.query_one("#hosts", Table), fleet.hosts
        wanted = terms(self._typed)
        found = {row.key: row for row in store.select(self._every, wanted, self._sort, self._inverted)}
        table.show(
            tuple(found), lambda key: words.cells(found[key], now), notice=self._notice(fleet),
            sorted_by=(self._sort, store.rises(self._sort, self._inverted)),
            faded=feed.stale(now, TOPICS["hosts"].interval),
        )  # fmt: skip
        total = len(self._every)
        count, gpus, unknown = store.rented(self._every)
        apart = f", {unknown} machine{'s' * (unknown != 1)} unknown" if unknown else ""
        rented = f"  {count}/{gpus} GPUs rented{apart}" if gpus is not None else ""
        text = self._typed.strip()
        number = f"/{text}  {len(found)} of {total}" if text else f"{total}{rented}" if total else ""
        trouble = empty_states.aged(feed, now, TOPICS["hosts"].interval)
        self._entitle(table, f"{TITLES['hosts']}  {number}".rstrip(), trouble)
        table.set_class(bool(trouble), "-old")

    def _notice(self, fleet: Fleet) -> EmptyState:
        if fleet.recorded or self._player.replay:
            return EmptyState("machines are not recorded", ("= returns to now.",) if not self._player.replay else ())
        if fleet.keyless:
            return EmptyState("there is no API key: prices only", ("Set RUNPOD_API_KEY or pass --api-key-file FILE.",))
        if self._every:
            return empty_states.topic(fleet.hosts, "machines", True, len(self._every))
        if fleet.hosts.value is None:
            return empty_states.topic(fleet.hosts, "machines", False, 0)
        return EmptyState(
            "this account lets no machine to others",
            (
                "Here stand machines that you rent out as a RunPod host: what they are rented for, earn, and do.",
                "podtop asks again each half minute while this is shown.",
            ),
        )

    def _row(self) -> HostRow | None:
        key = self.query_one("#hosts", Table).cursor
        return next((row for row in self._every if row.key == key), None)

    def _show_machine(self) -> None:
        fleet, now = self._view
        row = self._row()
        self._show_facts(fleet, row, now)
        self._show_telemetry(fleet, row, now)
        self._show_earnings(fleet, row, now)

    def _show_facts(self, fleet: Fleet, row: HostRow | None, now: float) -> None:
        table = self.query_one("#facts", Table)
        if not table.display:
            return
        cells: dict[str, dict[str, Cell]] = {}
        self._copies = {}
        earnings = fleet.hosts.value.earnings if fleet.hosts.value is not None else ()
        for section in words.sections(row, earnings, now, self._sight.tz) if row is not None else ():
            if cells:
                cells[f"{section.title} above"] = {}
            cells[section.title] = {"label": ((section.title, "key"),)}
            for number, fact in enumerate(section.facts):
                key = f"{section.title} {number}"
                cells[key] = {"label": ((fact.label, "muted"),), "value": fact.value}
                if text := copied(fact):
                    self._copies[key] = (fact.label, text)
        table.show(
            tuple(cells), lambda key: cells[key], notice=EmptyState("no machine is under the cursor"),
            faded=fleet.hosts.stale(now, TOPICS["hosts"].interval),
        )  # fmt: skip
        self._entitle(table, (row.name or row.key) if row is not None else TITLES["facts"], "")

    def _show_telemetry(self, fleet: Fleet, row: HostRow | None, now: float) -> None:
        pane = self.query_one("#charts", Telemetry)
        if not pane.display:
            return
        self._entitle(pane, TITLES["charts"], self._span_words())
        host = row.host if row is not None else None
        series = fleet.host_telemetry.of(host.id) if host is not None else None
        if host is None or series is None or not len(series):
            says = "this machine tells of no samples" if host is not None else "no machine is under the cursor"
            pane.show_notice(EmptyState(says))
            return
        pane.open()
        wanted = words.charts_of(series)
        pane.divide(len(wanted))
        look = Look(
            now=now, span=RANGES[self._range], tz=self._sight.tz, heat=self._heat, cursor=self._cursor,
            spark=self._sight.display.pace.slow,
        )  # fmt: skip
        for chart in pane.charts[: len(wanted)]:
            chart.display = True
        sizes = [(max(1, chart.size.width), max(1, chart.size.height)) for chart in pane.charts[: len(wanted)]]
        if all(size == (1, 1) for size in sizes):
            # It tells when it has a size.
            return
        self._width = width_of(look, [size for size in sizes if size != (1, 1)])
        silence = max(120.0, 4 * TOPICS["hosts"].interval)
        newest = series.newest(now)
        current = newest is not None and now - newest <= store.STALE
        pane.show(words.specs(series, look, self._width, sizes, wanted, silence, current))

    def _show_earnings(self, fleet: Fleet, row: HostRow | None, now: float) -> None:
        pane = self.query_one("#earnings", Telemetry)
        if not pane.display:
            return
        host = row.host if row is not None else None
        earned = store.days(fleet.hosts.value.earnings, host.id) if fleet.hosts.value and host and host.id else ()
        self._entitle(pane, TITLES["earnings"], "a bar a day" if earned else "")
        if not earned:
            pane.show_notice(
                EmptyState("no earnings of this machine are told of" if host else "no machine is under the cursor")
            )
            return
        pane.open()
        pane.divide(1)
        chart = pane.charts[0]
        chart.display = True
        if chart.size.width:
            pane.show((words.earned_chart(earned, now, chart.size.width, chart.size.height),))

    def on_resized(self) -> None:
        self._show_machine()

    @on(Table.Moved, "#hosts")
    def _moved(self) -> None:
        self._cursor = None
        self._follow(self._show_machine)

    # Arranging

    def _names(self) -> tuple[str, ...]:
        """The panes that `tab` goes through."""
        return layout.HOSTS[1:] if self._panes.whole else layout.HOSTS

    def _arrange(self) -> None:
        size, panes = self.size, self._panes
        single = layout.single(size.width, size.height)
        tabs = self.query_one("#tabs", Lines)
        tabs.display = single
        panes.rows = len(self._every)
        panes.alone = self._zoomed or single or not self._every
        if not self._every:
            panes.active, panes.whole = "hosts", False
        self.set_class(size.height < SHORT, "-short")
        tabs.content = (TwoSided(tuple(self._tab(name) for name in layout.HOSTS)),)
        shown = layout.hosts(size.width, size.height - 4, panes.active, panes.rows, panes.alone, panes.whole)
        for name in layout.HOSTS:
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#body").refresh(layout=True)

    def _tab(self, name: str) -> Cell:
        return ((f" {TABS[name]} ", "tab" if name == self._panes.active else "muted"),)

    @on(Lines.Picked, "#tabs")
    def _tab_picked(self, event: Lines.Picked) -> None:
        for name in layout.HOSTS:
            if event.group == self._tab(name):
                self._go(name)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self.show)

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        name = event.widget.id
        if name in layout.HOSTS and name != self._panes.active:
            self._panes.active = name
            self._arrange()
            self.refresh_bindings()

    def _go(self, name: str) -> None:
        if not self._every:
            name = "hosts"
        self._panes.active = name
        if name == "hosts":
            self._panes.whole = False
        self._arrange()
        self.query_one(f"#{name}").focus()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_pane(self, step: int) -> None:
        names = [name for name in self._names() if self._panes.alone or self.query_one(f"#{name}").display]
        at = names.index(self._panes.active) if self._panes.active in names else 0
        self._go(names[(at + step) % len(names)])

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)

    def action_open(self) -> None:
        """The machine alone; from there back to the list."""
        if self._panes.active != "hosts":
            self._zoomed = False
            self._go("hosts")
        elif self._row() is not None:
            self._zoomed = False
            self._panes.whole = True
            self._go("facts")

    def action_back(self) -> None:
        if self._cursor is not None:
            self._cursor = None
            self.show()
        elif self._zoomed:
            self.action_zoom()
        elif self._panes.active != "hosts" or self._panes.whole:
            self._go("hosts")
        elif self._typed:
            self._set_filter("")

    # Acting: nothing here does

    def _targets(self) -> tuple[str, ...]:
        return ()

    def _copied_first(self) -> tuple[Entry, ...]:
        if self._panes.active == "facts":
            return under_cursor(*self._copies.get(self.query_one("#facts", Table).cursor or "", ("", "")))
        row = self._row()
        host = row.host if row is not None else None
        return under_cursor("machine id", (host.id or "") if host is not None else "")

    # Order and filter

    def typing(self) -> bool:
        return self._asking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("sort", "invert", "filter", "pane", "zoom", "copy", "open"):
            return not self.typing()
        if action in ("act", "lease", "deploy", "ssh"):
            return False
        return super().check_action(action, parameters)

    def action_sort(self) -> None:
        self._order(store.SORTS[(store.SORTS.index(self._sort) + 1) % len(store.SORTS)], inverted=False)

    def action_invert(self) -> None:
        self._order(self._sort, not self._inverted)

    @on(Table.SortAsked, "#hosts")
    def _sort_asked(self, event: Table.SortAsked) -> None:
        self._order(event.sort, event.sort == self._sort and not self._inverted)

    def _order(self, sort: str, inverted: bool) -> None:
        self._sort, self._inverted = sort, inverted
        self._sight.kept.keep("hosts.sort", sort)
        self.show()
        self.query_one("#hosts", Table).action_edge(-1)

    async def action_filter(self) -> None:
        if self._asking:
            return
        self._asking = True
        line = FilterLine(self._typed, "filter: words such as a name, an id, a GPU, unlisted, maintenance")
        await self.mount(line, before="#footer")
        self.set_focus(line)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self._set_filter(event.text)

    @on(FilterLine.Done)
    async def _filter_done(self, event: FilterLine.Done) -> None:
        if not event.left:
            self._go("hosts")
        await event.line.remove()
        self._asking = False
        self.refresh_bindings()
        if not event.kept:
            self._set_filter("")

    def _set_filter(self, text: str) -> None:
        self._typed = text
        self.show()
