"""`AccountLink`: the same account over another API is the same: its recording, leases and watches are found again.

REST v2 may not report which account a key belongs to, or by another id than the API before it. A pod belongs to one
account only: one that was recorded, or has a lease, is proof. Without any the user is asked once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api import log_lines
from tui.api.listener import RETIRING, Api
from tui.api.models import Funds
from tui.domain.user_message import Level, UserMessage
from tui.files import presence
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.api.models import Snapshot
    from tui.storage.account_file import AccountFile, KnownAccount
    from tui.storage.state_files import StateFiles

Ask = Callable[[float], Awaitable[bool | None]]
"""Asks whether this is the account that was used last, at that instant; None is no answer."""

POLLS = 3
"""Polls without an id after which RunPod is taken not to report it: it is requested separately, and may be late."""

PATIENCE = 600.0
"""Seconds for an answer: what is polled in the meantime is recorded after it."""


Identify = Callable[["Snapshot", "Api | None"], Awaitable["Snapshot"]]
"""Adds the id of the account to a response about the pods of an API."""


class AccountLink:
    """One for the life of the program.

    profile: the name of the account in the settings.
    ask:     None if nobody is there to be asked.
    """

    def __init__(
        self,
        state: StateFiles,
        profile: str,
        ask: Ask | None,
        post: Callable[[UserMessage], object],
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._profile = profile
        self._ask = ask
        self._post = post
        self._clock = clock
        self._account = ""
        self._polls = 0
        self._file: AccountFile | None = None
        self._question: asyncio.Task[bool | None] | None = None

    async def named(self, snapshot: Snapshot, api: Api | None) -> Snapshot:
        """A response about the pods with the id by which the account's files are found, once that is known."""
        if api is None:
            return snapshot
        reported = (snapshot.funds.account_id if snapshot.funds is not None else None) or ""
        try:
            if api is RETIRING:
                await self._reported(reported)
                return snapshot
            if not self._account and snapshot.pods is not None:
                self._polls += 1
                self._account = await self._find(reported, frozenset(pod.id for pod in snapshot.pods))
            elif self._account and reported and reported != self._account:
                await self._add_alias(reported)
        except StoreError as error:
            # Without the file it is as if this were the first account here.
            self._account = self._account or reported or self._new_id()
            self._post(UserMessage(f"account: {error}"))
        if not self._account or reported == self._account:
            return snapshot
        funds = snapshot.funds if snapshot.funds is not None else Funds(None, None, None, None)
        return replace(snapshot, funds=replace(funds, account_id=self._account))

    # What is known

    async def _known(self) -> KnownAccount | None:
        if self._file is None:
            from tui.storage.account_file import AccountFile

            self._file = AccountFile(self._state.accounts())
        accounts = await asyncio.to_thread(self._file.all)
        return accounts.get(self._state.profile_name(self._profile))

    async def _keep(self, known: KnownAccount) -> None:
        if self._file is not None:
            await asyncio.to_thread(self._file.put, self._state.profile_name(self._profile), known)

    async def _reported(self, account: str) -> None:
        """The API that knows all accounts has named this one: remember it for the other."""
        if not account or account == self._account:
            return
        from tui.storage.account_file import KnownAccount

        self._account, known = account, await self._known()
        if known is None or known.id != account:
            known = KnownAccount(account, self._clock())
        await self._keep(replace(known, at=self._clock()))

    async def _add_alias(self, reported: str) -> None:
        known = await self._known()
        if known is not None and known.id == self._account and reported not in known.aliases:
            await self._keep(replace(known, aliases=(*known.aliases, reported)))

    # Which account this is

    async def _find(self, reported: str, pods: frozenset[str]) -> str:
        """The id of the account; empty while that is not decided."""
        from tui.storage.account_file import KnownAccount

        known, now = await self._known(), self._clock()
        if known is None:
            if not reported and self._polls < POLLS:
                return ""
            account = reported or self._new_id()
            await self._keep(KnownAccount(account, now, settled=not reported))
            return account
        if reported and reported in (known.id, *known.aliases):
            return known.id
        if await asyncio.to_thread(self._has_any, known.id, pods):
            log_lines.event("account", "recognized", by="pods")
            await self._keep(replace(known, at=now, aliases=(*known.aliases, *([reported] if reported else []))))
            return known.id
        if reported:
            # Another account, which has a name of its own.
            await self._keep(KnownAccount(reported, now))
            return reported
        if self._polls < POLLS:
            return ""
        return known.id if known.settled else await self._asked(known)

    async def _asked(self, known: KnownAccount) -> str:
        """The id by the user's answer, empty while there is none."""
        if self._question is None:
            self._question = asyncio.ensure_future(self._answer(known.at))
        if not self._question.done():
            return ""
        match self._question.result():
            case True:
                await self._keep(replace(known, settled=True))
                return known.id
            case False:
                from tui.storage.account_file import KnownAccount

                account = known.own or self._new_id()
                await self._keep(KnownAccount(account, self._clock(), settled=True))
                return account
        account = known.own or self._new_id()
        await self._keep(replace(known, own=account))
        self._post(
            UserMessage("RunPod does not report which account this is: it is recorded in a file of its own", Level.INFO)
        )
        return account

    async def _answer(self, at: float) -> bool | None:
        if self._ask is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(at)
        except TimeoutError:
            return None

    def close(self) -> None:
        if self._question is not None:
            self._question.cancel()

    def _new_id(self) -> str:
        return f"not reported, since {self._clock():.0f}"

    def _has_any(self, account: str, pods: frozenset[str]) -> bool:
        """Whether an account's recording, or its leases, have one of these pods. Blocks."""
        if not pods:
            return False
        from tui.history.archive.reader import Recording
        from tui.history.archive.schema import ArchiveError, answered
        from tui.history.recorder import archive_path
        from tui.storage.lease_file import LeaseFile

        try:
            if not pods.isdisjoint(LeaseFile(self._state.leases(account)).all()):
                return True
        except StoreError as error:
            # It is reported where the leases are used.
            logging.getLogger(__name__).warning("leases: %s", error)
        path = archive_path(self._state.directory(), self._state.api_url, account)
        if not presence.is_file(path):
            return False
        try:
            with answered(), closing(Recording(path)) as recording:
                return any(recording.has(pod) for pod in pods)
        except ArchiveError as error:
            logging.getLogger(__name__).warning("%s: %s", path, error)
            return False
