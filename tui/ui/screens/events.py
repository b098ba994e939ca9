"""The Events screen: everything that happened, newest first, with the whole text of the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.store.events import Event
from tui.ui import timeline
from tui.ui.copies import Entry, under_cursor
from tui.ui.messages import GoBack, OpenPod
from tui.ui.notice import Notice
from tui.ui.screens.timed import Sight, TimedScreen
from tui.ui.widgets.lines import Lines, TwoSided
from tui.ui.widgets.table import Table

TEXT_LINES = 3


class EventsScreen(TimedScreen):
    """Reads the fleet's events."""

    MODE = "events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="table.open", tooltip="All about the pod of this event"),
        Binding("escape,backspace", "back", "back", id="pane.back", tooltip="Back to where you were"),
    ]

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._events: dict[str, Event] = {}

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Table(timeline.LOG_COLUMNS, id="events")
        yield Lines(id="event")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        table = self.query_one("#events")
        table.focus()

    def _show_all(self) -> None:
        fleet, now = self._view
        table = self.query_one("#events", Table)
        shown = [event for event in fleet.events if event.at <= now]
        names = {key: record.name for key, record in fleet.records.items()}
        rows = timeline.rows(shown, now, self._sight.tz, names)
        self._events = {str(number): event for number, event in enumerate(shown)}
        table.show(tuple(rows), lambda key: rows[key], notice=Notice("nothing has happened since podtop watches"))
        self._entitle(table, f"Events  {len(rows)}" if rows else "Events", "")
        self._show_text()

    def _show_text(self) -> None:
        event = self._events.get(self.query_one("#events", Table).cursor or "")
        lines = wrap(event.text, max(20, self.size.width - 4)) if event is not None else []
        box = self.query_one("#event", Lines)
        box.content = tuple(TwoSided((((line, "text"),),)) for line in _most(lines, TEXT_LINES))

    @on(Table.Moved, "#events")
    def _moved(self) -> None:
        self._show_text()
        self._show_possible()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    def _targets(self) -> tuple[str, ...]:
        event = self._events.get(self.query_one("#events", Table).cursor or "")
        return (event.pod,) if event is not None and event.pod in self._sight.fleet.records else ()

    def _at_hand(self) -> str | None:
        event = self._events.get(self.query_one("#events", Table).cursor or "")
        return event.pod or None if event is not None else None

    def _copied_first(self) -> tuple[Entry, ...]:
        event = self._events.get(self.query_one("#events", Table).cursor or "")
        return under_cursor("event", event.text) if event is not None else ()

    def action_open(self) -> None:
        event = self._events.get(self.query_one("#events", Table).cursor or "")
        if event is not None and event.pod:
            self.post_message(OpenPod(event.pod))

    def action_back(self) -> None:
        self.post_message(GoBack())


def _most(lines: Sequence[str], count: int) -> Sequence[str]:
    return lines if len(lines) <= count else (*lines[: count - 1], lines[count - 1] + " …")
