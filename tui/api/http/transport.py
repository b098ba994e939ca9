"""One request, one response, over one HTTP client, whichever API it is of.

What RunPod may have received is never sent twice, but for one case: a read over a connection which the other side
was just closing is sent once more. All other retries are the poller's decision for reads, the user's for mutations.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import ClassVar, Generic, TypeVar

import httpx

from tui import __version__
from tui.api import log_lines
from tui.api.errors import CloudError, Insecure, Malformed, Unauthorized, Unreachable
from tui.api.http import body, failures, name_lookup, notices
from tui.api.http.call import Bearer, Call, Dropped, Trail, is_header_text
from tui.api.http.connection import Line, connect
from tui.api.http.endpoint import host_of, objection
from tui.api.listener import Api, Listener, Retirement
from tui.api.models import Problem
from tui.api.secret import Secret, mask, redact
from tui.clocks import passed

A = TypeVar("A")

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
DEADLINE = 30.0
"""Seconds for a whole request: a server that drips bytes never reaches a read timeout."""

AT_ONCE = 6
"""Reads under way at a time: four pollers, what a screen opened, and the check before something is sent."""

CANCELLED = 10
"""Cancelled requests after which later ones get a new client: httpcore may have lost the connections of some."""

CONNECTED = 15.0
"""Seconds until a request leaves: some proxies are contacted without a timeout of their own."""

# Longer than the market's poll, so that no poll pays for a new TLS handshake; httpx's own 5 s is shorter than any.
_KEEP_ALIVE = 90.0

_ERROR_BODY = 256 * 1024

LARGE = 512 * 1024
"""Bytes of a response from which on it is read in a thread: some 300 pods, which take 5 ms."""

_LONGEST_MESSAGE = 500
"""Characters of a server's message that are kept: it is shown to the user."""

_trace: ContextVar[dict[str, object]] = ContextVar("trace")
"""What the request under way has learned of its response, for the log."""


