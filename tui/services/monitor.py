"""`Monitor`: follows a source, its history first, into a fleet. The one writer of the fleet; it knows no screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tui.api.addresses import AUTO
from tui.api.doubt import surely_with_pods
from tui.api.errors import CloudError, Malformed, NotOffered, Unreachable
from tui.domain import charges, clock_skew
from tui.services.account_check import AccountCheck
from tui.services.api_watch import ApiWatch
from tui.services.barrier import held, own_faults
from tui.services.follower import Follower
from tui.services.history_loader import HistoryLoader
from tui.services.intake import Intake
from tui.services.kept_facts import KeptFacts
from tui.services.market_questions import Answers, MarketQuestions
from tui.services.poller import Poller
from tui.services.shared_history import shared_history
from tui.services.topics import TopicPollers

if TYPE_CHECKING:
    from pathlib import Path

    from tui.api.cloud import Cloud
    from tui.api.models import Market, MarketQuery, Snapshot
    from tui.config.loader import Config
    from tui.domain.user_message import UserMessage
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.account_link import Identify
    from tui.services.pod_inspector import PodInspector
    from tui.services.shared_report import SharedReports
    from tui.services.source import Source
    from tui.store.alert_tracker import AlertTracker
    from tui.store.fleet import Fleet


AWAY = 86_400.0
"""Seconds between two polls of prices for an account that is not shown."""


class Monitor(Intake):
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
        fleet.unjudged = not self._judges
        self.questions = MarketQuestions()
        self._account = AccountCheck(fleet, source.clock)
        self._kept_facts = KeptFacts(fleet)
        self._unkept = False
        self.in_background = False
        self._taking_in = asyncio.Lock()

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
                elif self._history.is_shared:
                    group.create_task(held(self._fill_shared(), "reading shared history", self._not_filled))
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

    async def _fill(self, recorder: Recorder) -> None:
        """Put recorded data in front of live data."""
        if await recorder.tried() is None:
            # Lasting conditions are judged by live data from now on: when a recording will be available is unknown.
            await self._judge()
        path = await recorder.opened()
        if path is None:
            if self._history.is_shared:
                await self._fill_shared()
            await self._judge()
            return
        # Prices may be recorded before the first response about the pods.
        await self._begun.wait()
        if self._first is None:
            return
        self._history.open(path)
        self._topics.wake_recorded()
        await self._history.fill(recorder, self.chronicle, self._first, self._in_slices)
        await self._fill_shared()
        self._kept_facts.recall(await self._history.pods_before(self._first))
        await self._judge()
        self._tell()

    async def _judge(self) -> None:
        """Judge responses from now on, and the last one first: the next may be a minute away."""
        if not self._judges:
            self._judges = True
            await self._in_slices(self._judging_the_last())
        self._fleet.unjudged = False

    async def _fill_shared(self) -> None:
        """Let alerts go on from what others saw."""
        await self._begun.wait()
        if self._first is not None:
            await self._history.fill_shared(self._first, self._in_slices)

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

    @property
    def _is_live(self) -> bool:
        """Whether this is an account now: neither a replay nor a demo."""
        return not self._source.demo and self._source.recording is None

    @cached_property
    def reports(self) -> SharedReports:
        """Reads reports, also of what others saw."""
        from tui.services.shared_report import SharedReports

        shared = self._config.history if self._is_live else None

        def account_id() -> str:
            return (self._fleet.funds.account_id if self._fleet.funds is not None else None) or ""

        return SharedReports(shared, self._source.profile, account_id, self._source.clock)

    async def _read_recorded(self, topic: str) -> object:
        from tui.services.recorded_topics import RecordedTopics

        source = self._source
        clock = source.clock if source.recording is None else lambda: source.begin
        return await RecordedTopics(
            self._fleet,
            lambda: self.past,
            self._recorded_file,
            self.reports,
            clock,
            self._start_of_day,
            self._start_of_month,
            keeps=self._is_live,
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
        self._judges, self._fleet.unjudged = True, False
        self._history.cannot_be_read(error)
