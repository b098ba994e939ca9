"""`AutoRunner`: stops pods that have not worked for as long as an armed rule says: a lease that idleness sets.

Warning, sending once and its outcome are those of a lease. Before it sends anything it looks again: it requests
the pods, and all samples up to that response must be without work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from tui.api.errors import CloudError
from tui.domain.action import Command
from tui.domain.alert_rules import is_muted
from tui.domain.auto import AutoRules, AutoState, Quiet, due_after, observed, stop_at
from tui.domain.lease import Lease
from tui.domain.operations import Outcome
from tui.domain.recorders import IDLE
from tui.domain.user_message import UserMessage
from tui.format import numbers as fmt
from tui.services.idle_stops import rules
from tui.services.lease_runner import LeaseRunner
from tui.storage.auto_file import AutoFile
from tui.storage.lease_file import LeaseFile
from tui.storage.owner_file import Duty

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.config.settings import Auto
    from tui.services.executor import Executor
    from tui.services.messages import Messages
    from tui.services.other_recorders import OtherRecorders
    from tui.storage.json_store import ProcessClaim
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

STOP = "stop"


async def stop_idle(
    settings: Auto,
    state: StateFiles,
    fleet: Fleet,
    executor: Executor,
    refresh: Callable[[], Awaitable[object]],
    messages: Messages,
    clock: Callable[[], float],
    refusal: Callable[[], str | None],
    claim_of: Callable[[Duty], ProcessClaim | None],
    others: OtherRecorders | None = None,
) -> None:
    """Stop the idle pods of an account for which that is armed, until cancelled; nothing without a rule.

    claim_of: the claim of a duty; None while the account is unknown.
    """
    set_rules = rules(settings)
    if not set_rules.any:
        return
    while (claim := claim_of(Duty.IDLE)) is None:  # noqa: ASYNC110
        await asyncio.sleep(1.0)
    path = state.idle_stops((fleet.funds and fleet.funds.account_id) or "")
    await AutoRunner(
        LeaseFile(path), AutoFile(path), set_rules, fleet, executor, refresh, messages, clock, refusal, claim, others
    ).run()


class AutoRunner(LeaseRunner):
    """Handles the stops that are due on disk, and sets them.

    auto:    what is armed; rules: the settings.
    refresh: asks RunPod for the pods now. Raises CloudError.
    others:  recorders on other hosts: what they hold too is left to them, what they keep is kept.
    """

    what: ClassVar[str] = "idle stop"
    alert: ClassVar[str] = "idle-stop"

    def __init__(
        self,
        leases: LeaseFile,
        auto: AutoFile,
        rules: AutoRules,
        fleet: Fleet,
        executor: Executor,
        refresh: Callable[[], Awaitable[object]],
        messages: Messages,
        clock: Callable[[], float],
        refusal: Callable[[], str | None],
        claim: ProcessClaim | None = None,
        others: OtherRecorders | None = None,
    ) -> None:
        async def perform(lease: Lease) -> Outcome:
            return await executor.start(Command(STOP, lease.pod, lease.name), by="idle")

        super().__init__(leases, fleet, perform, messages, clock, refusal, claim)
        self._auto = auto
        self._rules = rules
        self._refresh = refresh
        self._others = others
        self._quiet: dict[str, Quiet] = {}
        self._spared: dict[str, float] = {}
        self._seen_at: float | None = None

    def _show(self, leases: dict[str, Lease]) -> None:
        self._fleet.idle_stops = leases

    def _look(self, leases: dict[str, Lease], now: float) -> None:
        state = self._auto.state()
        self._show(leases)
        if not state.armed and not leases:
            self._quiet.clear()
            return
        self._observe(now)
        if not self._may_see_to():
            return
        if self._fleet.pods_told(now) is not None:
            self._plan(state, leases, now)
        super()._look(dict(self.leases.all()), now)

    def _observe(self, now: float) -> None:
        """Take the latest response into account."""
        at = self._fleet.pods_told(now)
        if at is None or at == self._seen_at:
            return
        self._seen_at = at
        interval = self._fleet.interval * self._fleet.slowness
        quiet = {
            record.id: observed(self._quiet.get(record.id), _pod(record), at, interval)
            for record in self._fleet.records.values()
        }
        self._quiet = {pod: stretch for pod, stretch in quiet.items() if stretch is not None}
        self._spared = {pod: since for pod, since in self._spared.items() if pod in self._quiet}

    def _plan(self, state: AutoState, leases: dict[str, Lease], now: float) -> None:
        """Set stops that come near, and drop those whose reason is gone.

        No more are set than may be sent, the dearest pod first: who is warned of a stop can rely on it. None is set for
        a pod that is left to another host, which warns of it; if that host is gone, it is warned of here.
        """
        room = self._rules.per_day - state.stopped_today(now)
        room -= sum(lease.sent_at is None for lease in leases.values())
        for record in sorted(self._fleet.records.values(), key=_dearest_first):
            lease = leases.get(record.id)
            if lease is not None and (lease.sent_at is not None or record.id in self._tasks):
                continue
            at = self._due(state, record, now)
            if at is None and lease is not None:
                self.leases.drop(record.id)
                room += 1
                self._messages.post(
                    UserMessage(f"idle stop of {record.name}: dropped, {self._why(state, record, now)}")
                )
            elif at is not None and lease is None and room > 0:
                self.leases.set(Lease(record.id, record.name, STOP, at, now))
                room -= 1
            elif at is not None and lease is None:
                self._spare(record)

    def _spare(self, record: Record) -> None:
        """Report once for each time without work that a pod is idle and is not stopped, because others were."""
        quiet = self._quiet.get(record.id)
        if quiet is None or self._spared.get(record.id) == quiet.since:
            return
        self._spared[record.id] = quiet.since
        self._messages.post(UserMessage(f"▲ idle stop: {record.name} keeps running: {self._limit}"))

    @property
    def _limit(self) -> str:
        return f"[auto] per_day allows {self._rules.per_day} in 24 h"

    def _due(self, state: AutoState, record: Record, now: float) -> float | None:
        """When a pod is to be stopped; None if it is not, as things are."""
        after, quiet = due_after(self._rules, state, record.id, record.name), self._quiet.get(record.id)
        if after is None or quiet is None or state.is_told(record.id, quiet.since):
            return None
        at = stop_at(quiet, after, now)
        return None if at is None or self._why_not(state, record, now) else at

    def _why_not(self, state: AutoState, record: Record, now: float) -> str:
        """Why a pod is left alone whatever it does; empty if it is not."""
        pod = _pod(record)
        if pod is None or pod.locked:
            return "the pod is locked" if pod is not None else "the pod is unreadable"
        if is_muted(record.id, record.name, "idle", self._fleet.alert_rules, self._fleet.mutes, now):
            return "the pod is muted"
        if state.kept.get(record.id, 0.0) > now:
            return "postponed by you"
        return (self._others.kept(record.id) if self._others is not None else "") or self._left(record.id)

    def _refusal_for(self, lease: Lease) -> str | None:
        """Why a stop is not sent here; None if it is."""
        return self._refusal() or self._left(lease.pod) or None

    def _left(self, pod: str) -> str:
        """That another host stops a pod, in words; empty if it would be stopped here."""
        doer = self._others.doer(IDLE, pod) if self._others is not None else None
        return f"{doer.name} has this idle stop too: it is left to it" if doer is not None else ""

    def _why(self, state: AutoState, record: Record, now: float) -> str:
        if why := self._why_not(state, record, now):
            return why
        if due_after(self._rules, state, record.id, record.name) is None:
            return "not armed"
        return "it works, or its state is unknown"

    def _warning(self, lease: Lease, now: float) -> str:
        text = super()._warning(lease, now)
        quiet, record = self._quiet.get(lease.pod), self._fleet.records.get(lease.pod)
        cost = record.pod.cost_per_hr if record is not None and record.pod is not None else None
        idle = f"no GPU has worked for {fmt.duration(quiet.lasted())}" if quiet is not None else "it is idle"
        rate = f", ${cost:.2f}/h" if cost is not None else ""
        self._messages.call(f"podtop: {lease.name} is about to be stopped", f"{text[2:]} ({idle}{rate})", "money")
        return f"{text} ({idle}{rate})"

    def _advice(self, lease: Lease) -> str:
        return f"podtop auto --keep {lease.name} postpones it"

    def _act(self, lease: Lease, now: float) -> None:
        if now < self._not_before.get(lease.pod, 0.0):
            return
        if (why := self._refusal_for(lease)) is not None:
            self._once(lease, f"idle stop: {lease.name} is due, but {why}")
            return
        if lease.pod in self._fleet.operations or lease.pod in self._tasks:
            return
        self._begin(lease.pod, lambda: self._second_look(lease))

    async def _second_look(self, lease: Lease) -> None:
        """Ask RunPod again, and stop the pod if it has still done nothing."""
        try:
            await self._refresh()
        except CloudError as error:
            self._once(lease, f"idle stop: {lease.name} is due, but could not be checked again: {error}")
            return
        now = self._clock()
        self._observe(now)
        record, state = self._fleet.records.get(lease.pod), self._auto.state()
        quiet, at = self._quiet.get(lease.pod), self._seen_at
        after = due_after(self._rules, state, lease.pod, lease.name)
        if record is None or quiet is None or after is None or self._why_not(state, record, now):
            # The next look drops it, and says why.
            return
        if quiet.last != at or quiet.lasted() < after or self._refusal_for(lease) is not None:
            return
        sending = replace(lease, sent_at=now)
        if not self._is_first(lease.pod, lease, sending):
            return
        if not self._auto.count(lease.pod, now, self._rules.per_day):
            self.leases.not_sent(lease.pod)
            self._not_before[lease.pod] = now + 300.0
            # Another podtop of the account stopped some.
            self._once(lease, f"idle stop: {lease.name} keeps running: {self._limit}")
            return
        await self._send(sending, now)


def _dearest_first(record: Record) -> tuple[float, str]:
    pod = _pod(record)
    return -((pod.cost_per_hr if pod is not None else None) or 0.0), record.id


def _pod(record: Record) -> Pod | None:
    """The pod, if the latest response had it in a readable form."""
    return record.pod if record.unreadable is None else None
