"""`PodtopApp`: wires a session to the screens, and leads from one screen to another."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.signal import Signal
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from tui.domain.user_message import Level, UserMessage
from tui.history.playback import Playback
from tui.paths import styles
from tui.services.action_lock import ActionLock
from tui.services.messages import Messages, logged
from tui.services.session import Session
from tui.ui import key_hints, screen_table
from tui.ui.context import screen_context
from tui.ui.controllers.toasts import toasts
from tui.ui.handler_barrier import SurvivingApp
from tui.ui.input.typing_app import KEYS_LOST, TypingApp
from tui.ui.messages import Attend, Inspect, LookBack
from tui.ui.navigation import NavigatingApp
from tui.ui.render.empty_states import held_back
from tui.ui.terminal.display import Display
from tui.ui.terminal.terminal_app import TerminalApp

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.config.loader import Config
    from tui.history.queries import HistoryQueries
    from tui.services.session import MakeRecorder
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles

FIRST_FRAME = 0.05
"""Seconds that the first frame gets to itself."""

SLOW_LINK = (
    "this terminal takes its time: podtop draws less, and shows what comes every 10 s. Keys answer at once. "
    "slow_link = false keeps it from doing so"
)

STYLES = ("app", "roles", "panes", "table", "chart", "palette")
"""What the first screen needs; dialogs bring their own."""


def _palette() -> type[Provider]:
    from tui.ui.command_palette import Everything

    return Everything


def _import_charts() -> None:
    """The dearest import of all: in a thread, so that no key waits for it."""
    from tui.ui.charts import plot

    plot.library()


class PodtopApp(NavigatingApp, TypingApp, TerminalApp, SurvivingApp):
    """The program on the screen."""

    TITLE = "podtop"
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
        record: MakeRecorder | None = None,
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
        display = display or Display(config)
        self.use_display(display)
        if config.keymap:
            from tui.ui.keymap_check import for_textual

            self.set_keymap(for_textual(config.keymap))
        self._open_log, self._is_first_start, self._told_slow = open_log, is_first_start, False
        self.messages = Messages(logged("app"), toasts(self))
        self.survive(beat, open_log, self.messages.reply)
        self.take_input(beat)
        self.changed: Signal[None] = Signal(self, "changed")
        read_only = "this is a recording" if source.recording else "podtop was started so" if config.read_only else ""
        self.guard = ActionLock(
            read_only, after=config.lock_after * 60 or None,
            clock=beat if source.clocks is None else source.clocks.away, key=key_hints.spoken(self._keymap, "act.lock"),
        )  # fmt: skip
        self.session = session = Session(
            source, config, self.messages, self.guard, state=state, record=record, opened=self._opened,
            on_change=lambda: self.changed.publish(None), prepare=_import_charts, write=self.send, hosts=True, tz=tz,
            monotonic=beat,
        )  # fmt: skip
        self.fleet = session.fleet
        self.player = Playback(
            self.fleet, source.clock, session.changed, self.messages.reply, replay=source.recording is not None
        )
        self.context = context = screen_context(session, self.player, self, self.changed, display, self._keymap)
        self.navigate_from(first)
        # A demo begins anew each time: what it would have kept need not be looked for before the first frame.
        self.use_renderer(context.kept, remember=not source.demo)
        self._monitoring: Worker[None] | None = None

    # Start and end

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
        session = self.session
        self._monitoring = self.run_worker(session.monitor.run(), name="monitor")
        if session.state is not None:
            session.start_executor(session.state)
            self.run_worker(session.catch_up(), name="catch up")
            self.run_worker(session.enforce_leases(), name="leases")
            self.run_worker(session.look_out(), name="watches")
        self.run_worker(self.player.run(), name="playback")

    def _opened(self, past: HistoryQueries) -> None:
        self.player.past = past
        if self.player.replay:
            self.run_worker(self.player.go(self.session.source.begin, forward=False), name="replay")

    async def on_unmount(self) -> None:
        await self.session.close()
        if self._monitoring is not None:
            self._monitoring.cancel()
            # Its connections are closed before the program is gone.
            with suppress(WorkerCancelled, WorkerFailed):
                await self._monitoring.wait()

    # What the keys and the terminal say

    def touched(self) -> None:
        self.guard.touch()
        self._renderer.touch()

    def listens(self) -> bool:
        return self.context.reach.hears()

    def gives_up(self) -> bool:
        return self.context.deploys.give_up()

    def keys_lost(self) -> None:
        self.messages.reply(KEYS_LOST)

    def link_changed(self) -> None:
        if self.display_settings.pace.slow and not self._told_slow:
            self._told_slow = True
            self.messages.post(UserMessage(SLOW_LINK, Level.INFO))
        self.changed.publish(None)

    def copy_to_clipboard(self, text: str) -> None:
        self._clipboard = text
        self.run_worker(self.context.reach.copy_selection(text), name="copy")

    # What screens ask for

    def on_attend(self, request: Attend) -> None:
        self.session.monitor.attend(request.topics)
        self.session.monitor.want("screen", request.demands)

    def on_inspect(self, request: Inspect) -> None:
        self.session.monitor.inspect(request.pod, request.at)

    def on_look_back(self, request: LookBack) -> None:
        look = self.session.monitor.look_back(request.fleet, request.pods, request.start, request.end, request.width)
        self.run_worker(look, name="look back", group="look back")

    def on_look_at_log(self) -> None:
        # As a function: a coroutine that is given up before it begins would complain.
        look: Any = self.session.monitor.look_at_the_log
        self.run_worker(look, name="log", group="log", exclusive=True)

    # Keys of every screen

    def action_refresh_now(self) -> None:
        self.session.monitor.wake()
        if wait := held_back(self.fleet.snapshot, self.session.clock()):
            self.messages.reply(wait)

    def action_help_quit(self) -> None:
        # ctrl+c ends most programs, and copies in some: podtop says what ends it, once.
        text = f"{key_hints.spoken(self._keymap, 'app.quit')} quits podtop; pods go on running"
        self.messages.post(UserMessage(text, Level.HINT))
