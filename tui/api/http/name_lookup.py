"""Looks up host names so that a lookup that hangs blocks nothing: not the next request, and not podtop's end.

The event loop's own way keeps a thread of the pool that everything else uses, and waits for it when the program ends.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

PATIENCE = 4.0
"""Seconds that a caller waits for a name."""

_GIVEN_UP = 30.0
"""Seconds after which a lookup under way is taken for lost, and another is begun beside it."""

_FRESH = 60.0
"""Seconds for which a result that came when nobody waited any more is good for the next caller."""

_MOST = 8
"""Lookups under way at once, for all names."""

_Question = tuple[Any, ...]
_Found = list[tuple[Any, ...]]


class _Lookup:
    """One lookup, in a thread that ends with the program whatever it does."""

    def __init__(self, question: _Question) -> None:
        self.begun = time.monotonic()
        self.host = question[0]
        self.taken = False
        self.answer: Future[_Found] = Future()
        self.answer.set_running_or_notify_cancel()
        threading.Thread(target=self._look, args=(question,), name="podtop-names", daemon=True).start()

    def is_used_up(self) -> bool:
        """Whether the next caller needs another."""
        age = time.monotonic() - self.begun
        if not self.answer.done():
            return age > _GIVEN_UP and _threads() < _MOST
        return self.taken or age > _FRESH or self.answer.exception() is not None

    def _look(self, question: _Question) -> None:
        host, port, family, kind, proto, flags = question
        try:
            addresses = socket.getaddrinfo(host, port, family, kind, proto, flags)
        # It is reported to the callers.
        except BaseException as error:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(addresses)


_under_way: dict[_Question, _Lookup] = {}


def is_slow(host: str) -> bool:
    """Whether a name is being looked up at this moment."""
    return any(lookup.host in (host, host.encode()) and not lookup.answer.done() for lookup in _under_way.values())


async def look_up(host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> _Found:
    """As `asyncio.loop.getaddrinfo`. Concurrent calls for the same name share a lookup. Raises TimeoutError."""
    question = (host, port, family, type, proto, flags)
    lookup = _under_way.get(question)
    if lookup is None or lookup.is_used_up():
        lookup = _under_way[question] = _Lookup(question)
    async with asyncio.timeout(PATIENCE):
        addresses = await asyncio.wrap_future(lookup.answer)
    lookup.taken = True
    return addresses


def _threads() -> int:
    return sum(thread.name == "podtop-names" for thread in threading.enumerate())


def install() -> None:
    """Have the running event loop look names up this way."""
    loop = asyncio.get_running_loop()
    # A loop that is not Python's own may not take it, and looks names up in its own way.
    with suppress(AttributeError):
        loop.getaddrinfo = look_up  # type: ignore[method-assign]
