"""`AccountMutes`: mutes of the monitored account: set with a key, shared with other podtops, ended in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property

from msgspec.structs import replace

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

    @cached_property
    def _lock(self) -> asyncio.Lock:
        return asyncio.Lock()

    async def read(self, account: str | None) -> None:
        """Read the mutes before the alerts of a response are judged. `account`: its id; None if it is unknown."""
        if self._state is None or not account:
            return
        # A mute that is set meanwhile must not be lost to what was read before it.
        async with self._lock:
            if self._file is None or account != self._account:
                self._file, self._account = MuteFile(self._state.mutes(account)), account
            try:
                mutes = await self._brought_up_to_date(self._file)
                self._trouble = ""
            except StoreError as error:
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    self._messages.post(UserMessage(f"mutes: {error}"))
                return
            self._fleet.mutes = mutes

    async def _brought_up_to_date(self, file: MuteFile) -> tuple[Mute, ...]:
        """The mutes of the file, without those that have ended."""
        mutes = tuple((await asyncio.to_thread(file.all)).values())
        ended = tuple(mute for mute in mutes if self._is_over(mute))
        stood = {mute: replace(mute, working=False) for mute in mutes if mute.working and self._is_alerted(mute)}
        if ended:
            await asyncio.to_thread(file.end, ended)
        if stood:
            await asyncio.to_thread(file.replace, stood)
        return tuple(stood.get(mute, mute) for mute in mutes if mute not in ended)

    def _is_over(self, mute: Mute) -> bool:
        # Before the first judging, which waits for the recording, no alert is known.
        judged = self._fleet.judged_at is not None
        return is_over(mute, self._clock(), judged and self._works(mute.pod), self._is_alerted(mute))

    def _is_alerted(self, mute: Mute) -> bool:
        return any(mute.covers(alert.pod, alert.kind) for alert in self._fleet.attention)

    def _works(self, pod: str) -> bool:
        """Whether a pod is known to work: one that hangs is busy by name."""
        record = self._fleet.records.get(pod)
        if record is None or record.pod is None or record.unreadable is not None:
            return False
        window = record.window
        return (
            window.work.works
            and window.watts.hung.since is None
            and window.watts.latched.since is None
            and pod_health.busy_gpus(record.pod) > 0
        )

    async def set(self, mute: Mute, title: str) -> None:
        """Mute, for all podtops of the account. `title`: what is muted, for the reply."""
        if mute.until_works and self._works(mute.pod) and not self._is_alerted(mute):
            mute, title = replace(mute, working=True), f"{title} after its next alert"
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
            async with self._lock:
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
        fleet, now = self._fleet, self._clock()
        fleet.attention = tuple(
            replace(alert, muted=is_muted(alert.pod, alert.name, alert.kind, fleet.alert_rules, fleet.mutes, now))
            for alert in fleet.attention
        )
