"""`Executor`: carries out what a person confirmed, at most once, and finds out how it ended. It knows no screen.

Nothing is ever sent twice. Where RunPod's answer is lost, what became of it is read from the polls that follow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from tui.actions import BY_ID, Command, State
from tui.api import cloud as api
from tui.api import log_lines
from tui.api.orders import DeployOrder, RentOrder
from tui.domain.events import Event, Kind
from tui.domain.operations import LOST, UNREADABLE, VAGUE, Operation, Outcome, Status, advice, is_shortage, is_vague
from tui.domain.user_message import Level, UserMessage

if TYPE_CHECKING:
    from tui.api.cloud import Cloud, CloudError
    from tui.api.models import Snapshot
    from tui.api.orders import Receipt
    from tui.services.action_lock import ActionLock
    from tui.storage.audit_log import AuditLog, Intent
    from tui.store.fleet import Fleet

PATIENCE = 120.0
"""Seconds for which podtop looks for what became of a request whose answer was lost."""

VAGUE_PATIENCE = 20.0
"""Seconds of that where RunPod did answer, and did not say whether anything was done."""

LAST_WAIT = 2.0
"""Seconds that a request under way is given when podtop ends."""

DEPLOY = ""
"""The key of a deploy among the deeds: its pod has no id yet, and there is one at a time."""

_KINDS = {Status.DONE: Kind.DONE, Status.UNKNOWN: Kind.UNKNOWN}


class World(Protocol):
    """What a performer needs of the watch."""

    @property
    def cloud(self) -> Cloud | None: ...

    async def look(self) -> Snapshot: ...

    def wake(self) -> None: ...

    def happened(self, event: Event) -> None: ...


class Followed(NamedTuple):
    """Something that an earlier podtop sent, and what will be found out of it."""

    intent: Intent
    ending: asyncio.Task[Outcome]


def judge(error: CloudError, limits: Sequence[str] = ()) -> Outcome:
    """What an error in place of an answer says of a change that was asked for; `limits`: what it asked of hosts."""
    text = str(error)
    match error:
        case api.ReadOnly() | api.Insecure():
            return Outcome(Status.NOT_SENT, text)
        case api.Unreachable(sent=False):
            return Outcome(Status.NOT_SENT, text, "Nothing was sent: try again when RunPod can be reached.")
        case api.Unreachable() | api.Malformed():
            answer = UNREADABLE if isinstance(error, api.Malformed) else LOST
            words = "It may have happened: podtop looks, and sends nothing twice."
            return Outcome(Status.UNKNOWN, text, words, answer=answer)
        case api.Rejected() if is_vague(error.problems):
            return Outcome(Status.UNKNOWN, text, advice(text), answer=VAGUE)
        case api.Throttled():
            return Outcome(Status.REFUSED, text, "Nothing was done: try again in a while.", later=True)
        case _:
            return Outcome(Status.REFUSED, text, advice(text, limits), later=is_shortage(text))


class Executor:
    """One for the life of the program; `fleet.deeds` holds what is under way.

    ledger: opens the action log, before the first action.
    say:    told what a person has to know.
    """

    def __init__(
        self,
        fleet: Fleet,
        guard: ActionLock,
        watch: World,
        ledger: Callable[[], AuditLog],
        *,
        clock: Callable[[], float],
        say: Callable[[UserMessage], object],
        changed: Callable[[], object],
    ) -> None:
        self._fleet = fleet
        self._guard = guard
        self._watch = watch
        self._open_ledger = ledger
        self._ledger: AuditLog | None = None
        self._clock = clock
        self._say = say
        self._changed = changed
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._sending = 0
        self._sent = asyncio.Event()

    def told(self) -> None:
        """A poll was answered, or failed: whoever waits for what became of something looks now."""
        self._news.set()
        self._news = asyncio.Event()

    async def close(self) -> None:
        """Give what is under way a moment to be answered, then end. What has no answer by then is logged as such."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WAIT):
                while self._sending:
                    await self._sent.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What is asked for

    def start(self, command: Command, by: str = "keys") -> asyncio.Task[Outcome]:
        """Begin one action on one pod. Its row says so from this very moment."""
        action = BY_ID[command.action]
        deed = Operation("", action.id, command.pod, command.name, action.doing, self._clock())
        if (why := self._why_not(command.pod, by)) is not None:
            return self._spawn(self._refuse(deed, why))
        self._fleet.begin(deed)
        self._changed()

        async def send(cloud: Cloud) -> Receipt | None:
            return await action.call(cloud, command)

        return self._spawn(self._perform(deed, command.inputs, send, by))

    def deploy(self, order: DeployOrder | RentOrder, by: str = "keys") -> asyncio.Task[Outcome]:
        """Begin to rent a pod. Its name must be on no other pod: by it the pod is found when the answer is lost."""
        spot = isinstance(order, RentOrder)
        deed = Operation("", "rent" if spot else "deploy", DEPLOY, order.name, "deploying", self._clock())
        if (why := self._why_not(DEPLOY, by)) is not None:
            return self._spawn(self._refuse(deed, why))
        self._fleet.begin(deed)
        self._changed()

        async def send(cloud: Cloud) -> Receipt:
            return await (cloud.rent(order) if isinstance(order, RentOrder) else cloud.deploy(order))

        return self._spawn(self._perform(deed, order_inputs(order), send, by))

    async def resume_looking(self, pods: Collection[str] | None = None) -> list[Followed]:
        """Look for what became of requests that an earlier podtop sent, and never learned of; of some pods, or all."""
        from tui.storage.audit_log import LedgerError

        try:
            unfinished = await asyncio.to_thread(lambda: self._log().unfinished())
        except LedgerError as error:
            self._say(UserMessage(f"the action log cannot be read: {error}"))
            return []
        return [
            Followed(intent, self._look_for(intent, key))
            for intent in unfinished
            if (key := _key(intent)) is not None
            and self._may_be_ours(intent)
            and key not in self._fleet.deeds
            and (pods is None or key in pods)
        ]

    def _may_be_ours(self, intent: Intent) -> bool:
        """Whether it may have been about this account: one log is for all of them."""
        return not intent.account or not self._account or intent.account == self._account

    @property
    def _account(self) -> str:
        funds = self._fleet.funds
        return (funds.account_id if funds is not None else None) or ""

    def _look_for(self, intent: Intent, pod: str) -> asyncio.Task[Outcome]:
        word = BY_ID[intent.action].doing if intent.action in BY_ID else "deploying"
        lost = "no answer of RunPod's is known"
        deed = Operation(intent.id, intent.action, pod, intent.name, word, self._clock(), lost=lost)
        self._fleet.begin(deed)

        async def follow() -> Outcome:
            outcome = await self._follow(deed, PATIENCE, intent)
            if pod == DEPLOY:
                # Of several they are looked for one after the other, by the name of each.
                await self.resume_looking((DEPLOY,))
            return outcome

        return self._spawn(follow())

    async def _earlier_deploy(self) -> str:
        """The name of a deploy that has no known end, of whichever podtop; it is looked for from now on."""
        from tui.storage.audit_log import LedgerError

        try:
            unfinished = await asyncio.to_thread(lambda: self._log().unfinished())
        except LedgerError:
            # What cannot be read cannot be written either, and then nothing is sent.
            return ""
        found = next((one for one in unfinished if _key(one) == DEPLOY and self._may_be_ours(one)), None)
        if found is None:
            return ""
        self._look_for(found, DEPLOY)
        return found.name

    def _why_not(self, pod: str, by: str) -> str | None:
        under_way = self._fleet.deeds.get(pod)
        if under_way is not None:
            what = f"{under_way.word} {under_way.name}" if pod == DEPLOY else under_way.word
            return f"still {what}: one thing at a time. Nothing was sent."
        if self._watch.cloud is None:
            return "podtop is not connected yet. Nothing was sent."
        if by == "keys":
            return self._guard.refusal()
        return f"read-only: {self._guard.read_only}. Nothing was sent." if self._guard.read_only else None

    def _spawn(self, work: Coroutine[object, object, Outcome]) -> asyncio.Task[Outcome]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # What is done

    async def _perform(
        self,
        deed: Operation,
        inputs: dict[str, object],
        send: Callable[[Cloud], Awaitable[Receipt | None]],
        by: str,
    ) -> Outcome:
        self._sending += 1
        try:
            deed, outcome, receipt = await self._send(deed, inputs, send, by)
        finally:
            self._sending -= 1
            self._sent.set()
            self._sent = asyncio.Event()
        if outcome.ending is Status.DONE:
            if deed.pod == DEPLOY and receipt is not None:
                self._fleet.finish(deed, None)
                deed = replace(deed, pod=receipt.pod_id)
            deed = replace(deed, answered=self._clock())
            self._fleet.begin(deed)
            await self._tell(deed, outcome)
            self._watch.wake()
            self._spawn(self._shown(deed, outcome))
            return outcome
        if outcome.ending is Status.UNKNOWN:
            deed = replace(deed, lost=outcome.message, answer=outcome.answer)
            self._fleet.begin(deed)
            await self._log_outcome(deed, outcome)
            self._say(UserMessage(f"{_subject(deed)}: {outcome.text}"))
            self._watch.wake()
            patience = VAGUE_PATIENCE if outcome.answer == VAGUE else PATIENCE
            return await self._follow(deed, patience)
        await self._end(deed, outcome)
        return outcome

    async def _send(
        self,
        deed: Operation,
        inputs: dict[str, object],
        send: Callable[[Cloud], Awaitable[Receipt | None]],
        by: str,
    ) -> tuple[Operation, Outcome, Receipt | None]:
        """Write down what is meant to be done, then do it, once."""
        from tui.files import file_lock
        from tui.storage.audit_log import LedgerError

        if deed.pod == DEPLOY and (other := await self._earlier_deploy()):
            why = f"what became of the deploy of {other} is not known yet: one at a time. Nothing was sent."
            return deed, Outcome(Status.NOT_SENT, why), None
        try:
            ident = await asyncio.to_thread(self._intend, deed, inputs, by)
        except LedgerError as error:
            return deed, Outcome(Status.NOT_SENT, str(error)), None
        if (news := file_lock.news()) is not None:
            self._say(UserMessage(news, Level.INFO))
        deed = replace(deed, id=ident)
        self._fleet.begin(deed)
        _log(deed, "intent", by=by, gpus=inputs.get("gpuCount", inputs.get("gpu_count")), bid=inputs.get("bidPerGpu"))
        cloud = self._watch.cloud
        if cloud is None:
            return deed, Outcome(Status.NOT_SENT, "podtop has closed its connection. Nothing was sent."), None
        _log(deed, "sent")
        try:
            receipt = await send(cloud)
        except api.CloudError as error:
            _log(deed, "failed", error=type(error).__name__, text=error)
            if isinstance(error, api.Restricted) and not self._guard.read_only:
                self._guard.read_only = "RunPod lets this API key change nothing"
            return deed, judge(error, limits_of(inputs) if deed.pod == DEPLOY else ()), None
        except asyncio.CancelledError:
            _log(deed, "ended_before_an_answer")
            await self._log_outcome(deed, Outcome(Status.UNKNOWN, "podtop ended before RunPod answered"))
            raise
        _log(deed, "answered", made=receipt.pod_id if receipt is not None else None)
        return deed, _answered(deed, receipt, inputs), receipt

    def _intend(self, deed: Operation, inputs: dict[str, object], by: str) -> str:
        return self._log().intent(deed.action, deed.pod, deed.name, inputs, by, self._account)

    def _log(self) -> AuditLog:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    # How it ended

    async def _follow(self, deed: Operation, patience: float, intent: Intent | None = None) -> Outcome:
        """Look at what is polled until it tells what became of a lost request, or for as long as patience lasts."""
        outcome: Outcome | None
        while True:
            await self._news.wait()
            now, seen = self._clock(), self._fleet.pods_at
            fresh = seen is not None and seen > deed.at
            if intent is not None and not self._may_be_ours(intent):
                # What its own account's podtop has to find out is not to be told, or logged, of this one's pods.
                self._fleet.finish(deed, None)
                self._changed()
                return Outcome(Status.UNKNOWN, "it is another account's")
            if fresh and (outcome := self._found(deed)) is not None:
                pass
            elif now - deed.at < patience:
                continue
            elif fresh and seen is not None and seen - deed.at >= patience / 2:
                outcome = Outcome(Status.NOT_DONE, _nothing_came(deed), "Nothing was sent again.")
            else:
                outcome = Outcome(
                    Status.UNKNOWN, "RunPod has not told of it since", "Look at RunPod's console before trying again."
                )
                if deed.pod == DEPLOY:
                    # Nothing else may be rented before it is known whether this one was.
                    continue
            await self._end(deed, outcome)
            return outcome

    def _found(self, deed: Operation) -> Outcome | None:
        """That it happened, where what was polled shows it."""
        if deed.pod == DEPLOY:
            made = next((r for r in self._fleet.records.values() if r.name == deed.name), None)
            if made is None:
                return None
            return Outcome(Status.DONE, f"{deed.answer or LOST}, and it was made: {made.id}", pod=made.id)
        record = self._fleet.records.get(deed.pod)
        if record is not None and record.pod is None:
            return None
        pod = record.pod if record is not None else None
        return (
            Outcome(Status.DONE, f"{deed.answer or LOST}, and it happened") if BY_ID[deed.action].reached(pod) else None
        )

    async def _shown(self, deed: Operation, outcome: Outcome) -> Outcome:
        """Wait until what RunPod said is done shows in what it tells."""
        while True:
            await self._news.wait()
            seen = self._fleet.pods_at
            if seen is not None and seen > deed.at and self._shows(deed):
                self._fleet.finish(deed, None)
                self._changed()
                return outcome
            if self._clock() - deed.at >= PATIENCE:
                words = f"RunPod said that it was {_done(deed)}, and does not show it two minutes later"
                await self._end(deed, late := Outcome(Status.UNKNOWN, words, "Look at RunPod's console."))
                return late

    def _shows(self, deed: Operation) -> bool:
        record = self._fleet.records.get(deed.pod)
        if deed.action not in BY_ID:
            return record is not None
        if record is not None and record.pod is None:
            return False
        return BY_ID[deed.action].reached(record.pod if record is not None else None)

    async def _refuse(self, deed: Operation, why: str) -> Outcome:
        outcome = Outcome(Status.NOT_SENT, why)
        _log(deed, "refused_by_podtop", text=why)
        self._say(UserMessage(f"{_subject(deed)}: {why}"))
        return outcome

    async def _end(self, deed: Operation, outcome: Outcome) -> None:
        if self._fleet.deeds.get(deed.pod, deed).id == deed.id:
            self._fleet.finish(deed, None)
        await self._tell(deed, outcome)

    async def _tell(self, deed: Operation, outcome: Outcome) -> None:
        """Into the action log, the events, and to whoever looks."""
        await self._log_outcome(deed, outcome)
        done = outcome.ending is Status.DONE
        kind = _KINDS.get(outcome.ending, Kind.REFUSED)
        self._watch.happened(Event(self._clock(), deed.pod, kind, f"{_subject(deed)}: {outcome.text}"))
        words = (
            f"✓ {deed.name or deed.pod} {_done(deed)}: " if done else f"▲ {_subject(deed)}: {outcome.ending.value}: "
        )
        level = Level.INFO if done and not outcome.advice else Level.WARNING
        self._say(UserMessage(words + outcome.text, level))
        self._changed()

    async def _log_outcome(self, deed: Operation, outcome: Outcome) -> None:
        from tui.storage.audit_log import LedgerError

        _log(deed, "outcome", ending=outcome.ending, text=outcome.text)
        if not deed.id:
            return
        try:
            await asyncio.to_thread(self._log().outcome, deed.id, outcome.ending.value, outcome.text, deed.pod or None)
        except LedgerError as error:
            self._say(UserMessage(f"the action log lacks how it ended: {error}"))


