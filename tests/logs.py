"""Logs for tests: a cloud that has lines and writes more on request, and time that passes on request only."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

from tui.api.errors import CloudError
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.services.log_stream import StreamState

START = 1_795_420_800.0


class Time:
    """Elapsed seconds; whoever sleeps wakes when a test lets them pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._count), waiting))
        await waiting

    async def go(self, seconds: float = 0.0) -> None:
        """Let so many seconds pass, and everything happen that is due in them."""
        until = self.now + seconds
        await settled()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, sleeper = heapq.heappop(self._sleepers)
            self.now = max(self.now, at)
            if not sleeper.done():
                sleeper.set_result(None)
                await settled()
        self.now = until


async def settled() -> None:
    """Let the event loop do what is due."""
    for _ in range(30):
        await asyncio.sleep(0)


def line(n: int, text: str = "", *, at: float | None = None, source: LogSource = LogSource.CONTAINER) -> LogLine:
    """The n-th line of a log; a second apart."""
    return LogLine(f"{n:012}", START + n if at is None else at, source, text or f"line {n}")


class Logs:
    """A cloud's logs: `lines` by pod; `write` sends another to who is connected."""

    def __init__(self, **lines: list[LogLine]) -> None:
        self.lines = lines
        self.asked: list[tuple[str, LogQuery]] = []
        self.open: list[str] = []
        self.refuse: CloudError | None = None
        self._readers: list[tuple[str, LogQuery, asyncio.Queue[LogLine | CloudError | None]]] = []

    def logs(self, pod: str, query: LogQuery) -> AsyncIterator[LogLine]:
        self.asked.append((pod, query))
        return self._stream(pod, query)

    async def _stream(self, pod: str, query: LogQuery) -> AsyncIterator[LogLine]:
        if self.refuse is not None:
            raise self.refuse
        queue: asyncio.Queue[LogLine | CloudError | None] = asyncio.Queue()
        reader = (pod, query, queue)
        self._readers.append(reader)
        self.open.append(pod)
        try:
            for known in self._earlier(pod, query):
                yield known
            while (item := await queue.get()) is not None:
                if isinstance(item, CloudError):
                    raise item
                yield item
        finally:
            self._readers.remove(reader)
            self.open.remove(pod)

    def _earlier(self, pod: str, query: LogQuery) -> list[LogLine]:
        lines = [each for each in self.lines.get(pod, []) if query.source in (None, each.source)]
        if query.after:
            return [each for each in lines if each.id > query.after]
        if query.since is not None:
            return [each for each in lines if each.at is not None and each.at >= query.since]
        return lines[-query.tail :] if query.tail else []

    def write(self, pod: str, *lines: LogLine) -> None:
        self.lines.setdefault(pod, []).extend(lines)
        for name, query, queue in self._readers:
            if name == pod:
                for each in lines:
                    if query.source in (None, each.source):
                        queue.put_nowait(each)

    def cut(self, pod: str, error: CloudError | None = None) -> None:
        """End the connections of a pod, with an error or without."""
        for name, _, queue in tuple(self._readers):
            if name == pod:
                queue.put_nowait(error)


class Reader:
    """A follower that keeps what it gets."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.earlier: list[str] = []
        self.states: dict[str, StreamState] = {}
        self.stages: list[str] = []
        self.batches = 0

    def add_lines(self, pod: str, lines: Any, *, earlier: bool) -> None:
        self.batches += 1
        texts = [each.text for each in lines]
        if earlier:
            self.earlier += texts
        else:
            self.texts.setdefault(pod, []).extend(texts)

    def set_state(self, pod: str, state: StreamState) -> None:
        self.states[pod] = state
        if not self.stages or self.stages[-1] != state.stage.name:
            self.stages.append(state.stage.name)


def always(value: Any) -> Callable[[], Any]:
    return lambda: value
