"""The Fleet screen: pods, the telemetry of the one under the cursor, and the market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.timer import Timer
from textual.widget import Widget

from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import METRICS
from tui.store.views.attention import has_needy_gpus, loud, next_pod
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.render import empty_states, row_columns
from tui.ui.render.attention import none_to_go_to
from tui.ui.screens.fleet_lists import Offers, Pods
from tui.ui.screens.keys import hidden, mark_keys, pod_list_keys
from tui.ui.screens.listing import Listing
from tui.ui.screens.listing_screen import MARKING, ListingScreen
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.controllers.deploys import Wish
    from tui.ui.screens.fleet_gpus import FleetGpus
    from tui.ui.widgets.gpu_map import GpuMap

REST = 1.5
"""Seconds without a move after which, on a slow link, the charts follow the cursor."""

MOST_COMPARED = 8
"""Maximum number of pods whose lines can be told apart on one axis."""

MANY_GPUS = 8
"""GPUs of an account above which the map of GPUs is shown unless the user chose otherwise."""

ASIDE = "fleet.aside"
"""The name under which the user's choice of the map or the market is stored."""

_BESIDE = ("pods", "map", "telemetry", "market")
"""The panes in the order of `tab` where several are shown."""


class FleetScreen(ListingScreen):
    """Shows the fleet and the market."""

    TITLES: ClassVar = {"pods": "Pods", "telemetry": "Telemetry", "market": "Market", "map": "GPU map"}
    TABS: ClassVar = {**TITLES, "map": "GPUs"}
    TO_THE_LIST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *pod_list_keys(),
        hidden("M", "aside", "pane.aside", "Show GPU map, market, or neither"),
        Binding("w", "watch", "watch", id="table.watch", show=False, tooltip="Watch a GPU, or a pod's host"),
        *mark_keys("Select pod, for actions and charts", show=False),
        Binding(
            "escape",
            "back",
            "Back",
            id="pane.back",
            show=False,
            tooltip="Clear cursor, zoom, filter, selection",
        ),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        self._pods, self._offers = Pods(sight), Offers(sight)
        super().__init__(sight, self._pods, self._offers)
        self._worn = (False, False)
        self._resting: Timer | None = None
        self._first: str | None = None
        self._begun = False
        self._of_gpus: FleetGpus | None = None

    def _panes(self) -> Iterator[Widget]:
        yield Table(self._pods.columns, id="pods")
        yield Lines(id="gpus", classes="pane")
        yield Telemetry(len(METRICS), id="telemetry")
        yield Table(self._offers.columns, id="market")

    def _pane(self, name: str) -> Widget:
        return self._map if name == "map" else super()._pane(name)

    @property
    def _map(self) -> GpuMap:
        """The map of GPUs, which is created when it is first shown."""
        for there in self.query("#map").results():
            return cast("GpuMap", there)
        from tui.ui.widgets.gpu_map import GpuMap

        pane = GpuMap(id="map")
        self.query_one("#body").mount(pane, before="#telemetry")
        self._entitle(pane, self.TITLES["map"], "")
        return pane

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        fleet, table = self._view[0], self._table(self._pods)
        return layout.panes(
            width, height, self._active, len(fleet.records), self._alone, aside=self._aside,
            cells=lambda wide: self._gpus.lines(fleet, table.keys, wide), gpus=self._single and bool(table.cursor),
            needy=self._single and has_needy_gpus(fleet),
        )  # fmt: skip

    @property
    def _aside(self) -> str:
        """Which of `layout.ASIDES` is shown: the one with the focus, the user's choice, or what suits the account."""
        if self._active in layout.ASIDES:
            return self._active
        chosen = self._sight.preferences.get(ASIDE)
        if chosen in layout.ASIDES:
            return chosen
        return "map" if self._view[0].totals.gpus > MANY_GPUS else "market"

    def _on_screen(self) -> tuple[Listing, ...]:
        # The market costs nothing while the map has its place.
        return (self._pods, self._offers) if "market" in self._shown else (self._pods,)

    # Content

    def _age(self, fleet: Fleet, now: float) -> None:
        worn = fleet.pods_stale(now), fleet.market_stale(now)
        if self._worn != worn:
            self._worn = worn
            self.show()
        elif fleet.snapshot.value is None or fleet.market.value is None:
            for listing in self._on_screen():
                self._show_list(listing)
        elif any(worn):
            # There may be thousands of rows; only their age has changed.
            for listing in self._on_screen():
                self._show_trouble(listing)

    def _show_trouble(self, listing: Listing) -> None:
        """Show a list's age and missing parts, without changing its rows."""
        table = self._table(listing)
        trouble = listing.trouble(self._scene(listing))
        self._entitle(table, self._titles[table.id][0], trouble)
        table.set_class(bool(trouble), "-old")

    def _charted(self, fleet: Fleet) -> list[Record]:
        """The pods whose charts are shown: the selected ones if there are several, else the one under the cursor."""
        marked = [fleet.records[key] for key in self._sight.marks if key in fleet.records]
        if len(marked) > 1:
            return marked[:MOST_COMPARED]
        key = self._table(self._pods).cursor
        return [fleet.records[key]] if key in fleet.records else []

    def _show_all(self) -> None:
        super()._show_all()
        if not self._begun:
            self._begin()

    def _begin(self) -> None:
        """Once alerts are judged the cursor goes to the worst pod, unless it was moved: that is not known at first."""
        fleet, table = self._view[0], self._table(self._pods)
        self._first = self._first or table.cursor
        if fleet.judged_at is None or fleet.past or not table.keys:
            return
        self._begun = True
        if table.cursor == self._first:
            table.action_edge(-1)

    def _show_row(self) -> None:
        self._show_map()
        self._show_gpus()
        self._show_telemetry()

    @property
    def _gpus(self) -> FleetGpus:
        if self._of_gpus is None:
            # The first frame shows none.
            from tui.ui.screens.fleet_gpus import FleetGpus

            self._of_gpus = FleetGpus()
        return self._of_gpus

    def _show_map(self) -> None:
        """Show the GPUs of the pods in the list, in its order; their cursors follow each other."""
        if "map" not in self._shown:
            return
        fleet, now = self._view
        pane, table = self._map, self._table(self._pods)
        answered = fleet.snapshot.took is not None and not (fleet.past or self._player.in_history)
        live = fleet.pods_at if answered else None
        self._gpus.show_map(pane, fleet, now, table.keys, shades=self._has_shades, live=live)
        pane.look_at(table.cursor)
        self._entitle_map()
        pane.set_class(fleet.pods_stale(now), "-old")

    def _entitle_map(self) -> None:
        brief = self.size.width < row_columns.NARROW
        self._gpus.entitle(self._map, self.TITLES["map"], *self._view, brief=brief, shades=self._has_shades)

    def _show_gpus(self) -> None:
        """Show the GPUs of the pod under the cursor, in the room below the pods."""
        if "gpus" not in self._shown:
            return
        fleet, now = self._view
        pane = self.query_one("#gpus", Lines)
        table = self._table(self._pods)
        if self._shown["pods"].height < len(fleet.records) + 3:
            # The list leaves no room of its own: what is not in its rows stands below it.
            title, lines = self._gpus.of_all(fleet, table.keys, now, *pane.size)
        else:
            title, lines = self._gpus.of_pod(fleet, table.cursor or "", table.keys, now, *pane.size)
        pane.content = tuple(TwoSided((line,)) for line in lines)
        self._entitle(pane, title, "")

    def on_gpu_map_moved(self, event: GpuMap.Moved) -> None:
        self._table(self._pods).move_to(event.pod)
        if event.opened:
            self.action_open()
        else:
            self._entitle_map()

    def _show_telemetry(self) -> None:
        fleet, _ = self._view
        pane = self.query_one("#telemetry", Telemetry)
        records = self._charted(fleet)
        if not records:
            self._entitle(pane, self.TITLES["telemetry"], "")
            pane.show_notice(empty_states.telemetry(fleet))
            return
        names = [record.name or record.id for record in records]
        alone = len(names) == 1
        title = f"{self.TITLES['telemetry']}  {names[0]}" if alone else f"{len(names)} pods"
        self._show_charts(pane, records)
        self._entitle(pane, title, self._span_words(self._since(records)), () if alone else names)

    def _row_changed(self, listing: Listing) -> None:
        if listing is not self._pods:
            # The charts beside the market are those of a pod.
            return
        if self._sight.display.pace.slow:
            # Charts are most of the bytes of a move. Their title has the pod's name.
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(REST, self._show_telemetry)
            self._follow(self._show_map, self._show_gpus)
        else:
            self._follow(self._show_row)
        self._follow(self._show_possible)

    def _in_turn(self) -> tuple[str, ...]:
        # Side by side in the order of the eye: the map stands between the pods and their charts.
        names = super()._in_turn()
        return names if self._alone else tuple(name for name in _BESIDE if name in names)

    # What needs attention

    def look_at(self, pod: str) -> None:
        """Put the cursor on a pod, in front."""
        self._go("pods")
        self._table(self._pods).move_to(pod)

    def action_needy(self, step: int) -> None:
        """Move to the next or previous pod that needs attention, round the end."""
        table = self._table(self._pods)
        alerts = loud(self._alerts_of.attention)
        needing = dict.fromkeys(alert.pod for alert in alerts if alert.pod)
        pod = next_pod(needing, table.keys, table.cursor, step)
        if pod is not None:
            self.look_at(pod)
        else:
            none = none_to_go_to(len(needing), ("the account",) if alerts else (), self._alerts_of.unjudged)
            self._sight.session.messages.reply(none)

    # Keys

    def action_aside(self) -> None:
        """Show the next of map, market and neither, and remember it; where one pane has room at a time, go to it."""
        shown = self._active if self._single else self._aside
        at = layout.ASIDES.index(shown) if shown in layout.ASIDES else len(layout.ASIDES) - 1
        aside = layout.ASIDES[(at + 1) % len(layout.ASIDES)]
        if not self._single:
            self._sight.preferences.keep(ASIDE, aside)
        if self._single or self._active in layout.ASIDES:
            self._go(aside if aside != "none" else "pods")
        else:
            self._arrange()
            self.call_after_refresh(self.show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "aside":
            return not self.typing()
        if action == "logs" and not self._view[0].records:
            return False
        if self._active == "telemetry" and action in ("sort", "invert", "columns", "open", *MARKING):
            return False
        return super().check_action(action, parameters)

    def _wish(self) -> Wish | None:
        if (wish := super()._wish()) is not None or self._sight.fleet.records:
            return wish
        from tui.ui.controllers.deploys import Wish

        # An account without pods has none to copy: its first is rented here.
        return Wish()
