"""`Alarms`: notifies a user of the alerts of the fleet, each once, whichever podtops of the account are running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tui.clocks import instant
from tui.domain.ringing import Audience, Call, RingState, Seen, is_quiet, latest, next_at, step
from tui.domain.user_message import UserMessage
from tui.storage.alarm_file import AlarmFile
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.config.settings import Notify
    from tui.domain.attention import Topic
    from tui.store.fleet import Fleet

LOOKS = 15.0
"""Seconds after which the time alone is a reason to look: quiet hours end, a digest is due."""

NAMELESS = 60.0
"""Seconds for which podtop waits for the name of the account before it does without."""


Ring = Callable[[Call, frozenset[str]], object]


class Alarms:
    """Looks at `fleet.attention` after each response, and also while there are none.

    settings:  the table [notify].
    audiences:   whom this podtop can notify, and of which topics.
    file:      the file of an account.
    ring:      sends a call.
    post:      receives a message if the file cannot be used.
    """

    def __init__(
        self,
        fleet: Fleet,
        settings: Notify,
        audiences: Mapping[Audience, frozenset[Topic]],
        *,
        file: Callable[[str], Path],
        ring: Ring,
        post: Callable[[UserMessage], object],
        clock: Callable[[], float],
        tz: tzinfo | None = None,
        pace: float = 1.0,
    ) -> None:
        self._fleet = fleet
        self._settings = settings
        self._audiences = {audience: topics for audience, topics in audiences.items() if topics}
        self._path = file
        self._ring = ring
        self._post = post
        self._clock = clock
        self._tz = tz
        self._pace = pace
        self._file: AlarmFile | None = None
        self._unsaved: dict[str, RingState] = {}
        self._first: dict[tuple[str, str], float] = {}
        self._begun: float | None = None
        self._looked: tuple[float, float] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._told: set[str] = set()

    def look(self, *, ends: bool = False) -> None:
        """Send what is due now. Returns at once if there is nothing new to look at."""
        judged_at, now = self._fleet.judged_at, self._clock()
        if judged_at is None or self._fleet.past or not self._audiences:
            return
        if not ends and self._looked is not None:
            seen_at, looked_at = self._looked
            if judged_at == seen_at and 0 <= now - looked_at < LOOKS:
                return
        if (file := self._file_of_account(now)) is None:
            return
        self._looked = judged_at, now
        self._first = {a.matter: self._first.get(a.matter, judged_at) for a in self._fleet.attention}
        self._send(file, judged_at, now, ends)

    def close(self) -> None:
        """Send what waits for others."""
        self._settle(None)
        self.look(ends=True)

    def _answered_at(self, judged_at: float) -> float:
        """When RunPod last reported the pods."""
        return min(judged_at, self._fleet.pods_at if self._fleet.pods_at is not None else judged_at)

    def _file_of_account(self, now: float) -> AlarmFile | None:
        """The file, once the account is known; one for an account without a name if it stays unknown."""
        if self._begun is None:
            self._begun = now
        funds = self._fleet.funds
        account = funds.account_id if funds is not None else None
        if self._file is None and (account is not None or now - self._begun >= NAMELESS):
            self._file = AlarmFile(self._path(account or ""))
            self._hand_over_again(self._file, now)
        return self._file

    def _hand_over_again(self, file: AlarmFile, now: float) -> None:
        """Calls of a podtop that may have ended before they were spooled; those that were are not sent again."""
        state = self._states(file).get(Audience.USER)
        if state is not None and Audience.USER in self._audiences:
            for call in state.sent:
                self._ring(call, frozenset({Audience.USER}))

    def _send(self, file: AlarmFile, judged_at: float, now: float, ends: bool) -> None:
        local = datetime.fromtimestamp(now, self._tz)
        digest, answered_at = self._settings.digest, self._answered_at(judged_at)
        calls: dict[str, Call] = {}
        audiences_of: dict[str, frozenset[str]] = {}
        waits: list[float] = []
        for audience, topics in self._audiences.items():
            seen = Seen(
                self._fleet.attention, judged_at, answered_at, now, is_quiet(self._settings.quiet, local), self._first,
                instant(latest(digest, local)) if digest else None, topics, ends,
            )  # fmt: skip
            after, due = self._step(file, audience, seen)
            for call in due:
                calls[call.id] = call
                audiences_of[call.id] = audiences_of.get(call.id, frozenset()) | {audience}
            if (at := next_at(after)) is not None:
                waits.append(at)
        self._settle(min(waits) - now if waits and not ends else None)
        for id, call in calls.items():
            self._ring(call, audiences_of[id])

    def _step(self, file: AlarmFile, audience: Audience, seen: Seen) -> tuple[RingState, tuple[Call, ...]]:
        """What one podtop of all sends: the one that writes it down first."""
        state = self._states(file).get(audience, RingState())
        after, calls = step(state, seen)
        if after is state:
            return state, ()
        try:
            with file.changed() as states:
                after, calls = step(self._unsaved.get(audience) or states.get(audience, RingState()), seen)
                states[audience] = after
            self._unsaved.pop(audience, None)
            self._told.clear()
        except StoreError as error:
            # A user who is not notified loses more than one who is notified twice.
            self._complain(error)
            self._unsaved[audience] = after
        return after, calls

    def _states(self, file: AlarmFile) -> Mapping[str, RingState]:
        try:
            return {**file.all(), **self._unsaved}
        except StoreError as error:
            self._complain(error)
            return self._unsaved

    def _complain(self, error: StoreError) -> None:
        if str(error) not in self._told:
            self._told.add(str(error))
            self._post(UserMessage(str(error)))

    def _settle(self, wait: float | None) -> None:
        """Look again after `wait` seconds of the clock, however long the next response takes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait) / self._pace, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._looked = None
        self.look()
