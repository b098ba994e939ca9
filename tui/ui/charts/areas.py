"""Areas: the mean of each bucket as a bright edge above a fill, and its range as a band across it. Pure.

A column costs nothing to move where it is as its neighbour: the shade of a cell depends on its row alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import buckets
from tui.ui.charts.axis_labels import written
from tui.ui.charts.buckets import Column
from tui.ui.charts.figures import dressed, gutter_cell, short
from tui.ui.charts.spec import BAND, EDGE, GRID, GUTTER, HEAT, QUIET, ChartSpec, Part, Row, gutter, joined, paint
from tui.ui.primitives.ramp import HEIGHTS

LEAST = 2
"""Rows that an area needs."""

FIELDS = 3
"""More lines than this have no room for a field each: a heat map is drawn instead."""

_QUARTERS, _HALF = (0.25, 0.5, 0.75), (0.5,)
_EVERY = 4
"""Columns between two dots of the grid."""

_FILL = (2, 3, 4, 5)
"""The shades below the lowest values, by the quarters of the scale: they go on where the grid is covered."""

_THICK = 4
"""Eighths of a cell: the edge is equally thick wherever it is, as a thicker part would be read as more."""

_SEEN = (8, 1, 2, 3, 4, 5, 5, 8)
"""The eighths up to which an edge is drawn in its cell, by those of its value; 8 for a full one. There is no cell whose
middle alone can be filled: a value aside by an eighth is an edge that is too thick by one at most."""

_RANGED = "was"
"""What stands before the range of the values of a line."""

_BLANK = (" ", paint(EDGE))
"""A cell without a value. Those that are nothing but background have the ink of the edge, which is cheaper to send."""

LINE = "▀▄"
"""The edge where there are no shades: in the upper or in the lower half of its cell."""


def grid(spec: ChartSpec, height: int) -> tuple[float, ...]:
    """The parts of the scale at which there is a grid: those whose values can be written as they are."""
    for parts, rows in ((_QUARTERS, 5), (_HALF, 3)):
        if height >= rows and all(_is_round(part, spec) for part in parts):
            return parts
    return ()


def _is_round(part: float, spec: ChartSpec) -> bool:
    """Whether the value at that part of the scale has no more decimal places than are written."""
    value = spec.low + part * (spec.high - spec.low)
    return spec.places is None or abs(value - round(value, spec.places)) < 1e-6


def ruled(row: Row) -> Row:
    """A row of a plot with the dots of the grid where it is empty."""
    cells = [(letter, kind) for text, kind in row for letter in text]
    return joined(
        ("·", GRID) if not x % _EVERY and letter in " \u2800" and kind == QUIET else (letter, kind)
        for x, (letter, kind) in enumerate(cells)
    )


class _Field:
    """The cells of one area, from its columns; rows are counted from below."""

    def __init__(self, spec: ChartSpec, columns: Sequence[Column], height: int) -> None:
        self._spec, self._height = spec, height
        self._blank = _BLANK if spec.shades else (" ", QUIET)
        self.cells: list[list[Part]] = [[self._blank] * len(columns) for _ in range(height)]
        self._rule()
        for x, column in enumerate(columns):
            if column is not None:
                self._draw(x, column)

    def _rule(self) -> None:
        """The grid: dots, as lines would be read as values."""
        for part in grid(self._spec, self._height):
            row = min(self._height - 1, int(part * self._height))
            # The mark of a value that lies between two rows.
            self.cells[row] = [self._blank if x % _EVERY else ("·", GRID) for x in range(len(self.cells[row]))]

    def _draw(self, x: int, column: Point) -> None:
        spec, height = self._spec, self._height
        low, mean, high = (
            buckets.eighths(value, spec.low, spec.high, height) for value in (column.low, column.mean, column.high)
        )
        # Zero is a value too. The ends of the band are less than its mean: halves of cells are enough of them.
        edge, part = max(0, mean - 1) // 8, _SEEN[max(1, mean) % 8]
        low, high = 4 * round(low / 4), 4 * round(high / 4)
        top = max(edge, (high - 1) // 8)
        for row in range(edge):
            self.cells[row][x] = self._below(row, low)
        for row in range(edge + 1, top):
            self.cells[row][x] = self._full(BAND)
        if top > edge:
            self.cells[top][x] = self._half(BAND, 0) if high % 8 else self._full(BAND)
        if not spec.shades:
            self.cells[edge][x] = (HEIGHTS[0] if not edge and part < 3 else LINE[part < 6]), 0
            return
        over, under = (BAND if top > edge else 0), (BAND if low < 8 * edge + part - _THICK else self._fill(edge))
        if part == 8:
            self.cells[edge][x] = HEIGHTS[7 - _THICK], paint(under, EDGE)
            return
        self.cells[edge][x] = HEIGHTS[part - 1], paint(EDGE, over)
        if edge and part < _THICK:
            # The rest of it is the upper part of the cell below.
            under = BAND if under == BAND else self._fill(edge - 1)
            self.cells[edge - 1][x] = HEIGHTS[7 + part - _THICK], paint(under, EDGE)

    def _fill(self, row: int) -> int:
        return _FILL[min(3, 4 * row // self._height)]

    def _below(self, row: int, low: int) -> Part:
        if low <= 8 * row:
            return self._full(BAND)
        return self._full(self._fill(row)) if low >= 8 * row + 8 else self._half(self._fill(row), BAND)

    def _full(self, shade: int) -> Part:
        if self._spec.shades:
            return " ", paint(EDGE, shade)
        return ("▒" if shade == BAND else "░"), HEAT

    def _half(self, shade: int, over: int) -> Part:
        """A cell of one shade below another."""
        if self._spec.shades:
            return HEIGHTS[3], paint(shade, over)
        return self._full(max(shade, over))


def field(spec: ChartSpec, columns: Sequence[Column], height: int) -> list[Row]:
    """One area in that many rows, the highest first."""
    return [tuple(row) for row in reversed(_Field(spec, columns, height).cells)]


def areas(spec: ChartSpec, width: int, height: int) -> list[Row]:
    """The lines, each in a field of its own, in exactly `height` rows."""
    margin = gutter(width)
    columns = width - margin
    blank: Row = ((" " * width, QUIET),)
    # All are equally high, or equal values would differ.
    count = max(1, len(spec.lines))
    room, left = divmod(height, count)
    is_apart = 0 < count - 1 <= left
    rows: list[Row] = []
    for number, line in enumerate(spec.lines if room else ()):
        if number and is_apart:
            rows.append(blank)
        values = buckets.across(line, spec.window, columns)
        drawn = field(spec, values, room)
        if margin:
            names = _named(spec, line, values, room) if len(spec.lines) > 1 else _scale(spec, room)
            drawn = [(*name, *row) for name, row in zip(names, drawn, strict=True)]
        rows += drawn
    return rows + [blank] * (height - len(rows))


def _named(spec: ChartSpec, line: Line, values: Sequence[Column], height: int) -> list[Row]:
    """The name and the value of a line, and the range of its values, beside its field."""
    blank: Row = ((" " * GUTTER, QUIET),)
    rows = [blank] * height
    rows[0] = gutter_cell(line.label, line.last, spec)
    span = line.whole or buckets.extremes(values)
    if height > 1 and span is not None:
        low, high = short(span.low, spec), short(span.high, spec)
        text = "" if low == high else dressed(f"{low}-{high}", spec)
        # Numbers alone beside a field would be read as its scale.
        ranged = f"{_RANGED} {text}" if text and len(text) + len(_RANGED) < GUTTER - 1 else text
        rows[1] = ((f"{ranged:>{GUTTER - 1}} ", QUIET),)
    return rows


def _scale(spec: ChartSpec, height: int) -> list[Row]:
    """The value axis."""
    labels = {height - 1: spec.low, 0: spec.high}
    for part in grid(spec, height):
        labels[height - 1 - min(height - 1, int(part * height))] = spec.low + part * (spec.high - spec.low)
    texts = {row: _label(value, spec) for row, value in labels.items()}
    return [((f"{texts.get(row, ''):>{GUTTER - 1}} ", QUIET),) for row in range(height)]


def _label(value: float, spec: ChartSpec) -> str:
    """A value for the axis: dollars as beside lines, with their thousands apart."""
    if spec.unit == "$" and len(text := written(value, spec)) < GUTTER:
        return text
    return dressed(short(value, spec, 8), spec)
