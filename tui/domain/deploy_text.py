"""Parses text typed into the deploy form: numbers, dollars, ports, times. Pure."""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from tui import clocks
from tui.domain.deploy_fields import BY_NAME, Field, Kind
from tui.format.digits import whole_number

if TYPE_CHECKING:
    from tui.domain.deploy_draft import Draft


FARTHEST = 366 * 86_400.0
"""Seconds ahead, at most, to which a stop or an end may be set."""


class Fault(Exception):
    """What is wrong with a typed text, in words."""


def dollars(draft: Draft, name: str) -> float | None:
    """The dollars in a field; None if there are none."""
    try:
        return _dollars(BY_NAME[name], draft[name])
    except Fault:
        return None


def _whole(field: Field, text: str) -> int:
    number = whole_number(text.strip())
    if number is None or not field.least <= number <= field.most:
        raise Fault(f"must be a whole number from {field.least:,} to {field.most:,}")
    return number


def _dollars(field: Field, text: str) -> float:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value < 10_000):
        raise Fault(f"must be a dollar amount, such as {field.hint}")
    return value


_PORT = re.compile(r"([0-9]{1,5})/(http|tcp)")


def _ports(text: str) -> str:
    ports = []
    for part in filter(None, re.split(r"[,\s]+", text)):
        match = _PORT.fullmatch(part.lower())
        if match is None:
            is_number = whole_number(part) is not None
            kind = "add the protocol, such as 8888/http" if is_number else "must look like 8888/http or 22/tcp"
            raise Fault(f"{part}: {kind}")
        if not 1 <= int(match[1]) <= 65_535:
            raise Fault(f"{part}: must be from 1 to 65535")
        if match[0] in ports:
            raise Fault(f"{part}: listed twice")
        ports.append(match[0])
    return ",".join(ports)


_SPAN = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?")


def is_span(text: str) -> bool:
    """Whether a text is a time from now on, such as "8h", and no date."""
    match = _SPAN.fullmatch(text.strip().lower().replace(" ", ""))
    return match is not None and any(match.groups())


def instant(text: str, now: float, tz: tzinfo | None) -> float:
    """ "8h", "90m", "1d12h" from now, or a local time "2026-11-24 08:00". Raises Fault."""
    clean = text.strip().lower()
    match = _SPAN.fullmatch(clean.replace(" ", ""))
    if match is not None and any(match.groups()):
        days, hours, minutes = (int(part or 0) for part in match.groups())
        at = now + days * 86_400.0 + hours * 3600.0 + minutes * 60.0
    else:
        try:
            when = datetime.fromisoformat(clean)
            at = clocks.instant(when if when.tzinfo else when.replace(tzinfo=tz) if tz else when.astimezone())
        except (ValueError, OverflowError, OSError):
            raise Fault("must be a duration (8h, 90m, 1d12h) or a time (2026-11-24 08:00)") from None
    if at <= now + 60:
        raise Fault("must be more than 1 minute ahead")
    if at > now + FARTHEST:
        raise Fault("must be within a year")
    return at


VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def listed(text: str) -> tuple[str, ...]:
    """The comma-separated parts of a text."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def value_of(field: Field, text: str, now: float, tz: tzinfo | None) -> Any:
    """The value of a field that is not empty. Raises Fault."""
    match field.kind:
        case Kind.WHOLE:
            return _whole(field, text)
        case Kind.DOLLARS:
            return _dollars(field, text)
        case Kind.PORTS:
            return _ports(text)
        case Kind.WHEN:
            return instant(text, now, tz)
        case Kind.LIST:
            return listed(_line(text))
        case Kind.CHOICE:
            if text not in {value for value, _ in field.options}:
                raise Fault(f"must be one of {', '.join(word for _, word in field.options)}")
            return text
        case _:
            return _line(text)


def _line(text: str) -> str:
    if len(text) > 4000 or not text.isprintable():
        raise Fault("must be one line of at most 4,000 characters")
    return text
