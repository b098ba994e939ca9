"""`PodtopApp`: owns the fleet and the watch over it, and tells the screen on top when something changed."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from tui.guard import Guard
from tui.kept import Kept
from tui.notes import Note
from tui.paths import styles
from tui.player import Player
from tui.signals import end_on_signals
from tui.store.fleet import Fleet
from tui.ui import terminal, themes
from tui.ui.acts import Acts
from tui.ui.display import Display
from tui.ui.messages import Attend, Copy, Inspect, LookBack, OpenPod
from tui.ui.notices import held_back
from tui.ui.places import PLACES
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.timed import Sight
from tui.ui.status import Badges
from tui.watch import Watch

if TYPE_CHECKING:
    from tui.config import Config
    from tui.hooks import Hooks
    from tui.past import Past
    from tui.recorder import Recorder
    from tui.source import Source
    from tui.state import StateFiles
    from tui.ui.watching import Watching

FIRST_FRAME = 0.05
"""Seconds that the first frame gets to itself."""

SLOW_LINK = (
    "this terminal takes its time: podtop draws less, and shows what comes every 10 s. Keys answer at once. "
    "slow_link = false keeps it from doing so"
)

STYLES = ("app", "roles", "panes", "table", "chart", "palette")
"""What the first screen needs; dialogs bring their own."""


def _import_charts() -> None:
    """The dearest import of all: in a thread, so that no key waits for it."""
    from tui.ui import plot

    plot.library()


class PodtopApp(App[None]):
    """The program on the screen."""

    TITLE = "podtop"
    CSS_PATH: ClassVar = styles(*STYLES)
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(p.keys, f"go('{p.mode}')", p.word.lower(), id=f"screen.{p.mode}", show=False, tooltip=p.help)
            for p in PLACES
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
        record: Callable[[Callable[[Note], object]], Recorder] | None = None,
        state: StateFiles | None = None,
        tz: tzinfo | None = None,
        beat: Callable[[], float] = time.monotonic,
        first: str = "fleet",
        display: Display | None = None,
    ) -> None:
        # Which mode it begins with is read when the app is made.
        self.DEFAULT_MODE = first  # type: ignore[misc]
        super().__init__()
        # Nothing moves that need not: what moves is sent.
        self.animation_level = "none"
        self._told_slow = False
        self._look = display or Display(config)
        self._open_log = open_log
        self._clock = source.clock
        self.crash: str | None = None
        self.fleet = Fleet(config.interval * source.pace, config.market_interval * source.pace)
        self.fleet.keyless = source.keyless
        badges = Badges(source.badge, source.demo, False)
        self.changed: Signal[None] = Signal(self, "changed")
        self._source = source
        self.player = Player(self.fleet, source.clock, self._tell, self._warn, replay=source.recording is not None)
        self._tz = tz
        self._watch = Watch(
            source, config, self.fleet, self._tell, _import_charts, record, self._say, self._opened, self._midnight
        )
        self._state = state
        self._notify = config.notify
        self._hooks: Hooks | None = None
        why = "this is a recording" if source.recording else "podtop was started so" if config.read_only else ""
        self.guard = Guard(why, after=config.lock_after * 60 or None, clock=beat)
        self._acts = Acts(
            self.fleet, self.guard, self.player, self._watch, state, tz,
            push=self.push_screen, run=self.run_worker, warn=self._warn, say=self._say, beat=beat,
        )  # fmt: skip
        self._beat = beat
        self._kept = Kept(self._kept_in)
        self._watching_for: Watching | None = None
        self._sight = Sight(
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
        )
        self._first_screen = self._maker(first)()
        self._came_from = self.DEFAULT_MODE
        self._terminal = terminal.install(self, pace=self._look.pace)
        self._terminal.changed = self._link_changed
        self._watching: Worker[None] | None = None
        for theme in themes.OWN:
            self.register_theme(theme)
        # A demo begins anew each time: what it would have kept need not be looked for before the first frame.
        kept = "" if source.demo else self._kept.get("theme")
        self._start_with(self._look.theme(self, kept, self.available_themes))

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
            self._say(Note(SLOW_LINK, bad=False))
        self.changed.publish(None)

    def on_terminal_supports_synchronized_output(self) -> None:
        self._terminal.answered()

    def notify(self, *arguments: Any, **options: Any) -> None:
        super().notify(*arguments, **options)
        self._terminal.touch()

    def _watches(self) -> Watching:
        if self._watching_for is None:
            from tui.ui.watching import Watching

            self._watching_for = Watching(
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
        if not self.is_headless:
            end_on_signals(lambda code: self.exit(return_code=code))

    def on_resize(self) -> None:
        # A terminal that shrank and grew back has lost cells, though its size is the same.
        self._terminal.forget()

    def _fatal_error(self) -> None:
        """Textual would print a traceback over the screen: one line instead, and the rest goes to the log."""
        from tui.journal import crash_report

        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        self.crash = crash_report(error, self._open_log())
        self._close_messages_no_wait()

    def _opened(self, past: Past) -> None:
        self.player.past = past
        if self.player.replay:
            self.run_worker(self.player.go(self._source.begin, forward=False), name="replay")

    def _tell(self) -> None:
        if self._acts.performer is not None:
            self._acts.performer.told()
        self.changed.publish(None)

    def _warn(self, text: str) -> None:
        self.clear_notifications()
        self.notify(text, severity="warning", markup=False)

    def _say(self, note: Note) -> None:
        logging.getLogger(__name__).warning(note.text)
        self.notify(note.text, severity="warning" if note.bad else "information", timeout=20, markup=False)

    def _ring(self, title: str, text: str, kind: str = "watch") -> None:
        """Call a person who looks elsewhere."""
        from tui.hooks import Alarm, Hooks

        if self._hooks is None:
            self._hooks = Hooks(self._notify, write=self._send, say=self._say, beat=time.monotonic)
        self._hooks.ring(Alarm(title, text, kind, self._clock()))

    def _send(self, text: str) -> None:
        """To the terminal, past what is drawn: the driver's writer keeps it whole."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)

    def _midnight(self, at: float) -> float:
        when = datetime.fromtimestamp(at, self._tz)
        return when.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def on_open_pod(self, asked: OpenPod) -> None:
        from tui.ui.screens.pod import PodScreen

        if not isinstance(self.screen, PodScreen):
            self.push_screen(PodScreen(self._sight, asked.pod))

    def on_inspect(self, asked: Inspect) -> None:
        self._watch.inspect(asked.pod, asked.at)

    def on_copy(self, asked: Copy) -> None:
        if asked.text:
            self.copy_to_clipboard(asked.text)
        self.clear_notifications()
        self.notify(f"copied: {asked.label}" if asked.text else "there is nothing here to copy", markup=False)

    def on_look_back(self, asked: LookBack) -> None:
        look = self._watch.look_back(asked.fleet, asked.pods, asked.start, asked.end, asked.width)
        self.run_worker(look, name="look back", group="look back")

    def on_ready(self) -> None:
        # What follows imports the HTTP client and, in a demo, a whole simulated RunPod: the first frame goes first.
        self.set_timer(FIRST_FRAME, self._begin)

    def _begin(self) -> None:
        gc.freeze()
        gc.enable()
        self._watching = self.run_worker(self._watch.run(), name="watch")
        if self._state is not None:
            from tui.performer import Performer

            self._acts.performer = Performer(
                self.fleet, self.guard, self._watch, self._state.ledger,
                clock=self._clock, say=self._say, changed=self._tell,
            )  # fmt: skip
            self.run_worker(self._acts.performer.resume_looking(), name="resume looking")
            self.run_worker(self._acts.enforce(), name="leases")
            self.run_worker(self._watches().look_out(), name="watches")
        self.run_worker(self.player.run(), name="player")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            # Keys that are still on their way while the last screen goes are for nobody.
            return
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            self.guard.touch()
            self._terminal.touch()
            if not self._is_heard(event):
                return
        elif isinstance(event, events.Key) and not self._is_meant(event):
            return
        await super().on_event(event)

    def _is_meant(self, event: events.Key) -> bool:
        """Whether a key that no widget wanted was typed for the screen that is on top by now."""
        takes: Callable[[events.Key], bool] | None = getattr(self.screen, "takes", None)
        return takes is None or takes(event)

    def _is_heard(self, event: events.Event) -> bool:
        """Whether an event may pass: a dialog hears nothing before it has been on the screen for long enough."""
        if isinstance(event, events.MouseMove):
            return True
        hears: Callable[[], bool] | None = getattr(self.screen, "hears", None)
        return hears is None or hears()

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

    def action_help_quit(self) -> None:
        # ctrl+c ends most programs, and copies in some: podtop says what ends it, once.
        self.clear_notifications()
        self.notify("q quits podtop; pods go on running", markup=False)

    def action_redraw(self) -> None:
        self._terminal.forget()
        self.refresh(repaint=True, layout=True)

    def action_help(self) -> None:
        from tui.ui.keys import hints
        from tui.ui.modals.help import Help

        self.push_screen(Help(hints(self.screen.active_bindings, words=self._look.ascii)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything that a key does, by name; and the themes."""
        from tui.ui.keys import GROUPS, hints

        for hint in hints(screen.active_bindings, words=self._look.ascii):
            if hint.enabled and hint.action and hint.id.split(".")[0] in GROUPS:
                yield SystemCommand(hint.help, f"key {hint.keys[0]}", partial(self.run_action, hint.action, hint.node))
        yield SystemCommand("Change the theme", "for any eye and terminal, and Textual's own", self.action_change_theme)
