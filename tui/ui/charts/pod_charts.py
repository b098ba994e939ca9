"""The charts of a pod, or of several pods side by side: from samples to chart specs. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.domain import offered, pod_health
from tui.domain.pod_health import Phase
from tui.store.metrics import BY_NAME
from tui.store.views import pod_lines, pods
from tui.store.views.pod_lines import Frame, Line
from tui.store.views.run_chart_kinds import RUN_CHARTS, Scale
from tui.ui.charts import areas, buckets, event_signs, readings, spec
from tui.ui.charts.look import Look
from tui.ui.charts.spec import ChartSpec, Form, Mark

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.metrics import Metric

_STILL_TO_FILL = 10
"""A live chart moves on by this part of its columns at once, as all that moves is sent to the terminal. That part of it
at most is empty at its end. One of the past moves by a third of that."""

_AT_ONCE, _SOON = 30, 30.0
"""The newest columns are drawn several at once: this part of a chart, of as many seconds, at most."""

_WITHOUT = (Phase.BOOTING, Phase.STOPPED, Phase.OUTBID, Phase.ERROR, Phase.ENDED)
"""Phases in which a pod has no samples."""


def width_of(look: Look, sizes: Sequence[tuple[int, int]]) -> float:
    """Seconds per column, the same in all charts of these sizes."""
    columns = min((spec.plot_columns(width) for width, _ in sizes), default=1)
    return spec.bucket(look.span, columns - (_moves_by(columns) - 1))


def _moves_by(columns: float) -> int:
    """Columns by which a chart of that many moves on."""
    return max(1, int(columns // _STILL_TO_FILL))


def frame_of(look: Look, size: tuple[int, int], width: float) -> Frame:
    end, steps, drawn = look.now if look.end is None else look.end, 1, None
    if look.scale is Scale.TIME:
        # By the range, which is the same for charts that differ in width by a column.
        columns = look.span / width
        steps = _moves_by(columns)
        if not look.live:
            steps = max(1, steps // 3)
        elif look.cursor is None:
            drawn = _drawn_until(end, columns, width)
    window = spec.window(end, look.span, spec.plot_columns(size[0]), width, steps)
    since = look.now - look.span if look.scale is Scale.TIME else None
    return Frame(*window, look.now, look.cursor, since, drawn)


def _drawn_until(now: float, columns: float, width: float) -> float | None:
    """The instant before the columns that are still to come, as many of them at once as are drawn; None if it is one,
    which is drawn with each of its samples."""
    seconds = width * min(columns // _AT_ONCE, _SOON // width)
    if seconds < 2 * width:
        return None
    return math.nextafter(math.floor(now / seconds) * seconds, -math.inf)


def specs(
    fleet: Fleet,
    records: Sequence[Record],
    look: Look,
    width: float,
    sizes: Sequence[tuple[int, int]],
    charts: Sequence[str],
) -> tuple[ChartSpec, ...]:
    """One spec for each of these charts, for the size of each, in columns of `width` seconds.

    They are of one pod, or of several on one axis.
    """
    marks = marks_of(fleet, records, look, sizes, width)
    return tuple(
        _of_runs(fleet, records, chart, look, size, frame_of(look, size, width), marks, len(charts) == 1)
        if chart in RUN_CHARTS
        else _spec(fleet, records, chart, look, size, width, marks, len(charts) == 1)
        for chart, size in zip(charts, sizes, strict=False)
    )


def _of_runs(*arguments: Any) -> ChartSpec:
    # Most accounts read no runs: what they need is imported for the first that does.
    from tui.ui.charts import run_charts

    return run_charts.spec_of(*arguments)


def _spec(
    fleet: Fleet,
    records: Sequence[Record],
    chart: str,
    look: Look,
    size: tuple[int, int],
    width: float,
    marks: tuple[Mark, ...],
    alone: bool,
) -> ChartSpec:
    metric = BY_NAME[chart]
    frame = frame_of(look, size, width)
    lines = _lines(fleet, records, chart, frame)
    if look.cursor is None:
        lines = _present(fleet, records, metric, lines, look.now)
    else:
        lines = buckets.read_at(lines, spec.Window(*frame[:3]), look.cursor)
    form, gpus = form_of(len(lines), size[1], look, compared=len(records) > 1), 1
    if len(lines) > 1 and (size[1] == 1 or (form is Form.AREAS and len(lines) > areas.FIELDS)):
        gpus, lines = len(lines), (as_one(lines, spec.Window(*frame[:3]), metric),)
    pod = records[0].pod
    gpu = pod.machine.gpu_name if pod is not None and pod.machine is not None else None
    return ChartSpec(
        metric.title,
        lines,
        spec.Window(*frame[:3]),
        high=readings.top_of(metric, lines, gpu, gpus),
        axis=spec.gutter(size[0]),
        unit=metric.unit,
        note=_note(fleet, records, chart, frame),
        offered=metric.feature not in fleet.lacks,
        tz=look.tz,
        form=form,
        worst=metric.worst,
        means=True,
        shades=look.shades,
        cursor=look.cursor,
        marks=marks,
        times=alone,
        # Of several pods a single row has room for no more than their mean.
        label=f"{metric.label} avg" if gpus > 1 and len(records) > 1 else metric.label,
        until=look.now,
        scale=look.scale,
        origin=look.origin,
    )


def form_of(lines: int, height: int, look: Look, *, compared: bool = False) -> Form:
    """How lines are shown in a number of rows."""
    if look.spark and not compared:
        return Form.SPARK
    if compared and height > 1:
        heat = lines > look.many if look.heat is None else look.heat
        return Form.HEAT if heat else Form.LINES
    # A field of its own for each, or one band of all.
    fields = lines if lines <= areas.FIELDS else 1
    fits = height == 1 or height - 1 >= fields * areas.LEAST
    heat = lines > areas.FIELDS or not fits if look.heat is None else look.heat and lines > 1
    return Form.HEAT if heat and height > 1 else Form.AREAS


def rows_of(charts: Sequence[str], names: Collection[str], heat: bool | None) -> tuple[int, ...]:
    """The rows of each of these charts: those of a heat map of GPUs, 0 for one that fills any number of lines.

    names: of the series; `heat`: as in `Look`.
    """
    metrics = [BY_NAME.get(chart) for chart in charts]
    gpus = [len(metric.gpus_in(names)) if metric is not None and metric.per_gpu else 0 for metric in metrics]
    return tuple(count if count > areas.FIELDS and heat is not False else 0 for count in gpus)


def as_one(lines: Sequence[Line], window: spec.Window, metric: Metric) -> Line:
    """The lines of GPUs, or of pods, as one: its values are the metric's of all together."""
    columns: list[buckets.Column] = []
    for values in zip(*(buckets.across(line, window, window.columns) for line in lines), strict=True):
        point, known = buckets.together(values), [value for value in values if value is not None]
        mean = metric.pooled([value.mean for value in known])
        if point is None or mean is None:
            columns.append(None)
        elif metric.top is None:
            # A sum has no lowest line.
            low, high = (metric.pooled([pick(value) for value in known]) for pick in (_low, _high))
            columns.append(point._replace(low=low or 0.0, high=high or 0.0, mean=mean))
        else:
            columns.append(point._replace(mean=mean))
    return Line("", buckets.as_run(columns), metric.pooled([line.last for line in lines]))


