"""Charts as text: what is drawn where. Cells by pure functions; lines by plotext."""

from __future__ import annotations

from tui.ui.charts import areas, bar_chart, canvas, captions, heatmap
from tui.ui.charts.axis_labels import fitting, words, written
from tui.ui.charts.spec import (
    CURSOR,
    DASH,
    DASHES,
    GRID,
    QUIET,
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


def draw(spec: Drawn, width: int, height: int) -> tuple[Row, ...]:
    """The chart in exactly `height` rows of `width` cells."""
    if width <= 0 or height <= 0:
        return ()
    if isinstance(spec, BarSpec):
        return bar_chart.stacked(spec, width, height)
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
        plot = [((" " * margin, QUIET), *row) for row in words(spec.note, width - margin, body)]
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
    marks = {0: spec.high, height - 1: spec.low}
    for part in areas.grid(spec, height):
        # The row of the dot at which a line of this value is drawn.
        marks[height - 1 - round(part * (4 * height - 1)) // 4] = spec.low + part * (spec.high - spec.low)
    if not any(line.runs for line in spec.lines):
        plane = words(spec.note, columns, height)
    else:
        drawn = canvas.lines(spec, columns, height)
        if spec.dashes:
            drawn = [_dashed(row) for row in drawn]
        plane = [areas.ruled(row) if y in marks and 0 < y < height - 1 else row for y, row in enumerate(drawn)]
    labels = {y: fitting(written(value, spec), value, axis - 1) for y, value in marks.items()}
    if not axis:
        return plane
    return [((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row) for y, row in enumerate(plane)]


def _dashed(row: Row) -> Row:
    """A row of lines, each broken in its own way."""
    cells: list[Part] = []
    for text, kind in row:
        pattern = DASHES[kind % len(DASHES)] if kind >= 0 else DASHES[0]
        for letter in text:
            hidden = pattern[len(cells) % DASH] == " "
            # A gap is of its line: a dot of the grid in it would be read as a part of that.
            cells.append((" " if hidden else letter, kind))
    return joined(cells)


def lacks_library(spec: Drawn) -> bool:
    """Whether drawing this chart would import plotext first."""
    if canvas.library.cache_info().currsize or not isinstance(spec, ChartSpec):
        return False
    return spec.form is Form.LINES and any(line.runs for line in spec.lines)
