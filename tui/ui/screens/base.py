"""`BaseScreen`: what screens with charts share: the header, the position in time, and how charts are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tui.actions import ACTIONS
from tui.format import numbers as fmt
from tui.format.width import shown
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import COMPARED
from tui.store.views import pods
from tui.ui import key_hints, themes
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import Attend, LookBack
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell
from tui.ui.render import header as status
from tui.ui.widgets.status_lines import Lines
from tui.ui.widgets.table import Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.input.input_queue import InputQueue
    from tui.ui.render.copy_entries import Entry
    from tui.ui.widgets.chart import Chart

RANGES = (300.0, 900.0, 3600.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
"""Chart ranges in seconds."""

DEFAULT_RANGE = 1
ROOM_FOR_ALL = 27
"""Lines below which temperature and power give their room to the other charts."""

ROOM_FOR_METER = 72
"""Columns below which the footer has room for keys alone."""

HOLD = 1.0
"""Seconds for which what arrives may wait for keys that were typed before it."""

LATE = 1.0
"""Seconds after which a frame that is drawn has its ages told anew."""

JUMP = 600.0
"""Seconds of a jump through the recording."""


def hidden(key: str, action: str, id: str, tooltip: str) -> Binding:
    """A binding that the help tells of, and the footer does not."""
    return Binding(key, action, tooltip, id=id, show=False, tooltip=tooltip)


class BaseScreen(Screen[None]):
    """Shows the fleet at the player's instant; a screen that is not on top skips.

    MODE names it in the header's tabs; NEVER are ids of bindings that make no sense on it at any time; FIRST_RANGE and
    LAST_RANGE are the shortest and the longest of `RANGES` that it has, RANGE_AT_FIRST the one that it begins with.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        # By priority: no widget takes such a key away. None of them overtakes another key (`InputQueue`).
        *(Binding(a.key, f"act('{a.id}')", a.verb, id=f"act.{a.id}", priority=True, tooltip=a.help) for a in ACTIONS),
        Binding("L", "lock", "lock", id="act.lock", priority=True, show=False, tooltip="Lock actions, or unlock them"),
        Binding(
            "t", "lease", "lease", id="act.lease", priority=True, show=False, tooltip="Lease: when podtop is to stop it"
        ),
        Binding(
            "D", "deploy", "deploy", id="act.deploy", priority=True, tooltip="Deploy this GPU, or one like this pod"
        ),
        Binding("s", "ssh", "ssh", id="pod.ssh", tooltip="Into the pod by ssh, and back"),
        Binding("c", "copy", "copy", id="pod.copy", tooltip="Copy: ssh command, id, URLs, a fact"),
        hidden("plus", "range(-1)", "chart.closer", "A shorter time range"),
        Binding("minus", "range(1)", "range", id="chart.wider", tooltip="A longer time range"),
        hidden("equals_sign", "return", "chart.reset", "Back to now; the range of the start"),
        hidden("v", "heat", "chart.heat", "Lines, or a strip of shades for each GPU"),
        Binding("p", "pause", "pause", id="time.pause", tooltip="Hold the screen; in the past, play"),
        Binding(
            "left_square_bracket",
            "step(-1)",
            "history",
            id="time.back",
            tooltip="A poll back in time",
        ),
        hidden("right_square_bracket", "step(1)", "time.on", "A poll on in time"),
        hidden("left_curly_bracket", "jump(-1)", "time.far-back", "Ten minutes back in time"),
        hidden("right_curly_bracket", "jump(1)", "time.far-on", "Ten minutes on in time"),
        hidden("less_than_sign", "speed(-1)", "time.slower", "Play the past slower"),
        hidden("greater_than_sign", "speed(1)", "time.faster", "Play the past faster"),
    ]

    MODE = "fleet"
    NEVER: ClassVar[tuple[str, ...]] = ()
    FIRST_RANGE: ClassVar[int] = 0
    LAST_RANGE: ClassVar[int] = len(RANGES) - 1
    RANGE_AT_FIRST: ClassVar[int] = DEFAULT_RANGE

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__()
        self._sight = sight
        self._player = sight.player
        self._range = self.RANGE_AT_FIRST
        self._heat: bool | None = None
        self._cursor: float | None = None
        self._width = 1.0
        self._titles: dict[str | None, tuple[str, ...]] = {}
        self._offered: tuple[str, ...] = ()
        self._slow = False
        self._header_at: float | None = None
        self._behind: dict[Callable[[], object], None] = {}
        """What is to be shown with the next frame."""
        self._held = 0.0
        """Since when all of it waits for keys, where it does."""

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_footer())
        self._sight.changed.subscribe(self, lambda _: self._show_news())
        self.set_interval(1.0, self._tick)

    @property
    def _input(self) -> InputQueue | None:
        return getattr(self.app, "input", None)

    def _on_timer_update(self) -> None:
        # Textual's, before each frame: its timer runs on, and asks again.
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
        """The fleet changed. Keys that wait were typed for the rows that were seen: these do not move under them."""
        if self._input is None or not self._input.waits:
            self.show()
        elif self.show not in self._behind:
            self._held = monotonic()
            self._behind[self.show] = None
            self._update_timer.resume()

    def _keys_come_first(self) -> bool:
        """Whether news wait for the keys: not for as long as a key is held down."""
        return self._input is not None and self._input.waits and monotonic() - self._held < HOLD

    def _follow(self, *shows: Callable[[], object]) -> None:
        """Let panes follow the cursor: at once, or with the next frame where more was typed behind the move."""
        if self._input is not None and self._input.waits:
            self._behind.update(dict.fromkeys(shows))
            return
        if isinstance(self.focused, Table):
            # The cursor first: what panes say of it takes several times as long.
            self._dirty_widgets.add(self.focused)
            super()._on_timer_update()
        for show in shows:
            self._behind.pop(show, None)
            show()

    def on_screen_resume(self) -> None:
        self._attend()
        self.show()

    def _attend(self) -> None:
        """Say what is to be asked of RunPod while this screen is on top."""
        self.post_message(Attend(()))

    # Reading the store

    @property
    def _view(self) -> tuple[Fleet, float]:
        """The fleet to show, and the instant to show it at."""
        return self._player.view

    @property
    def _seen(self) -> bool:
        """Whether this is the top screen, dialogs apart: Textual calls the one below an opaque one current too."""
        return next((s for s in reversed(self.app.screen_stack) if not s.is_modal), None) is self

    def show(self) -> None:
        """Tell every widget what it has to show now."""
        if self._seen:
            self._show_all()
            # Last: it says how old all this is, and to show much of it takes a while.
            self._show_header()
            self._show_possible()

    def _show_all(self) -> None:
        """Tell the screen's own widgets."""
        raise NotImplementedError

    def _age(self, fleet: Fleet, now: float) -> None:
        """Let ages go on while nothing arrives."""

    def _tick(self) -> None:
        """Once a second: with fresh data this changes nothing."""
        if self._seen:
            self._show_header()
            self._age(*self._view)

    def _compositor_refresh(self) -> None:
        # Textual's, called for each frame. How old the figures are is judged as it is drawn: a loop that was held up in
        # between would otherwise send old ones as live, and tell the truth a frame later.
        if self._header_at is not None and self._seen and self._player.clock() - self._header_at > LATE:
            self._show_header()
            self._compositor.update_widgets({self.query_one("#header", Lines)})
        super()._compositor_refresh()

    def _show_header(self) -> None:
        self._header_at = self._player.clock()
        fleet, now = self._view
        header = self.query_one("#header", Lines)
        paused = self._player.held is not None and not self._player.travelling
        guard = self._sight.session.guard
        badges = replace(self._sight.badges, read_only=bool(guard.read_only), locked=guard.locked)
        hosts = status.has_hosts(self._sight.fleet)
        lines = status.header(fleet, badges, now, self._forms(), header.size.width, paused, self.MODE, hosts)
        header.content = lines

    def _forms(self) -> status.Forms:
        player, tz = self._player, self._sight.tz
        live = self._sight.fleet
        if player.held is None:
            return status.connection(live, player.view[1], tz)
        if player.travelling:
            return status.travelling(player.held[1], player, live, player.clock(), tz, self._sight.badges.back)
        return status.paused(live, player.held[1], player.clock(), tz)

    def _entitle(self, pane: Widget, title: str, subtitle: str, lines: Sequence[str] = ()) -> None:
        """Title a pane: without markup, for names come from the API, and only on change, for it repaints the pane.

        lines: names of what is compared in the pane, each told with the colour of its line.
        """
        if self._titles.get(pane.id) != (title, subtitle, *lines):
            self._titles[pane.id] = (title, subtitle, *lines)
            legend = [part for n, name in enumerate(lines, 1) for part in ("  ", ("▪", f"$chart-{n}"), shown(name))]
            pane.border_title = Content.assemble(Content(shown(title)), *legend)
            pane.border_subtitle = Content(shown(subtitle))

    def _show_footer(self) -> None:
        offered = self._offered = self._possible()
        display = self._sight.display
        slow = self._slow = display.pace.slow
        room = self.size.width >= ROOM_FOR_METER
        meters = tuple(cell for cell in (key_hints.SLOW if slow else (), self._meter() if room else ()) if cell)
        line = key_hints.footer(self.active_bindings, offered, meters, words=display.ascii)
        self.query_one("#footer", Lines).content = (line,)

    def _meter(self) -> Cell:
        """How often RunPod was asked, where that comes near what it allows: a figure for the footer."""
        return self._asked(always=False)

    def _asked(self, always: bool) -> Cell:
        use = self._sight.use()
        slowed = f", ×{use.slowness:.1f} slower" if use.slowness > 1.05 else ""
        if not (always or slowed or use.share > 0.5):
            return ()
        role = "warn" if slowed or use.share > 0.8 else "quiet"
        return ((f"asked {use.asked}/{use.window.most} a {use.window.name}{slowed}", role),)

    # Acting

    def _targets(self) -> tuple[str, ...]:
        """The pods that an action is meant for, by their ids."""
        raise NotImplementedError

    def _possible(self) -> tuple[str, ...]:
        """Ids of the actions that make sense now."""
        acts, targets = self._sight.acts, self._targets()
        found = tuple(f"act.{a.id}" for a in ACTIONS if acts.possible(a.id, targets))
        return found if self._sight.session.guard.read_only or self._wish() is None else (*found, "act.deploy")

    def may(self, id: str) -> bool:
        """Whether a binding makes sense now."""
        if id == "act.lease":
            return len(self._targets()) == 1
        return not id.startswith("act.") or id == "act.lock" or id in self._possible()

    def _show_possible(self) -> None:
        """Tell the footer when other actions make sense than before."""
        if self._possible() != self._offered or self._slow != self._sight.display.pace.slow:
            self._show_footer()

    def typing(self) -> bool:
        """Whether keys are text for a line that is being typed."""
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("act", "lock", "deploy", "lease"):
            # Read-only, there are no such keys; `on_key` tells why nothing happens.
            return not self.typing() and not self._sight.session.guard.read_only and self._seen
        if action in ("ssh", "copy"):
            return not self.typing() and self._seen
        return True

    def action_act(self, action: str) -> None:
        targets, shown = self._targets(), self._listed()
        hidden = () if shown is None else tuple(key for key in targets if key not in shown)
        self._sight.acts.ask(action, targets, hidden)

    def _listed(self) -> Collection[str] | None:
        """The ids of the pods that are listed as the filter says; None where pods are not listed."""
        return None

    def _wish(self) -> Wish | None:
        """What the row under the cursor means to a deploy; None where that is nothing."""
        targets = self._targets()
        return Wish(pod=targets[0]) if len(targets) == 1 else None

    def action_deploy(self) -> None:
        self._sight.deploys.deploy(self._wish())

    def action_lease(self) -> None:
        self._sight.acts.lease(self._targets())

    def action_lock(self) -> None:
        self._sight.acts.lock()
        self._show_header()

    def on_key(self, event: events.Key) -> None:
        guard = self._sight.session.guard
        if guard.read_only and event.key in self._sight.acting and not self.typing():
            event.stop()
            self._sight.acts.lock()

    @on(Lines.Picked, "#header")
    async def _tab_clicked(self, event: Lines.Picked) -> None:
        if event.group == status.NAME:
            # By the palette everything can be done that has a name: it is where the mouse finds what no line shows.
            self.app.action_command_palette()
            return
        mode = status.picked(event.group, self._sight.badges.places)
        if mode is not None:
            await self.app.run_action(f"go('{mode}')", self.app)

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

    # Into the pod

    def _at_hand(self) -> str | None:
        """The one pod that is looked at: marks are for what is done to several."""
        return next(iter(self._targets()), None)

    def action_ssh(self) -> None:
        self._sight.reach.enter(self._at_hand())

    def _copied_first(self) -> tuple[Entry, ...]:
        """What is under the cursor, to be copied as it stands."""
        return ()

    def action_copy(self) -> None:
        """What is under the cursor, first and chosen; then what there is to copy of the pod."""
        self._sight.reach.menu(self._copied_first(), self._at_hand())

    # Charts

    def on_resized(self) -> None:
        """A chart has another size: the same time is cut into other buckets."""
        self.show()

    def _show_charts(self, pane: Telemetry, records: Sequence[Record]) -> None:
        """Draw the charts of a pod, or of several on one axis."""
        # Charts are the dearest import of all: not before there is something to draw.
        from tui.ui.charts import pod_charts

        wanted = pods.charts_of(records[0]) if len(records) == 1 else COMPARED
        if pane.size.height < ROOM_FOR_ALL:
            wanted = wanted[: len(COMPARED)]
        if not pane.charts:
            pane.open()
            self.call_after_refresh(self.show)
            return
        pane.divide(len(wanted))
        fleet, now = self._view
        look = pod_charts.Look(
            now=now, span=RANGES[self._range], tz=self._sight.tz, heat=self._heat, spark=self._sight.display.pace.slow,
            many=1 if self.app.theme in themes.HUELESS else pod_charts.MANY, cursor=self._cursor,
        )  # fmt: skip
        sizes = [(max(1, chart.size.width), max(1, chart.size.height)) for chart in pane.charts[: len(wanted)]]
        shown = [size for size in sizes if size != (1, 1)] or sizes
        self._width = pod_charts.width_of(look, shown)
        self._look_back(fleet, records, pod_charts.frame_of(look, max(shown), self._width))
        pane.show(pod_charts.specs(fleet, records, look, self._width, sizes, wanted))

    def _look_back(self, fleet: Fleet, records: Sequence[Record], frame: pods.Frame) -> None:
        """Ask the recording for what memory does not have: once for each pod and width of a bucket."""
        for record in records:
            lacking = pods.lacking(fleet, record, frame)
            if lacking is not None:
                self.post_message(LookBack(fleet, (record.id,), *lacking, frame.width))

    def _span_words(self) -> str:
        words = f"last {fmt.span(RANGES[self._range])}"
        if self._cursor is None:
            return words
        at = datetime.fromtimestamp(self._cursor, self._sight.tz)
        return f"◂ {at:%H:%M:%S} ▸  {words}" if self._width < 60 else f"◂ {at:%a %H:%M} ▸  {words}"

    def action_range(self, step: int) -> None:
        self._range = min(max(self._range + step, self.FIRST_RANGE), self.LAST_RANGE)
        self._cursor = None
        self.show()

    def action_return(self) -> None:
        if not self._player.now():
            self._range = self.RANGE_AT_FIRST
            self.show()

    def action_heat(self) -> None:
        self._heat = not self._heat if self._heat is not None else True
        self.show()

    @on(Telemetry.CursorMoved)
    def _cursor_moved(self, event: Telemetry.CursorMoved) -> None:
        """Move the cursor by whole buckets; it begins at the newest, and leaves beyond it."""
        _, now = self._view
        newest = now // self._width * self._width
        at = newest + self._width if self._cursor is None else self._cursor // self._width * self._width
        at += event.step * self._width
        oldest = newest - (RANGES[self._range] // self._width - 1) * self._width
        self._cursor = None if at > newest else max(at, oldest)
        self.show()

    def on_chart_read(self, event: Chart.Read) -> None:
        """Read the charts at the instant that was clicked, as the arrows do; a second click there leaves it."""
        event.stop()
        if event.wider:
            self.action_range(event.wider)
            return
        _, now = self._view
        at = None if event.at is None or event.at > now else event.at
        self._cursor = None if at == self._cursor else at
        self.show()

    # Time

    def action_pause(self) -> None:
        self._player.pause()

    def action_step(self, step: int) -> None:
        self.run_worker(self._player.step(step * self._sight.fleet.interval), group="step")

    def action_jump(self, step: int) -> None:
        self.run_worker(self._player.step(step * JUMP), group="step")

    def action_speed(self, by: int) -> None:
        self._player.faster(by)