def _log(deed: Operation, what: str, **fields: object) -> None:
    """Each step of a change, by its id; of its inputs what is no secret of anybody's."""
    log_lines.event(
        "performer", f"mutation_{what}", id=deed.id, action=deed.action, pod=deed.pod, name=deed.name, fields=fields
    )


def order_inputs(order: DeployOrder | RentOrder) -> dict[str, object]:
    """What is logged of an order: all of it but the values of its variables."""
    values = {name: getattr(order, name) for name in order.__struct_fields__}
    values["env"] = [variable.name for variable in order.env]
    values.pop("volume_key", None)
    return {name: value for name, value in values.items() if value not in (None, (), [], "")}


def limits_of(inputs: Mapping[str, object]) -> tuple[str, ...]:
    """What an order asks of the hosts beside GPUs and cloud, by the names that the form gives it."""
    from tui.domain.deploy_fields import FIELDS, NARROWS

    asked = (field for field in FIELDS if field.name in NARROWS and inputs.get(field.name))
    return tuple(f"{field.label.partition(',')[0]} {_listed(inputs[field.name])}" for field in asked)


def _listed(value: object) -> str:
    if value is True:
        return "yes"
    return " or ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _key(intent: Intent) -> str | None:
    """Among the deeds; None of what no podtop of this age did."""
    if intent.action in ("deploy", "rent"):
        return DEPLOY
    return intent.pod if intent.action in BY_ID else None


