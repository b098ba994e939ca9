"""`GraphQLCloud`: RunPod's GraphQL API behind the `Cloud` protocol.

One request, one answer, no retry: asking again is the poller's decision for reads, and a person's for mutations.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Any

import httpx
import msgspec

from tui import __version__
from tui.api.cloud import CloudError, Insecure, Malformed, Unauthorized, Unreachable
from tui.api.endpoint import host_of, objection, stays_here
from tui.api.graphql import body, failures, fleet, market
from tui.api.graphql.documents import document
from tui.api.graphql.envelope import Answer, data_of, open_answer
from tui.api.models import Market, Problem, Snapshot
from tui.api.secret import Secret, redact

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
DEADLINE = 30.0
"""Seconds for a whole request: a server that drips bytes never reaches a read timeout."""

# Longer than the market's poll, so that no poll pays for a new TLS handshake; httpx's own 5 s is shorter than any.
_KEEP_ALIVE = 90.0

_ERROR_BODY = 256 * 1024

_encode = msgspec.json.Encoder().encode


class _Bearer(httpx.Auth):
    """Adds the key to each request as it leaves, so that it is in no client's default headers."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class GraphQLCloud:
    """`Cloud` over GraphQL. Made without network; every method raises `CloudError` and nothing else.

    url:       where to ask, with https except on this machine.
    key:       the API key; None is enough for the market.
    read_only: refuse every mutation without sending anything.
    transport: stands in for the network, in demos and tests.
    deadline:  seconds for a whole request.
    wall:      the time of day in epoch seconds, for a Retry-After given as a date.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = DEADLINE,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._host = host_of(url) or "the API"
        self._key = Secret(key.strip()) if key and key.strip() else None
        self._objections = {with_key: objection(url, with_key=with_key) for with_key in (True, False)}
        self._url = url
        self._read_only = read_only
        self._deadline = deadline
        self._wall = wall
        self._client = httpx.AsyncClient(
            headers={
                "User-Agent": f"podtop/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
            },
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=_KEEP_ALIVE),
            follow_redirects=False,
            http2=False,
            # What stays on this machine must not be handed to a proxy named in the environment.
            trust_env=not stays_here(url),
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"GraphQLCloud({self._host})"

    async def fleet(self) -> Snapshot:
        """All pods and the balance, in one request."""
        answer = await self._ask("fleet")
        return fleet.snapshot(data_of(answer), answer.problems)

    async def offers(self) -> Market:
        """All GPU types with both clouds' prices for one GPU. Sent without the key, since RunPod asks for none."""
        answer = await self._ask("market", market.VARIABLES, with_key=False)
        return market.market(data_of(answer), answer.problems)

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        await self._client.aclose()

    async def _ask(self, operation: str, variables: dict[str, Any] | None = None, *, with_key: bool = True) -> Answer:
        """Send one document; give its answer, or raise."""
        self._refuse(with_key)
        content = _encode({"query": document(operation).text, "variables": variables or {}})
        outcome = await self._send(content, _Bearer(self._key) if with_key and self._key else None)
        # Raised here, outside of any handler: no exception of httpx, with the request and its headers, hangs on it.
        if isinstance(outcome, CloudError):
            raise outcome
        return Answer(outcome.data, tuple(self._without_key(p) for p in outcome.problems))

    def _refuse(self, with_key: bool) -> None:
        """Raise for what must not be sent."""
        if (words := self._objections[with_key]) is not None:
            raise Insecure(words)
        if with_key and self._key is None:
            raise Unauthorized("There is no API key. Set RUNPOD_API_KEY or pass --api-key-file FILE.")
        if self._key is not None and not _is_header_text(self._key.reveal()):
            raise Unauthorized("The API key holds characters that no key has. Check how it was copied.")
        if self._client.is_closed:
            raise Unreachable("podtop has closed its connection.", sent=False)

    async def _send(self, content: bytes, auth: httpx.Auth | None) -> Answer | CloudError:
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._client.stream("POST", self._url, content=content, auth=auth) as response,
            ):
                return await self._receive(response)
        except CloudError as error:
            return error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            return failures.of_transport(error, self._host, self._deadline)

    async def _receive(self, response: httpx.Response) -> Answer | CloudError:
        if not response.is_success:
            return failures.of_status(response, await self._error_body(response), self._host, self._wall)
        try:
            content = await body.read(response)
        except httpx.RemoteProtocolError:
            return Malformed("RunPod's answer was cut short. podtop shows none of it.")
        return failures.of_page(response, content, self._host) or open_answer(content)

    async def _error_body(self, response: httpx.Response) -> bytes:
        """What a refusal says. The status speaks by itself, so nothing here can fail."""
        try:
            return await body.read(response, _ERROR_BODY)
        except (httpx.HTTPError, httpx.StreamError, Malformed):
            return b""

    def _without_key(self, problem: Problem) -> Problem:
        return Problem(redact(problem.message, self._key), problem.path, problem.code)


def _is_header_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
