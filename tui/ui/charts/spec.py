"""A chart as a value: its lines, its time window, its markers. Pure; it does not import plotext."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import tzinfo
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tui.format import numbers as fmt
from tui.store.views.run_chart_kinds import Scale

if TYPE_CHECKING:
    from tui.store.views.pod_lines import Line

NO_SAMPLES = ": no samples"
"""What a note ends with where there has never been a sample, after the reason."""

AXIS = 4
"""Cells for the labels of the value axis, in charts wide and high enough to have one."""

GUTTER = 13
"""Cells left of the plot in charts that stand above each other: a name and a value. All have the same, so that an
instant is one column through all of them."""

_NARROW = 24
"""Cells of a chart below which it is all plot."""

TEXT, QUIET, TITLE, ALERT, CURSOR, EVENT, HEAT, GRID, BESIDE, BAD = -1, -2, -3, -4, -5, -6, -7, -8, -9, -10
"""Parts other than lines: plain text, axes, the title, warnings, the cursor, events, amounts that have no shades, the
grid, amounts beside others that they would be taken for one with, and events of what is broken."""

FINE = 24
"""Shades of areas, fine enough for a gradient."""

EDGE = FINE + 1
"""The shade of a mean: that of the first line, brighter than all others."""

BAND = 13
"""The shade of the range of each bucket, the same everywhere: brighter than any fill."""

STEP = EDGE
"""Added to a step of the ramp (1 to 8), as of a heat map: the shade of that step."""

LINES = 8
"""Colours of lines."""

DIM = STEP + 9
BRIGHT = DIM + LINES
"""The shades of the first line's colour, dim and as it is; those of the others follow."""

CALM = BRIGHT + LINES - 1
"""Added to a step of the ramp: its shade with less color, for amounts of which none is better than another."""

LOUD = CALM + 8
"""Added to a step of the ramp: its shade in the color of a warning, for the line that lags behind all others."""

_PAINT, _SHADES = -100, 100


def paint(ink: int, ground: int = 0) -> int:
    """The kind of a part in two shades: of its glyph and of its background; 0 is the background of the chart."""
    return _PAINT - _SHADES * ink - ground


def painted(kind: int) -> tuple[int, int] | None:
    """The shades of a part of that kind, the inverse of `paint`; None if it has none."""
    return divmod(_PAINT - kind, _SHADES) if kind <= _PAINT else None


Part = tuple[str, int]
"""Text, and the number of the line it belongs to (from 0) or one of the constants above."""

Row = tuple[Part, ...]


def joined(cells: Iterable[Part]) -> Row:
    """A row with adjacent parts of one kind as one."""
    parts: list[Part] = []
    for text, kind in cells:
        if parts and parts[-1][1] == kind:
            parts[-1] = (parts[-1][0] + text, kind)
        elif text:
            parts.append((text, kind))
    return tuple(parts)


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


def window(now: float, span: float, columns: int, width: float | None = None, steps: int = 1) -> Window:
    """The buckets that end with the current one and reach `span` seconds back, one per column of a plot this wide.

    width: seconds of a bucket, if charts of different widths must agree.
    steps: columns by which it moves on at once; all but the first of the last ones are then still to come.
    """
    count = max(1, columns)
    if width is None:
        width = bucket(span, count)
    end = (math.floor(now / (steps * width)) + 1) * steps * width
    return Window(end - count * width, width, count)


def exact(now: float, span: float, columns: int) -> Window:
    """The same in buckets of whole minutes, so that hardly more than `span` is shown at any width.

    For what is kept in longer buckets, or as changes: one of them may be in several columns.
    """
    return window(now, span, columns, 60.0 * math.ceil(span / max(1, columns) / 60))


def has_axis(width: int, height: int) -> bool:
    return width >= _NARROW and height >= 4


def gutter(width: int) -> int:
    """Cells left of the plot in one of several charts of this width."""
    return GUTTER if width >= _NARROW else 0


def plot_columns(width: int) -> int:
    """Columns of the plot itself in one of several charts of this width."""
    return max(1, width - gutter(width))


DASHES = ("────", "── ─", "─  ─")
"""How lines are broken that hue alone would not tell apart, as in their legend."""

DASH = 3
"""Columns after which that is repeated."""


class Mark(NamedTuple):
    """An event: when, the glyph of its kind, or a word in its place, what that is called, and the role of its ink."""

    at: float
    glyph: str
    word: str = ""
    role: str = "warn"


