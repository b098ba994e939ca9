"""`WatchRunner`: notices what a market watch waits for, notifies, and does what it is armed to do, at most once."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from tui.api.enums import PodStatus
from tui.api.errors import CloudError
from tui.api.orders import DeployOrder, RentOrder
from tui.domain import deploy_order
from tui.domain.action import Command
from tui.domain.armed_order import ended, fault, prepared
from tui.domain.deploy_draft import Draft
from tui.domain.events import Event, Kind
from tui.domain.market_watch import (
    FORGOTTEN,
    ArmedDeploy,
    Hit,
    MarketWatch,
    State,
    dearer,
    has_room,
    hit,
    may_send,
    moot,
    refused,
    seen,
    what,
)
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import Level, UserMessage
from tui.services.runner import Runner
from tui.storage.json_store import ShelfError, is_claimed
from tui.storage.watch_file import WatchFile

if TYPE_CHECKING:
    from datetime import tzinfo

    from tui.api.models import MarketQuery, Offer, Pod
    from tui.store.fleet import Fleet


class Does(Protocol):
    """What carries things out: an `Executor`."""

    def start(self, command: Command, by: str = ...) -> asyncio.Task[Outcome]: ...

    def deploy(self, order: DeployOrder | RentOrder, by: str = ...) -> asyncio.Task[Outcome]: ...


class WatchRunner(Runner[MarketWatch]):
    """Looks at what the polls told. Of several podtops at once all show it, and one rings and acts: whichever writes
    down first, on the disk, that it does.

    want:  asks the market these questions with every poll.
    ring:  tells a person who looks elsewhere: a title, and a sentence.
    does:  carries out what a vigil was armed for; None where nothing can be done yet.
    may:   why nothing may be sent; None where it may.
    name:  makes a name that no other pod has, of a stem.
    made:  told of a pod that was made, and of what.
    """

    def __init__(
        self,
        vigils: WatchFile,
        fleet: Fleet,
        *,
        want: Callable[[tuple[MarketQuery, ...]], object],
        ring: Callable[[str, str], object],
        say: Callable[[UserMessage], object],
        happened: Callable[[Event], object],
        does: Callable[[], Does | None],
        look: Callable[[], Awaitable[object]],
        may: Callable[[], str | None],
        clock: Callable[[], float],
        name: Callable[[str], str],
        made: Callable[[Draft, Outcome], Awaitable[None]],
        tz: tzinfo | None = None,
    ) -> None:
        self._token = secrets.token_hex(8)
        super().__init__(vigils, _life_file(vigils.path, self._token), fleet, say, clock)
        self.vigils = vigils
        self.drafts: dict[str, Draft] = {}
        self._want = want
        self._ring = ring
        self._happened = happened
        self._does = does
        self._look_again = look
        self._may = may
        self._name = name
        self._made = made
        self._tz = tz
        self._asked: tuple[MarketQuery, ...] = ()
        self._read: dict[str, float] = {}
        self._held_back: dict[str, str] = {}
        self._known: dict[str, MarketWatch] | None = None
        self._mine: dict[str, tuple[State, float | None]] = {}

    def _lives(self, token: str) -> bool:
        """Whether another podtop of this name still runs."""
        return token not in ("", self._token) and is_claimed(_life_file(self.vigils.path, token))

    def _holds(self) -> str:
        """This podtop's name, under which others see that it lives. Raises ShelfError."""
        self._claim.taken()
        return self._token

    def armed(self, vigil: MarketWatch, draft: Draft, plan: ArmedDeploy, account: str) -> MarketWatch:
        """The vigil, to be kept, that deploys by itself; values that are secret stay here. Raises ShelfError."""
        holder = self._holds() if plan.env or plan.hidden else ""
        self.drafts[vigil.id] = draft
        return replace(vigil, state=State.ARMED, plan=plan, account=account, holder=holder)

    def close(self) -> None:
        super().close()
        with suppress(OSError):
            # Nobody holds it any more: so the file goes.
            is_claimed(_life_file(self.vigils.path, self._token))

    def _look(self, vigils: dict[str, MarketWatch], now: float) -> None:
        self._fleet.vigils = vigils
        self._show_others(vigils)
        questions = tuple(dict.fromkeys(v.question for v in vigils.values() if v.gpus and not v.over))
        if questions != self._asked:
            self._asked = questions
            self._want(questions)
        for vigil in vigils.values():
            self._see_to(vigil, now)

    def _show_others(self, vigils: dict[str, MarketWatch]) -> None:
        """Show what another podtop told and did since the last look."""
        before, self._known = self._known, vigils
        for vigil in vigils.values():
            old = before.get(vigil.id) if before is not None else None
            if old is None or old == vigil or self._mine.get(vigil.id) == (vigil.state, vigil.told_at):
                continue
            if vigil.over and not old.over:
                level = Level.INFO if vigil.state is State.DONE else Level.WARNING
                self._say(UserMessage(f"watch {vigil.state}: {what(vigil)}: {vigil.words}", level))
            elif vigil.told_at is not None and vigil.told_at != old.told_at:
                self._say(UserMessage(f"◉ {what(vigil)}: it is there", Level.INFO))

    def _see_to(self, vigil: MarketWatch, now: float) -> None:
        if vigil.over or vigil.id in self._tasks:
            return
        if vigil.state is State.SENDING:
            self._recover(vigil, now)
            return
        if vigil.state is State.ARMED and not self._has_values(vigil) and not self._lives(vigil.holder):
            words = "podtop ended, and its variables' values with it: arm it again"
            self._keep(vigil, replace(vigil, state=State.WAITING, plan=None, holder="", words=words))
            self._say(UserMessage(f"▲ watch: {what(vigil)} is not armed any more: {words}"))
            return
        told_at, found = self._found(vigil, now)
        if told_at is None or self._read.get(vigil.id) == told_at:
            return
        self._read[vigil.id] = told_at
        if vigil.pod and self._is_mine(vigil) and (ended := moot(vigil, self._pod(vigil))) is not None:
            self._keep(vigil, replace(vigil, state=ended[0], words=ended[1]))
            return
        there = found is not None
        fresh, news = seen(vigil, there, now)
        if fresh != vigil and not self.vigils.swap(vigil.id, vigil, fresh):
            return
        if news:
            self._mine[vigil.id] = (fresh.state, fresh.told_at)
            self._tell(fresh, found)
        if there and may_send(fresh, now):
            self._act(fresh, found)

    def _has_values(self, vigil: MarketWatch) -> bool:
        """Whether what it is to send is known here, whole."""
        return vigil.plan is None or not (vigil.plan.env or vigil.plan.hidden) or vigil.id in self.drafts

    def _is_mine(self, vigil: MarketWatch) -> bool:
        """Whether podtop looks at the account that it was armed for."""
        funds = self._fleet.funds
        return funds is not None and funds.account_id == vigil.account

    def _pod(self, vigil: MarketWatch) -> Pod | None:
        record = self._fleet.records.get(vigil.pod)
        return record.pod if record is not None else None

    def _found(self, vigil: MarketWatch, now: float) -> tuple[float | None, Hit | bool | None]:
        """When RunPod last told of it, and what is there. Only what it says now is a reason to do anything."""
        if vigil.pod:
            at = self._fleet.pods_told(now)
            if at is None:
                return None, None
            record = self._fleet.records.get(vigil.pod)
            if record is not None and record.unreadable is not None:
                return None, None
            return at, True if has_room(self._pod(vigil)) else None
        feed = self._fleet.market_for(vigil.question)
        if (
            feed.value is None
            or feed.at is None
            or feed.error is not None
            or feed.stale(now, self._fleet.market_interval)
        ):
            return None, None
        return feed.at, hit(vigil, feed.value)

    def _tell(self, vigil: MarketWatch, found: Hit | bool | None) -> None:
        text = self._words(vigil, found)
        self._say(UserMessage(f"◉ {text}", Level.INFO))
        self._ring("podtop: " + what(vigil), text)
        self._happened(Event(self._clock(), vigil.pod, Kind.PRICE, text))

    @staticmethod
    def _words(vigil: MarketWatch, found: Hit | bool | None) -> str:
        if not isinstance(found, Hit):
            return f"{vigil.pod_name or vigil.pod} can be resumed: its host has free GPUs"
        cloud = "secure" if found.secure else "community"
        each = " per GPU" if vigil.demand.gpu_count > 1 else ""
        kind = "bid from " if vigil.spot else ""
        return f"{found.name} is there: {kind}${found.price:.2f}/h{each}, {cloud}, stock {(found.stock or '?').lower()}"

    # Doing what it was armed for

    def _act(self, vigil: MarketWatch, found: Hit | bool | None) -> None:
        does = self._does()
        if does is None or not self._has_values(vigil):
            return
        if (why := self._why_not(vigil)) is not None:
            self._hold_back(vigil, why)
            return
        self._begin(vigil.id, lambda: self._try(vigil, found, does))

    def _why_not(self, vigil: MarketWatch) -> str | None:
        if self._fleet.funds is None:
            return "RunPod does not tell the account now"
        if not self._is_mine(vigil):
            return "it was armed for another account"
        if (busy := self._fleet.deeds.get(vigil.pod)) is not None:
            return f"still {busy.word}"
        return self._may()

    async def _try(self, vigil: MarketWatch, found: Hit | bool | None, does: Does) -> None:
        """Look at everything again, write down what is about to be sent, and send it, once."""
        try:
            await self._look_again()
            if (why := self._why_not(vigil)) is not None:
                self._hold_back(vigil, why)
            elif isinstance(found, Hit):
                await self._deploy(vigil, found, does)
            else:
                await self._resume(vigil, does)
        except CloudError as error:
            self._hold_back(vigil, f"it could not be read again: {error}")
        except ShelfError as error:
            self._hold_back(vigil, str(error))

    async def _written(self, vigil: MarketWatch, sending: MarketWatch) -> bool:
        """Put on the disk that it is about to be sent: whatever becomes of podtop now, nobody sends it again."""
        sending = replace(sending, holder=self._holds())
        return await asyncio.to_thread(self._is_first, vigil.id, vigil, sending)

    async def _resume(self, vigil: MarketWatch, does: Does) -> None:
        record = self._fleet.records.get(vigil.pod)
        if record is not None and record.pod is None:
            self._hold_back(vigil, f"it could not be read again: {record.unreadable}")
            return
        pod = self._pod(vigil)
        if pod is None or moot(vigil, pod) is not None or not has_room(pod):
            return
        if dearer(vigil, pod):
            self._hold_back(vigil, f"it would cost ${pod.cost_per_hr:.2f}/h, and ${vigil.ceiling:.2f}/h was agreed to")
            return
        sending = replace(vigil, state=State.SENDING, sent=vigil.pod, sent_at=self._clock())
        if await self._written(vigil, sending):
            outcome = await does.start(Command("resume", vigil.pod, vigil.pod_name), by="watch")
            self._end(replace(sending, holder=self._token), outcome)

    async def _deploy(self, vigil: MarketWatch, found: Hit, does: Does) -> None:
        plan = vigil.plan
        if plan is None or plan.attempts < 1:
            return
        if (made := self._named(vigil.sent)) is not None:
            # What RunPod refused it made all the same.
            self._keep(vigil, replace(vigil, state=State.DONE, words=f"it was made: {made}"))
            return
        form = self.drafts.get(vigil.id) or Draft(plan.values)
        draft = prepared(vigil, plan, form, found, self._name(found.name))
        names = frozenset(record.name for record in self._fleet.records.values())
        offers, funds, now = self._offers(), self._fleet.funds, self._clock()
        if (why := fault(vigil, plan, draft, found, offers, funds, names, now, self._tz)) is not None:
            self._hold_back(vigil, why)
            return
        order = deploy_order.order(draft, offers, now, self._tz)
        left = replace(plan, attempts=plan.attempts - 1)
        sending = replace(
            vigil, state=State.SENDING, plan=left, sent=draft["name"], sent_at=now,
            tried=refused(vigil, found),
        )  # fmt: skip
        if await self._written(vigil, sending):
            outcome = await does.deploy(order, by="watch")
            self._end(replace(sending, holder=self._token), outcome)
            if outcome.ending is Status.DONE:
                await self._made(draft, outcome)

    def _named(self, name: str) -> str | None:
        """The id of the pod of a name that podtop made up; None where there is none."""
        return next((r.id for r in self._fleet.records.values() if name and r.name == name), None)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value is not None else ()

    def _end(self, sent: MarketWatch, outcome: Outcome) -> None:
        self._keep(sent, ended(sent, outcome))

    def _keep(self, old: MarketWatch, new: MarketWatch) -> None:
        try:
            kept = self.vigils.swap(old.id, old, new)
            self._fleet.vigils = dict(self.vigils.all())
        except (ShelfError, OSError) as error:
            kept = True
            self._say(UserMessage(str(error)))
        if not kept:
            # Another podtop was faster: what it did is shown as its own.
            return
        self._mine[new.id] = (new.state, new.told_at)
        if new.over:
            self.drafts.pop(new.id, None)
            text = f"{what(new)}: {new.words}" if new.words else what(new)
            self._ring(f"podtop: watch {new.state}", text)
            if new.state is not State.DONE:
                self._say(UserMessage(f"watch {new.state}: {text}"))

    def _recover(self, vigil: MarketWatch, now: float) -> None:
        """An attempt that no task here is at: another podtop's, or one of a podtop that has ended."""
        told = self._fleet.pods_at
        if vigil.sent_at is None or told is None or told <= vigil.sent_at or not self._is_mine(vigil):
            return
        if self._lives(vigil.holder):
            return
        if (words := self._shows(vigil)) is not None:
            self._keep(vigil, replace(vigil, state=State.DONE, words=words))
        elif now - vigil.sent_at >= FORGOTTEN:
            words = "podtop ended while it was sent, and nothing shows it: look at RunPod's console"
            self._keep(vigil, replace(vigil, state=State.UNKNOWN, words=words))

    def _shows(self, vigil: MarketWatch) -> str | None:
        """What shows that an attempt did what it was to do; None where nothing does."""
        if vigil.pod:
            pod = self._pod(vigil)
            return "it runs" if pod is not None and pod.status == PodStatus.RUNNING else None
        made = self._named(vigil.sent)
        return f"it was made: {made}" if made is not None else None

    def _hold_back(self, vigil: MarketWatch, why: str) -> None:
        """It is there, and nothing is sent: told once for each reason, and kept beside the watch."""
        reason = re.sub(r"[\d.]+", "", why)
        if self._held_back.get(vigil.id) == reason:
            return
        self._held_back[vigil.id] = reason
        text = f"{what(vigil)} is there, and nothing is sent: {why}"
        self._say(UserMessage(f"▲ watch: {text}"))
        self._ring("podtop: watch held back", text)
        with suppress(ShelfError):
            self.vigils.swap(vigil.id, vigil, replace(vigil, words=f"nothing sent: {why}"))


def _life_file(path: Path, token: str) -> Path:
    """The file that a podtop of this name holds for as long as it lives."""
    return path.with_suffix(f".{token}")
