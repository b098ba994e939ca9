"""Rows of lists as values: a function that makes their cells, and their sort keys; filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    return words_rise(row.order.get(sort) for row in rows.values())


def ordered(rows: Mapping[str, Row], sort: str, inverted: bool) -> tuple[str, ...]:
    """The keys, sorted; rows without a value stand last in either direction."""
    return by_value({key: row.order.get(sort) for key, row in rows.items()}, inverted)


def words_rise(values: Iterable[Any]) -> bool:
    """Whether these values sort in ascending order, which words do."""
    return any(isinstance(value, str) for value in values)


def by_value(values: Mapping[str, Any], inverted: bool) -> tuple[str, ...]:
    """The keys, sorted by their values; keys without a value stand last in either direction."""
    known = [key for key, value in values.items() if value is not None]
    unknown = [key for key, value in values.items() if value is None]
    known.sort(key=values.__getitem__, reverse=words_rise(values.values()) == inverted)
    return (*known, *unknown)
