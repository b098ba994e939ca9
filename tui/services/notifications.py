"""`Notifications`: what a session notifies its user of: alerts by their steps, and messages that are worth a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.domain.notification import Notification
from tui.domain.user_message import Level, UserMessage
from tui.services.notifier import Notifier
from tui.storage.notify_spool import SpoolFile

if TYPE_CHECKING:
    from tui.config.keys import Hidden
    from tui.config.settings import Notify
    from tui.domain.ringing import Call
    from tui.services.alarms import Alarms
    from tui.services.messages import Messages
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet


class Notifications:
    """Passes calls to the ways of `settings`.

    hidden: what a command must not receive.
    state:  the files of what waits to be sent and of what was sent; None if nothing is kept.
    write:  sends text to the terminal; None without one.
    pace:   how much faster than real time the clock runs.
    """

    def __init__(
        self,
        settings: Notify,
        hidden: Hidden,
        fleet: Fleet,
        messages: Messages,
        state: StateFiles | None,
        *,
        write: Callable[[str], object] | None,
        clock: Callable[[], float],
        tz: tzinfo | None,
        pace: float,
    ) -> None:
        self._settings = settings
        self._fleet = fleet
        self._post = messages.post
        self._clock = clock
        self._tz = tz
        self._pace = pace
        self._alarms: Alarms | None = None
        self.notifier = Notifier(
            settings, write=write, post=messages.post, monotonic=time.monotonic, hidden=hidden,
            store=None if state is None else SpoolFile(state.notifications()), clock=clock, clock_of=self._clock_of,
        )  # fmt: skip

    def _clock_of(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, self._tz):%a %H:%M}"

    def call(self, message: UserMessage) -> None:
        """Notify of a message."""
        about = message.about
        self.notifier.notify(
            Notification(
                message.title, message.text, message.topic, self._clock() if about is None else about.at,
                None if about is None else about.grade, "" if about is None else about.id, about,
            ),
            message.audiences,
        )  # fmt: skip

    def ring_alarms(self, state: StateFiles) -> None:
        """Notify of alerts, which were judged before."""
        if self._alarms is None:
            from tui.services.alarms import Alarms

            self._alarms = Alarms(
                self._fleet, self._settings, self.notifier.audiences, file=state.alarms,
                ring=self._ring, post=self._post, clock=self._clock, tz=self._tz, pace=self._pace,
            )  # fmt: skip
        self.notifier.resume()
        self._alarms.look()

    def _ring(self, call: Call, audiences: frozenset[str]) -> None:
        from tui.domain.ring_words import words

        title, text = words(call, self._clock_of)
        self._post(UserMessage(text, Level.CALL, title, call.topic, about=call, audiences=audiences))

    async def close(self) -> None:
        """Give what is under way its moment, then end it."""
        if self._alarms is not None:
            self._alarms.close()
        await self.notifier.close()
