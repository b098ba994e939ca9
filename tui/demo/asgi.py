"""`Simulator`: the simulated RunPod as one ASGI application."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from tui.demo.faults import HTML, RETIRED, FaultError, Faults
from tui.demo.random_walk import chance
from tui.demo.world import World

if TYPE_CHECKING:
    from tui.demo.rest.logs import LogStream

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON: Headers = [(b"content-type", b"application/json; charset=utf-8")]
LARGEST_REQUEST = 1 << 20
_RETIRED = json.dumps(
    {"title": "Gone", "status": 410, "detail": "The GraphQL API has been retired. Use the REST API at /v2."}
).encode()
_GATEWAY = (502, 503, 524)
"""Statuses that come from what stands before RunPod's server, as a page of HTML."""

_WORTH_PACKING = 1024


class Simulator:
    """Serves a world at `/graphql` and below `/v2`, with faults; `POST /faults` changes them.

    clock: returns the time to which the world is advanced before each request.
    packs: compress large responses for clients that accept it; not worth it without a network.
    beat:  seconds from one look for new lines of an open log to the next.
    beside: build responses of GraphQL in a thread.
    """

    def __init__(
        self,
        world: World,
        clock: Callable[[], float],
        faults: Faults | None = None,
        *,
        packs: bool = True,
        beat: float = 0.25,
        beside: bool = True,
    ) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.requests = 0
        self.mutations = 0
        self._clock = clock
        self._packs = packs
        self._beat = beat
        self._beside = beside
        self._execution: Any = None
        self._rest: Any = None
        self._retires_at: float | None = None
        self._graphql_is_retired()
        # One at a time, even if the first client has given up and its thread still runs.
        self._turn = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        match scope["path"], scope["method"]:
            case path, _ if "front-door" in self.faults and path.startswith(("/graphql", "/v2/")):
                self.requests += 1
                await _reply(send, 403, HTML % (403, 403), [(b"content-type", b"text/html")])
            case "/graphql", "POST" | "GET":
                await self._graphql(scope, body, receive, send)
            case "/faults", "POST":
                await self._set_faults(body, send)
            case path, _ if path.startswith("/v2/"):
                await self._v2(scope, body, receive, send)
            case _:
                await _reply(send, 404, b"not found", [(b"content-type", b"text/plain")])

    async def _set_faults(self, body: bytes, send: Send) -> None:
        """Replaces the faults by those of a JSON object: name to seconds, or to null for the default."""
        try:
            wanted = json.loads(body or b"{}")
            changed = Faults()
            for name, value in wanted.items():
                changed.set(name, value)
        except (ValueError, AttributeError, TypeError) as error:
            text = str(error) if isinstance(error, FaultError) else "expected a JSON object of fault names and seconds"
            await _reply(send, 400, text.encode(), [(b"content-type", b"text/plain")])
            return
        self.faults.active = changed.active
        self._graphql_is_retired()
        await _reply(send, 200, json.dumps(self.faults.active).encode(), JSON)

    async def _graphql(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        await self._begin(receive)
        faults = self.faults
        if self._graphql_is_retired():
            await _reply(send, 410, _RETIRED, [(b"content-type", b"application/problem+json")])
            return
        if faults.status() == 403:
            await _reply(send, 403, b'{"errors":[{"message":"access denied"}]}', JSON)
            return
        if (status := faults.status()) is not None:
            headers = [(b"retry-after", b"%d" % faults.active["429"])] if status == 429 else []
            await _reply(send, status, HTML % (status, status), [(b"content-type", b"text/html"), *headers])
            return
        request = _request(scope, body)
        if request is None:
            await _reply(send, 400, b'{"errors":[{"message":"Must provide query string."}]}', JSON)
            return
        packed = self._packs and _takes_gzip(scope)
        if self._beside:
            # A large response takes a while to build: done in a thread, so that the event loop continues.
            answer = await asyncio.to_thread(self._answer, request, _key(scope), packed)
        else:
            answer = self._answer(request, _key(scope), packed)
        await self._send(answer, receive, send)

    async def _v2(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        await self._begin(receive)
        faults = self.faults
        if "v2-front-door" in faults:
            await _reply(send, 403, b"error code: 1010", [(b"content-type", b"text/plain; charset=UTF-8")])
            return
        if (status := faults.status()) in _GATEWAY:
            await _reply(send, status, HTML % (status, status), [(b"content-type", b"text/html")])
            return
        answer = await asyncio.to_thread(self._answer_v2, scope, body)
        if answer.log is None:
            await self._send(answer, receive, send)
        else:
            await self._stream(answer, answer.log, receive, send)

    async def _stream(self, answer: _Answer, log: LogStream, receive: Receive, send: Send) -> None:
        """Send the lines of a log as they are written, until the client leaves or the pod is gone."""
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        left = asyncio.create_task(_hang(receive))
        try:
            while not left.done():
                pieces, ended = await asyncio.to_thread(self._new_lines, log)
                for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if ended:
                    await send({"type": "http.response.body", "body": b""})
                    return
                if log.cut():
                    raise ConnectionResetError("the simulated connection was cut")
                await asyncio.wait([left], timeout=0 if log.behind else self._beat)
        finally:
            left.cancel()

    def _new_lines(self, log: LogStream) -> tuple[list[bytes], bool]:
        with self._turn:
            self._advance()
            return log.more(), log.ended()

    def _graphql_is_retired(self) -> bool:
        """Whether the fault that retires GraphQL has come into effect; its time runs from when it is first seen."""
        if RETIRED not in self.faults:
            self._retires_at = None
            return False
        if self._retires_at is None:
            self._retires_at = self._clock() + self.faults.active[RETIRED]
        return self._clock() >= self._retires_at

    async def _begin(self, receive: Receive) -> None:
        """Count the request, and hold it up or break its connection as the faults say."""
        self.requests += 1
        faults = self.faults
        if "refused" in faults:
            raise ConnectionRefusedError("the simulated connection was refused")
        if "timeout" in faults:
            await _hang(receive)
            raise ConnectionResetError("the client gave up")
        await self._delay()
        if "reset" in faults:
            raise ConnectionResetError("the simulated connection was reset")

    async def _send(self, answer: _Answer, receive: Receive, send: Send) -> None:
        faults = self.faults
        if answer.mutation and "acts-502" in faults:
            await _reply(send, 502, HTML % (502, 502), [(b"content-type", b"text/html")])
        elif answer.mutation and "acts-timeout" in faults:
            await _hang(receive)
        elif "drip" in faults:
            await _drip(send, answer, faults.active["drip"])
        else:
            await _reply(send, answer.status, answer.body, answer.headers)

    async def _delay(self) -> None:
        faults = self.faults
        seconds = faults.active.get("latency", 0.0)
        seconds += faults.active.get("jitter", 0.0) * chance(self.world.seed, self.requests, "jitter")
        if seconds:
            await asyncio.sleep(seconds)

    def _answer(self, request: dict[str, Any], key: str | None, gzipped: bool) -> _Answer:
        with self._turn:
            status, answer, mutation = self._execute(request, key)
        body = json.dumps(_spoil(answer, self.faults), separators=(",", ":")).encode()
        return self._packed(_Answer(status, body, [*JSON, *self._announced()], mutation), gzipped)

    def _announced(self) -> Headers:
        """The headers with which the end of an API is announced (RFC 8594 and 9745)."""
        days = self.faults.active.get("graphql-sunset")
        if days is None:
            return []
        end = formatdate(self.world.now + days * 86_400, usegmt=True)
        return [(b"sunset", end.encode()), (b"deprecation", b"@%d" % self.world.start)]

    def _answer_v2(self, scope: Scope, body: bytes) -> _Answer:
        from tui.demo.rest.call import Request
        from tui.demo.rest.routes import Rest

        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._turn:
            if self._rest is None:
                self._rest = Rest(self.world, lambda: self.faults)
            self._advance()
            if (status := self.faults.status()) is not None:
                sent = self._rest.fault(status, self.faults.active.get("429", 0.0))
            else:
                sent = self._rest.answer(Request(scope["method"], scope["path"], query, headers, body), _bearer(scope))
            self.mutations += sent.mutation
        answer = _Answer(sent.status, sent.body, sent.headers, sent.mutation, sent.log)
        if sent.log is not None:
            return answer
        return self._packed(answer, self._packs and _takes_gzip(scope))

    def _packed(self, answer: _Answer, gzipped: bool) -> _Answer:
        """The response as it leaves: spoiled by the faults, and compressed where that is worth it."""
        body = answer.body
        if "notjson" in self.faults:
            body = b"upstream connect error or disconnect/reset before headers"
        if "truncated" in self.faults:
            body = body[: len(body) * 2 // 3]
        if not gzipped or len(body) <= _WORTH_PACKING:
            return answer._replace(body=body)
        return answer._replace(
            body=gzip.compress(body, 1), headers=[*answer.headers, (b"content-encoding", b"gzip")]
        )  # fmt: skip

    def _advance(self) -> None:
        self.world.postpaid = "v2-postpaid" in self.faults
        self.world.advance_to(self._clock())

    def _execute(self, request: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any], bool]:
        if self._execution is None:
            from tui.demo.execution import Execution

            self._execution = Execution(self.world)
        self._advance()
        text = request["query"]
        mutation = bool(self._execution.is_mutation(text))
        self.mutations += mutation
        status, answer = self._execution.answer(text, request.get("variables"), request.get("operationName"), key)
        return status, answer, mutation


class _Answer(NamedTuple):
    """A response ready to be sent; `mutation`: whether it is the response to a mutation."""

    status: int
    body: bytes
    headers: Headers
    mutation: bool
    log: LogStream | None = None


async def _hang(receive: Receive) -> None:
    """Send no response until the client gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drip(send: Send, answer: _Answer, pause: float) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for start in range(0, len(answer.body), 16):
        await send({"type": "http.response.body", "body": answer.body[start : start + 16], "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > LARGEST_REQUEST:
            return bytes(body[:LARGEST_REQUEST])


async def _reply(send: Send, status: int, body: bytes, headers: Headers) -> None:
    if status != 204:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _request(scope: Scope, body: bytes) -> dict[str, Any] | None:
    """The GraphQL request of a POST with JSON, or of a GET with a query; None without one."""
    if scope["method"] == "GET":
        asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        try:
            variables = json.loads(asked.get("variables", "null"))
        except ValueError:
            return None
        request: Any = {**asked, "variables": variables}
    else:
        try:
            request = json.loads(body)
        except ValueError:
            return None
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        return None
    if not isinstance(request.get("variables"), dict | None):
        return None
    return request


def _key(scope: Scope) -> str | None:
    """The caller's key, from the header or else from the URL; None for an anonymous caller."""
    return _bearer(scope) or parse_qs(scope["query_string"].decode("latin-1")).get("api_key", [""])[0] or None


def _bearer(scope: Scope) -> str | None:
    header: str = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    return header.removeprefix("Bearer ").strip() or None


def _takes_gzip(scope: Scope) -> bool:
    return b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")


def _spoil(answer: dict[str, Any], faults: Faults) -> dict[str, Any]:
    """A response with parts missing, as RunPod's resolvers leave it when they fail."""
    me = (answer.get("data") or {}).get("myself")
    if "partial" in faults and me and "pods" in me:
        error = {
            "message": "Something went wrong. Please try again later or contact support.",
            "path": ["myself", "pods"], "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }  # fmt: skip
        return {"data": {**answer["data"], "myself": {**me, "pods": None}}, "errors": [error]}
    if "nulls" in faults and me:
        needed = ("id", "name", "desiredStatus", "costPerHr", "gpuCount")
        pods = [{k: v if k in needed else None for k, v in pod.items()} for pod in me.get("pods") or ()]
        return {"data": {**answer["data"], "myself": {**dict.fromkeys(me), "pods": pods}}}
    return answer
