"""Heat maps: time across, a row for each line, a shade or a level for its value and its number at the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tui.format import numbers as fmt
from tui.store.series import Point
from tui.store.views.pods import Line
from tui.ui.charts.spec import ALERT, HEAT, QUIET, TEXT, VALUES, ChartSpec, Part, Row

_SHADES = "░▒▓█"
_IDLE = "·"
_DEEPEST = 2
"""Rows per line, if there is room."""

_BUSY = 0.05
"""Part of the whole above which a value is more than noise."""


def shade(value: float, high: float) -> str:
    """A glyph for a value: a dot for next to nothing, then four shades of a quarter each."""
    part = value / high if high > 0 else 0.0
    return _IDLE if part < _BUSY else _SHADES[min(3, max(0, int(part * 4)))]


def level(value: float, high: float) -> str:
    """A glyph for a value: eighths of a block."""
    return fmt.spark([100 * value / high if high > 0 else 0.0])


def _mean(lines: Sequence[Line]) -> Line:
    """The mean line of several: per bucket the mean of those that have a value."""
    by_start: dict[float, list[Point]] = {}
    for line in lines:
        for run in line.runs:
            for point in run:
                by_start.setdefault(point.at, []).append(point)
    run = tuple(
        Point(at, min(p.low for p in some), max(p.high for p in some), sum(p.mean for p in some) / len(some))
        for at, some in sorted(by_start.items())
    )
    last = [line.last for line in lines if line.last is not None]
    return replace(lines[0], label="", runs=(run,), last=sum(last) / len(last) if last else None)


def strips(spec: ChartSpec, columns: int, height: int, axis: int) -> list[Row]:
    """The lines as heat strips in exactly `height` rows; if some do not fit, the last row shows their number."""
    together = spec.spark and len(spec.lines) > 1 and spec.lines[0].label.startswith("GPU ")
    # A sparkline for each GPU would cost more bytes than the chart; the lagging GPU stands in the title.
    lines = (_mean(spec.lines),) if together else spec.lines
    shown = lines if len(lines) <= height else lines[: max(0, height - 1)]
    numbers = columns > spec.window.columns
    width = columns - VALUES if numbers else columns
    mean = [line.last for line in lines if line.last is not None]
    middle = sum(mean) / len(mean) if mean else 0.0
    rows: list[Row] = []
    deep = 1 if spec.spark else min(_DEEPEST, max(1, height // max(1, len(shown))))
    for line in shown:
        cells = [" "] * width
        for run in line.runs:
            for point in run:
                column = spec.window.column(point.at)
                if column is not None and column < width:
                    cells[column] = (
                        level(point.mean - spec.low, spec.high - spec.low)
                        if spec.spark
                        else shade(point.mean, spec.high)
                    )
        parts: list[Part] = []
        if axis:
            parts.append((f"{fmt.clip(line.label.removeprefix('GPU '), axis - 1):>{axis - 1}} ", QUIET))
        parts.append(("".join(cells), HEAT))
        if numbers:
            lags = not spec.apart and line.last is not None and middle - line.last > 0.2 * spec.high
            text = fmt.UNKNOWN if line.last is None else f"{'▾' if lags else ''}{line.last:.{spec.places}f}"
            parts.append((f"{text:>{VALUES}}", ALERT if lags else TEXT))
        rows.append(tuple(parts))
        below: Row = ((" " * axis, QUIET), ("".join(cells), HEAT), (" " * (VALUES if numbers else 0), QUIET))
        rows += [tuple(part for part in below if part[0])] * (deep - 1)
        if spec.spark and 2 * len(shown) <= height:
            # A row between two lines separates them: a full block joins the one above.
            rows.append(((" " * (axis + columns), QUIET),))
    if len(shown) < len(lines) and height:
        note = f"+{len(lines) - len(shown)} more when zoomed"
        rows.append(((" " * axis + fmt.clip(note, columns).ljust(columns), QUIET),))
    while len(rows) < height:
        rows.append(((" " * (axis + columns), QUIET),))
    return rows[:height]
