"""Every way in which an answer does not come, as the error and the words that a person gets."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import ssl
from typing import Any

import httpx
import pytest

from tests.api.make import URL, Chunks, account, cloud
from tui.api import errors
from tui.api.http import body
from tui.api.http.body import LARGEST, PIECE

CLOUDFLARE = "<!DOCTYPE html><title>502: Bad gateway</title>"


async def failure(answer: Any, **options: Any) -> errors.CloudError:
    with pytest.raises(errors.CloudError) as caught:
        await cloud(answer, **options).fleet()
    error = caught.value
    assert str(error)[0].isupper() or str(error).startswith("api.runpod.io"), "a sentence"
    assert URL not in str(error)
    return error


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, errors.Unauthorized, "wrong or revoked"),
        (403, errors.Blocked, "API key is not the reason"),
        (404, errors.Unreachable, "is not RunPod's API"),
        (405, errors.Unreachable, "is not RunPod's API"),
        (408, errors.TimedOut, "gateway timed out"),
        (410, errors.Retired, "switched this API off"),
        (418, errors.Rejected, "without a reason"),
        (429, errors.Throttled, "Too many requests"),
        (500, errors.Faltering, "500"),
        (502, errors.Faltering, "502"),
        (503, errors.Faltering, "503"),
        (504, errors.TimedOut, "504"),
        (524, errors.TimedOut, "524"),
        (301, errors.Unreachable, "does not follow"),
        (308, errors.Unreachable, "does not follow"),
    ],
)
@pytest.mark.parametrize("body", [CLOUDFLARE.encode(), b"", b'{"errors":', b"error code: 1010"])
async def test_the_status_speaks(status: int, kind: type[errors.CloudError], words: str, body: bytes) -> None:
    location = {"Location": "https://elsewhere.example/graphql"} if status in (301, 308) else {}
    error = await failure(httpx.Response(status, content=body, headers=location))
    assert type(error) is kind
    assert words in str(error)


async def test_a_graphql_that_is_not_there_may_have_ended() -> None:
    assert 'set api = "rest"' in str(await failure(httpx.Response(404)))


PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (404, PROBLEM, b'{"title": "Gone", "status": 410}', errors.Retired),
        (403, PROBLEM, b'{"title": "Gone", "status": 410, "detail": "use /v2"}', errors.Retired),
        (404, PROBLEM, b'{"title": "Not found", "status": 404}', errors.Unreachable),
        (404, PROBLEM, b'{"status": "410"}', errors.Unreachable),
        (404, PROBLEM, b'{"status": 410', errors.Unreachable),
        (404, PROBLEM, b"\xff\xfe", errors.Unreachable),
        (404, {"Content-Type": "application/json"}, b'{"title": "Gone", "status": 410}', errors.Unreachable),
        (502, PROBLEM, b'{"title": "Gone", "status": 410}', errors.Faltering),
    ],
)
async def test_a_problem_document_may_say_that_an_api_is_gone(
    status: int, headers: dict[str, str], body: bytes, kind: type[errors.CloudError]
) -> None:
    assert type(await failure(httpx.Response(status, headers=headers, content=body))) is kind


async def test_errors_at_400_are_the_servers_own() -> None:
    body = {"errors": [{"message": 'Cannot query field "x"', "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}
    error = await failure(httpx.Response(400, json=body))
    assert isinstance(error, errors.Rejected)
    assert error.problems[0].message == 'Cannot query field "x"'
    assert error.problems[0].code == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b'{"errors": [{"message": "no access"}]}'),
        (PROBLEM, b'{"title": "Forbidden", "status": 403, "detail": "no access"}'),
    ],
)
async def test_a_403_in_runpods_own_form_is_about_the_key(headers: dict[str, str], body: bytes) -> None:
    error = await failure(httpx.Response(403, headers=headers, content=body))
    assert type(error) is errors.Forbidden
    assert "no access" in str(error)


async def test_what_a_broken_server_says_is_passed_on() -> None:
    error = await failure(httpx.Response(500, json={"errors": [{"message": "the pool is empty"}]}))
    assert type(error) is errors.Faltering
    assert "the pool is empty" in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "999999999999"}, 3600.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "Wed, 15 Jul 2026 13:41:52 GMT"}, 10.0),
        ({"Retry-After": "Wed, 15 Jul 2026 13:41:00 GMT"}, 0.0),
        ({"Retry-After": "Fri, 15 Jul 2033 13:41:00 GMT"}, 3600.0),
        # The server's clock is an hour behind ours: the difference counts.
        ({"Retry-After": "Wed, 15 Jul 2026 12:42:00 GMT", "Date": "Wed, 15 Jul 2026 12:41:40 GMT"}, 20.0),
    ],
)
async def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    error = await failure(httpx.Response(429, headers=headers), wall=lambda: 1784122902.0)
    assert isinstance(error, errors.Throttled)
    assert error.retry_after == seconds


def wrapped(cause: Exception) -> httpx.ConnectError:
    """As httpx and httpcore do: the system's error at the bottom of a chain."""
    middle, top = RuntimeError("middle"), httpx.ConnectError("All connection attempts failed")
    middle.__cause__, top.__cause__ = cause, middle
    return top


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (wrapped(socket.gaierror(-2, "Name or service not known")), errors.Unreachable, "Name or service not known"),
        (
            wrapped(ExceptionGroup("two addresses", [OSError(errno.ECONNREFUSED, "Connect call failed"), OSError()])),
            errors.Unreachable,
            "Connection refused",
        ),
        (
            wrapped(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")),
            errors.Unreachable,
            "The TLS connection to api.runpod.io failed (wrong version number). Check the network and api_url.",
        ),
        (httpx.ConnectTimeout(""), errors.TimedOut, "timed out"),
        (httpx.ReadTimeout(""), errors.TimedOut, "did not respond in time"),
        (httpx.ReadError(""), errors.Unreachable, "closed the connection"),
        (httpx.RemoteProtocolError("Server disconnected"), errors.Unreachable, "closed the connection"),
        (httpx.RemoteProtocolError("illegal status line"), errors.Unreachable, "valid HTTP"),
        (httpx.ProxyError("407 Proxy Authentication Required"), errors.Unreachable, "HTTPS_PROXY"),
        (
            httpx.LocalProtocolError("Illegal header value b'Bearer xyz'"),
            errors.Unreachable,
            "not create a valid request",
        ),
        (httpx.DecodingError("boom"), errors.Unreachable, "closed the connection"),
        (ConnectionResetError(104, "reset"), errors.Unreachable, "closed the connection"),
        (httpx.InvalidURL("bad"), errors.Unreachable, "address is invalid"),
    ],
)
async def test_the_networks_failures(error: Exception, kind: type[errors.CloudError], words: str) -> None:
    found = await failure(error)
    assert type(found) is kind
    assert words in str(found)
    assert "Bearer" not in str(found)


