"""`LogStream`: the log of one pod, over as many connections as it takes, for all who follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from tui.api.errors import CloudError
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.services.barrier import own_faults
from tui.services.log_connection import (
    AT_ONCE,
    LONGEST,
    MOST_EARLIER,
    Clockwork,
    Quiet,
    back_off,
    collected,
    ended,
    may_pass,
    open_lines,
    requested_wait,
)
from tui.store.log_buffer import LogBuffer

FIRST_STEP = 1_000
"""Earlier lines of the first request for more; the second is for all that RunPod sends."""

_NOT_OPEN = 0.2
"""Seconds between two looks whether podtop has an API yet, right after its start."""


class Stage(Enum):
    """Where a stream is: connecting or waiting for its first line; receiving; waiting to connect again; ended."""

    WAITING = "waiting for lines"
    LIVE = "live"
    BROKEN = "reconnecting"
    ENDED = "ended"


class Earlier(Enum):
    """What is known of lines before those that were received."""

    UNKNOWN = "unknown"
    LOADING = "loading"
    NONE = "none"
    NO_MORE = "RunPod sends no more"
    FAILED = "failed"


class StreamState(Struct, frozen=True):
    """The state of one pod's stream.

    error:      why it is broken or ended; None while it is neither.
    retry_at:   when it connects again, by the service's clock.
    backfilled: whether the earlier lines that it began with are complete.
    trouble:    why earlier lines could not be loaded.
    gaps:       instants behind which lines are missing, as more lie there than one request loads.
    """

    stage: Stage = Stage.WAITING
    error: CloudError | None = None
    retry_at: float | None = None
    backfilled: bool = False
    earlier: Earlier = Earlier.UNKNOWN
    trouble: CloudError | None = None
    gaps: tuple[float, ...] = ()


class LogFollower(Protocol):
    """Who reads logs. Its methods are called in the event loop, and must return at once."""

    def add_lines(self, pod: str, lines: Sequence[LogLine], *, earlier: bool) -> None:
        """Lines of a pod, each once, in the server's order. `earlier`: older ones that were requested in addition."""

    def set_state(self, pod: str, state: StreamState) -> None:
        """The stream of a pod is in another state."""


