"""Charts that stand above each other in a pane: how many are big, and where each is. Pure functions of a size."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from textual.geometry import Region


class Stack(Struct, frozen=True):
    """Lines of charts that stand above each other: of the big ones, of those of a single row, and of the time axis."""

    big: tuple[int, ...]
    rows: int
    axis: int


_BIG = 2
"""Big charts, if there is room."""

_LEAST_BIG, _GOOD_BIG, _MOST_BIG = 4, 9, 17
"""Lines of a big chart with its title: at least; if there are more of them than usual; and where more show no more."""


def stack(height: int, count: int, rows_of: Sequence[int] = ()) -> Stack:
    """Lines for as many of `count` charts as fit: the first ones big, the others a row each.

    rows_of: for each chart how many rows of equal height it is divided into; 0 for one that fills any number of lines.
    """
    axis = 2 if height >= 14 else 1 if height >= 6 else 0
    room = height - axis
    big = _BIG
    while big < count and room >= (big + 1) * _GOOD_BIG + count - big - 1:
        big += 1
    big = min(big, count)
    while big > 1 and room < big * _LEAST_BIG + count - big:
        big -= 1
    rows = max(0, min(count - big, room - _LEAST_BIG))
    room -= rows
    each = [min(_MOST_BIG, room // big + (number < room % big)) for number in range(big)] if room > 0 else []
    if big > 1 and rows_of and len(each) > 1 and each[0] <= rows_of[0] <= each[0] + each[1] - 1 - _LEAST_BIG:
        # Each GPU has its row in the first one before the second one is as high.
        each[:2] = rows_of[0] + 1, each[0] + each[1] - rows_of[0] - 1
    needed = [_used(lines, of) for lines, of in zip(each, [*rows_of, *[0] * big], strict=False)]
    spare = sum(each) - sum(needed)
    if rows and spare + 1 >= _LEAST_BIG and big < len(rows_of) and not rows_of[big]:
        # What the first ones would leave empty is enough for one more big chart.
        return Stack((*needed, spare + 1), rows - 1, axis)
    return Stack(tuple(each), rows, axis)


def _used(lines: int, rows: int) -> int:
    """The lines that a chart of some rows uses, with its title, of those it has: a row is of one line or of two."""
    return 1 + rows * min(2, (lines - 1) // rows) if 0 < rows < lines else lines


def tiles(width: int, height: int, count: int, rows_of: Sequence[int] = ()) -> tuple[Region, ...]:
    """Regions for as many of `count` charts as fit, in order, and the last for the time axis of several, if it fits."""
    if width <= 0 or height <= 0:
        return ()
    if count == 1:
        return (Region(0, 0, width, height),)
    lines, y, regions = stack(height, count, rows_of), 0, []
    for each in (*lines.big, *[1] * lines.rows, lines.axis):
        regions.append(Region(0, y, width, each))
        y += each
    return tuple(regions)


def stacked(width: int, lines: Sequence[int]) -> tuple[Region, ...]:
    """Regions of that many lines each, from above."""
    return tuple(Region(0, sum(lines[:number]), width, each) for number, each in enumerate(lines))


def big_charts(height: int, count: int) -> int:
    """How many of `count` charts are big in a pane with that many lines."""
    return len(stack(height, count).big)