_low, _high = attrgetter("low"), attrgetter("high")


def _lines(fleet: Fleet, records: Sequence[Record], chart: str, frame: Frame) -> tuple[Line, ...]:
    if len(records) > 1:
        return pod_lines.compared_lines(fleet, records, chart, frame)
    return pod_lines.chart_lines(fleet, records[0], chart, frame)


def _present(
    fleet: Fleet, records: Sequence[Record], metric: Metric, lines: tuple[Line, ...], now: float
) -> tuple[Line, ...]:
    """The lines with their present values; without one where the newest sample does not show the present."""
    if len(records) > 1:
        return tuple(
            readings.of_pods(record.pod, metric, line, now)
            if record.pod is not None and _is_current(fleet, record, now)
            else replace(line, last=None)
            for line, record in zip(lines, records, strict=True)
        )
    (record,) = records
    if record.pod is not None and _is_current(fleet, record, now):
        return readings.of_pod(record.pod, metric, lines, now)
    return tuple(replace(line, last=None) for line in lines)


def marks_of(
    fleet: Fleet, records: Sequence[Record], look: Look, sizes: Sequence[tuple[int, int]], width: float
) -> tuple[Mark, ...]:
    """Events of these pods in the shown window."""
    if look.scale is Scale.STEP or (look.scale is Scale.SINCE and look.compares):
        from tui.ui.charts import run_charts

        return run_charts.marks_of(fleet, records, look)
    start = min((frame_of(look, size, width).start for size in sizes), default=look.now)
    happened = pods.events(fleet, {record.id for record in records}, start, look.now)
    return tuple(event_signs.mark_of(event, event.at) for event in happened)


def _is_current(fleet: Fleet, record: Record, now: float) -> bool:
    """Whether the newest sample shows the pod's current state: not if it has stopped since, nor after a gap."""
    newest = record.series.newest(now)
    if record.pod is None or not pod_health.is_live(record.pod) or newest is None:
        return False
    return now - newest <= fleet.silence


def _note(fleet: Fleet, records: Sequence[Record], chart: str, frame: Frame) -> str:
    """The message for a chart without data."""
    record, metric = records[0], BY_NAME[chart]
    if len(records) == 1 and metric.per_gpu and metric.always and record.pod is not None and not record.pod.gpu_count:
        return "no GPU in this pod"
    if any(pod_lines.is_loading(fleet, each, frame) for each in records):
        return "loading history…"
    if metric.feature in fleet.lacks:
        return offered.MARKED
    if any(len(each.series) for each in records):
        return "no samples in this range"
    phase = None if record.pod is None or len(records) > 1 else pod_health.phase(record.pod)
    return f"{phase}{spec.NO_SAMPLES}" if phase in _WITHOUT else "no samples yet"
