"""`Ownership`: which podtop records and acts for an account, and that another takes over when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tui.domain.user_message import Level, UserMessage
from tui.storage.owner_file import UNNAMED, Duty, Owner, OwnerFile

if TYPE_CHECKING:
    from tui.services.messages import Messages
    from tui.storage.json_store import ProcessClaim
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet

LOOK = 5.0
"""Seconds between two looks at who does what."""


class Ownership:
    """For one podtop: its claims, and who else has one.

    kind:  this podtop, "screen" or "record".
    records: whether it writes the recording at the moment: the recorder holds that lock itself.
    """

    def __init__(
        self,
        state: StateFiles,
        fleet: Fleet,
        kind: str,
        records: Callable[[], bool],
        messages: Messages,
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._fleet = fleet
        self._kind = kind
        self._records = records
        self._messages = messages
        self._clock = clock
        self._file: OwnerFile | None = None
        self._signed = False

    @property
    def file(self) -> OwnerFile | None:
        """Who does what for the account, once that is known."""
        funds = self._fleet.funds
        if self._file is None and funds is not None and funds.account_id is not None:
            self._file = self._state.owners(funds.account_id)
        return self._file

    def claim(self, duty: Duty) -> ProcessClaim | None:
        """A claim of a duty that others see; None while the account is unknown."""
        from tui.storage.owner_file import DutyClaim

        return DutyClaim(self.file, duty, self._kind, self._clock) if self.file is not None else None

    async def follow(self, interval: float = LOOK) -> None:
        """Keep `fleet.owners` current, and report duties that changed hands, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(interval)

    async def look(self) -> None:
        """Look once."""
        if (file := self.file) is None:
            return
        before, now = self._fleet.owners, await asyncio.to_thread(self._read, file)
        if now != before:
            self._fleet.owners = now
            for text in changes(before, now):
                self._messages.post(UserMessage(text, Level.INFO))

    def _read(self, file: OwnerFile) -> Mapping[Duty, Owner]:
        records = self._records()
        if records and not self._signed:
            file.sign(Duty.RECORDS, self._kind, self._clock())
        self._signed = records
        return file.owners()


def changes(before: Mapping[Duty, Owner], now: Mapping[Duty, Owner]) -> list[str]:
    """What to say of duties that this podtop has taken over from another one."""
    from_whom: dict[Owner, list[Duty]] = {}
    for duty, owner in now.items():
        old = before.get(duty)
        if owner.is_me and old is not None and not old.is_me and old != UNNAMED:
            from_whom.setdefault(old, []).append(duty)
    return [f"{old.name} ended: this podtop now {listed(duties)}" for old, duties in from_whom.items()]


def listed(duties: list[Duty]) -> str:
    """records, enforces leases and stops idle pods."""
    *rest, last = [duty.words for duty in duties]
    return f"{', '.join(rest)} and {last}" if rest else last


def by_owner(owners: Mapping[Duty, Owner]) -> dict[Owner, list[Duty]]:
    """The duties of each podtop."""
    duties: dict[Owner, list[Duty]] = {}
    for duty in Duty:
        if duty in owners:
            duties.setdefault(owners[duty], []).append(duty)
    return duties
