"""The text around a chart: its title with the main figures, and its time axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from tui.api.features import NOT_OFFERED
from tui.domain import offered
from tui.format import numbers as fmt
from tui.store.views.pods import Line
from tui.ui.charts.spec import ALERT, CURSOR, EVENT, QUIET, TEXT, TITLE, ChartSpec, Part, Row

_TICKS = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)
_DAY = 86_400.0
_LAGS = 0.2
"""A line is reported if it is this part of the whole below the mean."""


def title(spec: ChartSpec, width: int) -> Row:
    """Name, then extremes of the window, and of one line its average; at the right each line's value, or their average
    and the lagging line.
    """
    name = fmt.clip(spec.title, width)
    compared = len(spec.lines) > 1 and not spec.lines[0].label.startswith("GPU ")
    middles, tails = ((),) if compared else _middles(spec), _tails(spec)
    pairs = [(middle, tail) for middle in middles for tail in tails]
    if any(kind == ALERT for tail in tails for _, kind in tail):
        # The lagging line is worth more than the average.
        pairs = [(middle, tail) for tail in tails for middle in middles]
    for middle, tail in pairs:
        used = len(name) + sum(len(text) for text, _ in middle) + sum(len(text) for text, _ in tail)
        if used + 2 <= width or (used < width and not middle):
            return ((name, TITLE), *middle, (" " * (width - used), TEXT), *tail)
    return ((name.ljust(width), TITLE),)


def _middles(spec: ChartSpec) -> tuple[Row, ...]:
    """Average, lowest and highest in words, from long to short."""
    points = [point for line in spec.lines for run in line.runs for point in run]
    if not points:
        return ((),)
    low, high = min(p.low for p in points), max(p.high for p in points)
    mean = sum(p.mean for p in points) / len(points)
    sign = "$" if spec.unit == "$" else ""
    least, usual, most = (f"{sign}{value:.{spec.places}f}" for value in (low, mean, high))
    if len(spec.lines) > 1:
        # The average at the right is that of the lines: one of them and the window would be taken for it.
        return ((f"  min {least} max {most}", QUIET),), ()
    return (
        ((f"  min {least} avg {usual} max {most}", QUIET),),
        ((f"  {least}-{most}, avg {usual}", QUIET),),
        (),
    )


def _tails(spec: ChartSpec) -> list[Row]:
    """The values, from all of them to the fewest; each includes the lagging line."""
    known = [(line, index) for index, line in enumerate(spec.lines) if line.last is not None]
    if not known and not spec.offered:
        return [((offered.MARKED, QUIET),), ((NOT_OFFERED, QUIET),)]
    if not known:
        return [((fmt.UNKNOWN, QUIET),)]
    if len(spec.lines) == 1:
        return [((_value(known[0][0], spec), TEXT),)]
    if not known[0][0].label.startswith("GPU "):
        return [tuple(_legend(spec, length)) for length in (24, 16, 10, 6, 3, 0)]
    mean = sum(line.last or 0.0 for line, _ in known) / len(known)
    low, index = min(known, key=lambda pair: pair[0].last or 0.0)
    lags = not spec.apart and mean - (low.last or 0.0) > _LAGS * spec.high
    summary: Row = ((f"avg {mean:.0f}{spec.unit}", TEXT),)
    lowest: Row = ((f"{'▾' if lags else 'lowest:'} {low.label} {_value(low, spec)}  ", ALERT if lags else QUIET),)
    each: list[Part] = []
    for line, number in known:
        each.append((f"▪{line.label.removeprefix('GPU ')} ", number))
        each.append((f"{line.last:.0f} ", ALERT if lags and number == index else TEXT))
    short: Row = ((f"{mean:.0f}{spec.unit}", TEXT),)
    if lags:
        return [(*lowest, *each, *summary), (*lowest, *summary), lowest, summary]
    return [(*each, *summary), (*lowest, *summary), summary, short]


def _legend(spec: ChartSpec, length: int) -> Iterator[Part]:
    """Names of the compared pods, cut to a length, each with its value."""
    for number, line in enumerate(spec.lines):
        yield f"{' ' if number else ''}▪{fmt.clip(line.label, length)}{' ' if length else ''}", number
        yield _value(line, spec), TEXT


def _value(line: Line, spec: ChartSpec) -> str:
    if line.last is None:
        return fmt.UNKNOWN
    number = f"{line.last:.{spec.places}f}"
    return fmt.money(line.last, spec.places).replace(",", "") if spec.unit == "$" else f"{number}{spec.unit}"


def time_axis(spec: ChartSpec, width: int) -> Row:
    """Clock times below their columns, at round times; midnight is shown as the date of the day that begins.

    Events stand among them, and the cursor; a label that would overlap is left out.
    """
    start, step, _ = spec.window
    cells: list[Part] = [(" ", QUIET)] * width
    for mark in spec.marks:
        column = spec.window.column(mark.at)
        if column is not None and column < width:
            cells[column] = (mark.glyph, EVENT)
    if spec.cursor is not None:
        column = spec.window.column(spec.cursor)
        if column is not None and column < width:
            cells[column] = ("▲", CURSOR)
    tick = next((n for n in _TICKS if n / step >= 6), _TICKS[-1])
    shown = datetime.fromtimestamp(start, spec.tz).replace(tzinfo=UTC)
    shift = shown.timestamp() - start
    at = math.ceil((start + shift) / tick) * tick - shift
    free = 0
    # Not beyond the shown window, whatever room there is: beyond it lies the future.
    while at < min(start + step * width, spec.window.end):
        label = _label(datetime.fromtimestamp(at, spec.tz), tick, step * width)
        middle = int((at - start) / step) - len(label) // 2
        # A cell aside rather than right beside an event or the cursor: they would be read as one word.
        for column in (middle, middle - 1, middle + 1) if middle >= free else ():
            around = range(max(0, column - 1), min(width, column + len(label) + 1))
            if free <= column <= width - len(label) and all(cells[i] == (" ", QUIET) for i in around):
                cells[column : column + len(label)] = [(letter, QUIET) for letter in label]
                free = column + len(label) + 1
                break
        at += tick
    return _joined(cells)


def _label(when: datetime, tick: float, span: float) -> str:
    if tick > _DAY or (tick == _DAY and span > 8 * _DAY):
        return f"{when:%-d %b}"
    return f"{when:%H:%M}" if when.hour or when.minute else f"{when:%a}"


def _joined(cells: list[Part]) -> Row:
    """Adjacent parts of one kind merged into one."""
    parts: list[Part] = []
    for text, kind in cells:
        if parts and parts[-1][1] == kind:
            parts[-1] = (parts[-1][0] + text, kind)
        else:
            parts.append((text, kind))
    return tuple(parts)
