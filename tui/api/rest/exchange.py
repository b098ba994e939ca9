"""Requests to REST v2 and their responses, over the transport that both of RunPod's APIs share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from msgspec import Raw

from tui.api.errors import CloudError, Malformed, Rejected
from tui.api.http.body import LARGEST, LARGEST_OF_CHANGE
from tui.api.http.call import Call
from tui.api.http.sanitize import clean_json
from tui.api.http.stream import StreamingTransport
from tui.api.http.transport import LARGE
from tui.api.listener import Api
from tui.api.models import Problem
from tui.api.quantities import plain_json
from tui.api.rest.problems import refusal, request_id, with_request_id
from tui.api.secret import Secret
from tui.api.values import NOT_UNDERSTOOD

CREATE = "deploy"
"""The operation that creates a pod."""

TERMINATE = "terminate"
"""The operation that ends one."""

_DONE = {CREATE: (200, 201), TERMINATE: (200, 204)}
"""HTTP statuses of changes that are done, where that is not 200 alone."""

Query = Mapping[str, str | int | None]

_raw = msgspec.json.Decoder(Raw)
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """A success. `body` is undecoded and clean; None without one. `request_id` is empty if not reported."""

    status: int
    body: Raw | None
    request_id: str = ""

    @property
    def content(self) -> Raw:
        """The body. Raises Malformed without one."""
        if self.body is None:
            raise self.malformed("RunPod's response is empty")
        return self.body

    def malformed(self, what: str) -> CloudError:
        """The error for a body that is not what it should be: a sentence without its full stop."""
        return with_request_id(Malformed(f"{what}."), self.request_id)


class RestExchange(StreamingTransport[Answer]):
    """Sends requests below one address; arguments as `RestCloud`'s."""

    api = Api.REST
    _may_read = False

    async def read(
        self,
        operation: str,
        *path: str,
        query: Query | None = None,
        with_key: bool = True,
        lines: bool = False,
        largest: int = LARGEST,
    ) -> Answer:
        """GET; `path` in steps below the address, options as `Call`'s. Raises CloudError."""
        url = self.address(*path, query=query)
        return await self.send(Call(operation, "GET", url, with_key=with_key, lines=lines, again=True, largest=largest))

    async def change(
        self, operation: str, method: str, *path: str, body: Mapping[str, Any], secrets: tuple[Secret, ...] = ()
    ) -> Answer:
        """Send a change, once. `secrets` in the body are masked in RunPod's words. Raises CloudError."""
        call = Call(operation, method, self.address(*path), _encode(body), secrets=secrets, largest=LARGEST_OF_CHANGE)
        return await self.send(call._replace(whole=_DONE.get(operation, call.whole)))

    def address(self, *path: str, query: Query | None = None) -> str:
        """The URL of a path in steps. Raises Rejected for a step that would lead elsewhere."""
        if any(step in ("", ".", "..") for step in path):
            raise Rejected((Problem("No pod is given. Nothing was sent"),))
        try:
            base = urlsplit(self._url)
        except ValueError:
            # Nothing is sent there: `endpoint.objection` says why.
            return self._url
        given = {name: value for name, value in (query or {}).items() if value is not None}
        steps = "".join(f"/{quote(step, safe='')}" for step in path)
        return base._replace(path=base.path.rstrip("/") + steps, query=urlencode(given), fragment="").geturl()

    async def _received(self, response: httpx.Response, call: Call, secrets: tuple[Secret, ...]) -> Answer | CloudError:
        ident = request_id(response)
        outcome = await self._outcome(response, call, secrets, ident)
        return with_request_id(outcome, ident) if isinstance(outcome, CloudError) else outcome

    async def _outcome(
        self, response: httpx.Response, call: Call, secrets: tuple[Secret, ...], ident: str
    ) -> Answer | CloudError:
        if not response.is_success:
            refused = await self._refusal(response)
            # A create may be refused for the GPU alone, which says nothing about the other changes.
            may_read = self._may_read and not call.again and call.operation != CREATE
            return refusal(response, refused, host=self.host, wall=self._wall, secrets=secrets, may_read=may_read)
        try:
            content = await self._body(response, call)
            if isinstance(content, CloudError):
                return content
            large = len(content) >= LARGE
            body = await asyncio.to_thread(opened, content, call.lines) if large else opened(content, call.lines)
        except Malformed as error:
            return error
        self._may_read |= call.again and call.with_key
        return Answer(response.status_code, body, ident)


def opened(content: bytes, lines: bool = False) -> Raw | None:
    """A body as clean JSON; None if it is empty. Raises Malformed."""
    if not content.strip():
        return None
    try:
        text = clean_json(content, lines)
        try:
            return _raw.decode(text)
        except msgspec.DecodeError:
            if b"NaN" not in text and b"Infinity" not in text:
                raise
        # One such number is no reason to discard all the others.
        return _raw.decode(plain_json(text))
    except NOT_UNDERSTOOD:
        pass
    raise Malformed("RunPod's response is not JSON, or is cut short; podtop ignores it.")
