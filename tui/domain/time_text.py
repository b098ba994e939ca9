"""Parses the time to go to in a recording: times of day, days, times ago, dates. Pure; instants in epoch seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo

from tui import clocks

ACCEPTED = "02:30, -3h, yesterday 14:00, Mon 09:00, 23 Nov 14:30, 2026-11-23 14:30, start, end, now"
"""Examples of what is accepted, for messages."""

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_AGO = re.compile(r"-?((?:\d+(?:\.\d+)?\s*(?:s|m|min|h|d|w)\s*)+)(?:\s*ago)?")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)")
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_DATE = re.compile(r"(?:[a-z]+ )?(?:(?P<day>\d{1,2}) (?P<month>[a-z]{3,})|(?P<named>[a-z]{3,}) (?P<number>\d{1,2}))"
                   r"(?: (?P<clock>\d\S*))?")  # fmt: skip
"""A day of a month, as podtop itself shows them: its weekday adds nothing."""

_DAY_AND_CLOCK = re.compile(r"([a-z]+)(?:\s+(\S+))?")


class NotATime(ValueError):
    """A text that is no time. `str()` says what is accepted."""


def instant(text: str, now: float, tz: tzinfo | None, first: float | None = None, last: float | None = None) -> float:
    """The instant that a text means, seen from `now`; a time of day, a weekday or a date is the last one before it.

    tz:          the user's time zone; None: the machine's.
    first, last: where the recording begins and ends, for the words "start" and "end".
    Raises NotATime.
    """
    clean = " ".join(text.lower().split())
    try:
        at = _instant(clean, now, tz, first, last)
        # What no calendar has cannot be shown either.
        datetime.fromtimestamp(at, tz)
    except (ValueError, OverflowError, OSError):
        raise NotATime(f"not a time; use {ACCEPTED}") from None
    return at


_WORDS = ("start", "begin", "end", "now", "today", "yesterday", "ago", "min", *_DAYS, *_MONTHS)
_ENDS = ("", "0", "00", ":00", "0:00", "1h", "h", "n", " 1", " jan")
"""What may be missing behind the beginning of a time of day, a time ago, a month or its day."""

_ISO = "2000-10-10 00:00:00"
_ISO_BEGIN = re.compile(r"\d{1,4}|\d{4}-[-\d]{0,5}|\d{4}-\d{2}-\d{2}[ t].*")


def may_become(text: str, now: float, tz: tzinfo | None) -> bool:
    """Whether a text is a time, or the beginning of one that is still being typed."""
    clean = " ".join(text.lower().split())
    head, _, last = clean.rpartition(" ")
    whole = [f"{head} {word}".strip() for word in _WORDS if word.startswith(last)]
    tries = [clean + end for end in _ENDS] + [each + end for each in whole for end in ("", " 1")]
    if _ISO_BEGIN.fullmatch(clean):
        tries.append(clean + _ISO[len(clean) :])
    return any(_is_time(each, now, tz) for each in tries)


def _is_time(text: str, now: float, tz: tzinfo | None) -> bool:
    with suppress(NotATime):
        instant(text, now, tz, now, now)
        return True
    return False


def _instant(text: str, now: float, tz: tzinfo | None, first: float | None, last: float | None) -> float:
    edge = {"start": first, "begin": first, "end": last, "now": now}.get(text)
    if edge is not None:
        return edge
    if _AGO.fullmatch(text):
        return now - sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    today = datetime.fromtimestamp(now, tz)
    if _CLOCK.fullmatch(text):
        at = clocks.instant(_at(today, text))
        return at if at <= now else clocks.instant(_at(today - timedelta(days=1), text))
    if named := _DAY_AND_CLOCK.fullmatch(text):
        back = _days_back(named[1], today)
        clock = named[2] or "00:00"
        if back is not None and _CLOCK.fullmatch(clock):
            at = clocks.instant(_at(today - timedelta(days=back), clock))
            # This weekday, but later than now: that of last week.
            is_weekday = named[1] not in ("today", "yesterday")
            return clocks.instant(_at(today - timedelta(days=7), clock)) if is_weekday and at > now else at
    if date := _DATE.fullmatch(text):
        days = _dates(today, date["month"] or date["named"], int(date["day"] or date["number"]), date["clock"])
        return max(at for at in days if at <= now)
    then = datetime.fromisoformat(text.upper())
    return clocks.instant(then if then.tzinfo is not None else then.replace(tzinfo=tz))


def _days_back(word: str, today: datetime) -> int | None:
    """How many days ago a named day was last; None if no day has this name."""
    if word in ("today", "yesterday"):
        return int(word == "yesterday")
    days = [number for number, name in enumerate(_DAYS) if len(word) >= 2 and name.startswith(word)]
    return (today.weekday() - days[0]) % 7 if len(days) == 1 else None


def _dates(today: datetime, name: str, day: int, clock: str | None) -> Iterator[float]:
    """The instants of a day of a month, this year and last year."""
    months = [number for number, month in enumerate(_MONTHS, 1) if month.startswith(name)]
    for year in (today.year, today.year - 1) if len(months) == 1 else ():
        # 29 February is in some years.
        with suppress(ValueError):
            yield clocks.instant(_at(today, clock or "00:00").replace(year=year, month=months[0], day=day))


def _at(day: datetime, clock: str) -> datetime:
    parts = _CLOCK.fullmatch(clock)
    if parts is None:
        raise ValueError(clock)
    hour, minute, second = (int(part or 0) for part in parts.groups())
    return day.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
