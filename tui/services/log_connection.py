"""One connection to a pod's log: its lines, when it pauses, and when another one may do better."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from tui.api.errors import CloudError, Malformed, Misconfigured, Throttled, Unforeseen, Unreachable
from tui.api.pod_logs import MOST_LINES, LogLine, LogQuery

if TYPE_CHECKING:
    from tui.api.cloud import Cloud

PAUSE = 0.75
"""Seconds without a line that end the earlier lines: nothing marks their end (REST v2; runpodctl does the same)."""

SILENCE = 5.0
"""Seconds without any line after which there are no earlier ones: the first comes after about 0.4 s."""

SHORTEST, LONGEST = 0.5, 15.0
"""Seconds between two connections."""

MOST_EARLIER = MOST_LINES
"""Lines of one request for earlier ones, at most."""

AT_ONCE = 256
"""Lines that are taken without giving the event loop a turn, at most."""


class Clockwork(NamedTuple):
    """What all streams need: the API in use, RunPod's clock, and their own time."""

    cloud: Callable[[], Cloud | None]
    skew: Callable[[], float]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]


class Quiet:
    """Waits for a pause in what is read."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self._last = clockwork.clock()
        self._pause = SILENCE

    def touch(self) -> None:
        """A line arrived."""
        self._last = self._clockwork.clock()
        self._pause = PAUSE

    async def wait(self) -> None:
        """Return when no line has arrived for `PAUSE` seconds, or none at all for `SILENCE`."""
        while (left := self._last + self._pause - self._clockwork.clock()) > 0:
            # In short steps: a first line ends the long pause early.
            await self._clockwork.sleep(min(left, PAUSE))


async def collected(clockwork: Clockwork, pod: str, query: LogQuery) -> list[LogLine]:
    """The lines of a connection until they pause, or are enough. Raises CloudError."""
    cloud = clockwork.cloud()
    if cloud is None:
        return []
    most = MOST_EARLIER if query.since is not None else query.tail
    received: list[LogLine] = []
    quiet = Quiet(clockwork)

    async def read() -> None:
        async with open_lines(cloud, pod, query) as lines:
            async for line in lines:
                quiet.touch()
                received.append(line)
                if len(received) >= most:
                    return
                if len(received) % AT_ONCE == 0:
                    await asyncio.sleep(0)

    reading, pause = asyncio.create_task(read()), asyncio.create_task(quiet.wait())
    try:
        await asyncio.wait((reading, pause), return_when=asyncio.FIRST_COMPLETED)
    finally:
        over = reading.done()
        reading.cancel()
        pause.cancel()
        await ended((reading, pause))
    if over:
        reading.result()
    return received


def back_off(attempts: int, random: float) -> float:
    """Seconds before another connection, after `attempts` in a row that brought no line."""
    most = min(LONGEST, SHORTEST * 2.0 ** min(attempts, 10))
    return max(SHORTEST, most * (0.5 + 0.5 * random))


def requested_wait(error: CloudError | None) -> float:
    """Seconds that RunPod requested to wait; 0 if it requested none."""
    return error.retry_after or 0.0 if isinstance(error, Throttled) else 0.0


def may_pass(error: CloudError) -> bool:
    """Whether another connection may do better: the network, the server, a rate limit, a response that was cut."""
    if isinstance(error, Misconfigured):
        return False
    return isinstance(error, Unreachable | Malformed | Throttled | Unforeseen)


@asynccontextmanager
async def open_lines(cloud: Cloud, pod: str, query: LogQuery) -> AsyncIterator[AsyncIterator[LogLine]]:
    """One connection, which is closed however its reading ends."""
    lines = cloud.logs(pod, query)
    try:
        yield lines
    finally:
        close = getattr(lines, "aclose", None)
        if close is not None:
            await close()


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Return when all of these tasks are over, however they ended."""
    await asyncio.gather(*tasks, return_exceptions=True)
