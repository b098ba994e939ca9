"""Stacked bars as text, such as the charges of days. Pure, but for plotext, which draws them."""

from __future__ import annotations

import math

from tui.format import numbers as fmt
from tui.ui.charts import canvas
from tui.ui.charts.axis_labels import fitting, words
from tui.ui.charts.spec import QUIET, TEXT, TITLE, BarSpec, Part, Row, has_axis


def stacked(spec: BarSpec, width: int, height: int) -> tuple[Row, ...]:
    """Stacked bars, the last at the right edge, as wide as fits."""
    rows: list[Row] = [_title(spec, width)]
    axis = spec.axis if has_axis(width, height) else 0
    times = 1 if height >= 5 else 0
    body, columns = height - 1 - times, max(1, width - axis)
    if body > 0:
        marks = {0: spec.high, body - 1: 0.0}
        if body >= 7:
            marks[(body - 1) // 2] = spec.high / 2
        labels = {y: fitting(_dollars(value), value, axis - 1) for y, value in marks.items()}
        for y, row in enumerate(_cells(spec, columns, body)):
            rows.append((((f"{labels.get(y, ''):>{axis - 1}} ", QUIET), *row)) if axis else row)
    if times:
        rows.append(((" " * axis, QUIET), (below(spec, columns), QUIET)))
    return tuple(rows)


def _dollars(value: float) -> str:
    return f"${value:,.0f}" if value >= 10 or value == 0 else f"${value:.2f}"


def heights(spec: BarSpec, columns: int, height: int) -> list[list[int]]:
    """The bars that fit, newest kept: each part a whole number of cells, in total at most the canvas.

    A part below half a cell has none: a cell of its colour would be read as a cell of money. What rounding leaves over
    belongs to the largest part, and a bar above zero has at least one cell.
    """

    def cells(value: float) -> int:
        return (canvas.dot(value * height / spec.high, height) or 0) if spec.high > 0 else 0

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


def _cells(spec: BarSpec, columns: int, height: int) -> list[Row]:
    stacks = heights(spec, columns, height)
    if not any(map(any, stacks)):
        return words(spec.note, columns, height)
    plotext, slot = canvas.library(), _slot(spec, columns)
    body = max(1, slot - 1)
    left = columns - slot * len(stacks)
    figure = canvas.figure(columns, height, columns, height)
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
            figure.draw(figure.bar(xs, lows, highs, marker=marker, width=0.5 / max(body, slot), lines=False))
    # Bars bring ticks of their own.
    figure.ruler("x").ticks([])
    return [canvas.row_of(line) for line in figure.build().string().split("\n")][:height]


def _title(spec: BarSpec, width: int) -> Row:
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
