"""`Intake`: what becomes of responses: into the fleet, judged, recorded, logged. It polls nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from tui import turns
from tui.api import log_lines
from tui.api.errors import CloudError, NotOffered, Throttled
from tui.services.barrier import own_fault
from tui.services.messages import post_switched
from tui.store.slices import Sliced, whole

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.config.loader import Config
    from tui.domain.events import Event
    from tui.domain.user_message import UserMessage
    from tui.history.archive.facts import Facts
    from tui.history.recorder import Recorder
    from tui.services.account_check import AccountCheck
    from tui.services.api_watch import ApiWatch
    from tui.services.kept_facts import KeptFacts
    from tui.services.market_questions import Answers
    from tui.services.source import Source
    from tui.services.topics import TopicPollers
    from tui.store.alert_tracker import AlertTracker
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet
    from tui.store.packed_samples import PackedSample


def _log(events: Iterable[Event]) -> None:
    for event in events:
        log_lines.event("watch", "event", kind=event.kind, pod=event.pod, text=event.text)


class Intake:
    """The part of a `Monitor` that takes responses, and failures, in: one after the other, each as a whole."""

    api: ApiWatch
    _source: Source
    _config: Config
    _fleet: Fleet
    _on_change: Callable[[], object]
    _post: Callable[[UserMessage], object]
    _before: Callable[[Snapshot], Awaitable[object]] | None
    _topics: TopicPollers
    _cloud: Cloud | None
    _account: AccountCheck
    _kept_facts: KeptFacts
    _chronicle: AlertTracker | None
    _recorder: Recorder | None
    _first: float | None
    _begun: asyncio.Event
    _asks_for_hosts: bool
    _judges: bool
    _unkept: bool
    _taking_in: asyncio.Lock

    @property
    def chronicle(self) -> AlertTracker:
        """Reports what begins and ends."""
        if self._chronicle is None:
            from tui.store.alert_tracker import AlertTracker

            self._chronicle = AlertTracker()
        return self._chronicle

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
        sure = self._is_sure
        judged: tuple[Event, ...] = ()
        state = self._source.hub() if self._source.hub is not None else None
        if state is not None:
            from tui.services.hub.reader import taking_over

            yield from taking_over(self._fleet, state, at, self._source.skew)
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

    @property
    def _is_sure(self) -> bool:
        """Whether responses are judged: what is dated by a clock that may have been changed begins and ends nothing."""
        return self._source.clocks is None or not self._source.clocks.doubtful

    def _judging_the_last(self) -> Sliced[None]:
        """Judge the last response, which came before the recording was read."""
        fleet, at = self._fleet, self._fleet.pods_at
        if at is None or self._source.hub is not None or not self._is_sure or fleet.snapshot.error is not None:
            return
        if fleet.judged_at is not None and fleet.judged_at >= at:
            # Another response came first.
            return
        judged = yield from self.chronicle.judging(fleet, at)
        fleet.events.extend(judged)
        post_switched(judged, self._post)
        _log(judged)
        self._hand_over(lambda recorder: recorder.happened(judged))

    def _facts(self, *, is_judged: bool, are_told: bool) -> Facts | None:
        """What was concluded from a response, for the recording. `are_told`: whether it had the pods."""
        if self._recorder is None:
            return None
        from tui.history.archive.facts import Facts

        alerts = self.chronicle.current if self._judges and is_judged else None
        return Facts(self._fleet.records if are_told else None, alerts, dict(self._fleet.runs), self._fleet.kept_log)

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
