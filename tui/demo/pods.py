"""Pods of the simulated world: their fields, their cost, and the load of their GPUs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from tui.demo.catalogue import GpuType, Place
from tui.demo.long_runs import LONG_RUNS
from tui.demo.random_walk import chance, mix, wander
from tui.domain.gpu_power import nominal_w

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
    nan_at:    from when on the loss of its run is no number.
    coarse_until: until when it is sampled so seldom that its load is given as that of hours (`long_runs`).
    ended:     when its work ends; `after`: what its GPUs do from then on, by its name in `WORK`.
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
    nan_at: float = NEVER
    coarse_until: float = 0.0
    ended: float = NEVER
    after: str = "idle"
    version: int = 1
    locked: bool = False
    registry: str | None = None
    global_network: bool = False
    cpu: CpuShape | None = None
    member: Membership | None = None
    terminated: float = NEVER
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
        level *= 0.42 + 0.1 * wander(t, 120, seed, pod.id, "lag")
    else:
        level -= 14 * wander(t, 60, seed, pod.id, gpu, "wait")
    return level, memory - 12


def _bursty(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """Batches of work with pauses between: evaluation, inference."""
    wave = wander(t, 150, seed, pod.id)
    return max(0.0, 130 * wave - 35 + 8 * wander(t, 20, seed, pod.id, gpu)), 35 + 30 * wander(t, 1200, seed, pod.id)


def _idle(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    return 0.0, 3.0


def _empty(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """Its process has ended."""
    return 0.0, 0.0


def _hung(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """Each GPU waits for the others in a collective, for ever."""
    return 100.0, _checkpointing(pod, pod.ended, gpu, seed)[1]


WORK: dict[str, Callable[[SimPod, float, int, int], tuple[float, float]]] = {
    "train": _checkpointing,
    "straggle": _straggling,
    "burst": _bursty,
    "idle": _idle,
    "empty": _empty,
    "hung": _hung,
}


def gpu_load(pod: SimPod, t: float, gpu: int, seed: int) -> tuple[int, int]:
    """Utilization and memory of one GPU in whole percents."""
    doing = _doing(pod, t)
    work = LONG_RUNS.get(doing, WORK[doing]) if t < pod.coarse_until else WORK[doing]
    util, memory = work(pod, t, gpu, seed)
    return min(100, max(0, round(util))), min(100, max(0, round(memory)))


def _doing(pod: SimPod, t: float) -> str:
    return pod.after if t >= pod.ended else pod.work


_EMPTY_W, _HELD_W, _WAITING_W, _FULL_W = 0.10, 0.17, 0.215, 0.82
"""Shares of the nominal power that a GPU draws: with no memory in use, with memory held, while it waits at 100 % in a
collective, and at work at 100 % (samples of H100s on RunPod: 67..74, 115..124, 146..161 and some 550 of 700 W)."""

_UNKNOWN_W = 300.0


def gpu_power(pod: SimPod, t: float, gpu: int, seed: int) -> float:
    """Watts of one GPU: they tell work from waiting where the utilization cannot."""
    util, memory = gpu_load(pod, t, gpu, seed)
    if not util:
        share = _HELD_W if memory else _EMPTY_W
    elif _doing(pod, t) == "hung":
        share = _WAITING_W
    else:
        share = _HELD_W + (_FULL_W - _HELD_W) * util / 100
    flutter = 0.97 + 0.06 * chance(seed, pod.id, gpu, "w", int(t))
    return round((nominal_w(pod.gpu.id) or _UNKNOWN_W) * share * flutter, 1)


def free_now(pod: SimPod, now: float) -> int:
    """Unrented GPUs of its host; on a full host a neighbour is away for five minutes of every thirty."""
    away = pod.status == "EXITED" and pod.free_gpus < pod.count and now % 1800 >= 1500
    return pod.count if away else pod.free_gpus
