"""`Leases`: an account's leases on disk, shared by all podtops of a user; and `LeaseRunner`, which sees to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.actions import BY_ID
from tui.domain.action import Command
from tui.domain.lease import Lease, Step, acts_at, step
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import UserMessage
from tui.storage.json_store import JsonStore, ProcessClaim, ShelfError

if TYPE_CHECKING:
    from tui.services.action_lock import ActionLock
    from tui.services.executor import Executor
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet

AGAIN = 300.0
"""Seconds after which something that RunPod refused, or that could not be sent, is tried again."""


OVER_FOR = 60.0
"""Seconds for which RunPod has to tell that a lease is needed no more. An answer that was asked for before the pod was
rented or resumed, and comes after, knows nothing of it; no request takes longer than half of this."""


LeaseError = ShelfError


class Leases(JsonStore[Lease]):
    """One file for an account, by pod. Methods block, for milliseconds: the file is small."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Lease, "leases", "no pod is stopped by itself now")

    def set(self, lease: Lease) -> None:
        self.put(lease.pod, lease)

    def extend(self, pod: str, ends: float) -> None:
        """Set another end. What was sent already cannot be extended."""
        with self.changed() as leases:
            old = leases.get(pod)
            if old is not None and old.sent_at is None:
                leases[pod] = replace(old, ends=ends, warned_at=None)

    def warned(self, lease: Lease, at: float) -> bool:
        """Note that a person was warned of just this end; False where it is not so any more."""
        return self.swap(lease.pod, lease, replace(lease, warned_at=at))

    def sent(self, lease: Lease, at: float) -> bool:
        """Note that this is about to be sent, on the disk; False where somebody changed it or sent it before."""
        return self.swap(lease.pod, lease, replace(lease, sent_at=at))

    def not_sent(self, pod: str) -> None:
        """Note that nothing was sent after all."""
        with self.changed() as leases:
            if pod in leases:
                leases[pod] = replace(leases[pod], sent_at=None)


async def enforce(
    state: StateFiles,
    fleet: Fleet,
    guard: ActionLock,
    performer: Executor,
    say: Callable[[UserMessage], object],
    clock: Callable[[], float],
) -> None:
    """See to an account's leases, from when the account is known, until cancelled."""
    while (funds := fleet.funds) is None or funds.account_id is None:  # noqa: ASYNC110
        await asyncio.sleep(1.0)

    async def perform(lease: Lease) -> Outcome:
        return await performer.start(Command(lease.action, lease.pod, lease.name), by="lease")

    def may() -> str | None:
        return f"read-only: {guard.read_only}" if guard.read_only else None

    await LeaseRunner(Leases(state.leases(funds.account_id)), fleet, perform, say, clock, may).run()


Perform = Callable[[Lease], Awaitable[Outcome]]


class LeaseRunner:
    """Warns, and acts, while it runs; of two at once one acts, and the other only shows.

    perform: sends the action of a lease, once, and tells how it ended.
    may:     why nothing may be sent; None where it may.
    """

    def __init__(
        self,
        leases: Leases,
        fleet: Fleet,
        perform: Perform,
        say: Callable[[UserMessage], object],
        clock: Callable[[], float],
        may: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.leases = leases
        self._fleet = fleet
        self._perform = perform
        self._say = say
        self._clock = clock
        self._may = may
        self._not_before: dict[str, float] = {}
        self._over_since: dict[str, float] = {}
        self._told: set[tuple[str, float, str]] = set()
        self._trouble = ""
        self._right = ProcessClaim(leases.path.with_suffix(".enforcer"))
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Look once a second, until cancelled."""
        try:
            while True:
                await self.look()
                await sleep(1.0)
        finally:
            self._right.close()

    async def look(self) -> None:
        """Do what is to be done now."""
        now = self._clock()
        told = self._fleet.pods_told(now)
        try:
            leases = dict(self.leases.all())
            self._fleet.leases = leases
            self._trouble = ""
            if not leases or not self._right.taken():
                return
            if told is None:
                # Only what RunPod says now is a reason to do anything.
                self._hold(leases.values(), now)
                return
            for lease in leases.values():
                # One that was set in a time to come was set by a clock that has been set back since.
                if told > lease.set_at or lease.set_at > now:
                    await self._see_to(lease, now, told)
        except LeaseError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(UserMessage(str(error)))

    def _hold(self, leases: Iterable[Lease], now: float) -> None:
        """Say of those whose time is over that nothing is sent while RunPod does not tell of the pods."""
        for lease in leases:
            if lease.warned_at is not None and lease.sent_at is None and now >= acts_at(lease):
                self._once(
                    lease,
                    f"lease: {lease.name} was to {lease.action} now, and podtop waits: the pods are unavailable",
                )

    async def _see_to(self, lease: Lease, now: float, told: float) -> None:
        record = self._fleet.records.get(lease.pod)
        is_over = record is None or BY_ID[lease.action].reached(record)
        found = step(lease, is_over, record is not None and record.pod is not None, now)
        if found is not Step.OVER:
            self._over_since.pop(lease.pod, None)
        match found:
            case Step.WARN:
                if self.leases.warned(lease, now):
                    self._say(UserMessage(self._warning(lease, now)))
            case Step.ACT:
                await self._act(lease, now)
            case Step.LOST:
                self._once(lease, f"lease: {lease.name} was to {lease.action}, and does not show it: do it by hand")
                self.leases.drop(lease.pod)
            case Step.OVER:
                since = self._over_since.setdefault(lease.pod, told)
                if lease.sent_at is not None or told - since >= OVER_FOR:
                    del self._over_since[lease.pod]
                    self.leases.drop(lease.pod)
            case _:
                pass

    def _warning(self, lease: Lease, now: float) -> str:
        minutes = max(1, round((max(lease.ends, now + 600.0) - now) / 60))
        word = "is stopped" if lease.action == "stop" else "is TERMINATED"
        why = self._may()
        tail = f"not by this podtop: {why}" if why else "t extends it"
        return f"▲ lease: {lease.name} {word} in {minutes} min; {tail}"

    async def _act(self, lease: Lease, now: float) -> None:
        if now < self._not_before.get(lease.pod, 0.0):
            return
        if (why := self._may()) is not None:
            self._once(lease, f"lease: {lease.name} was to {lease.action} now, and does not: {why}")
            return
        if lease.pod in self._fleet.deeds or not self.leases.sent(lease, now):
            return
        # What becomes of it may take a while to find out: others are seen to meanwhile.
        task = asyncio.get_running_loop().create_task(self._send(replace(lease, sent_at=now), now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, lease: Lease, now: float) -> None:
        outcome = await self._perform(lease)
        if outcome.ending in (Status.NOT_SENT, Status.REFUSED):
            self._not_before[lease.pod] = now + AGAIN
            self.leases.not_sent(lease.pod)

    def _once(self, lease: Lease, text: str) -> None:
        key = (lease.pod, acts_at(lease), text)
        if key not in self._told:
            self._told.add(key)
            self._say(UserMessage(f"▲ {text}"))
