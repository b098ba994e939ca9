"""RunPod's catalogue beside current offers: data sheets of GPU types, CPU pods, countries. Units as in `models`."""

from __future__ import annotations

from msgspec import Struct

from tui.api.enums import Availability, Compliance
from tui.api.models import Problem


class ListPrices(Struct, frozen=True, gc=False):
    """RunPod's list prices of one GPU per hour; None where it lists nothing, or where that cloud does not sell it.

    The longer ones are for a pod that is paid in advance: for a week, for one, three, six months, for a year.
    """

    secure: float | None = None
    community: float | None = None
    secure_spot: float | None = None
    community_spot: float | None = None
    week: float | None = None
    month: float | None = None
    three_months: float | None = None
    six_months: float | None = None
    year: float | None = None
    cluster: float | None = None


class Cuda(Struct, frozen=True, gc=False):
    """A version of CUDA, and RunPod's word for the availability of hosts with it."""

    version: str
    word: Availability | None


class GpuSpec(Struct, frozen=True):
    """A GPU type beyond what the market poll reports.

    throughput:     RunPod's own figure; it does not say of what.
    min_count, max_count, max_secure, max_community: GPUs of one pod, at least and at most.
    largest_free:   GPUs that are free on one host and not reserved.
    free_counts:    GPU counts for which a host is available now.
    host_disk_gb:   disk of the cheapest host.
    cluster_sizes, cluster_centers: GPU counts of clusters, and their data centers.
    """

    gpu_id: str
    prices: ListPrices
    throughput: int | None
    min_count: int | None
    max_count: int | None
    max_secure: int | None
    max_community: int | None
    largest_free: int | None
    free_counts: tuple[int, ...]
    host_disk_gb: int | None
    compliance: tuple[Compliance, ...]
    cudas: tuple[Cuda, ...]
    cluster_sizes: tuple[int, ...]
    cluster_centers: tuple[str, ...]


class GpuSpecs(Struct, frozen=True):
    """The data sheets as of one response. `problems`: those that are not understood, and the rest of a long list."""

    sheets: tuple[GpuSpec, ...]
    problems: tuple[Problem, ...] = ()


class CpuPrice(Struct, frozen=True, gc=False):
    """The price per hour of a CPU pod of a size. `instance` is RunPod's name of the size, such as "cpu3c-2-4"."""

    instance: str
    stock: str | None
    per_hr: float | None
    serverless_per_hr: float | None


class CpuFlavor(Struct, frozen=True):
    """A kind of CPU pod. `gb_per_vcpu` is memory; `smallest` is None if RunPod gave no price for that size."""

    id: str
    name: str | None
    group_id: str | None
    group_name: str | None
    min_vcpus: int | None
    max_vcpus: int | None
    burstable: bool | None
    gb_per_vcpu: float | None
    disk_gb_per_vcpu: int | None
    smallest: CpuPrice | None = None


class CpuFlavors(Struct, frozen=True):
    """The kinds of CPU pods as of one response. `problems` as in `GpuSpecs`."""

    flavors: tuple[CpuFlavor, ...]
    problems: tuple[Problem, ...] = ()
