"""A transport of httpx that hands requests to an ASGI application in this process: no port is opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

Application = Callable[[Any, Any, Any], Awaitable[None]]
_PATIENCE = 30.0
_AHEAD = 8
"""Parts of a body that the application may send before the client has read them."""


class InProcess(httpx.AsyncBaseTransport):
    """Unlike httpx' own, it passes each part of a body on when it is sent, as a stream of events requires."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, request, await request.aread())
        try:
            status, headers = await exchange.head()
        except BaseException:
            await exchange.aclose()
            raise
        return httpx.Response(status, headers=headers, stream=exchange, request=request)


class _Exchange(httpx.AsyncByteStream):
    """One request in the application, which runs as a task until the response has been read or is closed."""

    def __init__(self, app: Application, request: httpx.Request, body: bytes) -> None:
        self._request = request
        self._patience = request.extensions.get("timeout", {}).get("read", _PATIENCE)
        self._unread: list[bytes] = [body]
        self._closed = asyncio.Event()
        self._messages: asyncio.Queue[MutableMapping[str, Any] | None] = asyncio.Queue(_AHEAD)
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: Application) -> None:
        try:
            await app(_scope(self._request), self._receive, self._messages.put)
        finally:
            # None marks the end; a reader that is not there any more needs none.
            if not self._closed.is_set():
                await self._messages.put(None)

    async def _receive(self) -> dict[str, Any]:
        if self._unread:
            return {"type": "http.request", "body": self._unread.pop(), "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        message = await self._next()
        if message is None:
            raise httpx.RemoteProtocolError("the simulated server did not respond", request=self._request)
        return message["status"], list(message.get("headers", ()))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._next()) is not None:
            if body := message.get("body"):
                yield body
            if not message.get("more_body"):
                return

    async def _next(self) -> MutableMapping[str, Any] | None:
        """The application's next message; its failure as a client on a network would see it."""
        try:
            async with asyncio.timeout(self._patience):
                message = await self._messages.get()
                if message is None:
                    await self._task
                return message
        except TimeoutError:
            raise httpx.ReadTimeout("the simulated server did not respond", request=self._request) from None
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error), request=self._request) from None
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=self._request) from None

    async def aclose(self) -> None:
        self._closed.set()
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            # Looked at: nobody waits for it any more.
            self._task.exception()


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
