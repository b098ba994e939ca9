"""A pod's log as REST v2 streams it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from tui.api.http.call import Call
from tui.api.http.sanitize import clean, without_escapes
from tui.api.pod_logs import MOST_LINES, LogLine, LogQuery, LogSource
from tui.api.quantities import Long, Reader, Word, instant
from tui.api.rest.exchange import Query, RestExchange
from tui.api.rest.sse import LARGEST_EVENT, LONGEST_LINE, Event, Parser
from tui.api.values import NOT_UNDERSTOOD

_LONGEST_ID = 500

PIECE = 8_192
"""Bytes that are taken apart without giving the event loop a turn: they may be thousands of empty lines."""


class WireLogLine(Struct):
    ts: Word | None = None
    source: Word | None = None
    line: Long | None = None


_wire = Reader[WireLogLine](WireLogLine)


async def stream(exchange: RestExchange, pod_id: str, query: LogQuery) -> AsyncGenerator[LogLine]:
    """The lines of one connection. Raises CloudError."""
    after = query.after if query.after.isascii() and query.after.isprintable() else ""
    headers = (("Cache-Control", "no-cache"), *([("Last-Event-ID", after)] if after else []))
    url = exchange.address("pods", pod_id, "logs", query=_parameters(query, bool(after)))
    parser = Parser()
    async with aclosing(exchange.stream(Call("logs", "GET", url, headers=headers))) as chunks:
        async for chunk in chunks:
            for begin in range(0, len(chunk), PIECE):
                if begin:
                    await asyncio.sleep(0)
                for event in parser.feed(chunk[begin : begin + PIECE]):
                    if (line := log_line(event)) is not None:
                        yield replace(line, size=parser.size)
                if parser.is_idle:
                    # It costs as much as lines do: another connection, some time later, may do better.
                    return
            if parser.pending > LARGEST_EVENT:
                # Neither a line that does not end, nor comments without end, are received for ever.
                text = f"(a line longer than {LARGEST_EVENT // 2**20} MiB is not shown)"
                yield LogLine("", None, LogSource.SYSTEM, text, parser.pending)
                return


def _parameters(query: LogQuery, resumed: bool) -> Query:
    """Where to begin: RunPod ignores all but the first of an id, an instant, a number of lines."""
    source = query.source.value if query.source else None
    if resumed:
        return {"source": source}
    if query.since is not None:
        since = datetime.fromtimestamp(query.since, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"source": source, "since": since}
    return {"source": source, "tail": min(MOST_LINES, max(0, query.tail))}


def log_line(event: Event) -> LogLine | None:
    """The line of an event; None for one that has none."""
    ident = event.id if len(event.id) <= _LONGEST_ID else ""
    if event.cut:
        bound = LARGEST_EVENT if len(event.data) >= LARGEST_EVENT else LONGEST_LINE
        return LogLine(ident, None, LogSource.SYSTEM, f"(a line longer than {bound // 2**20} MiB is not shown)")
    try:
        wire = _wire.decode(event.data)
    except NOT_UNDERSTOOD:
        # Whatever else a server writes into a log is text too.
        return LogLine(ident, None, LogSource.CONTAINER, shown(event.data.decode("utf-8", "replace")))
    if wire.line is None:
        return None
    source = LogSource(wire.source) if wire.source else LogSource.CONTAINER
    return LogLine(ident, instant(wire.ts), source, shown(wire.line))


def shown(text: str) -> str:
    """A line as a terminal would leave it: what a carriage return overwrites is gone, and nothing controls anything."""
    last = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    return clean(without_escapes(last)).rstrip()