def _verb(deed: Operation) -> str:
    return BY_ID[deed.action].verb if deed.action in BY_ID else "deploy"


def _done(deed: Operation) -> str:
    return BY_ID[deed.action].done if deed.action in BY_ID else "deployed"


def _subject(deed: Operation) -> str:
    return f"{_verb(deed)} {deed.name or deed.pod}"


def _nothing_came(deed: Operation) -> str:
    if deed.pod == DEPLOY:
        return f"{deed.answer or LOST}, and there is no pod named {deed.name}"
    return f"{deed.answer or LOST}, and nothing came of it"


def _answered(deed: Operation, receipt: Receipt | None, inputs: dict[str, object]) -> Outcome:
    """What RunPod's answer says. A start that gave no GPU is told as what it is."""
    if receipt is None:
        return Outcome(Status.DONE, "RunPod says it is gone")
    count, asked = receipt.gpu_count, inputs.get("gpuCount", inputs.get("gpu_count"))
    made = receipt.pod_id if deed.pod == DEPLOY else ""
    starts = deed.action not in BY_ID or BY_ID[deed.action].leads is State.RUNNING
    if starts and count == 0 and asked != 0:
        return Outcome(
            Status.DONE,
            "it runs with NO GPU: its host had none free",
            "It is there for its data only. Stop it, and try again later or deploy elsewhere.",
            made,
        )
    if starts and isinstance(asked, int) and count is not None and count < asked:
        return Outcome(Status.DONE, f"it got {count} of {asked} GPUs", "Its host had no more free.", made)
    said = receipt.status_change or (receipt.status or "").lower()
    words = said.split(":")[0] if said else "RunPod says it is done"
    trouble = "; ".join(p.message for p in receipt.problems)
    return Outcome(
        Status.DONE, f"{made}, {words}" if made else words, f"RunPod adds: {trouble}" if trouble else "", made
    )
