"""Charts in text: what is drawn, and how. The only module that imports plotext; it knows no colours but line numbers.

plotext 6's core aborts the process on NaN inside a line and on infinity with limits set, and takes seconds and a
gigabyte over values far outside the limits: every number passes `_dot` before it gets there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from tui.ui import format as fmt

if TYPE_CHECKING:
    from tui.store.series import Run
    from tui.store.views import Line

AXIS = 4
"""Cells for the labels of the value axis, in charts wide and high enough to have one."""

TEXT, QUIET, TITLE, ALERT = -1, -2, -3, -4
"""Parts that are no line: plain words, axes, the title, what needs an eye."""

Part = tuple[str, int]
"""Text, and the number of the line it belongs to (from 0) or one of the constants above."""

Row = tuple[Part, ...]

_UNITS = ((1, 5), (5, 60), (30, 600), (60, 3600))
"""Buckets narrower than the second number of seconds are whole multiples of the first."""

_TICKS = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


class Window(NamedTuple):
    """Time cut into buckets: `columns` of `width` seconds from `start`, which is a whole multiple of the width.

    One bucket is one column, so that a new sample fills or shifts columns and leaves the others as they were.
    """

    start: float
    width: float
    columns: int


def window(now: float, span: float, columns: int) -> Window:
    """The buckets that end with the present one and reach `span` seconds back, one a column of a plot this wide."""
    count = max(1, columns)
    least = span / count
    unit = next((unit for unit, below in _UNITS if least < below), 600)
    width = float(math.ceil(least / unit) * unit)
    end = (math.floor(now / width) + 1) * width
    return Window(end - count * width, width, count)


def plot_columns(width: int, height: int) -> int:
    """Columns of the plot itself in a chart of this size."""
    return max(1, width - AXIS if _has_axis(width, height) else width)


def _has_axis(width: int, height: int) -> bool:
    return width >= 24 and height >= 4


class ChartSpec(Struct, frozen=True):
    """A chart to draw. Equal specs draw equal charts.

    title:  its name; unit follows every value.
    lines:  what is drawn, in percent of `high`.
    window: the time that is shown.
    note:   said where there is nothing to draw.
    tz:     the clock of its time axis, None for the machine's own.
    """

    title: str
    lines: tuple[Line, ...]
    window: Window
    high: float = 100.0
    unit: str = "%"
    note: str = "no samples in this range"
    tz: tzinfo | None = None


def draw(spec: ChartSpec, width: int, height: int) -> tuple[Row, ...]:
    """The chart in exactly `height` rows of `width` cells."""
    if width <= 0 or height <= 0:
        return ()
    rows: list[Row] = [_title(spec, width)]
    body = height - 1
    axis = AXIS if _has_axis(width, height) else 0
    times = 1 if height >= 5 else 0
    if body - times > 0:
        rows += _plot(spec, width, body - times, axis)
    if times:
        rows.append((*(((" " * axis), QUIET),), (_time_axis(spec, width - axis), QUIET)))
    return tuple(rows)


def _title(spec: ChartSpec, width: int) -> Row:
    """Name at the left; at the right the value now, of many, each, or their mean and the one that lags."""
    name = fmt.clip(spec.title, width)
    room = width - len(name) - 1
    for tail in _tails(spec):
        length = sum(len(text) for text, _ in tail)
        if length <= room:
            return ((name, TITLE), (" " * (width - len(name) - length), TEXT), *tail)
    return ((name.ljust(width), TITLE),)


def _tails(spec: ChartSpec) -> list[Row]:
    known = [(line, index) for index, line in enumerate(spec.lines) if line.last is not None]
    if not known:
        return [((fmt.UNKNOWN, QUIET),)]
    if len(spec.lines) == 1:
        return [((_value(known[0][0], spec), TEXT),)]
    mean = sum(line.last or 0.0 for line, _ in known) / len(known)
    low, index = min(known, key=lambda pair: pair[0].last or 0.0)
    lags = mean - (low.last or 0.0) > 0.2 * spec.high
    summary: Row = ((f"mean {mean:.0f}{spec.unit}", TEXT),)
    lowest: Row = ((f"{'▾' if lags else 'min'} {low.label} {_value(low, spec)}  ", ALERT if lags else QUIET),)
    each: list[Part] = []
    for line, number in known:
        each.append((f"▪{line.label.removeprefix('GPU ')} ", number))
        each.append((f"{line.last:.0f} ", ALERT if lags and number == index else TEXT))
    return [(*lowest, *each, *summary), (*each, *summary), (*lowest, *summary), summary][0 if lags else 1 :]


def _value(line: Line, spec: ChartSpec) -> str:
    return fmt.UNKNOWN if line.last is None else f"{line.last:.0f}{spec.unit}"


def _time_axis(spec: ChartSpec, width: int) -> str:
    """Clock times under the columns they belong to, at round times; midnight is the day that begins."""
    start, step, _ = spec.window
    span = step * width
    tick = next((n for n in _TICKS if n / step >= 6), 86_400)
    offset = datetime.fromtimestamp(start, spec.tz).astimezone(spec.tz).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    line = [" "] * width
    at = math.ceil((start + shift) / tick) * tick - shift
    free = 0
    while at < start + span:
        when = datetime.fromtimestamp(at, spec.tz)
        label = f"{when:%H:%M}" if when.hour or when.minute else f"{when:%a}"
        column = int((at - start) / step) - len(label) // 2
        if free <= column <= width - len(label):
            line[column : column + len(label)] = label
            free = column + len(label) + 1
        at += tick
    return "".join(line)


def _plot(spec: ChartSpec, width: int, height: int, axis: int) -> list[Row]:
    columns = max(1, width - axis)
    if not any(line.runs for line in spec.lines):
        canvas = _words(spec.note, columns, height)
    else:
        canvas = _canvas(spec, columns, height)
    labels = {0: f"{spec.high:.0f}", height - 1: "0"}
    if height >= 5 and (height % 2 or height >= 8):
        labels[height // 2] = f"{spec.high / 2:.0f}"
    if not axis:
        return canvas
    return [((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row) for y, row in enumerate(canvas)]


def _words(text: str, columns: int, height: int) -> list[Row]:
    text = fmt.clip(text, columns)
    return [((text.center(columns) if y == height // 2 else " " * columns, QUIET),) for y in range(height)]


def _dot(value: float, top: int) -> int | None:
    """A whole dot from 0 to `top`, which plotext survives; None for what is no number."""
    return round(min(float(top), max(0.0, value))) if math.isfinite(value) else None


Signal = tuple[tuple[int, ...], tuple[int, ...]]
"""Horizontal and vertical positions of points to join, in dots from the lower left; a cell has 2 by 4."""


def signals(spec: ChartSpec, columns: int, height: int) -> list[tuple[int, Signal]]:
    """Each unbroken run with the number of its line, as few points as draw it on a canvas of this many cells.

    A bucket is drawn from its low to its high, so that no spike is lost, and at its mean where they are a dot apart, so
    that noise stays calm. It begins at the left dot of its column: the same values have the same shape wherever they
    are. What another line hides wholly is left out.
    """
    found: dict[Signal, int] = {}
    for number, line in enumerate(spec.lines):
        for run in line.runs:
            for stretch in _stretches(run, spec, columns, height):
                found.setdefault(stretch, number)
    return [(number, signal) for signal, number in found.items()]


def _stretches(run: Run, spec: ChartSpec, columns: int, height: int) -> Iterator[Signal]:
    start, step, _ = spec.window
    top = 4 * height - 1
    scale = top / spec.high
    xs: list[int] = []
    ys: list[int] = []
    for point in run:
        column = _dot((point.at - start) / step, columns - 1)
        low, mean, high = (_dot(value * scale, top) for value in (point.low, point.mean, point.high))
        if column is None or low is None or mean is None or high is None:
            if xs:
                yield _ended(xs, ys)
            xs, ys = [], []
            continue
        x = 2 * column
        if high - low <= 1:
            low = high = mean
        near, far = (high, low) if ys and ys[-1] > (low + high) / 2 else (low, high)
        if len(ys) > 1 and ys[-2] == ys[-1] == near and xs[-2] != xs[-1]:
            # A level stretch needs its two ends only: a point costs plotext some 20 us.
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
"""Where in its dot a point lies: off the middle, or joins would fall on the border of two dots, now here, now there."""


@cache
def library() -> Any:
    """plotext, imported at the first call, which takes a tenth of a second: no first frame should wait for it."""
    import plotext

    plotext.terminal.limit(False, False)
    return plotext


_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def _canvas(spec: ChartSpec, columns: int, height: int) -> list[Row]:
    plotext = library()
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    figure.plot_size(columns, height)
    for axis, dots in (("x", 2 * columns), ("y", 4 * height)):
        figure.ruler(axis).frequency(0)
        figure.ruler(axis).alignment("edge")
        figure.ruler(axis).lim(0, dots)
    # The first line last: where lines share a cell the last one's colour stays.
    for number, (xs, ys) in reversed(signals(spec, columns, height)):
        # The number of the line travels as a colour of the 256-colour table, and comes back out of the text below.
        marker = plotext.marker("braille", plotext.pixel(foreground=number % 200 + 20))
        signal = figure.signal([x + _ASIDE for x in xs], [y + 0.5 for y in ys], marker=marker)
        figure.draw(signal.lines())
    return [_row(line) for line in figure.build().string().split("\n")][:height]


def _row(line: str) -> Row:
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
