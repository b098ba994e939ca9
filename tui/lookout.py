"""`Lookout`: looks whether what is waited for has come, tells it, and does what it was armed to do, at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from tui.actions import Command
from tui.api.cloud import CloudError
from tui.api.orders import DeployOrder, RentOrder
from tui.notes import Note
from tui.shelf import Right, Shelf, ShelfError
from tui.store import draft as drafts
from tui.store.deeds import Ending, Outcome
from tui.store.draft import Draft
from tui.store.events import Event, Kind
from tui.store.feed import is_stale
from tui.store.vigil import FORGOTTEN, Hit, Plan, State, Vigil, has_room, hit, may_send, seen, what

if TYPE_CHECKING:
    from datetime import tzinfo

    from tui.api.models import Demand, Offer
    from tui.store.fleet import Fleet


class Vigils(Shelf[Vigil]):
    """What is waited for, by its id. Methods block, for milliseconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Vigil, "watches", "nothing is waited for now")


class Does(Protocol):
    """What carries things out: a `Performer`."""

    def start(self, command: Command, by: str = ...) -> asyncio.Task[Outcome]: ...

    def deploy(self, order: DeployOrder | RentOrder, by: str = ...) -> asyncio.Task[Outcome]: ...


def planned(draft: Draft, cap: float, attempts: int) -> Plan:
    """What of a draft may go to the disk."""
    names = tuple(name for name, _ in draft.env if drafts.VARIABLE.fullmatch(name))
    return Plan(dict(draft.values), names, tuple(draft.secrets), cap, attempts)


