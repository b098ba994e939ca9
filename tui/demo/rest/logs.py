"""The route of a pod's log: a stream of server-sent events, from where the request asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice

from tui.demo.pods import SimPod
from tui.demo.rest.call import Call, Reply, invalid
from tui.demo.rest.log_lines import BEFORE_ALL, CONTAINER, SYSTEM, Line, Place, instant, last_lines, lines, place_of
from tui.demo.rest.pods import find
from tui.demo.world import World

MOST_LINES = 5000
KEEP_ALIVE = 15.0
"""Seconds without a line after which a comment is sent."""

_LAST = 10**12
_HUGE = 2_000_000
"""Characters of the longest hostile line: more than the 1 MiB that clients take."""

_PIECE = 65_536
_AT_ONCE = 2000
"""Lines that are put together in one go: a log of days is long, and others wait."""


class LogStream:
    """The log of a pod to one client. It moves on when new lines are requested."""

    def __init__(self, call: Call, pod: SimPod, source: str | None, backlog: Iterable[Line], after: Place) -> None:
        self._world = call.world
        self._faults = call.faults
        self._pod = pod
        self._source = source
        self._backlog = iter(backlog)
        self._after = after
        self._spoken = self._opened = call.world.now
        self.behind = False
        """Whether more is available at once."""

    def ended(self) -> bool:
        """Whether the pod is gone, and its log with it."""
        return self._world.pods.get(self._pod.id) is not self._pod

    def cut(self) -> bool:
        """Whether a fault breaks the connection now."""
        limit = self._faults.active.get("v2-logs-drop")
        return limit is not None and self._world.now - self._opened >= limit

    def more(self) -> list[bytes]:
        """The events since the last call, in pieces; a comment if there were none for long."""
        now = self._world.now
        pieces, piece = [], bytearray()
        new = list(islice(self._new(now), _AT_ONCE))
        for line in new:
            if self._source in (None, line.source):
                piece += event(line, hostile="v2-logs-hostile" in self._faults)
            if len(piece) >= _PIECE:
                pieces.append(bytes(piece))
                piece.clear()
        if piece:
            pieces.append(bytes(piece))
        self.behind = len(new) == _AT_ONCE
        if not pieces and now - self._spoken >= KEEP_ALIVE:
            pieces = [b": keep-alive\n\n"]
        if pieces:
            self._spoken = now
        return pieces

    def _new(self, now: float) -> Iterable[Line]:
        yield from self._backlog
        for line in lines(self._pod, self._world.seed, self._after, now):
            self._after = line.place
            yield line


def stream_logs(call: Call) -> Reply:
    pod = find(call)
    source = call.text("source")
    if source is not None:
        call.word("source", (CONTAINER, SYSTEM), CONTAINER)
    tail = call.number("tail", 0, MOST_LINES, 100)
    since = call.text("since")
    resumed = call.request.headers.get("last-event-id")
    if resumed is not None:
        return Reply(200, LogStream(call, pod, source, (), _resumed(resumed)))
    if since is not None:
        at = instant(since)
        if at is None:
            raise invalid(f"query.since: '{since}' is not valid date-time")
        return Reply(200, LogStream(call, pod, source, (), Place(round(at * 1000), -1)))
    return Reply(200, _with_tail(call, pod, source, tail))


def _with_tail(call: Call, pod: SimPod, source: str | None, tail: int) -> LogStream:
    world: World = call.world
    newest = last_lines(pod, world.seed, world.now, 1)
    after = newest[-1].place if newest else BEFORE_ALL
    return LogStream(call, pod, source, last_lines(pod, world.seed, world.now, tail, source), after)


def _resumed(last_id: str) -> Place:
    """Right behind the line with this id; the document speaks of a bare timestamp, which is taken too."""
    place = place_of(last_id)
    if place is not None:
        return place
    at = instant(last_id)
    if at is None:
        raise invalid(f"header.Last-Event-ID: '{last_id}' is not valid date-time")
    return Place(round(at * 1000), _LAST)


def event(line: Line, *, hostile: bool = False) -> bytes:
    """A line as a server-sent event."""
    text = _hostile(line) if hostile else line.text
    reported = json.dumps({"ts": line.place.time, "source": line.source, "line": text}, separators=(",", ":"))
    return f"id: {line.place.id}\ndata: {reported}\n\n".encode()


def _hostile(line: Line) -> str:
    """The line with what no program should be allowed to do to a terminal."""
    kinds = (
        f"\x1b[2J\x1b[31m{line.text}\x1b[0m",
        f"\x1b]0;a title\x07\x1b]52;c;cm0gLXJm\x07{line.text}",
        f"{line.text}\rover\x08\x08\x00 \x9b31m \u202eesrever\u2066 \u200b",
        f"[bold red]{line.text}[/] [link=https://example.invalid]",
        line.text,
        line.text,
    )
    number = line.place.number
    return "x" * _HUGE if number % 97 == 0 else kinds[number // 2 % len(kinds)]
