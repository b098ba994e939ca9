"""Billing over REST v2: what was spent in each bucket of time, in total, by pod and by network volume.

It follows from the containers of the pods: what ran when, at which rate. Pods that are gone have left their costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tui.demo.catalogue import gpu_types
from tui.demo.pods import DISK_RUNNING, HOUR, MONTH_HOURS, NEVER, VOLUME, VOLUME_STOPPED, SimPod
from tui.demo.random_walk import mix
from tui.demo.rest.call import Call, Problem, Reply, invalid
from tui.demo.rest.log_lines import instant
from tui.demo.world import World

LAG = 3 * HOUR
"""Seconds until a cost is billed: RunPod's billing lags as well."""

SIZES = ("hour", "day", "week", "month", "year")
_DAY = 86_400.0
_DEFAULT_DAYS = 30
_MOST_BUCKETS = 20_000
_GONE = 4
"""Pods of the last weeks that are gone by now."""


class Span(NamedTuple):
    """A time in which something cost the same, in dollars per hour."""

    start: float
    end: float
    gpu: float = 0.0
    cpu: float = 0.0
    disk: float = 0.0


class Period(NamedTuple):
    """What a query asks for, as buckets from start to end."""

    size: str
    buckets: list[tuple[float, float]]

    def query(self) -> dict[str, Any]:
        return {"startTime": _time(self.buckets[0][0]), "endTime": _time(self.buckets[-1][1]), "bucketSize": self.size}


def total(call: Call) -> Reply:
    period = _period(call)
    spans = [span for _, spans in _pods(call.world) for span in spans]
    records = []
    for start, end in period.buckets:
        gpu, cpu, disk = _amounts(spans, start, end)
        stored = _storage(call.world, start, end)
        amounts = dict.fromkeys(_ALL, 0.0) | {
            "podGpuAmount": gpu, "podCpuAmount": cpu, "podDiskAmount": disk, "storageStandardAmount": stored,
            "totalAmount": gpu + cpu + disk + stored,
        }  # fmt: skip
        records.append(_record(start, end, amounts))
    return _reply(period, records, _ALL)


def pods(call: Call) -> Reply:
    period = _period(call)
    wanted = call.text("podId")
    records = []
    for pod_id, spans in _pods(call.world):
        if wanted in (None, pod_id):
            for start, end in period.buckets:
                gpu, cpu, disk = _amounts(spans, start, end)
                amounts = {"gpuAmount": gpu, "cpuAmount": cpu, "diskAmount": disk, "totalAmount": gpu + cpu + disk}
                records.append(_record(start, end, amounts) | {"podId": pod_id})
    return _reply(period, records, _BY_POD, ("podId", "uniquePodCount", wanted))


def volumes(call: Call) -> Reply:
    period = _period(call)
    wanted = call.text("networkVolumeId")
    records = []
    for start, end in period.buckets if wanted in (None, VOLUME) else ():
        stored = _storage(call.world, start, end)
        amounts = {"standardAmount": stored, "highPerformanceAmount": 0.0, "totalAmount": stored}
        records.append(_record(start, end, amounts) | {"networkVolumeId": VOLUME})
    return _reply(period, records, _BY_VOLUME, ("networkVolumeId", "uniqueNetworkVolumeCount", wanted))


def nothing(amounts: tuple[str, ...], filtered: str = "", counted: str = "") -> Callable[[Call], Reply]:
    """A route for what the account does not use."""

    def route(call: Call) -> Reply:
        return _reply(_period(call), [], amounts, (filtered, counted, call.text(filtered)) if filtered else None)

    return route


_ALL = (
    "totalAmount", "podGpuAmount", "podCpuAmount", "podDiskAmount", "serverlessGpuAmount", "serverlessCpuAmount",
    "serverlessDiskAmount", "serverlessFeeAmount", "storageStandardAmount", "storageHighPerformanceAmount",
    "endpointAmount", "clusterGpuAmount", "clusterDiskAmount", "clusterNetworkingAmount",
)  # fmt: skip
_BY_POD = ("totalAmount", "gpuAmount", "cpuAmount", "diskAmount")
_BY_VOLUME = ("totalAmount", "standardAmount", "highPerformanceAmount")
serverless = nothing(
    ("totalAmount", "gpuAmount", "cpuAmount", "diskAmount", "feeAmount"), "serverlessId", "uniqueServerlessCount"
)
clusters = nothing(
    ("totalAmount", "gpuAmount", "diskAmount", "networkingAmount"), "clusterId", "uniqueClusterCount"
)  # fmt: skip
endpoints = nothing(("totalAmount",))


def _reply(
    period: Period,
    records: list[dict[str, Any]],
    amounts: tuple[str, ...],
    by: tuple[str, str, str | None] | None = None,
) -> Reply:
    """by: the name of the filter, that of the count of distinct values, and the filter's value."""
    # A bucket in which nothing was spent is left out.
    records = sorted((r for r in records if r["totalAmount"]), key=lambda record: str(record["startTime"]))
    metadata: dict[str, Any] = {
        "query": period.query(),
        "recordCount": len(records),
        "totals": {name: round(sum((record[name] for record in records), 0.0), 6) for name in amounts},
    }
    if by is not None:
        name, counted, value = by
        metadata["query"][name] = value
        metadata[counted] = len({record[name] for record in records})
    return Reply(200, {"records": records, "metadata": metadata})


