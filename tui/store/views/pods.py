"""Views of the fleet: its rows, their order and values. No formatting: numbers stay numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from msgspec import Struct

from tui.api.enums import INTERRUPTIBLE, ComputeKind
from tui.domain import pod_health
from tui.domain.pod_health import Phase
from tui.store import metrics
from tui.store.metrics import BY_NAME, METRICS
from tui.store.slices import Sliced, sliced
from tui.store.views import attention

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.domain.attention import Attention
    from tui.domain.events import Event
    from tui.domain.filters import Filter
    from tui.domain.lease import Lease
    from tui.domain.operations import Operation
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.metrics import Metric
    from tui.store.pod_inspection import PodInspection


class Query(Struct, frozen=True):
    """What a table shows: the filter, the column to sort by, whether that order is reversed."""

    filter: Filter | None = None
    sort: str = ""
    inverted: bool = False


class PodRow(Struct, frozen=True):
    """One pod's values: durations in seconds, `since` an instant, `cost` per hour.

    figures: by metric name, its GPUs' combined (see `tui.store.metrics`).
    utils:   utilization of each GPU, None where RunPod reports none; empty if the pod is not live.
    util_low: utilization of the GPU that works least.
    spent:   dollars of the present run.
    ports:   the ports it listens on, inside.
    alert:   what is shown beside it; None if it needs no attention. muted: whether all its alerts are muted.
    """

    id: str
    name: str
    phase: Phase
    word: str
    since: float | None
    gpu: str
    gpu_count: int
    figures: Mapping[str, float | None]
    util_low: float | None
    spark: tuple[float | None, ...]
    cost: float | None
    uptime: int | None
    idle_for: float | None
    spot: bool
    location: str
    reason: str
    doing: str = ""
    lost: bool = False
    lease: tuple[str, float] | None = None
    spent: float | None = None
    image: str = ""
    ports: tuple[int, ...] = ()
    cluster: str = ""
    alert: Attention | None = None
    muted: bool = False
    utils: tuple[float | None, ...] = ()


_MAKERS = ("NVIDIA GeForce ", "NVIDIA ", "AMD Instinct ", "AMD ")


def short_name(gpu: str) -> str:
    """The name of a GPU type, or its id, without its maker: most types are called so."""
    for maker in _MAKERS:
        gpu = gpu.removeprefix(maker)
    return gpu


def gpu_name(record: Record) -> str:
    pod = record.pod
    return short_name(pod.machine.gpu_name or "") if pod and pod.machine else ""


def most_gpus(fleet: Fleet) -> int:
    """The GPUs of the largest pod."""
    records = fleet.records.values()
    return fleet.derived("most gpus", math.inf, lambda: max((r.pod.gpu_count for r in records if r.pod), default=0))


def pod_row(
    record: Record,
    now: float,
    spark: int = 0,
    deed: Operation | None = None,
    lease: Lease | None = None,
    alert: Attention | None = None,
    muted: bool = False,
) -> PodRow:
    """The values of one pod at `now`, its operation under way, its lease (action, seconds left), and its alert.

    Telemetry of a pod that is not live is left out: RunPod keeps it for a while.
    """
    # The first frame has no rows.
    from tui.domain.lease import acts_at
    from tui.domain.pod_costs import since_start
    from tui.store.views.sparkline import sparkline

    at = record.phase(now)
    pod = record.pod
    if pod is None or at is Phase.UNREADABLE:
        return PodRow(
            record.id, record.name, at, at.value, None, "", 0, dict.fromkeys(BY_NAME), None, (), None, None, None,
            False, "", record.unreadable or "",
        )  # fmt: skip
    live = pod.runtime if pod_health.is_live(pod) else None
    readings = [g.util for g in live.gpus] if live else []
    missing = max(0, pod.gpu_count - len(readings)) if live else 0
    utils = (*readings, *(None,) * missing)
    change = pod.status_change
    return PodRow(
        id=pod.id,
        name=pod.name,
        phase=at,
        word=pod_health.status_word(pod, at),
        since=change.at if change else None,
        gpu=gpu_name(record),
        gpu_count=pod.gpu_count,
        figures=metrics.figures(pod, now),
        util_low=min((util for util in utils if util is not None), default=None),
        spark=sparkline(record, now, spark) if live else (),
        cost=pod.cost_per_hr,
        uptime=live.uptime if live else None,
        idle_for=record.idle_for(now),
        spot=pod.kind in INTERRUPTIBLE,
        location=_location(pod),
        reason=change.what if change else "",
        doing=deed.word if deed else "",
        lost=bool(deed and deed.lost),
        lease=(lease.action, acts_at(lease) - now) if lease is not None else None,
        spent=since_start(pod),
        image=pod.image or "",
        cluster=pod.cluster_id or "",
        ports=tuple(sorted({p.private for p in live.ports if p.private is not None})) if live else (),
        alert=alert,
        muted=muted,
        utils=utils,
    )


def _location(pod: Pod) -> str:
    """The country of a pod's host, or its data center; empty if neither is known."""
    return (pod.machine.location or pod.machine.data_center or "") if pod.machine else ""


