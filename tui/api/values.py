"""Small conversions from wire values to domain values, and what to do with a piece that cannot be understood."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from tui.api.models import PARTIAL, Problem, Unreadable
from tui.api.quantities import LONGEST_ID, LONGEST_NAME, MOST, Cut, Reader, first, loose, shortened
from tui.turns import give_way

T = TypeVar("T")
W = TypeVar("W")

_TOLD = 20
"""The number of cuts that are reported one by one."""

_PLAIN = {
    "float": "a number",
    "int": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_TYPE = re.compile(r"`(float|int|str|bool|array|object)(?: \| null)?`")

NOT_UNDERSTOOD = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding raises when a value has another shape than declared, or is no JSON."""


def whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def reason(error: Exception) -> str:
    """Why a value could not be understood, without the value: "expected a number, got text at gpuCount"."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = _TYPE.sub(lambda match: _PLAIN[match[1]], str(error))
    text = text.replace(" - at `$.", " at `").replace("`", "")
    return text[:1].lower() + text[1:]


def unreadable(raw: msgspec.Raw, why: str) -> Unreadable:
    """An item podtop does not understand, with what can still be read of its identity."""
    try:
        value = loose(raw)
    except NOT_UNDERSTOOD:
        value = None
    if value is None:
        return Unreadable(None, None, "RunPod returned no data for it")
    known = value if isinstance(value, dict) else {}
    identity, name = known.get("id"), known.get("name")
    return Unreadable(
        identity if isinstance(identity, str) and len(identity) <= LONGEST_ID else None,
        shortened(name, LONGEST_NAME) if isinstance(name, str) else None,
        why,
    )


class Each(NamedTuple, Generic[T]):
    """The items of a list: those understood, those not, and what of them was too much to show."""

    good: tuple[T, ...]
    bad: tuple[Unreadable, ...]
    cuts: tuple[Problem, ...]


def each(
    items: Sequence[msgspec.Raw], name: str, reader: Reader[W], mapping: Callable[[W], T], most: int = MOST
) -> Each[T]:
    """Decode and map items one by one, so that one that is not understood affects no other."""
    good: list[T] = []
    bad: list[Unreadable] = []
    reasons: list[str] = []
    cuts: list[Cut] = []
    bounded = first(items, most, name, cuts)
    reasons += cut_notes(cuts)
    for raw in bounded:
        give_way()
        try:
            wire = reader.decode(raw, cuts)
            good.append(mapping(wire))
            if cuts:
                reasons += cut_notes(cuts, getattr(wire, "name", None) or getattr(wire, "id", None) or "")
        except NOT_UNDERSTOOD as error:
            bad.append(unreadable(raw, reason(error)))
        except Exception:
            # A fault of podtop's own on unforeseen data: the others must stand all the same.
            logging.getLogger(__name__).exception("one of the %s could not be processed", name)
            bad.append(unreadable(raw, "podtop failed to process it; see podtop.log"))
    return Each(tuple(good), tuple(bad), in_short(reasons))


def reports(bad: Sequence[Unreadable], noun: str) -> tuple[Problem, ...]:
    """The items that were not understood, as problems."""
    return tuple(Problem(f"invalid {noun} {b.id or '(no id)'}: {b.reason}") for b in bad)


def cut_notes(cuts: list[Cut], owner: str = "") -> list[str]:
    """The cuts in words; empties `cuts`."""
    sentences = [cut.of(owner) for cut in cuts]
    cuts.clear()
    return sentences


def in_short(sentences: Sequence[str]) -> tuple[Problem, ...]:
    """The first few, and how many more there are."""
    rest = len(sentences) - _TOLD
    shown = [*sentences[:_TOLD], *([f"{rest:,} more lists shown in part"] if rest > 0 else ())]
    return tuple(Problem(text, code=PARTIAL) for text in shown)
