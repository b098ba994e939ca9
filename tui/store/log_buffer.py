"""`LogBuffer`: lines of logs in memory, of one pod or several, in order of time; bounded in lines and in bytes."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from tui.api.pod_logs import LogLine

MOST_LINES = 20_000
"""Lines that a buffer keeps at most, the newest: of one pod, or of all pods that are shown together."""

MOST_BYTES = 32 << 20
"""Bytes of memory that they take at most: a line is as long as 1 MiB."""

_OVERHEAD = 320
"""Bytes of a line beside its text: its id and its places in the buffer and in what is shown."""

_SHARE = 20
"""A full buffer drops this part of its lines at once, as each drop moves all the others."""


class LogEntry(Struct, frozen=True, gc=False):
    """A line with its pod and its place.

    at:    when it was written; of the line before it if that is not reported.
    order: among lines of the same instant.
    """

    pod: str
    line: LogLine
    at: float
    order: int

    @property
    def key(self) -> tuple[float, int]:
        """Entries are sorted by it, and no two have the same."""
        return self.at, self.order


def key_of(entry: LogEntry) -> tuple[float, int]:
    """The key of an entry, as a function."""
    return entry.at, entry.order


class LogBuffer:
    """Keeps the newest lines, each once by its pod and id.

    dropped: lines that were kept and are not any more.
    size:    bytes that the lines take, about.
    changed: index of the first entry that is new since `settle`; all behind it may be others than before.
    """

    def __init__(self, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._entries: list[LogEntry] = []
        self._ids: dict[str, set[str]] = {}
        self._last: dict[str, str] = {}
        self._next = 0
        self._earliest = 0
        self.dropped = 0
        self.size = 0
        self.changed = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self._entries)

    @property
    def entries(self) -> Sequence[LogEntry]:
        """All of them, oldest first; not to be changed, and another after the next `add`."""
        return self._entries

    def last_ids(self) -> dict[str, str]:
        """The id of the newest line that arrived of each pod, by which its stream is resumed."""
        return dict(self._last)

    def add(self, pod: str, lines: Iterable[LogLine], *, earlier: bool = False) -> list[LogLine]:
        """Add lines of a pod in the server's order; returns those that were not known.

        earlier: whether they were requested in addition, and precede those of the same instant.
        """
        ids = self._ids.setdefault(pod, set())
        fresh: list[LogLine] = []
        for line in lines:
            if not earlier and line.id:
                self._last[pod] = line.id
            if line.id and line.id in ids:
                continue
            ids.add(line.id)
            fresh.append(line)
        if not fresh:
            return fresh
        if earlier:
            self._earliest -= len(fresh)
        order = self._earliest if earlier else self._next
        at = next((line.at for line in fresh if line.at is not None), self._newest) if earlier else self._newest
        for n, line in enumerate(fresh, order):
            at = at if line.at is None else line.at
            self._place(LogEntry(pod, line, at, n))
        self._next += 0 if earlier else len(fresh)
        self._bound()
        return fresh

    def settle(self) -> None:
        """Whoever shows the entries has read them: `changed` counts from here."""
        self.changed = len(self._entries)

    @property
    def _newest(self) -> float:
        return self._entries[-1].at if self._entries else 0.0

    def _place(self, entry: LogEntry) -> None:
        entries = self._entries
        if not entries or entries[-1].key < entry.key:
            at = len(entries)
            entries.append(entry)
        else:
            at = bisect_left(entries, entry.key, key=key_of)
            entries.insert(at, entry)
        self.changed = min(self.changed, at)
        self.size += _size(entry)

    def _bound(self) -> None:
        over = max(0, len(self._entries) - self._most_lines)
        size = self.size
        if not over and size <= self._most_bytes:
            return
        spare = max(1, self._most_lines // _SHARE)
        count = 0
        while count < len(self._entries) - 1 and (count < over + spare - 1 or size > self._most_bytes):
            size -= _size(self._entries[count])
            count += 1
        for entry in self._entries[:count]:
            self._ids[entry.pod].discard(entry.line.id)
        del self._entries[:count]
        self.dropped += count
        self.size = size
        self.changed = max(0, self.changed - count)


def _size(entry: LogEntry) -> int:
    return sys.getsizeof(entry.line.text) + _OVERHEAD