class Lookout:
    """Looks at what the polls told. Of two podtops at once one acts, and both tell.

    want:  asks the market these questions with every poll.
    ring:  tells a person who looks elsewhere: a title, and a sentence.
    does:  carries out what a vigil was armed for; None where nothing can be done yet.
    may:   why nothing may be sent; None where it may.
    name:  makes a name that no other pod has, of a stem.
    made:  told of a pod that was made, and of what.
    """

    def __init__(
        self,
        vigils: Vigils,
        fleet: Fleet,
        *,
        want: Callable[[tuple[Demand, ...]], object],
        ring: Callable[[str, str], object],
        say: Callable[[Note], object],
        happened: Callable[[Event], object],
        does: Callable[[], Does | None],
        look: Callable[[], Awaitable[object]],
        may: Callable[[], str | None],
        clock: Callable[[], float],
        name: Callable[[str], str],
        made: Callable[[Draft, Outcome], Awaitable[None]],
        tz: tzinfo | None = None,
    ) -> None:
        self.vigils = vigils
        self.drafts: dict[str, Draft] = {}
        self._fleet = fleet
        self._want = want
        self._ring = ring
        self._say = say
        self._happened = happened
        self._does = does
        self._look_again = look
        self._may = may
        self._clock = clock
        self._name = name
        self._made = made
        self._tz = tz
        self._asked: tuple[Demand, ...] = ()
        self._read: dict[str, float] = {}
        self._trouble = ""
        self._told: dict[str, str] = {}
        self._right = Right(vigils.path.with_suffix(".lookout"))
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Look once a second, until cancelled: at the disk, and at what the polls told since."""
        try:
            while True:
                self.look()
                await sleep(1.0)
        finally:
            self._right.close()

    def look(self) -> None:
        """Tell and do what there is to be told and done now."""
        try:
            vigils = dict(self.vigils.all())
            self._fleet.vigils = vigils
            self._trouble = ""
            questions = tuple(dict.fromkeys(v.question for v in vigils.values() if v.gpus and not v.over))
            if questions != self._asked:
                self._asked = questions
                self._want(questions)
            for vigil in vigils.values():
                self._see_to(vigil)
        except (ShelfError, OSError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(Note(str(error)))

    def _see_to(self, vigil: Vigil) -> None:
        if vigil.over or vigil.id in self._tasks:
            return
        now = self._clock()
        if vigil.state is State.SENDING:
            self._recover(vigil, now)
            return
        told_at, found = self._found(vigil, now)
        if told_at is None or self._read.get(vigil.id) == told_at:
            return
        self._read[vigil.id] = told_at
        there = found is not None
        fresh, news = seen(vigil, there, now)
        if fresh != vigil and not self.vigils.swap(vigil.id, vigil, fresh):
            return
        if news:
            self._tell(fresh, found)
        if there and may_send(fresh, now):
            self._act(fresh, found, now)

    def _found(self, vigil: Vigil, now: float) -> tuple[float | None, Hit | bool | None]:
        """When RunPod last told of it, and what is there. Only what it says now is a reason to do anything."""
        if vigil.pod:
            at = self._fleet.pods_at
            if at is None or self._fleet.snapshot.error is not None or is_stale(now - at, self._fleet.interval):
                return None, None
            record = self._fleet.records.get(vigil.pod)
            return at, True if has_room(record.pod if record is not None else None) else None
        feed = self._fleet.market_for(vigil.question)
        if (
            feed.value is None
            or feed.at is None
            or feed.error is not None
            or feed.stale(now, self._fleet.market_interval)
        ):
            return None, None
        return feed.at, hit(vigil, feed.value)

    def _tell(self, vigil: Vigil, found: Hit | bool | None) -> None:
        text = self._words(vigil, found)
        self._say(Note(f"◉ {text}", bad=False))
        self._ring("podtop: " + what(vigil), text)
        self._happened(Event(self._clock(), vigil.pod, Kind.PRICE, text))

    @staticmethod
    def _words(vigil: Vigil, found: Hit | bool | None) -> str:
        if not isinstance(found, Hit):
            return f"{vigil.pod_name or vigil.pod} can be resumed: its host has free GPUs"
        cloud = "secure" if found.secure else "community"
        each = " per GPU" if vigil.demand.gpu_count > 1 else ""
        kind = "bid from " if vigil.spot else ""
        return f"{found.name} is there: {kind}${found.price:.2f}/h{each}, {cloud}, stock {(found.stock or '?').lower()}"

    # Doing what it was armed for

    def _act(self, vigil: Vigil, found: Hit | bool | None, now: float) -> None:
        does, why = self._does(), self._why_not(vigil)
        if does is None:
            return
        if why is not None:
            self._once(vigil, f"watch: {what(vigil)} is there, and podtop does nothing: {why}")
            return
        if not self._right.taken():
            return
        task = asyncio.get_running_loop().create_task(
            self._deploy(vigil, found, does) if isinstance(found, Hit) else self._resume(vigil, does)
        )
        self._tasks[vigil.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(vigil.id, None))

    def _why_not(self, vigil: Vigil) -> str | None:
        funds = self._fleet.funds
        if funds is None or funds.account_id != vigil.account:
            return "it was armed for another account"
        if (busy := self._fleet.deeds.get(vigil.pod)) is not None:
            return f"still {busy.word}"
        return self._may()

    async def _resume(self, vigil: Vigil, does: Does) -> None:
        sending = replace(vigil, state=State.SENDING, sent=vigil.pod, sent_at=self._clock())
        if await asyncio.to_thread(self.vigils.swap, vigil.id, vigil, sending):
            outcome = await does.start(Command("resume", vigil.pod, vigil.pod_name), by="watch")
            self._ended(sending, outcome)

    async def _deploy(self, vigil: Vigil, found: Hit, does: Does) -> None:
        """Look at everything again, write down what is about to be sent, and send it, once."""
        plan = vigil.plan
        if plan is None:
            return
        draft = self._draft(vigil, plan, found)
        if draft is None:
            self._give_up(vigil, "its variables' values were not kept when podtop ended: arm it again")
            return
        try:
            await self._look_again()
        except CloudError as error:
            self._once(vigil, f"watch: not sent, as it could not be looked at again: {error}")
            return
        if (fault := self._fault(draft, plan)) is not None:
            self._once(vigil, f"watch: {found.name} is there, and podtop does nothing: {fault}")
            return
        offers = self._offers()
        order = drafts.order(draft, offers, self._clock(), self._tz)
        left = replace(plan, attempts=plan.attempts - 1)
        sending = replace(vigil, state=State.SENDING, plan=left, sent=draft["name"], sent_at=self._clock())
        # On the disk before it is sent: whatever happens to podtop now, nobody sends it again.
        if await asyncio.to_thread(self.vigils.swap, vigil.id, vigil, sending):
            outcome = await does.deploy(order, by="watch")
            self._ended(sending, outcome)
            if outcome.ending is Ending.DONE:
                await self._made(draft, outcome)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value is not None else ()

    def _draft(self, vigil: Vigil, plan: Plan, found: Hit) -> Draft | None:
        """What is to be ordered, for the GPU that is there; None where values of it are known no more."""
        draft = self.drafts.get(vigil.id)
        if draft is None:
            if plan.env or plan.hidden:
                return None
            draft = Draft(plan.values)
        more = {
            "gpu_type_id": found.name, "gpu_count": str(vigil.demand.gpu_count), "name": self._name(found.name),
            "cloud": "SECURE" if found.secure else "COMMUNITY", "gpu_types": "",
        }  # fmt: skip
        if draft.way == "demand":
            # RunPod itself refuses what would cost more than was agreed to.
            more["deploy_cost"] = f"{plan.cap:.2f}"
        return replace(draft, values={**draft.values, **more})

    def _fault(self, draft: Draft, plan: Plan) -> str | None:
        """Why what is prepared cannot be sent now."""
        price = drafts.price(draft, self._offers(), self._fleet.funds)
        if price.per_hr is None:
            return "its price is not known"
        if price.per_hr > plan.cap + 1e-9:
            return f"it would cost ${price.per_hr:.2f}/h, and the cap is ${plan.cap:.2f}/h"
        if price.short:
            return "the balance is less than an hour of it"
        names = frozenset(record.name for record in self._fleet.records.values())
        faults = drafts.faults(draft, self._offers(), names, self._clock(), self._tz)
        return next((f"{name.replace('_', ' ')}: {words}" for name, words in faults.items()), None)

    def _ended(self, sending: Vigil, outcome: Outcome) -> None:
        """Keep how an attempt ended: only what RunPod refused, or never got, may be tried again."""
        words = outcome.text
        again = sending.plan is not None and sending.plan.attempts > 0
        match outcome.ending:
            case Ending.DONE:
                after = replace(sending, state=State.DONE, words=words)
            case Ending.NOT_SENT if sending.plan is not None:
                # Nothing left this machine: it does not count.
                plan = replace(sending.plan, attempts=sending.plan.attempts + 1)
                after = replace(sending, state=State.ARMED, plan=plan, words=words)
            case Ending.NOT_SENT:
                after = replace(sending, state=State.ARMED, words=words)
            case Ending.REFUSED if again:
                after = replace(sending, state=State.ARMED, words=words)
            case Ending.REFUSED | Ending.NOT_DONE:
                # An answer that was lost may still become a pod: after one, only a person tries again.
                after = replace(sending, state=State.GIVEN_UP, words=words)
            case _:
                after = replace(sending, state=State.UNKNOWN, words=words)
        self._keep(sending, after)

    def _give_up(self, vigil: Vigil, words: str) -> None:
        self._keep(vigil, replace(vigil, state=State.GIVEN_UP, words=words))

    def _keep(self, old: Vigil, new: Vigil) -> None:
        try:
            self.vigils.swap(old.id, old, new)
            self._fleet.vigils = dict(self.vigils.all())
        except (ShelfError, OSError) as error:
            self._say(Note(str(error)))
        if new.over:
            self.drafts.pop(new.id, None)
            text = f"{what(new)}: {new.words}" if new.words else what(new)
            self._ring(f"podtop: watch {new.state}", text)
            if new.state is not State.DONE:
                self._say(Note(f"watch {new.state}: {text}"))

    def _recover(self, vigil: Vigil, now: float) -> None:
        """An attempt that no task here is at: another podtop's, or one of a podtop that has ended."""
        told = self._fleet.pods_at
        if vigil.sent_at is None or told is None or told <= vigil.sent_at:
            return
        made = next((r for r in self._fleet.records.values() if r.name == vigil.sent), None)
        if vigil.plan is not None and made is not None:
            self._keep(vigil, replace(vigil, state=State.DONE, words=f"it was made: {made.id}"))
        elif now - vigil.sent_at >= FORGOTTEN and self._right.taken():
            words = "podtop ended while it was sent, and nothing shows it: look at RunPod's console"
            self._keep(vigil, replace(vigil, state=State.UNKNOWN, words=words))

    def _once(self, vigil: Vigil, text: str) -> None:
        if self._told.get(vigil.id) != text:
            self._told[vigil.id] = text
            self._say(Note(f"▲ {text}"))


def in_words(vigils: Mapping[str, Vigil]) -> str:
    """How many are waited for, and how many of them are armed."""
    waiting = sum(not v.over for v in vigils.values())
    armed = sum(v.state is State.ARMED for v in vigils.values())
    return f"{waiting} watched" + (f", {armed} armed" if armed else "")