class Transport(ABC, Generic[A]):
    """Sends requests of one API to one address; arguments as a backend's. A: its responses.

    api:      which of RunPod's APIs it is.
    host:     the part of the address that is shown.
    listener: the receiver of requests, limits and the end of the API.
    dated:    called with the server's time of each response, and the seconds waited for it.
    """

    api: ClassVar[Api]

    def __init__(
        self,
        url: str,
        key: Secret | None,
        *,
        transport: httpx.AsyncBaseTransport | None,
        deadline: float,
        wall: Callable[[], float],
    ) -> None:
        self.host = host_of(url) or "the API"
        self.listener = Listener()
        self.dated: Callable[[float, float], object] = lambda date, waited: None
        self._url = url
        self._key = key
        self._deadline = deadline
        self._wall = wall
        self._transport = transport
        self._closed = False
        self._announced: Retirement | None = None
        self._reads = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[A | CloudError]] = set()
        self._cancelled = 0
        self._users: Counter[int] = Counter()
        self._retired: list[Line] = []
        self._line: Line | None = None
        # Faults of the environment are reported when something is requested, and may be fixed until then.
        with suppress(CloudError):
            self._line = self._connect()

    @abstractmethod
    async def _received(self, response: httpx.Response, call: Call, secrets: tuple[Secret, ...]) -> A | CloudError:
        """What a response says. `secrets`: what must be masked in the server's messages."""

    def _incomplete(self, outcome: A) -> str:
        """What the server failed to give in a response, for the log."""
        return ""

    def _connect(self, beside: Line | None = None) -> Line:
        """Raises Misconfigured."""
        return connect(
            self._url,
            transport=self._transport,
            beside=beside,
            headers={
                "User-Agent": f"podtop/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT),
            # Not bounded here: a pool full of connections that it lost count of, as httpcore's does when requests are
            # cancelled in bursts, would refuse every later request. `AT_ONCE` bounds the reads.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=2, keepalive_expiry=_KEEP_ALIVE),
        )

    async def _open(self) -> Line:
        """The line to RunPod; made once more if it could not be made. Raises Misconfigured."""
        if self._line is None:
            connection = await asyncio.to_thread(self._connect)
            if self._line is None and not self._closed:
                self._line = connection
            else:
                await connection.client.aclose()
        if self._line is None:
            raise Unreachable("podtop has closed its connection.", sent=False)
        if self._cancelled >= CANCELLED and self._transport is None:
            self._cancelled = 0
            # Where no new one can be made the old one stays: it is closed only once there is another.
            with suppress(CloudError):
                line = self._connect(self._line)
                self._retired.append(self._line)
                self._line = line
        return self._line

    async def _close_retired(self) -> None:
        """Close the clients that no request uses any more."""
        for line in [line for line in self._retired if not self._users[id(line)]]:
            self._retired.remove(line)
            with suppress(Exception):
                await line.client.aclose()

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        self._closed = True
        for request in self._under_way:
            request.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._users.clear()
        await self._close_retired()
        if self._line is not None:
            await self._line.client.aclose()

    async def send(self, call: Call) -> A:
        """Send one request, once; return its response, or raise a `CloudError`."""
        self._refuse(call.with_key)
        trace: dict[str, object] = {}
        _trace.set(trace)
        began = time.monotonic()
        outcome = await self._apart(self._within_the_deadline(call))
        self._log(call, outcome, {**trace, "took": round(time.monotonic() - began, 3)})
        # Raised here, outside of any handler and without the frames it passed: nothing that holds the request with its
        # headers, or the body, hangs on an error that is kept until the next poll.
        if isinstance(outcome, CloudError):
            raise outcome.with_traceback(None)
        return outcome

    async def _apart(self, request: Coroutine[object, object, A | CloudError]) -> A | CloudError:
        """Run a request in a task of its own, which is cancelled once, however often whoever waits for it is.

        A second cancellation would reach httpcore while it gives a connection back: that one is lost then.
        """
        task: asyncio.Task[A | CloudError] = asyncio.get_running_loop().create_task(request)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            self._cancelled += 1
            raise

    def _done(self, task: asyncio.Task[A | CloudError]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Of a request that nobody waits for any more: retrieved, and not reported as lost by asyncio.
            task.exception()

    def _refuse(self, with_key: bool) -> None:
        """Raise for what must not be sent."""
        if (reason := objection(self._url, with_key=with_key)) is not None:
            raise Insecure(reason)
        if with_key and self._key is None:
            raise Unauthorized("No API key. Set RUNPOD_API_KEY or pass --api-key-file FILE.")
        if with_key and self._key is not None and not is_header_text(self._key.reveal()):
            raise Unauthorized("The API key contains invalid characters. Check how it was copied.")
        if self._closed:
            raise Unreachable("podtop has closed its connection.", sent=False)

    async def _within_the_deadline(self, call: Call) -> A | CloudError:
        try:
            line = await self._open()
        except CloudError as error:
            return error
        if self._transport is None:
            name_lookup.install()
        self._users[id(line)] += 1
        try:
            # A change waits behind no read, and for no client that is closed.
            if not call.again:
                return await self._attempt(line, call)
            async with self._reads:
                return await self._attempt(line, call)
        finally:
            self._users[id(line)] -= 1
            if call.again:
                await self._close_retired()

    async def _attempt(self, line: Line, call: Call) -> A | CloudError:
        until = asyncio.get_running_loop().time() + self._deadline
        trail = first = Trail()
        try:
            async with asyncio.timeout_at(until) as limit:
                if self._transport is None:
                    limit.reschedule(min(until, until - self._deadline + CONNECTED))
                trail = first = Trail(lambda: limit.reschedule(until))
                outcome = await self._once(line, trail, call)
                if call.again and isinstance(outcome, Dropped):
                    # A client of its own has no other connection that may just be closing.
                    line = self._connect(line)
                    trail = Trail()
                    async with line.client:
                        outcome = await self._once(line, trail, call)
        except CloudError as error:
            return error
        except TimeoutError as error:
            outcome = failures.of_transport(error, self.host, self._deadline, line.proxy, sent=trail.may_have_left)
        finally:
            first.end()
        if isinstance(outcome, Dropped):
            return Unreachable(f"{self.host} closed the connection before it responded.")
        return outcome

    async def _once(self, line: Line, trail: Trail, call: Call) -> A | CloudError:
        """Send it, once."""
        self.listener.sent(self.api)
        since, answering = passed(), False
        try:
            async with line.client.stream(
                call.method, call.url, content=call.content, headers=_headers(call), auth=self._auth(call),
                extensions={"trace": trail},
            ) as response:  # fmt: skip
                answering = True
                self._heard(response, call, passed() - since)
                return await self._received(response, call, self._masked(call))
        except CloudError as error:
            return error
        # Whatever the libraries below raise, of which httpx's own errors are only the most: each is a missing response,
        # and none may end podtop.
        except Exception as error:
            if not answering and not trail.connected and failures.is_dropped(error):
                return Dropped("")
            return failures.of_transport(
                error, self.host, self._deadline, line.proxy, sent=answering or trail.may_have_left
            )

    def _auth(self, call: Call) -> httpx.Auth | None:
        return Bearer(self._key) if call.with_key and self._key else None

    def _masked(self, call: Call) -> tuple[Secret, ...]:
        return (*call.secrets, self._key) if call.with_key and self._key else call.secrets

    def _heard(self, response: httpx.Response, call: Call, waited: float) -> None:
        """Report what the headers of a response say beside it."""
        ids = {"request_id": response.headers.get("x-request-id"), "cf_ray": response.headers.get("cf-ray")}
        _trace.get({}).update(ids, status=response.status_code)
        # Any other's date may come from a gateway's clock, or a proxy's.
        if response.status_code in call.whole and (date := failures.date_of(response)) is not None:
            self.dated(date, waited)
        if quotas := notices.quotas_of(response):
            self.listener.limits(self.api, quotas)
        if (retirement := notices.retirement_of(response, self.api)) and retirement != self._announced:
            self._announced = retirement
            self.listener.retiring(retirement)

    async def _body(self, response: httpx.Response, call: Call) -> bytes | CloudError:
        """The body of a success: JSON, as far as can be seen from outside. Raises Malformed."""
        if response.status_code not in call.whole:
            return failures.not_whole(response)
        try:
            content = await body.read(response, call.largest)
        except httpx.RemoteProtocolError:
            return Malformed("RunPod's response is cut short; podtop ignores it.")
        if failures.is_page(response, content):
            return Unreachable(f"{self.host} returned a web page: probably a gateway, a firewall or a login page.")
        return content

    async def _refusal(self, response: httpx.Response) -> bytes:
        """The body of a refusal; empty if it cannot be read. The status suffices, so nothing here may fail."""
        try:
            return await body.read(response, _ERROR_BODY)
        except (httpx.HTTPError, httpx.StreamError, Malformed):
            return b""

    def _log(self, call: Call, outcome: A | CloudError, trace: dict[str, object]) -> None:
        """Log how a request ended, by the name of its operation and the ids that RunPod's support can look for."""
        fields = {"operation": call.operation, **trace}
        if isinstance(outcome, CloudError):
            text = redact(str(outcome), self._masked(call))
            log_lines.event("api", "failed", logging.WARNING, error=type(outcome).__name__, fields=fields, text=text)
        elif text := self._incomplete(outcome):
            log_lines.event("api", "incomplete", logging.WARNING, fields=fields, text=text)
        else:
            log_lines.event("api", "answered", logging.DEBUG, fields=fields)


def _headers(call: Call) -> list[tuple[str, str]]:
    return [*call.headers, *([("Content-Type", "application/json")] if call.content is not None else [])]


def told(problems: tuple[Problem, ...], secrets: tuple[Secret, ...]) -> tuple[Problem, ...]:
    """Problems fit to show: without secrets, then of limited length."""
    return tuple(Problem(_shorten(mask(redact(p.message, secrets))), p.path, p.code) for p in problems)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