def timers(fleet: Fleet) -> Mapping[str, Lease]:
    """What podtop is going to do to pods, by id: their lease or their idle stop, whichever acts first."""
    if not fleet.idle_stops:
        return fleet.leases
    from tui.domain.lease import acts_at

    both = dict(fleet.leases)
    for pod, stop in fleet.idle_stops.items():
        if pod not in both or acts_at(stop) < acts_at(both[pod]):
            both[pod] = stop
    return both


SPOT, CLUSTER = len(" spot"), len(" cluster")
"""Characters behind a name: that the pod may be taken, and that it is a member of a cluster."""

CPU_ONLY = len("CPU only")
"""Characters in the place of its GPUs for a pod that has none."""


def widest(fleet: Fleet) -> Mapping[str, int]:
    """Characters that the longest texts of some columns take, by the column."""
    return fleet.of_all("widest", _widest)


def _widest(records: Iterable[Record]) -> Sliced[Mapping[str, int]]:
    name = gpu = location = image = 0
    for pause, record in sliced(records):
        if pause:
            yield
        pod = record.pod
        behind = 0
        if pod is not None:
            behind = (SPOT if pod.kind in INTERRUPTIBLE else 0) + (CLUSTER if pod.cluster_id else 0)
        name = max(name, len(record.name) + behind)
        if pod is not None:
            has = len(f"{pod.gpu_count}×") + len(gpu_name(record) or ComputeKind.GPU) if pod.gpu_count else CPU_ONLY
            gpu = max(gpu, has)
            location = max(location, len((pod.machine.location or "") if pod.machine else ""))
            image = max(image, len((pod.image or "").rpartition("/")[2]))
    return {"name": name, "gpu": gpu, "location": location, "image": image}


_ORDER = {phase: rank for rank, phase in enumerate(Phase)}
_Row = TypeVar("_Row")


class Order(NamedTuple, Generic[_Row]):
    """An order of rows: the key (None if unknown), and whether it is ascending."""

    key: Callable[[_Row], Any]
    rising: bool = False


def ordered(rows: list[_Row], order: Order[_Row], inverted: bool) -> list[_Row]:
    """The rows in that order or its reverse; unknown ones come last either way."""
    keys = list(map(order.key, rows))
    known = [number for number, key in enumerate(keys) if key is not None]
    known.sort(key=keys.__getitem__, reverse=order.rising == inverted)
    return [rows[number] for number in known] + [row for row, key in zip(rows, keys, strict=True) if key is None]


def _figure_order(metric: Metric) -> Order[Record]:
    return Order(lambda r: metrics.figure(metric, r.pod) if r.pod else None)


def _uptime(record: Record) -> int | None:
    pod = record.pod
    return pod.runtime.uptime if pod and pod.runtime and pod_health.is_live(pod) else None


def _spent(record: Record) -> float | None:
    if record.pod is None:
        return None
    from tui.domain.pod_costs import since_start

    return since_start(record.pod)


LEASE = "lease"
"""The order of what podtop does first to pods."""

ATTENTION = "attention"
"""The default order: the pods that need attention, the worst first, then by status."""

