"""What others saw of an account, from the server of the shared history, written as a recording that the report reads.

Minute by minute, as recordings keep what is old: of figures the mean, of all else the last of the minute. A minute
without a sample of the account was watched by nobody.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import PodStatus
from tui.api.models import GpuReading, Placement, Pod, Runtime, Snapshot, Telemetry, Unreadable
from tui.domain.pod_costs import DISK_RUNNING, MONTH_HOURS, VOLUME_STOPPED
from tui.format.digits import whole_number
from tui.history.archive.writer import Polled
from tui.history.remote import HistoryUnavailable, number, quoted
from tui.history.scratch_recording import scratch_recording
from tui.store.metrics import MOST_DIGITS

if TYPE_CHECKING:
    from tui.history.remote import RemoteHistory, Series

MINUTE = 60.0
MOST = 10_000
"""Minutes of one request: Prometheus refuses more than 11,000 instants."""

AT_ONCE = 4_000_000
"""Minutes of all pods that are in memory at once."""

SILENCE = 1.5 * MINUTE
RESTART = 1.5 * MINUTE
"""Seconds by which the start of a container must move to be another one: of an uptime only the minute is known."""

MOST_GPUS = 128

_WINDOW = "60000ms"
_ACCOUNTS = "podtop_recorder_start_time_seconds"

Spans = Sequence[tuple[float, float]]

_STATUS = {
    "running": PodStatus.RUNNING, "idle": PodStatus.RUNNING, "booting": PodStatus.RUNNING,
    "stopped": PodStatus.EXITED, "outbid": PodStatus.EXITED, "error": PodStatus.ERROR,
    "terminated": PodStatus.TERMINATED,
}  # fmt: skip
"""By the exported phase; others are billed nobody knows how."""

_ON = ("running", "idle", "booting")
"""The phases of a pod that is on."""


def unwatched(spans: Spans, start: float, end: float) -> list[tuple[float, float]]:
    """The whole minutes between start and end that are in none of the spans, oldest first."""
    gaps, begin = [], math.ceil(start / MINUTE) * MINUTE
    for first, last in (*spans, (end, end)):
        until = min(first, end) // MINUTE * MINUTE
        if until > begin:
            gaps.append((begin, until))
        # The minute of its last sample was watched.
        begin = max(begin, (last // MINUTE + 1) * MINUTE)
    return gaps


async def accounts_of(history: RemoteHistory, key: str, own: str, start: float, end: float) -> tuple[str, ...]:
    """The names under which an account was exported: those of its recorders, else this podtop's own.

    key: as of `key_of`, empty if it is unknown. Raises HistoryUnavailable, also where a name is another account's too.
    """
    window = f"{math.ceil(end - start)}s"
    labels = await history.instant(f"count by (key, account, host, pid) (last_over_time({_ACCOUNTS}[{window}]))", end)
    keys: dict[str, set[str]] = {}
    by_process: dict[tuple[str, str], set[str]] = {}
    for series in labels:
        name, whose = series.metric.get("account", ""), series.metric.get("key", "")
        keys.setdefault(name, set()).add(whose)
        if whose == key:
            by_process.setdefault((series.metric.get("host", ""), series.metric.get("pid", "")), set()).add(name)
    if own in keys and any(len(names) > 1 for names in by_process.values()):
        # One podtop records each account once: these are different ones, as those of several simulators.
        return (own,) if key in keys[own] else ()
    names = sorted({name for name, held in keys.items() if key in held or (not key and name == own)})
    for name in names:
        if len(keys[name]) > 1:
            raise HistoryUnavailable(f"{history.name} has several accounts that are called {name}; use profiles")
    # A recording that was imported has no recorder.
    return tuple(names) if names or own in keys else (own,)


async def write_unwatched(history: RemoteHistory, accounts: Iterable[str], gaps: Spans, path: Path) -> bool:
    """Write what the server has of these times to a new recording; returns whether it has anything.

    If anything is raised, there is no recording. Raises HistoryUnavailable, and ArchiveError.
    """
    names = tuple(accounts)
    if not names:
        return False
    selector = f"account=~{quoted('|'.join(re.escape(name) for name in names))}"
    sizes: dict[str, float] = {}
    started: dict[str, float] = {}
    async with scratch_recording(path, SILENCE) as recording:
        for start, end in gaps:
            pods = await _pods(history, selector, start, end)
            most = max(60, min(MOST, AT_ONCE // max(1, len(pods))))
            at = start
            while at < end:
                count = min(most, round((end - at) / MINUTE))
                watched = await _watched(history, selector, at, count)
                lives = [await _life(history, selector, pod, at, count, sizes, started) for pod in pods if watched]
                await recording.write([*_polls(at, watched, lives)])
                at += count * MINUTE
    return not recording.is_empty


async def _pods(history: RemoteHistory, selector: str, start: float, end: float) -> list[str]:
    window = f"podtop_pod_info{{{selector}}}[{math.ceil(end - start)}s]"
    by_pod = await history.instant(f"count by (pod) (last_over_time({window}))", end)
    return sorted({pod for series in by_pod if (pod := series.metric.get("pod"))})


async def _watched(history: RemoteHistory, selector: str, start: float, count: int) -> list[int]:
    """The minutes in which anything of the account was exported."""
    either = (
        f"count(last_over_time({name}{{{selector}}}[{_WINDOW}]))"
        for name in ("podtop_account_balance_dollars", "podtop_pod_info")
    )
    series = await history.matrix(" or ".join(either), start, count, MINUTE)
    return sorted({minute for each in series for minute, _ in _minutes(each, start, count)})


class _Life(NamedTuple):
    """What is known of a pod by minute: itself, and whether it could be read."""

    pods: Mapping[int, Pod]
    unreadable: Mapping[int, Unreadable]


def _polls(start: float, watched: Sequence[int], lives: Sequence[_Life]) -> Iterator[Polled]:
    for minute in watched:
        pods = tuple(life.pods[minute] for life in lives if minute in life.pods)
        odd = tuple(life.unreadable[minute] for life in lives if minute in life.unreadable)
        yield Polled(start + minute * MINUTE, Snapshot(None, pods, unreadable=odd))


async def _life(
    history: RemoteHistory, selector: str, id: str, start: float, count: int, sizes: dict[str, float],
    started: dict[str, float],
) -> _Life:  # fmt: skip
    """A pod's minutes. `sizes`, `started`: volume and start of the container, by pod, as known before."""
    of_pod = f"{{{selector},pod={quoted(id)}}}[{_WINDOW}]"

    async def asked(name: str, over: str = "last", of: str = "") -> list[Series]:
        return await history.matrix(f"{over}_over_time({name}{of_pod}){of}", start, count, MINUTE)

    about, prices, phases, counts, uptimes, utils, watts = await asyncio.gather(
        asked("podtop_pod_info"), asked("podtop_pod_price_dollars_per_hour"), asked("podtop_pod_phase", of=" == 1"),
        asked("podtop_pod_gpus"), asked("podtop_pod_uptime_seconds"), asked("podtop_gpu_utilization_ratio", "avg"),
        asked("podtop_gpu_power_watts", "avg"),
    )  # fmt: skip
    known = {minute: series.metric for series in about for minute, _ in _minutes(series, start, count)}
    compute, storage = (
        _one([series for series in prices if series.metric.get("kind") == kind], start, count)
        for kind in ("compute", "storage")
    )
    phase = {minute: each.metric.get("phase", "") for each in phases for minute, _ in _minutes(each, start, count)}
    gpus, up = _one(counts, start, count), _one(uptimes, start, count)
    util, power = _by_gpu(utils, start, count, 100.0), _by_gpu(watts, start, count, 1.0)
    stopped = [storage[minute] for minute, price in compute.items() if price == 0 and minute in storage]
    if stopped:
        sizes[id] = stopped[-1] * MONTH_HOURS / VOLUME_STOPPED
    pods: dict[int, Pod] = {}
    unreadable: dict[int, Unreadable] = {}
    for minute in sorted(known):
        labels, state = known[minute], phase.get(minute)
        if state == "unreadable":
            unreadable[minute] = Unreadable(id, labels.get("name") or None, "as another podtop saw it")
            continue
        if state is None and (price := compute.get(minute)) is not None:
            state = "stopped" if price == 0 else "running" if minute in up or minute in util else "booting"
        at, runtime = start + minute * MINUTE, None
        readings, drawn = util.get(minute, {}), power.get(minute, {})
        number_of_gpus = min(MOST_GPUS, round(gpus.get(minute, max(readings, default=-1) + 1)))
        if state in ("running", "idle"):
            if minute in up:
                began, before = at - up[minute], started.get(id)
                started[id] = began if before is None or abs(began - before) > RESTART else before
            age = round(at - started[id]) if id in started and minute in up else None
            runtime = Runtime(
                age, None, None, tuple(GpuReading(f"{n}", readings.get(n)) for n in range(number_of_gpus)), ()
            )  # fmt: skip
        telemetry = Telemetry(
            None, None, tuple(GpuReading(f"{n}", power_w=drawn.get(n)) for n in range(number_of_gpus))
        )
        status = _STATUS.get(state or "", PodStatus.CREATED)
        volume, disk = _sizes(storage.get(minute), state in _ON, sizes.get(id))
        pods[minute] = Pod(
            id=id, name=labels.get("name", id), status=status, kind=None, status_change=None,
            cost_per_hr=compute.get(minute) if state in _ON else None, gpu_count=number_of_gpus,
            vcpus=None, memory_gb=None, image=None, volume_gb=volume, container_disk_gb=disk,
            network_volume_id=labels.get("network_volume"), locked=False, lowest_bid_to_resume=None, runtime=runtime,
            machine=Placement(labels.get("gpu_type"), None, None, labels.get("location"), None, None, None, None, None),
            telemetry=telemetry if drawn and runtime is not None else None,
        )  # fmt: skip
    return _Life(pods, unreadable)


