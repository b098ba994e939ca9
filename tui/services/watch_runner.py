"""`WatchRunner`: checks for what a market watch waits for, notifies, and does what it is armed for, at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.errors import CloudError, NotOffered
from tui.domain import pod_health
from tui.domain.action import Command
from tui.domain.market_watch import (
    FORGOTTEN,
    ArmedDeploy,
    Hit,
    MarketWatch,
    State,
    blind,
    dearer,
    has_room,
    hit,
    may_send,
    moot,
    refused,
    seen,
    unread,
)
from tui.domain.operations import CUT, Outcome, Status
from tui.domain.user_message import UserMessage
from tui.services.podtop_life import PodtopLife
from tui.services.runner import Does, Runner
from tui.services.watch_reports import WatchReports
from tui.services.watches_elsewhere import done_elsewhere, left_elsewhere
from tui.storage.json_store import StoreError
from tui.storage.watch_file import WatchFile

if TYPE_CHECKING:
    from datetime import tzinfo

    from tui.api.models import MarketQuery, Offer, Pod
    from tui.api.orders import DeployOrder, RentOrder
    from tui.domain.deploy_draft import Draft
    from tui.services.messages import Messages
    from tui.services.other_recorders import OtherRecorders
    from tui.store.fleet import Fleet


class WatchRunner(Runner[MarketWatch]):
    """Checks the polled data. Of several podtops at once all show a hit, and one notifies and acts: whichever first
    writes to disk that it does.

    want:  adds these market queries to every poll.
    executor: carries out what a watch was armed for; None where nothing can be done yet.
    refusal: why nothing may be sent; None if allowed.
    name:  makes a name from a stem that no other pod has.
    on_deployed: called with the order and its outcome when a pod was created.
    objections:  of the API in use to an order.
    others: recorders on other hosts: what they would do too is left to them, what they did is not done again.
    """

    def __init__(
        self,
        watches: WatchFile,
        fleet: Fleet,
        *,
        want: Callable[[tuple[MarketQuery, ...]], object],
        messages: Messages,
        executor: Callable[[], Does | None],
        refresh: Callable[[], Awaitable[object]],
        refusal: Callable[[], str | None],
        clock: Callable[[], float],
        name: Callable[[str], str],
        on_deployed: Callable[[Draft, Outcome], Awaitable[None]],
        tz: tzinfo | None = None,
        objections: Callable[[DeployOrder | RentOrder], Sequence[tuple[str, str]]] = lambda order: (),
        others: OtherRecorders | None = None,
    ) -> None:
        self._life = PodtopLife(watches.path)
        super().__init__(watches, self._life.path, fleet, messages, clock)
        self.watches = watches
        self.drafts: dict[str, Draft] = {}
        self._want = want
        self._executor = executor
        self._refresh = refresh
        self._refusal = refusal
        self._name = name
        self._on_deployed = on_deployed
        self._tz = tz
        self._objections = objections
        self._others = others
        self._weighed: dict[str, object] = {}
        self._asked: tuple[MarketQuery, ...] = ()
        self._read: dict[str, float] = {}
        self._reports = WatchReports(messages, clock)

    def _holds(self) -> str:
        """This podtop's name, by which others see that it is running. Raises StoreError."""
        self._claim.taken()
        return self._life.token

    def armed(self, watch: MarketWatch, draft: Draft, plan: ArmedDeploy, account: str) -> MarketWatch:
        """The watch, to be kept, that deploys automatically; secret values stay here. Raises StoreError."""
        holder = self._holds() if plan.env or plan.hidden else ""
        self.drafts[watch.id] = draft
        return replace(watch, state=State.ARMED, plan=plan, account=account, holder=holder)

    def close(self) -> None:
        super().close()
        self._life.end()

    def _look(self, watches: dict[str, MarketWatch], now: float) -> None:
        self._fleet.watches = watches
        self._reports.others(watches)
        wanted = (v for v in watches.values() if v.gpus and not v.over and not self._blind(v))
        questions = tuple(dict.fromkeys(v.question for v in wanted))
        if questions != self._asked:
            self._asked = questions
            self._want(questions)
        for watch in watches.values():
            self._see_to(watch, now)

    def _see_to(self, watch: MarketWatch, now: float) -> None:
        if watch.over or watch.id in self._tasks:
            return
        if watch.state is State.SENDING:
            self._recover(watch, now)
            return
        if watch.state is State.ARMED and not self._has_values(watch) and not self._life.has(watch.holder):
            reason = "podtop ended and variable values are not saved; arm it again"
            self._keep(watch, replace(watch, state=State.WAITING, plan=None, holder="", words=reason))
            self._reports.disarmed(watch, reason)
            return
        if self._others is not None and self._is_mine(watch) and (done := done_elsewhere(watch, self._others)):
            self._keep(watch, done)
            return
        blindness = self._blind(watch)
        self._reports.blind(watch, blindness)
        self._say_unorderable(watch)
        answered_at, sighting = self._sighted(watch, now)
        if answered_at is None or self._read.get(watch.id) == answered_at:
            return
        self._read[watch.id] = answered_at
        if watch.pod and self._is_mine(watch) and (end := moot(watch, self._pod(watch), bool(blindness))) is not None:
            self._keep(watch, replace(watch, state=end[0], words=end[1]))
            return
        if blindness:
            return
        there = sighting is not None
        fresh, news = seen(watch, there, now)
        if fresh != watch and not self.watches.swap(watch.id, watch, fresh):
            return
        if news:
            self._reports.seen(fresh, sighting)
        if there and may_send(fresh, now):
            self._act(fresh, sighting)

    def _blind(self, watch: MarketWatch) -> str:
        """Why nothing can be known of what a watch waits for; empty if it can."""
        if why := blind(watch, self._fleet.lacks, self._fleet.market_lacks):
            return why
        if not watch.gpus:
            return ""
        feed = self._fleet.market_for(watch.question)
        if isinstance(feed.error, NotOffered):
            return str(feed.error).rstrip(".")
        return unread(watch, feed.value) if feed.value is not None else ""

    def _say_unorderable(self, watch: MarketWatch) -> None:
        """Report that the API in use has no way to order what a watch is armed for, once for each API."""
        api = self._fleet.api
        if watch.plan is None or self._fleet.market.value is None or self._weighed.get(watch.id, "") == api:
            return
        self._weighed[watch.id] = api
        from tui.domain.armed_order import unorderable
        from tui.domain.deploy_draft import Draft

        draft = self.drafts.get(watch.id) or Draft(watch.plan.values)
        if why := unorderable(watch, draft, self._offers(), self._clock(), self._tz, self._objections):
            self._hold_back(watch, why, "this API cannot order it")

    def _has_values(self, watch: MarketWatch) -> bool:
        """Whether all values to be sent are known here."""
        return watch.plan is None or not (watch.plan.env or watch.plan.hidden) or watch.id in self.drafts

    def _is_mine(self, watch: MarketWatch) -> bool:
        """Whether podtop monitors the account that the watch was armed for."""
        funds = self._fleet.funds
        return funds is not None and funds.account_id == watch.account

    def _pod(self, watch: MarketWatch) -> Pod | None:
        record = self._fleet.records.get(watch.pod)
        return record.pod if record is not None else None

    def _sighted(self, watch: MarketWatch, now: float) -> tuple[float | None, Hit | bool | None]:
        """When RunPod last reported on it, and what is available. Only live data is a reason to act."""
        if watch.pod:
            at = self._fleet.pods_told(now)
            if at is None:
                return None, None
            if self._fleet.unread(watch.pod):
                return None, None
            return at, True if has_room(self._pod(watch)) else None
        feed = self._fleet.market_for(watch.question)
        if (
            feed.value is None
            or feed.at is None
            or feed.error is not None
            or feed.stale(now, self._fleet.market_interval)
        ):
            return None, None
        return feed.at, hit(watch, feed.value)

    # Armed watches

    def _act(self, watch: MarketWatch, sighting: Hit | bool | None) -> None:
        does = self._executor()
        if does is None or not self._has_values(watch):
            return
        if (why := self._why_not(watch)) is not None:
            self._hold_back(watch, why)
            return
        self._begin(watch.id, lambda: self._try(watch, sighting, does))

    def _why_not(self, watch: MarketWatch) -> str | None:
        if self._fleet.funds is None:
            return "account unknown"
        if not self._is_mine(watch):
            return "armed for another account"
        if (busy := self._fleet.operations.get(watch.pod)) is not None:
            return f"already {busy.word}"
        return self._refusal() or (left_elsewhere(watch, self._others, self._fleet) if self._others else None)

    async def _try(self, watch: MarketWatch, sighting: Hit | bool | None, does: Does) -> None:
        """Check everything again, write to disk what is about to be sent, and send it, once."""
        try:
            await self._refresh()
            if (why := self._why_not(watch)) is not None:
                self._hold_back(watch, why)
            elif isinstance(sighting, Hit):
                await self._deploy(watch, sighting, does)
            else:
                await self._resume(watch, does)
        except CloudError as error:
            self._hold_back(watch, f"could not be checked again: {error}")
        except StoreError as error:
            self._hold_back(watch, str(error))

    async def _written(self, watch: MarketWatch, sending: MarketWatch) -> bool:
        """Write to disk that it is about to be sent: whatever happens to podtop now, nobody sends it again."""
        sending = replace(sending, holder=self._holds())
        return await asyncio.to_thread(self._is_first, watch.id, watch, sending)

    async def _resume(self, watch: MarketWatch, does: Does) -> None:
        if why := self._fleet.unread(watch.pod):
            self._hold_back(watch, f"could not be checked again: {why}")
            return
        pod = self._pod(watch)
        if pod is None or moot(watch, pod) is not None or not has_room(pod):
            return
        if dearer(watch, pod):
            self._hold_back(watch, f"cost of ${pod.cost_per_hr:.2f}/h exceeds the agreed ${watch.ceiling:.2f}/h")
            return
        sending = replace(watch, state=State.SENDING, sent=watch.pod, sent_at=self._clock())
        if await self._written(watch, sending):
            outcome = await does.start(Command("resume", watch.pod, watch.pod_name), by="watch")
            self._end(replace(sending, holder=self._life.token), outcome)

    async def _deploy(self, watch: MarketWatch, sighting: Hit, does: Does) -> None:
        plan = watch.plan
        if plan is None or plan.attempts < 1:
            return
        if self._fleet.is_cut:
            self._hold_back(watch, CUT)
            return
        if (pod := self._named(watch.sent)) is not None:
            # RunPod refused it, and created it all the same.
            self._keep(watch, replace(watch, state=State.DONE, words=f"created: {pod}"))
            return
        # Not before a watch acts: most runs of podtop rent nothing.
        from tui.domain import deploy_order
        from tui.domain.armed_order import fault, prepared
        from tui.domain.deploy_draft import Draft

        form = self.drafts.get(watch.id) or Draft(plan.values)
        draft = prepared(watch, plan, form, sighting, self._name(sighting.name))
        names = frozenset(record.name for record in self._fleet.records.values())
        offers, funds, now = self._offers(), self._fleet.funds, self._clock()
        lacks = self._fleet.lacks
        of_api = self._objections
        if (why := fault(watch, plan, draft, sighting, offers, funds, names, now, self._tz, lacks, of_api)) is not None:
            self._hold_back(watch, why)
            return
        order = deploy_order.sent(draft, offers, now, self._tz, of_api)
        left = replace(plan, attempts=plan.attempts - 1)
        sending = replace(
            watch, state=State.SENDING, plan=left, sent=draft["name"], sent_at=now,
            tried=refused(watch, sighting),
        )  # fmt: skip
        if await self._written(watch, sending):
            outcome = await does.deploy(order, by="watch", agreed=plan.cap)
            self._end(replace(sending, holder=self._life.token), outcome)
            if outcome.ending is Status.DONE:
                await self._on_deployed(draft, outcome)

    def _named(self, name: str) -> str | None:
        """The id of the pod of a name that podtop made up; None if there is none."""
        return next((r.id for r in self._fleet.records.values() if name and r.name == name), None)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value is not None else ()

    def _end(self, sent: MarketWatch, outcome: Outcome) -> None:
        from tui.domain.armed_order import ended

        self._keep(sent, ended(sent, outcome))

    def _keep(self, old: MarketWatch, new: MarketWatch) -> None:
        try:
            is_kept = self.watches.swap(old.id, old, new)
            self._fleet.watches = dict(self.watches.all())
        except (StoreError, OSError) as error:
            is_kept = True
            self._messages.post(UserMessage(str(error)))
        if not is_kept:
            # Another podtop was faster: what it did is shown as its own.
            return
        self._reports.changed(new)
        if new.over:
            self.drafts.pop(new.id, None)

    def _recover(self, watch: MarketWatch, now: float) -> None:
        """Recover an attempt that no task here works on: another podtop's, or one of a podtop that has ended."""
        answered_at = self._fleet.pods_at
        if watch.sent_at is None or answered_at is None or answered_at <= watch.sent_at or not self._is_mine(watch):
            return
        if self._life.has(watch.holder):
            return
        if (evidence := self._shows(watch)) is not None:
            self._keep(watch, replace(watch, state=State.DONE, words=evidence))
        elif now - watch.sent_at >= FORGOTTEN:
            evidence = "podtop ended while sending; outcome unknown, check the RunPod console"
            self._keep(watch, replace(watch, state=State.UNKNOWN, words=evidence))

    def _shows(self, watch: MarketWatch) -> str | None:
        """Evidence that an attempt succeeded; None if there is none."""
        if watch.pod:
            pod = self._pod(watch)
            return "running" if pod is not None and pod_health.is_on(pod) else None
        new_pod = self._named(watch.sent)
        return f"created: {new_pod}" if new_pod is not None else None

    def _hold_back(self, watch: MarketWatch, why: str, how: str = "available, but nothing was sent") -> None:
        """A hit, and nothing is sent, or never would be: the reason is reported once, and kept with the watch."""
        if self._reports.held_back(watch, why, how):
            with suppress(StoreError):
                self.watches.swap(watch.id, watch, replace(watch, words=f"nothing sent: {why}"))