def _record(start: float, end: float, amounts: dict[str, float]) -> dict[str, Any]:
    rounded = {name: round(amount, 6) for name, amount in amounts.items()}
    return {"startTime": _time(start), "endTime": _time(end), **rounded}


# What cost when


def _pods(world: World) -> Iterator[tuple[str, list[Span]]]:
    """Each pod, and the times of its cost, as far as they are billed."""
    billed = world.now - LAG
    for pod in (*world.pods.values(), *world.gone):
        yield pod.id, [span for span in _spans(pod, min(billed, pod.terminated)) if span.end > span.start]
    types = [gpu for gpu in gpu_types().values() if gpu.secure and gpu.secure_price >= 1]
    for number in range(_GONE):
        gpu = types[mix(world.seed, number, "gone") % len(types)]
        start = world.start - (4 + 6 * number) * _DAY
        end = start + (6 + mix(world.seed, number, "gone for") % 60) * HOUR
        yield f"{mix(world.seed, 'gone', number):016x}"[:14], [Span(start, end, gpu.secure_price, 0.0, 0.01)]


def _spans(pod: SimPod, billed: float) -> Iterator[Span]:
    running = (pod.disk_gb + pod.volume_gb) * DISK_RUNNING / MONTH_HOURS
    stopped = pod.volume_gb * VOLUME_STOPPED / MONTH_HOURS
    gpu, cpu = (0.0, pod.rate) if pod.cpu else (pod.rate, 0.0)
    at = pod.created
    for run in pod.runs:
        yield Span(at, min(run.started, billed), disk=stopped)
        end = min(billed, run.stopped)
        yield Span(run.started, end, gpu, cpu, running)
        at = run.stopped
    if at < NEVER:
        yield Span(at, billed, disk=stopped)


def _amounts(spans: Iterable[Span], start: float, end: float) -> tuple[float, float, float]:
    gpu = cpu = disk = 0.0
    for span in spans:
        hours = (min(end, span.end) - max(start, span.start)) / HOUR
        if hours > 0:
            gpu, cpu, disk = gpu + span.gpu * hours, cpu + span.cpu * hours, disk + span.disk * hours
    return gpu, cpu, disk


def _storage(world: World, start: float, end: float) -> float:
    """Dollars for the network volume, which the account has had from long before."""
    return world.network_storage_per_hour() * max(0.0, min(end, world.now - LAG) - start) / HOUR


# Buckets of time


def _period(call: Call) -> Period:
    size = call.word("bucketSize", SIZES, "day")
    begun, ended = _asked(call, "startTime"), _asked(call, "endTime")
    if call.text("lastN") is not None:
        if begun is not None or ended is not None:
            raise Problem(400, "lastN and startTime/endTime are mutually exclusive")
        count = call.number("lastN", 1, None, 1)
        if count > _MOST_BUCKETS:
            raise Problem(400, "too many buckets")
        start = _floor(call.world.now, size)
        for _ in range(count - 1):
            start = _floor(start - 1, size)
            if start <= 0:
                raise Problem(400, "too many buckets")
        return Period(size, list(_buckets(start, call.world.now, size)))
    end = ended if ended is not None else call.world.now
    start = begun if begun is not None else end - _DEFAULT_DAYS * _DAY
    if start >= end:
        raise Problem(400, "startTime must be before endTime")
    return Period(size, list(_buckets(_floor(start, size), end, size)))


def _asked(call: Call, name: str) -> float | None:
    text = call.text(name)
    if text is None:
        return None
    at = instant(text)
    if at is None or not 0 <= at <= call.world.now + 366 * _DAY:
        raise invalid(f"query.{name}: '{text}' is not valid date-time")
    return at


def _buckets(start: float, end: float, size: str) -> Iterator[tuple[float, float]]:
    """From a boundary to the first at or after the end."""
    for number in range(_MOST_BUCKETS + 1):
        if start >= end:
            return
        if number == _MOST_BUCKETS:
            raise Problem(400, "too many buckets")
        following = _following(start, size)
        yield start, following
        start = following


def _floor(at: float, size: str) -> float:
    """The start of the bucket that an instant is in. Weeks begin on Monday."""
    moment = datetime.fromtimestamp(at, UTC).replace(minute=0, second=0, microsecond=0)
    if size != "hour":
        moment = moment.replace(hour=0)
    if size == "week":
        moment -= timedelta(days=moment.weekday())
    elif size == "month":
        moment = moment.replace(day=1)
    elif size == "year":
        moment = moment.replace(month=1, day=1)
    return moment.timestamp()


def _following(start: float, size: str) -> float:
    # More than the longest bucket of its kind is long, and less than two of them.
    longer = {"hour": HOUR, "day": _DAY, "week": 7 * _DAY, "month": 32 * _DAY, "year": 367 * _DAY}[size]
    return _floor(start + longer, size)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
