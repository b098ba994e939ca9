"""`SessionApp`: runs a session below the screens, from the first frame on, and passes it the screens' requests."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from tui.ui.messages import Attend, Inspect, LookBack
from tui.ui.render.empty_states import held_back

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.history.queries import HistoryQueries
    from tui.services.messages import Messages
    from tui.services.session import Session
    from tui.ui.desk import Desk

FIRST_FRAME = 0.05
"""Seconds reserved for the first frame."""


FREE = 0.5
"""Seconds between two looks whether another dialog is closed."""


class SessionApp(App[None]):
    """The steps after the first frame import the HTTP client and, in a demo, a whole simulated RunPod."""

    session: Session
    playback: Playback
    messages: Messages
    desk: Desk
    desks: tuple[Desk, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._monitoring: list[Worker[None]] = []

    def begun(self) -> None:
        """The first frame is drawn, and the session is about to start."""

    def on_ready(self) -> None:
        self.set_timer(FIRST_FRAME, self._begin)

    def _begin(self) -> None:
        from tui import turns

        gc.freeze()
        gc.enable()
        # Maximum wait of a key for a thread that parses a large response or writes the recording.
        sys.setswitchinterval(0.0005)
        turns.put_first(asyncio.get_running_loop())
        self.begun()
        for desk in self.desks:
            self.start(desk)

    def start(self, desk: Desk) -> None:
        """Poll an account, and do what it asks for, until the program ends."""
        session, playback = desk.session, desk.playback
        self._monitoring.append(self.run_worker(session.monitor.run(), name="monitor"))
        # A reader of a hub does nothing of its own: what is due, is due at the hub, and shown as that.
        if session.state is not None and session.source.hub is None:
            from tui.services import duties

            session.start_executor(session.state)
            self.run_worker(duties.catch_up(session), name="catch up")
            self.run_worker(duties.enforce_leases(session), name="leases")
            self.run_worker(duties.look_out(session), name="watches")
            self.run_worker(duties.stop_idle(session), name="idle stops")
            self.run_worker(duties.follow_owners(session), name="owners")
            if session.others is not None:
                self.run_worker(session.others.follow(), name="recorders")
            self.run_worker(duties.report_weekly(session), name="weekly report")
        if session.config.signals.pods:
            from tui.services.signals.start import read_signals

            self.run_worker(read_signals(session), name="signals")
        self.run_worker(playback.run(), name="playback")
        self.run_worker(playback.read_on(), name="samples of history")

    def past_opened(self, desk: Desk, past: HistoryQueries) -> None:
        """A recording can be read from now on."""
        desk.playback.past = past
        if desk.playback.replay:
            self.run_worker(desk.playback.go(desk.session.source.begin, forward=False), name="replay")

    async def ask_account(self, at: float) -> bool | None:
        """Ask whether this is the account that was used last, at that instant; None is no answer."""
        from tui.ui.modals.account import AccountDialog

        # It does not cover what the user has just opened.
        while isinstance(self.screen, ModalScreen):  # noqa: ASYNC110
            await asyncio.sleep(FREE)
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()

        def answered(same: bool | None) -> None:
            if not answer.done():
                answer.set_result(same)

        dialog = AccountDialog(at, self.session.tz, self.session.monotonic)
        self.push_screen(dialog, answered)
        try:
            return await answer
        finally:
            # Once nobody waits for an answer, a yes would be lost.
            if answer.cancelled() and self.is_running and dialog.is_current:
                dialog.end(None)

    async def on_unmount(self) -> None:
        from tui import turns

        turns.put_first(None)
        for desk in self.desks:
            await desk.session.close()
        for monitoring in self._monitoring:
            monitoring.cancel()
        for monitoring in self._monitoring:
            # Its connections are closed before the program exits.
            with suppress(WorkerCancelled, WorkerFailed):
                await monitoring.wait()

    # Requests from screens

    def on_attend(self, request: Attend) -> None:
        self.session.monitor.attend(request.topics)
        self.session.monitor.want("screen", request.demands)

    def on_inspect(self, request: Inspect) -> None:
        self.session.monitor.inspect(request.pod, request.at)

    def on_look_back(self, request: LookBack) -> None:
        look = self.session.monitor.look_back(request.fleet, request.pods, request.start, request.end, request.width)
        self.run_worker(look, name="look back", group="look back")

    def on_look_at_log(self) -> None:
        # As a function: a coroutine that is dropped before it starts would complain.
        look: Any = self.session.monitor.look_at_the_log
        self.run_worker(look, name="log", group="log", exclusive=True)

    @property
    def shows_all(self) -> bool:
        """Whether all accounts are shown together."""
        return False

    def action_refresh_now(self) -> None:
        for desk in self.desks if self.shows_all else (self.desk,):
            desk.session.monitor.wake()
        if wait := held_back(self.session.fleet.snapshot, self.session.clock()):
            self.messages.reply(wait)
