"""Stacked bars as text, such as the charges of days. Pure.

The newest is bright, the others are dim: all of them bright would be the loudest part of a screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

from tui.format import numbers as fmt
from tui.ui.charts.axis_labels import fitting, words
from tui.ui.charts.spec import (
    BRIGHT,
    DIM,
    HEAT,
    LINES,
    QUIET,
    TEXT,
    TITLE,
    BarSpec,
    Part,
    Row,
    has_axis,
    joined,
    paint,
    painted,
)
from tui.ui.primitives.ramp import HEIGHTS

PATTERNS = "█▓▒░"
"""The parts of a bar where there are no shades: their colours alone may look alike."""


def stacked(spec: BarSpec, width: int, height: int) -> tuple[Row, ...]:
    """Stacked bars, the last at the right edge, as wide as fits."""
    axis = spec.axis if has_axis(width, height) else 0
    times = 1 if height >= 5 else 0
    body, columns = height - 1 - times, max(1, width - axis)
    # What whole bars do not take is left of the axis: beside their scale they are read, and not 20 cells from it.
    spare = columns - _slot(spec, columns) * min(len(spec.bars), columns) if axis and spec.bars else 0
    columns -= spare
    axis += spare
    drawn = _cells(spec, columns, body) if body > 0 else []
    rows: list[Row] = []
    if body > 0:
        marks = {0: spec.high, body - 1: 0.0}
        if body >= 7:
            marks[(body - 1) // 2] = spec.high / 2
        labels = {y: fitting(_dollars(value), value, axis - spare - 1) for y, value in marks.items()}
        for y, row in enumerate(drawn):
            rows.append((((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row)) if axis else row)
    if times:
        rows.append(((" " * axis, QUIET), (below(spec, columns), QUIET)))
    return (_title(spec, width, drawn), *rows)


def _dollars(value: float) -> str:
    return f"${value:,.0f}" if value >= 10 or value == 0 else f"${value:.2f}"


def boundaries(spec: BarSpec, columns: int, height: int) -> list[list[int]]:
    """The bars that fit, newest kept: where each part ends, in eighths of a cell from below. One above zero has one."""
    top, bars = 8 * height, []
    for bar in spec.bars[-columns:]:
        known = [max(0.0, value) if math.isfinite(value) else 0.0 for value in bar]
        ends = [round(min(1.0, end / spec.high) * top) if spec.high > 0 else 0 for end in accumulate(known)]
        if any(known) and not ends[-1]:
            largest = known.index(max(known))
            ends = [int(n >= largest) for n in range(len(ends))]
        bars.append(ends)
    return bars


def _slot(spec: BarSpec, columns: int) -> int:
    """Cells of a bar and the gap beside it."""
    return max(1, columns // max(1, min(len(spec.bars), columns)))


def _cells(spec: BarSpec, columns: int, height: int) -> list[Row]:
    bars = boundaries(spec, columns, height)
    if not any(map(any, bars)):
        return words(spec.note, columns, height)
    slot = _slot(spec, columns)
    # Stripes of one cell would be louder than what they are for.
    body = slot - 1 if slot > 2 else slot
    rows: list[Row] = []
    for y in reversed(range(height)):
        row: list[Part] = [(" " * (columns - slot * len(bars)), QUIET)]
        for number, ends in enumerate(bars):
            glyph, kind = _cell(spec, ends, y, newest=number == len(bars) - 1)
            row += [(glyph * body, kind), (" " * (slot - body), QUIET)]
        rows.append(joined(row))
    return rows


def _cell(spec: BarSpec, ends: list[int], row: int, newest: bool) -> Part:
    """One cell of a bar: its two largest parts there. Without shades the largest only, in its pattern."""
    low, high = 8 * row, min(8 * row + 8, ends[-1])
    parts = [(min(high, end) - max(low, start), kind) for kind, (start, end) in enumerate(pairwise([0, *ends]))]
    shown = sorted(sorted((part for part in parts if part[0] > 0), reverse=True)[:2], key=lambda part: part[1])
    if not shown:
        return " ", QUIET
    size, (_, kind) = high - low, max(shown)
    if not spec.shades:
        if size < 4 and row:
            # Half a cell at least: a pattern cannot be cut to a height.
            return " ", QUIET
        # Less than that in the lowest row is a line: in ASCII other low heights are the patterns of other kinds.
        pattern = kind % len(PATTERNS)
        glyph = HEIGHTS[0] if size < 4 else PATTERNS[pattern] if pattern else HEIGHTS[size - 1]
        return glyph, (kind if newest or kind else HEAT)
    if size < 8 or len(shown) == 1:
        return HEIGHTS[size - 1], paint(_ink(kind, newest))
    return HEIGHTS[shown[0][0] - 1], paint(_ink(shown[0][1], newest), _ink(shown[1][1], newest))


def _ink(kind: int, newest: bool) -> int:
    return (BRIGHT if newest else DIM) + kind % LINES


def _title(spec: BarSpec, width: int, body: Iterable[Row]) -> Row:
    """Name, the kinds in their colours, and the figures; parts that do not fit are dropped.

    body: the drawn bars: a kind that is too small to be seen in them has its sum in place of a colour.
    """
    seen = {number for row in body for _, kind in row for number in _kinds_in(kind)}
    legend: list[Part] = []
    unseen: list[Part] = []
    for n, name in enumerate(spec.kinds):
        whole = sum(bar[n] for bar in spec.bars if math.isfinite(bar[n]))
        amount = f" {fmt.money(whole)}"
        if n in seen:
            mark = "▪" if spec.shades else PATTERNS[n % len(PATTERNS)]
            legend += [(f"  {mark}", n), (f"{name}{amount}" if spec.sums else name, TEXT)]
        elif whole:
            unseen.append((f"  +{name}{amount}", QUIET))
    for middle, tail in (([*legend, *unseen], spec.tail), (legend, spec.tail), (legend, ""), ([], spec.tail), ([], "")):
        used = len(spec.title) + sum(len(text) for text, _ in middle) + len(tail)
        if used + 2 <= width:
            return ((spec.title, TITLE), *middle, (" " * (width - used), TEXT), (tail, TEXT))
    return ((fmt.clip(spec.title, width).ljust(width), TITLE),)


def _kinds_in(kind: int) -> Iterator[int]:
    """The numbers of the parts in a cell."""
    if kind in (0, HEAT) or kind > 0:
        yield max(0, kind)
    for shade in painted(kind) or ():
        if shade >= DIM:
            yield (shade - DIM) % LINES


def below(spec: BarSpec, columns: int) -> str:
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
