"""The state of `Fleet` as one value that can be copied: whatever is added here is in pauses and replays too."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.alert_rules import AlertRules, Mute
from tui.store.feed import Feed
from tui.store.topic_feeds import TopicFeeds
from tui.store.watched_time import Watched

if TYPE_CHECKING:
    from tui.api.listener import Api
    from tui.api.models import Market, MarketQuery, Offer, Pod, Snapshot
    from tui.domain.attention import Attention
    from tui.domain.events import Event
    from tui.domain.lease import Lease
    from tui.domain.market_watch import MarketWatch
    from tui.domain.operations import Operation
    from tui.storage.owner_file import Duty, Owner
    from tui.store.balances import Balances
    from tui.store.day_means import DayMeans
    from tui.store.earlier import Earlier
    from tui.store.host_telemetry import Telemetry
    from tui.store.kept_log import KeptLog
    from tui.store.pod_inspection import PodInspection
    from tui.store.price_history import Prices
    from tui.store.recent_spend import RecentSpend
    from tui.store.run_history import PastRuns
    from tui.store.run_signals import Run
    from tui.store.series import Samples, Series
    from tui.store.windows import Window

EVENTS = 500
"""Maximum number of events kept in memory."""

State = TypeVar("State", bound="FleetState")
T = TypeVar("T")


def _new_window() -> Window:
    # The first frame needs none.
    from tui.store.windows import Window

    return Window()


class Record(Struct, frozen=True, gc=False):
    """One pod as podtop knows it.

    pod:        the last readable value, None if there never was one.
    unreadable: why the last poll could not be understood, else None.
    series:     telemetry so far; grows in place.
    seen:       when podtop first saw the pod.
    told_at:    when RunPod last reported the pod.
    window:     what it did over time, by which alerts are judged; grows in place.
    idle:       watched seconds without work on any GPU, up to then.
    moved_at:   when the public port of its ssh was last seen to change; None if never.
    """

    id: str
    name: str
    pod: Pod | None
    unreadable: str | None
    series: Series
    seen: float
    told_at: float
    window: Window = field(default_factory=_new_window)
    idle: float = 0.0
    moved_at: float | None = None

    def idle_for(self, now: float) -> float | None:
        """Watched seconds without work on any GPU; None if the pod is not live or has no GPU.

        Only up to the last sample: an outage, a pause or a sleep is not idleness. At most the container's uptime: one
        that was restarted starts at 0.
        """
        if self.pod is None or not pod_health.is_live(self.pod) or not self.pod.gpu_count:
            return None
        idle = max(0.0, self.idle + min(0.0, now - self.told_at))
        uptime = self.pod.runtime.uptime if self.pod.runtime is not None else None
        return idle if uptime is None else min(idle, max(0.0, float(uptime)))

    def phase(self, now: float) -> pod_health.Phase:
        if self.pod is None or self.unreadable is not None:
            return pod_health.Phase.UNREADABLE
        return pod_health.phase(self.pod, self.idle_for(now))


class Older(Struct, frozen=True):
    """A pod's archived samples from `start` to `end`, in steps of `width` seconds.

    silence: seconds between two of them up to which the time between is known, if more than that of live samples:
             a longer one is marked as a gap.
    source: whose they are besides podtop's own recording, in a few words; empty if nobody else's.
    first: when the first sample was taken, which is within its step; None if that is not known more exactly.
    is_loading: whether the rest of them is being read.
    """

    start: float
    end: float
    width: float
    stretch: Samples
    source: str = ""
    silence: float = 0.0
    first: float | None = None
    is_loading: bool = False


class FleetState(TopicFeeds, eq=False, kw_only=True):
    """Pods, money and market as last polled, and their observed history.

    pods_at:  when the pods were last reported; a later response may have come without them.
    is_cut:   whether there were more of them than podtop reads: a pod that is not in `records` may exist.
    tz:       the user's time zone, for clock times in texts; None: the machine's.
    recorded: whether this is an instant of history, from an archive.
    keyless:  whether there is no API key, so that only prices are available.
    inspection: the one pod whose details are shown.
    has_past: whether there is an archive to query for data that are not in memory.
    older:    archived samples of some pods from before those in memory.
    events:   events of the pods, oldest first.
    attention: the alerts as of the last response about the pods, worst first, muted ones among them.
    judged_at: when these were judged; None before the first time. `unjudged`: whether they are not judged yet, as the
               recording, which has what began before, is still being read.
    earlier:  recorded events, once loaded.
    watched:  the unwatched time; `slowness`: the factor by which podtop waits longer than the interval between polls.
    skew:     seconds that RunPod's clock is ahead; pods and machines are corrected for it, days of charges are not.
    past:     True while the source's own history (of a demo) is applied, which is old by nature; `past_share` of it.
    api:      RunPod's API that is used at the moment; None where that is not told apart.
    operations:    operations under way, by the pod's id.
    leases:   leases that podtop enforces, by the pod's id.
    idle_stops: pods that podtop is about to stop because they are idle, by id.
    watches:   market watches, by id.
    owners:    which podtop records and acts for the account, by duty.
    alert_rules: the user's thresholds; mutes: the mutes that are set.
    runs:     training runs, as their signals show them, by the pod's id; only of pods that [signals] names.
    past_runs: earlier runs of pods of whose runs charts were shown by step or since their start, by the pod's id.
    kept_log: lines of their logs that wait to be recorded; None where none are kept.
    asked:    the market for queries other than the poll for one GPU.
    """

    pods_at: float | None = None
    is_cut: bool = False
    snapshot: Feed[Snapshot] = Feed()
    market: Feed[Market] = Feed()
    records: dict[str, Record] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS))
    attention: tuple[Attention, ...] = ()
    judged_at: float | None = None
    unjudged: bool = False
    earlier: Earlier | None = None
    operations: dict[str, Operation] = field(default_factory=dict)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    idle_stops: Mapping[str, Lease] = field(default_factory=dict)
    watches: Mapping[str, MarketWatch] = field(default_factory=dict)
    owners: Mapping[Duty, Owner] = field(default_factory=dict)
    alert_rules: AlertRules = AlertRules()
    mutes: tuple[Mute, ...] = ()
    runs: dict[str, Run] = field(default_factory=dict)
    past_runs: dict[str, PastRuns] = field(default_factory=dict)
    kept_log: KeptLog | None = None
    asked: Mapping[MarketQuery, Feed[Market]] = field(default_factory=dict)
    older: dict[str, Older] = field(default_factory=dict)
    inspection: PodInspection | None = None
    has_past: bool = False
    tz: tzinfo | None = None
    recorded: bool = False
    keyless: bool = False
    past: bool = False
    past_share: float = 0.0
    watched: Watched = field(default_factory=Watched)
    slowness: float = 1.0
    skew: float = 0.0
    api: Api | None = None
    _prices: Prices | None = None
    _host_telemetry: Telemetry | None = None
    _balances: Balances | None = None
    _judged: dict[str, Any] = field(default_factory=dict)
    _judged_from: tuple[object, object] | None = None
    _recent_spend: RecentSpend | None = None
    _day_means: DayMeans | None = None
    _offers_of: Market | None = None
    _offers: dict[str, Offer] = field(default_factory=dict)

    @property
    def prices(self) -> Prices:
        """Prices of all GPUs over the last week. Created on first use: the first frame needs none."""
        if self._prices is None:
            from tui.store.price_history import Prices

            self._prices = Prices()
        return self._prices

    @prices.setter
    def prices(self, prices: Prices) -> None:
        self._prices = prices

    def judged(self, key: str, make: Callable[[], T]) -> T:
        """A value derived from the alerts, computed once for each time that they are judged."""
        before = self._judged_from
        if before is None or before[0] is not self.attention or before[1] is not self.records:
            self._judged_from, self._judged = (self.attention, self.records), {}
        if key not in self._judged:
            self._judged[key] = make()
        value: T = self._judged[key]
        return value

    @property
    def host_telemetry(self) -> Telemetry:
        """Samples of the account's machines. Created with the first response about them."""
        if self._host_telemetry is None:
            from tui.store.host_telemetry import Telemetry

            self._host_telemetry = Telemetry()
        return self._host_telemetry

    @property
    def balances(self) -> Balances:
        """The balance as reported since podtop started."""
        if self._balances is None:
            from tui.store.balances import Balances

            self._balances = Balances()
        return self._balances

    @property
    def recent_spend(self) -> RecentSpend:
        """The account's spend over the last minutes."""
        if self._recent_spend is None:
            from tui.store.recent_spend import RecentSpend

            self._recent_spend = RecentSpend()
        return self._recent_spend

    @property
    def day_means(self) -> DayMeans:
        """The utilisation of old pods over a day."""
        if self._day_means is None:
            from tui.store.day_means import DayMeans

            self._day_means = DayMeans()
        return self._day_means

    def offer(self, gpu_name: str) -> Offer | None:
        """The market's offer of a GPU type by its name; None if there is none, or no price is known yet."""
        market = self.market.value
        if self._offers_of is not market:
            self._offers_of = market
            self._offers = {} if market is None else {offer.name: offer for offer in market.offers}
        return self._offers.get(gpu_name)

    def settled(self, at: float) -> float:
        """When the balance of the response that came at an instant was first reported."""
        return self.balances.settled(at)

    def frozen(self: State) -> State:
        """A copy that later polls do not change. Data that only grow are shared, and read up to an instant.

        Private topics are left out, and so is `past`.
        """
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        own = {name: value.copy() for name, value in values.items() if isinstance(value, dict | deque)}
        public = {"topics": self.public_topics(), "inspection": None, "past": False, "_prices": self.prices}
        return replace(self, **{**own, **public})
