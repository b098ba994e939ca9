"""A chart as a value: its lines, its time window, its markers. Pure; it does not import plotext."""

from __future__ import annotations

import math
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from tui.store.views.pods import Line

AXIS = 4
"""Cells for the labels of the value axis, in charts wide and high enough to have one."""

VALUES = 5
"""Cells for the number at the end of a heat strip."""

TEXT, QUIET, TITLE, ALERT, CURSOR, EVENT, HEAT = -1, -2, -3, -4, -5, -6, -7
"""Parts other than lines: plain text, axes, the title, warnings, the cursor, events, shades."""

Part = tuple[str, int]
"""Text, and the number of the line it belongs to (from 0) or one of the constants above."""

Row = tuple[Part, ...]

_UNITS = ((1 / 64, 1), (1 / 16, 5), (1 / 8, 10), (1 / 2, 60), (2, 120), (5, 600), (30, 3600))
"""Buckets narrower than the second number of seconds are whole multiples of the first: little more than requested is
shown, and halves of halves are exact, so that the same bucket begins at the same instant wherever it is computed."""


class Window(NamedTuple):
    """Time cut into buckets: `columns` of `width` seconds from `start`, which is a whole multiple of the width.

    One bucket is one column, so that a new sample fills or shifts columns and leaves the others as they were.
    """

    start: float
    width: float
    columns: int

    @property
    def end(self) -> float:
        return self.start + self.width * self.columns

    def column(self, at: float) -> int | None:
        """The column of an instant; None if it is not shown."""
        if not self.start <= at < self.end:
            return None
        return min(self.columns - 1, math.floor((at - self.start) / self.width))


def bucket(span: float, columns: int) -> float:
    """Seconds per column if `span` seconds are shown in at least that many."""
    least = span / max(1, columns)
    unit = next((unit for unit, below in _UNITS if least < below), 900)
    return float(math.ceil(least / unit) * unit)


def window(now: float, span: float, columns: int, width: float | None = None) -> Window:
    """The buckets that end with the current one and reach `span` seconds back, one per column of a plot this wide.

    width: seconds of a bucket, if charts of different widths must agree.
    """
    count = max(1, columns)
    if width is None:
        width = bucket(span, count)
    end = (math.floor(now / width) + 1) * width
    return Window(end - count * width, width, count)


def has_axis(width: int, height: int) -> bool:
    return width >= 24 and height >= 4


def plot_columns(width: int, height: int, heat: bool = False) -> int:
    """Columns of the plot itself in a chart of this size."""
    room = width - AXIS if has_axis(width, height) else width
    return max(1, room - VALUES if heat and room > 4 * VALUES else room)


class Mark(NamedTuple):
    """An event: when, and the glyph of its kind."""

    at: float
    glyph: str


class ChartSpec(Struct, frozen=True):
    """A chart to draw. Equal specs draw equal charts.

    title:  its name; unit follows every value, which has that many decimal places.
    axis:   cells for the labels of the value axis.
    lines:  the lines, on a scale from `low` to `high`.
    window: the shown time range.
    note:   shown if there is nothing to draw.
    tz:     the time zone of its axis, None for the machine's own.
    heat:   a heat strip for each line, when there are too many lines to tell apart.
    spark:  the strips are sparklines, to send fewer bytes.
    cursor: the instant whose values are shown, None for live.
    marks:  events, for the time axis.
    apart:  whether its lines are independent of each other, so that none of them lags.
    offered: whether the API reports these values; if not, one that is missing is not just unknown.
    bars:   width of a bar in half columns, if lines are bars: each point reaches from its low to its high.
    """

    title: str
    lines: tuple[Line, ...]
    window: Window
    high: float = 100.0
    low: float = 0.0
    places: int = 0
    axis: int = AXIS
    unit: str = "%"
    note: str = "no samples in this range"
    tz: tzinfo | None = None
    heat: bool = False
    spark: bool = False
    cursor: float | None = None
    marks: tuple[Mark, ...] = ()
    apart: bool = False
    offered: bool = True
    bars: int = 0


class BarSpec(Struct, frozen=True):
    """Bars to draw, each a stack of kinds. Equal specs draw equal charts.

    title:  its name; `kinds` the names of a bar's parts, the lowest first.
    bars:   the parts of each bar, in the order of `kinds`, oldest first; labels: the text below each.
    high:   the value of the topmost line.
    tail:   text at the end of the title.
    note:   shown if there is nothing to draw.
    """

    title: str
    kinds: tuple[str, ...]
    bars: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    high: float
    tail: str = ""
    axis: int = 7
    note: str = "no charges in this range"


Drawn = ChartSpec | BarSpec
"""Any chart."""
