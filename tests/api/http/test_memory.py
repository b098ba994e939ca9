"""A response is let go of when it was read, or rejected: not when garbage happens to be collected."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tui.api.cloud import Cloud
from tui.api.errors import CloudError
from tui.api.graphql.client import GraphQLCloud
from tui.api.rest.client import RestCloud
from tui.store.feed import Feed

KEY = "rpa_THISISTHEKEY0123456789"
LONG = b" " * 300_000
BODIES = {
    "a list": b'{"pods": [], "data": {"myself": {"id": "u", "pods": []}}}',
    "no list": b'{"data": {"myself": null}, "x": 1}',
    "another shape": b'{"pods": 7, "data": {"myself": []}}',
    "no object": b'{"data": [1], "pods": {}}',
    "no JSON": b'{"pods": [',
}


class Body(httpx.AsyncByteStream):
    """A body that the client has to read: the response does not hold it."""

    def __init__(self, content: bytes, is_long: bool) -> None:
        self._content = content
        self._is_long = is_long

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        if self._is_long:
            yield LONG


class Long(httpx.AsyncBaseTransport):
    """Answers with a body, which is of 300 kB from the third on."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and not request.url.path.endswith("/pods"):
            return httpx.Response(404)
        self._asked += 1
        return httpx.Response(200, stream=Body(self._body, self._asked > 2))


CLOUDS: dict[str, type[GraphQLCloud] | type[RestCloud]] = {"graphql": GraphQLCloud, "v2": RestCloud}


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", CLOUDS)
async def test_nothing_of_a_response_waits_for_garbage_to_be_collected(path: str, name: str, is_kept: bool) -> None:
    cloud: Cloud = CLOUDS[path](f"https://demo.invalid/{path}", KEY, transport=Long(BODIES[name]))
    feed = Feed[object]()
    sizes = []
    for _ in range(6):
        try:
            feed = feed.succeeded(await cloud.fleet(), 0.0)
        except CloudError as error:
            # As the poller does; and as one whose error nobody keeps.
            feed = feed.failed(error, 0.0) if is_kept else feed
        sizes.append(tracemalloc.get_traced_memory()[0])
    assert sizes[-1] - sizes[2] < len(LONG) / 2
    await cloud.aclose()
