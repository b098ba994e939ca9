"""The lines of a pod's charts: from its samples in memory, and older ones that were recorded. No formatting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tui.store.metrics import BY_NAME, METRICS, steps
from tui.store.series import EMPTY, Samples, unbroken
from tui.store.stretches import join

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.series import Point, Segment, Series


class Line(Struct, frozen=True):
    """One line of a chart: its label, its unbroken runs, and its value at the chart cursor.

    whole: all samples of the range as one bucket, which no width of a chart changes; None where only buckets are known.
    """

    label: str
    runs: tuple[Segment, ...]
    last: float | None
    whole: Point | None = None


class Frame(NamedTuple):
    """The time range of a chart: `columns` buckets of `width` seconds from `start`, nothing after `now`.

    cursor: the instant whose values are shown; None for `now`.
    since:  the begin of the range, which is within the first bucket; None if a line is not read as a whole.
    drawn:  the instant up to which the buckets are drawn, None for `now`; all of them if none is.
    """

    start: float
    width: float
    columns: int
    now: float
    cursor: float | None = None
    since: float | None = None
    drawn: float | None = None

    @property
    def until(self) -> float:
        return self.now if self.drawn is None else self.drawn


def charts_of(record: Record) -> tuple[str, ...]:
    """The metrics that can be drawn: temperature and power only if RunPod gives them."""
    names = record.series.names
    return tuple(metric.name for metric in METRICS if metric.always or metric.gpus_in(names))


def chart_lines(fleet: Fleet, record: Record, chart: str, frame: Frame) -> tuple[Line, ...]:
    """The lines of one chart: one per GPU, or the one of the container."""
    metric = BY_NAME[chart]
    if not metric.per_gpu:
        return (_with_whole(_line(fleet, record, "", chart, frame), record, chart, frame),)
    names = {*_older(fleet, record, frame.width).columns, *record.series.names}
    lines = tuple(_line(fleet, record, f"GPU {i}", metric.of_gpu(i), frame) for i in metric.gpus_in(names))
    if len(lines) != 1:
        return lines
    return (_with_whole(lines[0], record, metric.of_gpu(metric.gpus_in(names)[0]), frame),)


def _with_whole(line: Line, record: Record, name: str, frame: Frame) -> Line:
    """A line that has its chart to itself, which shows its extremes and average."""
    times = record.series.times
    if frame.since is None or not times or (line.runs and line.runs[0][0].at + frame.width <= times[0]):
        # Of what was before memory only buckets are known.
        return line
    return replace(line, whole=whole(record.series, name, frame.since, frame.now))


def compared_lines(fleet: Fleet, records: Sequence[Record], chart: str, frame: Frame) -> tuple[Line, ...]:
    """One line per pod, of the mean of its GPUs or of its container."""
    return tuple(_line(fleet, record, record.name or record.id, chart, frame) for record in records)


def _older(fleet: Fleet, record: Record, width: float) -> Samples:
    older = fleet.older.get(record.id)
    return older.stretch if older is not None and older.width == width else EMPTY


def _line(fleet: Fleet, record: Record, label: str, name: str, frame: Frame) -> Line:
    runs = _runs(fleet, record, name, frame, frame.until) or _runs(fleet, record, name, frame, frame.now)
    if frame.cursor is None:
        return Line(label, runs, record.series.value(name, frame.now))
    return Line(
        label, runs, next((p.mean for run in runs for p in run if p.at <= frame.cursor < p.at + frame.width), None)
    )


def _runs(fleet: Fleet, record: Record, name: str, frame: Frame, until: float) -> tuple[Segment, ...]:
    older = _older(fleet, record, frame.width)
    if not older.times or name not in older.columns:
        return record.series.runs(name, *frame[:3], fleet.silence, until=until)
    known = fleet.older[record.id]
    whole = join([older, record.series.stretch(known.end, (name,))])
    return unbroken(
        whole.times, whole.columns[name], steps(name), *frame[:3], fleet.silence, until,
        earlier=(known.end, known.silence),
    )  # fmt: skip


def whole(series: Series, name: str, since: float, now: float) -> Point | None:
    """All samples since an instant as one bucket; None if there are none."""
    runs = series.runs(name, since, max(1.0, now - since + 1.0), 1, math.inf, until=now)
    return runs[0][0] if runs else None


def lacking(fleet: Fleet, record: Record, frame: Frame) -> tuple[float, float] | None:
    """The range that must be queried from an archive for this frame; None if all data are in memory."""
    times = record.series.times
    # A pod without samples is known to have had none since it was first seen; "now" would query for ever.
    first = times[0] if times else record.seen
    if not fleet.has_past or frame.start >= first - frame.width:
        return None
    older = fleet.older.get(record.id)
    if older is not None and older.width == frame.width and older.start <= frame.start and older.end >= first:
        return None
    return frame.start, max(first, frame.start)


def charted_until(fleet: Fleet, records: Iterable[Record], now: float) -> float:
    """The instant at which the charts of these pods end: that of their newest sample, unless the next is overdue.

    A bucket that has just begun would be drawn twice: first without a sample.
    """
    newest = max((at for record in records if (at := record.series.newest(now)) is not None), default=now)
    return newest if now - newest <= 1.5 * fleet.interval * fleet.slowness else now


def known_since(fleet: Fleet, records: Iterable[Record], start: float) -> float:
    """The instant, not before `start`, since which these pods have samples; `start` while older ones are loading."""
    firsts = []
    for record in records:
        older, times = fleet.older.get(record.id), record.series.times
        if older is not None and older.stretch.times:
            firsts.append(older.stretch.times[0])
        elif times:
            firsts.append(start if older is None and fleet.has_past else times[0])
    return max(start, min(firsts, default=start))
