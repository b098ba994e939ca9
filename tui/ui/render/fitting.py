"""Groups of a line at several lengths: those that matter least are shortened, then dropped, until all fit. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tui.ui.primitives.cells import Cell
from tui.ui.widgets.status_lines import taken

Group = tuple[tuple[int, Cell], ...]
"""One text at different lengths, the longest first, each with its rank: when room is short, the form with the highest
rank gives way to the next of its group, and the last one is dropped. A last form of rank 0 stays."""

Ranked = tuple[Group, ...]
"""Groups in display order."""


def alone(rank: int, cell: Cell) -> Group:
    """A group with one length."""
    return ((rank, cell),)


def longest(groups: Iterable[Group]) -> tuple[Cell, ...]:
    """All groups as they are where there is room."""
    return tuple(group[0][1] for group in groups)


def kept(groups: Ranked, width: int) -> tuple[Cell, ...]:
    """The forms that fit."""
    left = list(groups)
    while taken([group[0][1] for group in left]) > width:
        # Of equal ranks the first: what stands at the end of the line stays where it is.
        at = max(range(len(left)), key=lambda number: left[number][0][0])
        if len(left[at]) > 1:
            left[at] = left[at][1:]
        elif left[at][0][0] > 0 and len(left) > 1:
            del left[at]
        else:
            break
    return tuple(group[0][1] for group in left)
