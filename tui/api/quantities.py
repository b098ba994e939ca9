"""Bounds of numbers, texts and lists from outside, and the handling of values beyond them.

Every field of a response is declared with one of these. A number out of its bounds is unknown, one just beyond a
limit that is a limit by nature is that limit, a text or a list that is too long is cut and says so. Bounds are checked
while a response is decoded, at no cost worth a measurement; only one that breaks a bound is processed value by value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

if TYPE_CHECKING:
    from msgspec import inspect

T = TypeVar("T")

# Numbers

Percent = Annotated[float, Meta(ge=0, le=100, extra={"slack": 10.0})]
"""Of something that can be used up; RunPod's own sums overshoot by a little."""
Share = Annotated[float, Meta(ge=0, le=1000)]
"""Percent of something that can be more than all of it, such as of a nominal power."""
Celsius = Annotated[float, Meta(ge=-50, le=200)]
Watts = Annotated[float, Meta(ge=0, le=20_000)]
"""Of one GPU."""
Gigabytes = Annotated[float, Meta(ge=0, le=1e8)]
"""Of memory or of a disk: up to 100 PB."""
Megabits = Annotated[float, Meta(ge=0, le=1e8)]
"""A second."""
Megabytes = Annotated[float, Meta(ge=0, le=1e7)]
"""A second."""
Count = Annotated[float, Meta(ge=0, le=1e6)]
"""Of GPUs, vCPUs, pods, workers."""
Figure = Annotated[float, Meta(ge=0, le=1e12)]
"""A number of RunPod's whose unit is not documented."""
Port = Annotated[float, Meta(ge=0, le=65_535)]
InnerPort = Annotated[float, Meta(ge=0, le=99_999)]
"""A port as it is requested: RunPod takes those above 70000 for "the same outside as inside"."""
Rate = Annotated[float, Meta(ge=0, le=1e6)]
"""Dollars per hour."""
Dollars = Annotated[float, Meta(ge=-1e9, le=1e9)]
"""What is owned, owed, paid or earned."""
Limit = Annotated[float, Meta(ge=0, le=1e9)]
"""Dollars."""
Factor = Annotated[float, Meta(ge=-1e4, le=1e4)]
Uptime = Annotated[float, Meta(ge=-1e6, le=1e9)]
"""Seconds; negative where RunPod's clocks differ."""
Seconds = Annotated[float, Meta(ge=0, le=1e10)]
"""In all, of any number of pods."""
EARLIEST, LATEST = 1e9, 4_102_444_800.0
"""Epoch seconds from 2001 to 2100: RunPod is younger, and podtop will be gone."""
Instant = Annotated[float, Meta(ge=EARLIEST, le=LATEST)]
"""Seconds since the Unix epoch."""

# Texts

LONGEST_WORD = 100
Word = Annotated[str, Meta(max_length=LONGEST_WORD)]
"""Of an enumeration, a time, a version."""
LONGEST_ID, LONGEST_NAME = 200, 256
Id = Annotated[str, Meta(max_length=LONGEST_ID, extra={"whole": True})]
"""A part of an id names something else: a required id is whole, or what it names is not understood."""
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
"""Of a pod, a place, a machine. RunPod takes 191 characters for a pod's."""
Line = Annotated[str, Meta(max_length=2048)]
"""A sentence, an address, an image."""
Long = Annotated[str, Meta(max_length=131_072)]
"""A command, a script, a variable, a readme: no system takes a longer argument."""

# Lists

SEVERAL, MANY, KINDS, MOST = 64, 512, 2000, 25_000
"""How many of a list are taken: parts of one thing (its GPUs), what one thing may have more of (its ports, its
variables), kinds of things (GPU types, places: RunPod has some fifty), things (pods, charges)."""
Several = Meta(max_length=SEVERAL)
Many = Meta(max_length=MANY)
Crowd = Meta(max_length=MOST)


def instant(text: str | None) -> float | None:
    """Epoch seconds of an RFC 3339 time such as "2026-07-15T13:41:42.456Z"; None if it is not one."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if EARLIEST <= seconds <= LATEST else None


class Cut(Struct, frozen=True):
    """A list that was cut: its field, how many there were, how many are kept."""

    field: str
    there: int
    kept: int

    def of(self, owner: str) -> str:
        """In words."""
        # A long name is cut: the numbers are what matters.
        whose = f" of {owner if len(owner) <= 40 else owner[:39] + '…'}" if owner else ""
        return f"{self.there:,} {_words(self.field)}{whose}, {self.kept:,} shown"


def _words(field: str) -> str:
    """A field's name in words: individualGpuMetrics is "individual gpu metrics"."""
    return field if " " in field else "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in field)


def first(items: Sequence[T], most: int, field: str, cuts: list[Cut]) -> Sequence[T]:
    """The first `most` of a list; if there are more, that is added to `cuts`."""
    if len(items) <= most:
        return items
    cuts.append(Cut(field, len(items), most))
    return items[:most]


