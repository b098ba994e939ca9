"""`LeaseRunner`: handles the leases of an account: warns of their end, and stops or terminates their pods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from tui.actions import BY_ID
from tui.domain.action import Command
from tui.domain.lease import LOST_AFTER, WARNING, Lease, Step, acts_at, step
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import UserMessage
from tui.services.runner import Runner
from tui.storage.lease_file import LeaseFile
from tui.storage.owner_file import Duty, DutyClaim

if TYPE_CHECKING:
    from tui.services.executor import Executor
    from tui.services.messages import Messages
    from tui.storage.json_store import ProcessClaim
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet

AGAIN = 300.0
"""Seconds after which something that RunPod refused, or that could not be sent, is retried."""


OVER_FOR = 60.0
"""Seconds for which RunPod has to show that a lease is not needed. A response requested before the pod was
rented or resumed, and received after, does not know of that; no request takes longer than half of this."""


async def enforce(
    state: StateFiles,
    fleet: Fleet,
    refusal: Callable[[], str | None],
    executor: Executor,
    messages: Messages,
    clock: Callable[[], float],
    kind: str,
) -> None:
    """Handle an account's leases, once the account is known, until cancelled.

    refusal: as `LeaseRunner`'s.
    kind:    this podtop, "screen" or "record".
    """
    while (funds := fleet.funds) is None or funds.account_id is None:  # noqa: ASYNC110
        await asyncio.sleep(1.0)

    async def perform(lease: Lease) -> Outcome:
        return await executor.start(Command(lease.action, lease.pod, lease.name), by="lease")

    leases = LeaseFile(state.leases(funds.account_id))
    claim = DutyClaim(state.owners(funds.account_id), Duty.LEASES, kind, clock)
    await LeaseRunner(leases, fleet, perform, messages, clock, refusal, claim).run()


Perform = Callable[[Lease], Awaitable[Outcome]]


class LeaseRunner(Runner[Lease]):
    """Warns, and acts, while it runs; of two at once one acts, and the other only shows.

    perform: sends the action of a lease, once, and returns how it ended.
    refusal: why nothing may be sent; None if allowed.
    """

    what: ClassVar[str] = "lease"
    """What messages call it."""

    alert: ClassVar[str] = "lease-due"
    """The alert that warns of it."""

    def __init__(
        self,
        leases: LeaseFile,
        fleet: Fleet,
        perform: Perform,
        messages: Messages,
        clock: Callable[[], float],
        refusal: Callable[[], str | None] = lambda: None,
        claim: ProcessClaim | None = None,
    ) -> None:
        super().__init__(leases, claim or leases.path.with_suffix(".enforcer"), fleet, messages, clock)
        self.leases = leases
        self._perform = perform
        self._refusal = refusal
        self._not_before: dict[str, float] = {}
        self._over_since: dict[str, float] = {}
        self._reported: set[tuple[str, float, str]] = set()

    def _look(self, leases: dict[str, Lease], now: float) -> None:
        polled_at = self._fleet.pods_told(now)
        self._show(leases)
        if not leases or not self._may_see_to():
            return
        if polled_at is None:
            # Only live data from RunPod is a reason to act.
            self._hold(leases.values(), now)
            return
        for lease in leases.values():
            # A lease set in the future was set by a clock that has been set back since.
            if polled_at > lease.set_at or lease.set_at > now:
                self._see_to(lease, now, polled_at)

    def _show(self, leases: dict[str, Lease]) -> None:
        self._fleet.leases = leases

    def _may_see_to(self) -> bool:
        """Whether this podtop handles the leases. One that may send nothing leaves them to another that may."""
        if self._refusal() is None:
            return self._claim.taken()
        self._claim.close()
        return not self._claim.is_elsewhere()

    def _hold(self, leases: Iterable[Lease], now: float) -> None:
        """Report for ended leases that nothing is sent while RunPod does not report the pods."""
        for lease in leases:
            if lease.warned_at is not None and lease.sent_at is None and now >= acts_at(lease):
                self._once(
                    lease,
                    f"{self.what}: {lease.name} is due to {lease.action}, but pods are unavailable; podtop waits",
                )

    def _see_to(self, lease: Lease, now: float, polled_at: float) -> None:
        record = self._fleet.records.get(lease.pod)
        if why := self._fleet.unread(lease.pod):
            self._report_unread(lease, now, why)
            if record is None:
                return
        is_over = record is None or BY_ID[lease.action].reached(record)
        due = step(lease, is_over, record is not None and record.pod is not None, now)
        if due is not Step.OVER:
            self._over_since.pop(lease.pod, None)
        match due:
            case Step.WARN:
                self._warn(lease, now, polled_at)
            case Step.ACT:
                self._act(lease, now)
            case Step.LOST:
                self._once(
                    lease,
                    f"{self.what}: sent {lease.action} {lease.name}, but it does not show; act manually",
                )
                self.leases.drop(lease.pod)
            case Step.OVER:
                since = self._over_since.setdefault(lease.pod, polled_at)
                if lease.sent_at is not None or polled_at - since >= OVER_FOR:
                    del self._over_since[lease.pod]
                    self.leases.drop(lease.pod)
            case _:
                pass

    def _report_unread(self, lease: Lease, now: float, why: str) -> None:
        """Report that nothing is sent, or that its effect is unknown, while RunPod does not show the pod's state."""
        if lease.sent_at is None and now >= lease.ends - WARNING:
            self._once(lease, f"{self.what}: {lease.name} is due to {lease.action}, but {why}; act manually")
        elif lease.sent_at is not None and now - lease.sent_at >= LOST_AFTER:
            self._once(lease, f"{self.what}: sent {lease.action} {lease.name}, but {why}; act manually")

    def _warn(self, lease: Lease, now: float, polled_at: float) -> None:
        """See that the user is warned: by the alert, which also rings, or by a message where there is none."""
        reported = any(a.matter == (lease.pod, self.alert) and not a.muted for a in self._fleet.attention)
        judges = self._fleet.judged_at is not None and not self._refusal()
        if judges and not reported and polled_at < lease.ends - WARNING:
            # The next response is judged with it.
            return
        if self.leases.warned(lease, now) and not (reported and judges):
            self._messages.post(UserMessage(self._warning(lease, now)))

    def _warning(self, lease: Lease, now: float) -> str:
        minutes = max(1, round((max(lease.ends, now + 600.0) - now) / 60))
        word = "stops" if lease.action == "stop" else "will be TERMINATED"
        why = self._refusal_for(lease)
        tail = f"not by this podtop: {why}" if why else self._advice(lease)
        return f"▲ {self.what}: {lease.name} {word} in {minutes} min; {tail}"

    def _refusal_for(self, lease: Lease) -> str | None:
        """Why the action of a lease is not sent here; None if it is."""
        return self._refusal()

    def _advice(self, lease: Lease) -> str:
        return "t extends it"

    def _act(self, lease: Lease, now: float) -> None:
        if now < self._not_before.get(lease.pod, 0.0):
            return
        if (why := self._refusal_for(lease)) is not None:
            self._once(lease, f"{self.what}: {lease.name} is due to {lease.action}, but {why}")
            return
        if lease.pod in self._fleet.operations or lease.pod in self._tasks:
            return
        sending = replace(lease, sent_at=now)
        if self._is_first(lease.pod, lease, sending):
            self._begin(lease.pod, lambda: self._send(sending, now))

    async def _send(self, lease: Lease, now: float) -> None:
        outcome = await self._perform(lease)
        if outcome.ending in (Status.NOT_SENT, Status.REFUSED):
            self._not_before[lease.pod] = now + AGAIN
            self.leases.not_sent(lease.pod)

    def _once(self, lease: Lease, text: str) -> None:
        key = (lease.pod, acts_at(lease), text)
        if key not in self._reported:
            self._reported.add(key)
            self._messages.post(UserMessage(f"▲ {text}"))
