"""What a chart writes as the present value, and what its scale ends at. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.gpu_power import nominal_w
from tui.store import metrics
from tui.store.metrics import Source
from tui.store.views.pod_lines import Line

if TYPE_CHECKING:
    from tui.api.hosts import HostLoad
    from tui.api.models import GpuReading, Pod
    from tui.store.metrics import Metric


def of_pod(pod: Pod, metric: Metric, lines: Sequence[Line], now: float) -> tuple[Line, ...]:
    """The lines of a live pod with the values as RunPod gave them: those of samples are rounded to be stored."""
    if not metric.per_gpu:
        return tuple(replace(line, last=metrics.figures(pod, now)[metric.name]) for line in lines)
    gpus = metrics.fresh(pod, now) if metric.source is Source.LATEST else pod.runtime.gpus if pod.runtime else ()
    return _of_gpus(gpus, metric, lines)


def of_pods(pod: Pod, metric: Metric, line: Line, now: float) -> Line:
    """The line of one of several live pods, its GPUs together."""
    return replace(line, last=metrics.figures(pod, now)[metric.name])


def of_machine(load: HostLoad, metric: Metric, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of a machine, as `of_pod`."""
    if not metric.per_gpu:
        return tuple(replace(line, last=getattr(load, metric.field, None)) for line in lines)
    return _of_gpus(load.gpus, metric, lines)


def _of_gpus(gpus: Sequence[GpuReading], metric: Metric, lines: Sequence[Line]) -> tuple[Line, ...]:
    read, shown = metrics.reader(metric), []
    for line in lines:
        number = int(line.label.removeprefix("GPU "))
        shown.append(replace(line, last=read(gpus[number]) if number < len(gpus) else None))
    return tuple(shown)


def top_of(metric: Metric, lines: Sequence[Line], gpu: str | None, gpus: int = 1) -> float:
    """The end of a chart's value axis: of power what these GPUs are rated for, so that the draw is a share of it.

    lines: as they are drawn, each of that many GPUs of a type.
    """
    if metric.top is not None:
        return metric.top
    high = max((point.high for line in lines for run in line.runs for point in run), default=0.0)
    rated = nominal_w(gpu)
    if rated is not None and high <= rated * gpus:
        return rated * gpus
    return max(100.0, math.ceil(high / 100) * 100.0)
