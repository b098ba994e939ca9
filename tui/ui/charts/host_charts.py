"""The charts of a machine that is rented out, and its earnings as bars. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.store.host_telemetry import is_percent
from tui.store.metrics import BY_NAME, METRICS, PART
from tui.store.views import pod_lines
from tui.store.views.hosts import DAY, Earned
from tui.store.views.pod_lines import Line
from tui.ui.charts import areas, buckets, readings, spec
from tui.ui.charts.look import Look
from tui.ui.charts.pod_charts import as_one, form_of
from tui.ui.charts.spec import BarSpec, ChartSpec, Form

if TYPE_CHECKING:
    from tui.api.hosts import HostLoad
    from tui.store.series import Series

CHARTS = tuple(metric.name for metric in sorted(METRICS, key=lambda metric: not metric.per_gpu))
"""The charts of a machine: its GPUs are what is rented."""


def charts_of(series: Series) -> tuple[str, ...]:
    """The charts that have data: temperature and power only if RunPod returns them."""
    return tuple(c for c in CHARTS if BY_NAME[c].always or BY_NAME[c].gpus_in(series.names))


def specs(
    series: Series,
    look: Look,
    width: float,
    sizes: Sequence[tuple[int, int]],
    charts: Sequence[str],
    silence: float,
    present: HostLoad | None,
    gpu: str | None,
) -> tuple[ChartSpec, ...]:
    """One spec for each of these charts of a machine, for the size of each, in columns of `width` seconds.

    present: the machine's latest sample, if that is current; `gpu`: the type of its GPUs.
    """
    return tuple(
        _spec(series, chart, look, size, width, silence, present, gpu)
        for chart, size in zip(charts, sizes, strict=False)
    )  # fmt: skip


def _spec(
    series: Series,
    chart: str,
    look: Look,
    size: tuple[int, int],
    width: float,
    silence: float,
    present: HostLoad | None,
    gpu: str | None,
) -> ChartSpec:
    metric = BY_NAME[chart]
    named = [("", chart)]
    if metric.per_gpu:
        named = [(f"GPU {n}", metric.of_gpu(n)) for n in metric.gpus_in(series.names)]
    # No value above one so far: it may be a fraction, and is not labelled as a percent.
    part = not metric.per_gpu and not is_percent(series)
    if part:
        named = [("", f"{chart}{PART}")]
    window = spec.window(look.now, look.span, spec.plot_columns(size[0]), width)
    lines = tuple(Line(label, series.runs(name, *window, silence, until=look.now), None) for label, name in named)
    if len(lines) == 1:
        lines = (replace(lines[0], whole=pod_lines.whole(series, named[0][1], look.now - look.span, look.now)),)
    if look.cursor is not None:
        lines = buckets.read_at(lines, window, look.cursor)
    elif present is not None:
        lines = readings.of_machine(present, metric, lines)
    form, gpus = form_of(len(lines), size[1], look), 1
    if len(lines) > 1 and (size[1] == 1 or (form is Form.AREAS and len(lines) > areas.FIELDS)):
        gpus, lines = len(lines), (as_one(lines, window, metric),)
    return ChartSpec(
        metric.title,
        lines,
        window,
        high=1.0 if part else readings.top_of(metric, lines, gpu, gpus),
        axis=spec.gutter(size[0]),
        places=2 if part else 0,
        unit="" if part else metric.unit,
        tz=look.tz,
        form=form,
        worst=metric.worst,
        shades=look.shades,
        cursor=look.cursor,
        times=False,
        label=metric.label,
        until=look.now,
        # GPUs of one machine are rented by different users.
        apart=True,
        note="no samples in this range" if len(series) else "no samples yet",
    )


MOST_DAYS = 90
"""Days that have a bar each."""

_KINDS = ("GPUs", "disks", "other")


def earned_chart(earned: Sequence[Earned], now: float, width: int) -> BarSpec:
    """Daily earnings as bars, disks above GPUs; the last days that fit."""
    most = max((day.total for day in earned), default=1.0)
    high = _round(most)
    axis = max(7, len(f"${high:,.0f}") + 2)
    last = max(now, earned[-1].at if earned else now) // DAY * DAY
    days = (last - earned[0].at) / DAY + 1 if earned else 1
    count = int(max(1, min(days, MOST_DAYS, width - axis)))
    by_day = {day.at: (day.gpu, day.disk, day.rest) for day in earned}
    shown = [last - DAY * back for back in reversed(range(count))]
    reported = sum(at in by_day for at in shown)
    return BarSpec(
        f"{reported} days" if reported != 1 else "1 day",
        _KINDS,
        tuple(by_day.get(at, (0.0, 0.0, 0.0)) for at in shown),
        tuple(f"{datetime.fromtimestamp(at, UTC):%-d %b}" for at in shown),
        high,
        axis=axis,
        note="no daily data",
        sums=True,
    )


def _round(value: float) -> float:
    """A round number not below a value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * size >= value * 0.9999)
