"""Answers that nobody foresaw: nothing but a `CloudError` comes out, and no readable pod is ever lost."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import httpx
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.api.make import account, cloud, gpu, market, pod
from tests.api.schema import full_answer
from tests.api.test_fleet import FULL
from tui.api.errors import CloudError
from tui.api.graphql.documents import document
from tui.api.graphql.wire import WirePod
from tui.api.quantities import Reader

modest = settings()

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["NaN", "1e999", "-0", "\x1b[2J", "RUNNING", "2026-07-15T13:41:42.456Z"]),
)
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, item in inside for place in places(item, (*path, name)))]


def replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    out = copy.deepcopy(value)
    parent = out
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = junk
    return out


def deleted(value: Any, path: tuple[Any, ...]) -> Any:
    out = copy.deepcopy(value)
    parent = out
    for name in path[:-1]:
        parent = parent[name]
    del parent[path[-1]]
    return out


def numbers(value: Any) -> list[float]:
    if isinstance(value, Struct):
        return [n for name in value.__struct_fields__ for n in numbers(getattr(value, name))]
    if isinstance(value, tuple):
        return [n for item in value for n in numbers(item)]
    return [value] if isinstance(value, float) else []


@st.composite
def mutants(draw: st.DrawFn, valid: Any) -> Any:
    """A valid answer with some of its parts replaced or gone."""
    value = valid
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(value)))
        value = deleted(value, path) if path and draw(st.booleans()) else replaced(value, path, draw(JUNK))
    return value


def body_of(value: Any) -> bytes:
    return json.dumps(value).encode()


VALID_FLEET = account(FULL, pod(id="p2"), pod(id="p3", desiredStatus="EXITED"))


def readable(value: Any) -> bool:
    """By the wire's own definition, apart from how podtop walks through an answer."""
    try:
        Reader[WirePod](WirePod).decode(body_of(value))
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


@modest
@given(mutants(VALID_FLEET))
async def test_a_wild_fleet(value: Any) -> None:
    try:
        snapshot = await cloud(body_of(value)).fleet()
    except CloudError:
        return
    assert all(math.isfinite(n) for n in numbers(snapshot))
    pods = value["data"]["myself"].get("pods") if isinstance(value["data"]["myself"], dict) else None
    if snapshot.pods is None:
        # An empty list beside something that is wrong is no list either: nobody knows what it lacks.
        assert not isinstance(pods, list) or not pods
        assert snapshot.problems
    else:
        assert isinstance(pods, list)
        assert len(snapshot.pods) + len(snapshot.unreadable) == len(pods)
        assert len(snapshot.pods) == sum(map(readable, pods))


@modest
@given(st.lists(st.one_of(JUNK, mutants(FULL)), max_size=4), st.integers(0, 4))
async def test_a_readable_pod_survives_any_company(company: list[Any], place: int) -> None:
    pods = [*company[:place], pod(id="the one"), *company[place:]]
    snapshot = await cloud(body_of(account(*pods))).fleet()
    assert snapshot.pods is not None
    assert [p.id for p in snapshot.pods].count("the one") == 1
    assert len(snapshot.pods) + len(snapshot.unreadable) == len(pods)
    assert snapshot.funds is not None


QUOTE = {"uninterruptablePrice": 2.99, "minimumBidPrice": 1.5, "stockStatus": "High", "minVcpu": 16}


@modest
@given(mutants(market(gpu(secure=QUOTE, community=QUOTE), gpu(id="unknown"))))
async def test_a_wild_market(value: Any) -> None:
    try:
        found = await cloud(body_of(value)).market()
    except CloudError:
        return
    assert all(math.isfinite(n) for n in numbers(found))
    for offer in found.offers:
        for quote in (offer.secure, offer.community):
            assert quote is None or quote.on_demand is None or quote.on_demand > 0


INPUT = {"input": {"podId": "p1"}}
ACCOUNT = ("account", "ledger", "templates", "readmes", "billing", "profile")
READS = ("pod", "pod_extras", *ACCOUNT, "hosts", "cpu_types", "gpu_sheets", "cpu_flavors", "countries")
ABOUT_A_POD = ("pod", "pod_extras", "stop", "terminate")
VALID = {
    name: full_answer(document(name).text, INPUT if name in ABOUT_A_POD else None)
    for name in (*READS, "stop", "terminate")
}


@modest
@given(st.data(), st.sampled_from(sorted(VALID)))
async def test_every_other_answer_gone_wild(data: st.DataObject, name: str) -> None:
    wild = cloud(body_of(data.draw(mutants(VALID[name]))))
    arguments = ("p1",) if name in ABOUT_A_POD else ()
    try:
        found = await getattr(wild, name)(*arguments)
    except CloudError:
        return
    assert all(math.isfinite(n) for n in numbers(found))


@modest
@given(
    st.integers(100, 599),
    st.binary(max_size=60),
    st.dictionaries(
        st.sampled_from(["Content-Type", "Content-Encoding", "Retry-After", "Date", "Location"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
)
async def test_a_wild_response(status: int, body: bytes, headers: dict[str, str]) -> None:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield body

    try:
        await cloud(httpx.Response(status, headers=headers, stream=Body())).fleet()
    except CloudError as error:
        words = str(error)
    else:
        words = "an account"  # by a chance of one in many
    assert words
    assert words.isprintable()
