"""The items that scripts get: one frozen type per kind, and how it is made from podtop's data.

These names are stable: while `VERSION` is 1, fields are added, never renamed, never given another meaning. Units are
part of the names: `_usd` and `_per_hr` are US dollars and US dollars per hour, `_s` seconds, `_percent` 0..100, `_gb`
as RunPod bills them; times are ISO 8601 in UTC. None means that RunPod does not report the value; it never means
zero.

No secret has a field here: no value of a variable, no argument of a container, no key, no password.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from msgspec import Struct, defstruct

from tui.api.models import GpuReading
from tui.commands.item_fields import item_fields
from tui.commands.run_items import RUN_FIELDS, run_fields
from tui.domain import pod_health, waste
from tui.store.alert_kinds import KINDS
from tui.store.metrics import CONTAINER, METRICS
from tui.store.views import offers as market
from tui.store.views import pods as views

if TYPE_CHECKING:
    from tui.api.models import Funds, Market, Offer, Pod, Quote
    from tui.commands.market import Selection
    from tui.domain.attention import Attention
    from tui.domain.filters import Filter
    from tui.store.alert import Alert
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.run_signals import Run

VERSION = 1
"""The version of the format, under "podtop" in every document."""


def iso(at: float | None) -> str | None:
    """A time as text, in UTC to the second; None if it is outside the calendar."""
    if at is None or not math.isfinite(at):
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def rounded(value: float | None, places: int = 2) -> float | None:
    """A computed figure without digits beyond its precision."""
    return None if value is None or not math.isfinite(value) else round(value, places)


class Money(Struct, frozen=True):
    """The account's money.

    runway_s:     None if unknown, if nothing is spent, or if the account is billed afterwards.
    billing_mode: "PREPAID" or "POSTPAID"; None if not reported.
    balance_at:   when the balance was reported, if that was earlier than the rest.
    pods_per_hr:  what the running pods cost, as far as all are known: less than what the account spends.
    """

    balance_usd: float | None
    spend_per_hr: float | None
    spend_limit_per_hr: float | None
    runway_s: float | None
    billing_mode: str | None
    pods_per_hr: float | None
    balance_at: str | None


def money(funds: Funds | None, pods_per_hr: float | None = None) -> Money | None:
    if funds is None:
        return None
    return Money(
        funds.balance, funds.spend_per_hr, funds.spend_limit, rounded(pod_health.runway(funds), 0), funds.billing_mode,
        rounded(pods_per_hr, 4), iso(funds.as_of),
    )  # fmt: skip


# Pods


GpuItem = defstruct("GpuItem", [(metric.export, float | None) for metric in METRICS if metric.per_gpu], frozen=True)
"""One GPU's figures: from the runtime, and from RunPod's latest sample."""


class PortItem(Struct, frozen=True):
    """`public` and `ip` are None until RunPod has mapped the port."""

    private: int | None
    public: int | None
    ip: str | None
    is_public: bool
    kind: str


class _PodItem(Struct, frozen=True, kw_only=True):
    """One pod.

    phase:  podtop's status: running, idle, booting, stopped, outbid, error, terminated,
            unreadable, other.
    status: RunPod's own status.
    idle_s: seconds without GPU load, as observed by podtop; None if unknown.
    cost_per_hr: its price while it runs.
    unreadable: why podtop cannot read it; then the rest is None.
    """

    id: str
    name: str
    phase: str
    status: str | None = None
    status_change: str | None = None
    status_changed_at: str | None = None
    spot: bool | None = None
    locked: bool | None = None
    cost_per_hr: float | None = None
    gpu_count: int | None = None
    gpu_type: str | None = None
    gpu_util_percent: float | None = None
    gpu_util_lowest_percent: float | None = None
    gpu_memory_percent: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None
    uptime_s: int | None = None
    idle_s: float | None = None
    vcpus: float | None = None
    memory_gb: float | None = None
    container_disk_gb: int | None = None
    volume_gb: float | None = None
    network_volume_id: str | None = None
    image: str | None = None
    location: str | None = None
    data_center: str | None = None
    secure_cloud: bool | None = None
    host_id: str | None = None
    host_gpus_free: int | None = None
    lowest_bid_per_gpu_hr: float | None = None
    maintenance_start: str | None = None
    maintenance_end: str | None = None
    maintenance_note: str | None = None
    cluster_id: str | None = None
    unreadable: str | None = None
    gpus: tuple[GpuItem, ...] = ()  # type: ignore[valid-type]
    ports: tuple[PortItem, ...] = ()


PodItem = defstruct(
    "PodItem",
    [*RUN_FIELDS, *((m.export, float | None, None) for m in CONTAINER if m.export not in _PodItem.__struct_fields__)],
    bases=(_PodItem,), frozen=True, kw_only=True,
)  # fmt: skip
"""One pod with its run, and with a field at the end for every figure of containers that was added after the others."""


def pods(fleet: Fleet, now: float, chosen: Filter | None = None) -> tuple[Struct, ...]:
    """Pods as the Fleet screen filters and sorts them."""
    chosen_pods = views.pods(fleet, now, views.Query(chosen or None))
    return tuple(_pod(fleet.records[id], now, fleet.runs.get(id)) for id in chosen_pods)


def _pod(record: Record, now: float, run: Run | None = None) -> Struct:
    phase = record.phase(now)
    pod = record.pod
    if pod is None or phase is pod_health.Phase.UNREADABLE:
        why = record.unreadable or "no readable data received yet"
        return PodItem(id=record.id, name=record.name, phase=phase.value, unreadable=why)
    row = views.pod_row(record, now)
    change, machine = pod.status_change, pod.machine
    return PodItem(
        id=pod.id,
        name=pod.name,
        phase=phase.value,
        status=pod.status,
        status_change=change.what if change else None,
        status_changed_at=iso(change.at) if change else None,
        spot=None if pod.kind is None else row.spot,
        locked=pod.locked,
        cluster_id=pod.cluster_id,
        cost_per_hr=pod.cost_per_hr,
        gpu_count=pod.gpu_count,
        # As RunPod has it: lists leave the maker out.
        gpu_type=(machine.gpu_name if machine else None) or None,
        gpu_util_percent=rounded(row.figures["util"]),
        gpu_util_lowest_percent=row.util_low,
        gpu_memory_percent=rounded(row.figures["vram"]),
        **{metric.export: row.figures[metric.name] for metric in CONTAINER},
        uptime_s=row.uptime,
        idle_s=_idle(record, pod, now),
        vcpus=pod.vcpus,
        memory_gb=pod.memory_gb,
        container_disk_gb=pod.container_disk_gb,
        volume_gb=pod.volume_gb,
        network_volume_id=pod.network_volume_id,
        image=pod.image,
        location=machine.location if machine else None,
        data_center=machine.data_center if machine else None,
        secure_cloud=machine.secure if machine else None,
        host_id=machine.host_id if machine else None,
        host_gpus_free=machine.gpu_available if machine else None,
        lowest_bid_per_gpu_hr=pod.lowest_bid_to_resume,
        maintenance_start=iso(machine.maintenance_start) if machine else None,
        maintenance_end=iso(machine.maintenance_end) if machine else None,
        maintenance_note=machine.maintenance_note if machine else None,
        gpus=_gpus(pod),
        ports=_ports(pod),
        **run_fields(run, pod, now, iso),
    )


def _idle(record: Record, pod: Pod, now: float) -> float | None:
    """No load in one sample is no idle time yet, and a missing value does not mean no load."""
    if pod_health.busy_gpus(pod):
        return 0.0
    return None if pod_health.unread_gpus(pod) else rounded(record.idle_for(now), 0) or None


def _gpus(pod: Pod) -> tuple[Struct, ...]:
    """The figures of each GPU from the runtime and from RunPod's latest sample, whatever its age."""
    if pod.runtime is None or not pod_health.is_live(pod):
        return ()
    latest = pod.telemetry.gpus if pod.telemetry else ()
    pairs = zip_longest(pod.runtime.gpus, latest[: len(pod.runtime.gpus)], fillvalue=GpuReading())
    return tuple(
        GpuItem(**{m.export: getattr(gpu if m.always else sample, m.field) for m in METRICS if m.per_gpu})
        for gpu, sample in pairs
    )


