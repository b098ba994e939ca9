"""Views of single GPUs: which ones there are, what each does, and since when. Pure; an unknown GPU is never idle.

A GPU is known while its pod is reported: with stale data nothing is known of it but what it last did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import pod_health
from tui.store import metrics
from tui.store.metrics import UTIL
from tui.store.slices import Sliced, sliced
from tui.store.views.attention import kinds_of, ranks
from tui.store.views.sparkline import sparkline
from tui.store.watched_time import idle_in

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.holds import Hold

LOOKED_BACK = 2 * 3600.0
"""Seconds in which the last work of a GPU is looked for, if its pod works."""

REPORTS_WORK = 90.0
"""Utilization from which a GPU of a hung pod is one that only says it works."""


class Doing(StrEnum):
    """What a GPU does, as far as known."""

    WORKS = "busy"
    IDLE = "idle"
    LAGS = "lags"
    HUNG = "hung"
    HOT = "hot"
    BOOTING = "booting"
    UNKNOWN = "unknown"


_RESTING = (Doing.IDLE, Doing.UNKNOWN, Doing.BOOTING)


class Group(Struct, frozen=True):
    """A pod with its GPUs, which are numbered from 0."""

    pod: str
    name: str
    size: int


class Spot(Struct, frozen=True):
    """One GPU on a map: what it does, its utilization as last known, and whether that needs attention."""

    doing: Doing
    util: float | None
    loud: bool = False


class Gpu(Struct, frozen=True, gc=False):
    """All that is known of one GPU: percents, °C, watts, dollars per hour.

    last:    its utilization as last known, also if that is too old to say what it does.
    nominal: watts that its type can draw at most.
    since:   seconds that it has done so (`doing`), if known; `at_least`: whether it may be longer.
    cost:    its share of the pod's price.
    wasted:  what it wastes, if what it does is a waste: that share; of one that the others wait for, what they waste.
    spark:   mean utilization of the last minutes, oldest first.
    loud:    whether what it does needs attention.
    """

    index: int
    doing: Doing
    util: float | None = None
    last: float | None = None
    vram: float | None = None
    temp: float | None = None
    watts: float | None = None
    nominal: float | None = None
    since: float | None = None
    at_least: bool = False
    cost: float | None = None
    wasted: float | None = None
    spark: tuple[float | None, ...] = ()
    loud: bool = False


def count_of(record: Record) -> int:
    """The number of GPUs that a pod has now: none if it is stopped."""
    return pod_health.gpus_now(record.pod) if record.pod is not None else 0


def groups(fleet: Fleet, keys: Sequence[str]) -> tuple[Group, ...]:
    """The pods among these that have GPUs now, in that order."""
    by_pod = fleet.of_all("gpu groups", _grouping)
    return tuple(group for key in keys if (group := by_pod.get(key)) is not None)


def _grouping(records: Collection[Record]) -> Sliced[dict[str, Group]]:
    by_pod: dict[str, Group] = {}
    for pause, record in sliced(records):
        if pause:
            yield
        if count := count_of(record):
            by_pod[record.id] = Group(record.id, record.name or record.id, count)
    return by_pod


def spots(fleet: Fleet, pod: str, now: float) -> tuple[Spot, ...]:
    """What each GPU of a pod does."""
    record = fleet.records.get(pod)
    if record is None or record.pod is None:
        return ()
    runtime, count = record.pod.runtime, count_of(record)
    utils = [gpu.util for gpu in runtime.gpus] if runtime is not None and pod_health.is_live(record.pod) else []
    utils += [None] * (count - len(utils))
    does = doings(fleet, record, utils, now)
    # One that is idle beside others that work, or whose pod has an alert; a pod between two runs is not news.
    is_loud = record.id in ranks(fleet) or any(each not in _RESTING for each in does)
    return tuple(Spot(each, util, is_loud) for each, util in zip(does, utils, strict=True))


def doings(fleet: Fleet, record: Record, utils: Sequence[float | None], now: float) -> list[Doing]:
    """What the GPUs of a pod do, by their utilization, by what they draw, and by their temperature."""
    pod = record.pod
    if pod is None or record.unreadable is not None or fleet.pods_stale(now):
        return [Doing.UNKNOWN] * len(utils)
    if pod_health.is_booting(pod):
        return [Doing.BOOTING] * len(utils)
    kinds = kinds_of(fleet).get(record.id, {})
    is_hung = not kinds.keys().isdisjoint(("hung", "latched"))
    lagging = _lagging(record, utils) if "straggler" in kinds else frozenset()
    latest = metrics.fresh(pod, now)
    hot = _hot() if latest else 0.0
    temps = [gpu.temperature_c for gpu in latest]

    def doing(index: int, util: float | None) -> Doing:
        if util is None:
            return Doing.UNKNOWN
        if util < pod_health.BUSY_PERCENT:
            return Doing.IDLE
        if is_hung and util >= REPORTS_WORK:
            return Doing.HUNG
        temp = temps[index] if index < len(temps) else None
        if temp is not None and temp >= hot:
            return Doing.HOT
        return Doing.LAGS if index in lagging else Doing.WORKS

    return [doing(index, util) for index, util in enumerate(utils)]


def _lagging(record: Record, utils: Sequence[float | None]) -> frozenset[int]:
    """The GPUs that an alert about a straggler is about; in history, where only the alert is known, by their values."""
    from tui.store.apart_window import AT_WORK, BEHIND, FEWEST

    if settled := frozenset(index for index, lag in record.window.apart.lags.items() if lag.hold.is_settled):
        return settled
    ordered = sorted(util for util in utils if util is not None)
    few = len(ordered) // FEWEST
    others = ordered[few + (len(ordered) - few) // 2] if few else 0.0
    if 2 * others < AT_WORK:
        return frozenset()
    return frozenset(index for index, util in enumerate(utils) if util is not None and 2 * (others - util) >= BEHIND)


def gpus(fleet: Fleet, pod: str, now: float, spark: int = 0) -> tuple[Gpu, ...]:
    """All that is known of the GPUs of a pod. `spark`: minutes of their utilization."""
    record = fleet.records.get(pod)
    if record is None or record.pod is None:
        return ()
    value = record.pod
    seen = spots(fleet, pod, now)
    runtime = value.runtime.gpus if value.runtime is not None and pod_health.is_live(value) else ()
    latest = metrics.fresh(value, now)
    from tui.domain.gpu_power import nominal_w

    nominal = nominal_w(value.machine.gpu_name) if value.machine else None
    cost = value.cost_per_hr / len(seen) if value.cost_per_hr is not None and seen else None
    waited_for = _waited_for(fleet, record, sum(spot.doing is Doing.LAGS for spot in seen))
    all_idle = all(spot.doing is Doing.IDLE for spot in seen)

    def gpu(index: int, spot: Spot) -> Gpu:
        known = spot.doing is not Doing.UNKNOWN
        now_of, late = (group[index] if index < len(group) else None for group in (runtime, latest))
        since, at_least = _since(fleet, record, index, spot.doing, now, all_idle)
        return Gpu(
            index, spot.doing, spot.util if known else None, spot.util, now_of.memory if now_of and known else None,
            late.temperature_c if late and known else None, late.power_w if late and known else None, nominal,
            since, at_least, cost, waited_for if spot.doing is Doing.LAGS else cost,
            sparkline(record, now, spark, UTIL.of_gpu(index)) if spark else (), spot.loud,
        )  # fmt: skip

    return tuple(gpu(index, spot) for index, spot in enumerate(seen))


def _waited_for(fleet: Fleet, record: Record, lagging: int) -> float | None:
    """Dollars per hour that are wasted for each GPU of a pod that lags: there is one price of that, the alert's."""
    alert = kinds_of(fleet).get(record.id, {}).get("straggler")
    return alert.wasted_per_hr / lagging if lagging and alert is not None and alert.wasted_per_hr is not None else None


