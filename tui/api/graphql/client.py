"""`GraphQLCloud`: RunPod over GraphQL. One HTTP client, no retries, a bounded answer, the key in one header only."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from tui import __version__
from tui.api import cloud
from tui.api.graphql import mapping
from tui.api.graphql.documents import document
from tui.api.models import Market, Problem, Snapshot
from tui.api.text import clean

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
DEADLINE = 20.0
"""Seconds for a whole request: a server that drips bytes resets the read timeout with each one."""

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer, after decompression: 2,000 pods of 8 GPUs are 5 MB."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")

MARKET_VARIABLES = {
    "secure": {"gpuCount": 1, "secureCloud": True},
    "community": {"gpuCount": 1, "secureCloud": False},
}


class _Bearer(httpx.Auth):
    """The key, in the Authorization header and nowhere else; not even its repr tells it."""

    def __init__(self, key: str) -> None:
        self._header = lambda: f"Bearer {key}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header()
        yield request


class GraphQLCloud:
    """Implements `tui.api.cloud.Cloud`.

    url:       the endpoint, https, or http on loopback.
    key:       the API key, None for what needs none.
    read_only: refuse to send any mutation.
    transport: in place of the network: the simulated RunPod, or a fault.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        host = urlsplit(url).hostname or ""
        if key is not None and urlsplit(url).scheme != "https" and host not in LOOPBACK:
            raise ValueError("an API key is sent over https only, or to this machine")
        self._host = host
        self._auth = _Bearer(key) if key is not None else None
        self._read_only = read_only
        self._url = url
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            headers={
                "User-Agent": f"podtop/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
            },
            follow_redirects=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=120),
        )

    async def fleet(self) -> Snapshot:
        data, problems = await self._ask("fleet", {})
        snapshot = mapping.snapshot(data, problems)
        if snapshot is None:
            if problems:
                raise cloud.Rejected(problems)
            # RunPod answers a request without a valid key with `myself: null` and no error.
            raise cloud.Unauthorized("RunPod does not know who is asking: the API key is missing.")
        return snapshot

    async def offers(self) -> Market:
        # RunPod sells its catalogue to anybody, so that prices go on when a key is refused.
        data, problems = await self._ask("market", MARKET_VARIABLES, anonymous=True)
        market = mapping.market(data, problems)
        if market is None:
            raise cloud.Rejected(problems) if problems else cloud.Malformed("RunPod's answer has no GPU types in it.")
        return market

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ask(
        self, name: str, variables: Mapping[str, Any], *, anonymous: bool = False
    ) -> tuple[msgspec.Raw, tuple[Problem, ...]]:
        """Send one document; returns its data, undecoded, and the errors beside it."""
        doc = document(name)
        if doc.mutation and self._read_only:
            raise cloud.ReadOnly("podtop is read-only: nothing was sent.")
        payload = msgspec.json.encode({"query": doc.text, "variables": variables})
        status, headers, body = await self._post(payload, None if anonymous else self._auth)
        return self._judge(doc.mutation, status, headers, body)

    async def _post(self, payload: bytes, auth: httpx.Auth | None) -> tuple[int, httpx.Headers, bytes]:
        try:
            async with (
                asyncio.timeout(DEADLINE),
                self._http.stream("POST", self._url, content=payload, auth=auth) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise cloud.Malformed(f"{self._host} answered with more than {LARGEST_ANSWER >> 20} MiB.")
                return response.status_code, response.headers, bytes(body)
        except (TimeoutError, httpx.TimeoutException):
            raise cloud.TimedOut(f"{self._host} did not answer within {DEADLINE:.0f} seconds.") from None
        except httpx.DecodingError:
            raise cloud.Malformed(f"{self._host} answered with damaged compression.") from None
        except httpx.RequestError as error:
            raise cloud.Unreachable(f"{self._host} cannot be reached: {_why(error)}.") from None

    def _judge(
        self, mutation: bool, status: int, headers: httpx.Headers, body: bytes
    ) -> tuple[msgspec.Raw, tuple[Problem, ...]]:
        """RunPod's ways of saying no: by status, by `errors` at 200, by `errors` at 400, by a gateway's page."""
        if status == 401:
            raise cloud.Unauthorized("RunPod answered 401: this key is wrong or was revoked.")
        if status == 403:
            raise cloud.Forbidden("RunPod answered 403: the key may lack a permission, or a firewall is in the way.")
        if status == 429:
            wait = _retry_after(headers.get("Retry-After"))
            told = f" for {wait:.0f} s" if wait is not None else ""
            raise cloud.Throttled(f"RunPod answered 429: too many requests, wait{told}.", wait)
        if status >= 500:
            raise cloud.Unreachable(f"{self._host} answered {status}: RunPod, or a gateway before it, is in trouble.")
        if 300 <= status < 400:
            raise cloud.Malformed(
                f"{self._host} wants to send podtop elsewhere ({status}); podtop takes its key nowhere else."
            )
        data, problems = mapping.envelope(body)
        if status != 200 or bytes(data) == b"null":
            if problems and all(p.message.lower() == "unauthorized" for p in problems):
                if mutation:
                    raise cloud.Forbidden("RunPod says Unauthorized: this key may read and not change anything.")
                raise cloud.Unauthorized("RunPod says Unauthorized: this key may not ask for that.")
            if problems:
                raise cloud.Rejected(problems)
            raise cloud.Malformed(f"{self._host} answered {status} without data.")
        return data, problems


def _why(error: httpx.RequestError) -> str:
    """The reason in words. Only the class and the system's text: a request's headers never get here."""
    match error:
        case httpx.ConnectError():
            return clean(str(error)) or "no connection"
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError() | httpx.CloseError():
            return "the connection broke off"
        case httpx.ProxyError():
            return "the proxy refused"
        case _:
            return type(error).__name__


def _retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, from seconds or an HTTP date; None when there is no such thing."""
    if value is None:
        return None
    try:
        return max(0.0, min(float(value), 86_400.0))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, min((at - (now or datetime.now(UTC))).total_seconds(), 86_400.0))
