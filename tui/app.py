"""`PodtopApp`: wires a session to the screens, and navigates between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.signal import Signal

from tui.domain.user_message import Level, UserMessage
from tui.files.paths import styles
from tui.history.playback import Playback
from tui.services.action_lock import ActionLock, read_only
from tui.services.messages import MachineMessages, Messages, logged
from tui.services.session import Session
from tui.ui import key_hints, screen_table
from tui.ui.accounts_app import AccountsApp
from tui.ui.context import screen_context
from tui.ui.controllers.account_host import AccountHost
from tui.ui.controllers.toasts import named, toasts
from tui.ui.desk import AccountSetup, Desk
from tui.ui.handler_barrier import SurvivingApp
from tui.ui.input.typing_app import KEYS_LOST, TypingApp
from tui.ui.session_app import SessionApp
from tui.ui.terminal.display import Display
from tui.ui.terminal.terminal_app import SLOW_LINK, STYLES, TerminalApp

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.config.loader import Config
    from tui.services.session import MakeRecorder
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles


def _palette() -> type[Provider]:
    from tui.ui.command_palette import Everything

    return Everything


def _import_charts() -> None:
    """Done in a thread, so that no key waits for it."""
    import tui.ui.widgets.chart  # noqa: F401


class PodtopApp(AccountsApp, SessionApp, TypingApp, TerminalApp, SurvivingApp):
    """The full-screen application."""

    TITLE = "podtop"
    CSS_PATH: ClassVar = styles(*STYLES)
    COMMANDS: ClassVar = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        *screen_table.bindings(),
        Binding("ctrl+r", "refresh_now", "refresh", id="app.refresh", show=False, tooltip="Refresh now"),
        Binding("ctrl+l", "redraw", "redraw", id="app.redraw", show=False, tooltip="Redraw screen"),
        Binding("ctrl+z", "suspend_process", "suspend", id="app.suspend", show=False, tooltip="Suspend (fg resumes)"),
        Binding(
            "colon,ctrl+p",
            "command_palette",
            "palette",
            id="app.palette",
            tooltip="Command palette: find anything by name",
        ),
        Binding("question_mark", "help", "help", id="app.help", tooltip="Help: keys and symbols"),
        Binding("A", "accounts", "accounts", id="app.accounts", show=False, tooltip="Accounts: money and pods; switch"),
        Binding("W", "waste", "waste", id="app.waste", show=False, tooltip="Waste: its parts, and since when"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Quit (pods keep running)"),
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
        monotonic: Callable[[], float] = time.monotonic,
        first: str = "fleet",
        display: Display | None = None,
        is_first_start: Callable[[], bool] = lambda: False,
        others: Sequence[AccountSetup] = (),
    ) -> None:
        """`is_first_start` is called once, after the first frame: whether this is this user's first start.

        others: further accounts, one of which is shown in place of the first once it is chosen.
        """
        # The initial mode is read when the app is created.
        self.DEFAULT_MODE = first  # type: ignore[misc]
        super().__init__()
        display = display or Display(config)
        self.use_display(display)
        if config.keymap:
            from tui.ui.keymap_check import for_textual

            self.set_keymap(for_textual(config.keymap))
        self._open_log, self._is_first_start, self._told_slow = open_log, is_first_start, False
        self.messages = Messages(logged("app"), toasts(self))
        self._machine = MachineMessages(self.messages.post)
        self.survive(monotonic, open_log, self.messages.reply)
        self.take_input(monotonic)
        self.changed: Signal[None] = Signal(self, "changed")
        self._override = "" if source.demo else config.override
        self._tz, self._monotonic = tz, monotonic
        self._others = tuple(others)
        setup = AccountSetup(source, config, record, state)
        self.sit_at(self._desk(setup, self._messages_of(setup) if others else self.messages, first=True))
        self.navigate_from(first)
        # A demo starts afresh each time: what it would have stored need not be looked up before the first frame.
        self.use_renderer(self.context.preferences, remember=not source.demo)

    def _desk(self, setup: AccountSetup, messages: Messages, *, first: bool = False) -> Desk:
        """One account. Only the first asks questions, and is drawn before it is connected."""
        source, config, record, state = setup
        guard = ActionLock(
            read_only(source, config), after=config.lock_after * 60 or None,
            clock=self._monotonic if source.clocks is None else source.clocks.away,
            key=key_hints.spoken(self._keymap, "act.lock"),
        )  # fmt: skip
        desks: list[Desk] = []
        session = Session(
            source, config, messages, guard, state=state, record=record,
            opened=lambda past: self.past_opened(desks[0], past), on_change=lambda: self._changed(desks[0]),
            prepare=_import_charts, write=self.send, hosts=True, tz=self._tz, monotonic=self._monotonic,
            ask_account=self.ask_account if first else None, kind="screen", machine=self._machine,
        )  # fmt: skip
        playback = Playback(
            session.fleet, source.clock, session.changed, messages.reply, replay=source.recording is not None
        )
        host = AccountHost(self, lambda: (setup.name, config.color) if self._others else None)
        context = screen_context(
            session, playback, host, self.changed, self.display_settings, self._keymap,
            (lambda: self.accounts) if self._others else None,
        )  # fmt: skip
        desks.append(Desk(setup.name, session, playback, context))
        return desks[0]

    def _messages_of(self, setup: AccountSetup) -> Messages:
        """The messages of one of several accounts: where not it alone is shown, they begin with its name."""

        def name() -> str:
            return "" if setup.name == self.desk.name and not self.shows_all else f"{setup.name}: "

        return Messages(logged("app"), named(toasts(self), name))

    def begun(self) -> None:
        self._open_log()
        self.read_later_styles()
        for setup in self._others:
            self.add_desk(self._desk(setup, self._messages_of(setup)))
        if self.shows_all:
            self.changed.publish(None)
        if self._override:
            # What was printed at the start is behind the screen, and these are the pods of another account.
            self.messages.post(UserMessage(self._override))
        if self._is_first_start():
            # It does not cover a screen that the user opened in the meantime; the palette has it.
            self.action_tour()

    def _changed(self, desk: Desk) -> None:
        desk.context.news.look()
        if desk is self.desk or self.shows_all:
            self.changed.publish(None)

    # Messages from keys and the terminal

    def touched(self) -> None:
        for desk in self.desks:
            desk.session.guard.touch()
        self._renderer.touch()

    def listens(self) -> bool:
        return self.context.connect.hears()

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
        self.run_worker(self.context.connect.copy_selection(text), name="copy")

    def action_help_quit(self) -> None:
        # ctrl+c quits most programs, and copies in some: podtop says once which key quits it.
        text = f"Press {key_hints.spoken(self._keymap, 'app.quit')} to quit (pods keep running)"
        self.messages.post(UserMessage(text, Level.HINT))
