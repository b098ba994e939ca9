"""What runs report, as lines of charts: over time, over the time since their start, or over their steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tui.store.fleet_state import Record
from tui.store.run_history import PastRuns
from tui.store.run_signals import SILENT, Run, has_ended, is_silent, patience
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.store.views.run_chart_kinds import RUN_CHARTS, Scale

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.series import Segment
    from tui.store.views.pod_lines import Frame


def runs_of(fleet: Fleet, records: Iterable[Record]) -> list[Run]:
    """The runs of these pods that have reported anything."""
    runs = (fleet.runs.get(record.id) for record in records)
    return [run for run in runs if run is not None and len(run.series)]


def run_charts(fleet: Fleet, records: Iterable[Record], since: float = -math.inf) -> tuple[str, ...]:
    """The charts for which any of these pods' runs has reported values since then; of the two of throughput, one."""
    runs = runs_of(fleet, records)
    names = [name for name, chart in RUN_CHARTS.items() if any(run.series.has(chart.column, since) for run in runs)]
    return tuple(name for name in names if name != "run.steps" or "run.tokens" not in names)


class Shown(NamedTuple):
    """A run in a chart: of which pod, None as long as nothing is read of it; `is_earlier`: not its present one."""

    record: Record
    run: Run | None
    is_earlier: bool = False


def shown(fleet: Fleet, records: Sequence[Record], scale: Scale) -> tuple[Shown, ...]:
    """The runs that a chart shows: the present one of each pod; of one alone, but over time, the earlier ones too."""
    if scale is Scale.TIME:
        return tuple(Shown(record, fleet.runs.get(record.id)) for record in records)
    result: list[Shown] = []
    for record in records:
        run = fleet.runs.get(record.id)
        if run is None:
            result.append(Shown(record, None))
            continue
        *earlier, present = (fleet.past_runs.get(record.id) or PastRuns()).all(run.series) or (run.series,)
        if len(records) == 1:
            result += [Shown(record, Run(source=run.source, series=series), True) for series in earlier]
        result.append(Shown(record, replace(run, series=present)))
    return tuple(result)


def began(run: Run) -> float:
    """The first instant of which podtop knows anything of a run."""
    first = run.series.first
    return first if first is not None else run.began or 0.0


_MORE = 1.02
"""More than the whole, by less than a column or two: the column of the start would be cut off."""


def extent(runs: Iterable[Run], scale: Scale, now: float) -> tuple[float, float]:
    """The first and the last place of runs on an axis of steps, or of seconds since their starts."""
    firsts, lasts = [0.0], [1.0]
    for run in runs:
        if scale is Scale.SINCE:
            lasts.append((run.series.until(now) or began(run)) - began(run))
        elif steps := [step for at, step in run.series.points("step") if at <= now]:
            firsts.append(min(steps))
            lasts.append(max(steps))
    return (min(firsts[1:] or firsts) if scale is Scale.STEP else 0.0), max(lasts)


def whole(runs_shown: Sequence[Shown], scale: Scale, last: float) -> tuple[float, float, float]:
    """The length and the end of an axis that shows these runs as a whole, and the place of their start on it.

    last: the instant until which there are samples. The axis of one run is that of the clock.
    """
    runs = [each.run for each in runs_shown if each.run is not None and len(each.run.series)]
    if scale is Scale.SINCE and len(runs_shown) == 1 and runs:
        first = began(runs[0])
        return max(60.0, _MORE * (last - first)), last, first
    low, high = extent(runs, scale, last)
    return max(1.0, _MORE * (high - low)), high, 0.0


def step_at(run: Run, at: float) -> float | None:
    """The step of a run at an instant; None before its first."""
    before = None
    for written, step in run.series.points("step"):
        if written > at:
            break
        before = step
    return before


def line(run: Run, label: str, column: str, frame: Frame, scale: Scale, *, is_earlier: bool = False) -> Line:
    """A column of a run in a frame, whose start and width are in the units of the scale. Nothing after `frame.until`.

    is_earlier: whether its last value is read, in place of a present one.
    """
    runs = tuple(_segments(run, column, frame, scale))
    if not runs and frame.drawn is not None:
        runs = tuple(_segments(run, column, frame._replace(drawn=None), scale))
    if frame.cursor is not None:
        last = next((p.mean for part in runs for p in part if p.at <= frame.cursor < p.at + frame.width), None)
    elif is_earlier:
        last = next((point.value for point in run.series.last(column, 1)), None)
    else:
        last = _last(run, column, frame.now)
    return Line(label, runs, last)


def _last(run: Run, column: str, now: float) -> float | None:
    """The present value; None if there is none any more: the run has ended or is silent, or its loss is no number."""
    if has_ended(run) or is_silent(run, now) or (column == "loss" and run.not_finite is not None):
        return None
    points = run.series.last(column, 1)
    return points[0].value if points and now - points[0].at <= max(SILENT, patience(run, SILENT)) else None


def _placed(run: Run, column: str, frame: Frame, scale: Scale) -> Iterator[tuple[float, float, float]]:
    """Instant, place on the axis, and value of each point up to `until`."""
    first = began(run)
    if scale is Scale.STEP:
        step = math.nan
        for at, reached, value in run.series.pairs("step", column):
            step = step if math.isnan(reached) else reached
            if at <= frame.until and not math.isnan(value) and not math.isnan(step):
                yield at, step, value
        return
    for at, value in run.series.points(column):
        if at <= frame.until:
            yield at, at - first if scale is Scale.SINCE else at, value


def _segments(run: Run, column: str, frame: Frame, scale: Scale) -> Iterator[Segment]:
    """Unbroken runs of buckets: a step back, or a long silence, ends one."""
    gap = max(SILENT, 30.0 * (run.usual or 0.0))
    points: list[Point] = []
    low = high = total = 0.0
    count, bucket, before = 0, -1, -math.inf
    for at, place, value in _placed(run, column, frame, scale):
        index = math.floor((place - frame.start) / frame.width)
        if not 0 <= index < frame.columns:
            before = at
            continue
        if count and index == bucket:
            low, high, total, count = min(low, value), max(high, value), total + value, count + 1
        else:
            if count:
                points.append(Point(frame.start + bucket * frame.width, low, high, total / count))
            if points and (index < bucket or at - before > gap):
                yield tuple(points)
                points = []
            low = high = total = value
            count, bucket = 1, index
        before = at
    if count:
        points.append(Point(frame.start + bucket * frame.width, low, high, total / count))
    if points:
        yield tuple(points)
