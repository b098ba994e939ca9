"""One request, one response, over one HTTP client.

What RunPod may have received is never sent twice, but for one case: a read over a connection which the other side
was just closing is sent once more. All other retries are the poller's decision for reads, the user's for mutations.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpx
import msgspec

from tui import __version__
from tui.api import log_lines
from tui.api.errors import CloudError, Insecure, Malformed, Unauthorized, Unreachable
from tui.api.graphql.envelope import Answer, open_answer
from tui.api.http import body, failures, name_lookup
from tui.api.http.connection import Line, connect
from tui.api.http.endpoint import host_of, objection
from tui.api.models import Problem
from tui.api.secret import Secret, mask, redact
from tui.clocks import passed

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

_OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)

_trace: ContextVar[dict[str, object]] = ContextVar("trace")
"""What the request under way has learned of its response, for the log."""

_encode = msgspec.json.Encoder().encode


class _Bearer(httpx.Auth):
    """Adds the key to each request as it leaves, so that it is in no client's default headers."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class _Trail:
    """How far a request got, as httpcore reports it; unknown over another transport."""

    def __init__(self, leaving: Callable[[], object] = lambda: None) -> None:
        self.known = False
        self.connected = False
        self.left = False
        self._leaving = leaving

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.known = True
        if event.endswith("connect_tcp.started"):
            self.connected = True
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.left = True
            self._leaving()

    @property
    def may_have_left(self) -> bool:
        return self.left or not self.known


class _Dropped(CloudError):
    """The other side closed a connection that was open before this request, without any response."""