def _ports(pod: Pod) -> tuple[PortItem, ...]:
    if pod.runtime is None or not pod_health.is_live(pod):
        return ()
    return tuple(PortItem(p.private, p.public, p.ip, p.is_public, p.kind) for p in pod.runtime.ports)


# Market


class OfferItem(Struct, frozen=True, kw_only=True):
    """One GPU type in one cloud, if it can be rented: prices in dollars per hour, sizes in GB, speeds in Mbit/s.

    price_per_hr: of `gpu_count` GPUs in one pod, the requested number.
    """

    gpu_id: str
    name: str
    memory_gb: int | None
    cuda_cores: int | None
    max_count: int | None
    gpu_count: int
    cloud: str
    price_per_hr: float | None
    price_per_gpu_hr: float | None
    lowest_bid_per_gpu_hr: float | None
    stock: str | None
    rented: int | None
    total: int | None
    rented_percent: float | None
    country: str | None
    min_vcpus: int | None
    min_memory_gb: int | None
    min_download_mbps: int | None
    min_upload_mbps: int | None
    public_ip: bool | None


def offers(answer: Market, selection: Selection) -> tuple[OfferItem, ...]:
    """The offers that can be rented now, filtered and sorted like the Market screen: an item per cloud of each GPU
    type. Names are RunPod's, with the maker; they are sorted as they are written."""
    count = selection.query.gpu_count
    known = {offer.gpu_id: offer for offer in answer.offers}
    return tuple(
        _offer(known[row.id], row.name, cloud, quote, count)
        for row in selection.rows(market.rows(answer, count, makers=True))
        for cloud, quote in (("secure", known[row.id].secure), ("community", known[row.id].community))
        if quote is not None and (quote.on_demand is not None or quote.spot is not None)
    )