_POD_ORDERS: dict[str, Order[Record]] = {
    ATTENTION: Order(lambda r: 0, rising=True),
    "status": Order(lambda r: 0, rising=True),
    "name": Order(lambda r: r.name.lower(), rising=True),
    "gpu": Order(lambda r: (gpu_name(r), -(r.pod.gpu_count if r.pod else 0)) if r.pod else None, rising=True),
    **{metric.name: _figure_order(metric) for metric in METRICS},
    "cost": Order(lambda r: r.pod.cost_per_hr if r.pod else None),
    "uptime": Order(_uptime),
    "spent": Order(_spent),
    "location": Order(lambda r: (_location(r.pod) or None) if r.pod else None, rising=True),
    LEASE: Order(lambda r: None, rising=True),
    "id": Order(lambda r: r.id, rising=True),
}
POD_SORTS = tuple(_POD_ORDERS)


_PASSING = frozenset((LEASE, "alert", "loss", "step", "eta", *(m.name for m in METRICS if not m.always)))
"""Orders, and fields of a filter, by what changes between two responses: timers are set, samples become outdated,
alerts are judged and runs report later."""


def pods_rise(query: Query) -> bool:
    """Whether the pods are sorted in ascending order."""
    return _POD_ORDERS[query.sort or ATTENTION].rising != query.inverted


def order_of(fleet: Fleet, now: float, sort: str) -> Order[Record]:
    """The order of pods by a name, at an instant."""
    order = _POD_ORDERS[sort or ATTENTION]
    if sort == LEASE:
        from tui.domain.lease import acts_at

        due = {pod: acts_at(lease) for pod, lease in timers(fleet).items()}
        return order._replace(key=lambda r: due.get(r.id))
    if (metric := BY_NAME.get(sort)) is not None and not metric.always:
        # A sample of its own, which may be outdated.
        return order._replace(key=lambda r: metrics.figure(metric, r.pod, now) if r.pod else None)
    # Idle means running long enough without work.
    if sort == "status":
        phases = fleet.phases(now)
        return order._replace(key=lambda r: _ORDER[phases[r.id]])
    if sort in ("", ATTENTION):
        phases, ranks = fleet.phases(now), attention.ranks(fleet)
        return order._replace(key=lambda r: (ranks.get(r.id, len(ranks)), _ORDER[phases[r.id]]))
    return order


def pods(fleet: Fleet, now: float, query: Query) -> tuple[str, ...]:
    """Ids of the pods that match, sorted; equal ones by name and id, so that rows never jump."""
    if _passes(query):
        return _pods(fleet, now, query)
    # Alerts are judged after the pods of a response are there.
    judged = fleet.judged("epoch", object) if query.filter or query.sort in ("", ATTENTION) else None
    return fleet.derived((query, judged), now, lambda: _pods(fleet, now, query))


def _passes(query: Query) -> bool:
    """Whether the pods that match, or their order, may be others before the next response."""
    terms = query.filter.terms if query.filter else ()
    return query.sort in _PASSING or any(term.field in _PASSING for term in terms)


def _pods(fleet: Fleet, now: float, query: Query) -> tuple[str, ...]:
    records = fleet.of_all("by name", _by_name)
    if query.filter:
        from tui.store.views.pod_filter import readers

        records = list(query.filter.select(records, readers(fleet, now)))
    return tuple(r.id for r in ordered(records, order_of(fleet, now, query.sort), query.inverted))


def _by_name(records: Iterable[Record]) -> Sliced[list[Record]]:
    # Twice by a text is faster than once by two.
    by_id = sorted(records, key=attrgetter("id"))
    yield
    return sorted(by_id, key=lambda r: r.name.lower())


def events(fleet: Fleet, pods: Collection[str], start: float, end: float) -> tuple[Event, ...]:
    """Events of these pods from `start` to `end`, oldest first."""
    return tuple(event for event in fleet.events if event.pod in pods and start <= event.at <= end)


def timeline(fleet: Fleet, inspection: PodInspection | None, pod: str, now: float) -> tuple[Event, ...]:
    """A pod's events up to `now`, oldest first: those recorded, and those seen by this run of podtop since."""
    of_pod = {*(inspection.events if inspection is not None else ()), *events(fleet, (pod,), -math.inf, now)}
    return tuple(sorted((event for event in of_pod if event.at <= now), key=lambda event: event.at))
