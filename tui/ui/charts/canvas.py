"""Charts of plotext: lines as text. The only module that imports it; it knows no colours, only line numbers.

plotext 6's core aborts the process on NaN inside a line and on infinity with limits set, and takes seconds and a
gigabyte over values far outside the limits: every number passes `dot` before it gets there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from tui.ui.charts.spec import QUIET, ChartSpec, Part, Row

if TYPE_CHECKING:
    from tui.store.series import Segment


def dot(value: float, top: int) -> int | None:
    """A whole dot from 0 to `top`, which is safe for plotext; None if it is not a number."""
    return round(min(float(top), max(0.0, value))) if math.isfinite(value) else None


Signal = tuple[tuple[int, ...], tuple[int, ...]]
"""Horizontal and vertical positions of points to join, in dots from the lower left; a cell has 2 by 4."""


def signals(spec: ChartSpec, columns: int, height: int) -> list[tuple[int, Signal]]:
    """Each unbroken run with the number of its line, as few points as draw it on a canvas of this many cells.

    A bucket is drawn from its low to its high, so that no spike is lost, and at its mean if they are a dot apart, so
    that noise stays calm. It begins at the left dot of its column: the same values have the same shape everywhere.
    Parts completely hidden by another line are left out.
    """
    counts: dict[Signal, int] = {}
    for number, line in enumerate(spec.lines):
        for run in line.runs:
            for stretch in _stretches(run, spec, columns, height):
                counts.setdefault(stretch, number)
    return [(number, signal) for signal, number in counts.items()]


def _stretches(run: Segment, spec: ChartSpec, columns: int, height: int) -> Iterator[Signal]:
    start, step, _ = spec.window
    top = 4 * height - 1
    scale = top / (spec.high - spec.low)
    xs: list[int] = []
    ys: list[int] = []
    for point in run:
        column = dot((point.at - start) / step, columns - 1)
        low, mean, high = (dot((value - spec.low) * scale, top) for value in (point.low, point.mean, point.high))
        if column is None or low is None or mean is None or high is None:
            if xs:
                yield _ended(xs, ys)
            xs, ys = [], []
            continue
        x = 2 * column
        if spec.means or high - low <= 1:
            low = high = mean
        near, far = (high, low) if ys and ys[-1] > (low + high) / 2 else (low, high)
        if len(ys) > 1 and ys[-2] == ys[-1] == near and xs[-2] != xs[-1]:
            # A level run needs its two ends only: a point costs plotext some 20 us.
            xs[-1] = x
        else:
            xs.append(x)
            ys.append(near)
        if far != near:
            xs.append(x)
            ys.append(far)
    if xs:
        yield _ended(xs, ys)


def _ended(xs: list[int], ys: list[int]) -> Signal:
    """With the right half of the last column: a bucket is as wide as its column."""
    return (*xs, xs[-1] + 1), (*ys, ys[-1])


_ASIDE = 0.6
"""The position of a point in its dot: off the middle, or joins would fall on the border of two dots, now here, now
there."""


@cache
def library() -> Any:
    """plotext, imported at the first call, which takes a tenth of a second and 8 MiB: charts of cells do without it."""
    import plotext

    plotext.terminal.limit(False, False)
    return plotext


_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def figure(columns: int, height: int, across: int, up: int) -> Any:
    """An empty figure without frame, rulers and colours, with a plane of the given number of units across and up."""
    built = library().figure
    built.clear()
    built.theme("colorless")
    built.canvas("default")
    built.axes(False)
    built.legend(False)
    built.plot_size(columns, height)
    for axis, units in (("x", across), ("y", up)):
        built.ruler(axis).frequency(0)
        built.ruler(axis).alignment("edge")
        built.ruler(axis).lim(0, units)
    return built


def lines(spec: ChartSpec, columns: int, height: int) -> list[Row]:
    plotext = library()
    plane = figure(columns, height, 2 * columns, 4 * height)
    # The first line last: in shared cells the last line's colour stays.
    for number, (xs, ys) in reversed(signals(spec, columns, height)):
        # The number of the line is passed as a colour of the 256-colour table, and read back from the text below.
        marker = plotext.marker("braille", plotext.pixel(foreground=number % 200 + 20))
        signal = plane.signal([x + _ASIDE for x in xs], [y + 0.5 for y in ys], marker=marker)
        plane.draw(signal.lines())
    return [row_of(line) for line in plane.build().string().split("\n")][:height]


def row_of(line: str) -> Row:
    parts: list[Part] = []
    number, end = QUIET, 0
    for code in _SGR.finditer(line):
        if code.start() > end:
            parts.append((line[end : code.start()], number))
        fields = code[1].split(";")
        number = int(fields[2]) - 20 if fields[:2] == ["38", "5"] else QUIET
        end = code.end()
    if end < len(line):
        parts.append((line[end:], number))
    return tuple(parts)
