"""Rows of lists as values: a function that makes their cells, and their sort keys; filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.domain.filters import Field, Fields, Kind

if TYPE_CHECKING:
    from tui.domain.filters import Filter
    from tui.ui.widgets.table import Cells, Column


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


def fields(columns: Sequence[Column], kinds: Mapping[str, Kind] = {}) -> Fields[Row]:
    """The fields of rows: their columns, by title and key.

    kinds: by column, where it is not a number for a column of figures that can be sorted, and else text.
    """
    by_name: dict[str, tuple[Field, Callable[[Row], Any]]] = {}
    for column in columns:
        kind = kinds.get(column.key, Kind.NUMBER if column.right and column.sort else Kind.WORDS)
        title = column.title.lower().replace(" ", "-")
        if not title or title in by_name:
            continue
        aliases = tuple({column.key, column.sort} - {title, ""})
        texts = f"part of {column.title}" if kind is Kind.WORDS else f"{column.title} in figures"
        texts = "a duration" if kind is Kind.SECONDS else texts
        read = _shown(column.key) if kind is Kind.WORDS else _value(column.sort)
        by_name[title] = (Field(kind, texts, aliases), read)
    return Fields(by_name, lambda row: row.text)


def _shown(key: str) -> Callable[[Row], str]:
    return lambda row: "".join(part for part, _ in row.cells.get(key, ())).strip()


def _value(sort: str) -> Callable[[Row], Any]:
    return lambda row: row.order.get(sort)


def matching(rows: Mapping[str, Row], fields: Fields[Row], chosen: Filter | None) -> Mapping[str, Row]:
    """The rows that a filter lets pass."""
    if chosen is None:
        return rows
    passing = {id(row) for row in fields.select(chosen, tuple(rows.values()))}
    return {key: row for key, row in rows.items() if id(row) in passing}


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
