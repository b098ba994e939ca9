"""The event loop comes first: long work gives it turns, on the loop itself and in threads.

Python runs one thread at a time, and gives each the same share: beside two threads that compute, a key would take
three times as long. So work over very many items waits between two slices until the loop has nothing else to do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter, thread_time

SLICE = 0.004
"""Seconds that work in a thread goes on for between two turns of the loop."""

PATIENCE = 0.25
"""Seconds that it waits for one at most: a loop that is always busy must not keep data from being new."""

_NOTHING = 0.0002
"""Seconds of CPU below which the loop did nothing in a turn."""

_MOST_TURNS = 50


class _Threads(threading.local):
    """When the present thread is to give way next."""

    due = 0.0


_threads = _Threads()
_first: asyncio.AbstractEventLoop | None = None
_of_loop: int | None = None


def put_first(loop: asyncio.AbstractEventLoop | None) -> None:
    """Have threads give way to this loop, of the present thread, from now on; None: to none, as at the end."""
    global _first, _of_loop
    _first, _of_loop = loop, threading.get_ident()


@contextmanager
def none_first() -> Iterator[None]:
    """While the loop itself waits for threads these do not wait for it."""
    global _first
    before, _first = _first, None
    try:
        yield
    finally:
        _first = before


async def quiet() -> None:
    """Let the loop do what is due, until it did nothing in a turn."""
    for _ in range(_MOST_TURNS):
        begun = thread_time()
        await asyncio.sleep(0)
        if thread_time() - begun < _NOTHING:
            return


def give_way() -> None:
    """In a thread, before each of very many items: now and then wait until the loop has nothing to do."""
    loop = _first
    if loop is None or perf_counter() < _threads.due or threading.get_ident() == _of_loop:
        return
    turn = threading.Event()
    # A loop that is closed raises.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_tell_once_quiet, loop, turn, None, _MOST_TURNS)
        turn.wait(PATIENCE)
    _threads.due = perf_counter() + SLICE


def _tell_once_quiet(loop: asyncio.AbstractEventLoop, turn: threading.Event, since: float | None, turns: int) -> None:
    """As `quiet`, without a task."""
    now = thread_time()
    if not turns or (since is not None and now - since < _NOTHING):
        turn.set()
    else:
        loop.call_soon(_tell_once_quiet, loop, turn, now, turns - 1)
