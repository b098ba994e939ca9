"""Small conversions from wire values to domain values, and what to do with a piece that cannot be understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from tui.api.models import Unreadable

T = TypeVar("T")

_PLAIN = {"float": "a number", "str": "text", "bool": "yes or no", "array": "a list", "object": "an object"}
_TYPE = re.compile(r"`(float|str|bool|array|object)(?: \| null)?`")

NOT_UNDERSTOOD = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding raises when a value has another shape than asked for, or is no JSON."""


def whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def instant(text: str | None) -> float | None:
    """Epoch seconds of an RFC 3339 time such as "2026-07-15T13:41:42.456Z"; None where it is not one."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def reason(error: Exception) -> str:
    """Why a value could not be understood, without the value: "expected a number, got text at gpuCount"."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    words = _TYPE.sub(lambda found: _PLAIN[found[1]], str(error))
    words = words.replace(" - at `$.", " at `").replace("`", "")
    return words[:1].lower() + words[1:]


def unreadable(raw: msgspec.Raw, error: Exception) -> Unreadable:
    """A thing podtop does not understand, with what can still be read of its identity."""
    try:
        value: Any = msgspec.json.decode(raw)
    except NOT_UNDERSTOOD:
        value = None
    if value is None:
        return Unreadable(None, None, "RunPod gave no data for it")
    known = value if isinstance(value, dict) else {}
    identity, name = known.get("id"), known.get("name")
    return Unreadable(
        identity if isinstance(identity, str) else None,
        name if isinstance(name, str) else None,
        reason(error),
    )


def each(items: list[msgspec.Raw], decode: Callable[[msgspec.Raw], T]) -> tuple[tuple[T, ...], tuple[Unreadable, ...]]:
    """Decode items one by one, so that one that is not understood takes no other with it."""
    good: list[T] = []
    bad: list[Unreadable] = []
    for raw in items:
        try:
            good.append(decode(raw))
        except NOT_UNDERSTOOD as error:
            bad.append(unreadable(raw, error))
    return tuple(good), tuple(bad)
