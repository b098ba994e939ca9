"""`PodLogs`: streams the logs of pods to whoever follows them: a screen, a command. Without a follower none is open."""

from __future__ import annotations

import asyncio
import random as _random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.pod_logs import LogQuery, LogSource
from tui.clocks import passed
from tui.services.log_connection import Clockwork
from tui.services.log_stream import LogFollower, LogStream, StreamState

if TYPE_CHECKING:
    from tui.api.cloud import Cloud

_Key = tuple[str, LogSource | None]


class PodLogs:
    """One stream for each pod and source that is followed, shared by all who follow it.

    cloud: the API in use; None while there is none.
    skew:  seconds that RunPod's clock is ahead; the instants of lines are converted to podtop's clock.
    """

    def __init__(
        self,
        cloud: Callable[[], Cloud | None],
        *,
        skew: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = passed,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._clockwork = Clockwork(cloud, skew, clock, sleep, random)
        self._streams: dict[_Key, LogStream] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def clock(self) -> float:
        """The elapsed seconds by which states of streams are dated."""
        return self._clockwork.clock()

    @property
    def open(self) -> int:
        """How many streams there are."""
        return len(self._streams)

    def follow(
        self, pods: Sequence[str], query: LogQuery, follower: LogFollower, after: Mapping[str, str] | None = None
    ) -> Following:
        """Stream the logs of these pods to a follower, until it is closed.

        A pod that is streamed already comes with what was received of it so far.

        query: what to begin with; its instant is one of podtop's clock.
        after: ids of the last lines that the follower has, by pod: their streams are resumed there.
        """
        ids = after or {}
        streams = {}
        for pod in dict.fromkeys(pods):
            key = (pod, query.source)
            stream = self._streams.get(key)
            if stream is None:
                query_of = replace(query, after=ids[pod], since=None) if pod in ids else query
                stream = self._streams[key] = LogStream(self._clockwork, pod, query_of)
            streams[pod] = stream
            stream.join(follower)
        return Following(self, streams, follower)

    def leave(self, stream: LogStream, follower: LogFollower) -> None:
        """A follower does not need a stream any more; without another one it is closed at once."""
        if stream.part(follower):
            return
        self._streams.pop((stream.pod, stream.source), None)
        if (closing := stream.close()) is not None:
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all streams, and wait until their connections are closed."""
        for stream in tuple(self._streams.values()):
            if (closing := stream.close()) is not None:
                self._closing.add(closing)
        self._streams.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)
        self._closing.clear()


class Following:
    """What a follower follows."""

    def __init__(self, logs: PodLogs, streams: Mapping[str, LogStream], follower: LogFollower) -> None:
        self._logs = logs
        self._streams = dict(streams)
        self._follower = follower

    @property
    def states(self) -> Mapping[str, StreamState]:
        """The state of each stream, by pod."""
        return {pod: stream.state for pod, stream in self._streams.items()}

    def ask_earlier(self) -> None:
        """Request more earlier lines of every pod that has more."""
        for stream in self._streams.values():
            stream.ask_earlier()

    def ask_since(self, at: float) -> None:
        """Request the lines from an instant on, `log_connection.MOST_EARLIER` of each pod at most."""
        for stream in self._streams.values():
            stream.ask_since(at)

    def retry(self) -> None:
        """Connect again now where a stream waits or has ended."""
        for stream in self._streams.values():
            stream.retry()

    def hold(self, held: bool) -> None:
        """Read no more lines until released: for a reader that is slower than the log."""
        for stream in self._streams.values():
            stream.hold(self._follower, held)

    def close(self) -> None:
        """Follow nothing any more; idempotent."""
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            self._logs.leave(stream, self._follower)
