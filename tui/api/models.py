"""Frozen domain types, shared by every API podtop can use.

Units, everywhere: money in US dollars, instants in seconds since the Unix epoch (UTC), durations in seconds,
utilisation in percent 0..100, memory and disk in GB as RunPod bills them, speeds in Mbit/s. `None` means that the
API gave no value; it never means zero. Text from the API has its control characters removed here and is data from
then on: never markup.

Types of which there are thousands are hidden from the garbage collector (gc=False): frozen, and made of nothing but
such values and tuples of them, they can be part of no cycle, and scanning them took half a second for 20,000 pods.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.api.enums import BillingMode, Compliance, PodKind, PodStatus
from tui.api.features import Feature
from tui.api.quantities import Celsius, Id, Percent, Watts
from tui.api.status_change import StatusChange


class GpuReading(Struct, frozen=True, gc=False):
    """The current readings of one GPU of a pod."""

    id: Id | None = None
    util: Percent | None = None
    memory: Percent | None = None
    temperature_c: Celsius | None = None
    power_w: Watts | None = None


class Port(Struct, frozen=True, gc=False):
    """One port of a running pod. `kind` is "http" or "tcp"; the public side is None until RunPod has mapped it."""

    private: int | None
    public: int | None
    ip: str | None
    is_public: bool
    kind: str


class Runtime(Struct, frozen=True, gc=False):
    """A container that is up. Uptime can be negative just after a start (RunPod's clock skew)."""

    uptime: int | None
    cpu: float | None
    memory: float | None
    gpus: tuple[GpuReading, ...]
    ports: tuple[Port, ...]


class Placement(Struct, frozen=True, gc=False):
    """The machine a pod is on. `gpu_available`: GPUs free on it, which is the hint whether a stopped pod can resume."""

    gpu_name: str | None
    gpu_available: int | None
    host_id: str | None
    location: str | None
    data_center: str | None
    secure: bool | None
    maintenance_start: float | None
    maintenance_end: float | None
    maintenance_note: str | None


class Telemetry(Struct, frozen=True, gc=False):
    """RunPod's own latest sample of a pod, taken at `at`; older than the runtime, richer in GPU figures."""

    at: float | None
    state: str | None
    gpus: tuple[GpuReading, ...]


class PodVerb(StrEnum):
    """An action that RunPod reports as possible, by its own word."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    TERMINATE = "terminate"


class Pod(Struct, frozen=True, gc=False, omit_defaults=True):
    """One pod, as the fleet poll reports it.

    RUNNING with `runtime` None is booting, not up.

    verbs:      what RunPod accepts in this status, without regard to a lock; None if not reported.
    cluster_id: of the cluster that it is a member of.
    power_limit: percent of their nominal power to which RunPod limits its GPUs.
    """

    id: str
    name: str
    status: PodStatus
    kind: PodKind | None
    status_change: StatusChange | None
    cost_per_hr: float | None
    gpu_count: int
    vcpus: float | None
    memory_gb: float | None
    image: str | None
    volume_gb: float | None
    container_disk_gb: int | None
    network_volume_id: str | None
    locked: bool
    lowest_bid_to_resume: float | None
    runtime: Runtime | None
    machine: Placement | None
    telemetry: Telemetry | None
    verbs: frozenset[PodVerb] | None = None
    cluster_id: str | None = None
    power_limit: int | None = None


class Unreadable(Struct, frozen=True, gc=False):
    """A pod that came back in a shape podtop does not understand: shown as such, never dropped."""

    id: str | None
    name: str | None
    reason: str


class Funds(Struct, frozen=True):
    """The account's money as of one poll.

    billing_mode: None if not reported. An account that pays afterwards has no runway: nothing ends at $0.
    as_of:        when the balance was reported, if that was before the poll.
    """

    account_id: str | None
    balance: float | None
    spend_per_hr: float | None
    spend_limit: float | None
    billing_mode: BillingMode | None = None
    as_of: float | None = None


class Problem(Struct, frozen=True):
    """One entry of the server's `errors`, kept whole: its message, its path, its code."""

    message: str
    path: tuple[str | int, ...] = ()
    code: str | None = None


PARTIAL = "PARTIAL"
"""The code of a problem of podtop's own making: there is more than it shows."""


class Snapshot(Struct, frozen=True):
    """One fleet poll. `funds` or `pods` is None if the server failed to give that part; `problems` says why.

    lacks: what the API does not offer at all: it is None in this poll, and neither unknown nor zero.
    is_cut: whether there are more pods than podtop reads: one that is not among these may exist.
    """

    funds: Funds | None
    pods: tuple[Pod, ...] | None
    unreadable: tuple[Unreadable, ...] = ()
    problems: tuple[Problem, ...] = ()
    lacks: frozenset[Feature] = frozenset()
    is_cut: bool = False


class MarketQuery(Struct, frozen=True):
    """A query of the market; None where it does not matter. Speeds in Mbit/s, sizes in GB.

    secure:   True the secure cloud, False the community cloud, None both, each separately.
    country:  two letters, such as "SE"; it narrows the community cloud (gpuhunt).
    gpus:     ids of the GPU types requested; none is all of them.
    """

    gpu_count: int = 1
    disk_gb: int | None = None
    min_memory_gb: int | None = None
    min_vcpus: int | None = None
    secure: bool | None = None
    min_download_mbps: int | None = None
    min_upload_mbps: int | None = None
    country: str | None = None
    public_ip: bool | None = None
    gpus: tuple[str, ...] = ()


ANYTHING = MarketQuery()
"""One GPU, without further requirements."""


class Quote(Struct, frozen=True, gc=False):
    """One cloud's price for a GPU type: totals per hour for the requested count; both None when it is out of stock.

    stock:        RunPod's word ("High", "Medium", "Low", or one newer than podtop), None when there is none.
    rented_share: percent of all of them that are rented.
    country, public_ip, all minimums: of the cheapest host.
    """

    on_demand: float | None
    spot: float | None
    stock: str | None
    min_vcpus: int | None = None
    min_memory_gb: int | None = None
    rented: int | None = None
    total: int | None = None
    rented_share: float | None = None
    min_download_mbps: int | None = None
    min_upload_mbps: int | None = None
    country: str | None = None
    public_ip: bool | None = None


class Offer(Struct, frozen=True, gc=False):
    """A GPU type that can be rented. A cloud that does not sell it is None: its list prices are placeholders."""

    gpu_id: str
    name: str
    manufacturer: str | None
    memory_gb: int | None
    max_count: int | None
    secure: Quote | None
    community: Quote | None
    cuda_cores: int | None = None


class Market(Struct, frozen=True):
    """One market poll: GPU types, both clouds. `lacks` as in `Snapshot`.

    is_cut: whether there are more GPU types than podtop reads: one that is not among these may be for rent.
    """

    offers: tuple[Offer, ...]
    problems: tuple[Problem, ...] = ()
    lacks: frozenset[Feature] = frozenset()
    is_cut: bool = False


class Stock(Struct, frozen=True, gc=False):
    """A data center's stock of a GPU type: RunPod's word, None when there is none."""

    gpu_id: str
    stock: str | None


class DataCenter(Struct, frozen=True, gc=False):
    """A data center of RunPod's. `volumes`: whether network volumes are available there."""

    id: str
    name: str | None
    location: str | None
    listed: bool | None
    volumes: bool | None
    global_network: bool | None
    compliance: tuple[Compliance, ...]
    stocks: tuple[Stock, ...]


class DataCenters(Struct, frozen=True):
    """The data centers as of one response."""

    centers: tuple[DataCenter, ...]
    problems: tuple[Problem, ...] = ()
