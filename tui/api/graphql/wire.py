"""RunPod's responses as they are on the wire, only the fields that podtop's documents request.

Everything may be null or absent except what a pod cannot be without. Numbers are floats: RunPod's integers may come as
floats and the other way round. Each field says what it can mean: a quantity, a kind of text, a list of how many.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw, Struct, field

from tui.api.enums import Compliance, PodKind, PodStatus
from tui.api.models import GpuReading
from tui.api.quantities import (
    Count,
    Dollars,
    Gigabytes,
    Id,
    InnerPort,
    Limit,
    Line,
    Many,
    Megabits,
    Megabytes,
    Name,
    Percent,
    Port,
    Rate,
    Several,
    Share,
    Uptime,
    Word,
)


class Wire(Struct, gc=False, rename="camel"):
    """An object on the wire."""


class WirePort(Wire):
    ip: Word | None = None
    is_ip_public: bool | None = None
    private_port: InnerPort | None = None
    public_port: Port | None = None
    type: Word | None = None


class WireContainer(Wire):
    cpu_percent: Percent | None = None
    memory_percent: Percent | None = None


class WireRuntime(Wire):
    uptime_in_seconds: Uptime | None = None
    container: WireContainer | None = None
    gpus: Annotated[tuple[GpuReading | None, ...], Several] | None = None
    ports: Annotated[list[WirePort | None], Many] | None = None


class WirePlacement(Wire):
    gpu_display_name: Name | None = None
    gpu_available: Count | None = None
    pod_host_id: Id | None = None
    location: Name | None = None
    data_center_id: Id | None = None
    secure_cloud: bool | None = None
    maintenance_start: Word | None = None
    maintenance_end: Word | None = None
    maintenance_note: Line | None = None


class WireHardware(WirePlacement):
    """A machine, for its tenants and for its owner."""

    id: Id | None = None
    gpu_type_id: Id | None = None
    support_public_ip: bool | None = None
    disk_mb_per_s: Megabytes | None = field(default=None, name="diskMBps")
    note: Line | None = None
    cpu_count: Count | None = None
    vcpu_total: Count | None = None
    memory_total: Gigabytes | None = None


class WireTelemetry(Wire):
    time: Word | None = None
    state: Word | None = None
    individual_gpu_metrics: Annotated[tuple[GpuReading | None, ...], Several] | None = None


class WirePod(Wire):
    id: Id
    name: Name
    desired_status: PodStatus
    gpu_count: Count
    gpu_power_limit_percent: Share | None = None
    pod_type: PodKind | None = None
    last_status_change: Line | None = None
    cost_per_hr: Rate | None = None
    vcpu_count: Count | None = None
    memory_in_gb: Gigabytes | None = None
    image_name: Line | None = None
    volume_in_gb: Gigabytes | None = None
    container_disk_in_gb: Gigabytes | None = None
    network_volume_id: Id | None = None
    locked: bool | None = None
    lowest_bid_price_to_resume: Rate | None = None
    runtime: WireRuntime | None = None
    machine: WirePlacement | None = None
    latest_telemetry: WireTelemetry | None = None


class WireMyself(Wire):
    """The root of most responses: null when RunPod does not know the key."""

    myself: Raw = Raw()


class WirePods(Wire):
    """Pods stay raw, so that each can fail alone."""

    pods: list[Raw] | None = None


class WireFunds(Wire):
    id: Id | None = None
    client_balance: Dollars | None = None
    current_spend_per_hr: Rate | None = None
    spend_limit: Limit | None = None


class WireFleet(WireFunds):
    pods: list[Raw] | None = None


class WireFleetRoot(Wire):
    """A fleet response whose account is as it should be: read in one pass."""

    myself: WireFleet | None = None


class WireQuote(Wire):
    uninterruptable_price: Rate | None = None
    minimum_bid_price: Rate | None = None
    stock_status: Word | None = None
    min_vcpu: Count | None = None
    min_memory: Gigabytes | None = None
    rented_count: Count | None = None
    total_count: Count | None = None
    rental_percentage: Percent | None = None
    min_download: Megabits | None = None
    min_upload: Megabits | None = None
    country_code: Word | None = None
    support_public_ip: bool | None = None


class WireGpuType(Wire):
    id: Id
    display_name: Name | None = None
    manufacturer: Name | None = None
    memory_in_gb: Gigabytes | None = None
    cuda_cores: Count | None = None
    max_gpu_count: Count | None = None
    secure_cloud: bool | None = None
    community_cloud: bool | None = None
    secure: WireQuote | None = None
    community: WireQuote | None = None


class WireStock(Wire):
    gpu_type_id: Id | None = None
    available: bool | None = None
    stock_status: Word | None = None


class WirePlace(Wire):
    id: Id
    name: Name | None = None
    location: Name | None = None
    listed: bool | None = None
    storage_support: bool | None = None
    global_network: bool | None = None
    compliance: Annotated[list[Compliance | None], Several] | None = None
    gpu_availability: Annotated[list[WireStock | None], Many] | None = None


class WirePlaces(Wire):
    data_centers: list[Raw] | None = None
