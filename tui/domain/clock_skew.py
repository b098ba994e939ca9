"""Converts instants of RunPod's clock to podtop's, so that ages and durations are true. Pure.

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


def snapshot(answer: Snapshot, skew: float) -> Snapshot:
    """One fleet poll."""
    if not skew or answer.pods is None:
        return answer
    return replace(answer, pods=tuple(pod(each, skew) for each in answer.pods))


def pod(answer: Pod, skew: float) -> Pod:
    """One pod."""
    if not skew:
        return answer
    return replace(
        answer,
        status_change=None if answer.status_change is None else answer.status_change.moved(-skew),
        machine=None if answer.machine is None else _maintained(answer.machine, skew),
        telemetry=None if answer.telemetry is None else replace(answer.telemetry, at=_here(answer.telemetry.at, skew)),
    )


def detail(answer: PodDetail | None, skew: float) -> PodDetail | None:
    """One pod, with all its data."""
    if not skew or answer is None:
        return answer
    return replace(
        answer,
        pod=pod(answer.pod, skew),
        created_at=_here(answer.created_at, skew),
        started_at=_here(answer.started_at, skew),
        state_since=_here(answer.state_since, skew),
    )


def hosts(answer: Hosts, skew: float) -> Hosts:
    """The account's machines. Earnings are reported per day, and stay."""
    return replace(answer, hosts=tuple(_host(host, skew) for host in answer.hosts)) if skew else answer


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