class Form(Enum):
    """How a chart shows its lines.

    LINES: on one plane, in colours. AREAS: each in a field of its own, filled, with the range of each bucket.
    HEAT: a row of shades for each. SPARK: a sparkline for each, to send fewer bytes.
    """

    LINES = "lines"
    AREAS = "areas"
    HEAT = "heat"
    SPARK = "spark"

    @property
    def is_heat(self) -> bool:
        return self is Form.HEAT


class AxisSpec(Struct, frozen=True):
    """A time axis to draw. Equal specs draw equal axes.

    window: the shown time range; `until`: the instant after which it shows no time, None for its end.
    tz:     its time zone, None for the machine's own.
    marks:  events; `cursor`: the instant whose values are shown, None for live.
    scale:  what it counts; `origin`: the place on it from which times since a start count.
    """

    window: Window
    tz: tzinfo | None = None
    marks: tuple[Mark, ...] = ()
    cursor: float | None = None
    until: float | None = None
    scale: Scale = Scale.TIME
    origin: float = 0.0


class ChartSpec(Struct, frozen=True):
    """A chart to draw. Equal specs draw equal charts.

    title:  its name; `label` a name of at most five letters, for where it is a single row.
    unit:   follows every value, which has that many decimal places; None: as many as its size needs.
    axis:   cells for the labels of the value axis.
    lines:  the lines, on a scale from `low` to `high`.
    window: the shown time range; `until`: the instant after which its axis shows no time.
    note:   shown if there is nothing to draw.
    tz:     the time zone of its axis, None for the machine's own.
    form:   how its lines are shown.
    worst:  which value of a bucket a heat map shows: "low", "mean" or "high".
    means:  whether lines join the means of buckets, and not their lows and highs.
    shades: whether the terminal has shades of a hue; else glyphs show amounts.
    cursor: the instant whose values are shown, None for live.
    marks:  events, for the time axis.
    times:  whether it has a time axis of its own.
    apart:  whether its lines are independent of each other, so that none of them lags.
    offered: whether the API reports these values; if not, one that is missing is not just unknown.
    scale:  what its axis counts, and `origin` the place from which times since a start count.
    gaps:   what a column without a value means; empty if there is none, or if that needs no word.
    dashes: whether lines differ in how they are broken, as in `DASHES`, besides their colours.
    """

    title: str
    lines: tuple[Line, ...]
    window: Window
    high: float = 100.0
    low: float = 0.0
    places: int | None = 0
    axis: int = AXIS
    unit: str = "%"
    note: str = "no samples in this range"
    tz: tzinfo | None = None
    form: Form = Form.LINES
    worst: str = "mean"
    means: bool = False
    shades: bool = True
    cursor: float | None = None
    marks: tuple[Mark, ...] = ()
    times: bool = True
    apart: bool = False
    offered: bool = True
    label: str = ""
    until: float | None = None
    scale: Scale = Scale.TIME
    origin: float = 0.0
    gaps: str = ""
    dashes: bool = False

    @property
    def blank(self) -> str:
        """Why nothing is drawn, where no range would have anything; else empty."""
        return self.note if self.note.endswith(NO_SAMPLES) and not any(line.runs for line in self.lines) else ""

    @property
    def time(self) -> AxisSpec:
        """Its time axis."""
        return AxisSpec(self.window, self.tz, self.marks, self.cursor, self.until, self.scale, self.origin)

    def text(self, value: float) -> str:
        """A value without its unit."""
        return fmt.figure(value) if self.places is None else f"{value:.{self.places}f}"


class BarSpec(Struct, frozen=True):
    """Bars to draw, each a stack of kinds. Equal specs draw equal charts.

    title:  its name; `kinds` the names of a bar's parts, the lowest first.
    bars:   the parts of each bar, in the order of `kinds`, oldest first; labels: the text below each.
    high:   the value of the topmost line.
    tail:   text at the end of the title.
    note:   shown if there is nothing to draw.
    shades: whether the terminal has shades of a hue; sums: whether the legend has the sum of each kind.
    """

    title: str
    kinds: tuple[str, ...]
    bars: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    high: float
    tail: str = ""
    axis: int = 7
    note: str = "no charges in this range"
    shades: bool = True
    sums: bool = False


Drawn = ChartSpec | BarSpec | AxisSpec
"""Any chart, or the time axis of several."""
