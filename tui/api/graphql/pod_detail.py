"""From the response to the `pod` document to a `PodDetail`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw

from tui.api.errors import CloudError, Malformed
from tui.api.graphql.envelope import refusal
from tui.api.graphql.fleet import pod
from tui.api.graphql.wire import Wire, WireHardware, WirePod, WireTelemetry
from tui.api.models import GpuReading, Problem
from tui.api.pod_detail import EnvVar, Machine, NetworkVolume, PodDetail, PodExtras
from tui.api.quantities import (
    Count,
    Cut,
    Factor,
    Figure,
    Gigabytes,
    Id,
    InnerPort,
    Instant,
    Line,
    Long,
    Many,
    Megabits,
    Name,
    Percent,
    Rate,
    Reader,
    Several,
    Share,
    Word,
    instant,
)
from tui.api.secret import Secret
from tui.api.values import NOT_UNDERSTOOD, cut_notes, in_short, reason, whole


class WireCpu(Wire):
    display_name: Name | None = None


class WireSystem(Wire):
    os: Name | None = None
    kernel_version: Name | None = None
    cuda_version: Word | None = None
    docker_version: Name | None = None
    disk_total: Gigabytes | None = None
    disk_free: Gigabytes | None = None


class WireMachine(WireHardware):
    cost_per_hr: Rate | None = None
    current_price_per_gpu: Rate | None = None
    max_download_speed_mbps: Megabits | None = None
    max_upload_speed_mbps: Megabits | None = None
    cpu_type: WireCpu | None = None
    machine_system: WireSystem | None = None


class WireSample(WireTelemetry):
    last_state_transition_timestamp: Instant | None = None
    cpu_utilization: Percent | None = None
    memory_utilization: Percent | None = None
    average_gpu_metrics: GpuReading | None = None


class WireVolume(Wire):
    id: Id
    name: Name | None = None
    size: Gigabytes | None = None
    data_center_id: Id | None = None


class WireGpu(Wire):
    id: Id


class WireRegistry(Wire):
    url: Line | None = None
    user: Name | None = None
    username: Name | None = None


class WirePodDetail(WirePod):
    adjusted_cost_per_hr: Rate | None = None
    cost_multiplier: Factor | None = None
    gpu_power_limit_percent: Share | None = None
    docker_args: Long | None = None
    docker_id: Id | None = None
    env: Annotated[list[Long | None], Many] | None = None
    port: InnerPort | None = None
    ports: Line | None = None
    volume_mount_path: Line | None = None
    volume_encrypted: bool | None = None
    container_registry_auth_id: Id | None = None
    network_volume: WireVolume | None = None
    machine_id: Id | None = None
    consumer_user_id: Id | None = None
    template_id: Id | None = None
    version: Figure | None = None
    created_at: Word | None = None
    last_started_at: Word | None = None
    gpus: Annotated[list[WireGpu | None], Several] | None = None
    registry: WireRegistry | None = None
    machine: WireMachine | None = None
    latest_telemetry: WireSample | None = None


class WirePodRoot(Wire):
    pod: WirePodDetail | None = None


class WireCenterName(Wire):
    name: Name | None = None
    location: Name | None = None


class WireVolumePlace(Wire):
    data_center: WireCenterName | None = None


class WireAddress(Wire):
    id: Id | None = None
    address: Word | None = None


class WireGpuKind(Wire):
    display_name: Name | None = None
    memory_in_gb: Gigabytes | None = None


class WireMachineExtras(Wire):
    gpu_type: WireGpuKind | None = None
    listed: bool | None = None
    machine_type: Word | None = None
    min_pod_gpu_count: Count | None = None
    vcpu_reserved: Count | None = None
    memory_reserved: Gigabytes | None = None
    global_network: bool | None = None


class WireExtras(Wire):
    machine_type: Word | None = None
    cpu_flavor_id: Id | None = None
    ai_api_id: Id | None = None
    sls_version: Figure | None = None
    cluster_id: Id | None = None
    cluster_ip: Word | None = None
    ip_address: WireAddress | None = None
    network_volume: WireVolumePlace | None = None
    machine: WireMachineExtras | None = None


class WireExtrasRoot(Wire):
    pod: WireExtras | None = None


_root = Reader[WirePodRoot](WirePodRoot)
_extras = Reader[WireExtrasRoot](WireExtrasRoot)


def pod_detail(data: Raw, problems: tuple[Problem, ...]) -> PodDetail | None:
    """The pod in a response; None if RunPod has no pod of that id (null without an error)."""
    failure: CloudError
    cuts: list[Cut] = []
    try:
        wire = _root.decode(data, cuts).pod
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod returned invalid details of this pod: {reason(error)}.")
    else:
        if wire is not None:
            return _detail(wire, (*problems, *in_short(cut_notes(cuts))))
        if not problems:
            return None
        failure = refusal(problems)
    try:
        raise failure
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del failure


def _detail(wire: WirePodDetail, problems: tuple[Problem, ...]) -> PodDetail:
    registry = wire.registry or WireRegistry()
    sample = wire.latest_telemetry or WireSample()
    return PodDetail(
        pod=pod(wire),
        machine=None if wire.machine is None else _machine(wire.machine),
        machine_id=wire.machine_id or None,
        owner_id=wire.consumer_user_id,
        template_id=wire.template_id,
        docker_args=wire.docker_args,
        docker_id=wire.docker_id,
        env=tuple(_variable(text) for text in wire.env or () if text),
        port=whole(wire.port),
        exposed_ports=wire.ports,
        volume_mount_path=wire.volume_mount_path,
        volume_encrypted=wire.volume_encrypted is True,
        network_volume=None if wire.network_volume is None else volume(wire.network_volume),
        registry_auth_id=wire.container_registry_auth_id,
        registry_url=registry.url,
        registry_user=registry.user or registry.username,
        gpu_ids=tuple(gpu.id for gpu in wire.gpus or () if gpu is not None),
        gpu_power_limit_percent=whole(wire.gpu_power_limit_percent),
        adjusted_cost_per_hr=wire.adjusted_cost_per_hr,
        cost_multiplier=wire.cost_multiplier,
        version=whole(wire.version),
        created_at=instant(wire.created_at),
        started_at=instant(wire.last_started_at),
        cpu_load=sample.cpu_utilization,
        memory_load=sample.memory_utilization,
        gpu_average=sample.average_gpu_metrics,
        state_since=sample.last_state_transition_timestamp,
        problems=problems,
    )


def _variable(text: str) -> EnvVar:
    name, _, value = text.partition("=")
    return EnvVar(name, Secret(value))


def volume(wire: WireVolume) -> NetworkVolume:
    return NetworkVolume(wire.id, wire.name or wire.id, whole(wire.size), wire.data_center_id)


def _machine(wire: WireMachine) -> Machine:
    system = wire.machine_system or WireSystem()
    return Machine(
        id=wire.id,
        gpu_type_id=wire.gpu_type_id,
        cpu_name=wire.cpu_type.display_name if wire.cpu_type else None,
        cpu_count=whole(wire.cpu_count),
        vcpus=whole(wire.vcpu_total),
        memory_gb=whole(wire.memory_total),
        price_per_hr=wire.cost_per_hr,
        price_per_gpu=wire.current_price_per_gpu,
        disk_mb_per_s=whole(wire.disk_mb_per_s),
        download_mbps=whole(wire.max_download_speed_mbps),
        upload_mbps=whole(wire.max_upload_speed_mbps),
        public_ip=wire.support_public_ip,
        note=wire.note,
        os=system.os,
        kernel=system.kernel_version,
        cuda=system.cuda_version,
        docker=system.docker_version,
        disk_total_gb=whole(system.disk_total),
        disk_free_gb=whole(system.disk_free),
    )


def pod_extras(data: Raw, problems: tuple[Problem, ...]) -> PodExtras | None:
    """The additional data of a pod; None if RunPod has no pod of that id."""
    try:
        wire = _extras.decode(data).pod
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned invalid details of this pod: {reason(error)}.") from None
    if wire is None:
        if problems:
            raise refusal(problems)
        return None
    address, machine = wire.ip_address or WireAddress(), wire.machine or WireMachineExtras()
    place = (wire.network_volume.data_center if wire.network_volume else None) or WireCenterName()
    gpu = machine.gpu_type or WireGpuKind()
    return PodExtras(
        kind=wire.machine_type,
        cpu_flavor=wire.cpu_flavor_id,
        serverless_id=wire.ai_api_id,
        serverless_version=whole(wire.sls_version),
        cluster_id=wire.cluster_id,
        cluster_ip=wire.cluster_ip,
        ip_id=address.id,
        ip=address.address,
        volume_center=place.name,
        volume_location=place.location,
        gpu_name=gpu.display_name,
        gpu_memory_gb=whole(gpu.memory_in_gb),
        machine_listed=machine.listed,
        machine_kind=machine.machine_type,
        machine_least_gpus=whole(machine.min_pod_gpu_count),
        machine_vcpus_rented=machine.vcpu_reserved,
        machine_memory_rented_gb=machine.memory_reserved,
        machine_global_network=machine.global_network,
    )
