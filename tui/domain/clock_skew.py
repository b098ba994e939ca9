"""What RunPod dates by its own clock, brought to podtop's, so that ages and durations are true. Pure.

skew: seconds that RunPod's clock is ahead. With none, every value comes back as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

if TYPE_CHECKING:
    from tui.api.hosts import Host, Hosts
    from tui.api.models import Placement, Pod, Snapshot
    from tui.api.pod_detail import PodDetail

_Maintained = TypeVar("_Maintained", "Host", "Placement")


def snapshot(told: Snapshot, skew: float) -> Snapshot:
    """One fleet poll."""
    if not skew or told.pods is None:
        return told
    return replace(told, pods=tuple(pod(each, skew) for each in told.pods))


def pod(told: Pod, skew: float) -> Pod:
    """One pod."""
    if not skew:
        return told
    return replace(
        told,
        status_change=None if told.status_change is None else told.status_change.moved(-skew),
        machine=None if told.machine is None else _maintained(told.machine, skew),
        telemetry=None if told.telemetry is None else replace(told.telemetry, at=_here(told.telemetry.at, skew)),
    )


def detail(told: PodDetail | None, skew: float) -> PodDetail | None:
    """One pod, whole."""
    if not skew or told is None:
        return told
    return replace(
        told,
        pod=pod(told.pod, skew),
        created_at=_here(told.created_at, skew),
        started_at=_here(told.started_at, skew),
        state_since=_here(told.state_since, skew),
    )


def hosts(told: Hosts, skew: float) -> Hosts:
    """The account's machines. What they earned is told by the day, and stays."""
    return replace(told, hosts=tuple(_host(host, skew) for host in told.hosts)) if skew else told


def _host(host: Host, skew: float) -> Host:
    load, job = host.load, host.idle_job
    return replace(
        _maintained(host, skew),
        load=None if load is None else replace(load, at=_here(load.at, skew)),
        idle_job=None
        if job is None
        else replace(job, at=_here(job.at, skew), state_since=_here(job.state_since, skew)),
    )


def _maintained(place: _Maintained, skew: float) -> _Maintained:
    return replace(
        place,
        maintenance_start=_here(place.maintenance_start, skew),
        maintenance_end=_here(place.maintenance_end, skew),
    )


def _here(at: float | None, skew: float) -> float | None:
    return None if at is None else at - skew
