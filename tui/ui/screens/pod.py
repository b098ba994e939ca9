"""The Pod screen: everything about one pod: facts to copy, charts in full size, what happened to it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.domain import pod_costs
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import METRICS
from tui.store.pod_inspection import PodInspection
from tui.store.views import pods
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.messages import Inspect
from tui.ui.primitives.cells import Cell, wrap
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import copied
from tui.ui.render import empty_states, pod_facts
from tui.ui.render import events as timeline
from tui.ui.render.copy_entries import Entry
from tui.ui.screens.base import BaseScreen, hidden
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Column, Table
from tui.ui.widgets.telemetry import Telemetry

COLUMNS = (Column("label", "", 14, 0), Column("value", "", 20, 0, flex=True))
TITLES = {"facts": "Pod", "charts": "Telemetry", "timeline": "Timeline"}
SHORT = 12


class PodScreen(BaseScreen):
    """Looks at one pod by its id."""

    TITLE = "Pod"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "pane(1)", "pane", id="pane.next", tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Give the pane the whole screen, or back"),
        hidden("w", "watch", "pod.watch", "Watch: resume this pod when its host has free GPUs"),
        Binding("x", "reveal", "reveal", id="pod.reveal", tooltip="Show the environment's values, or hide"),
        Binding("escape,enter,backspace", "back", "back", id="pane.back", tooltip="Leave the cursor, zoom, the pod"),
    ]

    def __init__(self, sight: ScreenContext, pod: str) -> None:
        super().__init__(sight)
        self.pod = pod
        self._panes = layout.Detail()
        self._zoomed = False
        self._revealed = False
        self._copies: dict[str, Entry] = {}
        self._looked: float | None = -1.0

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="tabs")
        with Body(self._panes, id="body"):
            yield Table(COLUMNS, id="facts", headed=False)
            yield Telemetry(len(METRICS), id="charts")
            yield Table(timeline.COLUMNS, id="timeline")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        for name, title in TITLES.items():
            pane = self.query_one(f"#{name}")
            self._entitle(pane, title, "")
        self.query_one("#facts").focus()

    def on_unmount(self) -> None:
        self._revealed = False

    # Reading the store

    def _show_all(self) -> None:
        fleet, now = self._view
        at = now if self._player.travelling else None
        if at != self._looked:
            self._looked = at
            self.post_message(Inspect(self.pod, at))
        self._arrange()
        record = fleet.records.get(self.pod)
        inspection = self._sight.fleet.inspection
        if inspection is not None and inspection.pod != self.pod:
            inspection = None
        self._show_facts(fleet, record, inspection, now)
        self._show_timeline(fleet, inspection, now)
        self._show_telemetry(record)

    def _age(self, fleet: Fleet, now: float) -> None:
        if fleet.pods_stale(now):
            self._show_facts(fleet, fleet.records.get(self.pod), self._sight.fleet.inspection, now)

    def _show_facts(self, fleet: Fleet, record: Record | None, inspection: PodInspection | None, now: float) -> None:
        table = self.query_one("#facts", Table)
        cells: dict[str, dict[str, Cell]] = {}
        self._copies = {}
        width = table.width_of("value") if self.size.width < layout.NORMAL else 0
        feed = inspection.detail if inspection is not None else None
        if record is not None and record.pod is not None:
            made = pod_facts.sections(
                record.pod,
                feed.value if feed is not None else None,
                now,
                spent=pod_facts.Spent(inspection.today if inspection else None, pod_costs.since_start(record.pod)),
                revealed=self._revealed,
                tz=self._sight.tz,
                phase=pods.pod_phase(record, now),
                told=not self._player.travelling and (feed is None or feed.error is None),
                extras=inspection.extras if inspection is not None else None,
                ssh=self._sight.reach.settings,
            )
            for section in made:
                if cells:
                    cells[f"{section.title} above"] = {}
                cells[section.title] = {"label": ((section.title, "key"),)}
                for number, fact in enumerate(section.facts):
                    # Where a line has no room for all of it, it goes on below itself, and is copied whole from there.
                    for line, value in enumerate(wrap(fact.value, width) if width else (fact.value,)):
                        key = f"{section.title} {number}.{line}"
                        cells[key] = {"label": ((fact.label if not line else "", "muted"),), "value": value}
                        if text := copied(fact):
                            self._copies[key] = Entry("c", fact.label, text, section.title == pod_facts.ENVIRONMENT)
        table.show(
            tuple(cells), lambda key: cells[key], notice=self._notice(fleet, record), faded=fleet.pods_stale(now)
        )
        name = (record.name if record is not None else "") or self.pod
        self._entitle(table, f"{TITLES['facts']}  {name}", empty_states.inspected(feed, fleet, now))
        table.set_class(fleet.pods_stale(now), "-old")

    def _notice(self, fleet: Fleet, record: Record | None) -> EmptyState:
        if record is not None and record.unreadable is not None:
            return EmptyState("? this pod came back in a shape podtop does not know", (record.unreadable,), "bad")
        if fleet.pods_at is None:
            return empty_states.pods(fleet, False, replay=self._player.replay)
        return EmptyState("this pod is not on the account", ("Its past is below and beside; esc goes back.",))

    def _show_timeline(self, fleet: Fleet, inspection: PodInspection | None, now: float) -> None:
        table = self.query_one("#timeline", Table)
        rows = timeline.rows(pods.timeline(fleet, inspection, self.pod, now), now, self._sight.tz)
        words = "nothing has happened since podtop watches" if inspection is not None else "◌ asking the recording"
        table.show(tuple(rows), lambda key: rows[key], notice=EmptyState(words))

    def _show_telemetry(self, record: Record | None) -> None:
        pane = self.query_one("#charts", Telemetry)
        self._entitle(pane, TITLES["charts"], self._span_words())
        if record is None:
            pane.show_notice(EmptyState("no samples of this pod at this time"))
            return
        self._show_charts(pane, [record])

    # Arranging panes

    def _arrange(self) -> None:
        size, panes = self.size, self._panes
        tabs = self.query_one("#tabs", Lines)
        tabs.display = layout.single(size.width, size.height)
        panes.alone = self._zoomed or tabs.display
        self.set_class(size.height < SHORT, "-short")
        tabs.content = (TwoSided(tuple(self._tab(name) for name in TITLES)),)
        shown = layout.detail(size.width, size.height, panes.active, panes.alone)
        for name in layout.DETAIL:
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#body").refresh(layout=True)

    def _tab(self, name: str) -> Cell:
        return ((f" {TITLES[name]} ", "tab" if name == self._panes.active else "muted"),)

    @on(Lines.Picked, "#tabs")
    def _tab_picked(self, event: Lines.Picked) -> None:
        for name in TITLES:
            if event.group == self._tab(name):
                self._go(name)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self.show)

    def on_screen_suspend(self) -> None:
        # What was revealed is hidden again when the eyes go elsewhere.
        self._revealed = False

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        name = event.widget.id
        if name in layout.DETAIL and name != self._panes.active:
            self._panes.active = name
            self._arrange()
            self.refresh_bindings()

    def _go(self, name: str) -> None:
        self._panes.active = name
        self._arrange()
        self.query_one(f"#{name}").focus()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_pane(self, step: int) -> None:
        names = layout.DETAIL
        self._go(names[(names.index(self._panes.active) + step) % len(names)])

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
        else:
            self._revealed = False
            self.post_message(Inspect(None, None))
            self.dismiss(None)

    # Facts

    def _targets(self) -> tuple[str, ...]:
        return (self.pod,)

    def _copied_first(self) -> tuple[Entry, ...]:
        fact = self._copies.get(self.query_one("#facts", Table).cursor or "")
        return (fact,) if fact is not None and self._panes.active == "facts" else ()

    def action_watch(self) -> None:
        self._sight.watching().pod(self.pod)

    def action_reveal(self) -> None:
        self._revealed = not self._revealed
        self.show()
