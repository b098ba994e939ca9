"""`Server`: a small HTTP server for scrapers and readers on this machine or, with a token, on others.

It answers GET and HEAD, sends no cookie, follows nothing, and writes nothing of a request to the log but its path.
HTTP itself is read and written by h11, which httpx brings along.
"""

from __future__ import annotations

import asyncio
import gzip
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tui.api import log_lines
from tui.domain.listen_address import ListenAddress, is_local

if TYPE_CHECKING:
    import h11

    from tui.api.secret import Secret

CONNECTIONS = 128
"""Open connections at once; more are closed at once."""

IDLE = 60.0
"""Seconds that a connection may wait between two requests, and a request may take to arrive or its answer to leave."""

MOST_OF_A_REQUEST = 16_384
"""Bytes of the line and the headers of a request, and of a body, which is not read otherwise."""

SMALL = 1_000
"""Bytes below which an answer is not worth compressing."""


class Request(NamedTuple):
    """A request that was let in; names of headers in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """A response. `headers`: beside those of every response."""

    body: bytes
    kind: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Route = Callable[[Request], Awaitable[Answer]]

_NOT_FOUND = Answer(b"not found\n", status=404)
_NOT_ALLOWED = Answer(b"only GET and HEAD\n", status=405, headers=(("allow", "GET, HEAD"),))
_NO_TOKEN = Answer(b"a bearer token is needed\n", status=401, headers=(("www-authenticate", 'Bearer realm="podtop"'),))
_OTHER_HOST = Answer(b"this name is not served here\n", status=421)
_FAILED = Answer(b"podtop failed to answer; see its log\n", status=500)


class Server:
    """Serves `routes`, by path.

    token: what every request must bear but those for `open_paths`; None on an address of this machine only.
    clock: by which responses are dated, as their content is.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        token: Secret | None = None,
        open_paths: tuple[str, ...] = ("/healthz",),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._routes = routes
        self._token = token
        self._open = open_paths
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._local = True
        self._packed: dict[str, tuple[bytes, bytes]] = {}

    async def start(self, where: ListenAddress) -> ListenAddress:
        """Listen, and return the address with its port. Raises OSError, and ValueError for an address that needs a
        token."""
        if not where.is_local and self._token is None:
            raise ValueError(f"{where} is reached from other machines: a token file is needed")
        self._local = where.is_local
        self._server = await asyncio.start_server(self._connected, where.host, where.port, limit=MOST_OF_A_REQUEST)
        return ListenAddress(where.host, self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, and end open connections."""
        if self._server is not None:
            self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= CONNECTIONS:
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            # The other side is gone or too slow, or podtop ends: nobody is left to tell.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import h11

        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_OF_A_REQUEST)
        while True:
            try:
                async with asyncio.timeout(IDLE):
                    request = await _read(connection, reader)
                if request is None:
                    return
                answer = await self._answer(request)
            except h11.RemoteProtocolError as error:
                answer, request = Answer(b"bad request\n", status=error.error_status_hint), None
            if request is None and connection.our_state is h11.ERROR:
                return
            async with asyncio.timeout(IDLE):
                await self._write(connection, writer, request, answer)
            if connection.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
                return
            connection.start_next_cycle()

    async def _answer(self, request: h11.Request) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        target = urlsplit(request.target.decode("latin-1"))
        if not self._is_let_in(target.path, headers):
            return _NO_TOKEN
        if self._local and self._token is None and not _is_local_name(headers.get("host", "localhost")):
            # A page in a browser may reach this machine under a name of its own: it must not read anything.
            return _OTHER_HOST
        if request.method not in (b"GET", b"HEAD"):
            return _NOT_ALLOWED
        route = self._routes.get(target.path)
        if route is None:
            return _NOT_FOUND
        try:
            return await route(Request(target.path, dict(parse_qsl(target.query)), headers))
        except Exception as error:  # One request must not end the recording.
            log_lines.event("exporter", "failed", logging.ERROR, path=target.path, why=repr(error))
            return _FAILED

    def _is_let_in(self, path: str, headers: Mapping[str, str]) -> bool:
        if self._token is None or path in self._open:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        wanted = self._token.reveal().encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1", "replace"), wanted)

    async def _write(
        self, connection: h11.Connection, writer: asyncio.StreamWriter, request: h11.Request | None, answer: Answer
    ) -> None:
        import h11

        asked = dict(request.headers) if request is not None else {}
        body, headers = answer.body, [("content-type", answer.kind), ("cache-control", "no-store"), *answer.headers]
        headers.append(("date", formatdate(self._clock(), usegmt=True)))
        if request is not None and len(body) > SMALL and b"gzip" in asked.get(b"accept-encoding", b""):
            body = await self._compressed(request.target.partition(b"?")[0].decode("latin-1"), body)
            headers += [("content-encoding", "gzip"), ("vary", "accept-encoding")]
        headers += [("content-length", str(len(body))), ("x-content-type-options", "nosniff")]
        data = connection.send(h11.Response(status_code=answer.status, headers=headers)) or b""
        if request is None or request.method != b"HEAD":
            data += connection.send(h11.Data(data=body)) or b""
        data += connection.send(h11.EndOfMessage()) or b""
        writer.write(data)
        await writer.drain()

    async def _compressed(self, path: str, body: bytes) -> bytes:
        """The body compressed; ten readers of the same one cost one compression."""
        last, packed = self._packed.get(path, (b"", b""))
        if last is not body:
            packed = await asyncio.to_thread(gzip.compress, body, 1)
            if path in self._routes:
                self._packed[path] = body, packed
        return packed


def _is_local_name(host: str) -> bool:
    return is_local(urlsplit(f"//{host}").hostname or "")


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The next request, with its body passed over; None at the end of the connection."""
    import h11

    request, size = None, 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(MOST_OF_A_REQUEST))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size > MOST_OF_A_REQUEST:
                raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage):
            return request
        else:
            return None