class Exchange:
    """Sends documents to one address; arguments as `GraphQLCloud`'s.

    host: the part of the address that is shown.
    """

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
        self.sent: Callable[[], object] = lambda: None
        self.dated: Callable[[float, float], object] = lambda date, waited: None
        self._url = url
        self._key = key
        self._deadline = deadline
        self._wall = wall
        self._transport = transport
        self._closed = False
        self._reads = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[Answer | CloudError]] = set()
        self._cancelled = 0
        self._users: Counter[int] = Counter()
        self._retired: list[Line] = []
        self._line: Line | None = None
        # Faults of the environment are reported when something is requested, and may be fixed until then.
        with suppress(CloudError):
            self._line = self._connect()

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
                "Content-Type": "application/json",
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
        self._closed = True
        for request in self._under_way:
            request.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._users.clear()
        await self._close_retired()
        if self._line is not None:
            await self._line.client.aclose()

    async def ask(
        self,
        document: str,
        variables: dict[str, Any],
        *,
        with_key: bool = True,
        secrets: tuple[Secret, ...] = (),
        lines: bool = False,
        again: bool = False,
    ) -> Answer:
        """Send one document, once; return its response, or raise a `CloudError`.

        again:   send it once more, on a new connection, if the other side had just closed the one that was open.
                 For reads alone.
        secrets: values among the variables that must not appear in the server's messages.
        lines:   texts in the response keep their line breaks.
        """
        self._refuse(with_key)
        key = self._key if with_key else None
        content = _encode({"query": document, "variables": variables})
        trace: dict[str, object] = {}
        _trace.set(trace)
        began = time.monotonic()
        masked = (*secrets, key) if key else secrets
        outcome = await self._apart(
            self._within_the_deadline(content, _Bearer(key) if key else None, masked, lines, again)
        )
        _log(document, outcome, masked, {**trace, "took": round(time.monotonic() - began, 3)})
        # Raised here, outside of any handler and without the frames it passed: nothing that holds the request with its
        # headers, or the body, hangs on an error that is kept until the next poll.
        if isinstance(outcome, CloudError):
            raise outcome.with_traceback(None)
        return outcome

    async def _apart(self, request: Coroutine[Any, Any, Answer | CloudError]) -> Answer | CloudError:
        """Run a request in a task of its own, which is cancelled once, however often whoever waits for it is.

        A second cancellation would reach httpcore while it gives a connection back: that one is lost then.
        """
        task = asyncio.get_running_loop().create_task(request)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            self._cancelled += 1
            raise

    def _done(self, task: asyncio.Task[Answer | CloudError]) -> None:
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
        if with_key and self._key is not None and not _is_header_text(self._key.reveal()):
            raise Unauthorized("The API key contains invalid characters. Check how it was copied.")
        if self._closed:
            raise Unreachable("podtop has closed its connection.", sent=False)

    async def _within_the_deadline(
        self, content: bytes, auth: httpx.Auth | None, secrets: tuple[Secret, ...], lines: bool, again: bool
    ) -> Answer | CloudError:
        try:
            line = await self._open()
        except CloudError as error:
            return error
        if self._transport is None:
            name_lookup.install()
        self._users[id(line)] += 1
        try:
            # A change waits behind no read, and for no client that is closed.
            if not again:
                return await self._attempt(line, content, auth, secrets, lines, again)
            async with self._reads:
                return await self._attempt(line, content, auth, secrets, lines, again)
        finally:
            self._users[id(line)] -= 1
            if again:
                await self._close_retired()

    async def _attempt(
        self,
        line: Line,
        content: bytes,
        auth: httpx.Auth | None,
        secrets: tuple[Secret, ...],
        lines: bool,
        again: bool,
    ) -> Answer | CloudError:
        until = asyncio.get_running_loop().time() + self._deadline
        trail = _Trail()
        try:
            async with asyncio.timeout_at(until) as limit:
                if self._transport is None:
                    limit.reschedule(min(until, until - self._deadline + CONNECTED))
                trail = _Trail(lambda: limit.reschedule(until))
                outcome = await self._send(line, trail, content, auth, secrets, lines)
                if again and isinstance(outcome, _Dropped):
                    # A client of its own has no other connection that may just be closing.
                    line = self._connect(line)
                    trail = _Trail()
                    async with line.client:
                        outcome = await self._send(line, trail, content, auth, secrets, lines)
        except CloudError as error:
            return error
        except TimeoutError as error:
            outcome = failures.of_transport(error, self.host, self._deadline, line.proxy, sent=trail.may_have_left)
        if isinstance(outcome, _Dropped):
            return Unreachable(f"{self.host} closed the connection before it responded.")
        return outcome

    async def _send(
        self,
        line: Line,
        trail: _Trail,
        content: bytes,
        auth: httpx.Auth | None,
        secrets: tuple[Secret, ...],
        lines: bool,
    ) -> Answer | CloudError:
        """Send it, once."""
        self.sent()
        since, answering = passed(), False
        try:
            async with line.client.stream(
                "POST", self._url, content=content, auth=auth, extensions={"trace": trail}
            ) as response:
                answering = True
                # A failure's date may come from a gateway's clock, or a proxy's.
                if response.is_success and (date := failures.date_of(response)) is not None:
                    self.dated(date, passed() - since)
                return await self._receive(response, secrets, lines)
        except CloudError as error:
            return error
        # Whatever the libraries below raise, of which httpx's own errors are only the most: each is a missing response,
        # and none may end podtop.
        except Exception as error:
            if not answering and not trail.connected and failures.is_dropped(error):
                return _Dropped("")
            return failures.of_transport(
                error, self.host, self._deadline, line.proxy, sent=answering or trail.may_have_left
            )

    async def _receive(self, response: httpx.Response, secrets: tuple[Secret, ...], lines: bool) -> Answer | CloudError:
        ids = {"request_id": response.headers.get("x-request-id"), "cf_ray": response.headers.get("cf-ray")}
        _trace.get().update(ids, status=response.status_code)
        if not response.is_success:
            problems = _told(await self._refusal(response), secrets)
            return failures.of_status(response, problems, self.host, self._wall)
        try:
            content = await body.read(response)
        except httpx.RemoteProtocolError:
            return Malformed("RunPod's response is cut short; podtop ignores it.")
        if failures.is_page(response, content):
            return Unreachable(f"{self.host} returned a web page: probably a gateway, a firewall or a login page.")
        if len(content) < LARGE:
            answer = open_answer(content, lines)
        else:
            answer = await asyncio.to_thread(open_answer, content, lines)
        return Answer(answer.data, _told(answer.problems, secrets))

    async def _refusal(self, response: httpx.Response) -> tuple[Problem, ...]:
        """The problems in a refusal. Its status suffices, so nothing here may fail."""
        try:
            return open_answer(await body.read(response, _ERROR_BODY)).problems
        except (httpx.HTTPError, httpx.StreamError, Malformed):
            return ()


def _log(document: str, outcome: Answer | CloudError, secrets: tuple[Secret, ...], trace: dict[str, object]) -> None:
    """Log how a request ended, by the name of its operation and the ids that RunPod's support can look for."""
    operation = _OPERATION.search(document)
    fields = {"operation": operation[1] if operation else "", **trace}
    if isinstance(outcome, CloudError):
        text = redact(str(outcome), secrets)
        log_lines.event("api", "failed", logging.WARNING, error=type(outcome).__name__, fields=fields, text=text)
    elif outcome.problems:
        text = "; ".join(problem.message for problem in outcome.problems)
        log_lines.event("api", "incomplete", logging.WARNING, fields=fields, text=text)
    else:
        log_lines.event("api", "answered", logging.DEBUG, fields=fields)


def _told(problems: tuple[Problem, ...], secrets: tuple[Secret, ...]) -> tuple[Problem, ...]:
    """Problems fit to show: without secrets, then of limited length."""
    return tuple(Problem(_shorten(mask(redact(p.message, secrets))), p.path, p.code) for p in problems)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _is_header_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
