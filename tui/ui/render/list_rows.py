"""Rows of lists as values: a function that makes their cells, and their sort keys; filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tui.ui.widgets.table import Cells


class Row(NamedTuple):
    """A row of a list: a function that makes its cells when it is visible, and the values that it can be sorted by."""

    make: Callable[[], Cells]
    order: Mapping[str, Any]

    @property
    def cells(self) -> Cells:
        return self.make()

    @property
    def text(self) -> str:
        return " ".join(part for cell in self.cells.values() for part, _ in cell).lower()


def matching(rows: Mapping[str, Row], text: str) -> Mapping[str, Row]:
    """The rows in which all words of a text occur."""
    terms = text.lower().split()
    return {key: row for key, row in rows.items() if all(word in row.text for word in terms)} if terms else rows


def rises(rows: Mapping[str, Row], sort: str) -> bool:
    """Words sort in alphabetical order, figures with the largest first."""
    return any(isinstance(row.order.get(sort), str) for row in rows.values())


def ordered(rows: Mapping[str, Row], sort: str, inverted: bool) -> tuple[str, ...]:
    """The keys, sorted; rows without a value stand last in either direction."""
    known = [key for key, row in rows.items() if row.order.get(sort) is not None]
    unknown = [key for key, row in rows.items() if row.order.get(sort) is None]
    known.sort(key=lambda key: rows[key].order[sort], reverse=rises(rows, sort) == inverted)
    return (*known, *unknown)
