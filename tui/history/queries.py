"""`HistoryQueries`: queries a recording, in a separate thread, for the data that screens show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tui.api.models import Pod
from tui.domain import pod_health
from tui.domain.events import Event, between
from tui.domain.user_message import UserMessage
from tui.history.archive import codec
from tui.history.archive.compaction import BRIEF
from tui.history.archive.reader import Recording
from tui.history.archive.schema import NO_MEMORY, ArchiveError, answered
from tui.history.archive.writer import MARKET
from tui.history.idle_times import idle_before
from tui.history.instant import Ask, fleet_at, read_into, samples_of
from tui.store.alert_tracker import RECALLED
from tui.store.earlier import Earlier
from tui.store.fleet import Fleet
from tui.store.fleet_state import Older, Record
from tui.store.price_history import Prices, as_of
from tui.store.series import Samples
from tui.store.signal_series import SignalSeries
from tui.store.slices import Sliced, whole
from tui.store.stretches import SAME, cut, first_known, join, reduced
from tui.store.views.event_log import MOST, REACH
from tui.store.window_fill import LONG_AGO, recall_events, window_of, window_reach, window_step
from tui.store.windows import Window
from tui.turns import give_way

T = TypeVar("T")
Spans = tuple[tuple[float, float], ...]

FEW_PODS = 200
"""Pods up to which all samples that memory has room for are read at the start."""

RUNS_REACH = 30 * 86_400.0
"""Seconds back in which earlier runs are looked for."""

AHEAD = 1.0
"""Seconds by which current data may be dated ahead."""


def _unheeded(pod: str, is_new: bool) -> None:
    """Leave samples unread."""


async def _at_once(work: Sliced[None]) -> None:
    whole(work)


class HistoryQueries:
    """A recording that can be queried without blocking the event loop. Queries raise ArchiveError.

    post:  called once with what of it had to be left out.
    clock: now; data dated later were written by a clock that was ahead, and are not returned yet. None: return all.
    """

    def __init__(
        self,
        path: Path,
        post: Callable[[UserMessage], object] = lambda note: None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._post = post
        self._told = False
        self._recording: Recording | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recording")

    async def ask(self, question: Callable[[Recording], T]) -> T:
        """The recording's result for a query."""
        try:
            asked = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)
        except RuntimeError as error:
            # No thread is available, or this is closed: either way the content is unknown.
            raise ArchiveError(NO_MEMORY if "thread" in str(error) else "already closed") from error
        answer, damaged = await asked
        if damaged and not self._told:
            self._told = True
            rows = "1 damaged row" if damaged == 1 else f"{damaged:,} damaged rows"
            self._post(UserMessage(f"{rows} of the recording skipped; their data is missing here ({self.path})"))
        return answer

    def _answer(self, question: Callable[[Recording], T]) -> tuple[T, int]:
        if self._recording is not None and self._recording.outdated:
            self._recording.close()
            self._recording = None
        with answered():
            if self._recording is None:
                self._recording = Recording(self.path)
            if self._clock is not None:
                self._recording.until = self._clock() + AHEAD
            return question(self._recording), self._recording.damaged

    def close(self) -> None:
        """Close the file once the last query is done."""

        def close() -> None:
            if self._recording is not None:
                self._recording.close()

        # When memory is short, no thread may be available.
        with suppress(RuntimeError):
            self._thread.submit(close)
        self._thread.shutdown(wait=False)

    # Queries of screens

    async def fill(
        self,
        fleet: Fleet,
        first: float,
        now: float,
        take_in: Callable[[Sliced[None]], Awaitable[None]] = _at_once,
    ) -> tuple[Event, ...]:
        """Prepend what was recorded before the first poll to a fleet's samples and events.

        take_in: does the work on the fleet, a slice at a time.
        Returns the events of the unwatched time before it, which are not reported anywhere yet.
        """
        samples = await self.ask(partial(_samples_before, fleet=fleet, pods=len(fleet.records), end=first))
        events = await self.ask(lambda recording: recording.events(now - 86_400.0, first))
        long_ago = await self.ask(lambda recording: recording.latest(LONG_AGO))
        missed = await self.ask(partial(_missed, first=first, present=fleet.records.copy(), is_cut=fleet.is_cut))
        start = now - fleet.reach
        recent = {pod: cut(stretch, start, first) for pod, stretch in samples.items()}
        await take_in(fleet.prefilling(recent, {}))
        # Behind what is drawn: of very many pods, what alerts are judged by takes several times as long.
        windows = await self.ask(
            partial(_windows_of, samples=samples, records=fleet.records.copy(), interval=fleet.interval)
        )
        await take_in(fleet.prefilling(recent, windows))
        spans = await self.spans()
        if not any(start <= first - 0.001 <= end for start, end in spans):
            last = max((end for _, end in spans if end < first), default=None)
            if last is not None:
                fleet.watched.missed(last, first)
        idle = await self.ask(partial(idle_before, records=fleet.records.copy(), end=first, interval=fleet.interval))
        await take_in(fleet.were_idle(idle))
        recall_events(fleet.records, (*long_ago, *events, *missed))
        # Events from before the first response may be recorded by now.
        since = tuple(event for event in fleet.events if event not in events)
        fleet.events.clear()
        fleet.events.extend((*events, *missed, *since))
        return missed

    async def pods_before(self, first: float) -> tuple[Pod, ...]:
        """The pods as last recorded before an instant."""

        def found(recording: Recording) -> tuple[Pod, ...]:
            last = max((min(end, first - 0.001) for start, end in recording.spans() if start < first), default=None)
            snapshot = recording.snapshot(last) if last is not None else None
            return (snapshot.pods or ()) if snapshot is not None else ()

        return await self.ask(found)

    async def older(self, fleet: Fleet, pod: str, start: float, end: float, width: float) -> None:
        """Load a pod's samples from `start` to `end`, in steps of `width` seconds, into the fleet."""
        fleet.remember(pod, await self.ask(partial(_older, pod=pod, start=start, end=end, width=width)))

    async def runs_of(self, pod: str, until: float) -> tuple[SignalSeries, ...]:
        """The last runs of a pod up to an instant, oldest first."""
        return await self.ask(lambda recording: recording.runs_of(pod, until - RUNS_REACH, until))

    async def events(self, start: float, end: float, pod: str | None = None) -> tuple[Event, ...]:
        return await self.ask(lambda recording: recording.events(start, end, pod))

    async def log(self, now: float) -> Earlier:
        """All recorded events, within bounds, and the names of all recorded pods."""

        def found(recording: Recording) -> Earlier:
            # For a recording that ended long ago, the range is counted back from its own end.
            last = min(now, max((end for _, end in recording.spans()), default=now))
            return Earlier(recording.events(last - REACH, now + 1, most=MOST), recording.names(), now)

        return await self.ask(found)

    async def lasting(self) -> tuple[tuple[Event, ...], bytes | None]:
        """Events of alerts, the newest of each kind and pod, oldest first; and the open alerts as last recorded."""
        return await self.ask(lambda recording: (recording.latest(RECALLED), recording.open_alerts()))

    async def prices(self, start: float, end: float) -> Prices:
        return await self.ask(lambda recording: recording.prices(start, end))

    async def sample_near(self, at: float, base: float, forward: bool) -> float:
        """The instant of the sample nearest to `at` that lies beyond `base`; `at` itself if none is near."""

        def found(recording: Recording) -> float:
            near = (recording.sampled(at, True), recording.sampled(at, False))
            return nearest(near, at, base, forward, max(recording.silence, 1.5 * codec.MINUTES))

        return await self.ask(found)

    async def sample_before(self, at: float) -> float:
        """The instant of the last sample not after `at`; `at` itself if none is near.

        Before the first sample of a time that is recorded no pod is known yet: then that one's.
        """

        def found(recording: Recording) -> float:
            last, reach = recording.sampled(at + SAME, False), max(recording.silence, 1.5 * codec.MINUTES)
            if last is not None and at - last <= reach:
                return last
            first = recording.sampled(at, True)
            within = first is not None and any(start <= at and first <= end for start, end in recording.spans())
            if first is not None and within and not ((then := recording.snapshot(at)) and then.pods):
                return first
            return at

        return await self.ask(found)

    async def sample_from(self, at: float) -> float:
        """The instant of the first sample not before `at`; `at` itself if none is near."""

        def found(recording: Recording) -> float:
            first = recording.sampled(at - SAME, True)
            return first if first is not None and first - at <= max(recording.silence, 1.5 * codec.MINUTES) else at

        return await self.ask(found)

    async def next_event(self, at: float, forward: bool) -> Event | None:
        """The first event after an instant, or the last one before it; None if there is none."""
        return await self.ask(lambda recording: recording.next_event(at, forward))

    async def at(self, instant: float, like: Fleet, drawn: Collection[str] = (), wanted: Ask = _unheeded) -> Fleet:
        """The fleet as it was known at an instant.

        drawn:  the pods whose samples are read with it; `wanted` is called with each that is drawn.
        """
        fleet = await self.ask(partial(fleet_at, instant=instant, like=like, drawn=drawn, ask=wanted))
        fleet.keyless = like.keyless
        if fleet.market.value is None and like.market.value is not None:
            # Prices may be known from another source than the recording, if only to 15 minutes.
            known = as_of(like.prices, like.market.value, instant)
            if known is not None:
                fleet.apply_market(known, instant)
                fleet.prices = like.prices
        return fleet

    async def read_on(self, fleet: Fleet, pods: Collection[str], instant: float) -> None:
        """Read the samples of these pods of a fleet of history, shortly before its instant."""
        samples, silence = await self.ask(lambda recording: (samples_of(recording, pods, instant), recording.silence))
        read_into(fleet, samples, silence)

    async def spans(self) -> Spans:
        """The recorded time spans of pods, oldest first; for a recording of prices alone, those of prices."""
        return await self.ask(lambda recording: recording.spans() or recording.spans(MARKET))


