"""The values of lines by the columns of a chart. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from tui.store.series import Point, Segment
from tui.store.views.pod_lines import Line
from tui.ui.charts.spec import Window

Column = Point | None
"""The values of one column; None if it has none."""


def across(line: Line, window: Window, columns: int) -> list[Column]:
    """The values of a line in each of that many columns.

    A column between two of an unbroken run, which are closer than samples are, has the value of the sample before it.
    """
    cells: list[Column] = [None] * columns
    for run in line.runs:
        before: tuple[int, Point] | None = None
        for point in run:
            column = window.column(point.at + window.width / 2)
            if column is None or column >= columns or not all(map(math.isfinite, point)):
                before = None
                continue
            cells[column] = point
            if before is not None:
                for between in range(before[0] + 1, column):
                    cells[between] = before[1]
            before = column, point
    return cells


def read_at(lines: Sequence[Line], window: Window, at: float) -> tuple[Line, ...]:
    """The lines with the values that are drawn at an instant: also between two samples that are further apart."""
    column = window.column(at)
    if column is None:
        return tuple(replace(line, last=None) for line in lines)
    points = [across(line, window, window.columns)[column] for line in lines]
    return tuple(
        replace(line, last=None if point is None else point.mean) for line, point in zip(lines, points, strict=True)
    )


def pooled(columns: Sequence[Sequence[Column]]) -> list[Column]:
    """Several lines as one: in each column the lowest, the highest and the mean of those that have values."""
    return [together(values) for values in zip(*columns, strict=True)]


def together(values: Iterable[Column]) -> Column:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return known[0] if known else None
    return Point(
        known[0].at,
        min(point.low for point in known),
        max(point.high for point in known),
        sum(point.mean for point in known) / len(known),
    )


def as_run(columns: Sequence[Column]) -> tuple[Segment, ...]:
    """The unbroken runs of these columns."""

    def runs() -> Iterator[Segment]:
        run: list[Point] = []
        for point in columns:
            if point is not None:
                run.append(point)
            elif run:
                yield tuple(run)
                run = []
        if run:
            yield tuple(run)

    return tuple(runs())


def extremes(columns: Iterable[Column]) -> Column:
    """Low, high and mean of all columns together."""
    return together(columns)


def eighths(value: float, low: float, high: float, height: int) -> int:
    """How high a value reaches in that many cells, in eighths of a cell."""
    share = (value - low) / (high - low) if high > low else 0.0
    return round(8 * height * min(1.0, max(0.0, share)))
