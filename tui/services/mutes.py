"""`AccountMutes`: mutes of the monitored account: set with a key, shared with other podtops, ended in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.domain import pod_health
from tui.domain.alert_rules import Mute, is_muted, is_over
from tui.domain.user_message import UserMessage
from tui.services.account_files import AccountFiles
from tui.storage.json_store import StoreError
from tui.storage.mute_file import MuteFile


class AccountMutes(AccountFiles):
    """Keeps `fleet.mutes` as the file has them."""

    _file: MuteFile | None = None
    _account = ""
    _trouble = ""

    async def read(self, account: str | None) -> None:
        """Read the mutes before the alerts of a response are judged. `account`: its id; None if it is unknown."""
        if self._state is None or not account:
            return
        if self._file is None or account != self._account:
            self._file, self._account = MuteFile(self._state.mutes(account)), account
        try:
            mutes = tuple((await asyncio.to_thread(self._file.all)).values())
            ended = tuple(mute for mute in mutes if self._is_over(mute))
            if ended:
                await asyncio.to_thread(self._file.end, ended)
            self._trouble = ""
        except StoreError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._messages.post(UserMessage(f"mutes: {error}"))
            return
        self._fleet.mutes = tuple(mute for mute in mutes if mute not in ended)

    def _is_over(self, mute: Mute) -> bool:
        fleet = self._fleet
        record = fleet.records.get(mute.pod)
        known = record is not None and record.pod is not None and record.unreadable is None
        busy = known and record is not None and record.pod is not None and pod_health.busy_gpus(record.pod) > 0
        alerted = any(mute.covers(alert.pod, alert.kind) for alert in fleet.attention)
        return is_over(mute, self._clock(), busy, alerted)

    async def set(self, mute: Mute, title: str) -> None:
        """Mute, for all podtops of the account. `title`: what is muted, for the reply."""
        if await self._change(lambda file: file.set(mute), title):
            self._messages.reply(f"Muted: {title}")

    async def remove(self, pod: str, kind: str, title: str) -> None:
        """End the mutes of a pod, or of its alerts of one kind."""
        if await self._change(lambda file: file.remove(pod, kind), title):
            self._messages.reply(f"No longer muted: {title}")

    async def _change(self, change: Callable[[MuteFile], object], title: str) -> bool:
        if self._file is None:
            self._messages.reply(f"{title}: not changed, as the account is not known yet")
            return False
        try:
            await asyncio.to_thread(change, self._file)
            self._fleet.mutes = tuple((await asyncio.to_thread(self._file.all)).values())
        except StoreError as error:
            self._messages.reply(str(error))
            return False
        self._mark()
        self._on_change()
        return True

    def _mark(self) -> None:
        """Mark what is shown at once: alerts are judged with the next response only."""
        from msgspec.structs import replace

        fleet, now = self._fleet, self._clock()
        fleet.attention = tuple(
            replace(alert, muted=is_muted(alert.pod, alert.name, alert.kind, fleet.alert_rules, fleet.mutes, now))
            for alert in fleet.attention
        )
