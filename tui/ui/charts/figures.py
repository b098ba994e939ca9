"""Values as text beside and above charts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.api.features import NOT_OFFERED
from tui.format import numbers as fmt
from tui.ui.charts.buckets import Column
from tui.ui.charts.spec import ALERT, CURSOR, GUTTER, QUIET, TEXT, ChartSpec, Row

NAME = 5
"""Cells of a name in the gutter."""

_VALUE = GUTTER - NAME - 2


def short(value: float, spec: ChartSpec, room: int = 4) -> str:
    """A value without its unit, in at most that many cells: with fewer places or in thousands if it is longer."""
    if spec.places is None:
        return fmt.figure(value, room)
    text = spec.text(value)
    if len(text) > room and spec.places:
        text = next((t for p in range(spec.places - 1, -1, -1) if len(t := f"{value:.{p}f}") <= room), text)
    if len(text) > room:
        text = f"{value / 1e3:.1f}k" if abs(value) < 9950 else f"{value / 1e3:.0f}k"
    return text if len(text) <= room else fmt.clip(text, room)


def with_unit(value: float | None, spec: ChartSpec) -> str:
    """A value with its unit, in at most six cells."""
    if value is None:
        return fmt.UNKNOWN if spec.offered else NOT_OFFERED
    return dressed(short(value, spec, _VALUE - len(spec.unit)), spec)


def dressed(text: str, spec: ChartSpec) -> str:
    """A number with its unit: a dollar sign stands before it."""
    return f"{spec.unit}{text}" if spec.unit == "$" else f"{text}{spec.unit}"


def gutter_cell(name: str, value: float | None, spec: ChartSpec, lags: bool = False) -> Row:
    """A name and a value, left of a plot."""
    return beside(name, with_unit(value, spec), value is not None, spec, lags)


def beside(name: str, text: str, is_known: bool, spec: ChartSpec, lags: bool = False) -> Row:
    """A name and a text, left of a plot."""
    kind = CURSOR if spec.cursor is not None else TEXT
    mark = "▾" if lags and len(text) < _VALUE else ""
    # A short value leaves a longer name its room.
    room = max(NAME, min(len(name), GUTTER - 2 - len(mark + text)))
    return (
        (f"{fmt.clip(name, room):<{room}} ", QUIET),
        (f"{mark + text:>{GUTTER - 2 - room}}", ALERT if lags else kind if is_known else QUIET),
        (" ", QUIET),
    )


def at_cursor(values: Sequence[Column], spec: ChartSpec) -> Column:
    """The values of the cursor's bucket."""
    column = None if spec.cursor is None else spec.window.column(spec.cursor)
    return values[column] if column is not None and column < len(values) else None


def lagging(spec: ChartSpec) -> int | None:
    """The number of the line that is far below the mean of all; None if there is none."""
    known = [(line.last, number) for number, line in enumerate(spec.lines) if line.last is not None]
    if spec.apart or len(known) < 2:
        return None
    mean = sum(value for value, _ in known) / len(known)
    low, number = min(known)
    return number if mean - low > LAGS * (spec.high - spec.low) else None


LAGS = 0.2
"""A line is reported if it is this part of the whole below the mean."""
