"""`PodtopApp`: owns the fleet and the watch over it, and tells the screen on top when something changed."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.errors import NoWidget
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Input
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from tui.api import log_lines
from tui.clocks import TimeOfDay, instant
from tui.domain.user_message import Level, UserMessage
from tui.format.width import shown
from tui.history.playback import Playback
from tui.paths import styles
from tui.services.action_lock import ActionLock
from tui.services.monitor import Monitor
from tui.storage import app_log
from tui.storage.preferences import Preferences
from tui.store.fleet import Fleet
from tui.system.signals import ON_SCREEN, end_on_signals
from tui.ui import handler_barrier, key_hints, screen_table, themes
from tui.ui.controllers.connect import Connect
from tui.ui.controllers.pod_actions import PodActions
from tui.ui.input.input_queue import InputQueue
from tui.ui.input.typeahead import Pulse, TypeaheadGuard
from tui.ui.messages import Attend, Inspect, LookBack, OpenPod
from tui.ui.render.empty_states import held_back
from tui.ui.render.header import Badges
from tui.ui.screens.base import ScreenContext
from tui.ui.screens.fleet import FleetScreen
from tui.ui.terminal import diff_renderer
from tui.ui.terminal.display import Display

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.config.loader import Config
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.notifier import Notifier
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles
    from tui.ui.controllers.market_watches import WatchController

FIRST_FRAME = 0.05
"""Seconds that the first frame gets to itself."""

SLOW_LINK = (
    "this terminal takes its time: podtop draws less, and shows what comes every 10 s. Keys answer at once. "
    "slow_link = false keeps it from doing so"
)

KEYS_LOST = "podtop was busy for too long: what was typed meanwhile did nothing. Look, and type it again"

STYLES = ("app", "roles", "panes", "table", "chart", "palette")
"""What the first screen needs; dialogs bring their own."""


def _palette() -> type[Provider]:
    from tui.ui.command_palette import Everything

    return Everything


def _import_charts() -> None:
    """The dearest import of all: in a thread, so that no key waits for it."""
    from tui.ui.charts import plot

    plot.library()


class PodtopApp(App[None]):
    """The program on the screen."""

    TITLE = "podtop"
    survives = False
    """Whether it goes on after a fault in a handler."""

    CSS_PATH: ClassVar = styles(*STYLES)
    COMMANDS: ClassVar = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(p.keys, f"go('{p.mode}')", p.word.lower(), id=f"screen.{p.mode}", show=False, tooltip=p.help)
            for p in screen_table.PLACES
        ),
        Binding("ctrl+r", "refresh_now", "refresh", id="app.refresh", show=False, tooltip="Ask RunPod now"),
        Binding("ctrl+l", "redraw", "redraw", id="app.redraw", show=False, tooltip="Draw the whole screen again"),
        Binding(
            "ctrl+z", "suspend_process", "suspend", id="app.suspend", show=False, tooltip="To the shell; fg returns"
        ),
        Binding("colon,ctrl+p", "command_palette", "palette", id="app.palette", tooltip="Find anything by its name"),
        Binding("question_mark", "help", "help", id="app.help", tooltip="This list of keys"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Quit; pods go on running"),
    ]

    def __init__(
        self,
        source: Source,
        config: Config,
        *,
        open_log: Callable[[], Path | None] = lambda: None,
        record: Callable[[Callable[[UserMessage], object]], Recorder] | None = None,
        state: StateFiles | None = None,
        tz: tzinfo | None = None,
        beat: Callable[[], float] = time.monotonic,
        first: str = "fleet",
        display: Display | None = None,
        is_first_start: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_first_start` is asked once, after the first frame: whether a person sees podtop for the first time."""
        # Which mode it begins with is read when the app is made.
        self.DEFAULT_MODE = first  # type: ignore[misc]
        super().__init__()
        # Nothing moves that need not: what moves is sent.
        self.animation_level = "none"
        self._told_slow = False
        self._look = display or Display(config)
        self._look.colour(self)
        self._begin_with(config.keymap)
        self._open_log = open_log
        self._clock = source.clock
        self.crash: str | None = None
        self.fleet = Fleet(config.interval * source.pace, config.market_interval * source.pace)
        self.fleet.keyless = source.keyless
        badges = Badges(
            source.badge, source.demo, False, profile=source.profile, color=config.color,
            places=screen_table.rebound(self._keymap), back=key_hints.spoken(self._keymap, "chart.reset"),
        )  # fmt: skip
        self.changed: Signal[None] = Signal(self, "changed")
        self._source = source
        self.player = Playback(self.fleet, source.clock, self._tell, self._warn, replay=source.recording is not None)
        clocks = source.clocks
        self._tz = tz = tz if clocks is None else TimeOfDay(tz, clocks.ahead)
        self._watch = Monitor(
            source, config, self.fleet, self._tell, _import_charts, record, self._say, self._opened, self._midnight,
            hosts=True, month=lambda at: self._midnight(at, day=1),
        )  # fmt: skip
        self._state = state
        self._notify = config.notify
        self._hidden = config.hidden
        self._hooks: Notifier | None = None
        why = "this is a recording" if source.recording else "podtop was started so" if config.read_only else ""
        self.guard = ActionLock(
            why, after=config.lock_after * 60 or None, clock=beat if clocks is None else clocks.away,
            key=key_hints.spoken(self._keymap, "act.lock"),
        )  # fmt: skip
        self._acts = PodActions(
            self.fleet, self.guard, self.player, self._watch, state, tz,
            push=self.push_screen, run=self.run_worker, warn=self._warn, say=self._say, beat=beat, back=badges.back,
            place=self._place,
        )  # fmt: skip
        self._reach = Connect(
            self.fleet, self.player, config.ssh, simulated=source.demo or source.simulated, replay=self.player.replay,
            push=self._push_alone, run=self.run_worker, warn=self._warn, suspend=self.suspend, send=self._send,
            back=self.guard.touch, beat=beat, hidden=config.hidden,
        )  # fmt: skip
        self._beat = beat
        self._kept = Preferences(self._kept_in)
        self._hush = TypeaheadGuard(beat)
        self.input = InputQueue(self, self._give, self._lose)
        self._pulse = Pulse(beat, self._stalled, lambda: self._hush.on or hasattr(self.screen, "hears"))
        self._pushed = 0
        self._barrier = handler_barrier.Barrier(beat, self._open_log, self._warn)
        handler_barrier.install()
        self._is_first_start = is_first_start
        self._watching_for: WatchController | None = None
        self._sight = ScreenContext(
            self.fleet,
            self.changed,
            badges,
            self.player,
            self._acts,
            tz,
            self._kept,
            self._watches,
            self._watch.use,
            self._look,
            {},
            self._reach,
            key_hints.acting(self._keymap),
        )
        self._first_screen = self._maker(first)()
        self._came_from = self.DEFAULT_MODE
        self._terminal = diff_renderer.install(self, pace=self._look.pace)
        self._terminal.changed = self._link_changed
        self._watching: Worker[None] | None = None
        for theme in themes.OWN:
            self.register_theme(theme)
        # A demo begins anew each time: what it would have kept need not be looked for before the first frame.
        kept = "" if source.demo else self._kept.get("theme")
        self._start_with(self._look.theme(self, kept, self.available_themes))

    def _begin_with(self, keymap: Mapping[str, str]) -> None:
        if keymap:
            from tui.ui.keymap_check import for_textual

            self.set_keymap(for_textual(keymap))

    def _start_with(self, theme: str) -> None:
        """Set the first theme without Textual's watcher, which would parse every style sheet twice more at start."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        # A theme of the terminal's own colours is not to be turned into others.
        self._refresh_truecolor_filter(self.ansi_theme)
        dark = self.current_theme.dark
        self.update_classes({f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)

    def watch_theme(self, theme: str) -> None:
        """Chosen on the screen: it is found again the next time."""
        self._kept.keep("theme", theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return self._look.filters(super().get_line_filters())

    def when_shown(self, callback: Callable[[], object]) -> None:
        """Call back when the terminal shows what is drawn by now."""
        self._terminal.when_shown(callback)

    def _link_changed(self) -> None:
        """The link was found to be slow, or not to be any more."""
        if self._look.pace.slow and not self._told_slow:
            self._told_slow = True
            self._say(UserMessage(SLOW_LINK, Level.INFO))
        self.changed.publish(None)

    def on_terminal_supports_synchronized_output(self) -> None:
        self._terminal.answered()

    def notify(self, *arguments: Any, **options: Any) -> None:
        super().notify(*arguments, **options)
        log_lines.event("app", "told", grade=options.get("severity", "information"), text=arguments[0])
        self._terminal.touch()

    def _watches(self) -> WatchController:
        if self._watching_for is None:
            from tui.ui.controllers.market_watches import WatchController

            self._watching_for = WatchController(
                self._acts, self.fleet, self._watch, self._state, self._tz,
                push=self.push_screen, run=self.run_worker, warn=self._warn, say=self._say, ring=self._ring,
                clock=self._clock, beat=self._beat,
            )  # fmt: skip
        return self._watching_for

    def _kept_in(self) -> Path:
        if self._state is None:
            raise FileNotFoundError
        return self._state.kept()

    def get_default_screen(self) -> Screen[None]:
        # The first screen comes this way, and not as a mode with a factory, which would parse all styles once more.
        return self._first_screen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(self.current_theme)

    def on_mount(self) -> None:
        self.survives = not self.is_headless
        if not self.is_headless:
            rescue = getattr(self._driver, "rescue", lambda: None)
            end_on_signals(lambda code: self.exit(return_code=code), rescue, ON_SCREEN)

    def on_resize(self) -> None:
        # A terminal that shrank and grew back has lost cells, though its size is the same.
        self._terminal.forget()

    def _fatal_error(self) -> None:
        """Textual would print a traceback over the screen: one line instead, and the rest goes to the log."""
        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        self.crash = app_log.crash_report(error, self._open_log())
        self._close_messages_no_wait()

    def holds(self, error: Exception) -> bool:
        """Whether podtop goes on after a fault in a handler. Tests are told of every one."""
        if self._ends_anyway:
            self._barrier.log(error)
            return True
        return self.survives and self._barrier.holds(error)

    @property
    def _ends_anyway(self) -> bool:
        """Whether podtop was told to end, and with which exit code: a fault on the way out is no other end.

        Textual mounts nothing any more by then, so a screen that is about to come finds no widget of its own.
        """
        return self.survives and self._exit

    def _handle_exception(self, error: Exception) -> None:
        if self._ends_anyway:
            self._barrier.log(error)
            return
        # After these Textual's loops go on; after any other their widget would be dead.
        asking = sys._getframe(1).f_code.co_name
        if asking in ("_flush_next_callbacks", "_tick") and self.holds(error):
            return
        super()._handle_exception(error)

    def _opened(self, past: HistoryQueries) -> None:
        self.player.past = past
        if self.player.replay:
            self.run_worker(self.player.go(self._source.begin, forward=False), name="replay")

    def _tell(self) -> None:
        if self._acts.performer is not None:
            self._acts.performer.told()
        self.changed.publish(None)

    def _warn(self, text: str) -> None:
        self.clear_notifications()
        self.notify(shown(text), severity="warning", markup=False)

    def _say(self, note: UserMessage) -> None:
        self.notify(shown(note.text), severity=note.level.value, timeout=20, markup=False)  # type: ignore[arg-type]

    def _ring(self, title: str, text: str, kind: str = "watch") -> None:
        """Call a person who looks elsewhere."""
        log_lines.event("app", "alarm", kind=kind, title=title, text=text)
        from tui.services.notifier import Notification, Notifier

        if self._hooks is None:
            self._hooks = Notifier(
                self._notify, write=self._send, say=self._say, beat=time.monotonic, hidden=self._hidden
            )
        self._hooks.ring(Notification(title, text, kind, self._clock()))

    def _send(self, text: str) -> bool:
        """To the terminal, past what is drawn: the driver's writer keeps it whole. False where it takes nothing."""
        if self._driver is None or self.is_headless or not getattr(self._driver, "takes", True):
            return False
        self._driver.write(text)
        return True

    def _midnight(self, at: float, day: int | None = None) -> float:
        """When the local day of an instant began; or another day of its month."""
        when = datetime.fromtimestamp(at, self._tz)
        return instant(when.replace(day=day or when.day, hour=0, minute=0, second=0, microsecond=0))

    def on_open_pod(self, asked: OpenPod) -> None:
        if asked.at is None:
            self.open_pod(asked.pod)
        else:
            self.run_worker(self._visit_pod(asked.pod, asked.at), name="visit", group="visit")

    def open_pod(self, pod: str) -> None:
        """Look at a pod closely; in place of another that is looked at."""
        from tui.ui.screens.pod import PodScreen

        if not isinstance(self.screen, PodScreen):
            self.push_screen(PodScreen(self._sight, pod))
        elif self.screen.pod != pod:
            self.switch_screen(PodScreen(self._sight, pod))

    async def _visit_pod(self, pod: str, at: float) -> None:
        """Look at a pod as it was, where that was recorded."""
        asking = self.screen
        if not await self.player.visit(at):
            instead = "was before" if self.player.replay else "is now"
            self._warn(f"nothing is recorded of that time: the pod is shown as it {instead}")
        if self.screen is asking:
            self.open_pod(pod)

    def on_look_at_log(self) -> None:
        # As a function: a coroutine that is given up before it begins would complain.
        self.run_worker(self._watch.look_at_the_log, name="log", group="log", exclusive=True)  # type: ignore[arg-type]

    async def look_for_gpu(self, gpu: str) -> None:
        """To the market, with the cursor on a GPU type."""
        from tui.ui.screens.market import MarketScreen

        await self.action_go("market")
        if isinstance(self.screen, MarketScreen):
            self.screen.look_for(gpu)

    def on_inspect(self, asked: Inspect) -> None:
        self._watch.inspect(asked.pod, asked.at)

    def _push_alone(self, screen: Screen[Any], ended: Callable[[Any], None]) -> None:
        """Show a dialog that a toast would hide a part of."""
        self.clear_notifications()
        self.push_screen(screen, ended)

    def copy_to_clipboard(self, text: str) -> None:
        self._clipboard = text
        self.run_worker(self._reach.copy_selection(text), name="copy")

    def on_look_back(self, asked: LookBack) -> None:
        look = self._watch.look_back(asked.fleet, asked.pods, asked.start, asked.end, asked.width)
        self.run_worker(look, name="look back", group="look back")

    def on_ready(self) -> None:
        # What follows imports the HTTP client and, in a demo, a whole simulated RunPod: the first frame goes first.
        self.set_timer(FIRST_FRAME, self._begin)

    def _begin(self) -> None:
        gc.freeze()
        gc.enable()
        # A key waits no longer than this for a thread that reads a large answer or writes the recording.
        sys.setswitchinterval(0.0005)
        self._open_log()
        if self._is_first_start():
            # Where somebody was quicker, it does not come over what they opened: the palette has it.
            self.action_tour()
        self._watching = self.run_worker(self._watch.run(), name="watch")
        if self._state is not None:
            from tui.services.executor import Executor

            self._acts.performer = Executor(
                self.fleet, self.guard, self._watch, self._state.ledger,
                clock=self._clock, say=self._say, changed=self._tell,
            )  # fmt: skip
            self.run_worker(self._acts.catch_up(), name="catch up")
            self.run_worker(self._acts.enforce(), name="leases")
            self.run_worker(self._watches().look_out(), name="watches")
        self.run_worker(self.player.run(), name="player")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            await self.input.take(event)
            return
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            # Keys that are still on their way while the last screen goes are for nobody.
            return
        if isinstance(event, events.InputEvent) and self.input.gave_up(event):
            return
        if isinstance(event, events.Key) and (
            self._hush.swallows(event, self._pulse.typed(event)) or not (self._reach.hears() and self._is_meant(event))
        ):
            return
        await super().on_event(event)

    async def _give(self, event: events.Event) -> bool:
        """Hand on what was typed or clicked when its turn has come; whether somebody hears it."""
        if not self.screen_stack:
            return False
        self.guard.touch()
        self._terminal.touch()
        if not self._is_heard(event) or not self._reach.hears() or self._is_for_what_goes(event):
            return False
        if isinstance(event, events.Key) and event.key == "escape" and self._gives_up():
            return True
        await super().on_event(event)
        return True

    def _gives_up(self) -> bool:
        """Whether escape was for what is waited for, and not for what is on the screen."""
        return not self.screen.is_modal and not isinstance(self.focused, Input) and self._acts.give_up()

    def _is_for_what_goes(self, event: events.Event) -> bool:
        """Whether a press is on a widget that was taken away, and is still drawn: Textual asks for what it stood in."""
        if not isinstance(event, events.MouseDown):
            return False
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return widget.parent is None

    def _stalled(self) -> None:
        """The event loop stood still: nobody knows when what comes now was typed."""
        self._hush.restart(self._pulse.seen)
        restart: Callable[[], None] | None = getattr(self.screen, "restart", None)
        if restart is not None:
            restart()

    def _lose(self, many: int) -> None:
        """A widget did not come back from a key: what is typed behind it is for nobody, until there was silence."""
        self._hush.deepen()
        self._stalled()
        self._watch_pulse()
        if many:
            self._warn(KEYS_LOST)

    def _is_meant(self, event: events.Key) -> bool:
        """Whether a key that no widget wanted was typed for the screen that is on top by now."""
        takes: Callable[[events.Key], bool] | None = getattr(self.screen, "takes", None)
        return takes is None or takes(event)

    def _is_heard(self, event: events.Event) -> bool:
        """Whether an event may pass: a dialog hears nothing before it has been on the screen for long enough, and what
        was typed for something that has closed is for nothing else."""
        if isinstance(event, events.MouseMove):
            return True
        typed = self._pulse.typed(event)
        if self._hush.deep and self._hush.swallows(event, typed):
            return False
        hears: Callable[[float], bool] | None = getattr(self.screen, "hears", None)
        if hears is not None:
            return hears(typed)
        # Into a line that is typed in it is text, and does nothing.
        return not self._hush.swallows(event, typed) or isinstance(self.focused, Input)

    async def on_unmount(self) -> None:
        if self._hooks is not None:
            await self._hooks.close()
        if self._acts.performer is not None:
            await self._acts.performer.close()
        if self._watching is not None:
            self._watching.cancel()
            # Its connections are closed before the program is gone.
            with suppress(WorkerCancelled, WorkerFailed):
                await self._watching.wait()

    async def action_go(self, mode: str) -> None:
        """To a screen; where it is shown already, to its bottom."""
        if mode == self.current_mode:
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            return
        for name in (self.current_mode, mode):
            if name not in self._modes:
                self.add_mode(name, self._maker(name))
        self._came_from = self.current_mode
        await self.switch_mode(mode)

    def _maker(self, mode: str) -> Callable[[], Screen[None]]:
        """What makes a screen, imported when it is first gone to."""
        if mode == "events":
            from tui.ui.screens.events import EventsScreen

            return partial(EventsScreen, self._sight)
        if mode == "hosts":
            from tui.ui.screens.hosts import HostsScreen

            return partial(HostsScreen, self._sight)
        if mode == "account":
            from tui.ui.screens.account import AccountScreen

            return partial(AccountScreen, self._sight)
        if mode == "market":
            from tui.ui.screens.market import MarketScreen

            return partial(MarketScreen, self._sight)
        return partial(FleetScreen, self._sight)

    async def on_go_back(self) -> None:
        await self.action_go(self._came_from)

    def on_attend(self, asked: Attend) -> None:
        self._watch.attend(asked.topics)
        self._watch.want("screen", asked.demands)

    def action_refresh_now(self) -> None:
        self._watch.wake()
        if wait := held_back(self.fleet.snapshot, self._clock()):
            self._warn(wait)

    def pop_screen(self) -> AwaitComplete:
        if self.screen.is_modal:
            # What is typed right behind a key that closed it, or for what closed by itself, is not meant for podtop.
            self._hush.begin()
        popped = super().pop_screen()
        self._watch_pulse()
        return popped

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        self._pushed += 1
        pushed = super().push_screen(*arguments, **options)
        self._watch_pulse()
        return pushed

    def _place(self) -> object:
        """What is on the screen, and how often something was opened so far; or the line that somebody types in."""
        if isinstance(self.focused, Input):
            return self.focused
        return self.screen, self._pushed, self.current_mode

    def _watch_pulse(self) -> None:
        # Without a terminal nothing waits in one.
        if not self.is_headless:
            self._pulse.watch()

    def action_help_quit(self) -> None:
        # ctrl+c ends most programs, and copies in some: podtop says what ends it, once.
        self.clear_notifications()
        self.notify(f"{key_hints.spoken(self._keymap, 'app.quit')} quits podtop; pods go on running", markup=False)

    def action_redraw(self) -> None:
        self._terminal.forget()
        self.refresh(repaint=True, layout=True)

    def action_command_palette(self) -> None:
        # Its key comes here past a dialog: nothing is to be done behind the back of one.
        if not self.screen.is_modal:
            from tui.ui.command_palette import Palette

            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        from tui.ui.modals.help import Help

        if self.screen.is_modal:
            return
        word = next((place.word for place in screen_table.PLACES if place.mode == self.current_mode), "")
        every = key_hints.every(self.screen, words=self._look.ascii)
        self.push_screen(Help(every, self.screen.title or word))

    def action_tour(self) -> None:
        from tui.ui.modals.tour import Tour

        if not self.screen.is_modal:
            self.push_screen(Tour(key_hints.every(self.screen, words=self._look.ascii), self._beat))
