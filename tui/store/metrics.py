"""The sampled metrics: one row each, from which samples, recordings, charts, columns and exports are made.

To add one: its field in `api/models.py`, the document that requests it, its row here, the simulator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache, lru_cache
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tui.api.features import Feature
from tui.api.models import GpuReading, Telemetry
from tui.domain import pod_health
from tui.format.digits import whole_number

if TYPE_CHECKING:
    from tui.api.hosts import HostLoad
    from tui.api.models import Pod, Runtime

TELEMETRY_AGE = 120.0
"""Seconds after which RunPod's own latest sample of a pod's GPUs is outdated."""

MOST_DIGITS = 3
"""Digits of the number of a GPU: names of series come from recordings, and are not to be millions of lines."""


class Source(Enum):
    """The source of a metric in a response: the container, a GPU at work, or a GPU in RunPod's own latest sample.

    The last is older than the others, and RunPod does not give it for every pod.
    """

    CONTAINER = "Runtime"
    GPU = "Runtime.gpus"
    LATEST = "Telemetry.gpus"


Values = Iterable[float | None]


def _highest(values: Values) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _sum(values: Values) -> float | None:
    """The sum of all values, or None if any is missing: a partial sum would look like less."""
    known = list(values)
    return sum(value for value in known if value is not None) if known and None not in known else None


class Metric(Struct, frozen=True, kw_only=True):
    """One metric.

    name:   identifies its chart, its column, and the series of the pod as a whole.
    title:  the title of its chart; `label`: a name of at most five letters, for the column header and where the
            chart is a single row.
    source: where it is read, and `field` its name there (in `Runtime`, or in `GpuReading`).
    prefix: the prefix of its series' names, followed by the GPU's number; for GPUs only.
    unit:   the unit after a value.
    steps:  byte steps per unit: a sample is stored as a byte, of 0 to 254 steps.
    top:    the end of its chart's axis; None: a round number above all values drawn.
    pooled: combines the GPUs' values into one.
    worst:  which of a time's values matters most and must not be lost in a mean: "low", "high", or "mean" for none.
    export: its field in JSON and CSV.
    feature: by which an API says that it does not offer it; None if every API does.
    """

    name: str
    title: str
    label: str
    source: Source
    field: str
    export: str
    prefix: str = ""
    unit: str = "%"
    steps: float = 2.0
    top: float | None = 100.0
    pooled: Callable[[Values], float | None] = pod_health.mean
    worst: str = "mean"
    feature: Feature | None = None

    @property
    def per_gpu(self) -> bool:
        return self.source is not Source.CONTAINER

    @property
    def always(self) -> bool:
        """Whether RunPod gives it for every pod that is up; then pods can be compared by it in a chart."""
        return self.source is not Source.LATEST

    def of_gpu(self, index: int) -> str:
        """The name of the series of one GPU."""
        return f"{self.prefix}{index}"

    def series_in(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names among these that are its series of single GPUs."""
        length = len(self.prefix)
        return tuple(
            n for n in names if n.startswith(self.prefix) and whole_number(n[length:], MOST_DIGITS) is not None
        )

    def gpus_in(self, names: Iterable[str]) -> list[int]:
        """The numbers of the GPUs whose series are among these, in order."""
        length = len(self.prefix)
        return sorted(int(name[length:]) for name in self.series_in(names))


UTIL = Metric(
    name="util", title="GPU util", label="util", source=Source.GPU, field="util", prefix="gpu", export="util_percent",
    worst="low",
)  # fmt: skip
"""The metric by which a pod's work is judged."""

METRICS = (
    UTIL,
    Metric(
        name="vram", title="GPU memory", label="VRAM", source=Source.GPU, field="memory", prefix="vram",
        export="memory_percent",
    ),
    Metric(name="cpu", title="CPU", label="CPU", source=Source.CONTAINER, field="cpu", export="cpu_percent"),
    Metric(
        name="memory", title="Memory", label="MEM", source=Source.CONTAINER, field="memory", export="memory_percent",
    ),
    Metric(
        name="temp", title="GPU temp", label="temp", source=Source.LATEST, field="temperature_c", prefix="temp",
        unit="°C", pooled=_highest, worst="high", export="temperature_c", feature=Feature.GPU_TEMPERATURE,
    ),
    Metric(
        name="power", title="GPU power", label="power", source=Source.LATEST, field="power_w", prefix="power",
        unit="W", steps=0.2, top=None, pooled=_sum, export="power_w", feature=Feature.GPU_POWER,
    ),
)  # fmt: skip
"""In the order of the charts."""

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
COMPARED = tuple(metric.name for metric in METRICS if metric.always)
"""The charts in which pods are compared, one line per pod."""

CONTAINER = tuple(metric for metric in METRICS if metric.source is Source.CONTAINER)
GPU = tuple(metric for metric in METRICS if metric.source is Source.GPU)
LATEST = tuple(metric for metric in METRICS if metric.source is Source.LATEST)

PART, PART_STEPS = "_part", 250.0
"""RunPod gives a machine's container values in percent or as a fraction, without saying which: both are stored."""

_STEPS = {
    **{metric.prefix or metric.name: metric.steps for metric in METRICS},
    **{metric.name: metric.steps for metric in METRICS if metric.always},
    **{f"{metric.name}{PART}": PART_STEPS for metric in CONTAINER},
}


@cache
def steps(series: str) -> float:
    """Byte steps per unit of a series; those of a percent if no row here knows it."""
    return _STEPS.get(series.rstrip("0123456789"), 2.0)


# From responses to samples, and back


