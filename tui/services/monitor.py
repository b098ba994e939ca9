"""`Monitor`: follows a source, its history first, into a fleet. The one writer of the fleet; it knows no screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from tui import turns
from tui.api import log_lines
from tui.api.addresses import AUTO
from tui.api.doubt import surely_with_pods
from tui.api.errors import CloudError, Malformed, NotOffered, Throttled, Unreachable
from tui.domain import charges, clock_skew
from tui.services.account_check import AccountCheck
from tui.services.api_watch import ApiWatch
from tui.services.barrier import held, own_fault, own_faults
from tui.services.follower import Follower
from tui.services.history_loader import HistoryLoader
from tui.services.kept_facts import KeptFacts
from tui.services.market_questions import Answers, MarketQuestions
from tui.services.messages import post_switched
from tui.services.poller import Poller
from tui.services.shared_history import shared_history
from tui.services.topics import TopicPollers
from tui.store.slices import Sliced, whole

if TYPE_CHECKING:
    from pathlib import Path

    from tui.api.cloud import Cloud
    from tui.api.models import Market, MarketQuery, Snapshot
    from tui.config.loader import Config
    from tui.domain.events import Event
    from tui.domain.user_message import UserMessage
    from tui.history.archive.facts import Facts
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.account_link import Identify
    from tui.services.pod_inspector import PodInspector
    from tui.services.source import Source
    from tui.store.alert_tracker import AlertTracker
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet
    from tui.store.packed_samples import PackedSample


def _log(events: Iterable[Event]) -> None:
    for event in events:
        log_lines.event("watch", "event", kind=event.kind, pod=event.pod, text=event.text)


AWAY = 86_400.0
"""Seconds between two polls of prices for an account that is not shown."""


class Monitor:
    """One polling run: open the cloud, load its history, poll pods and prices until cancelled.

    on_change: called after every change of the fleet.
    record:  makes the recorder, given where its messages go; None if nothing is recorded.
    opened:  called with the account's history once available.
    start_of_day, start_of_month: when the local day, and month, of an instant began.
    post:    receives messages for the user about the recording.
    monotonic: monotonic seconds, by which requests are counted.
    hosts: whether to find out, once, if the account rents out machines.
    before:   called before a response about the pods is applied.
    identify: adds the account's id to a response about the pods, where its API does not report it.
    is_news: whether it is new to the user that RunPod has switched an API off; asked when it has.
    prepare: called in a thread once the cloud is open: imports that need not wait for the first response.
    """

    def __init__(
        self,
        source: Source,
        config: Config,
        fleet: Fleet,
        on_change: Callable[[], object],
        prepare: Callable[[], object] = lambda: None,
        record: Callable[[Callable[[UserMessage], object]], Recorder] | None = None,
        post: Callable[[UserMessage], object] = lambda note: None,
        opened: Callable[[HistoryQueries], object] = lambda past: None,
        start_of_day: Callable[[float], float] = lambda at: at // 86_400 * 86_400,
        monotonic: Callable[[], float] = time.monotonic,
        hosts: bool = False,
        start_of_month: Callable[[float], float] = charges.start_of_month,
        is_news: Callable[[], bool] = lambda: True,
        identify: Identify | None = None,
        before: Callable[[Snapshot], Awaitable[object]] | None = None,
    ) -> None:
        self._identify = identify
        self._before = before
        self._start_of_month = start_of_month
        self.api = ApiWatch(fleet, source, monotonic, post, auto=config.api == AUTO, is_news=is_news)
        self._source = source
        self._config = config
        self._fleet = fleet
        self._on_change = on_change
        self._prepare = prepare
        self._record = record
        self._post = post
        self._history = HistoryLoader(
            fleet,
            source,
            post,
            opened,
            self._tell,
            None if source.demo else shared_history(config.history, post, monotonic),
        )
        self._follower = Follower(source, self.api.throttled, self._tell)
        self._topics = TopicPollers(
            fleet, source, self._follower, self._read_recorded, slowness=self.api.slowness, on_change=self._tell
        )
        self._recorder: Recorder | None = None
        self._first: float | None = None
        self._begun = asyncio.Event()
        self._cloud: Cloud | None = None
        self._group: asyncio.TaskGroup | None = None
        self._inspecting: asyncio.Task[None] | None = None
        self._start_of_day = start_of_day
        self._inspector: PodInspector | None = None
        self._wakes: dict[str, Callable[[], None]] = {}
        self._chronicle: AlertTracker | None = None
        self._asks_for_hosts = hosts
        # What began before this run is known only once the recording was read.
        self._judges = record is None or source.history is not None
        self.questions = MarketQuestions()
        self._account = AccountCheck(fleet, source.clock)
        self._kept_facts = KeptFacts(fleet)
        self._unkept = False
        self.in_background = False
        self._taking_in = asyncio.Lock()

    @property
    def chronicle(self) -> AlertTracker:
        """Reports what begins and ends."""
        if self._chronicle is None:
            from tui.store.alert_tracker import AlertTracker

            self._chronicle = AlertTracker()
        return self._chronicle

    def _slowness_of_market(self) -> float:
        """Of an account in the background nobody looks at prices, and they are those of the account that is shown."""
        return self.api.slowness() * (AWAY / self._config.market_interval if self.in_background else 1.0)

    @property
    def past(self) -> HistoryQueries | None:
        """Queries of the recording, once available."""
        return self._history.past

    def wake(self) -> None:
        """Poll now."""
        for wake in self._wakes.values():
            wake()
        self._topics.wake()
        if self._inspector is not None:
            self._inspector.wake()

    @property
    def cloud(self) -> Cloud | None:
        """The polled cloud, once it is open."""
        return self._cloud

    def _connected(self) -> Cloud:
        if self._cloud is None:
            raise Unreachable("podtop is not connected yet.", sent=False)
        return self._cloud

    async def look(self) -> Snapshot:
        """Request the pods now, beside the polls. Raises CloudError, also if the response does not have them."""
        snapshot = await self._read_pods(self._connected())
        with own_faults("applying it"):
            await self._take_in_pods(snapshot, self._source.clock())
        self._tell()
        return surely_with_pods(snapshot)

    def want(self, who: str, demands: Iterable[MarketQuery]) -> None:
        """Add these market queries to every poll for prices, for as long as `who` wants them."""
        new = self.questions.want(who, demands)
        if new - self._fleet.asked.keys() and (wake := self._wakes.get("market")):
            # A new query is requested now; one that is already polled comes automatically.
            wake()

    async def _ask_market(self) -> Answers:
        return await self.questions.ask(self._connected())

    async def look_at_prices(self) -> Market:
        """Request the market now, beside the polls. Raises CloudError."""
        market = await self._connected().market()
        with own_faults("applying it"):
            await self._in_slices(self._fleet.taking_market(market, self._source.clock()))
        self._tell()
        if not market.offers:
            problems = "; ".join(problem.message for problem in market.problems)
            raise Malformed(f"RunPod's response had no prices: {problems or 'no reason given'}.")
        return market

    def tell(self) -> None:
        """The fleet has changed."""
        self._tell()

    def _tell(self) -> None:
        try:
            self._on_change()
        except Exception as error:
            # What cannot be shown is no reason to stop monitoring.
            own_fault(error, "displaying it")

    def _hand_over(self, keep: Callable[[Recorder], object]) -> None:
        """Pass data to the recorder; a fault of that is reported once, and the screen stays as it is."""
        if self._recorder is None:
            return
        try:
            keep(self._recorder)
        except Exception as error:
            # A recording is an aid: nothing in it may cost the live data.
            own_fault(error, "recording it")
            if not self._unkept:
                self._unkept = True
                from tui.domain.user_message import UserMessage

                self._post(UserMessage(f"a response could not be recorded ({type(error).__name__}); see the log"))

    def happened(self, event: Event) -> None:
        """Keep an event that no poll reports."""
        self._fleet.events.append(event)
        _log((event,))
        self._hand_over(lambda recorder: recorder.happened((event,)))

    async def run(self) -> None:
        """Run until cancelled. Connections are closed then."""
        cloud = self._cloud = await asyncio.to_thread(self._source.open)
        self.api.open(cloud)
        try:
            await asyncio.to_thread(self._prepare)
            if self._source.recording is not None:
                self._history.replay(self._source.recording)
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._topics.open(cloud, group)
                if self._source.recording is not None:
                    await asyncio.Event().wait()
                if self._record is not None:
                    self._recorder = self._record(self._post)
                    group.create_task(held(self._recorder.run(), "recording", self._not_recording))
                    group.create_task(held(self._fill(self._recorder), "reading the recording", self._not_filled))
                await self._history.take_in(cloud, self._pods_told)
                if not self._source.keyless:
                    pods = Poller(partial(self._ask_for_pods, cloud), self._config.interval, slowness=self.api.slowness)
                    self._wakes["pods"] = pods.wake
                    group.create_task(self._follower.follow(pods, self._take_in_pods, self._pods_failed))
                first = AWAY if self.in_background else 0.0
                market = Poller(
                    self._ask_market, self._config.market_interval, first=first, slowness=self._slowness_of_market
                )
                self._wakes["market"] = market.wake
                self._topics.begin()
                group.create_task(self._follower.follow(market, self._market_told, self._market_failed))
        finally:
            self._cloud = None
            self._topics.close()
            self._history.close()
            await self._history.end()
            await cloud.aclose()

    async def _ask_for_pods(self, cloud: Cloud) -> Snapshot:
        try:
            return await self._read_pods(cloud)
        except NotOffered as error:
            # Pods are the core: whatever a backend lacks on the way to them, polling goes on.
            raise Malformed(str(error)) from None

    async def _read_pods(self, cloud: Cloud) -> Snapshot:
        snapshot = clock_skew.snapshot(await cloud.fleet(), self._source.skew)
        snapshot = self._kept_facts.added(snapshot, self._source.clock())
        return snapshot if self._identify is None else await self._identify(snapshot, cloud.api)

    async def _take_in_pods(self, snapshot: Snapshot, at: float, took: float | None = None) -> None:
        """Apply a response about the pods, in slices if there are many: keys are handled in between."""
        if took is not None and self._cloud is not None:
            # Beside the polls, and their latency; a reading before an action waits for nothing else.
            await self._account.look(snapshot, self._cloud)
        if self._before is not None:
            await self._before(snapshot)
        await self._in_slices(self._pods_taking(snapshot, at, took))

    async def _in_slices(self, work: Sliced[object]) -> None:
        """One piece of work at a time: half-applied data is no basis for the next."""
        async with self._taking_in:
            for _ in work:
                await turns.quiet()

    def _begin_at(self, at: float) -> None:
        """The first response has come."""
        if self._first is None:
            self._first = at
            self._begun.set()

    def _pods_told(self, snapshot: Snapshot, at: float, took: float | None = None) -> None:
        whole(self._pods_taking(snapshot, at, took))

    def _pods_taking(self, snapshot: Snapshot, at: float, took: float | None = None) -> Sliced[None]:
        if took is not None and self._fleet.pods_at is not None and at < self._fleet.pods_at:
            # It waited while a later one was applied.
            return
        self._begin_at(at)
        if took is not None and self._asks_for_hosts:
            self._asks_for_hosts = False
            self._topics.ask_for_hosts()
        if took is not None:
            self.api.answered(snapshot.lacks)
        self._fleet.slowness, self._fleet.skew = self.api.slowness(), self._source.skew
        self._fleet.asked_for_pods(at, took)
        answered = self.chronicle.answered(at, self._fleet.watched.away)
        self._fleet.events.extend(answered)
        samples: dict[str, PackedSample] = {}
        happened = yield from self._fleet.taking(snapshot, at, took, samples if self._recorder is not None else None)
        # What is dated by a clock that may have been changed is no reason to begin or end anything.
        sure = self._source.clocks is None or not self._source.clocks.doubtful
        judged: tuple[Event, ...] = ()
        state = self._source.hub() if self._source.hub is not None else None
        if state is not None:
            from tui.services.hub.reader import taking_over

            yield from taking_over(self._fleet, state, at)
        elif self._judges and sure and snapshot.pods is not None:
            judged = yield from self.chronicle.judging(self._fleet, at)
        elif self._judges and sure:
            judged = self.chronicle.judge_failure(self._fleet, at)
        self._fleet.events.extend(judged)
        post_switched(judged, self._post)
        if not self._fleet.past:
            _log((*answered, *happened, *judged))
        events, alerts = (*answered, *happened, *judged), self._open_alerts(at)
        facts = self._facts(is_judged=sure, are_told=snapshot.pods is not None)
        self._hand_over(lambda recorder: recorder.polled(at, snapshot, events, samples, alerts, facts))

    def _facts(self, *, is_judged: bool, are_told: bool) -> Facts | None:
        """What was concluded from a response, for the recording. `are_told`: whether it had the pods."""
        if self._recorder is None:
            return None
        from tui.history.archive.facts import Facts

        alerts = self.chronicle.current if self._judges and is_judged else None
        return Facts(self._fleet.records if are_told else None, alerts, dict(self._fleet.runs))

    def _pods_failed(self, error: CloudError, at: float, retry_at: float) -> None:
        before = self._fleet.snapshot
        self.api.failed()
        self._fleet.fail(error, at, retry_at)
        events = self._troubled(error, at, before, self._config.interval)
        # Without a first response the account is unknown, and nothing can be recalled.
        # A hub's alerts stay as it last had them.
        if self._source.hub is None and (self._judges or self._first is None):
            judged = self.chronicle.judge_failure(self._fleet, at)
            self._fleet.events.extend(judged)
            _log(judged)
            events = (*events, *judged)
        alerts = self._open_alerts(at)
        facts = self._facts(is_judged=True, are_told=False)
        self._hand_over(lambda recorder: recorder.polled(at, None, events, alerts=alerts, facts=facts))

    def _open_alerts(self, at: float) -> bytes | None:
        """The open alerts if they changed; not before those of an earlier run are known, which they would replace."""
        return self.chronicle.changes(at) if self._judges else None

    def _troubled(self, error: CloudError, at: float, before: Feed[Any], interval: float) -> tuple[Event, ...]:
        """The events to report if RunPod does not respond as it should.

        One failed poll is no outage: it takes two in a row, or two intervals without a response.
        """
        throttled = isinstance(error, Throttled)
        if not throttled and before.error is None and not before.stale(at, interval * self._source.pace):
            return ()
        events = self.chronicle.failed(at, throttled, str(error), None if throttled else before.failed_since)
        self._fleet.events.extend(events)
        _log(events)
        return events

    def _market_failed(self, error: CloudError, at: float, retry_at: float) -> None:
        before = self._fleet.market
        if self._source.keyless:
            self.api.failed()
        self._fleet.fail_market(error, at, retry_at)
        if not self._source.keyless or isinstance(error, NotOffered):
            return
        if events := self._troubled(error, at, before, self._config.market_interval):
            self._hand_over(lambda recorder: recorder.happened(events))

    async def _market_told(self, answers: Answers, at: float, took: float) -> None:
        if self._source.keyless:
            self.api.answered(answers.market.lacks)
        if self._source.keyless and (events := self.chronicle.answered(at)):
            self._fleet.events.extend(events)
            _log(events)
            self._hand_over(lambda recorder: recorder.happened(events))
        if self._source.keyless:
            self._begin_at(at)
        await self._in_slices(self._fleet.taking_market(answers.market, at, took))
        self._fleet.apply_asked(answers.asked, at, took)
        self._hand_over(lambda recorder: recorder.priced(at, answers.market))

    async def _fill(self, recorder: Recorder) -> None:
        """Put recorded data in front of live data."""
        if await recorder.tried() is None:
            # Lasting conditions are judged by live data from now on: when a recording will be available is unknown.
            self._judges = True
        path = await recorder.opened()
        if path is None:
            self._judges = True
            return
        # Prices may be recorded before the first response about the pods.
        await self._begun.wait()
        if self._first is None:
            return
        self._history.open(path)
        self._topics.wake_recorded()
        await self._history.fill(recorder, self.chronicle, self._first, self._in_slices)
        self._kept_facts.recall(await self._history.pods_before(self._first))
        self._judges = True
        self._tell()

    async def look_at_the_log(self) -> None:
        """Load the recorded events."""
        await self._history.log()

    def inspect(self, pod: str | None, at: float | None) -> None:
        """Inspect a pod, live or at an instant of history; with None stop, which drops secrets from memory."""
        if self._inspecting is not None:
            self._inspecting.cancel()
            self._inspecting = None
        if pod is None or self._group is None or self._cloud is None:
            self._fleet.inspection = None
            return
        if self._inspector is None:
            from tui.services.pod_inspector import PodInspector

            self._inspector = PodInspector(
                self._fleet, self._source.clock, self._start_of_day, self._on_change, lambda: self._source.skew
            )
        if at is not None:
            look = self._inspector.recall(self.past, pod, at)
        else:
            look = self._inspector.follow(self._cloud, lambda: self.past, pod, self._config.interval)
        self._inspecting = self._group.create_task(held(look, "loading a pod"))

    def attend(self, topics: Iterable[str]) -> None:
        """Poll these topics from now on, and no others: a screen that is not on top costs nothing."""
        self._topics.attend(topics)

    @property
    def attended(self) -> frozenset[str]:
        """The topics that are polled."""
        return frozenset(self._topics.attended)

    async def _read_recorded(self, topic: str) -> object:
        from tui.services.recorded_topics import RecordedTopics

        source = self._source
        clock = source.clock if source.recording is None else lambda: source.begin
        return await RecordedTopics(
            self._fleet, lambda: self.past, self._recorded_file, clock, self._start_of_day, self._start_of_month
        ).read(topic)

    async def _recorded_file(self) -> Path | None:
        return await self._recorder.opened() if self._recorder is not None else None

    async def look_back(self, fleet: Fleet, pods: Iterable[str], start: float, end: float, width: float) -> None:
        """Load these pods' samples of a range before memory's, in steps of `width` seconds."""
        await self._history.look_back(fleet, pods, start, end, width)

    def _not_recording(self, error: CloudError) -> None:
        from tui.domain.user_message import UserMessage

        self._recorder = None
        self._post(UserMessage(f"not recording: {error}"))

    def _not_filled(self, error: CloudError) -> None:
        self._judges = True
        self._history.cannot_be_read(error)
