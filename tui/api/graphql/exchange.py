"""One request, one answer, over one HTTP client.

There is no retry here: asking again is the poller's decision for reads, and a person's for mutations.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any

import httpx
import msgspec

from tui import __version__, journal
from tui.api.cloud import CloudError, Insecure, Malformed, Unauthorized, Unreachable
from tui.api.endpoint import host_of, objection, stays_here
from tui.api.graphql import body, failures
from tui.api.graphql.envelope import Answer, open_answer
from tui.api.models import Problem
from tui.api.secret import Secret, redact

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
DEADLINE = 30.0
"""Seconds for a whole request: a server that drips bytes never reaches a read timeout."""

# Longer than the market's poll, so that no poll pays for a new TLS handshake; httpx's own 5 s is shorter than any.
_KEEP_ALIVE = 90.0

_ERROR_BODY = 256 * 1024

_LONGEST_MESSAGE = 500
"""Characters of a server's message that are kept: it is shown to a person."""

_OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)

_trace: ContextVar[dict[str, object]] = ContextVar("trace")
"""What the request that is under way has learned of its answer, for the log."""

_encode = msgspec.json.Encoder().encode


class _Bearer(httpx.Auth):
    """Adds the key to each request as it leaves, so that it is in no client's default headers."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class Exchange:
    """Sends documents to one address; arguments as `GraphQLCloud`'s.

    host: what is shown of the address.
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
        self._url = url
        self._key = key
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
            # What stays on this machine must not be handed to a proxy named in the environment.
            trust_env=not stays_here(url),
            transport=transport,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(
        self,
        document: str,
        variables: dict[str, Any],
        *,
        with_key: bool = True,
        secrets: tuple[Secret, ...] = (),
        lines: bool = False,
    ) -> Answer:
        """Send one document, once; give its answer, or raise a `CloudError`.

        secrets: values among the variables that must not come back in what the server says of them.
        lines:   texts in the answer keep their line breaks.
        """
        self._refuse(with_key)
        key = self._key if with_key else None
        content = _encode({"query": document, "variables": variables})
        self.sent()
        trace: dict[str, object] = {}
        _trace.set(trace)
        began = time.monotonic()
        masked = (*secrets, key) if key else secrets
        outcome = await self._send(content, _Bearer(key) if key else None, masked, lines)
        _log(document, outcome, masked, {**trace, "took": round(time.monotonic() - began, 3)})
        # Raised here, outside of any handler and without the frames it passed: nothing that holds the request with its
        # headers, or the body, hangs on an error that is kept until the next poll.
        if isinstance(outcome, CloudError):
            raise outcome.with_traceback(None)
        return outcome

    def _refuse(self, with_key: bool) -> None:
        """Raise for what must not be sent."""
        if (words := objection(self._url, with_key=with_key)) is not None:
            raise Insecure(words)
        if with_key and self._key is None:
            raise Unauthorized("There is no API key. Set RUNPOD_API_KEY or pass --api-key-file FILE.")
        if with_key and self._key is not None and not _is_header_text(self._key.reveal()):
            raise Unauthorized("The API key holds characters that no key has. Check how it was copied.")
        if self._client.is_closed:
            raise Unreachable("podtop has closed its connection.", sent=False)

    async def _send(
        self, content: bytes, auth: httpx.Auth | None, secrets: tuple[Secret, ...], lines: bool
    ) -> Answer | CloudError:
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._client.stream("POST", self._url, content=content, auth=auth) as response,
            ):
                return await self._receive(response, secrets, lines)
        except CloudError as error:
            return error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            return failures.of_transport(error, self.host, self._deadline)

    async def _receive(self, response: httpx.Response, secrets: tuple[Secret, ...], lines: bool) -> Answer | CloudError:
        ids = {"request_id": response.headers.get("x-request-id"), "cf_ray": response.headers.get("cf-ray")}
        _trace.get().update(ids, status=response.status_code)
        if not response.is_success:
            problems = _told(await self._refusal(response), secrets)
            return failures.of_status(response, problems, self.host, self._wall)
        try:
            content = await body.read(response)
        except httpx.RemoteProtocolError:
            return Malformed("RunPod's answer was cut short. podtop shows none of it.")
        if failures.is_page(response, content):
            return Unreachable(f"A web page answered in place of {self.host}: a gateway, a firewall or a login page.")
        answer = open_answer(content, lines)
        return Answer(answer.data, _told(answer.problems, secrets))

    async def _refusal(self, response: httpx.Response) -> tuple[Problem, ...]:
        """What a refusal says. Its status speaks by itself, so nothing here may fail."""
        try:
            return open_answer(await body.read(response, _ERROR_BODY)).problems
        except (httpx.HTTPError, httpx.StreamError, Malformed):
            return ()


def _log(document: str, outcome: Answer | CloudError, secrets: tuple[Secret, ...], trace: dict[str, object]) -> None:
    """Write down how a request ended, by the name of its operation and the ids that RunPod's support can look for."""
    found = _OPERATION.search(document)
    fields = {"operation": found[1] if found else "", **trace}
    if isinstance(outcome, CloudError):
        words = redact(str(outcome), secrets)
        journal.event("api", "failed", logging.WARNING, error=type(outcome).__name__, fields=fields, text=words)
    elif outcome.problems:
        words = "; ".join(problem.message for problem in outcome.problems)
        journal.event("api", "incomplete", logging.WARNING, fields=fields, text=words)
    else:
        journal.event("api", "answered", logging.DEBUG, fields=fields)


def _told(problems: tuple[Problem, ...], secrets: tuple[Secret, ...]) -> tuple[Problem, ...]:
    """Problems fit to be shown: without secrets, then of a bearable length."""
    return tuple(Problem(_shorten(redact(p.message, secrets)), p.path, p.code) for p in problems)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _is_header_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