class _Reader(NamedTuple):
    """How a metric is read; `names` are those of its series, for a given number of GPUs."""

    name: str
    read: Callable[[object], float | None]
    pooled: Callable[[Values], float | None]
    names: tuple[str, ...]


def _readers(metrics: Iterable[Metric], gpus: int = 0) -> tuple[_Reader, ...]:
    return tuple(_Reader(m.name, attrgetter(m.field), m.pooled, tuple(map(m.of_gpu, range(gpus)))) for m in metrics)


@lru_cache(maxsize=64)
def _gpu_readers(gpus: int) -> tuple[_Reader, ...]:
    return _readers(GPU, gpus)


@lru_cache(maxsize=64)
def _latest_readers(gpus: int) -> tuple[_Reader, ...]:
    return _readers(LATEST, gpus)


_CONTAINER_READERS = _readers(CONTAINER)


def reader(metric: Metric) -> Callable[[object], float | None]:
    """Reads a metric where it is: in a `Runtime`, or in a `GpuReading`."""
    return attrgetter(metric.field)


def fresh(pod: Pod, at: float) -> tuple[GpuReading, ...]:
    """RunPod's own latest sample of a pod's GPUs, while it is current; empty once it is too old."""
    latest = pod.telemetry
    return latest.gpus if latest is not None and (latest.at is None or at - latest.at <= TELEMETRY_AGE) else ()


def sample(pod: Pod, at: float) -> dict[str, float | None]:
    """The values of one live pod by the names of their series.

    Of the container, of its GPUs together, of each GPU, and for each GPU what RunPod gives in its own latest sample.
    """
    runtime = pod.runtime
    if runtime is None:
        return {}
    values = {name: read(runtime) for name, read, _, _ in _CONTAINER_READERS}
    for name, read, pooled, names in _gpu_readers(len(runtime.gpus)):
        readings = list(map(read, runtime.gpus))
        values[name] = pooled(readings)
        values.update(zip(names, readings, strict=True))
    _take_latest(values, fresh(pod, at))
    return values


def sample_of_machine(load: HostLoad) -> dict[str, float | None]:
    """The values of a machine's latest sample: of the machine as a whole, and of each GPU."""
    values: dict[str, float | None] = {}
    for metric in CONTAINER:
        if metric.field in load.__struct_fields__:
            values[metric.name] = values[f"{metric.name}{PART}"] = getattr(load, metric.field)
    for _, read, _, names in _gpu_readers(len(load.gpus)):
        values.update(zip(names, map(read, load.gpus), strict=True))
    _take_latest(values, load.gpus)
    return values


def _take_latest(values: dict[str, float | None], gpus: Sequence[GpuReading]) -> None:
    """A value that RunPod does not give for a GPU has no series."""
    for _, read, _, names in _latest_readers(len(gpus)) if gpus else ():
        readings = zip(names, map(read, gpus), strict=True)
        values.update([(series, value) for series, value in readings if value is not None])


def most_values(gpus: int) -> int:
    """Maximum number of values in a sample of a pod with `gpus` GPUs."""
    return len(CONTAINER) + len(GPU) + gpus * (len(GPU) + len(LATEST))


def without_figures(runtime: Runtime) -> Runtime:
    """A container without what every poll changes."""
    return replace(runtime, uptime=None, gpus=(), **{metric.field: None for metric in CONTAINER})


@lru_cache(maxsize=64)
def _names_by_field(metrics: tuple[Metric, ...], gpus: int) -> tuple[tuple[str, ...] | None, ...]:
    """For each field of a reading, in their order, the names of its series; None if no metric has it."""
    names = {metric.field: tuple(map(metric.of_gpu, range(gpus))) for metric in metrics}
    return tuple(names.get(field) for field in GpuReading.__struct_fields__)


def with_figures(pod: Pod, runtime: Runtime, at: float, gpus: int, value: Callable[[str], float | None]) -> Pod:
    """The inverse of `sample`: a pod and its container at an instant, with the values of `gpus` GPUs.

    value: returns the value of a series at that time.
    """

    def readings(metrics: tuple[Metric, ...]) -> tuple[GpuReading, ...]:
        columns = [repeat(None, gpus) if n is None else map(value, n) for n in _names_by_field(metrics, gpus)]
        return tuple(map(GpuReading, *columns))

    latest = readings(LATEST)
    reported = any(reading != GpuReading() for reading in latest)
    runtime = replace(runtime, gpus=readings(GPU), **{metric.field: value(metric.name) for metric in CONTAINER})
    return replace(pod, runtime=runtime, telemetry=Telemetry(at, None, latest) if reported else None)


def figures(pod: Pod, now: float) -> dict[str, float | None]:
    """A live pod's values by metric, its GPUs' combined; None if RunPod does not give them."""
    runtime = pod.runtime
    if runtime is None or not pod_health.is_live(pod):
        return dict.fromkeys(BY_NAME)
    latest = fresh(pod, now)
    values = {name: read(runtime) for name, read, _, _ in _CONTAINER_READERS}
    for name, read, pooled, _ in _gpu_readers(len(runtime.gpus)):
        values[name] = pooled(map(read, runtime.gpus))
    for name, read, pooled, _ in _latest_readers(len(latest)):
        values[name] = pooled(map(read, latest))
    return values


def figure(metric: Metric, pod: Pod, now: float = math.inf) -> float | None:
    """One value of a live pod, its GPUs' combined; `now`: when a sample of RunPod's own must be current."""
    runtime = pod.runtime
    if runtime is None or not pod_health.is_live(pod):
        return None
    gpus = runtime.gpus if metric.always else fresh(pod, now)
    read: Callable[[object], float | None] = attrgetter(metric.field)
    return metric.pooled(map(read, gpus)) if metric.per_gpu else read(runtime)
