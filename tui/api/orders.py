"""The changes that can be requested from RunPod, and its response. Units as in `models`."""

from __future__ import annotations

from msgspec import Struct

from tui.api.enums import CloudKind, Compliance, ComputeKind, PodStatus
from tui.api.models import Problem
from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.api.status_change import StatusChange


class _Order(Struct, frozen=True, kw_only=True):
    """Shared by both ways of renting. None leaves the choice to RunPod.

    gpu_type_id:    such as "NVIDIA H100 80GB HBM3"; RunPod takes any when it is None, at any price: ask the user.
    ports:          such as "8888/http,22/tcp".
    volume_key:     encrypts the volume; whoever loses it has lost the data.
    stop_after, terminate_after: instants. RunPod accepts them and does not enforce them: pods went on billing.
    """

    name: str
    gpu_count: int
    gpu_type_id: str | None = None
    image: str | None = None
    template_id: str | None = None
    cloud: CloudKind | None = None
    data_center: str | None = None
    country: str | None = None
    container_disk_gb: int | None = None
    volume_gb: int | None = None
    volume_mount_path: str | None = None
    volume_key: Secret | None = None
    network_volume_id: str | None = None
    min_vcpus: int | None = None
    min_memory_gb: int | None = None
    min_download_mbps: int | None = None
    min_upload_mbps: int | None = None
    public_ip: bool | None = None
    docker_args: str = ""
    port: int | None = None
    ports: str | None = None
    env: tuple[EnvVar, ...] = ()
    start_jupyter: bool | None = None
    start_ssh: bool | None = None
    stop_after: float | None = None
    terminate_after: float | None = None
    registry_auth_id: str | None = None
    cuda: str | None = None
    min_cuda: str | None = None
    allowed_cuda: tuple[str, ...] = ()
    compute: ComputeKind | None = None
    compliance: tuple[Compliance, ...] = ()


class DeployOrder(_Order, frozen=True, kw_only=True):
    """A pod on demand: it stays until it is stopped, or the money ends.

    gpu_types:    in order of preference, in place of `gpu_type_id`.
    deploy_cost:  the price per hour that the user agreed to.
    """

    gpu_types: tuple[str, ...] = ()
    deploy_cost: float | None = None
    min_disk_gb: int | None = None
    instance_ids: tuple[str, ...] = ()
    global_network: bool | None = None


class RentOrder(_Order, frozen=True, kw_only=True):
    """An interruptible pod: cheaper, and gone when someone bids more. `bid_per_gpu`: dollars per hour for one GPU."""

    bid_per_gpu: float


class Receipt(Struct, frozen=True):
    """RunPod's report on a pod right after a change. The next fleet poll shows what became of it."""

    pod_id: str
    name: str | None
    status: PodStatus | None
    status_change: StatusChange | None
    cost_per_hr: float | None
    gpu_count: int | None
    machine_id: str | None
    problems: tuple[Problem, ...] = ()
