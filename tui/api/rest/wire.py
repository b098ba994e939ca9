"""REST v2's responses as they are on the wire, only the fields that podtop uses; of listed pods, not their `env`.

Everything may be null or absent except what a pod cannot be without. Numbers are floats, as in `graphql/wire.py`. Each
field says what it can mean: a quantity, a kind of text, a list of how many.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw, Struct, field

from tui.api.enums import Compliance, PodStatus
from tui.api.quantities import (
    Count,
    Gigabytes,
    Id,
    InnerPort,
    Line,
    Long,
    Many,
    Name,
    Percent,
    Port,
    Rate,
    Several,
    Uptime,
    Word,
)


class Wire(Struct, gc=False, rename="camel"):
    """An object on the wire."""


class WirePage(Wire):
    """What says whether a list goes on."""

    next_cursor: Line | None = None
    has_next_page: bool | None = None


class WireUtil(Wire):
    util: Percent | None = None


class WireGpuUtil(WireUtil):
    memory_util: Percent | None = None


class WirePort(Wire):
    private: InnerPort | None = None
    public: Port | None = None
    type: Word | None = None
    ip: Word | None = None


class WireRuntime(Wire):
    uptime: Uptime | None = None
    gpus: Annotated[list[WireGpuUtil | None], Several] | None = None
    cpu: WireUtil | None = None
    memory: WireUtil | None = None
    ports: Annotated[list[WirePort | None], Many] | None = None


class WirePersistent(Wire):
    size: Gigabytes | None = None
    path: Line | None = None


class WireNetwork(Wire):
    volume_id: Id | None = None
    path: Line | None = None


class WireMounts(Wire):
    persistent: WirePersistent | None = None
    network: Annotated[list[WireNetwork | None], Several] | None = None


class WireGpu(Wire):
    id: Id | None = None
    count: Count | None = None
    vcpu_count: Count | None = None
    memory: Gigabytes | None = None


class WireCpu(Wire):
    id: Id | None = None
    vcpu_count: Count | None = None
    memory: Gigabytes | None = None


class WireEndpoint(Wire):
    username: Name | None = None


class WireSsh(Wire):
    proxy: WireEndpoint | None = None


class WireCluster(Wire):
    id: Id | None = None
    ip: Word | None = None


class WirePod(Wire):
    id: Id
    name: Name
    status: PodStatus
    actions: Annotated[list[Word | None], Several] | None = None
    image: Line | None = None
    disk: Gigabytes | None = None
    mounts: WireMounts | None = None
    gpu: WireGpu | None = None
    cpu: WireCpu | None = None
    cloud: Word | None = None
    data_center_id: Id | None = None
    ssh: WireSsh | None = None
    cluster: WireCluster | None = None
    cost: Rate | None = None
    locked: bool | None = None
    runtime: WireRuntime | None = None


class WirePodDetail(WirePod):
    args: Long | None = None
    ports: Annotated[list[Word | None], Many] | None = None
    env: Raw = Raw(b"null")
    registry: Id | None = None
    template: Id | None = None
    cuda_version: Word | None = None
    created_at: Word | None = None
    started_at: Word | None = None


class WirePrices(Wire):
    secure: Rate | None = None
    community: Rate | None = None


class WireCounts(Wire):
    secure: Count | None = None
    community: Count | None = None


class WireCuda(Wire):
    version: Word | None = None
    available: bool | None = None


class WireGpuType(Wire):
    id: Id
    name: Name | None = None
    manufacturer: Word | None = None
    memory: Gigabytes | None = None
    secure: bool | None = None
    community: bool | None = None
    price: WirePrices | None = None
    max_count: WireCounts | None = None
    availability: Word | None = None
    cuda_versions: Annotated[list[WireCuda | None], Many] | None = None


class WireStock(Wire):
    id: Id | None = None
    availability: Word | None = None


class WirePlace(Wire):
    id: Id
    name: Name | None = None
    region: Word | None = None
    global_network: bool | None = None
    network_volume_types: Annotated[list[Word | None], Several] | None = None
    compliance: Annotated[list[Compliance | None], Several] | None = None
    gpu_availability: Annotated[list[WireStock | None], Many] | None = None


class WireSpan(Wire):
    min: Count | None = None
    max: Count | None = None


class WireCpuPrice(Wire):
    secure_per_vcpu: Rate | None = field(default=None, name="securePerVcpu")
    serverless_per_vcpu: Rate | None = field(default=None, name="serverlessPerVcpu")


class WireFlavor(Wire):
    id: Id
    name: Name | None = None
    group: Name | None = None
    vcpu: WireSpan | None = None
    ram_gb_per_vcpu: Gigabytes | None = field(default=None, name="ramGbPerVcpu")
    price: WireCpuPrice | None = None
    availability: Word | None = None


class WireVolume(Wire):
    id: Id
    name: Name | None = None
    size: Gigabytes | None = None
    data_center: Id | None = None
