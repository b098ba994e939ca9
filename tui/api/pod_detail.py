"""One pod with all that RunPod reports of it, for a screen that shows a single one. Units as in `models`."""

from __future__ import annotations

from msgspec import Struct

from tui.api.models import GpuReading, Pod, Problem
from tui.api.secret import Secret


class EnvVar(Struct, frozen=True):
    """One environment variable of a container. Its value is likely a token or a password."""

    name: str
    value: Secret


class NetworkVolume(Struct, frozen=True):
    """Storage that outlives the pods it is mounted in, and is billed until it is deleted."""

    id: str
    name: str
    size_gb: int | None
    data_center: str | None


class Machine(Struct, frozen=True):
    """The machine a pod is on, beyond `Placement`. Speeds in Mbit/s, `disk_mb_per_s` in MB/s."""

    id: str | None
    gpu_type_id: str | None
    cpu_name: str | None
    cpu_count: int | None
    vcpus: int | None
    memory_gb: int | None
    price_per_hr: float | None
    price_per_gpu: float | None
    disk_mb_per_s: int | None
    download_mbps: int | None
    upload_mbps: int | None
    public_ip: bool | None
    note: str | None
    os: str | None
    kernel: str | None
    cuda: str | None
    docker: str | None
    disk_total_gb: int | None
    disk_free_gb: int | None


class PodDetail(Struct, frozen=True):
    """One pod, with all its data.

    pod:             the pod as the fleet poll reports it.
    env:             in RunPod's order; a screen masks the values.
    cpu_load, memory_load: of RunPod's latest sample; percent or fraction, RunPod does not say which.
    gpu_average:     the mean of that sample's GPUs.
    state_since:     when the sample's state was entered.
    problems:        what the server failed to give, in its words.
    """

    pod: Pod
    machine: Machine | None
    machine_id: str | None
    owner_id: str | None
    template_id: str | None
    docker_args: str | None
    docker_id: str | None
    env: tuple[EnvVar, ...]
    port: int | None
    exposed_ports: str | None
    volume_mount_path: str | None
    volume_encrypted: bool
    network_volume: NetworkVolume | None
    registry_auth_id: str | None
    registry_url: str | None
    registry_user: str | None
    gpu_ids: tuple[str, ...]
    gpu_power_limit_percent: int | None
    adjusted_cost_per_hr: float | None
    cost_multiplier: float | None
    version: int | None
    created_at: float | None
    started_at: float | None
    cpu_load: float | None
    memory_load: float | None
    gpu_average: GpuReading | None
    state_since: float | None
    problems: tuple[Problem, ...] = ()


class PodExtras(Struct, frozen=True):
    """Pod data that few sources report: RunPod may give none of it. GB and vCPUs of the machine that are rented.

    kind, machine_kind: RunPod's words, such as "GPU".
    serverless_id, serverless_version: of the endpoint that it works for.
    """

    kind: str | None
    cpu_flavor: str | None
    serverless_id: str | None
    serverless_version: int | None
    cluster_id: str | None
    cluster_ip: str | None
    ip_id: str | None
    ip: str | None
    volume_center: str | None
    volume_location: str | None
    gpu_name: str | None
    gpu_memory_gb: int | None
    machine_listed: bool | None
    machine_kind: str | None
    machine_least_gpus: int | None
    machine_vcpus_rented: float | None
    machine_memory_rented_gb: float | None
    machine_global_network: bool | None
