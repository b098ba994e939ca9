"""The time axis below charts: clock times below their columns, and the events above them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from tui.store.views.run_chart_kinds import Scale
from tui.ui.charts import plain_axis
from tui.ui.charts.spec import BAD, CURSOR, EVENT, QUIET, TEXT, TITLE, AxisSpec, Part, Row, Window, joined

_TICKS = (
    10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200,
    86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 28 * 86_400,
)  # fmt: skip
_DAY = 86_400
_APART = 2
"""Cells between two labels, at least."""

_SELDOM, _OFTEN = 16, 10
"""Cells from one label to the next in a wide chart: all of them are sent again whenever it moves on by a column, which
is often, or hardly ever."""

_STILL = 600.0
"""Seconds of a column from which on a chart hardly ever moves."""

_FEWEST = 6
"""Parts of a narrow chart of which one has a label at most."""

_MOST_SET = 3 * 3600
"""Seconds by which a clock is set at most."""

_INKS = {"muted": TITLE, "text": TEXT, "accent": TEXT, "warn": EVENT, "bad": BAD}
"""The kinds of events by their roles, what matters most last."""

_WEIGHTS = {role: weight for weight, role in enumerate(_INKS)}

_READ = "┃"
"""The column of the chart cursor: no event has this sign."""

_MONDAY = datetime(1970, 1, 5)
"""The wall clock time from which ticks are counted: every one that divides a week falls on it."""


def axis_rows(axis: AxisSpec, columns: int, height: int) -> list[Row]:
    """The axis in `height` rows: the events above the clock times, or both in one."""
    if height <= 0:
        return []
    if height == 1:
        return [time_axis(axis, columns)]
    marks = _named(axis, _marked(axis, columns))
    rows = [joined(marks), joined(_timed(axis, columns, [(" ", QUIET)] * columns, read=True))]
    return rows + [((" " * columns, QUIET),)] * (height - 2)


def time_axis(axis: AxisSpec, columns: int) -> Row:
    """Clock times, events and the cursor in one row; a time that would overlap the others is left out."""
    return joined(_timed(axis, columns, _marked(axis, columns)))


def _marked(axis: AxisSpec, columns: int) -> list[Part]:
    cells: list[Part] = [(" ", QUIET)] * columns
    read = _cursor(axis, columns)
    # Of several in a column what needs a person most is seen, and of equals the newest.
    for mark in sorted(axis.marks, key=lambda mark: (_WEIGHTS[mark.role], mark.at if len(mark.glyph) == 1 else 0.0)):
        column = axis.window.column(mark.at)
        if column is None or column >= columns:
            continue
        # A word has its middle there; one that would overlap another mark is left out.
        left = max(0, min(column - len(mark.glyph) // 2, columns - len(mark.glyph)))
        taken = range(left, left + len(mark.glyph))
        if len(mark.glyph) > 1 and any(cell[1] != QUIET for cell in cells[max(0, left - 1) : taken.stop + 1]):
            continue
        kind = CURSOR if len(taken) > 1 and read in taken else _INKS[mark.role]
        cells[left : taken.stop] = [(letter, kind) for letter in mark.glyph]
    if read is not None and cells[read] == (" ", QUIET):
        # An event there has its own sign and ink: the time below it says where the cursor is.
        cells[read] = (_READ, CURSOR)
    return cells


def _named(axis: AxisSpec, cells: list[Part]) -> list[Part]:
    """The events with their names beside them, where there is room, while the cursor reads the charts.

    Else they would be sent again with each column that the charts move on.
    """
    if axis.cursor is None:
        return cells
    columns, under = len(cells), _cursor(axis, len(cells))
    names = {
        axis.window.column(mark.at): mark.word
        for mark in sorted(axis.marks, key=lambda mark: (_WEIGHTS[mark.role], mark.at))
        if mark.word
    }
    # That under the cursor first, then the newest.
    for column in sorted((place for place in names if place is not None), key=lambda place: (place != under, -place)):
        word, kind = names[column], CURSOR if column == under else QUIET
        behind, before = cells[column + 1 : column + 3 + len(word)], cells[max(0, column - 2 - len(word)) : column]
        for first, around in ((column + 2, behind), (column - 1 - len(word), before)):
            last = first + len(word)
            if first >= 0 and last <= columns and all(cell == (" ", QUIET) for cell in around):
                cells[first:last] = [(letter, kind) for letter in word]
                break
    return cells


def _cursor(axis: AxisSpec, columns: int) -> int | None:
    column = None if axis.cursor is None else axis.window.column(axis.cursor)
    return column if column is not None and column < columns else None


def _timed(axis: AxisSpec, columns: int, cells: list[Part], read: bool = False) -> list[Part]:
    """The clock times among these cells, where they are free.

    read: the time of the cursor is written below it.
    """
    window, span = axis.window, axis.window.width * columns
    if read and (column := _cursor(axis, columns)) is not None and axis.cursor is not None:
        start = window.start + column * window.width
        plain = axis.scale is not Scale.TIME
        text = plain_axis.read(axis, start) if plain else _clock(datetime.fromtimestamp(start, axis.tz), window.width)
        left = min(max(0, column - len(text) // 2), columns - len(text))
        if left >= 0:
            cells[left : left + len(text)] = [(letter, CURSOR) for letter in text]
    free = 0
    for at, label in _labels(axis, columns, span):
        middle = math.floor((at - window.start) / window.width) - len(label) // 2
        if 0 < middle + len(label) - columns <= len(label) // 2 + 1:
            # The newest has no room for its right half.
            middle = columns - len(label)
        # A cell aside rather than right beside an event or the cursor: they would be read as one word.
        for column in (middle, middle - 1, middle + 1) if middle >= free else ():
            around = range(max(0, column - 1), min(columns, column + len(label) + 1))
            if free <= column <= columns - len(label) and all(cells[i] == (" ", QUIET) for i in around):
                cells[column : column + len(label)] = [(letter, QUIET) for letter in label]
                free = column + len(label) + _APART
                break
    return cells


def _labels(axis: AxisSpec, columns: int, span: float) -> Iterator[tuple[float, str]]:
    """Places on the axis with their labels."""
    if axis.scale is not Scale.TIME:
        yield from plain_axis.ticks(axis, columns)
        return
    tick = tick_of(axis.window, columns)
    for at in ticks(axis.window, columns, tick, axis.tz, axis.until):
        yield at, _label(datetime.fromtimestamp(at, axis.tz), tick, span)


def tick_of(window: Window, columns: int) -> int:
    """Seconds between two labels: the shortest that leave room between them."""
    span = window.width * columns
    usual = _OFTEN if window.width >= _STILL else _SELDOM
    for tick in _TICKS:
        if tick / window.width >= max(_longest(tick, span) + _APART, min(usual, columns // _FEWEST)):
            return tick
    return _TICKS[-1]


def _longest(tick: int, span: float) -> int:
    """Cells of the longest label."""
    if tick < 60:
        return 8
    return 6 if _dated(tick, span) else 3 if tick == _DAY else 5


def ticks(window: Window, columns: int, tick: int, tz: tzinfo | None, until: float | None = None) -> Iterator[float]:
    """The instants at which the wall clock shows a multiple of `tick` seconds, in order; none after `until`.

    Where the clock is set back, an hour is shown twice; an hour that it skips, not at all.
    """
    # The current instant is the last that may be shown.
    end = min(window.end, window.start + window.width * columns, *(() if until is None else (until + 1e-3,)))
    first, last = _wall(window.start, tz), _wall(max(window.start, end), tz)
    is_set = abs((last - first).total_seconds() - max(0.0, end - window.start)) > 1
    margin = timedelta(seconds=_MOST_SET if is_set else 0)
    each = timedelta(seconds=tick)
    wall = _MONDAY + math.ceil((first - margin - _MONDAY) / each) * each
    matches: set[float] = set()
    while wall <= last + margin:
        for fold in (0, 1) if is_set else (0,):
            at = wall.replace(fold=fold, tzinfo=tz).timestamp()
            if window.start <= at < end and _wall(at, tz) == wall:
                matches.add(at)
        wall += each
    yield from sorted(matches)


def _wall(at: float, tz: tzinfo | None) -> datetime:
    """What a wall clock shows."""
    return datetime.fromtimestamp(at, tz).replace(tzinfo=None, fold=0)


def _clock(when: datetime, width: float) -> str:
    """The time of a bucket of `width` seconds."""
    if width < 60:
        return f"{when:%H:%M:%S}"
    return f"{when:%H:%M}" if width < 3600 else f"{when:%a %H:%M}"


def _dated(tick: float, span: float) -> bool:
    return tick > _DAY or (tick == _DAY and span > 8 * _DAY)


def _label(when: datetime, tick: int, span: float) -> str:
    """A clock time; midnight is the day that begins."""
    if _dated(tick, span):
        return f"{when:%-d %b}"
    if tick < 60:
        return f"{when:%H:%M:%S}"
    return f"{when:%H:%M}" if when.hour or when.minute else f"{when:%a}"
