"""The figures of one GPU in a line, and RunPod's own latest sample of a pod. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.store.metrics import METRICS
from tui.ui.primitives.facts import Fact
from tui.ui.render.facts import LACKING, NOTHING, Clock, instant, number, text

if TYPE_CHECKING:
    from tui.api.features import Feature
    from tui.api.models import GpuReading, Pod
    from tui.api.pod_detail import PodDetail
    from tui.ui.primitives.cells import Cell, Part


def sample(pod: Pod, detail: PodDetail | None, clock: Clock, lacks: frozenset[Feature]) -> Iterator[Fact]:
    """RunPod's own latest sample of a pod, which is older than its other figures."""
    latest = pod.telemetry
    for metric in METRICS:
        if metric.feature is not None and metric.feature in lacks:
            yield Fact(metric.title, LACKING)
    if latest is not None:
        since = instant(detail.state_since, clock) if detail and detail.state_since is not None else ()
        state = text(latest.state)
        yield Fact("State", (*state, ("  ", "muted"), *since) if since else state)
        yield Fact("Sampled", instant(latest.at, clock))
        for index, gpu in enumerate(latest.gpus):
            yield Fact(f"GPU {index}", _gpu_reading(gpu))
    if detail is None:
        return
    if detail.gpu_average is not None:
        yield Fact("GPU average", _gpu_reading(detail.gpu_average))
    # Percent or fraction: RunPod does not document which, so the figure is shown unchanged.
    for label, load in (("CPU load", detail.cpu_load), ("Memory load", detail.memory_load)):
        figure = number(load)
        yield Fact(label, ((figure, "text"), ("  unit not documented", "quiet")) if figure else NOTHING)


def gpu_figures(gpu: GpuReading) -> Iterator[tuple[str, float | None, str]]:
    """The known figures of a GPU: the label of each, the figure, its unit, which suffices as label for all but %."""
    for metric in METRICS:
        if metric.per_gpu:
            percent = metric.unit == "%"
            before, after = (f"{metric.label} ", "%") if percent else ("", f" {metric.unit}")
            yield before, getattr(gpu, metric.field), after


def _gpu_reading(gpu: GpuReading) -> Cell:
    return trimmed([part for each in gpu_figures(gpu) for part in figure(*each)])


def figure(before: str, value: float | None, after: str) -> list[Part]:
    """One of several figures of a line, separated from the one before; empty if unknown."""
    if value is None or not math.isfinite(value):
        return []
    return [(f"  {before}", "muted"), (f"{value:.0f}{after}", "text")]


def trimmed(parts: list[Part]) -> Cell:
    """Figures as a cell, without the gap before the first; a dash if there are none."""
    if not parts:
        return NOTHING
    first, role = parts[0]
    return tuple(part for part in ((first.removeprefix("  "), role), *parts[1:]) if part[0])
