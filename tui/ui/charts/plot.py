"""Charts as text: the drawing itself. The only module that imports plotext; it knows no colours, only line numbers.

plotext 6's core aborts the process on NaN inside a line and on infinity with limits set, and takes seconds and a
gigabyte over values far outside the limits: every number passes `_dot` before it gets there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from tui.format import numbers as fmt
from tui.ui.charts import areas, captions, heatmap
from tui.ui.charts.spec import (
    CURSOR,
    GRID,
    QUIET,
    TEXT,
    TITLE,
    AxisSpec,
    BarSpec,
    ChartSpec,
    Drawn,
    Form,
    Part,
    Row,
    gutter,
    has_axis,
    joined,
)
from tui.ui.charts.time_axis import axis_rows, time_axis

if TYPE_CHECKING:
    from tui.store.series import Segment


def draw(spec: Drawn, width: int, height: int) -> tuple[Row, ...]:
    """The chart in exactly `height` rows of `width` cells."""
    if width <= 0 or height <= 0:
        return ()
    if isinstance(spec, BarSpec):
        return _bars(spec, width, height)
    if isinstance(spec, AxisSpec):
        margin = gutter(width)
        return tuple(((" " * margin, QUIET), *row) for row in axis_rows(spec, width - margin, height))
    if spec.form is not Form.LINES:
        return tuple(_shaded(spec, width, height))
    rows: list[Row] = [captions.title(spec, width)]
    body = height - 1
    axis = spec.axis if has_axis(width, height) else 0
    times = 1 if spec.times and height >= 5 else 0
    if body - times > 0:
        rows += [_crossed(row, spec, axis) for row in _plot(spec, width, body - times, axis)]
    if times:
        rows.append(((" " * axis, QUIET), *time_axis(spec.time, width - axis)))
    return tuple(rows)


def plot_left(spec: ChartSpec | AxisSpec, width: int, height: int) -> int:
    """Cells left of the plot in a chart of this size."""
    if isinstance(spec, AxisSpec) or spec.form is not Form.LINES:
        return gutter(width)
    return spec.axis if has_axis(width, height) else 0


def _shaded(spec: ChartSpec, width: int, height: int) -> list[Row]:
    """A chart of cells; in a single row, with a sparkline."""
    margin = gutter(width)
    if height == 1:
        return [_crossed(heatmap.row(spec, width), spec, margin)]
    times = 1 if spec.times and height >= 5 else 0
    body = height - 1 - times
    if not any(line.runs for line in spec.lines):
        plot = [((" " * margin, QUIET), *row) for row in _words(spec.note, width - margin, body)]
    elif spec.form is Form.SPARK:
        plot = heatmap.sparklines(spec, width, body)
    elif spec.form is Form.HEAT:
        plot = heatmap.heat(spec, width, body)
    else:
        plot = areas.areas(spec, width, body)
    rows: list[Row] = [captions.heading(spec, width, width - margin)]
    rows += [_crossed(joined(row), spec, margin) for row in plot]
    if times:
        rows.append(((" " * margin, QUIET), *time_axis(spec.time, width - margin)))
    return rows


def _crossed(row: Row, spec: ChartSpec, axis: int) -> Row:
    """A row with the cursor through it, if it is shown."""
    column = None if spec.cursor is None else spec.window.column(spec.cursor)
    if column is None:
        return row
    at, parts = 0, []
    for text, kind in row:
        index = column + axis - at
        if 0 <= index < len(text):
            glyph = "│" if text[index] in " \u2800" or kind == GRID else text[index]
            parts += [(text[:index], kind), (glyph, CURSOR), (text[index + 1 :], kind)]
        else:
            parts.append((text, kind))
        at += len(text)
    return tuple((text, kind) for text, kind in parts if text)


def _plot(spec: ChartSpec, width: int, height: int, axis: int) -> list[Row]:
    columns = max(1, width - axis)
    if not any(line.runs for line in spec.lines):
        canvas = _words(spec.note, columns, height)
    else:
        canvas = _canvas(spec, columns, height)
    marks = {0: spec.high, height - 1: spec.low}
    if height >= 5 and (height % 2 or height >= 8):
        marks[height // 2] = (spec.low + spec.high) / 2
    labels = {y: _fitting(_written(value, spec), value, axis - 1) for y, value in marks.items()}
    if not axis:
        return canvas
    return [((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row) for y, row in enumerate(canvas)]


def _written(value: float, spec: ChartSpec) -> str:
    """A value for the axis."""
    return f"${value:,.{spec.places}f}" if spec.unit == "$" else f"{value:.{spec.places}f}"


def _fitting(text: str, value: float, room: int) -> str:
    """A value for the axis: as it is written, or in thousands or millions if there is no room for that."""
    sign = "$" if text.startswith("$") else ""
    # Thousands are used for thousands alone: small values lose decimal places instead.
    whole = f"{sign}{value:.0f}" if value == round(value) else f"{sign}{value:.1f}"
    large = (f"{sign}{value / 1e3:.0f}k", f"{sign}{value / 1e6:.0f}M") if abs(value) >= 1e3 else ()
    forms = (text, whole, *large)
    return next((form for form in forms if len(form) <= room), fmt.clip(text, max(1, room)))


def _words(text: str, columns: int, height: int) -> list[Row]:
    text = fmt.clip(text, columns)
    return [((text.center(columns) if y == height // 2 else " " * columns, QUIET),) for y in range(height)]


def _dot(value: float, top: int) -> int | None:
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
        column = _dot((point.at - start) / step, columns - 1)
        low, mean, high = (_dot((value - spec.low) * scale, top) for value in (point.low, point.mean, point.high))
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


def bars(spec: ChartSpec, columns: int, height: int) -> list[tuple[int, Signal]]:
    """Each bar as strokes that fill it, with the number of its line; a value above zero has at least one dot."""
    start, step, _ = spec.window
    top = 4 * height
    scale = top / (spec.high - spec.low)
    parts: list[tuple[int, Signal]] = []
    for number, line in enumerate(spec.lines):
        for point in (point for run in line.runs for point in run):
            left = _dot(2 * (point.at - start) / step, 2 * columns - 1)
            low, high = (_dot((value - spec.low) * scale, top) for value in (point.low, point.high))
            if left is None or low is None or high is None or point.high <= point.low:
                continue
            low = min(low, top - 1)
            high = max(low, high - 1)
            xs: list[int] = []
            ys: list[int] = []
            for stroke, x in enumerate(range(left, min(2 * columns, left + spec.bars))):
                xs += (x, x)
                ys += (high, low) if stroke % 2 else (low, high)
            parts.append((number, (tuple(xs), tuple(ys))))
    return parts


_ASIDE = 0.6
"""The position of a point in its dot: off the middle, or joins would fall on the border of two dots, now here, now
there."""


@cache
def library() -> Any:
    """plotext, imported at the first call, which takes a tenth of a second and 8 MiB: charts of cells do without it."""
    import plotext

    plotext.terminal.limit(False, False)
    return plotext


def lacks_library(spec: Drawn) -> bool:
    """Whether drawing this chart would import plotext first."""
    if library.cache_info().currsize or isinstance(spec, AxisSpec):
        return False
    return isinstance(spec, BarSpec) or (spec.form is Form.LINES and any(line.runs for line in spec.lines))


_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def _figure(columns: int, height: int, across: int, up: int) -> Any:
    """An empty figure without frame, rulers and colours, with a plane of the given number of units across and up."""
    figure = library().figure
    figure.clear()
    figure.theme("colorless")
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    figure.plot_size(columns, height)
    for axis, units in (("x", across), ("y", up)):
        figure.ruler(axis).frequency(0)
        figure.ruler(axis).alignment("edge")
        figure.ruler(axis).lim(0, units)
    return figure


def _canvas(spec: ChartSpec, columns: int, height: int) -> list[Row]:
    plotext = library()
    figure = _figure(columns, height, 2 * columns, 4 * height)
    # The first line last: in shared cells the last line's colour stays.
    drawn = bars(spec, columns, height) if spec.bars else signals(spec, columns, height)
    for number, (xs, ys) in reversed(drawn):
        # The number of the line is passed as a colour of the 256-colour table, and read back from the text below.
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


# Bars


def _bars(spec: BarSpec, width: int, height: int) -> tuple[Row, ...]:
    """Stacked bars, the last at the right edge, as wide as fits."""
    rows: list[Row] = [_bar_title(spec, width)]
    axis = spec.axis if has_axis(width, height) else 0
    times = 1 if height >= 5 else 0
    body, columns = height - 1 - times, max(1, width - axis)
    if body > 0:
        marks = {0: spec.high, body - 1: 0.0}
        if body >= 7:
            marks[(body - 1) // 2] = spec.high / 2
        labels = {y: _fitting(_dollars(value), value, axis - 1) for y, value in marks.items()}
        canvas = _bar_canvas(spec, columns, body)
        for y, row in enumerate(canvas):
            rows.append((((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row)) if axis else row)
    if times:
        rows.append(((" " * axis, QUIET), (_bar_labels(spec, columns), QUIET)))
    return tuple(rows)


def _dollars(value: float) -> str:
    return f"${value:,.0f}" if value >= 10 or value == 0 else f"${value:.2f}"


def heights(spec: BarSpec, columns: int, height: int) -> list[list[int]]:
    """The bars that fit, newest kept: each part a whole number of cells, in total at most the canvas.

    A part below half a cell has none: a cell of its colour would be read as a cell of money. What rounding leaves over
    belongs to the largest part, and a bar above zero has at least one cell.
    """

    def cells(value: float) -> int:
        return (_dot(value * height / spec.high, height) or 0) if spec.high > 0 else 0

    rows_of_bars = []
    for bar in spec.bars[-columns:]:
        known = [max(0.0, value) if math.isfinite(value) else 0.0 for value in bar]
        left = cells(sum(known)) or int(any(known))
        parts = [0] * len(known)
        for n in sorted(range(len(known)), key=lambda n: -known[n]):
            parts[n] = min(left, cells(known[n]))
            left -= parts[n]
        if left:
            parts[known.index(max(known))] += left
        rows_of_bars.append(parts)
    return rows_of_bars


def _slot(spec: BarSpec, columns: int) -> int:
    """Cells of a bar and the gap beside it."""
    return max(1, columns // max(1, min(len(spec.bars), columns)))


def _bar_canvas(spec: BarSpec, columns: int, height: int) -> list[Row]:
    stacks = heights(spec, columns, height)
    if not any(map(any, stacks)):
        return _words(spec.note, columns, height)
    plotext, slot = library(), _slot(spec, columns)
    body = slot - 1 if slot >= 3 else slot
    left = columns - slot * len(stacks)
    figure = _figure(columns, height, columns, height)
    base = [0] * len(stacks)
    for kind in range(len(spec.kinds)):
        xs: list[float] = []
        lows: list[float] = []
        highs: list[float] = []
        for number, stack in enumerate(stacks):
            low, high = base[number], base[number] + stack[kind]
            base[number] = high
            if high > low:
                start = left + number * slot
                xs += [start + cell + 0.5 for cell in range(body)]
                # Off the borders of cells, as plotext draws every cell that it touches.
                lows += [low + 0.25] * body
                highs += [high - 0.25] * body
        if xs:
            marker = plotext.marker("full", plotext.pixel(foreground=kind % 200 + 20))
            figure.draw(figure.bar(xs, lows, highs, marker=marker, width=0.5 / body, lines=False))
    # Bars bring ticks of their own.
    figure.ruler("x").ticks([])
    return [_row(line) for line in figure.build().string().split("\n")][:height]


def _bar_title(spec: BarSpec, width: int) -> Row:
    """Name, the kinds in their colours, and the figures; parts that do not fit are dropped."""
    shown = [n for n in range(len(spec.kinds)) if any(bar[n] for bar in spec.bars)]
    legend: list[Part] = []
    for n in shown:
        legend += [("  ▪", n), (spec.kinds[n], TEXT)]
    for middle, tail in ((legend, spec.tail), (legend, ""), ([], spec.tail), ([], "")):
        used = len(spec.title) + sum(len(text) for text, _ in middle) + len(tail)
        if used + 2 <= width:
            return ((spec.title, TITLE), *middle, (" " * (width - used), TEXT), (tail, TEXT))
    return ((fmt.clip(spec.title, width).ljust(width), TITLE),)


def _bar_labels(spec: BarSpec, columns: int) -> str:
    """Labels below their bars, at equal distances from the newest, without overlap."""
    slot, labels = _slot(spec, columns), spec.labels[-columns:]
    left = columns - slot * len(labels)
    line = [" "] * columns
    widest = max(map(len, labels), default=0)
    # The newest has no room for its right half, and reaches further to the left.
    step = max(1, math.ceil((widest + 1 + widest // 2 - (slot - 1) // 2) / slot))
    for number in range(len(labels) - 1, -1, -step):
        text = labels[number]
        start = min(left + number * slot + slot // 2 - len(text) // 2, columns - len(text))
        if start >= 0:
            line[start : start + len(text)] = text
    return "".join(line)
