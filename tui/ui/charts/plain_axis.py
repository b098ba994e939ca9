"""Labels of an axis that counts no clock time: steps, or time since a start. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.views.run_chart_kinds import Scale

if TYPE_CHECKING:
    from tui.ui.charts.spec import AxisSpec

_TIMES = (
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    604_800,
)  # fmt: skip
"""Seconds between two labels of times since a start."""

_LEAST = 12
"""Cells from one label to the next, at least."""


def read(axis: AxisSpec, place: float) -> str:
    """The place of the cursor."""
    if axis.scale is Scale.STEP:
        return f"step {place:,.0f}"
    return f"+{fmt.duration(place - axis.origin)}"


def ticks(axis: AxisSpec, columns: int) -> Iterator[tuple[float, str]]:
    """Places with their labels, in order; none before the start, and none after the last place that is known."""
    window = axis.window
    end = min(window.start + window.width * columns, window.end)
    if axis.until is not None:
        end = min(end, axis.until + window.width)
    each = _each(axis, _LEAST * window.width)
    first = max(0.0, window.start - axis.origin)
    place = math.ceil(first / each) * each
    while place + axis.origin < end:
        yield place + axis.origin, _label(axis, place)
        place += each


def _each(axis: AxisSpec, least: float) -> float:
    if axis.scale is Scale.SINCE:
        return float(next((each for each in _TIMES if each >= least), math.ceil(least / _TIMES[-1]) * _TIMES[-1]))
    size = 10.0 ** math.floor(math.log10(max(1.0, least)))
    return next(size * part for part in (1, 2, 5, 10) if size * part >= least)


def _label(axis: AxisSpec, place: float) -> str:
    if axis.scale is Scale.STEP:
        return f"{place:,.0f}" if place < 1e7 else fmt.figure(place)
    if place % 60 or not place:
        return fmt.duration(place)
    return "+" + fmt.duration(place).removesuffix(" 00s").removesuffix(" 00m").removesuffix(" 00h")