def _sizes(price: float | None, is_on: bool, volume: float | None) -> tuple[float | None, int | None]:
    """GB of a pod's volume and of its container disk, by what they cost in its state.

    volume: that of the pod, if it was seen stopped; else all may be volume, which is billed while it is stopped.
    """
    if price is None:
        return None, None
    if not is_on:
        return price * MONTH_HOURS / VOLUME_STOPPED, None
    both = price * MONTH_HOURS / DISK_RUNNING
    if volume is None:
        return both, 0
    return min(volume, both), max(0, round(both - volume))


def _minutes(series: Series, start: float, count: int) -> Iterator[tuple[int, float]]:
    """The values of a series by the number of their minute."""
    for at, text in series.values:
        minute, value = round((at - start) / MINUTE) - 1, number(text)
        if 0 <= minute < count and value is not None:
            yield minute, value


def _one(sources: Iterable[Series], start: float, count: int) -> dict[int, float]:
    """Values by minute; where several podtops have one, it is any of them."""
    return {minute: value for series in sources for minute, value in _minutes(series, start, count)}


def _by_gpu(sources: Iterable[Series], start: float, count: int, scale: float) -> dict[int, dict[int, float]]:
    """By minute the value of each GPU; where several podtops have one, their mean."""
    sums: dict[int, dict[int, list[float]]] = {}
    for series in sources:
        index = whole_number(series.metric.get("gpu", ""), MOST_DIGITS)
        if index is None or index >= MOST_GPUS:
            continue
        for minute, value in _minutes(series, start, count):
            sums.setdefault(minute, {}).setdefault(index, []).append(value * scale)
    return {minute: {gpu: sum(values) / len(values) for gpu, values in each.items()} for minute, each in sums.items()}
