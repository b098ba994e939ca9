"""Values of a filter as typed: numbers in the unit of their field, and durations. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

PERCENT, MONEY, RATE, GB, CELSIUS, WATT = "%", "$", "$/h", "GB", "°C", "W"
"""The units of fields; one without a unit is a count or a ratio."""

_PREFIXES: Mapping[str, tuple[str, ...]] = {MONEY: ("$",), RATE: ("$",)}
_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    PERCENT: ("%",), RATE: ("/h", "/gpu/h"), GB: ("gb", "g"), CELSIUS: ("°c", "°", "c"), WATT: ("w",),
}  # fmt: skip
_EXAMPLES: Mapping[str, str] = {
    "": "8", PERCENT: "80 or 80%", MONEY: "5 or $5", RATE: "2.5 or $2.5/h", GB: "80 or 80GB", CELSIUS: "80 or 80°C",
    WATT: "300 or 300W",
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<before>[$€]?)(?P<number>-?(?:[0-9]{1,15}(?:\.(?P<part>[0-9]{0,9}))?|\.(?P<only>[0-9]{1,9})))"
    r"(?P<after>[a-z%°/$€]{0,12})"
)


class WrongUnit(ValueError):
    """A number in a unit that is not that of its field."""


def number(text: str, unit: str = "") -> tuple[float, float] | None:
    """A number in this unit or without one, and half of its last place; None if it is none. Raises WrongUnit."""
    match = _NUMBER.fullmatch(text.lower())
    if match is None:
        return None
    before, after = match["before"], match["after"]
    if before not in ("", *_PREFIXES.get(unit, ())) or after not in ("", *_SUFFIXES.get(unit, ())):
        given = (before + text[match.end("number") :]).strip()
        known = f"is in {unit}, not {given}" if unit else f"has no unit such as {given}"
        raise WrongUnit(f"{known}; expected a number such as {_EXAMPLES[unit]}")
    places = len(match["part"] or match["only"] or "")
    return float(match["number"]), 0.5 * 10.0**-places


_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(s|m|h|d|w)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def seconds(text: str) -> tuple[float, float] | None:
    """A duration such as 90s, 2h or 1d12h in seconds, and half of its last unit; None if it is none."""
    lower = text.lower()
    if not re.fullmatch(rf"(?:{_PART.pattern})+", lower):
        return None
    parts = _PART.findall(lower)
    return sum(float(count) * _SECONDS[unit] for count, unit in parts), 0.5 * _SECONDS[parts[-1][1]]
