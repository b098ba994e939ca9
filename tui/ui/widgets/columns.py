"""`Column`: a column of a table; which columns a table shows, in what order and how wide. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace


class Column(Struct, frozen=True):
    """A column: `width` cells; when room is short those with the highest `rank` are dropped first.

    flex:  it takes the room that is left.
    sort:  the order set by a click on its title; `within`: one that sorts by it and another column.
    least: cells to which it shrinks, if its content is not longer, for that of others; 0 if it does not.
    label: its name in menus, where the title is not enough.
    """

    key: str
    title: str
    width: int
    rank: int
    right: bool = False
    flex: bool = False
    sort: str = ""
    within: str = ""
    least: int = 0
    label: str = ""

    @property
    def name(self) -> str:
        """Its name in menus."""
        return self.label or self.title

    def is_of(self, order: str) -> bool:
        """Whether rows in an order are sorted by this column."""
        return order in (self.sort, self.within)


def _told_apart(column: Column, before: Column | None, each_one: Sequence[Column]) -> Column:
    """The column, with its whole name if its title is another one's too, and not the one before it says whose it is."""
    keys, titles = [each.key for each in each_one], [each.title for each in each_one]
    if not column.label or titles.count(column.title) < 2 or column.key not in keys:
        return column
    at = keys.index(column.key)
    if before is not None and at and keys[at - 1] == before.key:
        return column
    return replace(column, title=column.label, width=max(column.width, len(column.label)))


SELDOM = 10
"""The rank from which on a column is worth less than the end of a name."""

MOST_RANK = 100
"""More than any column has."""

MOST_NAME = 24
"""Cells up to which a name has precedence."""

MOST_AIR = 4
"""Cells that a column gets beyond its width at most."""


def visible(columns: Sequence[Column], width: int, widest: Mapping[str, int] = {}) -> tuple[tuple[Column, int], ...]:
    """The columns that fit into `width`, each with its width; a cell between them.

    widest: cells that the content of some columns takes: they grow to that while there is room, by rank, the flexible
            one before columns of a high rank are shown at all. What is left goes to the flexible one; if its content
            does not take it, a part of it to all: a name far from its figures is read in the wrong row.
    """
    shown = list(columns)
    while len(shown) > 1 and sum(_least(c, widest) + 1 for c in shown) - 1 > width:
        shown.remove(max(shown, key=lambda c: c.rank))
    flexible = next((c for c in shown if c.flex), None)
    wanted = min(MOST_NAME, widest.get(flexible.key, 0)) if flexible is not None else 0
    while flexible is not None and (last := max(shown, key=lambda c: c.rank)).rank >= SELDOM:
        if sum((wanted if c is flexible else _least(c, widest)) + 1 for c in shown) - 1 <= width:
            break
        shown.remove(last)
    # What the content of one column does not take is for that of the others.
    widths = {id(c): c.width if c.flex else _least(c, widest) for c in shown}
    spare = width - (sum(widths.values()) + len(shown) - 1)
    if flexible is not None and flexible.least and spare < 0:
        given = min(-spare, flexible.width - _least(flexible, widest))
        widths[id(flexible)] -= given
        spare += given
    for column in sorted(shown, key=lambda c: (not c.flex, c.rank)):
        if spare > 0 and (wanted := widest.get(column.key, 0)) > widths[id(column)]:
            taken = min(spare, wanted - widths[id(column)])
            widths[id(column)] += taken
            spare -= taken
    if flexible is not None and flexible.key in widest and spare >= len(shown):
        for column in shown:
            # A column without a title has a mark, which belongs to the next.
            widths[id(column)] += min(MOST_AIR, spare // len(shown)) if column.title else 0
        return tuple((c, widths[id(c)]) for c in shown)
    taker = flexible or (shown[0] if spare < 0 else None)
    if taker is not None:
        widths[id(taker)] = max(0, widths[id(taker)] + spare)
    return tuple((c, widths[id(c)]) for c in shown)


def _least(column: Column, widest: Mapping[str, int]) -> int:
    """The cells to which a column shrinks: to its content, which is never cut for a column of less importance."""
    return min(column.width, max(column.least, widest.get(column.key, column.width))) if column.least else column.width


def sorted_by(columns: Sequence[Column], order: str) -> tuple[Column, ...]:
    """The columns of a table in an order: in the title of the one that it is by, there is room for the mark of it."""

    def marked(column: Column) -> Column:
        titled = len(column.title) + 1
        return replace(column, width=max(column.width, titled), least=column.least and max(column.least, titled))

    return tuple(marked(column) if order and column.is_of(order) else column for column in columns)


def arranged(columns: Sequence[Column], each_one: Iterable[Column], chosen: Sequence[str]) -> tuple[Column, ...]:
    """The columns as the user chose them, by key and in that order; `columns` if nothing is chosen.

    each_one: all that there are, of which the terminal's width may allow fewer. One without a title stays in front.
    """
    each_one = tuple(each_one)
    known = {column.key: column for column in (*each_one, *columns)}
    picked = tuple(known[key] for key in dict.fromkeys(chosen) if key in known)
    if not picked:
        return tuple(columns)
    signs = tuple(column for column in columns if not column.name and column not in picked)
    pairs = zip(picked, (None, *picked), strict=False)
    picked = tuple(_told_apart(column, before, each_one) for column, before in pairs)
    # In the same order, but none is worth less than the end of a name: they are what the user wants to see.
    return (*signs, *(replace(column, rank=column.rank - MOST_RANK) for column in picked))
