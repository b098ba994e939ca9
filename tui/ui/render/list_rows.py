"""Rows of lists as values: a function that makes their cells, and their sort keys; filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.domain.filter_units import MONEY
from tui.domain.filters import Field, Fields, Kind, When

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


class Value(NamedTuple):
    """What a column has for a filter: a kind, and of numbers the unit."""

    kind: Kind
    unit: str = ""


_AMOUNT, _TEXT = Value(Kind.NUMBER, MONEY), Value(Kind.WORDS)


def fields(columns: Sequence[Column], values: Mapping[str, Value] = {}, now: float = 0.0) -> Fields[Row]:
    """The fields of rows: their columns, by name, title and key.

    values: by column, where it is not dollars for a column of figures, and else text.
    """
    by_name: dict[str, tuple[Field, Callable[[Row], Any]]] = {}
    for column in columns:
        kind, unit = values.get(column.key, _AMOUNT if column.right and column.sort else _TEXT)
        title = column.name.lower().replace(" ", "-")
        if not title or title in by_name:
            continue
        names = (column.title.lower().replace(" ", "-"), column.key, column.sort.replace(" ", "-"))
        aliases = tuple(name for name in dict.fromkeys(names) if name not in (title, ""))
        by_name[title] = (
            Field(kind, _WORDS[kind].format(column.name, unit), aliases, unit=unit),
            _reader(column, kind, now),
        )
    return Fields(by_name, lambda row: row.text)


_WORDS = {
    Kind.NUMBER: "{} in {}", Kind.SECONDS: "a duration", Kind.TIME: "how long ago, or part of {}",
    Kind.WORDS: "part of {}",
}  # fmt: skip


def _reader(column: Column, kind: Kind, now: float) -> Callable[[Row], Any]:
    shown, value = _shown(column.key), _value(column.sort or column.key)
    if kind is Kind.TIME:

        def when(row: Row) -> When | None:
            at = value(row)
            return None if at is None else When(now - at, shown(row))

        return when
    return shown if kind is Kind.WORDS else value


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