async def test_a_dripping_server_meets_the_deadline() -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b"{"
            await asyncio.Event().wait()

    error = await failure(httpx.Response(200, stream=Drip()), deadline=0.01)
    assert type(error) is errors.TimedOut
    assert error.sent


async def test_a_cancelled_request_is_cancelled() -> None:
    asked = asyncio.Event()

    class Silence(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    task = asyncio.create_task(cloud({}, transport=Silence()).fleet())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"data":{"myself":{"id":"u","pods":[{"id":"p1","na',
        b'{"data":{"myself":{"id":"u"}}} trailing',
        b'{"data":' + b"[" * 100_000,
        b"error code: 1010",
        b"{}",
        b'{"data":null}',
        b'{"data":null,"errors":[]}',
    ],
)
async def test_a_body_that_is_no_answer(body: bytes) -> None:
    assert type(await failure(body)) is errors.Malformed


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html=CLOUDFLARE),
        httpx.Response(200, content=b"\r\n <html>sign in to the wifi</html>"),
        httpx.Response(200, content=b"", headers={"Content-Type": "text/HTML; charset=utf-8"}),
    ],
)
async def test_a_web_page_is_not_runpod(response: httpx.Response) -> None:
    error = await failure(response)
    assert type(error) is errors.Unreachable
    assert "web page" in str(error)


# Bodies: the size is bounded after decompression, whatever the headers say.


def streamed(*chunks: bytes, encoding: str | None = None, error: Exception | None = None) -> httpx.Response:
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    return httpx.Response(200, headers=headers, stream=Chunks(*chunks, error=error))


