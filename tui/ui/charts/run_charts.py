"""The charts of training runs: loss, learning rate, norm of the gradient, throughput. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain import pod_health
from tui.store.views import pod_lines, pods, run_lines
from tui.store.views.run_chart_kinds import RUN_CHARTS, Scale
from tui.ui.charts import areas, buckets, spec
from tui.ui.charts.event_signs import mark_of
from tui.ui.charts.spec import ChartSpec, Form, Mark

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.views.pod_lines import Frame, Line
    from tui.store.views.run_chart_kinds import RunChart
    from tui.store.views.run_lines import Shown
    from tui.ui.charts.look import Look


def spec_of(
    fleet: Fleet,
    records: Sequence[Record],
    name: str,
    look: Look,
    size: tuple[int, int],
    frame: Frame,
    marks: tuple[Mark, ...],
    alone: bool,
) -> ChartSpec:
    """One chart of the runs of a pod, or of several pods on one axis."""
    chart = RUN_CHARTS[name]
    runs = run_lines.shown(fleet, records, look.scale)
    compared = len(runs) > 1
    # The same clock: only the labels of the axis count from the start.
    scale = Scale.TIME if look.scale is Scale.SINCE and not compared else look.scale
    lines = tuple(_line(each, _label(each, len(records), compared, look.tz), chart, frame, scale) for each in runs)
    window = spec.Window(*frame[:3])
    if look.cursor is not None:
        lines = buckets.read_at(lines, window, look.cursor)
    low, high = bounds(lines)
    return ChartSpec(
        _title(fleet, records, chart),
        lines,
        window,
        high=high,
        low=low,
        places=None,
        unit="",
        axis=spec.gutter(size[0]),
        note="no values in this range",
        tz=look.tz,
        form=_form(len(lines), size[1], look),
        means=True,
        shades=look.shades,
        cursor=look.cursor,
        marks=marks,
        times=alone,
        apart=True,
        label=chart.label,
        until=look.now if look.end is None or scale is Scale.TIME else look.end,
        scale=look.scale,
        origin=look.origin,
    )


def _form(lines: int, height: int, look: Look) -> Form:
    """The form of a number of runs: on one plane where hues tell them apart, else each for itself."""
    if lines == 1:
        return Form.SPARK if look.spark else Form.AREAS
    if height == 1:
        return Form.AREAS
    if lines <= look.many:
        return Form.LINES
    return Form.AREAS if lines <= areas.FIELDS and height - 1 >= lines * areas.LEAST else Form.HEAT


def _label(shown: Shown, pods_shown: int, compared: bool, tz: tzinfo | None) -> str:
    """The name of a line: of the pod, or of one of its runs."""
    if pods_shown > 1:
        return shown.record.name or shown.record.id
    if shown.is_earlier and shown.run is not None:
        return f"{datetime.fromtimestamp(run_lines.began(shown.run), tz):%d %b %H:%M}"
    return "present" if compared else ""


def _line(shown: Shown, label: str, chart: RunChart, frame: Frame, scale: Scale) -> Line:
    record, run = shown.record, shown.run
    if run is None:
        return pod_lines.Line(label, (), None)
    line = run_lines.line(run, label, chart.column, frame, scale, is_earlier=shown.is_earlier)
    if frame.cursor is not None or shown.is_earlier:
        return line
    if record.pod is None or not pod_health.is_live(record.pod) or run.problem:
        return replace(line, last=None)
    return line


def _title(fleet: Fleet, records: Sequence[Record], chart: RunChart) -> str:
    """Its name; a loss that is no number has no point, and is said here."""
    runs = [fleet.runs.get(record.id) for record in records]
    bad = [run.now.not_finite or "NaN" for run in runs if run is not None and run.not_finite is not None]
    if chart.column != "loss" or not bad:
        return chart.title
    return f"{chart.title} ({bad[0]} now)" if len(records) == 1 else f"{chart.title} ({len(bad)} NaN)"


def bounds(lines: Sequence[Line]) -> tuple[float, float]:
    """Round numbers around all values: zero only where it is near, as a loss is read by its changes."""
    points = [point for line in lines for run in line.runs for point in run]
    low, high = min((p.low for p in points), default=0.0), max((p.high for p in points), default=1.0)
    if low == high:
        low, high = (0.0, 2 * high) if high > 0 else (2 * low, 0.0) if low < 0 else (0.0, 1.0)
    if 0 <= low < 0.3 * high:
        low = 0.0
    size = 10.0 ** math.floor(math.log10(high - low))
    each = next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1.0) if (high - low) / (size * part) <= 12)
    return math.floor(low / each + 1e-6) * each, math.ceil(high / each - 1e-6) * each


def marks_of(fleet: Fleet, records: Sequence[Record], look: Look) -> tuple[Mark, ...]:
    """Events of these pods, each at the step, or the time since its start, that its pod's run had reached."""
    marks = []
    for record, run, is_earlier in run_lines.shown(fleet, records, look.scale):
        if run is None or is_earlier or not len(run.series):
            continue
        first = run_lines.began(run)
        for event in pods.events(fleet, {record.id}, first, look.now):
            place = run_lines.step_at(run, event.at) if look.scale is Scale.STEP else event.at - first
            if place is not None:
                marks.append(mark_of(event, place))
    return tuple(marks)
