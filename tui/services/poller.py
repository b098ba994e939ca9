"""`Poller`: polls repeatedly, one request at a time, and backs off on failure. It knows neither HTTP nor screens."""

from __future__ import annotations

import asyncio
import math
import random as _random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from msgspec import Struct

from tui.api.errors import CloudError, NotOffered, Throttled, Unauthorized
from tui.clocks import passed
from tui.services.barrier import own_faults

T = TypeVar("T")

LONGEST_WAIT = 60.0
"""Seconds between attempts at most, unless the server requests more."""

GLANCE = 60.0
"""Seconds of a long wait after which podtop checks whether the machine slept through it."""


class Fresh(Struct, Generic[T], frozen=True):
    """A new value, and the seconds it took."""

    value: T
    took: float


class Failed(Struct, frozen=True):
    """A failed attempt: why, how many failed in a row, and the seconds until the next one."""

    error: CloudError
    retry_in: float
    attempts: int


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set or the time is over. Sleep of the machine counts, unlike in the event loop's time."""
    until, left = passed() + seconds, seconds
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(left, GLANCE)):
                await event.wait()
        left = until - passed()
        if event.is_set() or left <= 0:
            return


class Poller(Generic[T]):
    """An async iterator of readings of `fetch`.

    At most one request is in flight. Readings start `interval` seconds apart; a slow response causes no burst.
    After a failure the wait doubles from the interval up to `LONGEST_WAIT`, drawn at random from its upper half so
    many podtops do not retry at once; a throttled one waits at least as long as the server requested.
    `first`: seconds before the first request; `slowness`: by how much longer to wait than the interval.
    What the API does not offer fails once, and is not requested again: the iterator ends.
    Anything but `CloudError` from `fetch` is a fault of podtop's own, and a failure too: logged, and reported.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[T]],
        interval: float,
        *,
        clock: Callable[[], float] = passed,
        wait: Callable[[asyncio.Event, float], Awaitable[None]] = _wait,
        random: Callable[[], float] = _random.random,
        first: float = 0.0,
        slowness: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.interval = interval
        self._first = first
        self._slowness = slowness
        self._fetch = fetch
        self._clock = clock
        self._wait = wait
        self._random = random
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """End the wait now; during a request, poll once more right after it. A Retry-After stands all the same."""
        self._woken.set()

    async def __aiter__(self) -> AsyncIterator[Fresh[T] | Failed]:
        attempts = 0
        if self._first:
            await self._wait(self._woken, self._first)
        while True:
            self._woken.clear()
            started = self._clock()
            held = 0.0
            reading: Fresh[T] | Failed
            try:
                with own_faults("reading it"):
                    value = await self._fetch()
            except NotOffered as error:
                yield Failed(error, math.inf, 1)
                return
            except CloudError as error:
                attempts += 1
                pause = self._back_off(error, attempts)
                if isinstance(error, Throttled) and error.retry_after is not None:
                    held = error.retry_after
                reading = Failed(error, pause, attempts)
            else:
                attempts = 0
                now = self._clock()
                pause = max(0.0, self.interval * self._slowness() - (now - started))
                reading = Fresh(value, now - started)
            since = self._clock()
            yield reading
            if held:
                # Waking must not undercut what the server requested.
                await self._wait(asyncio.Event(), max(0.0, held - (self._clock() - since)))
            await self._wait(self._woken, max(0.0, pause - (self._clock() - since)))

    def _back_off(self, error: CloudError, attempts: int) -> float:
        if isinstance(error, Unauthorized):
            return LONGEST_WAIT
        ceiling = min(LONGEST_WAIT, self.interval * 2.0 ** min(attempts, 10))
        pause = ceiling * (0.5 + 0.5 * self._random())
        if isinstance(error, Throttled) and error.retry_after is not None:
            return max(pause, error.retry_after)
        return pause
