"""Requests that are cancelled in bursts, as flipping through lists does, cost later requests nothing."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress

import pytest

from tests.variants import every
from tui.api.errors import Misconfigured
from tui.api.graphql.client import GraphQLCloud
from tui.api.http.connection import Line
from tui.api.http.transport import CANCELLED

ANSWER = b'{"data": {"countryCodes": ["SE"], "myself": null}}'
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

KEY = "rpa_TESTKEY1234567890"


@asynccontextmanager
async def served(rounds: int) -> AsyncIterator[tuple[GraphQLCloud, list[asyncio.StreamWriter]]]:
    """A server on loopback that takes a few rounds of the event loop for each response."""
    open_now: list[asyncio.StreamWriter] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                for _ in range(rounds):
                    await asyncio.sleep(0)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ")
                writer.write(f"{len(ANSWER)}\r\n\r\n".encode() + ANSWER)
                await writer.drain()
        open_now.remove(writer)
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    cloud = GraphQLCloud(f"http://127.0.0.1:{port}/graphql", KEY, read_only=False)
    try:
        yield cloud, open_now
    finally:
        await cloud.aclose()
        server.close()
        for writer in tuple(open_now):
            writer.close()
        while open_now:
            ended.clear()
            await ended.wait()


def alone(work: Coroutine[None, None, None]) -> None:
    """Run it in a loop of its own. What httpcore lost count of is closed by the garbage collector, which complains."""
    asyncio.run(work)
    gc.collect()


@pytest.mark.parametrize("seed", every(3, range(3)))
def test_what_is_asked_after_bursts_of_cancelled_requests_is_answered(seed: int) -> None:
    alone(bursts(seed))


async def bursts(seed: int) -> None:
    draw = random.Random(seed)
    async with served(rounds=6) as (cloud, connections):
        for _ in range(60):
            reads = [asyncio.ensure_future(cloud.countries()) for _ in range(draw.randint(1, 6))]
            for _ in range(draw.randint(0, 40)):
                await asyncio.sleep(0)
            for read in reads:
                read.cancel()
                if draw.random() < 0.5:
                    # Whoever waits for it is ended too, a moment later.
                    await asyncio.sleep(0)
                    read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)
        assert await asyncio.wait_for(cloud.countries(), 10) == ("SE",)
        assert len(connections) <= 8, "connections that nobody counts any more are not left open"


def test_where_no_new_client_can_be_made_the_old_one_goes_on() -> None:
    alone(without_a_new_client())


async def without_a_new_client() -> None:
    async with served(rounds=6) as (cloud, _):
        exchange = cloud._exchange
        exchange._cancelled = CANCELLED

        def refuses(beside: object = None) -> Line:
            raise Misconfigured("no certificates")

        exchange._connect = refuses  # type: ignore[method-assign]
        for _ in range(3):
            assert await asyncio.wait_for(cloud.countries(), 10) == ("SE",)


def test_a_change_does_not_wait_behind_reads() -> None:
    alone(change_beside_reads())


async def change_beside_reads() -> None:
    async with served(rounds=10_000) as (cloud, connections):
        reads = [asyncio.ensure_future(cloud.countries()) for _ in range(20)]
        change = asyncio.ensure_future(cloud.terminate("a"))
        while len(connections) < 7:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert len(connections) == 7, "six reads and the change"
        for task in (*reads, change):
            task.cancel()
        await asyncio.gather(*reads, change, return_exceptions=True)
