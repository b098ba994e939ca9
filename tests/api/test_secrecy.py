"""The key goes into one header of one request to one host, and nowhere else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.make import KEY, URL, Recorder, account, cloud
from tui import __version__
from tui.api.errors import CloudError, Insecure, Unauthorized
from tui.api.graphql.client import GraphQLCloud
from tui.api.http.endpoint import host_of, is_loopback, objection, stays_here
from tui.api.secret import LONGEST_PIECE, Secret, masked_start, redact


async def test_the_request() -> None:
    recorder = Recorder(account())
    await cloud(recorder).fleet()
    (request,) = recorder.requests
    assert str(request.url) == URL
    assert request.method == "POST"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["User-Agent"] == f"podtop/{__version__}"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers.get_list("Authorization") == [f"Bearer {KEY}"]
    assert KEY.encode() not in request.content
    assert set(json.loads(request.content)) == {"query", "variables"}
    assert [name for name, value in request.headers.items() if KEY in value] == ["authorization"]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def frames(error: BaseException) -> Iterator[str]:
    """Names and values of every local variable of a traceback, as a crash report would print them."""
    for link in chain(error):
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/tui/" in frame.f_code.co_filename:
                yield repr(frame.f_locals)


ANSWERS: list[Any] = [
    httpx.Response(401, json={"errors": [{"message": f"key {KEY} is not valid"}]}),
    httpx.Response(403, text=KEY),
    httpx.Response(429, text=KEY),
    httpx.Response(500, json={"errors": [{"message": f"Bearer {KEY}"}]}),
    httpx.Response(302, headers={"Location": f"https://elsewhere.example/?api_key={KEY}"}),
    httpx.Response(400, json={"errors": [{"message": f"bad header: Bearer {KEY}" + "x" * 5000}]}),
    httpx.Response(200, json={"data": None, "errors": [{"message": f"who is {KEY}?"}]}),
    httpx.Response(200, text=f"not JSON {KEY}"),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"),
    httpx.ConnectError(f"cannot send {KEY}"),
    httpx.ReadTimeout(KEY),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: repr(a)[:30].replace(KEY, ""))
async def test_the_key_is_in_no_error_log_or_traceback(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CloudError) as caught:
        await cloud(answer).fleet()
    links = list(chain(caught.value))
    assert links == [caught.value], "nothing of httpx hangs on the error"
    told = [repr(caught.value), str(caught.value), caplog.text, *frames(caught.value)]
    told += [repr(record.__dict__) for record in caplog.records]
    for text in told:
        assert KEY not in text


async def test_the_key_is_in_no_log_of_a_success(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await cloud(account()).fleet()
    assert KEY not in caplog.text
    assert KEY not in "".join(repr(record.__dict__) for record in caplog.records)


def test_the_key_is_in_no_repr() -> None:
    made = cloud(account())
    values = [made, *vars(made).values()]
    inside = [value for value in vars(made).values() if hasattr(value, "__dict__")]
    values += [value for inner in inside for value in vars(inner).values()]
    assert values
    for value in values:
        assert KEY not in repr(value)
    assert repr(made) == "GraphQLCloud(api.runpod.io)"


def test_a_secret_shows_a_mask() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    assert secret == Secret("hunter2")
    assert hash(secret) == hash(Secret("hunter2"))
    assert secret != Secret("hunter3")
    assert secret != "hunter2"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)


def test_redaction_masks_pieces_and_leaves_the_rest() -> None:
    assert redact("a hunter2 b", (Secret("hunter2"),)) == "a ••• b"
    assert redact("line one\\nline two", (Secret("one\ntwo"), Secret("line"))) == "••• one\\n••• two"
    assert redact('{"n": "1"} at 1', (Secret("1"),)) == '{"n": "•••"} at 1'
    assert redact("nothing", (Secret(""),)) == "nothing"


@pytest.mark.parametrize("before", ["", "OTHEROTHEROTHER " * 3], ids=["alone", "after others that shrink"])
@pytest.mark.parametrize(
    "behind", ["", " and more", "x" * 3 * LONGEST_PIECE], ids=["at the end", "in the text", "in a run"]
)
def test_a_secret_at_a_cut_leaves_no_part_of_it(before: str, behind: str) -> None:
    secrets = (Secret("OTHEROTHEROTHER"), Secret("ABCDEFGHIJKL"))
    for place in range(48, 120):
        text = f"{before}{'-' * (place - len(before))}ABCDEFGHIJKL{behind}"
        seen = masked_start(text, 64, lambda text: redact(text, secrets))
        assert len(seen) <= 64
        assert not any("A" <= ch <= "Z" for ch in seen)


def test_no_more_of_a_text_is_masked_than_can_reach_into_what_is_kept() -> None:
    masked: list[int] = []

    def hide(text: str) -> str:
        masked.append(len(text))
        return text

    assert masked_start("word " * 100_000, 64, hide) == ("word " * 13)[:64]
    assert masked_start("x" * 500_000, 64, hide) == "x" * 64
    assert masked_start("short", 64, hide) == "short"
    assert masked == [65, 64 + LONGEST_PIECE, 5]


async def test_a_redirect_is_not_followed() -> None:
    hosts: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/graphql"})

    with pytest.raises(CloudError, match="does not follow"):
        await cloud(handle).fleet()
    assert hosts == ["api.runpod.io"]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.runpod.io/graphql",
        "http://127.0.0.1.example.com/graphql",
        "http://localhost.example.com/",
        "http://10.0.0.1/graphql",
        "http://[2001:db8::1]/graphql",
        "https://user:word@api.runpod.io/graphql",
        "https://user@api.runpod.io/graphql",
        "https://api.runpod.io/graphql?api_key=abc",
        "https://api.runpod.io/graphql?API_KEY=",
        "ftp://api.runpod.io/",
        "api.runpod.io/graphql",
        "https://",
        "https://[::1",
        "https://host:99999999/",
        "",
    ],
)
async def test_the_key_does_not_go_there(url: str) -> None:
    recorder = Recorder(account())
    careful = cloud(recorder, url=url)
    with pytest.raises(Insecure) as caught:
        await careful.fleet()
    with pytest.raises(Insecure):
        await careful.stop("p1")
    assert recorder.requests == []
    assert "word" not in str(caught.value).split()
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/graphql", "http://localhost/graphql", "http://[::1]:1/g", URL])
async def test_the_key_goes_there(url: str) -> None:
    recorder = Recorder(account())
    await cloud(recorder, url=url).fleet()
    assert recorder.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_what_needs_no_key_may_go_over_plain_http() -> None:
    recorder = Recorder({"data": {"gpuTypes": []}})
    await cloud(recorder, url="http://api.runpod.io/graphql").market()
    assert "authorization" not in recorder.requests[0].headers


@pytest.mark.parametrize("key", [None, "", "  \n"])
async def test_without_a_key_nothing_is_sent(key: str | None) -> None:
    recorder = Recorder(account())
    with pytest.raises(Unauthorized, match="No API key"):
        await cloud(recorder, key=key).fleet()
    assert recorder.requests == []


@pytest.mark.parametrize("key", ["two words", "línea", "a\nb", "a\x00b", "a\xa0b"])
async def test_a_key_that_fits_in_no_header_is_refused_without_being_quoted(key: str) -> None:
    recorder = Recorder(account())
    with pytest.raises(Unauthorized) as caught:
        await cloud(recorder, key=key).fleet()
    assert key not in str(caught.value)
    assert recorder.requests == []


async def test_white_space_around_a_key_is_not_part_of_it() -> None:
    recorder = Recorder(account())
    await cloud(recorder, key=f" {KEY}\n").fleet()
    assert recorder.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_what_stays_on_this_machine_is_not_given_to_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    def proxied(url: str) -> bool:
        line = GraphQLCloud(url, KEY)._exchange._line
        assert line is not None
        told = line.client._transport_for_url(httpx.URL(url)) is not line.client._transport
        assert told is (line.proxy is not None)
        return told

    assert proxied(URL)
    assert not proxied("http://127.0.0.1:8000/graphql")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("pod.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("localhost.example", False),
        ("128.0.0.1", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_only_the_host_of_an_address_is_shown() -> None:
    assert host_of("https://user:word@api.runpod.io:8443/graphql?api_key=x") == "api.runpod.io:8443"
    assert host_of("http://[::1]:8000/") == "[::1]:8000"
    assert host_of("https://[::1") == ""
    assert not stays_here("https://[::1")
    assert objection(URL, with_key=True) is None
