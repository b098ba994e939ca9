"""`BaseScreen`: common part of all screens: header, footer, titles, and when they are redrawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.events import ScreenResume
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from tui.format.width import shown, width
from tui.store.fleet import Fleet
from tui.ui import key_hints
from tui.ui.context import ScreenContext
from tui.ui.primitives import roles
from tui.ui.primitives.after_refresh import AfterRefresh
from tui.ui.primitives.cells import Cell, fair
from tui.ui.render import attention
from tui.ui.render import header as status
from tui.ui.screens import keys
from tui.ui.widgets.status_lines import Lines
from tui.ui.widgets.table import Table

if TYPE_CHECKING:
    from tui.domain.filters import Vocabulary
    from tui.ui.input.input_queue import InputQueue

_TITLE_FRAME = 6
"""Cells of a pane's upper border that its title cannot have."""

ROOM_FOR_METER = 72
"""Columns below which the footer shows keys alone."""

ROOM_FOR_SCRUB = 16
"""Lines of a terminal below which history has no scrub line; the header says where one is."""

HOLD = 1.0
"""Seconds for which new data may wait for keys that were typed before it arrived."""

LATE = 1.0
"""Seconds after which the ages in a frame are recomputed when it is drawn."""


class BaseScreen(AfterRefresh, Screen[None]):
    """Shows the fleet at the playback's instant; a screen that is not on top skips updates.

    MODE names it in the header's tabs; NEVER are ids of bindings that are never available on it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = keys.EVERYWHERE

    MODE = "fleet"
    NEVER: ClassVar[tuple[str, ...]] = ()

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__()
        self._sight = sight
        self._player = sight.playback
        self._titles: dict[str | None, tuple[str, ...]] = {}
        self._offered: tuple[str, ...] | None = None
        """The keys that the footer was last shown for."""
        self._slow = False
        self._header_at: float | None = None
        self._behind: dict[Callable[[], object], None] = {}
        """The parts to update with the next frame."""
        self._scrub: Lines | None = None
        self._scrubs = 0
        """Lines that the scrub line takes."""
        self._was_shown = False
        self._held = 0.0
        """Since when all updates wait for keys, if they do."""

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_footer())
        self._sight.changed.subscribe(self, lambda _: self._show_news())
        self.set_interval(1.0, self._tick)

    @property
    def _room(self) -> Size:
        """The size of the screen: that of the terminal before the first layout, so that the first frame is whole."""
        return self.size or self.app.size

    @property
    def _input(self) -> InputQueue | None:
        return getattr(self.app, "input", None)

    def _on_timer_update(self) -> None:
        # Textual's, before each frame: its timer keeps running, and calls again.
        if self._input is not None and self._input.hurries():
            return
        behind, self._behind = self._behind, {}
        if self.show in behind and self._keys_come_first():
            del behind[self.show]
            self._behind[self.show] = None
        for show in behind:
            show()
        super()._on_timer_update()

    def _show_news(self) -> None:
        """The fleet changed. Waiting keys were typed for the rows shown so far: these do not move under them."""
        if self._input is None or not self._input.waits:
            self.show()
        elif self.show not in self._behind:
            self._held = monotonic()
            self._behind[self.show] = None
            self._update_timer.resume()

    def _keys_come_first(self) -> bool:
        """Whether updates wait for the keys: not for as long as a key is held down."""
        return self._input is not None and self._input.waits and monotonic() - self._held < HOLD

    def _follow(self, *shows: Callable[[], object]) -> None:
        """Let panes follow the cursor: at once, or with the next frame if more keys wait behind the move."""
        if self._input is not None and self._input.waits:
            self._behind.update(dict.fromkeys(shows))
            return
        if isinstance(self.focused, Table):
            # The cursor first: updating the panes takes several times as long.
            self._dirty_widgets.add(self.focused)
            super()._on_timer_update()
        for show in shows:
            self._behind.pop(show, None)
            show()

    def on_screen_resume(self, event: ScreenResume) -> None:
        # Textual's handler follows this one. Widgets are styled when they are added: not again before the first frame.
        # A screen with styles of its own is added before they are read.
        event.refresh_styles = event.refresh_styles and (self._was_shown or bool(self.css_path))
        self._was_shown = True
        self._attend()
        self.show()

    def _attend(self) -> None:
        """Set the data to request from RunPod while this screen is on top."""
        raise NotImplementedError

    # Reading the store

    @property
    def _view(self) -> tuple[Fleet, float]:
        """The fleet to show, and its instant."""
        return self._player.view

    @property
    def _alerts_of(self) -> Fleet:
        """The fleet whose alerts lead from pod to pod: in history those of that time, in a pause those of now."""
        return self._view[0] if self._player.in_history else self._sight.fleet

    @property
    def _seen(self) -> bool:
        """Whether this is the top screen, dialogs aside: Textual calls the one below an opaque one current too."""
        return next((s for s in reversed(self.app.screen_stack) if not s.is_modal), None) is self

    def show(self) -> None:
        """Update all widgets."""
        if self._seen:
            self._show_history()
            self._show_all()
            # Last: it shows the age of all data, and updating many widgets takes a while.
            self._show_header()
            self._show_possible()

    def _show_all(self) -> None:
        """Update the screen's own widgets."""
        raise NotImplementedError

    def _age(self, fleet: Fleet, now: float) -> None:
        """Update ages while no data arrives."""

    def _tick(self) -> None:
        """Once a second: with fresh data this changes nothing."""
        if self._seen:
            self._show_header()
            # Actions lock after a while without keys.
            self._show_possible()
            self._age(*self._view)

    def _compositor_refresh(self) -> None:
        # Textual's, called for each frame. The age of the figures is computed when it is drawn: a loop that was delayed
        # in between would otherwise send old ones as live, and correct them a frame later.
        if self._header_at is not None and self._seen and self._player.clock() - self._header_at > LATE:
            self._show_header()
            self._compositor.update_widgets({self.query_one("#header", Lines)})
        super()._compositor_refresh()

    def _show_history(self) -> None:
        """In history the frames are tinted, and a line shows where in the recording that is."""
        player, frozen = self._player, self._player.frozen_view
        in_history = player.in_history and frozen is not None
        if in_history is not self.has_class("-history"):
            self.set_class(in_history, "-history")
            # No key acts on pods there.
            self.refresh_bindings()
        is_shown = in_history and self.size.height >= ROOM_FOR_SCRUB
        self._scrubs = int(is_shown)
        if self._scrub is None:
            if not is_shown:
                return
            # Not before: the first frame needs none.
            self._scrub = Lines(id="scrub")
            self.mount(self._scrub, after="#header")
        self._scrub.display = is_shown
        if is_shown and frozen is not None:
            from tui.ui.render.scrub import scrub

            room = self.size.width - 2
            self._scrub.content = (
                scrub(player.spans, frozen[1], room, self._sight.tz, playing=player.playing, speed=player.speed),
            )

    def _show_header(self) -> None:
        self._header_at = self._player.clock()
        fleet, now = self._view
        header = self.query_one("#header", Lines)
        paused = self._player.frozen_view is not None and not self._player.in_history
        guard = self._sight.session.guard
        badges = replace(self._sight.badges, read_only=bool(guard.read_only), locked=guard.locked)
        hosts = status.has_hosts(self._sight.fleet)
        # What began since is no news of the past.
        unread = 0 if self._player.in_history else self._sight.news.unread
        # A screen that is being opened is shown before it has a size.
        room = header.size.width or self._room.width - header.gutter.width
        header.content = status.header(
            fleet, badges, now, self._forms(), room, paused, self.MODE, hosts, self._sight.tz,
            self._alerts_of, unread,
        )  # fmt: skip

    def _forms(self) -> status.Forms:
        player, tz = self._player, self._sight.tz
        live = self._sight.fleet
        if player.frozen_view is None:
            return status.connection(live, player.view[1], tz)
        if player.in_history:
            at, now, back = player.frozen_view[1], player.clock(), self._sight.badges.back
            return status.in_history(at, player, live, now, tz, back, alone=self.size.height < ROOM_FOR_SCRUB)
        return status.paused(live, player.frozen_view[1], player.clock(), tz)

    def _entitle(self, pane: Widget, title: str, subtitle: str, lines: Sequence[str] = ()) -> None:
        """Title a pane: without markup, as names come from the API, and only on change, as it repaints the pane.

        lines: names of the compared pods in the pane, each in the colour of its line.
        """
        room = pane.outer_size.width - _TITLE_FRAME - width(title) - 3 * len(lines)
        lines = fair(lines, room) if room > 0 else lines
        if self._titles.get(pane.id) != (title, subtitle, *lines):
            self._titles[pane.id] = (title, subtitle, *lines)
            legend = [part for n, name in enumerate(lines, 1) for part in ("  ", ("▪", f"$chart-{n}"), shown(name))]
            pane.border_title = Content.assemble(Content(shown(title)), *legend)
            pane.border_subtitle = Content(shown(subtitle))

    def _show_footer(self) -> None:
        offered = self._offered = self._useful()
        display = self._sight.display
        slow = self._slow = display.pace.slow
        room = self._room.width >= ROOM_FOR_METER
        meters = tuple(cell for cell in (key_hints.SLOW if slow else (), self._meter() if room else ()) if cell)
        line = key_hints.footer(
            self.active_bindings, offered, meters, words=display.ascii, width=self._room.width - 2
        )  # fmt: skip
        self.query_one("#footer", Lines).content = (line,)

    def _meter(self) -> Cell:
        """The number of requests to RunPod, when it is near the limit: a figure for the footer."""
        return self._asked(always=False)

    def _asked(self, always: bool) -> Cell:
        use = self._sight.use()
        if use is None:
            return ()
        slowed = f", polling ×{use.slowness:.1f} slower" if use.slowness > 1.05 else ""
        if not (always or slowed or use.share > 0.5):
            return ()
        role = "warn" if slowed or use.share > 0.8 else "quiet"
        limit = f"{'' if use.measured else '~'}{use.window.most}"
        return ((f"requests {use.asked}/{limit} per {use.window.name}{slowed}", role),)

    # Keys

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The fields of the filter of the list that keys are for; None without one."""
        return None

    def _useful(self) -> tuple[str, ...]:
        """Ids of the keys that do something now, among those that do not always."""
        raise NotImplementedError

    def _show_possible(self) -> None:
        """Update the footer when the useful keys change."""
        if self._useful() != self._offered or self._slow != self._sight.display.pace.slow:
            self._show_footer()

    @on(Lines.Picked, "#header")
    async def _tab_clicked(self, event: Lines.Picked) -> None:
        if event.group == status.NAME:
            # The palette has every named action: with the mouse it is the way to those that no line shows.
            self.app.action_command_palette()
            return
        if leads := attention.leads_to(event.group):
            await self._follow_up(leads)
            return
        mode = status.picked(event.group, self._sight.badges.places)
        if mode is not None:
            await self.app.run_action(f"go('{mode}')", self.app)

    async def _follow_up(self, leads: str) -> None:
        """A click on what needs attention, or on the waste, in the header."""
        await self.app.run_action(leads, self.app)

    @on(Table.Clicked)
    async def _row_clicked(self, event: Table.Clicked) -> None:
        wanted = {"open": ("table.open", "pod.copy"), "mark": ("table.mark",)}[event.means]
        there = {hint.id: hint for hint in key_hints.hints(self.active_bindings) if hint.enabled}
        hint = next((there[id] for id in wanted if id in there), None)
        if hint is not None:
            await self.app.run_action(hint.action, hint.node)

    @on(Lines.Picked, "#footer")
    async def _key_picked(self, event: Lines.Picked) -> None:
        for hint in key_hints.hints(self.active_bindings, words=self._sight.display.ascii):
            if hint.enabled and event.group == key_hints.cell(hint):
                await self.app.run_action(hint.action, hint.node)
                return