def troubled(fleet: Fleet, keys: Iterable[str], now: float) -> Iterator[tuple[Record, tuple[Gpu, ...]]]:
    """Those of the pods that have GPUs which need attention, with these GPUs, in the same order."""
    calm = (Doing.WORKS, Doing.UNKNOWN)
    for key in keys:
        if not any(spot.loud and spot.doing not in calm for spot in spots(fleet, key, now)):
            continue
        if needy := tuple(gpu for gpu in gpus(fleet, key, now) if gpu.loud and gpu.doing not in calm):
            yield fleet.records[key], needy


def _hot() -> float:
    # With the first sample there are windows; the first frame needs none.
    from tui.store.windows import HOT_C

    return HOT_C


_ALERTS: Mapping[Doing, tuple[str, ...]] = {
    Doing.HUNG: ("hung", "latched"), Doing.LAGS: ("straggler",), Doing.HOT: ("hot",),
}  # fmt: skip


def _since(
    fleet: Fleet, record: Record, index: int, doing: Doing, now: float, all_idle: bool
) -> tuple[float | None, bool]:
    """Seconds for which a GPU has done what it does, and whether that may be less than it is."""
    if doing is Doing.IDLE:
        if all_idle:
            return record.idle_for(now), False
        if (hold := record.window.apart.unused.get(index)) is not None and hold.is_settled:
            return _told(fleet, record, "unused", hold, record.window.apart.unused.values()), False
        idle, worked = idle_in(record.series.stretch(now - LOOKED_BACK, (UTIL.of_gpu(index),)), fleet.interval)
        return idle, not worked
    if doing is Doing.BOOTING:
        change = record.pod.status_change if record.pod is not None else None
        return (max(0.0, now - change.at) if change is not None and change.at is not None else None), False
    lags = record.window.apart.lags
    if doing is Doing.LAGS and (lag := lags.get(index)) is not None and lag.hold.is_settled:
        return _told(fleet, record, "straggler", lag.hold, (each.hold for each in lags.values())), False
    kinds = kinds_of(fleet).get(record.id, {})
    alert = next((kinds[kind] for kind in _ALERTS.get(doing, ()) if kind in kinds), None)
    return (alert.lasts if alert is not None else None), False


def _told(fleet: Fleet, record: Record, kind: str, hold: Hold, holds: Iterable[Hold]) -> float:
    """For how long one of several GPUs has done so. Of that for which it is longest, an alert says it: both agree."""
    alert = kinds_of(fleet).get(record.id, {}).get(kind)
    if alert is None or alert.lasts is None or any(other.total > hold.total for other in holds):
        return hold.total
    return alert.lasts