def nearest(samples: Iterable[float | None], at: float, base: float, forward: bool, most: float) -> float:
    """The sample nearest to `at` that lies beyond `base`.

    If none is within `most` seconds, `at` itself: no pod was up then that could have been sampled.
    """
    beyond = [s for s in samples if s is not None and (s > base + SAME if forward else s < base - SAME)]
    return min((s for s in beyond if abs(s - at) <= most), key=lambda s: abs(s - at), default=at)


def _samples_before(recording: Recording, fleet: Fleet, pods: int, end: float) -> dict[str, Samples]:
    """The samples of all pods up to `end`."""
    reach = window_reach(pods, fleet.interval)
    if pods <= FEW_PODS:
        # Of very many, charts read what is older when they are drawn.
        reach = max(fleet.reach, reach)
    return recording.all_samples(end - reach, end)


def _windows_of(
    recording: Recording, samples: Mapping[str, Samples], records: Mapping[str, Record], interval: float
) -> dict[str, Window]:
    """The windows of the pods that are on; in the thread of the recording."""
    windows, step = {}, window_step(len(records), interval)
    for key, record in records.items():
        if record.pod is not None and pod_health.is_on(record.pod) and key in samples:
            give_way()
            windows[key] = window_of(samples[key], record.pod, record.told_at, interval, step)
    return windows


