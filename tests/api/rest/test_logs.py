"""Logs over REST v2: the stream as the standard defines it, hostile text, and a connection that is let go at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.rest.make import EXAMPLES, Server, problem
from tui.api import errors
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.api.rest.logs import PIECE, log_line, shown
from tui.api.rest.sse import LARGEST_EVENT, LONGEST_LINE, MOST_IDLE, Event, Parser

KIND = {"Content-Type": "text/event-stream; charset=utf-8"}


def events(*chunks: bytes) -> list[Event]:
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"data: a\n\n", [Event("", "", b"a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("", "", b"a")]),
        (b"data:a\r\rdata: b\r\n\r\n", [Event("", "", b"a"), Event("", "", b"b")]),
        (b"data: a\ndata:  b\ndata\n\n", [Event("", "", b"a\n b\n")]),
        (b": comment\n\n:\n\ndata: a\n: inside\n\n", [Event("", "", b"a")]),
        (b"id: 1\ndata: a\n\ndata: b\n\n", [Event("1", "", b"a"), Event("1", "", b"b")]),
        (b"id: 1\n\nid: 2\ndata: a\n\n", [Event("2", "", b"a")]),
        (b"id: x\0y\ndata: a\n\n", [Event("", "", b"a")]),
        (b"event: ping\ndata: a\n\ndata: b\n\n", [Event("", "ping", b"a"), Event("", "", b"b")]),
        (b"retry: 5\nwhat: ever\ndata: a\n\n", [Event("", "", b"a")]),
        (b"event: x\n\n", []),
        (b"data\n\n", []),
        (b"data: unfinished\n", []),
        (b"data: a\n\ndata: unfinished", [Event("", "", b"a")]),
    ],
)
def test_the_standards_stream(stream: bytes, found: list[Event]) -> None:
    assert events(stream) == found
    assert events(*(stream[at : at + 1] for at in range(len(stream)))) == found


pieces = st.sampled_from(
    [b"data: ", b"id: 7", b":", b"\r", b"\n", b"\r\n", b"x", b"\xef\xbb\xbf", b"event: e", b" ", b"\xff"]
)


@given(st.lists(pieces, max_size=30).map(b"".join), st.lists(st.integers(0, 60), max_size=6))
def test_wherever_it_is_cut_it_is_the_same(stream: bytes, cuts: list[int]) -> None:
    at = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    assert events(*(stream[a:b] for a, b in pairwise(at)), b"") == events(stream)


def test_a_long_line_is_cut_and_that_is_said() -> None:
    parser = Parser()
    for _ in range(3):
        assert list(parser.feed(b"data: " + b"x" * LONGEST_LINE)) == []
    found = [*parser.feed(b"\n\ndata: next\n\n")]
    assert [event.cut for event in found] == [True, False]
    assert len(found[0].data) <= LONGEST_LINE
    line = log_line(found[0])
    assert line is not None
    assert line.text == "(a line longer than 1 MiB is not shown)"


def test_a_large_event_is_cut_and_that_is_said() -> None:
    found = events(*[b"data: " + b"x" * (LONGEST_LINE - 6) + b"\n"] * 9, b"\n")
    assert len(found[0].data) <= LARGEST_EVENT + 9
    line = log_line(found[0])
    assert line is not None
    assert line.text == "(a line longer than 4 MiB is not shown)"


def test_the_documents_example() -> None:
    (event,) = events((EXAMPLES / "pod-logs.spec-example.sse").read_bytes())
    assert log_line(event) == LogLine(
        "2026-06-01T12:02:03Z/000000000001", 1780315323.0, LogSource.CONTAINER, "Model loaded."
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b]unfinished", "unfinished"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("10%\r50%\r100%", "100%"),
        ("kept\r", "kept"),
        ("a\tb\x00\x07c  ", "a bc"),
        ("\r\r", ""),
    ],
)
def test_hostile_text_is_data(text: str, left: str) -> None:
    assert shown(text) == left
    (event,) = events(b"data: " + json.dumps({"line": text}).encode() + b"\n\n")
    line = log_line(event)
    assert line is not None
    assert line.text == left


@given(st.text(max_size=200) | st.text("\x1b[]0123;m\\\x07\x9b\r\n\u202e\u200bP^_ab", max_size=80))
def test_no_character_of_a_line_controls_anything(text: str) -> None:
    assert shown(text).isprintable() or shown(text) == ""


inner = st.recursive(
    st.none() | st.text(max_size=4) | st.floats(),
    lambda leaves: st.lists(leaves) | st.dictionaries(st.sampled_from(["ts", "source", "line"]), leaves),
)
junk = st.binary(max_size=200) | inner.map(lambda value: json.dumps(value).encode())


@given(junk)
def test_whatever_an_event_holds_is_a_line_or_none(data: bytes) -> None:
    line = log_line(Event("i", "", data))
    assert line is None or (line.text.isprintable() and len(line.text) <= 131_072)


async def read(server: Server, query: LogQuery | None = None) -> list[LogLine]:
    return [line async for line in server.cloud().logs("p1", query or LogQuery())]


def streaming(content: Any) -> Server:
    body = {"stream": content} if isinstance(content, httpx.AsyncByteStream) else {"content": content}
    return Server({"/pods/p1/logs": lambda request: httpx.Response(200, headers=KIND, **body)})


def event(text: str, ident: str = "i") -> bytes:
    data = json.dumps({"ts": "2026-06-01T12:02:03Z", "source": "system", "line": text})
    return f"id: {ident}\ndata: {data}\n\n".encode()


async def test_lines_of_a_stream_until_it_ends() -> None:
    server = streaming(b": hello\n\n" + event("one", "a/1") + event("two", "a/2"))
    assert [(line.id, line.text, line.source) for line in await read(server)] == [
        ("a/1", "one", LogSource.SYSTEM), ("a/2", "two", LogSource.SYSTEM),
    ]  # fmt: skip
    (request,) = server.requests
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("query", "params", "last"),
    [
        (LogQuery(), "tail=100", None),
        (LogQuery(tail=0), "tail=0", None),
        (LogQuery(tail=9_999), "tail=5000", None),
        (LogQuery(LogSource.CONTAINER, tail=-1), "source=container&tail=0", None),
        (LogQuery(since=1780315323.25, tail=5), "since=2026-06-01T12%3A02%3A03.250Z", None),
        (LogQuery(LogSource.SYSTEM, since=1780315323.0, after="2026/1"), "source=system", "2026/1"),
        (LogQuery(after="a\r\nX-Evil: 1"), "tail=100", None),
    ],
)
async def test_where_a_stream_begins(query: LogQuery, params: str, last: str | None) -> None:
    server = streaming(b"")
    await read(server, query)
    (request,) = server.requests
    assert str(request.url.params) == params
    assert request.headers.get("last-event-id") == last


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(404, "resource not found"), errors.Rejected), (problem(401, "no"), errors.Unauthorized),
        (problem(403, "no"), errors.Forbidden), (problem(429, "slow"), errors.Throttled),
        (problem(500, "no"), errors.Faltering), (problem(410, "gone"), errors.Retired),
        (httpx.ConnectError(""), errors.Unreachable), (httpx.ReadTimeout(""), errors.TimedOut),
        (httpx.Response(200, content=b"<html>"), errors.Malformed), ({"line": "x"}, errors.Malformed),
        (httpx.Response(302, headers={"Location": "https://evil.example"}), errors.Unreachable),
    ],
)  # fmt: skip
async def test_a_stream_that_does_not_begin(answer: Any, kind: type[errors.CloudError]) -> None:
    server = Server({"/pods/p1/logs": answer})
    with pytest.raises(errors.CloudError) as caught:
        await read(server)
    assert isinstance(caught.value, kind)
    assert len(server.requests) == 1


class Feed(httpx.AsyncByteStream):
    """A stream that a test holds."""

    def __init__(self, *chunks: bytes, error: Exception | None = None, hangs: bool = False) -> None:
        self.chunks, self.error, self.hangs = chunks, error, hangs
        self.closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.error is not None:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed.set()


async def test_a_stream_that_breaks_is_an_error_after_its_lines() -> None:
    connection = streaming(Feed(event("one"), error=httpx.ReadError("reset"))).cloud()
    lines = connection.logs("p1", LogQuery())
    assert (await anext(lines)).text == "one"
    with pytest.raises(errors.Unreachable):
        await anext(lines)


async def test_nothing_that_a_log_holds_keeps_the_event_loop_for_long() -> None:
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    ticking = asyncio.create_task(tick())
    lines = await read(streaming(b":\n\n" * 20_000 + event("last")))
    ticking.cancel()
    assert [line.text for line in lines] == ["last"]
    assert turns >= 3 * 20_000 // PIECE - 2


@pytest.mark.parametrize("piece", [b"\n", b"data:\n\n", b": x\n", b"id: 7\n\n", b"event: x\n\n", b"retry: 1\r\n"])
async def test_a_stream_of_nothing_is_not_received_for_ever(piece: bytes) -> None:
    received = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal received
            while True:
                received += 10 * PIECE
                yield piece * (10 * PIECE // len(piece))

    assert await read(streaming(Endless())) == []
    assert received <= 2 * MOST_IDLE


async def test_a_long_event_is_no_stream_of_nothing() -> None:
    (line,) = await read(streaming(event("x" * 2 * MOST_IDLE)))
    assert len(line.text) > MOST_IDLE


@pytest.mark.parametrize("mib", [1.2, 3.9])
async def test_a_line_that_is_not_shown_ends_no_stream(mib: float) -> None:
    pieces = [event("before"), b"data: ", *[b"x" * 2**16] * int(mib * 16), b"\n\n", event("after")]
    lines = [line.text for line in await read(streaming(Feed(*pieces)))]
    assert lines == ["before", "(a line longer than 1 MiB is not shown)", "after"]


async def test_a_line_without_an_end_ends_a_stream_with_a_word() -> None:
    pieces = [event("before"), b"data: ", *[b"x" * 2**16] * 80, b"\n\n", event("after")]
    lines = [line.text for line in await read(streaming(Feed(*pieces)))]
    assert lines == ["before", "(a line longer than 4 MiB is not shown)"]


async def test_a_long_comment_is_nothing_once_it_has_ended() -> None:
    assert await read(streaming(Feed(b":" + b"x" * 2 * MOST_IDLE, b"\n\n", event("after")))) == []


async def test_silence_ends_a_stream_without_an_error() -> None:
    from tui.api.http.call import Call

    connection = streaming(feed := Feed(event("one"), hangs=True)).cloud()
    exchange = connection._exchange
    call = Call("logs", "GET", exchange.address("pods", "p1", "logs"))
    assert [chunk async for chunk in exchange.stream(call, silence=0.01)] == [event("one")]
    assert feed.closed.is_set()


async def test_cancelling_closes_the_connection_at_once() -> None:
    connection = streaming(feed := Feed(event("one"), hangs=True)).cloud()
    got = asyncio.Event()

    async def watch() -> None:
        async for _ in connection.logs("p1", LogQuery()):
            got.set()

    task = asyncio.create_task(watch())
    await got.wait()
    assert not feed.closed.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert feed.closed.is_set()
    assert connection._exchange._streams == set()


async def test_leaving_the_loop_and_closing_it_closes_the_connection() -> None:
    connection = streaming(feed := Feed(event("one"), event("two"), hangs=True)).cloud()
    lines = connection.logs("p1", LogQuery())
    assert (await anext(lines)).text == "one"
    await lines.aclose()  # type: ignore[attr-defined]
    assert feed.closed.is_set()


async def test_a_real_connection_is_let_go_when_podtop_ends() -> None:
    """Over loopback: closing the cloud ends who still reads, without an error."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event("one"))
        await writer.drain()
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = Server().cloud(url=f"http://127.0.0.1:{port}/v2", transport=None)
    found: list[str] = []
    got = asyncio.Event()

    async def watch() -> None:
        async for line in connection.logs("p1", LogQuery()):
            found.append(line.text)
            got.set()

    task = asyncio.create_task(watch())
    await asyncio.wait_for(got.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(gone.wait(), 10)
    await connection.aclose()
    server.close()
    await server.wait_closed()
    assert found == ["one"]
