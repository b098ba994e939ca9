"""The fields that items are filtered by, where no screen has them: those of JSON."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec.structs import fields

from tui.domain.filter_units import CELSIUS, GB, MONEY, PERCENT, RATE, WATT
from tui.domain.filters import Field, Fields, Kind

if TYPE_CHECKING:
    from msgspec import Struct

_UNITS = {
    "_s": "", "_per_gpu_hr": RATE, "_per_hr": RATE, "_usd": MONEY, "_percent": PERCENT, "_gb": GB, "_c": CELSIUS,
    "_w": WATT,
}  # fmt: skip
"""The ends of names that are a unit, the longest first."""


def item_fields(
    item: type[Struct], text: Callable[[Any], str], states: dict[str, tuple[str, str]] | None = None
) -> Fields[Any]:
    """The fields of items by their names in JSON, with or without the unit."""
    by_name: dict[str, tuple[Field, Callable[[Any], Any]]] = {}
    for field in fields(item):
        kind = _kind(str(field.type), field.name)
        if kind is None:
            continue
        end = next((end for end in _UNITS if field.name.endswith(end)), "")
        short, unit = field.name.removesuffix(end) if end else "", _UNITS.get(end, "")
        meaning = {Kind.FLAG: "true or false", Kind.WORDS: "a text"}.get(kind, f"a {kind.value}")
        by_name[field.name] = (Field(kind, meaning, (short,) if short else (), unit=unit), attrgetter(field.name))
    return Fields(by_name, lambda row: text(row).lower(), states or {})


def _kind(type_words: str, name: str) -> Kind | None:
    """The kind of a field by its annotation; None for one that holds others."""
    if "tuple" in type_words or "Item" in type_words:
        return None
    if "bool" in type_words:
        return Kind.FLAG
    if "int" in type_words or "float" in type_words:
        return Kind.SECONDS if name.endswith("_s") else Kind.NUMBER
    return Kind.WORDS if "str" in type_words else None
