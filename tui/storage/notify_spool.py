"""`Spool`: notifications on their way, on disk: what could not be sent is sent later, by whichever podtop then runs."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.domain.notification import Notification
from tui.storage.json_store import JsonStore

MOST, MOST_BYTES = 200, 1_000_000
"""Notifications that wait at most, and the size of the file."""

KEPT = 48 * 3600.0
"""Seconds for which it is remembered that a notification was handed over, so that it is not sent again."""


class Attempt(Struct, frozen=True, omit_defaults=True):
    """The sending of a notification by one sink.

    tries: how often it failed; next_at: when it is tried again; held_until: until when a podtop is sending it.
    """

    tries: int = 0
    next_at: float = 0.0
    held_until: float = 0.0


class Spooled(Struct, frozen=True, omit_defaults=True):
    """A notification, and the sinks that have not sent it yet. Once all have, only its id is kept."""

    at: float
    notification: Notification | None
    left: Mapping[str, Attempt] = {}


class Store(Protocol):
    """Where the spool is: a file, or memory."""

    def all(self) -> Mapping[str, Spooled]: ...

    def changed(self) -> AbstractContextManager[dict[str, Spooled]]: ...


class SpoolFile(JsonStore[Spooled]):
    """Notifications by id."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Spooled, "notifications", "those that waited there are lost")


class Memory:
    """Notifications of a podtop that writes no files, or cannot."""

    def __init__(self) -> None:
        self._all: dict[str, Spooled] = {}

    def all(self) -> Mapping[str, Spooled]:
        return dict(self._all)

    @contextmanager
    def changed(self) -> Iterator[dict[str, Spooled]]:
        yield self._all


class Taken(Struct, frozen=True):
    """A notification that this podtop is to send: since when, and how often that failed before."""

    id: str
    notification: Notification
    at: float
    tries: int


class Spool:
    """The notifications of a store. Methods block, for milliseconds, and raise StoreError; any thread may call them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def add(self, notification: Notification, sinks: Iterable[str], now: float) -> int:
        """Keep a notification for these sinks, once; returns how many older ones had to be dropped for it."""
        with self._lock, self._store.changed() as all:
            if notification.id in all:
                return 0
            for id in [id for id, item in all.items() if not item.left and not 0 <= now - item.at < KEPT]:
                del all[id]
            all[notification.id] = Spooled(now, notification, {name: Attempt() for name in sinks})
            return _bounded(all)

    def take(self, sink: str, now: float, hold: float, *, early: bool = False) -> Taken | None:
        """The oldest notification that is due for a sink; no other podtop takes it within `hold` seconds.

        early: also one whose time has not come, as the sink works again.
        """
        with self._lock:
            nothing = self._next(self._store.all(), sink, now, early) is None
        if nothing:
            return None
        with self._lock, self._store.changed() as all:
            id = self._next(all, sink, now, early)
            if id is None or (notification := all[id].notification) is None:
                return None
            item = all[id]
            attempt = item.left[sink]
            all[id] = replace(item, left={**item.left, sink: replace(attempt, held_until=now + hold)})
            return Taken(id, notification, item.at, attempt.tries)

    @staticmethod
    def _next(all: Mapping[str, Spooled], sink: str, now: float, early: bool) -> str | None:
        due = [
            (item.at, id)
            for id, item in all.items()
            if (attempt := item.left.get(sink)) is not None
            and attempt.held_until <= now
            and (early or attempt.next_at <= now)
        ]
        return min(due, default=(0.0, None))[1]

    def done(self, id: str, sink: str) -> None:
        """It was sent, or never will be."""
        with self._lock, self._store.changed() as all:
            if (item := all.get(id)) is not None:
                left = {name: attempt for name, attempt in item.left.items() if name != sink}
                all[id] = replace(item, notification=item.notification if left else None, left=left)

    def later(self, id: str, sink: str, at: float, *, failed: bool = True) -> None:
        """Try again at an instant. `failed`: whether it failed, or was not finished."""
        with self._lock, self._store.changed() as all:
            item = all.get(id)
            if item is not None and (attempt := item.left.get(sink)) is not None:
                tries = attempt.tries + failed
                all[id] = replace(item, left={**item.left, sink: Attempt(tries, at)})

    def waiting(self) -> dict[str, int]:
        """How many notifications wait, by sink."""
        counts: dict[str, int] = {}
        with self._lock:
            all = self._store.all()
        for item in all.values():
            for name in item.left:
                counts[name] = counts.get(name, 0) + 1
        return counts

    def next_at(self, sinks: Iterable[str]) -> float:
        """When there is something to do for one of these sinks."""
        wanted = frozenset(sinks)
        with self._lock:
            all = self._store.all()
        return min(
            (
                max(attempt.next_at, attempt.held_until)
                for item in all.values()
                for name, attempt in item.left.items()
                if name in wanted
            ),
            default=math.inf,
        )


def _bounded(all: dict[str, Spooled]) -> int:
    """Drop what is over the bounds, the oldest first; returns how many of those that waited were dropped."""
    sizes = {id: len(msgspec.json.encode(item)) + len(id) + 4 for id, item in all.items()}
    size, dropped = sum(sizes.values()), 0
    for id in sorted(all, key=lambda id: (bool(all[id].left), all[id].at))[:-1]:
        if len(all) <= MOST and size <= MOST_BYTES:
            break
        dropped += bool(all.pop(id).left)
        size -= sizes[id]
    return dropped
