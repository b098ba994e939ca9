"""The Hosts screen: the machines that the account rents out; details of the one under the cursor. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from tui.domain.filters import Vocabulary
from tui.format.width import width
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS
from tui.store.views import hosts as store
from tui.store.views.host_filter import HOSTS
from tui.store.views.hosts import HostRow
from tui.ui import layout
from tui.ui.charts import host_charts
from tui.ui.charts.look import Look
from tui.ui.charts.pod_charts import rows_of, width_of
from tui.ui.context import ScreenContext
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import empty_states, host_rows, hosts
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.screens.charted import RANGES
from tui.ui.screens.keys import COLUMNS, INVERT, SORT, filter_key, hidden, pane_keys
from tui.ui.screens.listing import About, Listing, Picture, Rows, Scene
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

INTERVAL = TOPICS["hosts"].interval
NOBODY = EmptyState("No machine under the cursor")


class Machines(Listing):
    """The machines."""

    name = "hosts"
    title = "Hosts"
    noun = "machines"
    columns = host_rows.COLUMNS
    table = "hosts"
    sorts = store.SORTS
    preference = "hosts.sort"
    topics = ("hosts",)

    @property
    def vocabulary(self) -> Vocabulary:
        return HOSTS.vocabulary

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.every: tuple[HostRow, ...] = ()
        self._read: tuple[object, int] = (None, 0)

    def read(self, fleet: Fleet, now: float) -> None:
        """Update the machines; values that change with time alone, a countdown, the age of a sample, once a minute."""
        read = (fleet.hosts.value, int(now // 60))
        if read != self._read:
            self._read = read
            self.every = store.rows(fleet.hosts.value, now) if fleet.hosts.value is not None else ()

    def rows(self, scene: Scene) -> Rows:
        passing = HOSTS.select(self.filter, self.every) if self.filter is not None else self.every
        shown = {row.key: row for row in store.ordered_rows(passing, self.sort, self.inverted)}
        count, gpus, unknown = store.rented(self.every)
        apart = f", {unknown} machine{'s' * (unknown != 1)} unknown" if unknown else ""
        rented = f"{count}/{gpus} GPUs rented{apart}" if self.every and gpus is not None else ""
        return Rows(
            tuple(shown), lambda key: host_rows.cells(shown[key], scene.now), len(self.every), self._empty(scene.fleet),
            notes=(rented,) if self.filter is None else (), rising=store.rises(self.sort, self.inverted),
            faded=self.is_stale(scene), widest={"name": max((width(row.name) for row in shown.values()), default=0)},
        )  # fmt: skip

    def _empty(self, fleet: Fleet) -> EmptyState:
        replay = self.context.playback.replay
        if fleet.recorded or replay:
            return EmptyState("Machines are not recorded", ("= goes live.",) if not replay else ())
        if fleet.keyless:
            return EmptyState("No API key: prices only", ("Set RUNPOD_API_KEY or pass --api-key-file FILE.",))
        if self.every:
            return empty_states.topic(fleet.hosts, self.noun, True, len(self.every))
        if fleet.hosts.value is None:
            return empty_states.topic(fleet.hosts, self.noun, False, 0)
        return EmptyState(
            "This account rents out no machines",
            (
                "Machines that you rent out as a RunPod host appear here, with prices, earnings and load.",
                "Refreshed every 30 s while this screen is open.",
            ),
        )

    def row(self, key: str | None) -> HostRow | None:
        return next((row for row in self.every if row.key == key), None)

    def about(self, scene: Scene) -> About:
        row, known = self.row(scene.key), scene.fleet.hosts.value
        if row is None:
            return About("Machine", empty=NOBODY, faded=self.is_stale(scene))
        earnings = known.earnings if known is not None else ()
        sections = hosts.sections(row, earnings, scene.now, self.context.tz)
        return About(row.name or row.key, sections, NOBODY, faded=self.is_stale(scene))

    def picture(self, scene: Scene) -> Picture:
        """The machine's earnings, by day."""
        row, known = self.row(scene.key), scene.fleet.hosts.value
        host = row.host if row is not None else None
        earned = store.days(known.earnings, host.id) if known and host and host.id else ()
        if not earned:
            return Picture("Earnings", empty=EmptyState("No earnings reported for this machine") if host else NOBODY)
        return Picture(
            "Earnings",
            "by day",
            lambda width, _: host_charts.earned_chart(earned, scene.now, width),
        )

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        row = self.row(key)
        host = row.host if row is not None else None
        return under_cursor("machine ID", (host.id or "") if host is not None else "")