def _offer(offer: Offer, name: str, cloud: str, quote: Quote, count: int) -> OfferItem:
    """`name`: that of its row, which distinguishes GPU types of one name."""
    return OfferItem(
        gpu_id=offer.gpu_id,
        name=name,
        memory_gb=offer.memory_gb,
        cuda_cores=offer.cuda_cores,
        max_count=offer.max_count,
        gpu_count=count,
        cloud=cloud,
        price_per_hr=quote.on_demand,
        price_per_gpu_hr=None if quote.on_demand is None else round(quote.on_demand / count, 6),
        lowest_bid_per_gpu_hr=None if quote.spot is None else round(quote.spot / count, 6),
        stock=quote.stock,
        rented=quote.rented,
        total=quote.total,
        rented_percent=None if quote.rented_share is None else round(quote.rented_share, 2),
        country=quote.country,
        min_vcpus=quote.min_vcpus,
        min_memory_gb=quote.min_memory_gb,
        min_download_mbps=quote.min_download_mbps,
        min_upload_mbps=quote.min_upload_mbps,
        public_ip=quote.public_ip,
    )


# Alerts


class AlertItem(Struct, frozen=True, kw_only=True):
    """One condition that needs attention.

    alert:  its kind, the name of a row of `tui.store.alert_kinds`.
    grade:  bad, warn or notice.
    since, until: when it began or will begin, when it ends.
    lasts_s: for how long it has lasted, at least; for the runway, the time left.
    basis:  "answer" if one response shows it, "history" if earlier samples do.
    so_far_usd, wasted_per_hr: what it has wasted since it began, in watched time, and wastes per hour; null if
            unknown, or if nothing is wasted.
    step:   how bad it is within its kind, from 0: a higher one is reported again.
    muted:  whether the user has muted it.
    """

    alert: str
    grade: str
    pod_id: str | None
    pod_name: str | None
    text: str
    since: str | None
    until: str | None
    lasts_s: float | None
    restarts: int | None
    cost_per_hr: float | None
    basis: str
    so_far_usd: float | None
    wasted_per_hr: float | None
    step: int
    muted: bool


class AlertTotals(Struct, frozen=True):
    """The sums of what the alerts waste, filtered or not, without muted ones; of one pod at most what it costs.

    at_least: whether an unknown part is missing from them.
    """

    wasted_per_hr: float
    so_far_usd: float
    at_least: bool


def alert_totals(alerts: Iterable[Attention]) -> AlertTotals:
    parts = waste.of_alerts(alerts)
    sums = waste.summed(parts)
    unknown = any(part.so_far is None for part in parts if not part.muted)
    return AlertTotals(round(sums.per_hr, 4), round(sums.so_far, 2), sums.at_least or unknown)


class AlertOff(Struct, frozen=True):
    """An alert that cannot be judged, whatever happens; `reason`: why."""

    alert: str
    reason: str


def alerts_off(fleet: Fleet) -> tuple[AlertOff, ...]:
    return tuple(AlertOff(kind.name, why) for kind in KINDS if (why := kind.off(fleet)))


ALERTS = item_fields(AlertItem, lambda a: f"{a.alert} {a.grade} {a.pod_name or ''} {a.pod_id or ''} {a.text}")


def alert_items(fleet: Fleet, now: float, chosen: Filter, current: Iterable[Alert]) -> tuple[AlertItem, ...]:
    """`current`: the alerts as of the last response."""
    return tuple(ALERTS.select(chosen, tuple(_alert(alert, fleet, now) for alert in current)))


def _alert(alert: Alert, fleet: Fleet, now: float) -> AlertItem:
    return AlertItem(
        alert=alert.kind.name,
        grade=alert.grade.value,
        pod_id=alert.pod or None,
        pod_name=alert.name or None,
        text=alert.kind.text(alert, fleet.funds, now),
        since=iso(alert.since),
        until=iso(alert.until),
        lasts_s=rounded(alert.lasts, 0),
        restarts=alert.count,
        cost_per_hr=alert.cost_per_hr,
        basis=alert.basis.value,
        so_far_usd=rounded(alert.so_far),
        wasted_per_hr=rounded(alert.wasted_per_hr, 4),
        step=alert.step,
        muted=alert.muted,
    )