class Reader(Generic[T]):
    """Decodes JSON of one type. What breaks a bound is mended; raises as msgspec for another shape."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)

    def decode(self, raw: Raw | bytes, cuts: list[Cut] | None = None) -> T:
        """The value. Lists that had to be cut are added to `cuts`."""
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError:
            mended = _mender(self._kind)(Raw(bytes(raw)), [] if cuts is None else cuts, "")
        return self._decoder.decode(_encoded(mended))


def loose(raw: Raw | bytes) -> Any:
    """Any JSON, with what JSON has no numbers for as an infinity. Raises as msgspec does."""
    import json

    try:
        return json.loads(bytes(raw), parse_int=float)
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from None


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise msgspec.DecodeError(str(error)) from None


def plain_json(body: bytes) -> bytes:
    """A document that holds NaN, Infinity or numbers beyond any double, with nulls in their place.

    RunPod's servers are written in more than one language, and some let these pass. Raises as msgspec does.
    """
    return _encoded(loose(body))


Mender = Callable[[Any, list[Cut], str], Any]
"""Given a value, undecoded or not, the list to add cuts to, and the name of its field: the value within its bounds."""


@cache
def _mender(kind: Any) -> Mender:
    # Only for a response that breaks a bound, which few do.
    from msgspec import inspect

    return _made(inspect.type_info(kind))


def _made(kind: inspect.Type, extra: dict[Any, Any] | None = None, optional: bool = False) -> Mender:
    from msgspec import inspect

    match kind:
        case inspect.Metadata():
            return _made(kind.type, kind.extra or extra, optional)
        case inspect.UnionType():
            known = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
            return _made(known[0], extra, optional=len(known) < len(kind.types)) if len(known) == 1 else _as_it_is
        case inspect.FloatType():
            return _number(kind, float((extra or {}).get("slack", 0.0)), optional)
        case inspect.StrType() if kind.max_length is not None:
            return _text(kind.max_length, cut=optional or not (extra or {}).get("whole"))
        case inspect.ListType() | inspect.VarTupleType():
            return _list(_made(kind.item_type), kind.max_length)
        case inspect.StructType():
            return _object(kind)
        case _:
            return _as_it_is


def _as_it_is(value: Any, cuts: list[Cut], field: str) -> Any:
    return _other(value)


def _other(value: Any) -> Any:
    """A value of another kind than declared. An infinity would be written as null, which may be declared."""
    return 0.0 if isinstance(value, float) and not math.isfinite(value) else value


def _opened(value: Any) -> Any:
    return loose(value) if isinstance(value, Raw) else value


def _number(kind: inspect.FloatType, slack: float, optional: bool) -> Mender:
    low = float("-inf") if kind.ge is None else kind.ge
    high = float("inf") if kind.le is None else kind.le

    def mend(value: Any, cuts: list[Cut], field: str) -> Any:
        number = _opened(value)
        if not isinstance(number, float):
            return number
        if low - slack <= number <= high + slack:
            return min(high, max(low, number))
        # A required value stays as it came, and is reported as not understood.
        return None if optional else value

    return mend


def _text(most: int, cut: bool) -> Mender:
    def mend(value: Any, cuts: list[Cut], field: str) -> Any:
        text = _opened(value)
        return shortened(text, most) if cut and isinstance(text, str) else _other(text)

    return mend


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters, which says how many are missing."""
    if len(text) <= most:
        return text
    tail = f"… ({len(text) - most:,} more characters)"
    return text[: most - len(tail)] + tail


def _list(item: Mender, most: int | None) -> Mender:
    def mend(value: Any, cuts: list[Cut], field: str) -> Any:
        whole = value
        if isinstance(value, Raw):
            whole = _split(value, list[Raw]) if item is _as_it_is else loose(value)
        if not isinstance(whole, list):
            return _other(value)
        items = whole if most is None else first(whole, most, field, cuts)
        return [item(element, cuts, field) for element in items]

    return mend


def _object(kind: inspect.StructType) -> Mender:
    fields = {field.encode_name: field.type for field in kind.fields}
    menders: dict[str, Mender] = {}

    def mend(value: Any, cuts: list[Cut], field: str) -> Any:
        whole = _split(value, dict[str, Raw]) if isinstance(value, Raw) else value
        if not isinstance(whole, dict):
            return _other(value)
        if not menders:
            menders.update({name: _made(inner) for name, inner in fields.items()})
        # Only declared fields: others have no bounds.
        return {name: menders[name](inner, cuts, name) for name, inner in whole.items() if name in menders}

    return mend


def _split(raw: Raw, kind: Any) -> Any:
    """A list or an object with its content undecoded; anything else as it is."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        return raw
