"""Charts in text: what is drawn, and how. The only module that imports plotext; it knows no colours but line numbers.

plotext 6's core aborts the process on NaN inside a line and on infinity with limits set, and takes seconds and a
gigabyte over values far outside the limits: every number passes `_safe` before it gets there.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from tui.ui import format as fmt

if TYPE_CHECKING:
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
    tz:     the clock of its time axis, None for the machine's own.
    """

    title: str
    lines: tuple[Line, ...]
    window: Window
    high: float = 100.0
    unit: str = "%"
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
        return []
    if len(spec.lines) == 1:
        return [((_value(known[0][0], spec), TEXT),)]
    mean = sum(line.last or 0.0 for line, _ in known) / len(known)
    low, index = min(known, key=lambda pair: pair[0].last or 0.0)
    lags = mean - (low.last or 0.0) > 0.2 * spec.high
    summary: Row = ((f"mean {mean:.0f}{spec.unit}", TEXT),)
    lowest: Row = ((f"▾ {low.label} {_value(low, spec)}  ", ALERT),) if lags else ()
    each: list[Part] = []
    for line, number in known:
        each.append((f"▪{line.label.removeprefix('GPU ')} ", number))
        each.append((f"{line.last:.0f} ", ALERT if lags and number == index else TEXT))
    return [(*lowest, *each, *summary), (*each, *summary), (*lowest, *summary), summary]


def _value(line: Line, spec: ChartSpec) -> str:
    return fmt.UNKNOWN if line.last is None else f"{line.last:.0f}{spec.unit}"


def _time_axis(spec: ChartSpec, width: int) -> str:
    """Clock times under the columns they belong to, at round times."""
    start, step, _ = spec.window
    span = step * width
    tick = next((n for n in _TICKS if n / step >= 9), 86_400)
    offset = datetime.fromtimestamp(start, spec.tz).astimezone(spec.tz).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    line = [" "] * width
    at = math.ceil((start + shift) / tick) * tick - shift
    free = 0
    while at < start + span:
        when = datetime.fromtimestamp(at, spec.tz)
        label = f"{when:%a %d}" if tick >= 86_400 else f"{when:%a %H:%M}" if span > 86_400 else f"{when:%H:%M}"
        column = int((at - start) / step) - len(label) // 2
        if free <= column <= width - len(label):
            line[column : column + len(label)] = label
            free = column + len(label) + 2
        at += tick
    return "".join(line)


def _plot(spec: ChartSpec, width: int, height: int, axis: int) -> list[Row]:
    columns = max(1, width - axis)
    if not any(line.runs for line in spec.lines):
        canvas = _words("no samples in this range" if spec.lines else "no samples yet", columns, height)
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


def _safe(value: float, low: float, high: float) -> float:
    """A number that plotext survives: finite and within its limits."""
    return min(high, max(low, value)) if math.isfinite(value) else low


Signal = tuple[list[float], list[float]]


def signals(spec: ChartSpec, columns: int) -> list[tuple[int, Signal]]:
    """Each unbroken run as points in columns and percent: the low and the high of a bucket: no spike is lost."""
    start, step, _ = spec.window
    found = []
    for number, line in enumerate(spec.lines):
        for run in line.runs:
            xs: list[float] = []
            ys: list[float] = []
            for point in run:
                x = _safe((point.at - start) / step, 0, columns - 1)
                values = (point.mean,) if point.high - point.low < 2 else (point.low, point.high)
                for value in values if not ys or ys[-1] < point.mean else values[::-1]:
                    xs.append(x)
                    ys.append(_safe(value, 0, spec.high))
            if xs:
                found.append((number, (xs, ys)))
    return found


_plotext: Any = None


def _figure() -> Any:
    """plotext's figure, cleared. It is imported at the first chart: no first frame waits for it."""
    global _plotext
    if _plotext is None:
        import plotext

        plotext.terminal.limit(False, False)
        _plotext = plotext
    figure = _plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    return figure


_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def _canvas(spec: ChartSpec, columns: int, height: int) -> list[Row]:
    figure = _figure()
    figure.plot_size(columns, height)
    figure.ruler("x").frequency(0)
    figure.ruler("y").frequency(0)
    figure.ruler("x").lim(0, max(1, columns - 1))
    figure.ruler("y").lim(0, spec.high)
    # The first line last: where lines share a cell the last one's colour stays.
    for number, (xs, ys) in reversed(signals(spec, columns)):
        # The number of the line travels as a colour of the 256-colour table, and comes back out of the text below.
        marker = _plotext.marker("braille", _plotext.pixel(foreground=number % 200 + 20))
        signal = figure.signal(xs, ys, marker=marker)
        signal.lines()
        figure.draw(signal)
    rows = [_row(line) for line in figure.build().string().split("\n")]
    return rows[:height]


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
