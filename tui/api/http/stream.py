"""A response that does not end, beside those that do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

import httpx

from tui.api import log_lines
from tui.api.errors import CloudError, Malformed
from tui.api.http import failures, name_lookup
from tui.api.http.call import Call, Trail
from tui.api.http.connection import Line
from tui.api.http.transport import CONNECT_TIMEOUT, CONNECTED, READ_TIMEOUT, Transport
from tui.api.secret import redact
from tui.clocks import passed

A = TypeVar("A")

SILENCE = 300.0
"""Seconds without a byte, not even a comment, after which a stream is taken for ended: its connection may be dead, and
nothing would ever say so. That is no error."""

EVENTS = "text/event-stream"


class StreamingTransport(Transport[A]):
    """A `Transport` that can stream too, over a connection of its own for each stream."""

    @cached_property
    def _streams(self) -> set[httpx.AsyncClient]:
        return set()

    async def stream(self, call: Call, silence: float = SILENCE) -> AsyncGenerator[bytes]:
        """The body of one response, as it arrives. It has no deadline once it has begun. Raises CloudError.

        Closing the iterator, or cancelling who waits for it, closes the connection.
        """
        self._refuse(call.with_key)
        line = self._connect(await self._open())
        self._streams.add(line.client)
        failure: CloudError | None = None
        response: httpx.Response | CloudError | None = None
        try:
            response = await self._begun(line, call)
            if isinstance(response, CloudError):
                failure = response
            else:
                chunks = response.aiter_raw() if not response.is_stream_consumed else _whole(response)
                while not failure:
                    try:
                        async with asyncio.timeout(silence):
                            chunk = await anext(chunks)
                    except (StopAsyncIteration, TimeoutError):
                        break
                    except Exception as error:
                        failure = failures.of_transport(error, self.host, self._deadline, line.proxy)
                    else:
                        yield chunk
        finally:
            self._streams.discard(line.client)
            with suppress(Exception):
                if isinstance(response, httpx.Response):
                    await response.aclose()
            with suppress(Exception):
                await line.client.aclose()
        # Raised without what it passed, as in `Transport.send`; where podtop itself closed it, it just ends.
        if failure is not None and not self._closed:
            text = redact(str(failure), self._masked(call))
            fields = {"operation": call.operation, "error": type(failure).__name__}
            log_lines.event("api", "failed", logging.WARNING, fields=fields, text=text)
            raise failure.with_traceback(None)

    async def _begun(self, line: Line, call: Call) -> httpx.Response | CloudError:
        """The response as soon as its headers are there."""
        if self._transport is None:
            name_lookup.install()
        self.listener.sent(self.api)
        since, trail = passed(), Trail()
        try:
            async with asyncio.timeout(CONNECTED + READ_TIMEOUT):
                request = line.client.build_request(
                    call.method,
                    call.url,
                    headers=[*call.headers, ("Accept", EVENTS), ("Accept-Encoding", "identity")],
                    timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT),
                    extensions={"trace": trail},
                )
                response = await line.client.send(request, auth=self._auth(call), stream=True)
                self._heard(response, call, passed() - since)
                if not response.is_success:
                    outcome = await self._received(response, call, self._masked(call))
                    return outcome if isinstance(outcome, CloudError) else Malformed("RunPod's response is no stream.")
        except CloudError as error:
            return error
        # As in `Transport`: whatever the libraries raise is a missing response.
        except Exception as error:
            return failures.of_transport(error, self.host, READ_TIMEOUT, line.proxy, sent=trail.may_have_left)
        if response.status_code not in call.whole:
            return failures.not_whole(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != EVENTS or response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            return Malformed("RunPod's response is no stream of events; podtop ignores it.")
        log_lines.event("api", "streaming", logging.DEBUG, operation=call.operation)
        return response

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        self._closed = True
        for client in tuple(self._streams):
            with suppress(Exception):
                await client.aclose()
        await super().aclose()


async def _whole(response: httpx.Response) -> AsyncIterator[bytes]:
    """A transport inside this process gave it whole."""
    yield response.content
