"""RunPod's answers as they are on the wire, only the fields that our documents ask for.

Everything may be null or absent except what a pod cannot be without. Numbers are floats: RunPod's integers may come as
floats and the other way round. NaN and infinity are not JSON, so they never pass.
"""

from __future__ import annotations

from msgspec import Raw, Struct

from tui.api.models import GpuReading


class Wire(Struct, gc=False, rename="camel"):
    """An object on the wire."""


class WirePort(Wire):
    ip: str | None = None
    is_ip_public: bool | None = None
    private_port: float | None = None
    public_port: float | None = None
    type: str | None = None


class WireContainer(Wire):
    cpu_percent: float | None = None
    memory_percent: float | None = None


class WireRuntime(Wire):
    uptime_in_seconds: float | None = None
    container: WireContainer | None = None
    gpus: tuple[GpuReading | None, ...] | None = None
    ports: list[WirePort | None] | None = None


class WirePlacement(Wire):
    gpu_display_name: str | None = None
    gpu_available: float | None = None
    pod_host_id: str | None = None
    location: str | None = None
    data_center_id: str | None = None
    secure_cloud: bool | None = None
    maintenance_start: str | None = None
    maintenance_end: str | None = None
    maintenance_note: str | None = None


class WireTelemetry(Wire):
    time: str | None = None
    state: str | None = None
    individual_gpu_metrics: tuple[GpuReading | None, ...] | None = None


class WirePod(Wire):
    id: str
    name: str
    desired_status: str
    gpu_count: float
    pod_type: str | None = None
    last_status_change: str | None = None
    cost_per_hr: float | None = None
    vcpu_count: float | None = None
    memory_in_gb: float | None = None
    image_name: str | None = None
    volume_in_gb: float | None = None
    container_disk_in_gb: float | None = None
    network_volume_id: str | None = None
    locked: bool | None = None
    lowest_bid_price_to_resume: float | None = None
    runtime: WireRuntime | None = None
    machine: WirePlacement | None = None
    latest_telemetry: WireTelemetry | None = None


class WireMyself(Wire):
    """The root of most answers: null when RunPod does not know who asks."""

    myself: Raw = Raw()


class WirePods(Wire):
    """Pods stay raw, so that each can fail alone."""

    pods: list[Raw] | None = None


class WireFunds(Wire):
    id: str | None = None
    client_balance: float | None = None
    current_spend_per_hr: float | None = None
    spend_limit: float | None = None


class WireFleet(WireFunds):
    pods: list[Raw] | None = None


class WireFleetRoot(Wire):
    """A fleet answer whose account is as it should be: read in one pass."""

    myself: WireFleet | None = None


class WireQuote(Wire):
    uninterruptable_price: float | None = None
    minimum_bid_price: float | None = None
    stock_status: str | None = None
    min_vcpu: float | None = None
    min_memory: float | None = None
    rented_count: float | None = None
    total_count: float | None = None
    rental_percentage: float | None = None
    min_download: float | None = None
    min_upload: float | None = None
    country_code: str | None = None
    support_public_ip: bool | None = None


class WireGpuType(Wire):
    id: str
    display_name: str | None = None
    manufacturer: str | None = None
    memory_in_gb: float | None = None
    cuda_cores: float | None = None
    max_gpu_count: float | None = None
    secure_cloud: bool | None = None
    community_cloud: bool | None = None
    secure: WireQuote | None = None
    community: WireQuote | None = None


class WireStock(Wire):
    gpu_type_id: str | None = None
    available: bool | None = None
    stock_status: str | None = None


class WirePlace(Wire):
    id: str
    name: str | None = None
    location: str | None = None
    listed: bool | None = None
    storage_support: bool | None = None
    global_network: bool | None = None
    compliance: list[str | None] | None = None
    gpu_availability: list[WireStock | None] | None = None


class WirePlaces(Wire):
    data_centers: list[Raw] | None = None
