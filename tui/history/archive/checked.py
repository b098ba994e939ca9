"""Validates values of a recording: its rows are external data and may be anything. Pure."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from tui.api.http.sanitize import clean, clean_json
from tui.api.models import Funds, Offer, Pod, Quote
from tui.api.status_change import StatusChange
from tui.domain.events import Event, Kind

EARLIEST, LATEST = 0.0, 7_258_118_400.0
"""Valid instants: from the epoch to the year 2200."""

MOST_BLOCK, MOST_LAYOUT, MOST_STATE = 4 * 1024 * 1024, 8 * 1024 * 1024, 1024 * 1024
"""Maximum bytes of a blob, by kind."""

MOST_GPUS = 128
"""Maximum GPUs of one pod whose samples are kept: RunPod's largest pod has 10."""

_GPUS = 100_000
MOST_TEXT, MOST_NAME, _WORD = 2000, 300, 100
"""Maximum characters of a text, of a name or id, and of a single word."""

_MONEY, _COUNT = 1e12, 10**12
_LONGEST = 20_000

UNREAD = "unread"
_UNREAD_STATE = b'{"unread":true'
_DEEPEST = 8
_KINDS = {kind.value for kind in Kind}


class BadRow(ValueError):
    """A row that podtop cannot have written."""


def instant(value: object) -> float:
    number = _number(value, LATEST)
    if number is None or number < EARLIEST:
        raise BadRow("a time")
    return number


def maybe_instant(value: object) -> float | None:
    return None if value is None else instant(value)


def _number(value: object, most: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > most:
        raise BadRow("a number")
    return float(value)


def money(value: object) -> float | None:
    return _number(value, _MONEY)


def maybe_count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value <= _COUNT:
        raise BadRow("a count")
    return value


def key(value: object) -> int:
    """The key of a row in another table."""
    if not isinstance(value, int) or not 0 < value < 2**63:
        raise BadRow("a key")
    return value


def text(value: object, most: int = MOST_TEXT) -> str:
    """A text, sanitized like one from the API: bidi and cursor controls are removed, and excess length is cut."""
    if not isinstance(value, str):
        raise BadRow("a text")
    return clean(value[:most])


def blob(value: object, most: int) -> bytes:
    if not isinstance(value, bytes) or len(value) > most:
        raise BadRow("a blob")
    return value


def seconds(value: object, least: float, most: float) -> float:
    number = _number(value, most)
    if number is None or number < least:
        raise BadRow("a duration")
    return number


def span(start: object, last: object) -> tuple[float, float]:
    first, end = instant(start), instant(last)
    if end < first:
        raise BadRow("a span")
    return first, end


def funds(balance: object, spend: object, ceiling: object) -> Funds | None:
    if balance is spend is ceiling is None:
        return None
    return Funds(None, money(balance), money(spend), money(ceiling))


def quote(sold: object, on_demand: object, spot: object, stock: object, rented: object, total: object) -> Quote | None:
    if not maybe_count(sold):
        return None
    word = None if stock is None else text(stock, _WORD)
    return Quote(money(on_demand), money(spot), word, rented=maybe_count(rented), total=maybe_count(total))


def event(at: object, pod: object, kind: object, sentence: object) -> Event:
    word = text(kind, _WORD)
    # A kind newer than podtop is treated as one that consists of text alone.
    known = Kind(word) if word in _KINDS else Kind.STATUS
    return Event(instant(at), text(pod, MOST_NAME), known, text(sentence))


def _is_sane(value: Any, depth: int = 0) -> bool:
    """Whether a decoded document has no number and no list beyond what any field can mean."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) <= _COUNT
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if depth == _DEEPEST or len(value) > _LONGEST:
        return False
    for part in value.values() if isinstance(value, dict) else value:
        # Most are texts: very many documents are read for one instant.
        if type(part) is str:
            if len(part) > _LONGEST:
                return False
        elif part is not None and not _is_sane(part, depth + 1):
            return False
    return True


def _document(data: object) -> object:
    try:
        document = msgspec.json.decode(clean_json(blob(data, MOST_STATE)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadRow("a document") from None
    if not _is_sane(document):
        raise BadRow("a document")
    return document


def pod(data: object) -> Pod:
    """A pod's recorded state."""
    try:
        decoded = msgspec.convert(_document(data), Pod, dec_hook=_from_text)
    except msgspec.MsgspecError:
        raise BadRow("a pod") from None
    if not 0 <= decoded.gpu_count <= _GPUS:
        raise BadRow("a pod")
    if decoded.machine is not None:
        maybe_instant(decoded.machine.maintenance_start)
        maybe_instant(decoded.machine.maintenance_end)
    return decoded


def as_text(value: object) -> str:
    """A pod value without a JSON type, as it is recorded."""
    if isinstance(value, StatusChange):
        return value.text
    raise NotImplementedError


def _from_text(kind: type, value: object) -> object:
    if kind is StatusChange and isinstance(value, str):
        return StatusChange(value)
    raise TypeError("a text was expected")


def name_of(data: object) -> str:
    """Only the name from a pod's state."""
    document = _document(data)
    name = document.get("name", "") if isinstance(document, dict) else None
    return text(name, MOST_NAME)


def unread(data: object) -> str | None:
    """The name of a pod whose state says that it was not among the pods that were read; None of any other state."""
    if not isinstance(data, bytes) or not data.startswith(_UNREAD_STATE):
        return None
    try:
        return name_of(data)
    except BadRow:
        return None


def offer(data: object) -> Offer:
    try:
        decoded = msgspec.convert(_document(data), Offer)
    except msgspec.MsgspecError:
        raise BadRow("an offer") from None
    if not all(count is None or 0 <= count <= _GPUS for count in (decoded.memory_gb, decoded.max_count)):
        raise BadRow("an offer")
    return decoded


def fits(column: str, most: int) -> str:
    """SQL for a blob of at most `most` bytes, else NULL: nothing is read of longer ones."""
    return f"CASE WHEN typeof({column}) = 'blob' AND length({column}) <= {most} THEN {column} END"


def storable(value: object) -> object:
    """A value that SQLite accepts: a number out of its range is unknown, a lone surrogate is replaced."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8", "replace")
    return value
