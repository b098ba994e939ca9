"""Heat maps: time across, a row for each line, or for a group of them; a shade or a height for each value. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.format import numbers as fmt
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import buckets
from tui.ui.charts.buckets import Column
from tui.ui.charts.figures import at_cursor, beside, gutter_cell, lagging, short
from tui.ui.charts.spec import BESIDE, CALM, CURSOR, HEAT, LOUD, QUIET, STEP, ChartSpec, Form, Part, Row, gutter, paint
from tui.ui.primitives import ramp

DIP = 0.25
"""A bucket is marked if its lowest value is this part of the whole below its mean."""

_DEEPEST = 2
"""Rows per line, if there is room."""

_STRIP = "▇"
"""A value: lower than its row, so that rows stand apart."""

NOTCH = "▀"
"""A bucket that dips."""

DIPPED = 0
"""The kind of a notch without shades: that of the first line, which is the brightest."""

_TONES = (HEAT, BESIDE)
"""Kinds of heights in rows that touch, in turn: a full block joins those above and below it."""


def part_of(value: float, spec: ChartSpec) -> float:
    """A value as a part of the scale."""
    return (value - spec.low) / (spec.high - spec.low) if spec.high > spec.low else 0.0


def dips(column: Column, spec: ChartSpec) -> bool:
    """Whether the mean of a bucket hides a much lower value."""
    return spec.worst == "low" and column is not None and part_of(column.mean - column.low + spec.low, spec) >= DIP


def _worst(column: Point, spec: ChartSpec) -> float:
    """The value that a bucket shows, as a part of the scale."""
    return part_of({"low": column.low, "high": column.high}.get(spec.worst, column.mean), spec)


def ramp_of(spec: ChartSpec) -> int:
    """Where the shades of a chart begin: an amount that is neither good nor bad, as of memory, is quiet."""
    return CALM if spec.worst == "mean" else STEP


def cell(column: Column, spec: ChartSpec, base: int = STEP) -> Part:
    """One bucket: the shade of its worst value. Where it dips, a notch in the shade of its mean.

    The shade is that of the buckets beside it: a dip costs a glyph, and where all buckets dip, the mean is still seen.
    """
    if column is None:
        return " ", QUIET
    if dips(column, spec):
        return NOTCH, paint(_step(part_of(column.mean, spec), base))
    return _STRIP, paint(_step(_worst(column, spec), base))


def _below(column: Column, above: Part, spec: ChartSpec, base: int) -> Part:
    """The cell below one of a row of two: joined to it, or below a notch the shade of the lowest value."""
    if column is None:
        return above
    glyph, kind = above
    return "█", paint(_step(part_of(column.low, spec), base)) if glyph == NOTCH else kind


def _height(column: Column, spec: ChartSpec, kind: int) -> Part:
    """One bucket without shades: its worst value as a height. Where it dips, a notch."""
    if column is None:
        return " ", QUIET
    return (NOTCH, DIPPED) if dips(column, spec) else (ramp.height(_worst(column, spec)), kind)


def _step(part: float, base: int) -> int:
    return base + ramp.step(part) + 1


def level(column: Column, spec: ChartSpec) -> Part:
    """One bucket of a sparkline: its mean as a height, brighter where it dips."""
    if column is None:
        return " ", QUIET
    return ramp.bar(part_of(column.mean, spec)), 0 if dips(column, spec) else HEAT


def heat(spec: ChartSpec, width: int, height: int) -> list[Row]:
    """A row for each line in exactly `height` rows; for a group of GPUs if there are more of them than rows."""
    margin = gutter(width)
    groups = list(_groups(spec, height))
    deep = min(_DEEPEST, max(1, height // max(1, len(groups))))
    lags = lagging(spec)
    rows: list[Row] = []
    for turn, (name, numbers) in enumerate(groups):
        lines = [spec.lines[number] for number in numbers]
        columns = buckets.pooled([buckets.across(line, spec.window, width - margin) for line in lines])
        # What lags has shades of its own, or the row that needs a person would be the dimmest.
        base = LOUD if lags in numbers and len(lines) == 1 else ramp_of(spec)
        drawn = _shaded(columns, spec, deep, base) if spec.shades else [_heights(columns, spec, turn, deep)]
        named: Row = gutter_cell(name, _value(lines, spec), spec, lags in numbers) if margin else ()
        blank: Row = ((" " * margin, QUIET),) if margin else ()
        rows += [(*(blank if row else named), *cells) for row, cells in enumerate(drawn)]
        # A height of two rows would not be that of the legend: a row without anything sets them apart.
        rows += [((" " * width, QUIET),)] * (deep - len(drawn))
    if spec.apart and len(groups) * deep < height and spec.lines:
        left = len(spec.lines) - sum(len(numbers) for _, numbers in groups)
        if left:
            note = f"+{left} more when zoomed"
            rows.append(((" " * margin, QUIET), (fmt.clip(note, width - margin).ljust(width - margin), QUIET)))
    rows += [((" " * width, QUIET),)] * (height - len(rows))
    return rows[:height]


def _heights(columns: Sequence[Column], spec: ChartSpec, turn: int, deep: int) -> Row:
    """The row of one line in heights; of rows that touch, every other one is dimmer."""
    return tuple(_height(column, spec, _TONES[turn % 2 if deep == 1 else 0]) for column in columns)


def _shaded(columns: Sequence[Column], spec: ChartSpec, deep: int, base: int) -> list[Row]:
    """The rows of one line in shades."""
    cells = tuple(cell(column, spec, base) for column in columns)
    below = tuple(_below(column, each, spec, base) for column, each in zip(columns, cells, strict=True))
    return [cells, *[below] * (deep - 1)]


def _groups(spec: ChartSpec, height: int) -> Iterator[tuple[str, range]]:
    """Names and numbers of the lines of each row."""
    count = len(spec.lines)
    if count <= height:
        for number, line in enumerate(spec.lines):
            yield line.label, range(number, number + 1)
        return
    if not spec.lines[0].label.startswith("GPU "):
        # Pods have names: a group of them has none, and the last row is for all that have no row of their own.
        for number in range(max(0, height - 1)):
            yield spec.lines[number].label, range(number, number + 1)
        if not spec.apart and height > 0:
            left = range(height - 1, count)
            yield f"{'+' if left.start else ''}{len(left)} pods", left
        return
    size, larger = divmod(count, height)
    start = 0
    for row in range(height):
        # The larger groups last: the first GPUs keep a row of their own as long as there is room.
        numbers = range(start, start + size + (row >= height - larger))
        start = numbers.stop
        first, last = (spec.lines[n].label.removeprefix("GPU ") for n in (numbers[0], numbers[-1]))
        yield (f"GPU {first}" if first == last else f"{first}-{last}"), numbers


def _value(lines: Sequence[Line], spec: ChartSpec) -> float | None:
    """The value of a row: of a group, the worst."""
    known = [line.last for line in lines if line.last is not None]
    if not known:
        return None
    return max(known) if spec.worst == "high" else min(known)


def sparklines(spec: ChartSpec, width: int, height: int) -> list[Row]:
    """A sparkline for each line, of several GPUs for their mean, in exactly `height` rows."""
    together = len(spec.lines) > 1 and spec.lines[0].label.startswith("GPU ")
    # A sparkline for each GPU would cost more bytes than the chart; the lagging GPU stands in the title.
    groups = [spec.lines] if together else [(line,) for line in spec.lines]
    shown = groups if len(groups) <= height else groups[: max(0, height - 1)]
    rows: list[Row] = []
    for lines in shown:
        rows.append(_sparkline(spec, lines, "" if together else lines[0].label, width))
        if 2 * len(shown) <= height:
            # A row between two lines separates them: a full block joins the one above.
            rows.append(((" " * width, QUIET),))
    if len(shown) < len(groups) and height:
        rows.append(((fmt.clip(f"+{len(groups) - len(shown)} more when zoomed", width).ljust(width), QUIET),))
    rows += [((" " * width, QUIET),)] * (height - len(rows))
    return rows[:height]


def row(spec: ChartSpec, width: int) -> Row:
    """A chart in a single row: its name, its value, a sparkline."""
    return _sparkline(spec, spec.lines, spec.label or spec.title, width)


def _sparkline(spec: ChartSpec, lines: Sequence[Line], name: str, width: int) -> Row:
    margin = gutter(width)
    each = [buckets.across(line, spec.window, width - margin) for line in lines]
    columns = buckets.pooled(each)
    if not columns:
        columns = [None] * (width - margin)
    known = [line.last for line in lines if line.last is not None]
    value = sum(known) / len(known) if known else None
    left = gutter_cell(name, value, spec)
    if spec.apart and len(runs := [cells for cells in each if any(cells)]) > 1:
        # Of runs that are compared it is drawn how they go together: a mean of their figures is that of none, and
        # where one of them has no value, that of the others would be read as a change.
        columns = _where_all(columns, runs)
        left = beside(name, "avg", False, spec)
    left = left if margin else ()
    cells = [level(column, spec) for column in columns]
    if not any(columns):
        return (*left, (fmt.clip(spec.note, width - margin).ljust(width - margin), QUIET))
    if spec.form is not Form.SPARK:
        _read(cells, columns, spec)
    return (*left, *cells)


def _where_all(columns: Sequence[Column], runs: Sequence[Sequence[Column]]) -> list[Column]:
    """The columns in which all of these runs have values; all columns if there is none."""
    shared = [column if all(values) else None for column, values in zip(columns, zip(*runs, strict=True), strict=True)]
    return shared if any(shared) else list(columns)


def _read(cells: list[Part], columns: Sequence[Column], spec: ChartSpec) -> None:
    """The range of the cursor's bucket, beside the cursor."""
    read = at_cursor(columns, spec)
    if read is None or spec.cursor is None or read.low == read.high:
        return
    column = spec.window.column(spec.cursor) or 0
    text = f" {short(read.low, spec)}-{short(read.high, spec)} "
    left = column + 1 if column + 1 + len(text) <= len(cells) else column - len(text)
    if left >= 0:
        cells[left : left + len(text)] = [(letter, CURSOR) for letter in text]