PLAIN = httpx.Response(200, json=account()).content


@pytest.mark.parametrize("pieces", [1, 2, 7])
async def test_a_compressed_body_comes_in_any_pieces(pieces: int) -> None:
    packed = gzip.compress(PLAIN)
    size = -(-len(packed) // pieces)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    snapshot = await cloud(streamed(*chunks, encoding="gzip")).fleet()
    assert snapshot.pods == ()


async def test_a_plain_body_comes_in_pieces() -> None:
    assert (await cloud(streamed(PLAIN[:9], PLAIN[9:])).fleet()).pods == ()
    assert (await cloud(streamed(PLAIN, encoding="identity")).fleet()).pods == ()


async def test_a_bomb_is_not_unpacked() -> None:
    """A gibibyte of blanks in a megabyte, in one piece."""
    deflate = __import__("zlib").compressobj(9, wbits=31)
    megabyte = b" " * 2**20
    packed = b"".join([*(deflate.compress(megabyte) for _ in range(64)), deflate.flush()])
    assert len(packed) < 2**20
    error = await failure(streamed(packed, encoding="gzip"))
    assert type(error) is errors.Malformed
    assert f"larger than {LARGEST // 2**20} MiB" in str(error)


async def test_much_in_a_few_bytes_is_unpacked_a_piece_at_a_time() -> None:
    packed = gzip.compress(PLAIN + b" " * (10 * PIECE))
    turns = 0

    async def hear_keys() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    hearing = asyncio.create_task(hear_keys())
    response = streamed(packed, encoding="gzip")
    assert await body.read(response) == PLAIN + b" " * (10 * PIECE)
    hearing.cancel()
    assert turns >= 10


async def test_a_body_is_unpacked_whole_whatever_its_size() -> None:
    for size in (0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE):
        packed = gzip.compress(b"x" * size)
        assert len(await body.read(streamed(packed, encoding="gzip"), limit=2 * PIECE)) == size
        assert len(await body.read(streamed(packed[:9], packed[9:], encoding="gzip"), limit=2 * PIECE)) == size
    for limit in (0, PIECE - 1, PIECE, 2 * PIECE - 1):
        with pytest.raises(errors.Malformed):
            await body.read(streamed(packed, encoding="gzip"), limit=limit)


async def test_an_endless_body_is_left() -> None:
    endless = Chunks(*[b" " * 2**20] * 80)
    error = await failure(httpx.Response(200, stream=endless))
    assert type(error) is errors.Malformed
    assert endless.read == LARGEST // 2**20 + 1


async def test_a_large_body_given_whole_is_refused_too() -> None:
    assert type(await failure(b" " * (LARGEST + 1))) is errors.Malformed


@pytest.mark.parametrize(
    ("chunks", "encoding"),
    [
        ((gzip.compress(PLAIN)[:-9],), "gzip"),
        ((b"this is not gzip",), "gzip"),
        ((PLAIN,), "br"),
        ((), "gzip"),
    ],
)
async def test_a_wrongly_compressed_body(chunks: tuple[bytes, ...], encoding: str) -> None:
    assert type(await failure(streamed(*chunks, encoding=encoding))) is errors.Malformed


async def test_a_body_that_breaks_off() -> None:
    cut = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    assert type(await failure(streamed(PLAIN[:20], error=cut))) is errors.Malformed
    assert type(await failure(streamed(PLAIN[:20], error=httpx.ReadError("reset")))) is errors.Unreachable
    assert type(await failure(streamed(PLAIN[:20], error=httpx.ReadTimeout("")))) is errors.TimedOut


async def test_a_refusal_whose_body_breaks_off_is_still_that_refusal() -> None:
    for error in (httpx.ReadError(""), httpx.ReadTimeout(""), httpx.RemoteProtocolError("")):
        response = httpx.Response(401, stream=Chunks(b"{", error=error))
        assert type(await failure(response)) is errors.Unauthorized


async def test_closing_twice_and_asking_afterwards() -> None:
    closed = cloud(account())
    await closed.aclose()
    await closed.aclose()
    with pytest.raises(errors.Unreachable) as caught:
        await closed.fleet()
    assert not caught.value.sent