def _missed(recording: Recording, first: float, present: Mapping[str, Record], is_cut: bool) -> tuple[Event, ...]:
    """Events between the end of the last recorded span and the first poll.

    is_cut: whether there are more pods than those that are present.
    """
    last = max((end for _, end in recording.spans() if end < first), default=None)
    if last is None or any(start <= first - 0.001 <= end for start, end in recording.spans()):
        return ()
    before = recording.snapshot(last)
    old = {pod.id: pod for pod in (before.pods if before and before.pods else ())}
    events: list[Event] = []
    unread = {broken.id for broken in before.unreadable} if before is not None else set()
    for key in old.keys() | present.keys():
        record = present.get(key)
        # A pod that one of the two lists does not show may have been there all the same.
        if key not in old and (key in unread or (before is not None and before.is_cut)):
            continue
        if (record is None and not is_cut) or (record is not None and record.pod is not None):
            events += between(key, old.get(key), record.pod if record else None, last, first)
    return tuple(sorted(events, key=lambda event: event.at))


def _older(recording: Recording, pod: str, start: float, end: float, width: float) -> Older:
    coarse = width >= 4 * BRIEF and width % BRIEF == 0
    if coarse:
        # A brief sample that begins before the end has what came after it too.
        border = max(start, end // BRIEF * BRIEF)
        rest = reduced(recording.samples(pod, border, end), BRIEF, BRIEF)
        whole = join([recording.brief(pod, start, border), rest])
    else:
        whole = recording.samples(pod, start, end)
    first = first_known(whole)
    if coarse and first is not None:
        first = first_known(recording.samples(pod, max(start, first), min(end, first + BRIEF))) or first
    silence = max(recording.silence, 1.5 * (BRIEF if coarse else codec.MINUTES))
    # A step has the time of its beginning: two may be further apart than the samples are.
    return Older(start, end, width, reduced(whole, width, silence), silence=silence + width, first=first)
