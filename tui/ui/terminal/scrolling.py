"""Rows that only moved up or down, in a list that is scrolled or sorted again, are moved by the terminal itself. Pure.

Only with sequences that every terminal has since the VT102: margins, and lines deleted or inserted between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

from tui.ui.terminal.inks import PLAIN, Cell

LEAST_ROWS = 3
"""Rows that must have moved alike."""

_LEAST_GAIN = 40
"""Cells saved that are worth the sequences, and what may look worse until the frame is complete."""

_TRIED = 2
"""Distances that are tried: the most frequent ones."""

_BLANK: Cell = (" ", PLAIN)

Row = Sequence[Cell]


class Scroll(NamedTuple):
    """The rows from `top` on, and before `bottom`, move up by a number of rows, or down if it is negative."""

    top: int
    bottom: int
    by: int

    @property
    def sequence(self) -> str:
        """What a terminal is sent; its cursor is at home afterwards."""
        lines = f"\x1b[{self.by}M" if self.by > 0 else f"\x1b[{-self.by}L"
        return f"\x1b[{self.top + 1};{self.bottom}r\x1b[{self.top + 1}H{lines}\x1b[r"

    def of(self, rows: Sequence[list[Cell]]) -> list[list[Cell]]:
        """The same for rows of cells; those that become free are blank in the default style."""
        freed = [[_BLANK] * len(rows[0]) for _ in range(abs(self.by))]
        if self.by > 0:
            block = [*rows[self.top + self.by : self.bottom], *freed]
        else:
            block = [*freed, *rows[self.top : self.bottom + self.by]]
        return [*rows[: self.top], *block, *rows[self.bottom :]]


def scroll_of(wanted: Sequence[Row], shown: Sequence[Row], changed: Collection[int]) -> Scroll | None:
    """The scroll that saves the most cells of the changed rows; None if none is worth it."""
    distances = _distances(wanted, shown, changed)
    as_is = [_unlike(row, old) for row, old in zip(wanted, shown, strict=True)] if distances else []
    best: Scroll | None = None
    most = _LEAST_GAIN
    for by in distances:
        gain, scroll = _best_block(wanted, shown, as_is, by)
        if gain > most:
            most, best = gain, scroll
    return best


def _distances(wanted: Sequence[Row], shown: Sequence[Row], changed: Collection[int]) -> list[int]:
    """How far rows have moved, by their left halves: figures on the right may differ."""
    places: dict[str, int] = {}
    twice: set[str] = set()
    for y, row in enumerate(shown):
        text = _left_half(row)
        if places.setdefault(text, y) != y:
            twice.add(text)
    votes: Counter[int] = Counter()
    for y in changed:
        text = _left_half(wanted[y])
        at = places.get(text)
        if at is not None and at != y and text not in twice:
            votes[at - y] += 1
    return [by for by, count in votes.most_common(_TRIED) if count >= LEAST_ROWS]


def _left_half(row: Row) -> str:
    return "".join([glyph for glyph, _ in row[: len(row) // 2]])


def _best_block(wanted: Sequence[Row], shown: Sequence[Row], as_is: Sequence[int], by: int) -> tuple[int, Scroll]:
    """The block of rows for which a scroll by a distance saves the most cells, and how many. as_is: the cells to write
    in each row without it."""
    height, width = len(wanted), len(wanted[0])
    # A row that is made free is written whole.
    spoiled = [0, *accumulate(width - cells for cells in as_is)]
    step = abs(by)
    most, best = 0, Scroll(0, 0, by)
    first, last = (0, height - step) if by > 0 else (step, height)
    gain, top = 0, first
    for y in range(first, last):
        if gain <= 0:
            gain, top = 0, y
        gain += as_is[y] - _unlike(wanted[y], shown[y + by])
        freed = spoiled[y + 1 + step] - spoiled[y + 1] if by > 0 else spoiled[top] - spoiled[top - step]
        if gain - freed > most:
            most = gain - freed
            best = Scroll(top, y + 1 + step, by) if by > 0 else Scroll(top - step, y + 1, by)
    return most, best


def _unlike(row: Row, old: Row) -> int:
    """Cells that differ."""
    return 0 if row == old else sum([new is not before and new != before for new, before in zip(row, old, strict=True)])
