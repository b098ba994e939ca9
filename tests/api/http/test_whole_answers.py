"""A success is an answer only by the statuses of its request: a part, or what a proxy changed, is none."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.api import make
from tests.api.rest.make import Server, pod, pods
from tests.api.rest.test_orders import CHANGES, answering
from tests.api.test_mutations import CALLS, result
from tui.api.cloud import Cloud
from tui.api.errors import Malformed
from tui.api.pod_logs import LogQuery
from tui.domain.answers import judge
from tui.domain.operations import UNREADABLE, Status

OTHERS = (201, 202, 203, 204, 205, 206, 207, 208, 226, 299)
"""Successes that no read has."""

DATED = {"Date": "Tue, 04 Aug 2026 10:00:00 GMT"}


def graphql(status: int, body: dict[str, Any]) -> tuple[list[httpx.Request], Cloud]:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json=body, headers=DATED)

    return requests, make.cloud(answer)


@pytest.mark.parametrize("status", OTHERS)
async def test_of_graphql_only_200_is_an_answer(status: int) -> None:
    requests, cloud = graphql(status, make.account(make.pod()))
    with pytest.raises(Malformed, match=rf"HTTP {status}\)"):
        await cloud.fleet()
    assert len(requests) == 1


@pytest.mark.parametrize("status", OTHERS)
async def test_a_change_by_graphql_may_have_happened_and_is_not_sent_again(status: int) -> None:
    for field, call in CALLS.items():
        requests, cloud = graphql(status, result(field))
        with pytest.raises(Malformed) as caught:
            await call(cloud)
        outcome = judge(caught.value)
        assert (outcome.ending, outcome.answer) == (Status.UNKNOWN, UNREADABLE)
        assert len(requests) == 1


@pytest.mark.parametrize("status", OTHERS)
async def test_of_rest_only_200_is_an_answer_to_a_read(status: int) -> None:
    server = Server({"/pods": httpx.Response(status, json=pods(pod()), headers={"X-Request-Id": "req-7"})})
    with pytest.raises(Malformed, match=rf"HTTP {status}.*req-7"):
        await server.cloud().fleet()


DONE = {"deploy": (200, 201), "terminate": (200, 204)}
"""Statuses of changes by REST that are done, where that is not 200 alone."""


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_by_rest_is_done_by_its_own_statuses_alone(name: str) -> None:
    for status in (200, *OTHERS):
        body = b"" if status == 204 else json.dumps(pod(status="RUNNING", locked=name == "lock")).encode()
        server = answering(httpx.Response(status, content=body))
        if status in DONE.get(name, (200,)):
            await CHANGES[name](server.cloud())
        else:
            with pytest.raises(Malformed) as caught:
                await CHANGES[name](server.cloud())
            assert judge(caught.value).ending is Status.UNKNOWN
        assert len(server.changes) == 1


@pytest.mark.parametrize(("status", "is_heard"), [(200, True), (203, False), (206, False)])
async def test_the_clock_is_that_of_whole_answers(status: int, is_heard: bool) -> None:
    _, cloud = graphql(status, make.account(make.pod()))
    heard: list[float] = []
    cloud._exchange.dated = lambda date, waited: heard.append(date)  # type: ignore[attr-defined]
    with suppress(Malformed):
        await cloud.fleet()
    assert bool(heard) is is_heard


@pytest.mark.parametrize("status", [202, 206, 226])
async def test_a_part_of_a_log_is_no_stream(status: int) -> None:
    events = httpx.Response(status, content=b"data: {}\n\n", headers={"Content-Type": "text/event-stream"})
    server = Server({"/pods/p1/logs": events})
    with pytest.raises(Malformed, match=f"HTTP {status}"):
        async for _ in server.cloud().logs("p1", LogQuery()):
            pass
