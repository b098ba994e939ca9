"""`AccountLeases`: sets and removes leases of the monitored account. `LeaseRunner` acts on them."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from typing import TYPE_CHECKING

from tui.domain.user_message import Level, UserMessage
from tui.format import numbers as fmt
from tui.services.account_files import AccountFiles

if TYPE_CHECKING:
    from tui.domain.deploy_draft import Draft
    from tui.storage.lease_file import LeaseFile


class AccountLeases(AccountFiles):
    """A lease is on disk before the user is notified."""

    _file: LeaseFile | None = None

    @property
    def file(self) -> LeaseFile | None:
        """The account's leases on disk, once the account is known."""
        from tui.storage.lease_file import LeaseFile

        if self._file is None and self._state is not None and self._account_id is not None:
            self._file = LeaseFile(self._state.leases(self._account_id))
        return self._file

    async def set(self, pod: str, name: str, action: str, ends: float) -> None:
        """Schedule `action` on a pod at the instant `ends`; an empty action removes the lease."""
        from tui.domain.lease import begun
        from tui.storage.json_store import StoreError

        if (leases := self.file) is None:
            self._messages.post(UserMessage(f"lease: not set for {name}: account unknown; set it with t"))
            return
        now = self._clock()
        try:
            if not action:
                await asyncio.to_thread(leases.drop, pod)
            else:
                await asyncio.to_thread(leases.set, begun(pod, name, action, ends, now))
            self._fleet.leases = dict(await asyncio.to_thread(leases.all))
        except StoreError as error:
            self._messages.reply(str(error))
            return
        left = fmt.duration(ends - self._clock())
        text = f"lease: removed from {name}" if not action else f"lease: podtop will {action} {name} in {left}"
        # Beside other messages, such as that of the pod that was just created.
        self._messages.post(UserMessage(text, Level.INFO))
        self._on_change()

    async def set_for(self, draft: Draft, pod: str, name: str, ordered_at: float, tz: tzinfo | None) -> None:
        """Set the lease of a deploy draft for the pod that was created; nothing if the draft has none."""
        from tui.domain import deploy_order, deploy_text

        try:
            lease = deploy_order.lease(draft, ordered_at, tz)
        except deploy_text.Fault as fault:
            self._messages.post(UserMessage(f"lease: not set for {name}: the time {fault}"))
            return
        if pod and lease is not None:
            await self.set(pod, name, *lease)
