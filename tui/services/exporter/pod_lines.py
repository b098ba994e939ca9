"""The samples of one pod, as text. Pure.

They are nearly all of a page. What stands before the values of a pod, its names and labels, is written once and kept:
a page of 2,000 pods of 8 GPUs only puts their values in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import INTERRUPTIBLE
from tui.domain import pod_costs, pod_health
from tui.domain.action import State
from tui.domain.costs import state as billing_state
from tui.domain.pod_health import Phase
from tui.services.exporter import families
from tui.services.exporter.exposition import NUMBER, RATIO, labels, line, number, ratio, sample_name
from tui.services.exporter.families import Family
from tui.store.metrics import fresh

if TYPE_CHECKING:
    from tui.api.enums import PodKind
    from tui.api.models import GpuReading, Placement, Pod
    from tui.store.fleet_state import Record

CACHED = 16_384
"""Pods whose labels are kept as text."""

PERCENT = 100
"""Of a ratio, the base unit."""

Add = Callable[[Family, str], object]
"""Takes lines of a family: one sample each."""


class Prefixes(NamedTuple):
    """What stands before the values of one pod."""

    gpus: str
    uptime: str
    idle: str
    cpu: str
    memory: str


@lru_cache(CACHED)
def _prefixes(account: str, pod: str) -> Prefixes:
    label = labels(account=account, pod=pod)
    of = (families.POD_GPUS, families.POD_UPTIME, families.POD_IDLE, families.POD_CPU, families.POD_MEMORY)
    return Prefixes(*(line(family, label, "") for family in of))


class GpuLines(NamedTuple):
    """The samples of the GPUs of one pod, a line each in the order of their index, with a place for each value."""

    util: str
    memory: str
    temperature: str
    power: str


@lru_cache(CACHED)
def _gpu_lines(account: str, pod: str, count: int) -> GpuLines:
    # A label may have a percent sign in it.
    label = labels(account=account, pod=pod, gpu="").removesuffix('"}').replace("%", "%%")
    each = [f'{label}{index}"}} ' for index in range(count)]
    known = (families.GPU_UTIL, f"%{RATIO}"), (families.GPU_MEMORY, f"%{RATIO}")
    latest = (families.GPU_TEMPERATURE, f"%{NUMBER}"), (families.GPU_POWER, f"%{NUMBER}")
    return GpuLines(
        *("\n".join(f"{sample_name(family)}{label}{value}" for label in each) for family, value in (*known, *latest))
    )


@lru_cache(CACHED)
def _phases(account: str, pod: str, phase: Phase) -> str:
    before = line(families.POD_PHASE, labels(account=account, pod=pod, phase=""), "").removesuffix('"} ')
    return "\n".join(f'{before}{each.value}"}} {"1" if each is phase else "0"}' for each in Phase)


@lru_cache(CACHED)
def costs(account: str, pod: str, compute: float | None, storage: float | None) -> str:
    """The samples of a pod's price; empty if nothing of it is known."""
    return "\n".join(
        line(families.POD_PRICE, labels(account=account, pod=pod, kind=kind), number(cost))
        for kind, cost in (("compute", compute), ("storage", storage))
        if cost is not None
    )


def pod_lines(account: str, record: Record, now: float, add: Add) -> None:
    """All samples of a pod."""
    phase, pod, id = record.phase(now), record.pod, record.id
    add(families.POD_PHASE, _phases(account, id, phase))
    if pod is None or phase is Phase.UNREADABLE:
        add(families.POD_INFO, line(families.POD_INFO, labels(account=account, pod=id, name=record.name), "1"))
        return
    before = _prefixes(account, id)
    add(families.POD_INFO, info(account, id, pod.name, pod.kind, pod.machine, pod.network_volume_id))
    add(families.POD_GPUS, f"{before.gpus}{pod.gpu_count}")
    if price := costs(account, id, *billed(pod)):
        add(families.POD_PRICE, price)
    runtime = pod.runtime
    if runtime is None or not pod_health.is_live(pod):
        return
    busy, unread = pod_health.activity(pod)
    idle = 0.0 if busy else None if unread else record.idle_for(now)
    if runtime.uptime is not None:
        add(families.POD_UPTIME, before.uptime + number(runtime.uptime))
    if idle is not None:
        add(families.POD_IDLE, before.idle + number(idle))
    if runtime.cpu is not None:
        add(families.POD_CPU, before.cpu + ratio(runtime.cpu))
    if runtime.memory is not None:
        add(families.POD_MEMORY, before.memory + ratio(runtime.memory))
    _gpus(account, id, runtime.gpus, fresh(pod, now), add)


def _gpus(account: str, pod: str, gpus: tuple[GpuReading, ...], latest: tuple[GpuReading, ...], add: Add) -> None:
    """What the container says of its GPUs, and RunPod's own latest sample of them."""
    if gpus:
        lines = _gpu_lines(account, pod, len(gpus))
        _put(families.GPU_UTIL, lines.util, [gpu.util for gpu in gpus], PERCENT, add)
        _put(families.GPU_MEMORY, lines.memory, [gpu.memory for gpu in gpus], PERCENT, add)
    if latest:
        lines = _gpu_lines(account, pod, len(latest))
        _put(families.GPU_TEMPERATURE, lines.temperature, [gpu.temperature_c for gpu in latest], 1, add)
        _put(families.GPU_POWER, lines.power, [gpu.power_w for gpu in latest], 1, add)


def _put(family: Family, lines: str, values: list[float | None], base: int, add: Add) -> None:
    """The values into their lines, divided by the base unit; a line whose value is unknown is left out."""
    known = [value / base for value in values if value is not None]
    if len(known) < len(values):
        each = zip(lines.split("\n"), values, strict=True)
        lines = "\n".join(line for line, value in each if value is not None)
    if known:
        add(family, lines % tuple(known))


def billed(pod: Pod) -> tuple[float | None, float | None]:
    """What a pod costs per hour for its GPUs, and for its disks: None where that is unknown, as after an error."""
    state = billing_state(pod)
    if state is None:
        return None, None
    runs = state is State.RUNNING
    return pod.cost_per_hr if runs else 0.0, pod_costs.storage_per_hr(pod, runs)


@lru_cache(CACHED)
def info(
    account: str, pod: str, name: str, kind: PodKind | None, machine: Placement | None, network_volume: str | None
) -> str:
    """The sample that says what a pod is."""
    secure = machine.secure if machine is not None else None
    shown = labels(
        account=account, pod=pod, name=name,
        gpu_type=machine.gpu_name if machine is not None else None,
        cloud=None if secure is None else "secure" if secure else "community",
        location=(machine.data_center or machine.location) if machine is not None else None,
        spot=None if kind is None else "true" if kind in INTERRUPTIBLE else "false",
        network_volume=network_volume,
    )  # fmt: skip
    return line(families.POD_INFO, shown, "1")
