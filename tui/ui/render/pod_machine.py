"""The facts of a pod's machine, and those that few sources have. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.ui.primitives.facts import Fact
from tui.ui.render.facts import LACKING, NOTHING, copyable, number, or_lacking, text, yes

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.api.pod_detail import Machine, PodDetail, PodExtras
    from tui.ui.primitives.cells import Cell


def machine(pod: Pod, detail: PodDetail | None, lacks: frozenset[Feature]) -> Iterator[Fact]:
    """The machine a pod is on, and the pod's share of it."""
    place = pod.machine
    host = detail.machine if detail else None
    yield Fact("GPU", _gpu(pod))
    if detail is not None:
        yield Fact("Power limit", text(number(detail.gpu_power_limit_percent, "%")))
        for index, gpu_id in enumerate(detail.gpu_ids):
            yield copyable(f"GPU {index} ID", gpu_id)
    if host is not None:
        yield copyable("GPU type ID", host.gpu_type_id)
        yield Fact("CPU", _cpu(host))
    yield Fact("vCPUs", _of(number(pod.vcpus), number(host.vcpus) if host else None))
    yield Fact("Memory", _of(number(pod.memory_gb, " GB"), number(host.memory_gb, " GB") if host else None))
    if host is not None:
        yield from _speeds(host)
    if Feature.HOST_SPECS in lacks:
        yield Fact("Host specs", LACKING)
    if place is not None:
        yield Fact("GPUs free", or_lacking(text(number(place.gpu_available)), Feature.FREE_GPUS, lacks))
        yield Fact("Location", or_lacking(text(place.location), Feature.LOCATION, lacks))
        yield Fact("Data center", text(place.data_center))
        cloud = None if place.secure is None else "secure" if place.secure else "community"
        yield Fact("Cloud", text(cloud))
        yield copyable("Host ID", place.host_id)
    if detail is not None:
        yield from _machine_ids(detail)
    if host is not None:
        yield Fact("Public IP", yes(host.public_ip))
        yield Fact("OS", text(host.os))
        yield Fact("Kernel", text(host.kernel))
        yield Fact("CUDA", text(host.cuda))
        yield Fact("Docker", text(host.docker))
        yield Fact("Note", text(host.note))


def _gpu(pod: Pod) -> Cell:
    name = pod.machine.gpu_name if pod.machine else None
    if pod.gpu_count <= 0 and not name:
        return (("none", "muted"),)
    return ((f"{pod.gpu_count} × ", "muted"), *text(name))


def _cpu(machine: Machine) -> Cell:
    """CPU name and, of the machine, its number of CPUs."""
    count = number(machine.cpu_count, " CPUs")
    if not machine.cpu_name:
        return text(count)
    return ((machine.cpu_name, "text"), *(((f"  {count}", "muted"),) if count else ()))


def _speeds(machine: Machine) -> Iterator[Fact]:
    yield Fact("Disk speed", text(number(machine.disk_mb_per_s, " MB/s")))
    free, total = number(machine.disk_free_gb, " GB"), number(machine.disk_total_gb, " GB")
    yield Fact("Disk free", _of(free, total))
    down, up = number(machine.download_mbps, " Mbit/s"), number(machine.upload_mbps, " Mbit/s")
    if down or up:
        value: Cell = (("down ", "muted"), *text(down), ("  up ", "muted"), *text(up))
        yield Fact("Network", value)
    else:
        yield Fact("Network", NOTHING)


def _machine_ids(detail: PodDetail) -> Iterator[Fact]:
    """The machine's id, reported in two places by RunPod; both if they differ."""
    other = detail.machine.id if detail.machine else None
    yield copyable("Machine ID", detail.machine_id or other)
    if detail.machine_id and other and other != detail.machine_id:
        yield copyable("Machine ID 2", other)


def extras_of(extras: PodExtras) -> Iterator[Fact]:
    """Only existing values: most pods have few of them."""
    memory, rented = number(extras.gpu_memory_gb, " GB"), number(extras.machine_memory_rented_gb, " GB")
    labels = (
        Fact("Kind", text(extras.kind)),
        Fact("CPU flavor", text(extras.cpu_flavor)),
        copyable("Endpoint ID", extras.serverless_id),
        Fact("Endpoint ver.", text(number(extras.serverless_version))),
        copyable("Cluster ID", extras.cluster_id),
        copyable("Cluster IP", extras.cluster_ip),
        copyable("IP address", extras.ip),
        copyable("IP ID", extras.ip_id),
        Fact(
            "Volume region",
            text(" ".join(part for part in (extras.volume_center, extras.volume_location) if part) or None),
        ),
        Fact("GPU type", text(" ".join(part for part in (extras.gpu_name, memory) if part) or None)),
        Fact("Host kind", text(extras.machine_kind)),
        Fact("Host listed", yes(extras.machine_listed)),
        Fact("Min GPUs", text(number(extras.machine_least_gpus))),
        Fact("vCPUs rented", text(number(extras.machine_vcpus_rented))),
        Fact("Memory rented", text(rented)),
        Fact("Global network", yes(extras.machine_global_network)),
    )
    return (fact for fact in labels if fact.value != NOTHING)


def _of(part: str | None, whole: str | None) -> Cell:
    """The pod's share, and the total it is part of."""
    return (*text(part), (f" of {whole}", "muted")) if whole else text(part)
