"""The Events screen: all events, newest first, with the whole text of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from tui.api.features import NOT_OFFERED
from tui.domain.alert_rules import is_muted
from tui.domain.events import Event
from tui.domain.filters import Vocabulary
from tui.format.width import width, wrapped
from tui.store.alerts import off
from tui.store.fleet import Fleet
from tui.store.fleet_state import EVENTS
from tui.store.views import event_log
from tui.store.views.joined_events import Joined, joined
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.muting import Subject
from tui.ui.messages import GoBack, LookAtLog, OpenPod
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import events
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.render.empty_states import hidden_by_filter
from tui.ui.screens.keys import COLUMNS, INVERT, LOGS, SORT, filter_key, hidden
from tui.ui.screens.listing import Listing, Rows, Scene
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table

TEXT_LINES = 3


class EventLog(Listing):
    """The events of the fleet, and earlier ones from a recording."""

    name = "events"
    title = "Events"
    columns = events.LOG_COLUMNS
    sorts = ("time", "kind", "pod")
    prompt = f"filter: {event_log.WORDS}"

    @property
    def vocabulary(self) -> Vocabulary:
        return event_log.LOG.vocabulary

    @property
    def every_column(self) -> tuple[Column, ...]:
        return (*events.LOG_COLUMNS, *(column for column in events.MIDDLE if column.key == "short"))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.every: tuple[Event, ...] = ()
        self.happened: tuple[Joined, ...] = ()
        self.names: Mapping[str, str] = {}
        self.width = 0
        """Cells of its pane; 0 before it has any."""
        self._matching: dict[str, Joined] = {}
        self._read: tuple[object, ...] = ()
        self._widest = 0

    def _source(self) -> tuple[Fleet, float]:
        """The source of events: in history the log stays complete, and keeps growing."""
        player = self.context.playback
        return (self.context.fleet, player.clock()) if player.in_history else player.view

    def read(self) -> bool:
        """Read the events again if they changed; returns whether memory has dropped some that are in the recording."""
        fleet, until = self._source()
        earlier = self.context.fleet.earlier
        newest = fleet.events[-1] if fleet.events else None
        ages = self.filter is not None and any(term.field == "ago" for term in self.filter.terms)
        minute = until // 60 if ages else None
        read = (
            id(fleet),
            len(fleet.events),
            newest,
            id(earlier),
            self.filter,
            minute,
            self.sort,
            self.inverted,
            tuple(fleet.records),
        )
        if read == self._read:
            return False
        self._read = read
        merged = event_log.merged(earlier.events if earlier is not None else (), fleet.events, 2 * fleet.interval)
        self.every = tuple(event for event in merged if event.at <= until)
        self.happened = joined(self.every, 2 * fleet.interval)
        live = {key: record.name for key, record in fleet.records.items()}
        self.names = {**(earlier.names if earlier is not None else {}), **live}
        self._widest = max((width(events.subject(event, self.names)[0][0]) for event in self.every), default=0)
        self._matching = events.ordered(
            events.keyed(self._passing(until)), self.sort, self.inverted, lambda event: self.names.get(event.pod, "")
        )  # fmt: skip
        return earlier is not None and len(fleet.events) == EVENTS and fleet.events[0].at > earlier.until

    def _passing(self, until: float) -> Sequence[Joined]:
        """What the filter shows: of events that are joined, those that it is true of."""
        if self.filter is None:
            return self.happened
        reported = [event_log.Told(event, self.names.get(event.pod, ""), until - event.at) for event in self.every]
        passing = {id(each.event) for each in event_log.LOG.select(self.filter, reported)}
        parts = (each.of(lambda event: id(event) in passing) for each in self.happened)
        return [each for each in parts if each is not None]

    def rows(self, scene: Scene) -> Rows:
        matching, names, now, tz = self._matching, self.names, scene.now, self.context.tz

        def cells(key: str) -> Cells:
            each = matching[key]
            return events.row(each, now, tz, names, each.head.at > now, self._is_muted(each.head))

        return Rows(
            tuple(matching), cells, len(self.happened), self._empty(), note=self._since(),
            rising=self.inverted if self.sort == "time" else not self.inverted,
            columns=events.log_columns(self.width or scene.width, self._widest),
        )  # fmt: skip

    def _is_muted(self, event: Event) -> bool:
        """Whether the user mutes such alerts now."""
        fleet = self.context.fleet
        if not (fleet.mutes or fleet.alert_rules.muted) or (kind := event_log.alert_of(event.kind)) is None:
            return False
        name, now = self.names.get(event.pod, ""), self.context.playback.clock()
        return is_muted(event.pod, name, kind.name, fleet.alert_rules, fleet.mutes, now)

    def _empty(self) -> EmptyState:
        if self.filter is not None and self.every:
            return EmptyState("No events match", (hidden_by_filter(len(self.happened)),))
        if self.context.playback.past is not None and self.context.fleet.earlier is None:
            return EmptyState("◌ Loading history…")
        return EmptyState(
            "No events recorded yet",
            ("Status changes, alerts, actions, API errors and watches appear here.",),
        )

    def _since(self) -> str:
        """The start of the log."""
        if not self.every:
            return ""
        first = datetime.fromtimestamp(self.every[0].at, self.context.tz)
        recorded = "" if self.context.playback.past is not None else " · recording off"
        count = sum(map(len, off(self.context.fleet).values()))
        dark = f" · {NOT_OFFERED} {count} alert{'s' * (count > 1)} off, see Account" if count else ""
        return f"events from {first:%d %b %H:%M}{recorded}{dark}"

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def joined(self, key: str | None) -> Joined | None:
        """What happened, by the key of its row."""
        return self._matching.get(key or "")

    def event(self, key: str | None) -> Event | None:
        return each.head if (each := self.joined(key)) is not None else None

    def others(self, each: Joined | None) -> tuple[Joined, ...]:
        """What else happened to the same pod, oldest first."""
        if each is None:
            return ()
        own = frozenset(each.events)
        return tuple(
            other for other in self.happened if other.head.pod == each.head.pod and own.isdisjoint(other.events)
        )

    def whole(self, each: Joined) -> str:
        """All of what happened in one line."""
        event = each.head
        when = datetime.fromtimestamp(event.at, self.context.tz)
        about = events.subject(event, self.names)[0][0]
        return f"{when:%a %d %b %H:%M:%S} · {about} · {event.word}: {each.text}"

    def targets(self, key: str | None) -> tuple[str, ...]:
        event = self.event(key)
        return (event.pod,) if event is not None and event.pod in self.context.fleet.records else ()

    def at_hand(self, key: str | None) -> str | None:
        event = self.event(key)
        return event.pod or None if event is not None else None

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        each = self.joined(key)
        return under_cursor("event", self.whole(each)) if each is not None else ()

    def mute(self, key: str | None) -> None:
        event = self.event(key)
        if event is None:
            self.context.muting.ask(())
            return
        name = self.names.get(event.pod) or event.pod or "account"
        kind = event_log.alert_of(event.kind)
        if kind is not None:
            self.context.muting.ask((Subject(event.pod, kind.name, f"{kind.word or kind.name} of {name}"),))
        else:
            self.context.muting.pods((event.pod,))

    def open(self, key: str | None) -> Message | str | None:
        event = self.event(key)
        if event is None:
            return None
        return OpenPod(event.pod, event.at) if event.pod else "This event has no pod"


class EventsScreen(ListingScreen):
    """Shows the log, and the details of one event below or beside it; without room for them its text."""

    MODE = "events"
    TITLES: ClassVar = {"events": "Events"}
    BAR = ""
    WITHOUT = frozenset(("heat", "big", "range"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "details", id="table.open", tooltip="Pod of this event, at that time"),
        LOGS,
        hidden("m", "mute", "pod.mute", "Mute this alert, or the pod"),
        filter_key(),
        SORT,
        INVERT,
        COLUMNS,
        Binding("escape,backspace", "back", "back", id="pane.back", tooltip="Clear filter; go back"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        self._log = EventLog(sight)
        super().__init__(sight, self._log)

    def _panes(self) -> Iterator[Widget]:
        yield Table(self._log.columns, id="events")
        yield Table(events.ABOUT_COLUMNS, id="about", headed=False)
        yield Table(events.ABOUT_COLUMNS, id="others", headed=False)

    def _below(self) -> Iterator[Widget]:
        yield Lines(id="event")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        # All rows: while a filter is typed the panes stay where they are.
        return layout.events(width, height, len(self._log.happened))

    def _arrange(self) -> None:
        super()._arrange()
        self._log.width = self._shown["events"].width
        self.query_one("#event").display = "about" not in self._shown

    def on_screen_resume(self, event: ScreenResume) -> None:
        # Events dropped from memory since then are in the recording.
        self.post_message(LookAtLog())

    def _show_all(self) -> None:
        self._sight.news.read()
        if self._log.read():
            self.post_message(LookAtLog())
        super()._show_all()

    def _show_row(self) -> None:
        each = self._log.joined(self._key)
        if "about" in self._shown:
            self._show_about(each)
            return
        width = max(20, self.size.width - 4)
        lines = wrapped(self._log.whole(each), width) if each is not None else []
        most = 1 if self.has_class("-short") else TEXT_LINES
        self.query_one("#event", Lines).content = tuple(TwoSided((((line, "text"),),)) for line in _most(lines, most))

    def _show_about(self, each: Joined | None) -> None:
        fleet, now = self._view
        table, tz = self.query_one("#about", Table), self._sight.tz
        cells: Mapping[str, Cells] = {}
        title = "Event"
        if each is not None:
            record = fleet.records.get(each.head.pod)
            cells = events.about(each, record, self._log.names, now, tz, max(20, table.size.width))
            title = "".join(text for text, _ in events.subject(each.head, self._log.names))
        table.show(tuple(cells), cells.__getitem__, notice=EmptyState("No event under the cursor"))
        self._entitle(table, title, "")
        if "others" not in self._shown:
            return
        table = self.query_one("#others", Table)
        others = self._log.others(each)
        cells = events.others(others, now, tz, max(20, table.size.width))
        table.show(tuple(cells), cells.__getitem__, notice=EmptyState("No other events"))
        self._entitle(table, f"Other events  {len(others)}", "")

    @property
    def _instant(self) -> float | None:
        event = self._log.event(self._key)
        return event.at if event is not None else None

    def _set_filter(self, listing: Listing, text: str) -> None:
        super()._set_filter(listing, text)
        self._table(listing).action_edge(-1)

    def _leave(self) -> None:
        self.post_message(GoBack())


def _most(lines: Sequence[str], count: int) -> Sequence[str]:
    return lines if len(lines) <= count else (*lines[: count - 1], lines[count - 1] + " …")