class HostsScreen(ListingScreen):
    """Shows the machines; requests them while it is on top."""

    MODE = "hosts"
    TITLES: ClassVar = {"hosts": "Hosts", "facts": "Machine", "charts": "Telemetry", "earnings": "Earnings"}
    TABS: ClassVar = {**TITLES, "charts": "Charts", "earnings": "Earned"}
    HOME = "hosts"
    WITHOUT = frozenset(("act", "lease", "deploy", "ssh"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "machine", id="table.open", tooltip="Machine details; back to the list"),
        *pane_keys()[:2],
        filter_key(),
        SORT,
        INVERT,
        COLUMNS,
        pane_keys()[2],
        hidden("escape,backspace", "back", "pane.back", "Clear cursor, zoom, filter; leave the machine"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        self._machines = Machines(sight)
        self._whole = False
        super().__init__(sight, self._machines)

    def _panes(self) -> Iterator[Widget]:
        yield Table(self._machines.columns, id="hosts")
        yield FactsPane()
        yield Telemetry(len(host_charts.CHARTS), id="charts")
        yield Telemetry(1, id="earnings")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        machines = self._machines.every
        return layout.hosts(
            width, height, self._active, len(machines), self._alone or not machines, self._whole, self._single
        )

    def _arrange(self) -> None:
        self._machines.read(*self._view)
        if not self._machines.every:
            self._active, self._whole = "hosts", False
        super()._arrange()

    def _in_turn(self) -> tuple[str, ...]:
        return tuple(name for name in super()._in_turn() if name != "hosts" or not self._whole)

    def _go(self, name: str) -> None:
        if name == "hosts":
            self._whole = False
        super()._go(name if self._machines.every else "hosts")

    def action_open(self) -> None:
        """The machine in full screen; from there back to the list."""
        if self._active != "hosts":
            self._zoomed = False
            self._go("hosts")
        elif self._machines.row(self._key) is not None:
            self._zoomed = False
            self._whole = True
            self._go("facts")

    def _row_changed(self, listing: Listing) -> None:
        self._cursor = None
        super()._row_changed(listing)

    def _show_row(self) -> None:
        self._show_facts(self._machines)
        self._show_telemetry(self._scene(self._machines))
        self._show_picture("earnings", self._machines)

    def _show_telemetry(self, scene: Scene) -> None:
        pane = self.query_one("#charts", Telemetry)
        if not pane.display:
            return
        row = self._machines.row(scene.key)
        # Alone, no other pane says whose they are.
        whose = f"  {row.name or row.key}" if row is not None and self._alone else ""
        self._entitle(pane, f"{self.TITLES['charts']}{whose}", self._span_words())
        host = row.host if row is not None else None
        series = scene.fleet.host_telemetry.of(host.id) if host is not None else None
        if host is None or series is None or not len(series):
            pane.show_notice(EmptyState("No samples reported for this machine") if host is not None else NOBODY)
            return
        charts = pane.in_turn(host_charts.charts_of(series), self._turn)
        sizes = pane.sizes(len(charts), rows_of(charts, series.names, self._heat))
        if not sizes:
            return
        look = Look(
            now=scene.now, span=RANGES[self._range], tz=self._sight.tz, heat=self._heat, cursor=self._cursor,
            spark=self._sight.display.pace.slow, shades=self._has_shades,
        )  # fmt: skip
        self._width = width_of(look, [size for size in sizes if size != (1, 1)])
        newest = series.newest(scene.now)
        current = newest is not None and scene.now - newest <= store.STALE
        silence, present = max(120.0, 4 * INTERVAL), host.load if current else None
        built = host_charts.specs(
            series, look, self._width, sizes, charts, silence, present, host.gpu_name or host.gpu_type_id
        )
        self._draw_charts(pane, built)
