"""`Monitor`: follows a source, its past first, into a fleet. The one writer of the fleet; it knows no screen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tui.api import log_lines
from tui.api.cloud import CloudError, Malformed, Throttled, Unreachable, surely_with_pods
from tui.api.models import ANYTHING
from tui.domain import clock_skew
from tui.services.barrier import held, own_fault, own_faults
from tui.services.poller import Failed, Fresh, Poller
from tui.store.fleet_state import Older
from tui.store.series import EMPTY
from tui.store.slices import Sliced, whole
from tui.store.topics import TOPICS

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Market, MarketQuery, Snapshot
    from tui.config.loader import Config
    from tui.domain.events import Event
    from tui.domain.rate_limit import Meter, Use
    from tui.domain.user_message import UserMessage
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.pod_inspector import PodInspector
    from tui.services.source import Source
    from tui.services.spend_loader import SpendLoader
    from tui.store.alert_tracker import AlertTracker
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet

T = TypeVar("T")


class Answers(NamedTuple):
    """One answer about the market: the prices of one GPU, and what was asked beside them."""

    market: Market
    asked: dict[MarketQuery, Market | CloudError]


RECENT = 4500.0
RECENT_BUDGET = 8 * 1024 * 1024
"""Seconds of samples, and bytes for all of them, that memory keeps while the rest is recorded."""

HISTORY_FRAME = 0.25
"""Seconds between two tellings while the past is taken in."""


def _month_of(at: float) -> float:
    """When the month of an instant began, in UTC."""
    return datetime.fromtimestamp(at, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def _log(events: Iterable[Event]) -> None:
    for event in events:
        log_lines.event("watch", "event", kind=event.kind, pod=event.pod, text=event.text)


class Monitor:
    """One life of asking: open the cloud, take in its past, poll pods and prices until cancelled.

    changed: called after every change of the fleet.
    record:  makes the recorder, given what is to be told to a person; None where nothing is recorded.
    opened:  given the account's past once there is one to be asked.
    midnight, month: when the local day, and month, of an instant began.
    say:     told what a person has to know of the recording.
    beat: seconds that only go forward, by which requests are counted.
    hosts: whether to find out, once, if the account lets machines to others.
    prepare: called in a thread once the cloud is open: imports that need not wait for the first answer.
    """

    def __init__(
        self,
        source: Source,
        config: Config,
        fleet: Fleet,
        changed: Callable[[], object],
        prepare: Callable[[], object] = lambda: None,
        record: Callable[[Callable[[UserMessage], object]], Recorder] | None = None,
        say: Callable[[UserMessage], object] = lambda note: None,
        opened: Callable[[HistoryQueries], object] = lambda past: None,
        midnight: Callable[[float], float] = lambda at: at // 86_400 * 86_400,
        beat: Callable[[], float] = time.monotonic,
        hosts: bool = False,
        month: Callable[[float], float] = lambda at: _month_of(at),
    ) -> None:
        self._month = month
        self._meter: Meter | None = None
        self._beat = beat
        self._source = source
        self._config = config
        self._fleet = fleet
        self._changed = changed
        self._prepare = prepare
        self._record = record
        self._say = say
        self._opened = opened
        self._recorder: Recorder | None = None
        self.past: HistoryQueries | None = None
        self._asked: set[tuple[int, str, float, float]] = set()
        self._first: float | None = None
        self._cloud: Cloud | None = None
        self._group: asyncio.TaskGroup | None = None
        self._inspecting: asyncio.Task[None] | None = None
        self._attended: dict[str, asyncio.Task[None] | None] = {}
        self._midnight = midnight
        self._inspector: PodInspector | None = None
        self._wakes: dict[str, Callable[[], None]] = {}
        self._chronicle: AlertTracker | None = None
        self._asks_for_hosts = hosts
        # What began before this run is known only once the recording was asked.
        self._judges = record is None or source.history is not None
        self._wanted: dict[str, tuple[MarketQuery, ...]] = {}
        self._unkept = False
        self._taking_in = asyncio.Lock()

    @property
    def meter(self) -> Meter:
        """Counts requests."""
        if self._meter is None:
            from tui.domain.rate_limit import Meter

            self._meter = Meter()
        return self._meter

    @property
    def chronicle(self) -> AlertTracker:
        """Tells what begins and ends."""
        if self._chronicle is None:
            from tui.store.alert_tracker import AlertTracker

            self._chronicle = AlertTracker()
        return self._chronicle

    def wake(self) -> None:
        """Ask now."""
        for wake in self._wakes.values():
            wake()
        if self._inspector is not None:
            self._inspector.wake()

    @property
    def cloud(self) -> Cloud | None:
        """What is asked, once it is open."""
        return self._cloud

    async def look(self) -> Snapshot:
        """Ask for the pods at once, beside the polls. Raises CloudError, also where the answer is none about them."""
        if self._cloud is None:
            raise Unreachable("podtop is not connected yet.", sent=False)
        snapshot = clock_skew.snapshot(await self._cloud.fleet(), self._skew)
        with own_faults("taking it in"):
            await self._take_in_pods(snapshot, self._source.clock())
        self._tell()
        return surely_with_pods(snapshot)

    def want(self, who: str, demands: Iterable[MarketQuery]) -> None:
        """Ask the market these questions too with every poll for prices, for as long as `who` wants it so."""
        before = self._questions()
        self._wanted[who] = tuple(demands)
        if set(self._questions()) - set(before) - self._fleet.asked.keys() and (wake := self._wakes.get("market")):
            # What was never asked is asked at once; what somebody else asks already comes by itself.
            wake()

    def _questions(self) -> tuple[MarketQuery, ...]:
        """What is asked beside the prices of one GPU: each once."""
        every = (demand for demands in self._wanted.values() for demand in demands)
        return tuple(dict.fromkeys(demand for demand in every if demand != ANYTHING))

    async def _ask_market(self) -> Answers:
        """The prices, and all that is wanted beside them, in one request. Raises CloudError."""
        cloud, more = self._cloud, self._questions()
        if cloud is None:
            raise Unreachable("podtop is not connected yet.", sent=False)
        if not more:
            return Answers(await cloud.offers(), {})
        first, *others = await cloud.markets((ANYTHING, *more))
        if isinstance(first, CloudError):
            raise first
        return Answers(first, dict(zip(more, others, strict=True)))

    async def look_at_prices(self) -> Market:
        """Ask for the market at once, beside the polls. Raises CloudError."""
        if self._cloud is None:
            raise Unreachable("podtop is not connected yet.", sent=False)
        market = await self._cloud.offers()
        with own_faults("taking it in"):
            await self._in_slices(self._fleet.taking_market(market, self._source.clock()))
        self._tell()
        if not market.offers:
            said = "; ".join(problem.message for problem in market.problems)
            raise Malformed(f"RunPod answered without prices: {said or 'it does not say why'}.")
        return market

    def tell(self) -> None:
        """Something of the fleet is another by now."""
        self._tell()

    def _tell(self) -> None:
        try:
            self._changed()
        except Exception as error:
            # What cannot be shown is no reason to look away.
            own_fault(error, "showing it")

    def _hand_over(self, keep: Callable[[Recorder], object]) -> None:
        """Give the recorder what there is; a fault of that is told once, and what is on the screen stands."""
        if self._recorder is None:
            return
        try:
            keep(self._recorder)
        except Exception as error:
            # A recording is an aid: nothing of it may cost the present.
            own_fault(error, "keeping it in the recording")
            if not self._unkept:
                self._unkept = True
                from tui.domain.user_message import UserMessage

                self._say(
                    UserMessage(f"an answer could not be kept in the recording ({type(error).__name__}): see the log")
                )

    def happened(self, event: Event) -> None:
        """Keep an event that no poll tells of."""
        self._fleet.events.append(event)
        _log((event,))
        self._hand_over(lambda recorder: recorder.happened((event,)))

    async def run(self) -> None:
        """Until cancelled. Connections are closed then."""
        cloud = self._cloud = await asyncio.to_thread(self._source.open)
        cloud.listen(lambda: self.meter.count(self._beat()))
        try:
            await asyncio.to_thread(self._prepare)
            if self._source.recording is not None:
                from tui.history.queries import HistoryQueries

                self.past = HistoryQueries(self._source.recording, self._say)
                self._fleet.recorded = True
                self._opened(self.past)
            async with asyncio.TaskGroup() as group:
                self._group = group
                if self._source.recording is not None:
                    await asyncio.Event().wait()
                if self._record is not None:
                    self._recorder = self._record(self._say)
                    group.create_task(held(self._recorder.run(), "recording", self._not_recording))
                    group.create_task(held(self._fill(self._recorder), "reading the recording", self._not_filled))
                await self._take_in_the_past(cloud)
                if not self._source.keyless:
                    pods = Poller(partial(self._ask_for_pods, cloud), self._config.interval, slowness=self._slowness)
                    self._wakes["pods"] = pods.wake
                    group.create_task(self._follow(pods, self._take_in_pods, self._pods_failed))
                market = Poller(self._ask_market, self._config.market_interval, slowness=self._slowness)
                self._wakes["market"] = market.wake
                self.attend(self._attended)
                group.create_task(self._follow(market, self._market_told, self._market_failed))
        finally:
            self._cloud = None
            self._attended = {}
            if self.past is not None:
                self.past.close()
            await cloud.aclose()

    @property
    def _skew(self) -> float:
        """Seconds that RunPod's clock is ahead."""
        return self._source.clocks.skew if self._source.clocks is not None else 0.0

    def _slowness(self) -> float:
        return self.meter.slowness(self._beat())

    def use(self) -> Use:
        """How near RunPod's limits podtop's requests are."""
        return self.meter.tightest(self._beat())

    async def _ask_for_pods(self, cloud: Cloud) -> Snapshot:
        return clock_skew.snapshot(await cloud.fleet(), self._skew)

    async def _take_in_pods(self, snapshot: Snapshot, at: float, took: float | None = None) -> None:
        """Take in an answer about the pods, a slice at a time where they are many: keys are heard in between."""
        await self._in_slices(self._pods_taking(snapshot, at, took))

    async def _in_slices(self, work: Sliced[object]) -> None:
        """One piece of work at a time: what is taken in by halves is no ground for the next."""
        async with self._taking_in:
            for _ in work:
                await asyncio.sleep(0)

    def _pods_told(self, snapshot: Snapshot, at: float, took: float | None = None) -> None:
        whole(self._pods_taking(snapshot, at, took))

    def _pods_taking(self, snapshot: Snapshot, at: float, took: float | None = None) -> Sliced[None]:
        if took is not None and self._fleet.pods_at is not None and at < self._fleet.pods_at:
            # It lay unread while a later one was taken in.
            return
        if self._first is None:
            self._first = at
        if took is not None and self._asks_for_hosts and self._group is not None:
            self._asks_for_hosts = False
            self._group.create_task(held(self._ask_for_hosts(), "asking for machines"))
        self._fleet.slowness, self._fleet.skew = self._slowness(), self._skew
        self._fleet.asked_for_pods(at, took)
        answered = self.chronicle.answered(at, self._fleet.watched.away)
        self._fleet.events.extend(answered)
        happened = yield from self._fleet.taking(snapshot, at, took)
        # What is dated by a clock that may have been set is no reason to begin or end anything.
        sure = self._source.clocks is None or not self._source.clocks.doubtful
        judged: tuple[Event, ...] = ()
        if self._judges and sure and snapshot.pods is not None:
            judged = yield from self.chronicle.judging(self._fleet, at)
        yield from self._fleet.summing(at)
        self._fleet.events.extend(judged)
        if not self._fleet.past:
            _log((*answered, *happened, *judged))
        self._hand_over(lambda recorder: recorder.polled(at, snapshot, (*answered, *happened, *judged)))

    def _pods_failed(self, error: CloudError, at: float, retry_at: float) -> None:
        before = self._fleet.snapshot
        self._fleet.fail(error, at, retry_at)
        events = self._troubled(error, at, before, self._config.interval)
        self._hand_over(lambda recorder: recorder.polled(at, None, events))

    async def _ask_for_hosts(self) -> None:
        """Find out once whether the account has machines: who has none is not shown a screen for them."""
        cloud = self._cloud
        if cloud is None or "hosts" in self._attended or "hosts" in self._fleet.topics:
            return
        try:
            hosts = clock_skew.hosts(await cloud.hosts(), self._skew)
        except CloudError as error:
            # Nobody asked: whoever opens the screen is told then.
            self._fleet.fail_topic("hosts", error, self._source.clock())
            return
        self._fleet.apply_topic("hosts", hosts, self._source.clock())
        if hosts.hosts or hosts.unreadable:
            self._tell()

    def _troubled(self, error: CloudError, at: float, before: Feed[Any], interval: float) -> tuple[Event, ...]:
        """What is told where RunPod does not answer as it should.

        One poll that failed is no outage: it takes two in a row, or two intervals without an answer.
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
        self._fleet.fail_market(error, at, retry_at)
        if not self._source.keyless:
            return
        if events := self._troubled(error, at, before, self._config.market_interval):
            self._hand_over(lambda recorder: recorder.happened(events))

    async def _market_told(self, answers: Answers, at: float, took: float) -> None:
        if self._source.keyless and (events := self.chronicle.answered(at)):
            self._fleet.events.extend(events)
            _log(events)
            self._hand_over(lambda recorder: recorder.happened(events))
        if self._source.keyless and self._first is None:
            self._first = at
        await self._in_slices(self._fleet.taking_market(answers.market, at, took))
        self._fleet.apply_asked(answers.asked, at, took)
        self._hand_over(lambda recorder: recorder.priced(at, answers.market))

    async def _fill(self, recorder: Recorder) -> None:
        """Put what was recorded before in front of what is seen now."""
        from tui.domain.user_message import UserMessage
        from tui.history.archive.schema import ArchiveError
        from tui.history.queries import HistoryQueries

        if await recorder.tried() is None:
            # What lasts is judged by what is seen from now on: when there will be a recording is not known.
            self._judges = True
        path = await recorder.opened()
        first = self._first
        if path is None or first is None:
            self._judges = True
            return
        self.past = HistoryQueries(path, self._say, self._source.clock)
        self._fleet.keep(RECENT, RECENT_BUDGET)
        self._fleet.has_past = True
        self._opened(self.past)
        if (wake := self._wakes.get("books")) is not None:
            wake()
        try:
            recorder.happened(await self.past.fill(self._fleet, first, self._source.clock(), self._in_slices))
            self.chronicle.recall(await self.past.lasting())
            from tui.store.price_history import SPAN

            self._fleet.prices.join(await self.past.prices(first - SPAN, first))
        except ArchiveError as error:
            self._say(UserMessage(f"the recording cannot be read: {error}"))
        # A recording is data from outside: what is odd in it is no reason for podtop to end.
        except Exception as error:
            logging.getLogger(__name__).exception("the recording cannot be taken in")
            self._say(UserMessage(f"the recording cannot be read ({type(error).__name__}): podtop goes on without it"))
        self._judges = True
        self._tell()

    async def look_at_the_log(self) -> None:
        """Have what was recorded to have happened at hand."""
        from tui.domain.user_message import UserMessage
        from tui.history.archive.schema import ArchiveError

        if self.past is None:
            return
        try:
            self._fleet.earlier = await self.past.log(self._source.clock())
        except ArchiveError as error:
            self._say(UserMessage(f"the recording cannot be read: {error}"))
        self._tell()

    def inspect(self, pod: str | None, at: float | None) -> None:
        """Look closely at a pod, now or at a past instant; or, with None, no more: secrets go out of memory."""
        if self._inspecting is not None:
            self._inspecting.cancel()
            self._inspecting = None
        if pod is None or self._group is None or self._cloud is None:
            self._fleet.inspection = None
            return
        if self._inspector is None:
            from tui.services.pod_inspector import PodInspector

            self._inspector = PodInspector(
                self._fleet, self._source.clock, self._midnight, self._changed, lambda: self._skew
            )
        if at is not None:
            look = self._inspector.recall(self.past, pod, at)
        else:
            look = self._inspector.follow(self._cloud, lambda: self.past, pod, self._config.interval)
        self._inspecting = self._group.create_task(held(look, "looking at a pod"))

    def attend(self, topics: Iterable[str]) -> None:
        """Ask for these topics from now on, and for no other: a screen that is not on top costs nothing."""
        wanted = tuple(topics)
        for name in self._attended.keys() - set(wanted):
            task = self._attended.pop(name)
            self._wakes.pop(name, None)
            if task is not None:
                task.cancel()
            self._fleet.forget_private_topic(name)
        for name in wanted:
            if self._attended.get(name) is None:
                self._attended[name] = self._ask_for(name)

    def _ask_for(self, name: str) -> asyncio.Task[None] | None:
        """Follow a topic; None while nothing can be asked. What is known and young enough is not asked for again."""
        cloud, group = self._cloud, self._group
        topic, feed = TOPICS[name], self._fleet.topics.get(name)
        if cloud is None or group is None or (self._source.recording is not None and topic.fetch is not None):
            return None
        age = feed.age(self._source.clock()) if feed is not None and feed.error is None else None
        first = 0.0 if age is None else max(0.0, topic.interval - age / self._source.pace)
        fetch = topic.fetch(cloud) if topic.fetch is not None else self._books().read
        poller = Poller(fetch, topic.interval, first=first, slowness=self._slowness)
        self._wakes[name] = poller.wake
        tell, fail = partial(self._topic_told, name), partial(self._fleet.fail_topic, name)
        return group.create_task(self._follow(poller, tell, fail))

    def _topic_told(self, name: str, value: object, at: float, took: float) -> None:
        told = clock_skew.hosts(value, self._skew) if name == "hosts" else value  # type: ignore[arg-type]
        self._fleet.apply_topic(name, told, at, took)

    def _books(self) -> SpendLoader:
        from tui.services.spend_loader import SpendLoader

        source = self._source
        clock = source.clock if source.recording is None else lambda: source.begin
        return SpendLoader(self._fleet, lambda: self.past, clock, self._midnight, self._month)

    async def look_back(self, fleet: Fleet, pods: Iterable[str], start: float, end: float, width: float) -> None:
        """Have these pods' samples of a time before memory's at hand, in steps of `width` seconds."""
        from tui.domain.user_message import UserMessage
        from tui.history.archive.schema import ArchiveError

        if self.past is None:
            return
        for pod in pods:
            question = (id(fleet), pod, start, width)
            if question in self._asked:
                continue
            self._asked.add(question)
            try:
                await self.past.older(fleet, pod, start, end, width)
            except ArchiveError as error:
                fleet.remember(pod, Older(start, end, width, EMPTY))
                self._say(UserMessage(f"the recording cannot be read: {error}"))
            finally:
                self._asked.discard(question)
            self._tell()

    async def _take_in_the_past(self, cloud: Cloud) -> None:
        if self._source.history is None:
            return
        loop = asyncio.get_running_loop()
        self._fleet.past = True
        told = loop.time()
        async for at, snapshot in self._source.history(cloud):
            self._pods_told(snapshot, at)
            if loop.time() - told > HISTORY_FRAME:
                told = loop.time()
                self._tell()
        if self._source.prices is not None:
            self._fleet.prices.join(await asyncio.to_thread(self._source.prices))
        self._fleet.past = False

    async def _follow(
        self,
        poller: Poller[T],
        apply: Callable[[T, float, float], object],
        fail: Callable[[CloudError, float, float], None],
    ) -> None:
        clocks = self._source.clocks
        async for reading in poller:
            now = self._source.clock()
            try:
                match reading:
                    case Fresh(value, took):
                        at = now if clocks is None else clocks.answered(took)
                        taken = apply(value, at, max(0.0, took - (now - at)))
                        if isinstance(taken, Awaitable):
                            await taken
                    case Failed(error, retry_in):
                        if isinstance(error, Throttled):
                            self.meter.throttled(self._beat())
                        fail(error, now, now + retry_in * self._source.pace)
            except Exception as error:
                # Whatever is odd in an answer, the next one is asked for: this poll counts as failed.
                self._not_taken_in(own_fault(error, "taking it in"), fail, now + poller.interval * self._source.pace)
            self._tell()

    def _not_taken_in(
        self, error: CloudError, fail: Callable[[CloudError, float, float], None], retry_at: float
    ) -> None:
        try:
            fail(error, self._source.clock(), retry_at)
        except Exception as another:
            own_fault(another, "telling that it could not be taken in")

    def _not_recording(self, error: CloudError) -> None:
        from tui.domain.user_message import UserMessage

        self._recorder = None
        self._say(UserMessage(f"not recording: {error}"))

    def _not_filled(self, error: CloudError) -> None:
        from tui.domain.user_message import UserMessage

        self._judges = True
        self._say(UserMessage(f"the recording cannot be read: {error}"))
