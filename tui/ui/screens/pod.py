"""The Pod screen: all data of one pod: facts to copy, charts in full size, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from tui.domain import pod_costs
from tui.domain.pod_health import Phase
from tui.store.fleet import Fleet
from tui.store.metrics import METRICS
from tui.store.pod_inspection import PodInspection
from tui.store.views import pods
from tui.store.views.attention import loud, next_pod, worst
from tui.store.views.gpu_map import count_of
from tui.store.views.joined_events import joined
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.boot_log import BootLog
from tui.ui.messages import Inspect, OpenPod
from tui.ui.primitives.cells import Cell, fit, wrap
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section, copied
from tui.ui.render import attention, empty_states, pod_facts, runs
from tui.ui.render import events as timeline
from tui.ui.render.attention import none_to_go_to
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.screens.keys import LOGS, MUTE, NEEDY, hidden, pane_keys
from tui.ui.screens.listing import About, Listing, Rows, Scene
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.screens.pod_gpus import Gpus
from tui.ui.screens.pod_listing import PodListing
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

_LEAST_PANE = 6
"""Lines of panes from which on an alert stands above them."""

_PANE_FRAME = 3
"""Lines of the pane of GPUs beside these: its border and its heads."""

FOLDED = "pod.folded"
"""The name under which the folded groups of facts are stored."""


class Timeline(PodListing):
    """Events of one pod; its facts are those of the pod itself."""

    name = "timeline"
    title = "Timeline"
    columns = timeline.COLUMNS

    def __init__(self, context: ScreenContext, pod: str) -> None:
        super().__init__(context, pod)
        self.boot = BootLog(pod, lambda: context.session.logs, lambda: context.changed.publish(None))

    @property
    def _inspection(self) -> PodInspection | None:
        inspection = self.context.fleet.inspection
        return inspection if inspection is not None and inspection.pod == self._pod else None

    def rows(self, scene: Scene) -> Rows:
        events = pods.timeline(scene.fleet, self._inspection, self._pod, scene.now)
        cells = timeline.rows(joined(events, 2 * scene.fleet.interval), scene.now, self.context.tz)
        asked = self._inspection is not None
        empty = EmptyState("No events recorded yet" if asked else "◌ Loading history…")
        pane = layout.detail(scene.width, 100, self.name, scene.width < layout.NORMAL)[self.name]
        columns = timeline.timeline_columns(pane.width, cells.values())
        return Rows(tuple(cells), cells.__getitem__, len(cells), empty, columns=columns)

    def about(self, scene: Scene) -> About:
        fleet, now, inspection = scene.fleet, scene.now, self._inspection
        record = fleet.records.get(self._pod)
        detail = inspection.detail if inspection is not None else None
        sections: tuple[Section, ...] = ()
        if record is not None and record.pod is not None:
            sections = pod_facts.sections(
                record.pod,
                detail.value if detail is not None else None,
                now,
                spent=pod_facts.Spent(inspection.today if inspection else None, pod_costs.since_start(record.pod)),
                revealed=self.revealed,
                tz=self.context.tz,
                phase=record.phase(now),
                is_loaded=not self.context.playback.in_history and (detail is None or detail.error is None),
                extras=inspection.extras if inspection is not None else None,
                ssh=self.context.connect.settings,
                lacks=fleet.lacks,
                boot=self.boot.line,
                lockable=self.context.actions.possible("lock-pod", (self._pod,)),
            )
            run = runs.section(fleet.runs.get(self._pod), record.pod, now, funds=fleet.funds, tz=self.context.tz)
            if run is not None:
                sections = (run, *sections)
        if alerts := attention.of_pod(fleet.attention, self._pod):
            sections = (alerts, *sections)
        name = (record.name if record is not None else "") or self._pod
        stale = fleet.pods_stale(now)
        return About(
            f"Pod  {name}", sections, self._empty(fleet), empty_states.inspected(detail, fleet, now), faded=stale,
            warns=stale, wrapped=True, folded=self.folded,
        )  # fmt: skip

    @property
    def folded(self) -> frozenset[str]:
        """The groups of facts that the user has folded, on any pod."""
        return frozenset(filter(None, self.context.preferences.get(FOLDED).split(",")))

    def fold(self, title: str) -> None:
        """Fold a group of facts, or unfold it, and remember that."""
        self.context.preferences.keep(FOLDED, ",".join(sorted(self.folded ^ {title})))

    def _empty(self, fleet: Fleet) -> EmptyState:
        record = fleet.records.get(self._pod)
        if record is not None and record.unreadable is not None:
            return EmptyState("? podtop cannot read RunPod's data for this pod", (record.unreadable,), "bad")
        if fleet.pods_at is None:
            return empty_states.pods(fleet, False, replay=self.context.playback.replay)
        return EmptyState("This pod is not on the account", ("Its history is still shown; esc goes back.",))

    def targets(self, key: str | None) -> tuple[str, ...]:
        return (self._pod,)

    def copies_of(self, key: str | None, title: str, fact: Fact | None) -> tuple[Entry, ...]:
        secret = title == pod_facts.ENVIRONMENT
        return under_cursor(fact.label, copied(fact), secret) if fact is not None else ()

    def watch(self, key: str | None) -> None:
        self.context.watches.pod(self._pod)


class PodScreen(ListingScreen):
    """Shows one pod by its id."""

    TITLE = "Pod"
    TITLES: ClassVar = {"gpus": "GPUs", "facts": "Pod", "charts": "Telemetry", "timeline": "Timeline"}
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_keys(),
        hidden("w", "watch", "pod.watch", "Watch: resume pod when its host has free GPUs"),
        LOGS,
        *NEEDY,
        MUTE,
        Binding("x", "reveal", "reveal", id="pod.reveal", tooltip="Show or hide environment values"),
        hidden("enter", "enter", "pod.enter", "Fold or unfold a group of facts; elsewhere go back"),
        Binding("space", "fold", "fold", id="pod.fold", tooltip="Fold or unfold the group of facts under the cursor"),
        Binding("escape,backspace", "back", "back", id="pane.back", tooltip="Clear cursor, zoom; go back"),
    ]

    def __init__(self, sight: ScreenContext, pod: str) -> None:
        self._timeline = Timeline(sight, pod)
        self._gpus = Gpus(sight, pod)
        super().__init__(sight, self._timeline, self._gpus)
        self.pod = pod
        self._looked: float | None = -1.0
        self._events = 0

    def _panes(self) -> Iterator[Widget]:
        yield Table(self._gpus.columns, id="gpus")
        yield FactsPane()
        yield Telemetry(len(METRICS), id="charts")
        yield Table(self._timeline.columns, id="timeline")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        record = self._view[0].records.get(self.pod)
        gpus = count_of(record) if record is not None else 0
        return layout.detail(width, height, self._active, self._alone, gpus, self._events)

    def _urgent_lines(self, width: int, height: int) -> tuple[Cell, ...]:
        fleet, _ = self._view
        alert, record = worst(fleet).get(self.pod), fleet.records.get(self.pod)
        # The facts begin with it themselves.
        is_fact = (not self._alone or self._active == "facts") and attention.ALERTS not in self._timeline.folded
        # Of very few lines it would take too many.
        is_above = self._single and self._active != "facts" and height >= _LEAST_PANE
        self._gpus.notes_alert = not (is_fact or is_above)
        if alert is None or alert.muted or not is_above:
            return ()
        role, gpus = attention.role_of(alert), count_of(record) if record is not None else 0
        wrapped = wrap(((f"{attention.SIGN} {alert.text}", role),), width)
        lines = ["".join(text for text, _ in line).strip() for line in wrapped]
        # For its second line no GPU is hidden.
        most = 2 if len(lines) > 1 and height - gpus - _PANE_FRAME >= 2 else 1
        return tuple(fit(((line, role),), width) for line in (*lines[: most - 1], " ".join(lines[most - 1 :])))

    def on_mount(self) -> None:
        # Before the one of the panes: where there is room for one at a time, the GPUs come first.
        self._active = "gpus" if self._single else "facts"

    # Content

    def _show_all(self) -> None:
        _, now = self._view
        at = now if self._player.in_history else None
        if at != self._looked:
            self._looked = at
            self.post_message(Inspect(self.pod, at))
        record = self._sight.fleet.records.get(self.pod)
        self._timeline.boot.want(at is None and record is not None and record.phase(now) is Phase.BOOTING)
        super()._show_all()
        if (events := len(self._table(self._timeline).keys)) != self._events:
            self._events = events
            self._arrange()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        if not self._seen:
            self._timeline.boot.want(False)

    def on_unmount(self) -> None:
        self._timeline.boot.want(False)

    def _age(self, fleet: Fleet, now: float) -> None:
        if fleet.pods_stale(now):
            self._show_facts(self._timeline)

    def _show_row(self) -> None:
        self._show_facts(self._timeline)
        fleet, _ = self._view
        pane = self.query_one("#charts", Telemetry)
        record = fleet.records.get(self.pod)
        if record is None:
            pane.show_notice(EmptyState("No samples of this pod at this time"))
        else:
            self._show_charts(pane, [record])
        title = self.TITLES["charts"]
        if record is not None and not {"gpus", "facts"} & self._shown.keys():
            # No other pane says whose they are.
            title += f"  {record.name or record.id}"
        self._entitle(pane, title, self._span_words(self._since([record] if record else [])))

    def _row_changed(self, listing: Listing) -> None:
        # Whichever event is under the cursor: the rest is about the pod.
        pass

    @property
    def vocabulary(self) -> None:
        """Its lists have no filter."""
        return None

    # Groups of facts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "fold":
            return self._active == "facts"
        return super().check_action(action, parameters)

    def action_fold(self) -> None:
        """Fold or unfold the group whose title is under the cursor, or that of the fact there."""
        fact = self._facts.fact
        if title := self._facts.title or (fact[0] if fact is not None else ""):
            self._timeline.fold(title)
            self._arrange()
            self._show_list(self._gpus)
            self._show_facts(self._timeline)
            self._facts.move_to(title)

    def action_enter(self) -> None:
        if self._active == "facts" and self._facts.title:
            self.action_fold()
        else:
            self.action_back()

    def action_reveal(self) -> None:
        if pod_facts.ENVIRONMENT in self._timeline.folded:
            self._timeline.fold(pod_facts.ENVIRONMENT)
        super().action_reveal()

    def action_needy(self, step: int) -> None:
        """Go to the next or previous pod that needs attention, in the order of the fleet, round the end."""
        fleet, now = self._view
        alerts = loud(self._alerts_of.attention)
        needing = dict.fromkeys(alert.pod for alert in alerts if alert.pod)
        pod = next_pod(needing, pods.pods(fleet, now, pods.Query(sort=pods.ATTENTION)), self.pod, step)
        if pod is not None and pod != self.pod:
            self.post_message(OpenPod(pod))
        else:
            none = none_to_go_to(len(needing), ("the account",) if alerts else (), self._alerts_of.unjudged)
            self._sight.session.messages.reply(none if pod is None else "No other pod needs attention")

    def _leave(self) -> None:
        self._timeline.revealed = False
        self.post_message(Inspect(None, None))
        self.dismiss(None)
