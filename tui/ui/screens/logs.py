"""The Logs screen: the logs of one pod, or of several by time, live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.timer import Timer
from textual.widget import Widget

from tui.files.paths import styles
from tui.services.log_stream import Stage
from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.controllers import log_files, recorded_log
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell
from tui.ui.render import log_status
from tui.ui.render.log_rows import SHIFT, Look
from tui.ui.render.row_columns import NARROW
from tui.ui.screens.keys import hidden
from tui.ui.screens.listing import Listing
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.screens.log_feed import LogFeed
from tui.ui.screens.log_listing import Log
from tui.ui.screens.log_pane import LogPane
from tui.ui.widgets.filter_input import FilterLine, PathLine
from tui.ui.widgets.log_view import LogView
from tui.ui.widgets.status_lines import Lines, TwoSided, taken

if TYPE_CHECKING:
    from tui.api.pod_logs import LogLine
    from tui.services.log_stream import StreamState

FRAME = 0.1
"""Seconds for which lines are collected before they are drawn."""

SLOW_FRAME = 2.0
"""The same on a slow link."""

_PROMPTS = {
    "search": "search: text, or re:PATTERN; enter keeps, n next",
    "filter": "filter: words, !word to hide, re:PATTERN",
}


class LogsScreen(ListingScreen):
    """Follows the logs of its pods while it is on top."""

    CSS_PATH = styles("logs")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *roles.CLASSES, "role--match", *(f"role--pod-{number}" for number in range(1, 9)),
    }  # fmt: skip
    TITLE = "Logs"
    TITLES: ClassVar = {"log": "Logs"}
    BAR = "streams"
    WITHOUT = frozenset(("range", "return", "heat", "big", "step", "jump", "event", "go_to", "speed", "deploy"))
    NEVER = (
        "chart",
        "act.deploy",
        "time.back",
        "time.on",
        "time.far-back",
        "time.far-on",
        "time.event-back",
        "time.event-on",
        "time.go-to",
        "time.slower",
        "time.faster",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: what is typed right behind them is text.
        Binding("slash", "search", "search", id="log.search", priority=True, tooltip="Search: text, or re:PATTERN"),
        Binding(
            "ampersand",
            "filter",
            "filter",
            id="log.filter",
            priority=True,
            tooltip="Filter: words, !word to hide, re:PATTERN",
        ),
        Binding("f", "follow", "follow", id="log.follow", tooltip="Follow new lines, or stay here"),
        Binding("p", "pause", "pause", id="time.pause", tooltip="Pause: hold the lines that are shown"),
        Binding("w", "wrap", "wrap", id="log.wrap", tooltip="Wrap long lines"),
        Binding("n", "next(1)", "match", id="log.next", tooltip="Next match"),
        hidden("N", "next(-1)", "log.previous", "Previous match"),
        hidden("a", "source", "log.source", "Sources: all, container, system"),
        hidden("d", "times", "log.times", "Show or hide times"),
        hidden("ctrl+s", "save", "log.save", "Save the lines that are shown to a new file"),
        hidden("ctrl+r", "reconnect", "log.reconnect", "Reconnect and refresh now"),
        Binding("escape,backspace", "back", "back", id="pane.back", tooltip="Clear search, filter; go back"),
    ]

    def __init__(self, sight: ScreenContext, pods: Sequence[str], at: float | None = None) -> None:
        self._log = Log(sight, pods)
        super().__init__(sight, self._log)
        self._pane_of_lines = LogPane(Look(sight.tz, wrap=False))
        self._feed = LogFeed(sight, self._log.pods, self)
        self._target = at
        self._due: Timer | None = None

    def on_mount(self) -> None:
        # The part of a line that narrow terminals have room for says little. That of the app: the screen has no size.
        pane = self._pane_of_lines
        pane.look = pane.look._replace(wrap=self.app.size.width < NARROW)

    def _panes(self) -> Iterator[Widget]:
        yield LogView(id="log")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        return {"log": Region(0, 0, width, height)}

    @property
    def _view_of_lines(self) -> LogView:
        return self.query_one("#log", LogView)

    def _on_screen(self) -> tuple[Listing, ...]:
        return ()

    @property
    def _key(self) -> str | None:
        return None

    def _place(self, of: str) -> str:
        return "log"

    def _names(self) -> dict[str, tuple[str, int]]:
        records = self._view[0].records
        return {
            pod: ((records[pod].name if pod in records else "") or pod, number)
            for number, pod in enumerate(self._log.pods, 1)
        }

    # Streams

    def _attend(self) -> None:
        super()._attend()
        if self._player.in_history or self._player.replay:
            if not self._feed.is_recorded:
                self.run_worker(self._recall(), name="recorded log", group="recorded log", exclusive=True)
            return
        if self._feed.is_recorded:
            self._feed.is_recorded, self._pane_of_lines = False, LogPane(self._pane_of_lines.look)
        self._stream()

    async def _recall(self) -> None:
        """Show the lines that were recorded around the instant; in history those that RunPod has, if none were."""
        at = self._target if self._target is not None else self._player.view[1]
        lines = await recorded_log.lines_around(self._player.past, self._log.pods, at)
        if not lines and not self._player.replay:
            if self._seen:
                self._stream()
            return
        self._feed.take_recorded(lines.keys())
        self._pane_of_lines = LogPane(self._pane_of_lines.look)
        self._target = at
        self._view_of_lines.follow(False)
        for pod, of_pod in lines.items():
            self._pane_of_lines.add(pod, of_pod, earlier=False)
        self._show_lines()

    def _stream(self) -> None:
        """Stream the logs from RunPod."""
        if self._feed.stream(self._pane_of_lines.buffer.last_ids(), self._target) and self._target is not None:
            self._view_of_lines.follow(False)

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        if not self._seen:
            self._feed.stop()

    def on_unmount(self) -> None:
        self._feed.stop()

    def add_lines(self, pod: str, lines: Sequence[LogLine], *, earlier: bool) -> None:
        """Lines arrived: they are drawn with the next frame."""
        self._pane_of_lines.add(pod, lines, earlier=earlier)
        self._draw_soon()

    def set_state(self, pod: str, state: StreamState) -> None:
        """A stream is in another state."""
        self._draw_soon()

    def _draw_soon(self) -> None:
        if self._due is None and self.is_attached:
            frame = SLOW_FRAME if self._sight.display.pace.slow else FRAME
            self._due = self.set_timer(frame, self._draw_due)

    def _draw_due(self) -> None:
        self._due = None
        if self._seen:
            self._show_lines()

    # Content

    def _show_all(self) -> None:
        self._arrange()
        self._show_lines()

    def _show_bar(self, bar: Lines) -> None:
        pane, view, feed = self._pane_of_lines, self._view_of_lines, self._feed
        mode = f"paused, {pane.unseen:,} new" if pane.held else "following" if view.follows else "not following"
        follow: Cell = ((mode, "warn" if pane.held else "accent" if view.follows else "muted"),)
        if feed.is_recorded:
            streams, follow = log_status.recorded(self._names(), feed.recorded_of), ()
        else:
            streams = log_status.streams(feed.states, self._names(), feed.clock())
        right = (follow,) if follow else ()
        # As many as the line has room for, with its padding, beside what stands on the right.
        room = self.size.width - 2 - taken((*right, ()))
        bar.content = (TwoSided(log_status.within(streams, room), right),)

    def _show_lines(self) -> None:
        pane, view = self._pane_of_lines, self._view_of_lines
        pane.name(self._names())
        today = datetime.fromtimestamp(self._sight.session.clock(), self._sight.tz).date()
        pane.look = pane.look._replace(sources=self._feed.source is None, today=today)
        pane.update(view.size.width)
        feed = self._feed
        states = tuple(feed.states.values())
        empty = log_status.empty(pane.lines, states, feed.api, is_recorded=feed.is_recorded)
        view.show(pane.rows(), pane.ends, empty)
        self._jump()
        self._show_titles()

    def _show_titles(self) -> None:
        pane, view = self._pane_of_lines, self._view_of_lines
        self._show_bar(self.query_one("#streams", Lines))
        feed, index = self._feed, view.index
        states = tuple(feed.states.values())
        self._log.line = pane.entry(index)
        dropped = pane.buffer.dropped
        title = log_status.heading(pane.lines, dropped, feed.source, pane.typed, len(self._log.pods))
        tz = self._sight.tz
        fault = f"▲ {pane.fault}" if pane.fault else ""
        trouble = log_status.trouble(states, feed.api) if len(pane.lines.entries) else ""
        note = fault or log_status.earlier(states, index == 0) or trouble or log_status.gaps(states, tz)
        if not note and not view.follows and self._log.line is not None and index is not None:
            note = log_status.place(self._log.line, index, len(pane.lines.entries), tz)
        self._entitle(view, f"Logs  {title}", note)
        view.set_class(bool(fault or trouble), "-old")

    def _jump(self) -> None:
        """Go to the instant that was wanted, once its lines are there, or will not come."""
        if self._target is None or not self._feed.has_come(bool(self._pane_of_lines.lines.entries)):
            return
        target, self._target = self._target, None
        self._view_of_lines.move_to((target, -(1 << 60)), middle=True)

    def _age(self, fleet: Fleet, now: float) -> None:
        if any(each.stage is Stage.BROKEN for each in self._feed.states.values()):
            self._show_bar(self.query_one("#streams", Lines))

    @on(LogView.Moved)
    def _line_moved(self) -> None:
        self._show_titles()

    @on(LogView.Topped)
    def _more_wanted(self) -> None:
        self._feed.ask_earlier()

    @on(LogView.Shifted)
    def _shift_wanted(self, event: LogView.Shifted) -> None:
        look = self._pane_of_lines.look
        self._pane_of_lines.look = look._replace(shift=max(0, look.shift + event.step * SHIFT))
        self._show_lines()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.typing() and action in ("search", "filter", "save", "follow", "wrap", "next", "source", "times"):
            return False
        if action == "source" and self._feed.is_recorded:
            return None
        if action == "next" and not self._pane_of_lines.typed.get("search"):
            return None
        return super().check_action(action, parameters)

    def action_follow(self) -> None:
        view = self._view_of_lines
        view.follow(not view.follows)

    def action_pause(self) -> None:
        self._pane_of_lines.hold(not self._pane_of_lines.held)
        self._show_lines()

    def action_wrap(self) -> None:
        look = self._pane_of_lines.look
        self._pane_of_lines.look = look._replace(wrap=not look.wrap, shift=0)
        self._show_lines()

    def action_times(self) -> None:
        look = self._pane_of_lines.look
        self._pane_of_lines.look = look._replace(times=not look.times)
        self._show_lines()

    def action_source(self) -> None:
        """Show another source: its lines are requested, as the earlier ones of both may all be of one."""
        self._feed.turn_to_next_source()
        before = self._pane_of_lines
        self._pane_of_lines = pane = LogPane(before.look)
        pane.set_filter(before.typed.get("filter", ""))
        pane.set_search(before.typed.get("search", ""))
        self._view_of_lines.follow(True)
        self._attend()
        self.show()

    def action_next(self, step: int) -> None:
        view, lines = self._view_of_lines, self._pane_of_lines.lines
        key = lines.next_found(view.cursor, step)
        if key is not None:
            view.move_to(key, middle=True)

    async def action_reconnect(self) -> None:
        self._feed.retry()
        await self.app.run_action("refresh_now", self.app)

    # Lines of input

    async def action_search(self) -> None:
        await self._ask_for("search")

    async def action_filter(self) -> None:
        await self._ask_for("filter")

    async def _ask_for(self, of: str) -> None:
        typed = self._pane_of_lines.typed.get(of, "")
        await self._ask(FilterLine(typed, _PROMPTS[of], of, holds=lambda text: self._is_valid(of, text)))

    def _is_valid(self, of: str, text: str) -> bool:
        """Whether a filter or a search is valid, which may not have been reported yet."""
        self._take(of, text)
        return not self._pane_of_lines.fault

    async def action_save(self) -> None:
        names = [name for name, _ in self._names().values()]
        path = log_files.suggested(names, self._sight.session.clock(), self._sight.tz)
        await self._ask(PathLine(path, "file to create", "save"))

    def _take(self, of: str, text: str) -> None:
        if of == "search":
            self._pane_of_lines.set_search(text)
        elif of == "filter":
            self._pane_of_lines.set_filter(text)
        self._show_lines()

    def _end(self, event: FilterLine.Done) -> None:
        if event.of == "save":
            if event.kept and not event.left and event.line.value.strip():
                self.run_worker(self._save(event.line.value), name="save log", group="save log")
        elif not event.kept:
            self._take(event.of, "")
        elif event.of == "search" and self._pane_of_lines.lines.found:
            # Backwards: what is found last is nearest to what was just read.
            view = self._view_of_lines
            key = self._pane_of_lines.lines.next_found(view.cursor, -1)
            if key is not None and not self._is_found(view.cursor):
                view.move_to(key, middle=True)
        self.refresh_bindings()

    def _is_found(self, key: tuple[float, int] | None) -> bool:
        return key in self._pane_of_lines.lines.found

    async def _save(self, typed: str) -> None:
        entries = tuple(self._pane_of_lines.lines.entries)
        names = {pod: name for pod, (name, _) in self._names().items()}
        message = await asyncio.to_thread(log_files.save, typed, entries, names, self._sight.tz)
        self.notify(message, severity="information" if message.startswith("Saved") else "warning", markup=False)

    def action_back(self) -> None:
        typed = self._pane_of_lines.typed
        of = next((each for each in ("search", "filter") if typed.get(each)), None)
        if of is not None or self._pane_of_lines.fault:
            self._take(of or "filter", "")
            self.refresh_bindings()
        else:
            self.dismiss(None)
