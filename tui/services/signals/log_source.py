"""`LogStreamSource`: lines from RunPod's log stream (REST v2), as long as they come at a pace that is worth reading.

One connection a pod, kept open: a request for each poll would soon use up the account's rate limit. Nothing is kept of
the lines here, unlike for the Logs screen.
"""

from __future__ import annotations

import asyncio
import random as _random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from tui.api.errors import CloudError, Malformed, Misconfigured, NotOffered, Throttled, Unforeseen, Unreachable
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.domain import offered
from tui.services.barrier import own_faults
from tui.services.signals.budget import Budget
from tui.services.signals.source import Intake, WrittenLine

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tui.api.cloud import Cloud
    from tui.api.models import Pod
    from tui.domain.signals.rules import PodSignals

FIRST, AGAIN = 100, 50
"""Earlier lines that are requested at the start, and after lines were left out."""

APART = 1.0
"""Seconds between two connections, of all pods: many pods are no burst of requests."""

SHORTEST, LONGEST = 5.0, 300.0
"""Seconds before another connection, after one broke."""

_AT_ONCE = 32
"""Lines that are read without giving the event loop a turn."""

AWAKE, PAUSE = 0.05, 2.0
"""Seconds in which lines are read, and seconds before more are: those of a pause cost one awakening, not one each."""

_REMEMBERED = 512
"""Ids of lines by which one that a server repeats is known."""


class LogStreamSource:
    """Reads the log streams of pods.

    cloud: the API in use; None while there is none.
    skew:  seconds that RunPod's clock is ahead.
    clock: podtop's clock, by which lines are dated; `elapsed` and `sleep` measure waits.
    """

    def __init__(
        self,
        cloud: Callable[[], Cloud | None],
        *,
        skew: Callable[[], float],
        clock: Callable[[], float],
        elapsed: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._cloud = cloud
        self._skew = skew
        self._clock = clock
        self._elapsed = elapsed
        self._sleep = sleep
        self._random = random
        self._next = 0.0

    async def follow(self, pod: Pod, rules: PodSignals, intake: Intake) -> None:
        """As in `SignalSource`."""
        reading = _Reading(self, pod.id, intake, Budget(self._elapsed()))
        attempts = 0
        while True:
            await self._turn()
            cloud = self._cloud()
            if cloud is None:
                continue
            error: CloudError | None = None
            try:
                with own_faults("reading a log for signals"):
                    await reading.connect(cloud)
            except CloudError as raised:
                error = raised
            if reading.is_over_budget:
                intake.leave_out()
                await self._sleep(reading.budget.wait())
                reading.begin_again()
                attempts = 0
                continue
            if error is not None and not _may_pass(error):
                intake.hinder(_why(error))
                return
            if error is not None:
                intake.hinder(_why(error))
            attempts = 0 if reading.has_received else attempts + 1
            pause = min(LONGEST, SHORTEST * 2.0 ** min(attempts, 8)) * (0.5 + 0.5 * self._random())
            await self._sleep(max(pause, error.retry_after or 0.0 if isinstance(error, Throttled) else 0.0))

    async def _turn(self) -> None:
        """Wait until another connection may be opened."""
        now = self._elapsed()
        self._next = max(now, self._next + APART)
        if self._next > now:
            await self._sleep(self._next - now)

    def written(self, line: LogLine) -> WrittenLine:
        """A line as podtop's clock dates it: none is of the future."""
        now = self._clock()
        return WrittenLine(now if line.at is None else min(now, line.at - self._skew()), line.text)

    def elapsed(self) -> float:
        return self._elapsed()

    async def sleep(self, seconds: float) -> None:
        await self._sleep(seconds)


class _Reading:
    """One pod's log over several connections."""

    def __init__(self, source: LogStreamSource, pod: str, intake: Intake, budget: Budget) -> None:
        self._source = source
        self._pod = pod
        self._intake = intake
        self._ids: deque[str] = deque(maxlen=_REMEMBERED)
        self._last = ""
        self._tail = FIRST
        self.budget = budget
        self.is_over_budget = False
        self.has_received = False

    def begin_again(self) -> None:
        """Go on with the newest lines, and not behind the last one."""
        self._last, self._tail, self.is_over_budget = "", AGAIN, False

    async def connect(self, cloud: Cloud) -> None:
        """Read one connection until it ends or the budget is spent. Raises CloudError."""
        self.has_received = False
        query = LogQuery(LogSource.CONTAINER, tail=self._tail, after=self._last)
        pending: list[WrittenLine] = []
        awake = self._source.elapsed()
        async with aclosing(cast("AsyncGenerator[LogLine]", cloud.logs(self._pod, query))) as lines:
            try:
                async for line in lines:
                    if line.id and line.id in self._ids:
                        continue
                    self._last = line.id or self._last
                    self._ids.append(line.id)
                    if not pending:
                        asyncio.get_running_loop().call_soon(self._deliver, pending)
                    pending.append(self._source.written(line))
                    self.has_received = True
                    now = self._source.elapsed()
                    if not self.budget.spend(now, max(line.size, len(line.text))):
                        self.is_over_budget = True
                        return
                    if now - awake >= AWAKE:
                        await self._source.sleep(PAUSE)
                        awake = self._source.elapsed()
                    elif len(pending) >= _AT_ONCE:
                        await asyncio.sleep(0)
            finally:
                self._deliver(pending)

    def _deliver(self, pending: list[WrittenLine]) -> None:
        if pending:
            self._intake.hinder("")
            self._intake.take_lines(tuple(pending))
            pending.clear()


def _may_pass(error: CloudError) -> bool:
    """Whether another connection may do better."""
    if isinstance(error, Misconfigured):
        return False
    return isinstance(error, Unreachable | Malformed | Throttled | Unforeseen)


def _why(error: CloudError) -> str:
    return offered.NO_LOGS if isinstance(error, NotOffered) else str(error)
