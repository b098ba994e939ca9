"""`Executor`: carries out confirmed actions, at most once, and reports how they ended. It knows no screen.

Nothing is ever sent twice. If RunPod's response is lost, the `Reconciler` finds out the outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tui.actions import EVERY, rental
from tui.api import errors as api
from tui.domain.action import NEW_POD, Command, Target
from tui.domain.answers import agreed_price, answered, judge, limits_of
from tui.domain.events import TIMER, Event, Kind
from tui.domain.operations import CUT, Operation, Outcome, Status
from tui.domain.user_message import Level, UserMessage
from tui.services.operation_log import OperationLog, log_step
from tui.services.reconciler import Reconciler

if TYPE_CHECKING:
    from tui.api.orders import DeployOrder, RentOrder
    from tui.services.action_lock import ActionLock
    from tui.services.messages import Messages
    from tui.services.world import World
    from tui.storage.audit_log import AuditLog, Intent
    from tui.store.fleet import Fleet

LAST_WAIT = 2.0
"""Seconds that a request under way is given when podtop ends."""

_KINDS = {Status.DONE: Kind.DONE, Status.UNKNOWN: Kind.UNKNOWN}


class Followed(NamedTuple):
    """A request that an earlier podtop sent, and the outcome that will be found out."""

    intent: Intent
    ending: asyncio.Task[Outcome]


class Executor:
    """One for the life of the program; `fleet.operations` holds the operations under way.

    ledger: opens the action log, before the first action.
    skew:   seconds by which `clock` is behind the true time, by which the log is dated; 0 before the first response.
    messages: receives messages for the user, and events for the event log.
    """

    def __init__(
        self,
        fleet: Fleet,
        guard: ActionLock,
        watch: World,
        ledger: Callable[[], AuditLog],
        *,
        clock: Callable[[], float],
        skew: Callable[[], float] = lambda: 0.0,
        messages: Messages,
        on_change: Callable[[], object],
    ) -> None:
        self._fleet = fleet
        self._guard = guard
        self._watch = watch
        self._log = OperationLog(ledger)
        self._reconciler = Reconciler(fleet, clock, skew)
        self._clock = clock
        self._messages = messages
        self._on_change = on_change
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._sights: dict[str, asyncio.Task[Outcome]] = {}
        self._pricing: set[str] = set()
        self._sending = 0
        self._sent = asyncio.Event()

    def polled(self) -> None:
        """A poll succeeded or failed: whoever waits for an outcome checks now."""
        self._reconciler.polled()

    async def close(self) -> None:
        """Give requests under way a moment to be answered, then end them. One without a response is logged as such."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WAIT):
                while self._sending:
                    await self._sent.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Requests

    def start(self, command: Command, by: str = "keys") -> asyncio.Task[Outcome]:
        """Begin one action on one pod. Its row shows so from this very moment."""
        action = EVERY[command.action]
        operation = Operation(
            "", action.id, command.pod, command.name, action.doing, self._clock(), text=command.text or "", by=by,
            agreed=agreed_price(command),
        )  # fmt: skip
        if (why := self._why_not(operation, by)) is not None:
            return self._spawn(self._refuse(operation, why))
        self._fleet.begin(operation)
        self._on_change()
        return self._spawn(self._perform(operation, command, by))

    def deploy(
        self, order: DeployOrder | RentOrder, by: str = "keys", agreed: float | None = None
    ) -> asyncio.Task[Outcome]:
        """Begin to rent a pod. Its name must be unique: podtop finds the pod by it when the response is lost.

        agreed: dollars per hour that the user was shown; None if no price is known.
        """
        return self.start(rental(order, agreed), by)

    async def shown(self, pod: str) -> Outcome | None:
        """Wait until the polls show what RunPod confirmed of a pod, or for so long that this is reported.

        Returns what they show; None if that is waited for no more.
        """
        sight = self._sights.get(pod)
        if sight is not None:
            await asyncio.wait((sight,))
        return sight.result() if sight is not None and not sight.cancelled() else None

    async def resume_looking(self, pods: Collection[str] | None = None) -> list[Followed]:
        """Look for the unknown outcomes of requests that an earlier podtop sent; of some pods, or all."""
        from tui.storage.audit_log import AuditLogError

        try:
            unfinished = await self._log.unfinished()
            unpriced = await self._log.unpriced() if pods is None else ()
        except AuditLogError as error:
            self._messages.post(UserMessage(f"the action log cannot be read: {error}"))
            return []
        for intent in unpriced:
            if _pod_of(intent) is not None and self._may_be_ours(intent) and intent.id not in self._pricing:
                outcome = Outcome(Status.DONE, f"created: {intent.pod}", pod=intent.pod, unpriced=True)
                is_ours = partial(self._may_be_ours, intent)
                self._spawn(self._see_price(_created(intent, self._clock()), outcome, is_ours))
        return [
            Followed(intent, self._look_for(intent, pod))
            for intent in unfinished
            if (pod := _pod_of(intent)) is not None
            and self._may_be_ours(intent)
            and pod not in self._fleet.operations
            and (pods is None or pod in pods)
        ]

    def _may_be_ours(self, intent: Intent) -> bool:
        """Whether a request may have been for this account: all accounts share one log."""
        return not intent.account or not self._account or intent.account == self._account

    @property
    def _account(self) -> str:
        funds = self._fleet.funds
        return (funds.account_id if funds is not None else None) or ""

    def _look_for(self, intent: Intent, pod: str) -> asyncio.Task[Outcome]:
        doing, lost = EVERY[intent.action].doing, "no response known"
        operation = Operation(
            intent.id, intent.action, pod, intent.name, doing, self._clock(), lost=lost, text=intent.text,
            since=intent.at, agreed=intent.agreed,
        )  # fmt: skip
        self._fleet.begin(operation)

        async def settle() -> Outcome:
            outcome = await self._settle(operation, lambda: self._may_be_ours(intent))
            if pod == NEW_POD:
                # Several are looked for one after the other, each by its name.
                await self.resume_looking((NEW_POD,))
            return outcome

        return self._spawn(settle())

    async def _unsettled_rental(self) -> str:
        """The name of a pod that any podtop may have rented; it is looked for from now on."""
        from tui.storage.audit_log import AuditLogError

        try:
            unfinished = await self._log.unfinished()
        except AuditLogError:
            # An unreadable log cannot be written either, and then nothing is sent.
            return ""
        rentals = (intent for intent in unfinished if _pod_of(intent) == NEW_POD and self._may_be_ours(intent))
        earliest = next(rentals, None)
        if earliest is None:
            return ""
        self._look_for(earliest, NEW_POD)
        return earliest.name

    def _why_not(self, operation: Operation, by: str) -> str | None:
        under_way = self._fleet.operations.get(operation.pod)
        if under_way is not None:
            doing = f"{under_way.word} {under_way.name}" if operation.pod == NEW_POD else under_way.word
            return f"already {doing}; wait for that to finish. Nothing was sent."
        if self._watch.cloud is None:
            return "podtop is not connected yet. Nothing was sent."
        if by == "keys":
            return self._guard.refusal()
        return self._guard.refusal() if self._guard.read_only else None

    def _spawn(self, work: Coroutine[object, object, Outcome]) -> asyncio.Task[Outcome]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Execution

    async def _perform(self, operation: Operation, command: Command, by: str) -> Outcome:
        self._sending += 1
        try:
            operation, outcome = await self._send(operation, command, by)
        finally:
            self._sending -= 1
            self._sent.set()
            self._sent = asyncio.Event()
        if outcome.ending is Status.DONE:
            if outcome.pod:
                self._fleet.finish(operation, None)
                operation = replace(operation, pod=outcome.pod)
            operation = replace(operation, answered=self._clock())
            self._fleet.begin(operation)
            await self._tell(operation, outcome)
            self._watch.wake()
            self._sights[operation.pod] = sight = self._spawn(self._await_sight(operation, outcome))
            sight.add_done_callback(lambda _: self._sights.pop(operation.pod, None))
            return outcome
        if outcome.ending is Status.UNKNOWN:
            operation = replace(operation, lost=outcome.message, answer=outcome.answer)
            self._fleet.begin(operation)
            await self._log_outcome(operation, outcome)
            self._messages.post(UserMessage(f"{_subject(operation)}: {outcome.text}"))
            self._watch.wake()
            return await self._settle(operation)
        await self._end(operation, outcome)
        return outcome

    async def _send(self, operation: Operation, command: Command, by: str) -> tuple[Operation, Outcome]:
        """Log the intended operation, then send it, once."""
        from tui.files import file_lock
        from tui.storage.audit_log import AuditLogError

        action = EVERY[command.action]
        if action.target is Target.NEW and (other := await self._unsettled_rental()):
            why = f"the outcome of deploying {other} is still unknown; wait for it. Nothing was sent."
            return operation, Outcome(Status.NOT_SENT, why)
        if action.target is Target.NEW and self._fleet.is_cut:
            return operation, Outcome(Status.NOT_SENT, f"{CUT}. Nothing was sent.")
        try:
            ident = await self._log.intent(operation, command, by, self._account)
        except AuditLogError as error:
            return operation, Outcome(Status.NOT_SENT, str(error))
        if (news := file_lock.news()) is not None:
            self._messages.post(UserMessage(news, Level.INFO))
        operation = replace(operation, id=ident)
        self._fleet.begin(operation)
        log_step(operation, "intent", by=by, gpus=command.gpus, bid=command.bid)
        cloud = self._watch.cloud
        if cloud is None:
            return operation, Outcome(Status.NOT_SENT, "podtop has closed its connection. Nothing was sent.")
        log_step(operation, "sent")
        known = frozenset(self._fleet.records)
        try:
            receipt = await action.call(cloud, command)
        except api.CloudError as error:
            log_step(operation, "failed", error=type(error).__name__, text=error)
            if isinstance(error, api.Restricted) and not self._guard.read_only:
                self._guard.read_only = "this API key is read-only"
            return operation, judge(error, limits_of(command.inputs))
        except asyncio.CancelledError:
            log_step(operation, "ended_before_an_answer")
            await self._log_outcome(operation, Outcome(Status.UNKNOWN, "podtop ended before RunPod responded"))
            raise
        log_step(operation, "answered", made=receipt.pod_id if receipt is not None else None)
        return operation, answered(action, command, receipt, known)

    # Outcome

    async def _settle(self, operation: Operation, is_ours: Callable[[], bool] = lambda: True) -> Outcome:
        """Find out and report the outcome of a request whose response does not show it."""
        outcome = await self._reconciler.outcome(operation, is_ours)
        if outcome is None:
            self._fleet.finish(operation, None)
            self._on_change()
            return Outcome(Status.UNKNOWN, "the request belongs to another account")
        on_pod = replace(operation, pod=outcome.pod)
        if outcome.pod and not outcome.dearer and self._reconciler.is_unpriced(on_pod):
            outcome = replace(outcome, unpriced=True)
        await self._end(operation, outcome)
        if outcome.unpriced:
            self._spawn(self._see_price(on_pod, outcome))
        return outcome

    async def _await_sight(self, operation: Operation, outcome: Outcome) -> Outcome:
        """Wait until what RunPod confirmed shows in the polls, a new pod with its price."""
        if await self._reconciler.is_shown(operation):
            self._fleet.finish(operation, None)
            self._on_change()
            if not outcome.pod or outcome.dearer:
                return outcome
            # Its response had no price, or another one.
            return await self._see_price(operation, outcome)
        done = EVERY[operation.action].done
        text = f"RunPod confirmed it was {done}, but does not show that after 2 min"
        late = Outcome(Status.UNKNOWN, text, "Check the RunPod console.")
        await self._end(operation, late)
        return late

    async def _see_price(
        self, operation: Operation, outcome: Outcome, is_ours: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """Compare the price of a new pod with the agreed one, when it shows; returns the outcome with that."""
        self._pricing.add(operation.id)
        try:
            compared = await self._reconciler.price(operation)
        finally:
            self._pricing.discard(operation.id)
        if not is_ours():
            return outcome
        if compared is not None:
            await self._tell(operation, compared)
        elif outcome.unpriced:
            await self._log_outcome(operation, replace(outcome, unpriced=False))
        return compared or outcome

    async def _refuse(self, operation: Operation, why: str) -> Outcome:
        outcome = Outcome(Status.NOT_SENT, why)
        log_step(operation, "refused_by_podtop", text=why)
        self._messages.post(UserMessage(f"{_subject(operation)}: {why}"))
        return outcome

    async def _end(self, operation: Operation, outcome: Outcome) -> None:
        self._fleet.finish(operation, None)
        await self._tell(operation, outcome)

    async def _tell(self, operation: Operation, outcome: Outcome) -> None:
        """Report an outcome to the action log, the events and the user."""
        await self._log_outcome(operation, outcome)
        done = outcome.ending is Status.DONE
        kind = _KINDS.get(outcome.ending, Kind.REFUSED)
        subject = _subject(operation)
        timer = f"{TIMER}: " if operation.by == "lease" else ""
        event = Event(self._clock(), operation.pod, kind, f"{timer}{subject}: {outcome.text}")
        well = f"✓ {operation.name or operation.pod} {EVERY[operation.action].done}: "
        heading = well if done else f"▲ {subject}: {outcome.ending.value}: "
        level = Level.INFO if done and not outcome.advice else Level.WARNING
        self._messages.post(UserMessage(heading + outcome.text, level, event=event))
        self._on_change()

    async def _log_outcome(self, operation: Operation, outcome: Outcome) -> None:
        from tui.storage.audit_log import AuditLogError

        try:
            await self._log.outcome(operation, outcome)
        except AuditLogError as error:
            self._messages.post(UserMessage(f"the action log lacks the outcome: {error}"))


def _pod_of(intent: Intent) -> str | None:
    """The pod by which operations are distinguished; None for an action unknown to this version."""
    action = EVERY.get(intent.action)
    if action is None:
        return None
    return NEW_POD if action.target is Target.NEW else intent.pod


def _created(intent: Intent, now: float) -> Operation:
    """The order of an earlier podtop that became a pod."""
    doing = EVERY[intent.action].doing
    return Operation(
        intent.id, intent.action, intent.pod, intent.name, doing, now, since=intent.at, agreed=intent.agreed
    )


def _subject(operation: Operation) -> str:
    return f"{EVERY[operation.action].verb} {operation.name or operation.pod}"
