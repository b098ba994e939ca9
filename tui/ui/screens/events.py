"""The Events screen: everything that happened, newest first, with the whole text of the one under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.domain.events import Event
from tui.store.fleet import Fleet
from tui.store.fleet_state import EVENTS
from tui.store.views import event_log
from tui.ui.context import ScreenContext
from tui.ui.layout import WIDE, EventPanes
from tui.ui.messages import GoBack, LookAtLog, OpenPod
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import events
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.screens.base import BaseScreen
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Table

TEXT_LINES = 3
SHORT = 12
NARROW = 70
"""Columns below which the log has only the least."""


class EventsScreen(BaseScreen):
    """Reads the fleet's events, and what a recording tells of those before."""

    MODE = "events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "look", id="table.open", tooltip="The pod of this event, as it was at that time"),
        Binding("slash", "filter", "find", id="table.filter", priority=True, tooltip=f"Filter: {event_log.WORDS}"),
        Binding("escape,backspace", "back", "back", id="pane.back", tooltip="Clear the filter; back to where you were"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._events: dict[str, Event] = {}
        self._every: tuple[Event, ...] = ()
        self._names: Mapping[str, str] = {}
        self._read: tuple[object, ...] = ()
        self._typed = ""
        self._asking = False

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        with Body(EventPanes(), id="body"):
            yield Table(events.LOG_COLUMNS, id="events")
            yield Table(events.ABOUT_COLUMNS, id="about", headed=False)
        yield Lines(id="event")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        self.query_one("#events").focus()

    def on_screen_resume(self) -> None:
        # What memory has let go since is in the recording.
        self.post_message(LookAtLog())

    # Reading the store

    def _source(self) -> tuple[Fleet, float]:
        """Where events are read: while the past is looked at the log stays whole, and can be gone on with."""
        live = self._sight.fleet
        return (live, self._player.clock()) if self._player.travelling else self._view

    def _gather(self) -> bool:
        """Read the events again where there are others; whether there are."""
        fleet, until = self._source()
        earlier = self._sight.fleet.earlier
        newest = fleet.events[-1] if fleet.events else None
        read = (id(fleet), len(fleet.events), newest, id(earlier), self._typed, tuple(fleet.records))
        if read == self._read:
            return False
        if earlier is not None and len(fleet.events) == EVENTS and fleet.events[0].at > earlier.until:
            self.post_message(LookAtLog())
        self._read = read
        told = event_log.merged(earlier.events if earlier is not None else (), fleet.events, 2 * fleet.interval)
        self._every = tuple(event for event in told if event.at <= until)
        live = {key: record.name for key, record in fleet.records.items()}
        self._names = {**(earlier.names if earlier is not None else {}), **live}
        terms = event_log.parse(self._typed)
        self._events = events.keyed(e for e in self._every if terms.hold(e, self._names.get(e.pod, "")))
        return True

    def _show_all(self) -> None:
        narrow = self.size.width < NARROW
        self.set_class(self.size.height < SHORT, "-short")
        wide = self.size.width >= WIDE
        self.query_one("#about").display = wide
        self.query_one("#event").display = not wide
        table = self.query_one("#events", Table)
        table.refit(events.NARROW if narrow else events.LOG_COLUMNS)
        self._gather()
        _, now = self._view
        found, names, tz = self._events, self._names, self._sight.tz
        table.show(
            tuple(found), lambda key: events.row(found[key], now, tz, names, found[key].at > now),
            notice=self._notice(),
        )  # fmt: skip
        text = self._typed.strip()
        total = f"{len(self._every):,}" if self._every else ""
        counted = f"/{text}  {len(found):,} of {total or 0}" if text else total
        faults = event_log.parse(text).faults
        self._entitle(table, f"Events  {counted}".rstrip(), f"▲ {faults[0]}" if faults else self._reach())
        self._show_text()

    def _notice(self) -> EmptyState:
        if self._typed.strip() and self._every:
            return EmptyState("no event matches the filter", (f"{len(self._every):,} are hidden; esc clears it.",))
        if self._player.past is not None and self._sight.fleet.earlier is None:
            return EmptyState("◌ asking the recording")
        return EmptyState(
            "nothing has happened since podtop watches",
            ("Changes of pods, alerts, what was done, trouble with RunPod, prices that were waited for stand here.",),
        )

    def _reach(self) -> str:
        """How far back the log goes."""
        if not self._every:
            return ""
        first = datetime.fromtimestamp(self._every[0].at, self._sight.tz)
        kept = "" if self._player.past is not None else " · not recorded"
        return f"since {first:%d %b %H:%M}{kept}"

    def _current(self) -> Event | None:
        return self._events.get(self.query_one("#events", Table).cursor or "")

    def _show_text(self) -> None:
        event = self._current()
        if self.query_one("#about").display:
            self._show_about(event)
            return
        width = max(20, self.size.width - 4)
        lines = wrap(self._whole(event), width) if event is not None else []
        most = 1 if self.has_class("-short") else TEXT_LINES
        self.query_one("#event", Lines).content = tuple(TwoSided((((line, "text"),),)) for line in _most(lines, most))

    def _whole(self, event: Event) -> str:
        when = datetime.fromtimestamp(event.at, self._sight.tz)
        about = events.subject(event, self._names)[0][0]
        return f"{when:%a %d %b %H:%M:%S} · {about} · {event.kind.value}: {event.text}"

    def _show_about(self, event: Event | None) -> None:
        table = self.query_one("#about", Table)
        cells: dict[str, dict[str, Cell]] = {}
        if event is not None:
            _, now = self._view
            record = self._view[0].records.get(event.pod)
            others = [other for other in self._every if other.pod == event.pod and other != event]
            cells = events.about(event, record, others, self._names, now, self._sight.tz, max(20, table.size.width))
        table.show(tuple(cells), lambda key: cells[key], notice=EmptyState("no event is under the cursor"))
        title = "".join(text for text, _ in events.subject(event, self._names)) if event is not None else "Event"
        self._entitle(table, title, "")

    @on(Table.Moved, "#events")
    def _moved(self) -> None:
        self._follow(self._show_text, self._show_possible)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    # Acting

    def _targets(self) -> tuple[str, ...]:
        event = self._current()
        return (event.pod,) if event is not None and event.pod in self._sight.fleet.records else ()

    def _at_hand(self) -> str | None:
        event = self._current()
        return event.pod or None if event is not None else None

    def _copied_first(self) -> tuple[Entry, ...]:
        event = self._current()
        return under_cursor("event", self._whole(event)) if event is not None else ()

    def action_open(self) -> None:
        event = self._current()
        if event is None:
            return
        if event.pod:
            self.post_message(OpenPod(event.pod, event.at))
        else:
            self.app.clear_notifications()
            self.notify("this event is about no pod", markup=False)

    def action_back(self) -> None:
        if self._typed:
            self._set_filter("")
        else:
            self.post_message(GoBack())

    # The filter line

    def typing(self) -> bool:
        return self._asking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("filter", "copy", "open"):
            return not self.typing()
        if action in ("heat", "range"):
            return False
        return super().check_action(action, parameters)

    async def action_filter(self) -> None:
        if self._asking:
            return
        self._asking = True
        line = FilterLine(self._typed, f"filter: {event_log.WORDS}")
        await self.mount(line, before="#footer")
        self.set_focus(line)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self._set_filter(event.text)

    @on(FilterLine.Done)
    async def _filter_done(self, event: FilterLine.Done) -> None:
        if not event.left:
            self.query_one("#events").focus()
        await event.line.remove()
        self._asking = False
        self.refresh_bindings()
        if not event.kept:
            self._set_filter("")

    def _set_filter(self, text: str) -> None:
        self._typed = text
        self.show()
        self.query_one("#events", Table).action_edge(-1)


def _most(lines: Sequence[str], count: int) -> Sequence[str]:
    return lines if len(lines) <= count else (*lines[: count - 1], lines[count - 1] + " …")