class LogStream:
    """Reads a pod's log until closed.

    After a connection breaks, another one continues right behind the last line, after a wait that grows. So it does
    when RunPod throttles (HTTP 429), after no less than RunPod requests. Any other refusal (HTTP 4xx, not offered, by
    podtop itself) ends it: nothing would be different the next time.
    """

    def __init__(self, clockwork: Clockwork, pod: str, query: LogQuery) -> None:
        self.pod = pod
        self.source: LogSource | None = query.source
        self.state = StreamState()
        self._clockwork = clockwork
        self._query = query
        self._buffer = LogBuffer()
        self._followers: list[LogFollower] = []
        self._holders: list[LogFollower] = []
        self._free = asyncio.Event()
        self._free.set()
        self._woken = asyncio.Event()
        self._pending: list[LogLine] = []
        self._step = FIRST_STEP
        self._loading: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = asyncio.create_task(self._run())

    # Followers

    def join(self, follower: LogFollower) -> None:
        """Send everything to this one too, from the first line that is kept on."""
        if len(self._buffer):
            follower.add_lines(self.pod, [entry.line for entry in self._buffer], earlier=False)
        self._followers.append(follower)
        follower.set_state(self.pod, self.state)

    def part(self, follower: LogFollower) -> bool:
        """Send it nothing any more; returns whether there is another."""
        self.hold(follower, False)
        with suppress(ValueError):
            self._followers.remove(follower)
        return bool(self._followers)

    def hold(self, follower: LogFollower, held: bool) -> None:
        """Read no more lines while any follower holds it."""
        if held and follower not in self._holders:
            self._holders.append(follower)
        elif not held and follower in self._holders:
            self._holders.remove(follower)
        if self._holders:
            self._free.clear()
        else:
            self._free.set()

    def close(self) -> asyncio.Task[None] | None:
        """End it; returns the task that closes its connections, if there are any."""
        self._followers.clear()
        tasks = [task for task in (self._reading, self._loading) if task is not None and not task.done()]
        self._reading = self._loading = None
        for task in tasks:
            task.cancel()
        return asyncio.create_task(ended(tasks)) if tasks else None

    def _set(self, state: StreamState) -> None:
        if state != self.state:
            self.state = state
            for follower in tuple(self._followers):
                follower.set_state(self.pod, state)

    # Live lines

    def retry(self) -> None:
        """Connect again now, if it waits for that or has ended; a wait that RunPod requested is not shortened."""
        if self.state.stage is Stage.BROKEN:
            if not requested_wait(self.state.error):
                self._woken.set()
        elif self.state.stage is Stage.ENDED and self._followers:
            self._set(replace(self.state, stage=Stage.WAITING, error=None))
            self._reading = asyncio.create_task(self._run())

    async def _run(self) -> None:
        attempts = 0
        while True:
            self._woken.clear()
            self._set(replace(self.state, stage=Stage.WAITING, error=None, retry_at=None))
            error: CloudError | None = None
            started = self._clockwork.clock()
            try:
                with own_faults("reading a log"):
                    await self._connect()
            except CloudError as raised:
                error = raised
            if self.state.stage is Stage.LIVE or self._clockwork.clock() - started > LONGEST:
                attempts = 0
            if error is not None and not may_pass(error):
                self._set(replace(self.state, stage=Stage.ENDED, error=error, backfilled=True))
                return
            pause = max(back_off(attempts, self._clockwork.random()), requested_wait(error))
            attempts += 1
            retry_at = self._clockwork.clock() + pause
            # A log that the server itself ended is complete up to here.
            complete = self.state.backfilled or error is None
            self._set(replace(self.state, stage=Stage.BROKEN, error=error, retry_at=retry_at, backfilled=complete))
            await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        """Wait, or until somebody wants to connect now."""
        resting = asyncio.ensure_future(self._clockwork.sleep(seconds))
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait((resting, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            woken.cancel()

    async def _connect(self) -> None:
        """One connection, until the server closes it."""
        while (cloud := self._clockwork.cloud()) is None:
            await self._clockwork.sleep(_NOT_OPEN)
        quiet = Quiet(self._clockwork)
        settling = None if self.state.backfilled else asyncio.create_task(self._settle(quiet))
        taken = 0
        try:
            async with open_lines(cloud, self.pod, self._resumed()) as lines:
                async for line in lines:
                    quiet.touch()
                    self._receive(line)
                    taken += 1
                    if taken % AT_ONCE == 0:
                        await asyncio.sleep(0)
                    if not self._free.is_set():
                        await self._free.wait()
        finally:
            self._deliver()
            if settling is not None:
                settling.cancel()

    def _resumed(self) -> LogQuery:
        """The query that goes on behind the last line."""
        last = self._buffer.last_ids().get(self.pod)
        if last is not None:
            return replace(self._query, after=last, since=None)
        since = self._query.since
        return self._query if since is None else replace(self._query, since=since + self._clockwork.skew())

    async def _settle(self, quiet: Quiet) -> None:
        await quiet.wait()
        self._deliver()
        self._set(replace(self.state, backfilled=True))

    def _receive(self, line: LogLine) -> None:
        """Collect the lines of one turn of the event loop."""
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._deliver)
        self._pending.append(line)
        if self.state.stage is not Stage.LIVE:
            self._set(replace(self.state, stage=Stage.LIVE))

    def _deliver(self) -> None:
        lines, self._pending = self._pending, []
        self._spread(lines, earlier=False)

    def _spread(self, lines: Sequence[LogLine], *, earlier: bool) -> int:
        skew = self._clockwork.skew()
        here = [_moved(line, skew) for line in lines] if skew else lines
        fresh = self._buffer.add(self.pod, here, earlier=earlier)
        if fresh:
            for follower in tuple(self._followers):
                follower.add_lines(self.pod, fresh, earlier=earlier)
        return len(fresh)

    # Earlier lines

    def ask_earlier(self) -> None:
        """Request more earlier lines, unless there are none or they are being loaded."""
        if self.state.earlier in (Earlier.UNKNOWN, Earlier.FAILED) and self.state.stage is not Stage.ENDED:
            self._load(LogQuery(self.source, tail=self._step))

    def ask_since(self, at: float) -> None:
        """Request lines from an instant on."""
        if self.state.earlier is not Earlier.LOADING and self.state.stage is not Stage.ENDED:
            self._load(LogQuery(self.source, since=at + self._clockwork.skew()))

    def _load(self, query: LogQuery) -> None:
        before = self.state.earlier
        self._set(replace(self.state, earlier=Earlier.LOADING, trouble=None))
        self._loading = asyncio.create_task(self._loaded(query, before))

    async def _loaded(self, query: LogQuery, before: Earlier) -> None:
        try:
            with own_faults("loading earlier lines of a log"):
                lines = await collected(self._clockwork, self.pod, query)
        except CloudError as error:
            self._set(replace(self.state, earlier=Earlier.FAILED, trouble=error))
            return
        fresh = self._spread(lines, earlier=True)
        gaps = self._gaps_behind(lines, query, fresh)
        if query.since is not None:
            earlier = before if before is not Earlier.FAILED else Earlier.UNKNOWN
        elif len(lines) < query.tail:
            earlier = Earlier.NONE
        else:
            earlier = Earlier.NO_MORE if query.tail == MOST_EARLIER else Earlier.UNKNOWN
            self._step = MOST_EARLIER
        self._set(replace(self.state, earlier=earlier, gaps=gaps))

    def _gaps_behind(self, lines: Sequence[LogLine], query: LogQuery, fresh: int) -> tuple[float, ...]:
        """Where lines are missing now: behind a full response of which no line was known."""
        times = [line.at - self._clockwork.skew() for line in lines if line.at is not None]
        if not times:
            return self.state.gaps
        if query.since is None:
            return tuple(at for at in self.state.gaps if at < times[0])
        gaps = tuple(at for at in self.state.gaps if not times[0] <= at <= times[-1])
        return (*gaps, times[-1]) if len(lines) == fresh >= MOST_EARLIER else gaps


def _moved(line: LogLine, skew: float) -> LogLine:
    return line if line.at is None else replace(line, at=line.at - skew)
