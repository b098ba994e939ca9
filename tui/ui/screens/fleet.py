"""The Fleet screen: pods, the telemetry of the one under the cursor, and the market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.timer import Timer
from textual.widget import Widget

from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import METRICS
from tui.store.views.attention import loud, next_pod
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.render import empty_states
from tui.ui.render.attention import none_to_go_to
from tui.ui.screens.fleet_lists import Offers, Pods
from tui.ui.screens.keys import LOGS, MUTE, NEEDY, SORT, filter_key, pane_keys
from tui.ui.screens.listing import Listing
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

REST = 1.5
"""Seconds without a move after which, on a slow link, the charts follow the cursor."""

MOST_COMPARED = 8
"""Maximum number of pods whose lines can be told apart on one axis."""


class FleetScreen(ListingScreen):
    """Shows the fleet and the market."""

    TITLES: ClassVar = {"pods": "Pods", "telemetry": "Telemetry", "market": "Market"}
    TO_THE_LIST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_keys(),
        filter_key(),
        SORT,
        Binding("i", "invert", "reverse", id="table.invert", show=False, tooltip="Reverse sort"),
        LOGS,
        *NEEDY,
        MUTE,
        Binding("enter", "open", "details", id="table.open", tooltip="Pod details"),
        Binding("w", "watch", "watch", id="table.watch", show=False, tooltip="Watch a GPU, or a pod's host"),
        Binding("space", "mark", "select", id="table.mark", show=False, tooltip="Select pod, for actions and charts"),
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

    def _panes(self) -> Iterator[Widget]:
        yield Table(self._pods.columns, id="pods")
        yield Telemetry(len(METRICS), id="telemetry")
        yield Table(self._offers.columns, id="market")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        return layout.panes(width, height, self._active, len(self._view[0].records), self._alone)

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
        self._entitle(pane, title, self._span_words(self._since(records)), () if alone else names)
        self._show_charts(pane, records)

    def _row_changed(self, listing: Listing) -> None:
        if listing is not self._pods:
            # The charts beside the market are those of a pod.
            return
        if self._sight.display.pace.slow:
            # Charts are most of the bytes of a move. Their title has the pod's name.
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(REST, self._show_row)
        else:
            self._follow(self._show_row)
        self._follow(self._show_possible)

    # What needs attention

    def look_at(self, pod: str) -> None:
        """Put the cursor on a pod, in front."""
        self._go("pods")
        self._table(self._pods).move_to(pod)

    def action_needy(self, step: int) -> None:
        """Move to the next or previous pod that needs attention, round the end."""
        table = self._table(self._pods)
        alerts = loud(self._sight.fleet.attention)
        needing = dict.fromkeys(alert.pod for alert in alerts if alert.pod)
        pod = next_pod(needing, table.keys, table.cursor, step)
        if pod is not None:
            self.look_at(pod)
        else:
            self._sight.session.messages.reply(none_to_go_to(alerts))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self._active == "telemetry" and action in ("sort", "invert", "mark", "open"):
            return False
        return super().check_action(action, parameters)

    def _wish(self) -> Wish | None:
        # An account without pods has none to copy: its first is rented here.
        return super()._wish() or (Wish() if not self._sight.fleet.records else None)
