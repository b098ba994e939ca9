"""The server: who is let in, what is refused, and that no request harms it. Over real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from tui.api.errors import Throttled, Unreachable
from tui.api.secret import Secret
from tui.domain.listen_address import ListenAddress, listen_address
from tui.services.exporter.exporter import AccountExport, Exporter
from tui.services.exporter.server import CONNECTIONS, MOST_OF_A_REQUEST, Answer, Request, Server
from tui.store.fleet import Fleet

LOOPBACK = ListenAddress("127.0.0.1", 0)
TOKEN = "a-token-of-some-length"


async def _echo(request: Request) -> Answer:
    return Answer(f"{request.path} {dict(request.query)}".encode() * 100)


async def _broken(request: Request) -> Answer:
    raise RuntimeError(TOKEN)


@asynccontextmanager
async def serving(token: Secret | None = None) -> AsyncIterator[ListenAddress]:
    server = Server({"/echo": _echo, "/broken": _broken, "/healthz": _echo}, token)
    where = await server.start(LOOPBACK)
    try:
        yield where
    finally:
        await server.close()


async def raw(where: ListenAddress, data: bytes) -> bytes:
    """What comes back for bytes, until the server closes."""
    reader, writer = await asyncio.open_connection(*where)
    writer.write(data)
    if writer.can_write_eof():
        writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_route_answers_and_compresses_for_who_can_read_it() -> None:
    async with serving() as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        plain = await client.get("/echo?a=1", headers={"accept-encoding": "identity"})
        packed = await client.get("/echo?a=1")
        head = await client.head("/echo")
    assert plain.text == packed.text == "/echo {'a': '1'}" * 100
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert head.content == b""
    assert plain.headers["cache-control"] == "no-store"


async def test_one_connection_serves_many_requests() -> None:
    get = b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving() as where:
        assert (await raw(where, get * 5)).count(b"HTTP/1.1 200") == 5


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/echo", 405), ("DELETE", "/echo", 405), ("GET", "/else", 404), ("GET", "/broken", 500)],
)
async def test_anything_else_is_refused(method: str, path: str, status: int) -> None:
    async with serving() as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        answer = await client.request(method, path)
        assert (await client.get("/echo")).status_code == 200
    assert answer.status_code == status
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff\xfe"]
)
async def test_without_the_token_nothing_is_read(given: str) -> None:
    async with serving(Secret(TOKEN)) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        answer = await client.get("/echo", headers={"authorization": given.encode("latin-1")} if given else {})
        missing = await client.get("/else")
        health = await client.get("/healthz")
        let_in = await client.get("/echo", headers={"authorization": f"bearer {TOKEN}"})
    assert answer.status_code == missing.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert health.status_code == let_in.status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9464", "10.0.0.7", "localhost.evil.example"])
async def test_a_page_in_a_browser_reads_nothing_under_another_name(host: str) -> None:
    async with serving() as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        assert (await client.get("/echo", headers={"host": host})).status_code == 421
        for own in ("localhost:9464", "127.0.0.1", "[::1]:9464"):
            assert (await client.get("/echo", headers={"host": own})).status_code == 200


async def test_an_address_of_all_machines_needs_a_token() -> None:
    with pytest.raises(ValueError, match="token"):
        await Server({}).start(ListenAddress("0.0.0.0", 0))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\x00 HTTP/1.1\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n\r\n", b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000,
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 3 * MOST_OF_A_REQUEST,
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)  # fmt: skip
async def test_bytes_that_are_no_request_end_their_connection_only(data: bytes) -> None:
    async with serving() as where:
        answer = await raw(where, data)
        assert b"HTTP/1.1 200" not in answer.split(b"\r\n")[0] or not answer
        async with httpx.AsyncClient(base_url=f"http://{where}") as client:
            assert (await client.get("/echo")).status_code == 200


async def test_too_many_connections_are_closed_and_do_not_starve_it() -> None:
    async with serving() as where:
        held = [await asyncio.open_connection(*where) for _ in range(CONNECTIONS)]
        reader, writer = await asyncio.open_connection(*where)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        for _, each in [*held, (reader, writer)]:
            each.close()
            await each.wait_closed()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("9464", "127.0.0.1", 9464), ("127.0.0.1", "127.0.0.1", 9464), ("localhost:1", "localhost", 1),
        ("[::1]:80", "::1", 80), ("::1", "::1", 9464), (":9464", "0.0.0.0", 9464), ("10.1.2.3:0", "10.1.2.3", 0),
    ],
)  # fmt: skip
def test_addresses(text: str, host: str, port: int) -> None:
    assert listen_address(text) == ListenAddress(host, port)
    assert listen_address(str(listen_address(text))) == (host, port)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        read = listen_address(text)
    except ValueError:
        return
    assert 0 <= read.port <= 65_535
    assert listen_address(str(read)) == read


# What is served


def _fleet() -> Fleet:
    made = Fleet(5.0, 60.0)
    made.apply(make.snapshot(make.pod("a")), 100.0)
    return made


async def test_the_exporter_counts_failures_and_tells_its_health() -> None:
    fleet, now = _fleet(), [101.0]
    export = AccountExport("work", fleet, lambda: now[0], requests=lambda: 7)
    exporter = Exporter([export])
    where = await exporter.start(LOOPBACK)
    try:
        async with httpx.AsyncClient(base_url=f"http://{where}") as client:
            page = await client.get("/metrics")
            assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert 'podtop_gpu_utilization_ratio{account="work",pod="a",gpu="0"} 0.5' in page.text
            assert (await client.get("/healthz")).json() == {"ok": True, "answered_at": 100.0, "error": None}
            for number, error in enumerate((Unreachable("no route"), Unreachable("no route"), Throttled("slow down"))):
                fleet.fail(error, 105.0 + number)
                export.changed()
                export.changed()
            now[0] = 200.0
            page = await client.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
            health = await client.get("/healthz")
    finally:
        await exporter.close()
    assert page.text.endswith("# EOF\n")
    assert "podtop_gpu_utilization_ratio" not in page.text
    assert 'podtop_poll_failures_total{account="work",reason="unreachable"} 2' in page.text
    assert 'podtop_poll_failures_total{account="work",reason="throttled"} 1' in page.text
    assert 'podtop_api_requests_total{account="work"} 7' in page.text
    assert health.status_code == 503
    assert health.json()["error"] == "slow down"


async def test_several_accounts_are_one_page_and_a_fleet_each() -> None:
    work, lab = _fleet(), Fleet(5.0, 60.0)
    lab.fail(Unreachable("no route to the lab"), 100.0)
    exports = [AccountExport("work", work, lambda: 101.0), AccountExport("the lab", lab, lambda: 101.0)]
    exporter = Exporter(exports)
    where = await exporter.start(LOOPBACK)
    try:
        async with httpx.AsyncClient(base_url=f"http://{where}") as client:
            page = (await client.get("/metrics")).text
            health = await client.get("/healthz")
            unnamed = await client.get("/v1/fleet")
            named = await client.get("/the%20lab/v1/fleet")
            other = await client.get("/prod/v1/fleet")
    finally:
        await exporter.close()
    assert 'podtop_poll_success{account="work",what="pods"} 1' in page
    assert 'podtop_poll_success{account="the lab",what="pods"} 0' in page
    # One that fails is not hidden by one that answers.
    assert health.status_code == 503
    assert health.json()["accounts"]["work"]["ok"] is True
    assert health.json()["accounts"]["the lab"]["error"] == "no route to the lab"
    assert (unnamed.status_code, other.status_code) == (404, 404)
    assert "work, the lab" in unnamed.text
    assert named.json()["account"] == "the lab"
    assert named.json()["trouble"] == "no route to the lab"
