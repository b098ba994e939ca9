"""The lines of a pod's charts: from its samples in memory, and older ones that were recorded. No formatting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tui.store.metrics import BY_NAME, METRICS, steps
from tui.store.series import EMPTY, Samples, unbroken
from tui.store.stretches import cut, first_known, join

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Older, Record
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
        return record.series.runs(name, *frame[:3], max(fleet.silence, record.series.silence), until=until)
    known, first = fleet.older[record.id], record.series.since
    # What is in memory is the finer, and is never left out for what was read.
    first = known.end if first is None else min(known.end, first)
    whole = join([cut(older, -math.inf, first), record.series.stretch(-math.inf, (name,))])
    if name not in whole.columns:
        return ()
    return unbroken(
        whole.times, whole.columns[name], steps(name), *frame[:3], max(fleet.silence, record.series.silence), until,
        earlier=(first, known.silence),
    )  # fmt: skip


def whole(series: Series, name: str, since: float, now: float) -> Point | None:
    """All samples since an instant as one bucket; None if there are none."""
    runs = series.runs(name, since, max(1.0, now - since + 1.0), 1, math.inf, until=now)
    return runs[0][0] if runs else None


def lacking(fleet: Fleet, record: Record, frame: Frame) -> tuple[float, float] | None:
    """The range that must be queried from an archive for this frame; None if all data are in memory."""
    first = record.series.since
    if first is None:
        # A pod without samples is known to have had none since it was first seen; "now" would query for ever.
        first = record.seen
    if not fleet.has_past or frame.start >= first - frame.width:
        return None
    older = fleet.older.get(record.id)
    if older is not None and older.width == frame.width and older.start <= frame.start and older.end >= first:
        return None
    return frame.start, max(first, frame.start)


def is_loading(fleet: Fleet, record: Record, frame: Frame) -> bool:
    """Whether data of this frame are yet to be read from an archive."""
    older = fleet.older.get(record.id)
    return (
        not record.series.is_read
        or lacking(fleet, record, frame) is not None
        or (older is not None and older.is_loading and older.width == frame.width)
    )


def charted_until(fleet: Fleet, records: Iterable[Record], now: float) -> float:
    """The instant at which the charts of these pods end: that of their newest sample, unless the next is overdue.

    A bucket that has just begun would be drawn twice: first without a sample.
    """
    newest = max((at for record in records if (at := record.series.newest(now)) is not None), default=now)
    return newest if now - newest <= 1.5 * fleet.interval * fleet.slowness else now


def _begins(older: Older | None) -> float | None:
    """When the first of these samples was taken, as far as known; None if there is none."""
    at = first_known(older.stretch) if older is not None else None
    if older is None or older.first is None or at is None:
        return at
    return older.first if at <= older.first < at + older.width else at


def known_since(fleet: Fleet, records: Iterable[Record], start: float) -> float:
    """The instant, not before `start`, since which these pods have samples; `start` while older ones are loading."""
    firsts: list[float | None] = []
    for record in records:
        older, first = fleet.older.get(record.id), record.series.first(-math.inf)
        if not record.series.is_read:
            firsts.append(start)
            continue
        if record.series.since is not None and record.series.since <= start:
            # All of the range is in memory.
            firsts.append(record.series.first(start))
            continue
        if older is not None and (older.is_loading or older.start > start + older.width):
            # Read for another range, or not yet.
            older = None
        if older is None and fleet.has_past and first is not None:
            first = start
        firsts += (_begins(older), first)
    return max(start, min((at for at in firsts if at is not None), default=start))
