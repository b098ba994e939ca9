"""`Fleet`: the single owner of the state of pods and money, live and over the last day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.api.models import ANYTHING
from tui.store.feed import Feed, is_stale
from tui.store.fleet_series import FEWEST_SAMPLES, FleetSeries
from tui.store.slices import SLICE, Sliced, sliced, whole
from tui.store.watched_time import LONGEST_REQUEST

if TYPE_CHECKING:
    from tui.api.errors import CloudError
    from tui.api.features import Feature
    from tui.api.models import Funds, Market, MarketQuery, Pod, Snapshot, Unreadable
    from tui.domain.events import Event
    from tui.domain.operations import Operation
    from tui.store.fleet_state import Record
    from tui.store.packed_samples import PackedSample

NAMELESS = "unreadable-"
"""The key prefix of a pod that came without its id."""

BEYOND = "RunPod lists more pods than podtop reads, and it is not among those"
"""Why nothing is known of a pod that may exist."""


def _or_restart(event: Event, before: Record, pod: Pod) -> Event:
    """A container that is up again, and is another one, was restarted: so a later run knows of a crash loop too."""
    from msgspec.structs import replace

    from tui.domain.events import Kind

    uptime = pod.runtime.uptime if pod.runtime is not None else None
    if event.kind is not Kind.UP or uptime is None or not before.window.is_another(event.at, uptime):
        return event
    return replace(event, kind=Kind.RESTART, text="container restarted")


class Fleet(FleetSeries, eq=False):
    """Pods, money and market as last polled. One writer; screens read."""

    @property
    def funds(self) -> Funds | None:
        """The account's money in the last response; None if that had none, whatever was known before."""
        return self.snapshot.value.funds if self.snapshot.value else None

    @property
    def lacks(self) -> frozenset[Feature]:
        """What the API in use does not offer of pods and money; empty before its first response."""
        return self.snapshot.value.lacks if self.snapshot.value else frozenset()

    @property
    def market_lacks(self) -> frozenset[Feature]:
        """What the API in use does not offer of the market; empty before its first response."""
        return self.market.value.lacks if self.market.value else frozenset()

    @property
    def silence(self) -> float:
        """Seconds between two samples beyond which a chart shows a gap: podtop slept (failed polls mark their own)."""
        return max(60.0, 3 * self.interval)

    def stale(self, now: float) -> bool:
        """Whether RunPod's last response is too old to look fresh."""
        return not self.past and self.snapshot.stale(now, self.interval)

    def pods_told(self, now: float) -> float | None:
        """When the pods were reported; None if RunPod's last response lacked or doubted them, failed, or is old.

        Only current data may trigger an automatic action.
        """
        polled_at, last = self.pods_at, self.snapshot
        if polled_at is None or last.error is not None or last.value is None or last.value.pods is None:
            return None
        from tui.api.doubt import doubt

        return None if doubt(last.value) or is_stale(now - polled_at, self.interval) else polled_at

    def unread(self, pod: str) -> str:
        """Why the last list of pods does not show the state of one; empty if it does, or if the pod is gone."""
        record = self.records.get(pod)
        if record is None:
            return BEYOND if self.is_cut else ""
        return record.unreadable or ""

    def pods_stale(self, now: float) -> bool:
        """Whether the pods are stale: a response without them renews the money but not the pods."""
        return not self.past and self.pods_at is not None and is_stale(now - self.pods_at, self.interval)

    def market_stale(self, now: float) -> bool:
        return self.market.stale(now, self.market_interval)

    def apply(self, snapshot: Snapshot, at: float, took: float | None = None) -> tuple[Event, ...]:
        """Apply one poll, and return the events since the previous one.

        If the server failed to give the pods, the last ones stay, with a gap.
        """
        return whole(self.taking(snapshot, at, took))

    def taking(
        self, snapshot: Snapshot, at: float, took: float | None = None, samples: dict[str, PackedSample] | None = None
    ) -> Sliced[tuple[Event, ...]]:
        """`apply` in slices: the pods, and their time, are the old ones until it is done.

        samples: receives the sample of each live pod, for a recording.
        """
        self.asked_for_pods(at, took)
        self.snapshot = self.snapshot.succeeded(snapshot, at, took)
        self.balances.tell(at, snapshot.funds.balance if snapshot.funds else None)
        self.recent_spend.tell(at, snapshot.funds.spend_per_hr if snapshot.funds else None)
        if snapshot.pods is None:
            self._gap(at)
            return ()
        happened = yield from self._happened(snapshot, at)
        before = self.pods_at
        # A simulated history has no gaps, however far apart its samples are.
        interval = math.inf if self.past else self.interval * self.slowness
        self.watched.saw(before, at, took, interval)
        # The first frame shows no pods.
        from tui.store import record_of
        from tui.store.holds import cadence_of

        cadence = cadence_of(interval, min(took or 0.0, LONGEST_REQUEST))
        limit = self._limit or FEWEST_SAMPLES
        records: dict[str, Record] = {}
        for pause, pod in sliced(snapshot.pods):
            if pause:
                yield
            records[pod.id] = record_of.of_pod(pod, self.records.get(pod.id), at, cadence, limit, samples)
        beyond, maybe = self._beyond(snapshot), self._maybe(snapshot)
        named = [broken for broken in snapshot.unreadable if broken.id]
        nameless = [broken for broken in snapshot.unreadable if not broken.id]
        # An entry without an id is one of the missing pods; any beyond their number are other pods.
        for number, broken in enumerate((*named, *beyond, *maybe, *nameless[len(maybe) :])):
            key = broken.id or f"{NAMELESS}{number}"
            record = record_of.of_unreadable(key, broken, self.records.get(key), at, limit)
            records.setdefault(key, record)
        derived = yield from self._deriving(records, at)
        replaced = list(self.records.values())
        # Both at once: code that waits for a new state of a pod must not take the old one for it.
        self.records, self.pods_at, self.is_cut = records, at, snapshot.is_cut
        self._derived_from, self._derived = records, derived
        self.events.extend(happened)
        self._share_memory()
        # To let go of very many takes its time too.
        while len(replaced) >= SLICE:
            del replaced[-SLICE:]
            yield
        return happened

    def _maybe(self, snapshot: Snapshot) -> tuple[Unreadable, ...]:
        """Known pods that an entry without an id may stand for: nobody knows that they are gone."""
        if snapshot.is_cut or all(broken.id for broken in snapshot.unreadable):
            return ()
        return self._missing(snapshot, "RunPod returned a pod without an ID; it may be this one")

    def _beyond(self, snapshot: Snapshot) -> tuple[Unreadable, ...]:
        """Known pods that may be in the part of the list that was not read: nobody knows that they are gone."""
        return self._missing(snapshot, BEYOND) if snapshot.is_cut else ()

    def _missing(self, snapshot: Snapshot, why: str) -> tuple[Unreadable, ...]:
        """Known pods that a response does not have."""
        from tui.api.models import Unreadable

        listed = {pod.id for pod in snapshot.pods or ()} | {broken.id for broken in snapshot.unreadable}
        return tuple(
            Unreadable(record.id, record.name, why)
            for record in self.records.values()
            if record.id not in listed and not record.id.startswith(NAMELESS)
        )

    def _happened(self, snapshot: Snapshot, at: float) -> Sliced[tuple[Event, ...]]:
        """Events between the previous report of the pods and this one; none before the first."""
        before = self.pods_at
        if before is None or snapshot.pods is None:
            return ()
        from tui.domain.events import between

        there = {pod.id for pod in snapshot.pods}
        unknown = (*snapshot.unreadable, *self._beyond(snapshot), *self._maybe(snapshot))
        there |= {broken.id for broken in unknown if broken.id}
        gone = [r for r in self.records.values() if r.pod is not None and r.id not in there]
        happened = [event for r in gone for event in between(r.id, r.pod, None, before, at)]
        for pause, pod in sliced(snapshot.pods):
            if pause:
                yield
            old = self.records.get(pod.id)
            if old is None:
                happened += between(pod.id, None, pod, before, at)
            elif old.pod is not None:
                happened += (_or_restart(event, old, pod) for event in between(pod.id, old.pod, pod, before, at))
        return tuple(sorted(happened, key=lambda event: event.at))

    def asked_for_pods(self, at: float, took: float | None = None, retry_at: float | None = None) -> None:
        """A poll ended, successfully or not: this settles which time before it was unwatched."""
        self.watched.asked(at, took, math.inf if self.past else self.interval * self.slowness, retry_at)

    def fail(self, error: CloudError, at: float, retry_at: float | None = None) -> None:
        """A poll failed: keep the last values, record since when, and put a gap in every series."""
        self.asked_for_pods(at, LONGEST_REQUEST, retry_at)
        self.snapshot = self.snapshot.failed(error, at, retry_at)
        self._gap(at)

    def apply_market(self, market: Market, at: float, took: float | None = None) -> None:
        whole(self.taking_market(market, at, took))

    def taking_market(self, market: Market, at: float, took: float | None = None) -> Sliced[None]:
        """Apply a price response, a slice at a time; the previous prices are shown until the end."""
        yield from self.prices.telling(market, at, max(60.0, 3 * self.market_interval))
        self.market = self.market.succeeded(market, at, took)

    def fail_market(self, error: CloudError, at: float, retry_at: float | None = None) -> None:
        self.market = self.market.failed(error, at, retry_at)
        self.asked = {demand: feed.failed(error, at, retry_at) for demand, feed in self.asked.items()}

    def apply_asked(
        self, answers: Mapping[MarketQuery, Market | CloudError], at: float, took: float | None = None
    ) -> None:
        """Apply the market queries beyond the poll for one GPU; queries no longer requested are dropped."""
        asked: dict[MarketQuery, Feed[Market]] = {}
        for demand, answer in answers.items():
            feed = self.asked.get(demand, Feed())
            asked[demand] = (
                feed.failed(answer, at) if isinstance(answer, Exception) else feed.succeeded(answer, at, took)
            )
        self.asked = asked

    def market_for(self, demand: MarketQuery) -> Feed[Market]:
        """The market for a query."""
        return self.market if demand == ANYTHING else self.asked.get(demand, Feed())

    def apply_topic(self, name: str, value: object, at: float, took: float | None = None) -> None:
        super().apply_topic(name, value, at, took)
        if name == "hosts" and self.hosts.value is not None:
            self.host_telemetry.tell(self.hosts.value, at)

    def fail_topic(self, name: str, error: CloudError, at: float, retry_at: float | None = None) -> None:
        super().fail_topic(name, error, at, retry_at)
        if name == "hosts":
            self.host_telemetry.fail(at)

    def begin(self, deed: Operation) -> None:
        """An operation on a pod started or progressed: its row shows it."""
        self.operations[deed.pod] = deed

    def finish(self, deed: Operation, event: Event | None) -> None:
        """The operation on a pod is over; `event` is its outcome, if not yet reported."""
        if self.operations.get(deed.pod, deed).id == deed.id:
            self.operations.pop(deed.pod, None)
        if event is not None:
            self.events.append(event)

    # Memory need not keep what is in an archive

    def recalled(self, snapshot: Snapshot, at: float, records: dict[str, Record]) -> None:
        """Take over a response as it was recorded, and the pods as they were known with it."""
        self.snapshot = self.snapshot.succeeded(snapshot, at)
        self.records, self.pods_at, self.is_cut = records, at, snapshot.is_cut
        self._derived_from, self._derived = records, whole(self._deriving(records, at))
