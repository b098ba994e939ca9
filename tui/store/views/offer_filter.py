"""The market's filter as typed: words, and comparisons such as `vram>=80 price<2.5 stock:high`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from tui.store.views.offer_rows import OfferRow

_TERM = re.compile(r"(?P<field>[a-z$/]+)(?P<op>>=|<=|>|<|=|:)(?P<value>.*)")

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq, ":": operator.eq,
}  # fmt: skip


class _Field(NamedTuple):
    """A comparable field: its description, and how it is read from a row (None if unknown)."""

    words: str
    read: Callable[[OfferRow], float | None]


NUMBERS: Mapping[str, _Field] = {
    "vram": _Field("GB of memory per GPU", lambda row: row.memory_gb),
    "price": _Field("$/GPU/h on demand, in the cheaper cloud", lambda row: row.price),
    "spot": _Field("$/GPU/h, lowest bid", lambda row: row.spot),
    "gb": _Field("$/h per GB of GPU memory", lambda row: row.per_gb),
    "max": _Field("maximum GPUs per pod", lambda row: row.max_count),
    "cores": _Field("CUDA cores", lambda row: row.cuda_cores),
    "rented": _Field("percent rented, of all", lambda row: row.rented_share),
}


def _clouds(row: OfferRow) -> str:
    clouds = (("secure", row.secure_stock, row.secure), ("community", row.community_stock, row.community))
    return " ".join(word for word, stock, price in clouds if stock is not None or price is not None)


TEXTS: Mapping[str, tuple[str, Callable[[OfferRow], str]]] = {
    "stock": ("high, medium, low or none", lambda row: (row.stock or "none").lower()),
    "cloud": ("secure or community, if in stock there", _clouds),
    "country": ("two-letter country of the cheapest host", lambda row: " ".join(row.countries).lower()),
    "maker": ("nvidia or amd", lambda row: (row.manufacturer or "").lower()),
}

WORDS = "words, " + ", ".join((*(f"{name}<" for name in NUMBERS), *(f"{name}:" for name in TEXTS)))
"""The terms that a filter accepts, for a line of help."""


class Condition(Struct, frozen=True):
    """One comparison; `value` is a number for `NUMBERS`, text for `TEXTS`."""

    field: str
    op: str
    value: float | str

    def holds(self, row: OfferRow) -> bool:
        """Whether it holds for a row. An unknown value is neither more nor less than anything."""
        if self.field in TEXTS:
            return str(self.value) in TEXTS[self.field][1](row)
        value = NUMBERS[self.field].read(row)
        return value is not None and _COMPARE[self.op](value, float(self.value))


class OfferFilter(Struct, frozen=True):
    """Conditions that must all hold. `faults`: messages about invalid parts of the text; those do not filter."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    faults: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.conditions)

    def hold(self, row: OfferRow) -> bool:
        text = f"{row.name} {row.id} {row.memory_gb or ''}gb {row.stock or 'none'}".lower()
        return all(word in text for word in self.words) and all(c.holds(row) for c in self.conditions)


def parse(text: str) -> OfferFilter:
    """Parse a filter as typed. It never fails: an incomplete term does not filter yet, and is reported."""
    terms: list[str] = []
    conditions: list[Condition] = []
    faults: list[str] = []
    for token in text.lower().split():
        match = _TERM.fullmatch(token)
        if match is None:
            terms.append(token)
            continue
        field, op, value = match["field"], match["op"], match["value"]
        if field in NUMBERS:
            number = _number(value)
            if number is None:
                faults.append(f"{field}{op} expects a number: {NUMBERS[field].words}")
            else:
                conditions.append(Condition(field, op, number))
        elif field in TEXTS:
            if op not in (":", "=") or not value:
                faults.append(f"{field}: expects {TEXTS[field][0]}")
            else:
                conditions.append(Condition(field, op, value))
        else:
            import difflib

            near = difflib.get_close_matches(field, (*NUMBERS, *TEXTS), 1)
            hint = f"did you mean {near[0]}?" if near else "expected one such as vram, price or stock"
            faults.append(f"unknown field {field}; {hint}")
    return OfferFilter(tuple(terms), tuple(conditions), tuple(faults))


def _number(text: str) -> float | None:
    try:
        number = float(text.removeprefix("$").removesuffix("gb").removesuffix("%"))
    except ValueError:
        return None
    return number if number == number and abs(number) < 1e12 else None
