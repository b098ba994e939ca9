"""Every way in which REST v2 says no, as the error and the words that a person gets."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.rest.make import EXAMPLES, KEY, Given, Server, cloud, pod, problem
from tui.api import errors
from tui.api.listener import Listener
from tui.api.models import Problem
from tui.api.pod_logs import LogQuery
from tui.api.refusals import Reason

CAPTURED = json.loads((EXAMPLES / "errors.json").read_text())

HTML = b"<!DOCTYPE html><title>502: Bad gateway</title>"


async def failure(answer: Given, **options: Any) -> errors.CloudError:
    with pytest.raises(errors.CloudError) as caught:
        await cloud({"/pods": answer}, **options).fleet()
    return caught.value


async def refused(answer: Given) -> errors.CloudError:
    """Of a change, after a read that worked."""
    connection = cloud({"POST /pods/p1/action": answer})
    await connection.fleet()
    with pytest.raises(errors.CloudError) as caught:
        await connection.stop("p1")
    return caught.value


@pytest.mark.parametrize("case", CAPTURED["errors"], ids=lambda case: case["when"])
async def test_captured_refusals(case: dict[str, Any]) -> None:
    body, status = case["body"], case["status"]
    response = httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json"})
    error = await refused(response)
    match status:
        case 401:
            assert type(error) is errors.Unauthorized
        case 403:
            assert type(error) is errors.Restricted
            assert body["detail"] in str(error)
        case _:
            assert isinstance(error, errors.Rejected)
            assert error.problems[0].message.rstrip(".") == body["detail"].rstrip(".")
            assert [p.message for p in error.problems[1:]] == body.get("errors", [])
            assert {p.code for p in error.problems} == {str(status)}


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("Pod is locked", Reason.LOCKED),
        ("Failed to resume pod.", Reason.HOST_UNABLE),
        (
            "There are no longer any instances available with the requested specifications. Please refresh and try "
            "again.",
            Reason.NONE_FITS,
        ),
    ],
)
async def test_reasons_are_in_words_alone(detail: str, reason: Reason) -> None:
    error = await refused(problem(400, detail))
    assert isinstance(error, errors.Rejected)
    assert error.reasons == (reason,)


@pytest.mark.parametrize(
    "answer", [problem(402, "Please top up"), httpx.Response(402), httpx.Response(402, content=HTML)]
)
async def test_402_is_a_balance_that_is_too_low_whatever_it_says(answer: httpx.Response) -> None:
    error = await refused(answer)
    assert isinstance(error, errors.Rejected)
    assert error.reasons[0] is Reason.NO_FUNDS


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Rejected), (401, errors.Unauthorized), (403, errors.Blocked), (404, errors.Unreachable),
        (405, errors.Unreachable), (408, errors.TimedOut), (409, errors.Rejected), (410, errors.Retired),
        (413, errors.Rejected), (422, errors.Rejected), (429, errors.Throttled), (500, errors.Faltering),
        (502, errors.Faltering), (503, errors.Faltering), (504, errors.TimedOut), (524, errors.TimedOut),
        (301, errors.Unreachable), (308, errors.Unreachable),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [HTML, b"", b'{"title":', b"[]", b'{"errors": [{"message": "x"}]}'])
async def test_the_status_speaks(status: int, kind: type[errors.CloudError], body: bytes) -> None:
    location = {"Location": "https://elsewhere.example/v2/pods"} if status in (301, 308) else {}
    error = await failure(httpx.Response(status, content=body, headers=location))
    assert type(error) is kind


async def test_a_rest_api_that_is_not_there_is_no_end_of_graphql() -> None:
    assert "GraphQL" not in str(await failure(httpx.Response(404)))


async def test_a_page_at_200_is_a_gateway() -> None:
    assert type(await failure(httpx.Response(200, content=HTML))) is errors.Unreachable
    error = await refused(httpx.Response(200, content=HTML, headers={"Content-Type": "text/html"}))
    assert isinstance(error, errors.Unreachable)
    assert error.sent, "a change may have happened"


@pytest.mark.parametrize(("status", "kind"), [(400, errors.Retired), (404, errors.Retired), (500, errors.Faltering)])
async def test_a_problem_that_says_so_is_the_end_of_the_api(status: int, kind: type[errors.CloudError]) -> None:
    body = {"title": "Gone", "status": 410, "detail": "This API was retired"}
    assert type(await failure(httpx.Response(status, json=body))) is kind


async def test_the_front_door() -> None:
    error = await failure(httpx.Response(403, content=CAPTURED["not_problem_json"][0]["body_text"].encode()))
    assert type(error) is errors.Blocked
    assert "1010" in str(error)
    assert "API key is not the reason" in str(error)
    change = await refused(httpx.Response(403, content=b"error code: 1010"))
    assert isinstance(change, errors.Blocked)
    assert not change.sent, "its firewall says by which rule it turned the change away"


async def test_a_page_at_403_is_no_refusal_of_the_key_and_may_hide_a_change() -> None:
    for body in (HTML, b"", b"Forbidden", b'{"message": "Forbidden"}'):
        assert type(await failure(httpx.Response(403, content=body))) is errors.Blocked
        change = await refused(httpx.Response(403, content=body))
        assert isinstance(change, errors.Blocked)
        assert change.sent, "a filter may have withheld the response alone"


async def test_a_key_that_reads_and_may_not_change_is_restricted() -> None:
    denied = problem(403, "access denied")
    assert type(await failure(denied)) is errors.Forbidden
    assert type(await refused(denied)) is errors.Restricted
    unread = cloud({"POST /pods/p1/action": denied})
    with pytest.raises(errors.Forbidden) as caught:
        await unread.stop("p1")
    assert type(caught.value) is errors.Forbidden, "no read has shown that the key is good"


async def test_details_are_quoted_by_errors_of_the_server() -> None:
    error = await failure(problem(500, "the pool is empty"))
    assert "the pool is empty" in str(error)


async def test_the_id_of_the_request_is_at_the_end_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    named = {"x-request-id": "req_8c1d"}
    assert str(await failure(problem(500, "no", headers=named))).endswith(" (request id req_8c1d)")
    error = await refused(problem(400, "Pod is locked", headers=named))
    assert str(error) == "Pod is locked (request id req_8c1d)"
    assert isinstance(error, errors.Rejected)
    assert error.reasons == (Reason.LOCKED,)
    shapeless = httpx.Response(200, json={}, headers=named)
    assert str(await failure(shapeless)).endswith("(request id req_8c1d)")
    assert "request_id=req_8c1d" in caplog.text


@pytest.mark.parametrize(
    ("ident", "shown"),
    [("", ""), ("\x1b[31mred", "31mred"), ("a" * 99, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     ("9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d65…"),
     ("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "1b4e28ba-2fa1-11d2-883f-0016d3cca427")],
)  # fmt: skip
async def test_ids_that_are_odd_or_look_like_a_key(ident: str, shown: str) -> None:
    headers = httpx.Headers({"x-request-id": ident})
    response = problem(500, "no")
    response.headers = httpx.Headers([*response.headers.raw, *headers.raw])
    text = str(await failure(response))
    assert text.endswith(f"(request id {shown})" if shown else "(HTTP 500): no")


async def test_a_key_or_a_variable_that_is_echoed_is_masked() -> None:
    error = await refused(problem(400, f"bad key {KEY} and hf_abcdefghijklmnop"))
    assert KEY not in str(error)
    assert "hf_abcdefghijklmnop" not in str(error)


@pytest.mark.parametrize("size", [1, 10_000_000])
async def test_long_refusals_are_bounded(size: int) -> None:
    error = await refused(problem(400, "x" * size, errors=["y" * 9_000] * 200))
    assert isinstance(error, errors.Rejected)
    assert len(str(error)) <= 600 * 65


async def test_problem_is_a_value() -> None:
    error = await refused(problem(409, "not legal in this status"))
    assert isinstance(error, errors.Rejected)
    assert error.problems == (Problem("not legal in this status", code="409"),)


@pytest.mark.parametrize(
    "url", ["http://api.runpod.io/v2", "https://u:p@api.runpod.io/v2", "ftp://x/v2", "https://[::1/v2"]
)
async def test_what_must_not_be_sent_is_not(url: str) -> None:
    server = Server()
    connection = server.cloud(url=url)
    for ask in (connection.fleet, connection.market):
        with pytest.raises(errors.Insecure):
            await ask()
    with pytest.raises(errors.Insecure):
        await anext(aiter(connection.logs("p1", LogQuery())))
    assert [r for r in server.requests if "authorization" in r.headers] == []


async def test_without_a_key_nothing_is_asked_with_one() -> None:
    server = Server()
    with pytest.raises(errors.Unauthorized, match="No API key"):
        await server.cloud(key=None).market()
    assert server.requests == []


async def test_every_request_is_counted_and_none_after_the_end() -> None:
    sent: list[object] = []
    server = Server({"/pods/p1": pod(id="p1")})
    connection = server.cloud()
    connection.listen(Listener(sent=sent.append))
    await connection.fleet()
    await connection.pod("p1")
    assert len(sent) == len(server.requests)
    await connection.aclose()
    await connection.aclose()
    before = len(server.requests)
    with pytest.raises(errors.Unreachable) as caught:
        await connection.fleet()
    assert not caught.value.sent
    assert len(server.requests) == before
