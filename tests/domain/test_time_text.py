"""The time to go to: what is understood, and that anything else says what is accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.time_text import ACCEPTED, NotATime, instant, may_become

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
"""A Monday."""

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02:30", "2026-11-23T02:30:00"),
        ("12:00:30", "2026-11-23T12:00:30"),
        ("12:01", "2026-11-22T12:01:00"),
        ("-3h", "2026-11-23T09:00:30"),
        ("3h", "2026-11-23T09:00:30"),
        ("-1h30m", "2026-11-23T10:30:30"),
        ("90 min ago", "2026-11-23T10:30:30"),
        ("2d", "2026-11-21T12:00:30"),
        ("yesterday 14:00", "2026-11-22T14:00:00"),
        ("  Yesterday  14:00 ", "2026-11-22T14:00:00"),
        ("yesterday", "2026-11-22T00:00:00"),
        ("today 09:00", "2026-11-23T09:00:00"),
        ("Mon 09:00", "2026-11-23T09:00:00"),
        ("Mon 13:00", "2026-11-16T13:00:00"),
        ("sunday 23:59", "2026-11-22T23:59:00"),
        ("Tue", "2026-11-17T00:00:00"),
        ("2026-11-20 08:15", "2026-11-20T08:15:00"),
        ("2026-11-20t08:15:10z", "2026-11-20T08:15:10"),
        ("2026-11-20T08:15:00+02:00", "2026-11-20T06:15:00"),
        ("start", "2026-11-01T00:00:00"),
        ("now", "2026-11-23T12:00:30"),
        ("23 Nov 11:54:15", "2026-11-23T11:54:15"),
        ("Mon 23 Nov 11:54:15", "2026-11-23T11:54:15"),
        ("23 nov 13:00", "2025-11-23T13:00:00"),
        ("Nov 3 08:00", "2026-11-03T08:00:00"),
        ("1 december", "2025-12-01T00:00:00"),
        ("31 oct", "2026-10-31T00:00:00"),
    ],
)
def test_what_is_understood(text: str, expected: str) -> None:
    first = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    at = instant(text, NOW.timestamp(), UTC, first)
    assert datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "noon", "25:00", "12:99", "t 09:00", "yesterday 25:00", "-", "h", "2026-13-01", "end"),
        *("29 feb", "31 jun", "23 november 25:00", "3 ma 10:00"),
    ],
)
def test_anything_else_says_what_is_accepted(text: str) -> None:
    with pytest.raises(NotATime) as told:
        instant(text, NOW.timestamp(), UTC)
    assert ACCEPTED in str(told.value)


def test_a_time_of_day_is_that_of_the_users_clock_also_over_a_change_of_it() -> None:
    # Clocks went back an hour on 25 October at 3:00.
    at = instant("yesterday 02:00", datetime(2026, 10, 26, 9, tzinfo=BERLIN).timestamp(), BERLIN)
    assert datetime.fromtimestamp(at, BERLIN).isoformat() == "2026-10-25T02:00:00+02:00"
    assert instant("02:30", NOW.timestamp(), BERLIN) == instant("01:30", NOW.timestamp(), UTC)


@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"-?[0-9]{1,20}(\.[0-9]*)?[smhdw]|[a-z]{2,9} [0-9]{1,2}:[0-9]{2}"))
)
def test_any_text_is_a_time_or_none(text: str) -> None:
    try:
        at = instant(text, NOW.timestamp(), UTC, 0.0, 1.0)
    except NotATime:
        return
    datetime.fromtimestamp(at, UTC)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)), st.integers(0, 86_399))
def test_a_time_of_day_is_the_last_one_before_now(now: datetime, second: int) -> None:
    there = now.replace(tzinfo=UTC)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    at = datetime.fromtimestamp(instant(clock, there.timestamp(), UTC), UTC)
    assert f"{at:%H:%M:%S}" == clock
    assert timedelta(0) <= there - at <= timedelta(days=1, seconds=1)


@pytest.mark.parametrize(
    "text",
    [*ACCEPTED.split(", "), "-1.5h", "3h 20m ago", "28 february 2:05", "Friday 13 nov 12:00", "2026-11-23T14:30:10"],
)
def test_what_is_typed_of_a_time_may_become_one(text: str) -> None:
    assert [text[:end] for end in range(1, len(text)) if not may_become(text[:end], NOW.timestamp(), UTC)] == []


@pytest.mark.parametrize(
    "text", ["xyz", "25:", "02:99", "02:6", "31 feb", "2026-13", "2026-02-30", "noww", "tomorrow", "--3h", "mon mon"]
)
def test_what_is_the_beginning_of_no_time_becomes_none(text: str) -> None:
    assert not may_become(text, NOW.timestamp(), UTC)


@given(st.text(max_size=30))
def test_whatever_is_a_time_may_become_one(text: str) -> None:
    try:
        instant(text, NOW.timestamp(), UTC, 0.0, 1.0)
    except NotATime:
        may_become(text, NOW.timestamp(), UTC)
    else:
        assert may_become(text, NOW.timestamp(), UTC)
