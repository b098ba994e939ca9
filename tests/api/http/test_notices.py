"""Rate limits and announcements in headers: read where they are what the RFCs say, ignored where they are not."""

from __future__ import annotations

import string
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.make import account, cloud
from tui.api import errors
from tui.api.http import notices
from tui.api.http.structured_fields import Date, Item, Token, Unstructured, parse_list
from tui.api.listener import Api, Listener, Quota, Retirement

REAL = '"minute";r=175;t=43, "hour";r=7195;t=1903, "day";r=86392;t=55903'
POLICY = '"minute";q=180;w=60, "hour";q=7200;w=3600, "day";q=86400;w=86400'

texts = st.text(string.printable[:95], max_size=20)
words = st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,10}", fullmatch=True)
keys = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
bare = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-(10**9), 10**9).map(lambda n: n / 1000),
    texts,
    words.map(Token),
    st.booleans(),
    st.binary(max_size=12),
    st.integers(-(10**12), 10**12).map(Date),
)
items = st.builds(Item, bare, st.dictionaries(keys, bare, max_size=3))
members = st.lists(items | st.builds(Item, st.lists(items, max_size=3).map(tuple), st.just({})), max_size=4)


def written(value: Any) -> str:
    """As RFC 9651 serializes it."""
    import base64

    match value:
        case Item(tuple() as inner, parameters):
            return f"({' '.join(map(written, inner))}){written(parameters)}"
        case Item(single, parameters):
            return written(single) + written(parameters)
        case dict():
            return "".join(f";{key}={written(inner)}" for key, inner in value.items())
        case bool():
            return f"?{value:d}"
        case Token():
            return str(value)
        case Date():
            return f"@{int(value)}"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case bytes():
            return f":{base64.b64encode(value).decode()}:"
        case float():
            return f"{value:.3f}"
        case _:
            return str(value)


@given(members)
def test_what_is_written_by_the_rules_is_read_back(given_members: list[Item]) -> None:
    assert parse_list(", ".join(map(written, given_members))) == given_members


@given(st.text(max_size=60) | st.text('";=,()?:@%\\ \tar0159.-', max_size=30))
def test_whatever_a_header_says_is_a_list_or_refused(text: str) -> None:
    with suppress(Unstructured):
        parse_list(text)
    response = httpx.Response(200)
    response.headers = httpx.Headers([(b"ratelimit", text.encode()), (b"ratelimit-policy", text.encode())])
    for quota in notices.quotas_of(response):
        assert quota.remaining >= 0
        assert quota.resets_in >= 0


@pytest.mark.parametrize(
    "text",
    ['"a",', ",", '"a" "b"', "1.", "1.2345", "1234567890123456", '"a',
     '"a";R=1', "(1 2", "(1,2)", "?2", ":a:", "@1.5", "é",
     '%"%C3"', '"a"\t\n,"b"', "=1", "a;=1", "--1", "(a)b", '"\\n"'],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_whole(text: str) -> None:
    with pytest.raises(Unstructured):
        parse_list(text)


def headers(**fields: str) -> httpx.Response:
    return httpx.Response(200, headers={name.replace("_", "-"): value for name, value in fields.items()})


def test_runpods_windows() -> None:
    assert notices.quotas_of(headers(ratelimit=REAL, ratelimit_policy=POLICY)) == (
        Quota("minute", 60.0, 180, 175, 43.0),
        Quota("hour", 3600.0, 7200, 7195, 1903.0),
        Quota("day", 86400.0, 86400, 86392, 55903.0),
    )


def test_windows_without_their_policy_and_members_of_other_kinds() -> None:
    found = notices.quotas_of(
        headers(ratelimit='"a";r=1;t=2;new=?1, 5;r=1;t=1, ("x" "y");r=3, "bytes";r=9;t=9;qu="content-bytes", b;r=0;t=7')
    )
    assert found == (Quota("a", None, None, 1, 2.0), Quota("b", None, None, 0, 7.0))


@pytest.mark.parametrize(
    "text", ['"a";r=-1;t=2', '"a";r=?1;t=2', '"a";r="5";t=2', '"a";t=2', '"a";r=1', "nonsense=", ""]
)
def test_a_window_that_is_not_understood_is_not_reported(text: str) -> None:
    assert notices.quotas_of(headers(ratelimit=text)) == ()


async def test_the_listener_hears_the_windows_of_graphql_too() -> None:
    heard: list[object] = []
    connection = cloud(httpx.Response(200, json=account(), headers={"RateLimit": REAL, "RateLimit-Policy": POLICY}))
    connection.listen(Listener(limits=lambda api, quotas: heard.append((api, len(quotas)))))
    await connection.fleet()
    assert heard == [(Api.GRAPHQL, 3)]


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        ({"RateLimit": '"minute";r=12;t=44, "hour";r=0;t=1724, "day";r=31839;t=23324'}, 1724.0),
        ({"RateLimit": '"minute";r=0;t=44, "hour";r=0;t=24', "Retry-After": "30"}, 44.0),
        ({"RateLimit": '"minute";r=0;t=4', "Retry-After": "30"}, 30.0),
        ({"RateLimit": '"minute";r=1;t=400', "Retry-After": "30"}, 30.0),
        ({"RateLimit": '"day";r=0;t=55903', "Retry-After": "30"}, 3600.0),
    ],
)
async def test_the_wait_is_that_of_the_last_window(fields: dict[str, str], wait: float) -> None:
    with pytest.raises(errors.Throttled) as caught:
        await cloud(httpx.Response(429, headers=fields)).fleet()
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"Sunset": "Sun, 31 Jan 2027 00:00:00 GMT"}, 1801353600.0),
        ({"Sunset": "Sun, 31 Jan 2027 00:00:00 GMT", "Deprecation": "@1688169599"}, 1801353600.0),
        ({"Deprecation": "@1688169599"}, None),
        ({"Deprecation": "true"}, None),
        ({"Sunset": "soon"}, None),
        ({"Sunset": "Sun, 31 Jan 9027 00:00:00 GMT"}, None),
    ],
)
async def test_the_end_of_an_api_is_told_once(fields: dict[str, str], at: float | None) -> None:
    heard: list[Retirement] = []
    connection = cloud(httpx.Response(200, json=account(), headers=fields))
    connection.listen(Listener(retiring=heard.append))
    for _ in range(3):
        await connection.fleet()
    assert heard == [Retirement(Api.GRAPHQL, at)]


async def test_nothing_is_told_where_nothing_ends() -> None:
    heard: list[Retirement] = []
    connection = cloud(httpx.Response(200, json=account(), headers={"Deprecation": "?0"}))
    connection.listen(Listener(retiring=heard.append))
    await connection.fleet()
    assert heard == []


@pytest.mark.parametrize("body", [b"", b"<html>gone</html>", b'{"title": "Gone", "status": 410, "detail": "use v2"}'])
async def test_an_api_that_is_switched_off_is_retired(body: bytes) -> None:
    with pytest.raises(errors.Retired) as caught:
        await cloud(httpx.Response(410, content=body)).fleet()
    assert "switched this API off" in str(caught.value)
