"""What `Fleet` knows, as one value that can be copied: whatever is added here is in pauses and replays too."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from tui.domain import pod_health
from tui.store.feed import Feed
from tui.store.topic_feeds import TopicFeeds
from tui.store.watched_time import Watched

if TYPE_CHECKING:
    from tui.api.models import Market, MarketQuery, Pod, Snapshot
    from tui.domain.events import Event
    from tui.domain.lease import Lease
    from tui.domain.market_watch import MarketWatch
    from tui.domain.operations import Operation
    from tui.store.balances import Balances
    from tui.store.earlier import Earlier
    from tui.store.host_telemetry import Telemetry
    from tui.store.pod_inspection import PodInspection
    from tui.store.price_history import Prices
    from tui.store.series import Samples, Series

EVENTS = 500
"""How many events are kept in memory."""

State = TypeVar("State", bound="FleetState")


class Record(Struct, frozen=True, gc=False):
    """One pod as podtop knows it.

    pod:        the last readable value, None when it never was.
    unreadable: why the last poll could not be understood, else None.
    series:     telemetry so far; grows in place.
    seen:       when podtop first saw the pod.
    told_at:    when RunPod last told of the pod.
    idle:       seconds without work on any GPU that podtop watched, since it first saw the pod.
    earlier:    such seconds before that, by a recording; None from when it was seen at work, or down.
    known:      whether the last poll told of all its GPUs.
    moved_at:   when the public port of its ssh was last seen to change; None where it never was.
    """

    id: str
    name: str
    pod: Pod | None
    unreadable: str | None
    series: Series
    seen: float
    told_at: float
    idle: float = 0.0
    earlier: float | None = None
    known: bool = False
    moved_at: float | None = None

    def idle_for(self, now: float) -> float | None:
        """Watched seconds without work on any GPU; None when the pod is not live or has no GPU.

        No further than the last sample: an outage, a pause or a sleep is not idleness.
        """
        if self.pod is None or not pod_health.is_live(self.pod) or not self.pod.gpu_count:
            return None
        return max(0.0, self.idle + (self.earlier or 0.0) + min(0.0, now - self.told_at))


class Older(Struct, frozen=True):
    """What an archive says of a pod from `start` to `end`, in steps of `width` seconds."""

    start: float
    end: float
    width: float
    stretch: Samples


class FleetState(TopicFeeds, eq=False, kw_only=True):
    """Pods, money and market as last polled, and what was seen of them.

    pods_at:  when the pods were last told; later than that an answer may have come without them.
    recorded: whether this is a past instant, out of an archive.
    keyless:  whether there is no API key, so that prices are all there is.
    inspection: the one pod that is looked at closely.
    has_past: whether there is an archive to ask for what memory does not have.
    older:    what an archive says of some pods before what memory has.
    events:   what happened to the pods, oldest first.
    earlier:  what a recording tells of what happened, once it was asked.
    watched:  which time nobody saw; `slowness` by how much longer than the interval podtop waits between polls.
    skew:     seconds that RunPod's clock is ahead; pods and machines are told without it, days of charges with it.
    past:     True while a recorded past is taken in, which is old by nature.
    operations:    what is under way, by the pod's id.
    leases:   what podtop itself is to stop, by the pod's id.
    watches:   what is waited for, by its id.
    asked:    the market as others than the poll for one GPU want to see it.
    """

    pods_at: float | None = None
    snapshot: Feed[Snapshot] = Feed()
    market: Feed[Market] = Feed()
    records: dict[str, Record] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS))
    earlier: Earlier | None = None
    operations: dict[str, Operation] = field(default_factory=dict)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    watches: Mapping[str, MarketWatch] = field(default_factory=dict)
    asked: Mapping[MarketQuery, Feed[Market]] = field(default_factory=dict)
    older: dict[str, Older] = field(default_factory=dict)
    inspection: PodInspection | None = None
    has_past: bool = False
    recorded: bool = False
    keyless: bool = False
    past: bool = False
    watched: Watched = field(default_factory=Watched)
    slowness: float = 1.0
    skew: float = 0.0
    _prices: Prices | None = None
    _host_telemetry: Telemetry | None = None
    _balances: Balances | None = None

    @property
    def prices(self) -> Prices:
        """What GPUs cost over the last week. Made when it is first asked for: the first frame needs none."""
        if self._prices is None:
            from tui.store.price_history import Prices

            self._prices = Prices()
        return self._prices

    @prices.setter
    def prices(self, prices: Prices) -> None:
        self._prices = prices

    @property
    def host_telemetry(self) -> Telemetry:
        """Samples of the account's machines. Made when there is first an answer about them."""
        if self._host_telemetry is None:
            from tui.store.host_telemetry import Telemetry

            self._host_telemetry = Telemetry()
        return self._host_telemetry

    @property
    def balances(self) -> Balances:
        """The balance as it was told since podtop began."""
        if self._balances is None:
            from tui.store.balances import Balances

            self._balances = Balances()
        return self._balances

    def frozen(self: State) -> State:
        """All of this as it is now: later polls do not change it. What only grows is shared, and read up to an instant.

        What is private is left out, and that it may be a past that is just taken in.
        """
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        own = {name: value.copy() for name, value in values.items() if isinstance(value, dict | deque)}
        public = {"topics": self.public_topics(), "inspection": None, "past": False, "_prices": self.prices}
        return replace(self, **{**own, **public})
