"""Areas: the mean of each bucket as the bright edge of a filled area, and its range as a band across it. Pure.

A column costs nothing to move where it is as its neighbour: the shade of a cell depshades on its row alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import buckets
from tui.ui.charts.buckets import Column
from tui.ui.charts.figures import at_cursor, gutter_cell, short
from tui.ui.charts.spec import CURSOR, EDGE, GRID, GUTTER, HEAT, QUIET, TEXT, ChartSpec, Part, Row, gutter, paint
from tui.ui.primitives.ramp import HEIGHTS

LEAST = 2
"""Rows that an area needs."""

_GRID = (0.25, 0.5, 0.75)
_EVERY = 4
"""Columns between two dots of the grid."""

_FILL, _BAND = (1, 3, 6, 9), (9, 11, 14, 17)
"""The shades of each, by the quarters of the scale: they go on where the grid is covered."""

_EDGE = (EDGE,) * 4
_NOTHING = (0,) * 4

_BLANK = (" ", paint(EDGE))
"""A cell without a value. Those that are nothing but background have the ink of the edge, which is cheaper to send."""

Shades = tuple[int, ...]


def _shade(shades: Shades, row: int, height: int) -> int:
    return shades[min(3, 4 * row // height)]


def _seen(mean: int) -> int:
    """The eighths to which an edge is drawn: an eighth aside where it would be hardly seen. Zero is a value too."""
    if mean < 8:
        return max(1, mean)
    return mean + {1: -1, 2: 1}.get(mean % 8, 0)


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
        parts = _GRID if self._height >= 8 else _GRID[1:2] if self._height >= 4 else ()
        for part in parts:
            row = min(self._height - 1, int(part * self._height))
            # The mark of a value that lies between two rows.
            self.cells[row] = [self._blank if x % _EVERY else ("·", GRID) for x in range(len(self.cells[row]))]

    def _draw(self, x: int, column: Point) -> None:
        spec, height = self._spec, self._height
        low, mean, high = (
            buckets.eighths(value, spec.low, spec.high, height) for value in (column.low, column.mean, column.high)
        )
        mean = _seen(mean)
        edge, top = (mean - 1) // 8, max(mean - 1, high - 1) // 8
        for row in range(edge):
            self.cells[row][x] = self._below(row, low)
        for row in range(edge + 1, top):
            self.cells[row][x] = self._full(_BAND, row)
        if top > edge:
            self.cells[top][x] = self._part((high - 1) % 8 + 1, _BAND, _NOTHING, top)
        self.cells[edge][x] = self._part((mean - 1) % 8 + 1, _EDGE, _BAND if top > edge else _NOTHING, edge)

    def _below(self, row: int, low: int) -> Part:
        if row > low // 8 or (row == low // 8 and not low % 8):
            return self._full(_BAND, row)
        return self._part(low % 8, _FILL, _BAND, row) if row == low // 8 else self._full(_FILL, row)

    def _full(self, shades: Shades, row: int) -> Part:
        if not self._spec.shades:
            return ("░" if shades is _FILL else "▒"), HEAT
        return " ", paint(EDGE, _shade(shades, row, self._height))

    def _part(self, part: int, shades: Shades, over: Shades, row: int) -> Part:
        """A cell that is filled up to some eighths, on another shade."""
        if not self._spec.shades:
            return HEIGHTS[part - 1], (0 if shades is _EDGE else HEAT)
        return HEIGHTS[part - 1], paint(_shade(shades, row, self._height), _shade(over, row, self._height))


def field(spec: ChartSpec, columns: Sequence[Column], height: int) -> list[Row]:
    """One area in that many rows, the highest first."""
    return [tuple(row) for row in reversed(_Field(spec, columns, height).cells)]


def areas(spec: ChartSpec, width: int, height: int) -> list[Row]:
    """The lines, each in a field of its own, in exactly `height` rows."""
    margin = gutter(width)
    columns = width - margin
    rows: list[Row] = []
    for number, line in enumerate(spec.lines):
        # What is left over belongs to the first.
        room = height * (number + 1) // len(spec.lines) - height * number // len(spec.lines)
        if not room:
            continue
        values = buckets.across(line, spec.window, columns)
        drawn = field(spec, values, room)
        if margin:
            names = _named(spec, line, values, room) if len(spec.lines) > 1 else _scale(spec, values, room)
            drawn = [(*name, *row) for name, row in zip(names, drawn, strict=True)]
        rows += drawn
    return rows


def _named(spec: ChartSpec, line: Line, values: Sequence[Column], height: int) -> list[Row]:
    """The name and the value of a line, and the range of its values, beside its field."""
    blank: Row = ((" " * GUTTER, QUIET),)
    rows = [blank] * height
    rows[0] = gutter_cell(line.label, line.last, spec)
    span = buckets.extremes(values)
    if height > 1 and span is not None:
        text = f"{short(span.low, spec)}-{short(span.high, spec)}"
        rows[1] = ((f"{text:>{GUTTER - 1}} ", QUIET),)
    return rows


def _scale(spec: ChartSpec, values: Sequence[Column], height: int) -> list[Row]:
    """The value axis; beside it the extremes of what is shown, or of the cursor's bucket."""
    labels = {height - 1: spec.low, 0: spec.high}
    for part in _GRID if height >= 8 else _GRID[1:2] if height >= 4 else ():
        labels[height - 1 - min(height - 1, int(part * height))] = spec.low + part * (spec.high - spec.low)
    read = at_cursor(values, spec)
    span = buckets.extremes(values) if read is None else read
    texts: list[tuple[str, str]] = []
    if span is not None and height >= 3:
        texts = [("max", short(span.high, spec)), ("avg", short(span.mean, spec)), ("min", short(span.low, spec))]
    # A value of four letters has no gap before the label of its row: it stands beside none, where there is room.
    taken = labels if any(len(value) > 3 for _, value in texts) and height - len(labels) >= len(texts) else ()
    rows: list[Row] = []
    for row in range(height):
        label = short(labels[row], spec) if row in labels else ""
        left: Row = ((" " * 8, TEXT),)
        if texts and row not in taken:
            name, value = texts.pop(0)
            left = ((f"{name} ", QUIET), (f"{value:<4}", CURSOR if read is not None else TEXT))
            if len(value) + len(label) == 8:
                # Side by side they would be read as one number.
                label = ""
        rows.append((*left, (f"{label:>4} ", QUIET)))
    return rows
