"""Pods of the simulated world: their fields, their telemetry, and how RunPod would report them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from tui.demo.catalogue import PLACES, GpuType, Place
from tui.demo.random_walk import chance, mix, wander

HOUR = 3600.0
MONTH_HOURS = 730.0
DISK_RUNNING = 0.10
"""Dollars per GB per month of container and volume disk while a pod runs (RunPod's pricing page)."""

VOLUME_STOPPED = 0.20
"""Dollars per GB per month of the volume of a stopped pod."""

NETWORK_VOLUME = 0.05
"""Dollars per GB per month of a network volume of a TB or more."""

VOLUME = "vol-7x2kq"
VOLUME_GB = 4000
"""The network volume of the account, in the first data center."""

LINGER = 20.0
"""Seconds for which a stopped pod still shows its runtime, as RunPod's does."""

NEVER = math.inf


def js_date(at: float) -> str:
    """A date in JavaScript's format, which ends RunPod's status texts."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")


def iso(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Run(NamedTuple):
    """A container of a pod, from its start to its end. Instants in epoch seconds, `boot` in seconds.

    why: how it ended, in the words of RunPod's status; "" while it runs.
    """

    started: float
    boot: float
    stopped: float
    worked_until: float
    image: str
    why: str


class CpuShape(NamedTuple):
    """The processor of a pod without GPUs: the flavor's id, its vCPUs, and GB of memory."""

    flavor: str
    vcpus: int
    memory_gb: int


class Membership(NamedTuple):
    """A pod's place in a cluster."""

    cluster: str
    rank: int
    ip: str


@dataclass
class SimPod:
    """One pod.

    price:     dollars per GPU per hour; per vCPU of a pod without GPUs.
    boot:      seconds from its start to a runtime.
    free_gpus: unrented GPUs of its host.
    outbid_at: when another user bids more for its GPUs.
    """

    id: str
    name: str
    gpu: GpuType
    count: int
    place: Place
    price: float
    work: str
    started: float | None
    status: str = "RUNNING"
    stopped: float | None = None
    created: float = 0.0
    boot: float = 45.0
    spot: bool = False
    secure: bool = True
    bid: float | None = None
    change: str = ""
    image: str = "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04"
    volume_gb: int = 100
    disk_gb: int = 50
    network_volume: str | None = None
    ports: str = "8888/http,22/tcp"
    mount: str = "/workspace"
    docker_args: str = ""
    env: list[str] = field(default_factory=lambda: ["WANDB_PROJECT=demo", "HF_HOME=/workspace/hf"])
    template_id: str | None = None
    free_gpus: int = 0
    outbid_at: float = NEVER
    ended: float = NEVER
    version: int = 1
    locked: bool = False
    registry: str | None = None
    global_network: bool = False
    cpu: CpuShape | None = None
    member: Membership | None = None
    past: list[Run] = field(default_factory=list)
    """Its containers that have ended, oldest first."""

    @property
    def runs(self) -> list[Run]:
        """All its containers, oldest first, with the one that runs."""
        return self.past if self.status != "RUNNING" else [*self.past, self._run(NEVER, "")]

    def close_run(self, at: float, why: str) -> None:
        self.past.append(self._run(at, why))

    def _run(self, stopped: float, why: str) -> Run:
        return Run(self.started or self.created, self.boot, stopped, min(self.ended, stopped), self.image, why)

    @property
    def rate(self) -> float:
        """Dollars per hour of its GPUs or vCPUs while it runs."""
        return round(self.price * (self.cpu.vcpus if self.cpu else self.count), 4)

    @property
    def vcpus(self) -> float:
        return float(self.cpu.vcpus if self.cpu else self.gpu.vcpus * max(1, self.count))

    @property
    def memory_gb(self) -> float:
        return float(self.cpu.memory_gb if self.cpu else self.gpu.ram_gb * max(1, self.count))

    def uptime(self, now: float) -> int | None:
        """Seconds since the container came up; slightly negative just after, as RunPod's is. None without a runtime."""
        if self.started is None or now < self.started + self.boot or now >= self.visible_until():
            return None
        at = min(now, self.stopped or now)
        return None if at < self.started + self.boot else int(at - self.started - self.boot) - 4

    def visible_until(self) -> float:
        return NEVER if self.stopped is None else self.stopped + LINGER

    def storage_rate(self) -> float:
        """Dollars per hour of its disks."""
        if self.status == "RUNNING":
            return (self.disk_gb + self.volume_gb) * DISK_RUNNING / MONTH_HOURS
        return self.volume_gb * VOLUME_STOPPED / MONTH_HOURS

    def spend(self) -> float:
        """Dollars per hour in total."""
        return (self.rate if self.status == "RUNNING" else 0.0) + self.storage_rate()


def _checkpointing(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """A healthy run: high, with a dip for a checkpoint every ten minutes and a pause between epochs."""
    beat = (t + mix(seed, pod.id) % 600) % 600
    epoch = (t + mix(seed, pod.id, "epoch") % 2700) % 2700
    level = 92 + 6 * wander(t, 40, seed, pod.id, gpu)
    if beat < 25:
        level *= 0.25
    if epoch < 70:
        level *= 0.12
    return level, 88 + 2 * wander(t, 900, seed, pod.id, gpu, "m")


def _straggling(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """The last GPU but one lags behind the others, which wait for it now and then."""
    level, memory = _checkpointing(pod, t, gpu, seed)
    if gpu == max(0, pod.count - 2):
        level *= 0.5 + 0.12 * wander(t, 120, seed, pod.id, "lag")
    else:
        level -= 14 * wander(t, 60, seed, pod.id, gpu, "wait")
    return level, memory - 12


def _bursty(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """Batches of work with pauses between: evaluation, inference."""
    wave = wander(t, 150, seed, pod.id)
    return max(0.0, 130 * wave - 35 + 8 * wander(t, 20, seed, pod.id, gpu)), 35 + 30 * wander(t, 1200, seed, pod.id)


def _idle(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    return 0.0, 3.0


WORK: dict[str, Callable[[SimPod, float, int, int], tuple[float, float]]] = {
    "train": _checkpointing,
    "straggle": _straggling,
    "burst": _bursty,
    "idle": _idle,
}


def gpu_load(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[int, int]:
    """Utilization and memory of one GPU in whole percents."""
    work = WORK["idle" if t >= pod.ended else pod.work]
    util, memory = work(pod, t, gpu, seed)
    return min(100, max(0, round(util))), min(100, max(0, round(memory)))


def pod_view(
    pod: SimPod, now: float, seed: int, lowest_bid: float | None = None, ssh_port: int | None = None
) -> dict[str, Any]:
    """The pod as GraphQL's `Pod`; expensive parts are computed on request.

    lowest_bid: dollars per GPU per hour that would bring a stopped interruptible pod back.
    """
    return {
        "id": pod.id,
        "name": pod.name,
        "desiredStatus": pod.status,
        "podType": "INTERRUPTABLE" if pod.spot else "RESERVED",
        "lastStatusChange": pod.change,
        "costPerHr": pod.rate,
        "adjustedCostPerHr": pod.rate,
        "costMultiplier": 1.0,
        "gpuCount": pod.count,
        "gpuPowerLimitPercent": 100,
        "vcpuCount": pod.vcpus,
        "memoryInGb": pod.memory_gb,
        "imageName": pod.image,
        "dockerArgs": pod.docker_args,
        "dockerId": f"{mix(seed, pod.id, 'docker'):016x}",
        "env": pod.env,
        "port": None,
        "ports": pod.ports,
        "volumeInGb": float(pod.volume_gb),
        "volumeMountPath": pod.mount,
        "volumeEncrypted": False,
        "volumeKey": None,
        "containerDiskInGb": pod.disk_gb,
        "containerRegistryAuthId": pod.registry,
        "networkVolumeId": pod.network_volume,
        "networkVolume": volume_view() if pod.network_volume else None,
        "locked": pod.locked,
        "lowestBidPriceToResume": lowest_bid,
        "machineId": f"m{mix(seed, pod.id, 'machine') % 10**11:011d}",
        "machineType": "CPU" if pod.cpu else "GPU",
        "consumerUserId": "user_2demoPodtop",
        "templateId": pod.template_id,
        "version": pod.version,
        "uptimeSeconds": pod.uptime(now) or 0,
        "createdAt": lambda: iso(pod.created),
        "lastStartedAt": lambda: iso(pod.started),
        "gpus": lambda: [{"id": gpu_id(pod.id, i, seed), "podId": pod.id} for i in range(pod.count)],
        "registry": None,
        "apiKey": None,
        "runtime": lambda: runtime_view(pod, now, seed, ssh_port),
        "machine": lambda: _machine(pod, now, seed),
        "latestTelemetry": lambda: _telemetry(pod, now, seed),
    }


@lru_cache(1 << 14)
def gpu_id(pod_id: str, index: int, seed: int) -> str:
    text = f"{mix(seed, pod_id, index):016x}{mix(seed, pod_id, index, 'x'):016x}"
    return f"GPU-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def runtime_view(pod: SimPod, now: float, seed: int, ssh_port: int | None) -> dict[str, Any] | None:
    uptime = pod.uptime(now)
    if uptime is None:
        return None
    at = now if pod.stopped is None else pod.stopped
    loads = [gpu_load(pod, at, i, seed) for i in range(pod.count)]
    mean = sum(util for util, _ in loads) / len(loads) if loads else 4.0
    return {
        "uptimeInSeconds": uptime,
        "container": {
            "cpuPercent": round(4 + mean * 0.3 + 8 * wander(at, 30, seed, pod.id, "cpu")),
            "memoryPercent": round(18 + mean * 0.25 + 10 * wander(at, 1800, seed, pod.id, "ram")),
        },
        "gpus": [
            {"id": gpu_id(pod.id, i, seed), "gpuUtilPercent": util, "memoryUtilPercent": memory}
            for i, (util, memory) in enumerate(loads)
        ],
        "ports": port_views(pod, seed, ssh_port),
    }


def port_views(pod: SimPod, seed: int, ssh_port: int | None) -> list[dict[str, Any]]:
    """`ssh_port`: the port of this machine that port 22 maps to, if any."""
    ports = []
    for spec in filter(None, pod.ports.split(",")):
        number, _, kind = spec.strip().partition("/")
        tcp = kind == "tcp"
        if ssh_port is not None and number == "22":
            ports.append(
                {"ip": "127.0.0.1", "isIpPublic": True, "privatePort": 22, "publicPort": ssh_port, "type": "tcp"}
            )
            continue
        ports.append(
            {
                "ip": f"194.68.245.{mix(seed, pod.id) % 250 + 1}" if tcp else f"100.65.{mix(seed, pod.id) % 250}.17",
                "isIpPublic": tcp,
                "privatePort": int(number) if number.isdigit() else None,
                "publicPort": 20_000 + mix(seed, pod.id, number, pod.version) % 40_000,
                "type": kind or "http",
            }
        )
    return ports


def free_now(pod: SimPod, now: float) -> int:
    """Unrented GPUs of its host; on a full host a neighbour is away for five minutes of every thirty."""
    away = pod.status == "EXITED" and pod.free_gpus < pod.count and now % 1800 >= 1500
    return pod.count if away else pod.free_gpus


def host_id(pod: SimPod, seed: int) -> str:
    """The name of a pod at RunPod's ssh proxy."""
    return f"{pod.id}-{mix(seed, pod.id, 'host') % 2**32:08x}"


def _machine(pod: SimPod, now: float, seed: int) -> dict[str, Any]:
    return {
        "id": f"m{mix(seed, pod.id, 'machine') % 10**11:011d}",
        "gpuTypeId": None if pod.cpu else pod.gpu.id,
        "gpuDisplayName": None if pod.cpu else pod.gpu.name,
        "gpuType": None
        if pod.cpu
        else {"id": pod.gpu.id, "displayName": pod.gpu.name, "memoryInGb": pod.gpu.memory_gb},
        "gpuAvailable": free_now(pod, now),
        "podHostId": host_id(pod, seed),
        "location": pod.place.country,
        "dataCenterId": pod.place.id if pod.secure else None,
        "secureCloud": pod.secure,
        "supportPublicIp": True,
        "costPerHr": pod.rate,
        "currentPricePerGpu": pod.price,
        "diskMBps": 2000 + mix(seed, pod.id, "disk") % 4000,
        "maxDownloadSpeedMbps": 1000 + mix(seed, pod.id, "down") % 9000,
        "maxUploadSpeedMbps": 800 + mix(seed, pod.id, "up") % 8000,
        "maintenanceStart": None,
        "maintenanceEnd": None,
        "maintenanceNote": None,
        "note": None,
        "cpuCount": 64,
        "vcpuTotal": 128,
        "vcpuReserved": 96.0,
        "memoryTotal": 1024,
        "memoryReserved": 800.0,
        "listed": True,
        "machineType": "CPU" if pod.cpu else "GPU",
        "minPodGpuCount": 1,
        "globalNetwork": pod.place.country == "US",
        "cpuTypeId": "AMD EPYC 9554",
        "cpuType": {
            "id": "AMD EPYC 9554", "displayName": "AMD EPYC 9554 64-Core Processor", "manufacturer": "AMD",
            "cores": 64, "threadsPerCore": 2, "groupId": "epyc",
        },
        "machineSystem": {
            "os": "Ubuntu 22.04", "cudaVersion": "12.4", "dockerVersion": "26.1.3", "kernelVersion": "5.15.0",
            "diskTotal": 7000, "diskFree": 3100,
        },
    }  # fmt: skip


def _telemetry(pod: SimPod, now: float, seed: int) -> dict[str, Any] | None:
    if pod.started is None:
        return None
    at = now if pod.stopped is None else pod.stopped
    sampled = at - at % 10
    up = pod.status == "RUNNING" and pod.uptime(now) is not None
    gpus = []
    for index in range(pod.count if up else 0):
        util, memory = gpu_load(pod, sampled, index, seed)
        gpus.append(
            {
                "id": gpu_id(pod.id, index, seed),
                "percentUtilization": float(util),
                "memoryUtilization": float(memory),
                "temperatureCelcius": round(34 + util * 0.36 + 3 * chance(seed, pod.id, index, "t"), 1),
                "powerWatts": round(70 + util * 5.6 + 20 * chance(seed, pod.id, index, "w"), 1),
            }
        )
    return {
        "time": iso(sampled),
        "state": "running" if up else "exited" if pod.stopped is not None else "created",
        # A fraction here, percent elsewhere: clients disagree about RunPod's unit.
        "cpuUtilization": round(0.3 + 0.1 * wander(sampled, 60, seed, pod.id, "cpu"), 4) if up else 0.0,
        "memoryUtilization": round(0.4 + 0.1 * wander(sampled, 1800, seed, pod.id, "ram"), 4) if up else 0.0,
        "averageGpuMetrics": _average(gpus),
        "individualGpuMetrics": gpus,
        "lastStateTransitionTimestamp": int(pod.stopped or pod.started),
    }


def place_view(place: Place) -> dict[str, Any]:
    """A data center as GraphQL's `DataCenter`, without its stock."""
    return {
        "id": place.id, "name": place.name, "location": place.country, "listed": True, "storageSupport": True,
        "globalNetwork": place.country == "US", "compliance": ["GDPR"] if place.id.startswith("EU") else [],
    }  # fmt: skip


def volume_view() -> dict[str, Any]:
    """The account's network volume as GraphQL's `NetworkVolume`."""
    return {
        "id": VOLUME, "name": "datasets", "size": VOLUME_GB, "dataCenterId": PLACES[0].id,
        "dataCenter": place_view(PLACES[0]),
    }  # fmt: skip


def _average(gpus: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not gpus:
        return None
    names = ("percentUtilization", "memoryUtilization", "temperatureCelcius", "powerWatts")
    return {"id": None, **{name: sum(g[name] for g in gpus) / len(gpus) for name in names}}
