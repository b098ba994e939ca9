"""Machines that the account rents out, and CPU types. Units as in `models`."""

from __future__ import annotations

from msgspec import Struct

from tui.api.account import HostEarning, Template
from tui.api.enums import PodStatus
from tui.api.models import GpuReading, Problem, Unreadable


class CpuType(Struct, frozen=True, gc=False):
    """A CPU that RunPod knows."""

    id: str | None
    name: str | None
    manufacturer: str | None
    cores: int | None
    threads_per_core: int | None
    group_id: str | None


class Capacity(Struct, frozen=True, gc=False):
    """How much of a resource a machine has, and how much of it is rented or reserved for that."""

    total: int | None
    reserved: int | None


class HostLoad(Struct, frozen=True):
    """A machine's latest sample. `cpu`, `memory`: percent or fraction, RunPod does not say which."""

    at: float | None
    cpu: float | None
    memory: float | None
    average: GpuReading | None
    gpus: tuple[GpuReading, ...]


class IdleJob(Struct, frozen=True):
    """What a machine runs for its owner while nobody rents it. `state` is "running", "exited".

    template: the one it is made from, if RunPod reports it; env_names: its variables, without their values.
    """

    template_id: str | None
    template_name: str | None
    template: Template | None
    image: str | None
    docker_args: str | None
    start_script: str | None
    env_names: tuple[str, ...]
    disk_gb: int | None
    port: int | None
    at: float | None
    state: str | None
    state_since: float | None
    cpu: float | None
    memory: float | None
    average: GpuReading | None
    gpus: tuple[GpuReading, ...]


class Tenant(Struct, frozen=True, gc=False):
    """A pod that someone rents on the machine."""

    id: str | None
    name: str | None
    status: PodStatus | None
    gpu_count: int | None
    cost_per_hr: float | None


class Uptime(Struct, frozen=True, gc=False):
    """Percent of the time that a machine was up: while listed, over 1, 4, 12 weeks; and of all of 12 weeks."""

    week: float | None
    month: float | None
    quarter: float | None
    quarter_absolute: float | None


class Balance(Struct, frozen=True, gc=False):
    """What a machine has earned and RunPod has not paid out yet."""

    total: float | None
    gpu: float | None
    disk: float | None


class Host(Struct, frozen=True):
    """One machine. `disk_mb_per_s` in MB/s, `pcie` is the generation, `margin` RunPod's share as it gives it."""

    id: str | None
    name: str | None
    owner_id: str | None
    location: str | None
    note: str | None
    registered: bool | None
    listed: bool | None
    verified: bool | None
    mine: bool | None
    secure: bool | None
    public_ip: bool | None
    gpu_type_id: str | None
    gpu_name: str | None
    gpus: Capacity
    vcpus: Capacity
    memory_gb: Capacity
    disk_gb: Capacity
    cpu: CpuType | None
    cpu_count: int | None
    mainboard: str | None
    pcie: int | None
    pcie_width: int | None
    disk_mb_per_s: int | None
    download_mbps: int | None
    upload_mbps: int | None
    power_limit_rented: int | None
    power_limit_self: int | None
    price_per_gpu: float | None
    min_bid_per_gpu: float | None
    cloud_price_per_gpu: float | None
    margin: float | None
    uptime: Uptime
    balance: Balance | None
    maintenance_start: float | None
    maintenance_end: float | None
    maintenance_note: str | None
    load: HostLoad | None
    idle_job: IdleJob | None
    tenants: tuple[Tenant, ...]


class Hosts(Struct, frozen=True):
    """The account's machines as of one response; one that is not understood is reported, like a pod.

    earnings: what they earned day by day, in the order in which RunPod gives it.
    """

    hosts: tuple[Host, ...]
    unreadable: tuple[Unreadable, ...] = ()
    earnings: tuple[HostEarning, ...] = ()
    problems: tuple[Problem, ...] = ()
