"""Server-sent events, as the HTML standard defines the stream, with bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_LINE = 1024 * 1024
"""Bytes of a line, its field included."""

LARGEST_EVENT = 4 * 1024 * 1024
"""Bytes of the data of one event."""

MOST_IDLE = 64 * 1024
"""Bytes that are received for no event: the comments of a day by which a quiet stream is kept open."""

_ENDS = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event. `id` is the last that was given, `cut` whether data beyond a bound is missing."""

    id: str
    kind: str
    data: bytes
    cut: bool = False


class Parser:
    """Takes a stream in pieces of any size; gives the events that are complete."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._under_way = 0
        self._after_return = False
        self._first = True
        self._id = ""
        self.size = 0
        """Bytes of the last event, with all that was received since the one before it, as it was sent."""
        self.pending = 0
        """Bytes since the last event: of one that is not complete, or of none at all."""
        self._start()

    @property
    def is_idle(self) -> bool:
        """Whether much was received for no event: comments, empty lines and empty events without end."""
        return not self._data and self.pending - self._under_way > MOST_IDLE

    def _start(self) -> None:
        self._kind = ""
        self._data: list[bytes] = []
        self._size = 0
        self._cut = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that this piece completes."""
        start = counted = 0
        if self._after_return and chunk:
            # CR LF is one end of a line, wherever the stream is cut.
            start = int(chunk.startswith(b"\n"))
            self._after_return = False
        for end in _ENDS.finditer(chunk, start):
            self._take(chunk[start : end.start()])
            if event := self._ended():
                self.size, self.pending = self.pending + end.end() - counted, 0
                counted = end.end()
                yield event
            start = end.end()
            self._after_return = end[0] == b"\r" and start == len(chunk)
        self.pending += len(chunk) - counted
        self._take(chunk[start:])

    def _take(self, piece: bytes) -> None:
        """Add to the line under way, up to its bound; what is beyond it is only counted."""
        self._line += piece[: LONGEST_LINE - len(self._line)]
        self._under_way += len(piece)

    def _ended(self) -> Event | None:
        line, skipped = bytes(self._line), self._under_way > LONGEST_LINE
        self._line.clear()
        self._under_way = 0
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatched()
        name, _, value = line.partition(b":")
        self._field(name, value.removeprefix(b" "), skipped)
        return None

    def _field(self, name: bytes, value: bytes, cut: bool) -> None:
        match name:
            case b"data":
                room = max(0, LARGEST_EVENT - self._size)
                self._cut |= cut or len(value) > room
                self._data.append(value[:room])
                self._size += len(value) + 1
            case b"event":
                self._kind = value.decode("utf-8", "replace")
            case b"id" if b"\0" not in value and not cut:
                self._id = value.decode("utf-8", "replace")
            case _:
                # A comment, `retry`, or a field that nobody knows.
                pass

    def _dispatched(self) -> Event | None:
        data = self._data
        event = Event(self._id, self._kind, b"\n".join(data), self._cut) if data else None
        self._start()
        return event if event and (event.data or event.cut) else None
