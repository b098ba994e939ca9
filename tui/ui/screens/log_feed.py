"""`LogFeed`: where the lines of the Logs screen come from: streams while it is on top, or the recording."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.pod_logs import LogQuery, LogSource
from tui.services.log_stream import Earlier, LogFollower, Stage, StreamState

if TYPE_CHECKING:
    from tui.api.listener import Api
    from tui.services.logs import Following
    from tui.ui.context import ScreenContext

BEFORE = 10.0
"""Seconds before an instant from which lines are loaded to show it."""

_SOURCES = (None, LogSource.CONTAINER, LogSource.SYSTEM)


class LogFeed:
    """The streams of these pods, or that their lines are recorded ones.

    source:      of which lines are requested; None for all.
    is_recorded: the lines are those of the recording; nothing streams.
    recorded_of: the pods that have any there.
    """

    def __init__(self, context: ScreenContext, pods: Sequence[str], follower: LogFollower) -> None:
        self._context = context
        self._pods = pods
        self._follower = follower
        self._following: Following | None = None
        self.source: LogSource | None = None
        self.is_recorded = False
        self.recorded_of: Collection[str] = ()

    @property
    def states(self) -> Mapping[str, StreamState]:
        """The state of each pod's stream; empty while nothing streams."""
        return self._following.states if self._following is not None else {}

    @property
    def api(self) -> Api | None:
        """The API in use."""
        cloud = self._context.session.monitor.cloud
        return cloud.api if cloud is not None else None

    def clock(self) -> float:
        """The elapsed seconds by which the states are dated."""
        return self._context.session.logs.clock()

    def stream(self, after: Mapping[str, str], since: float | None) -> bool:
        """Stream from RunPod; returns whether that begins now.

        after: ids of the last lines that are there, by pod.
        since: the instant that is wanted, and a little before it; None for the newest lines.
        """
        if self._following is not None:
            return False
        self._following = self._context.session.logs.follow(
            self._pods, LogQuery(self.source), self._follower, after
        )  # fmt: skip
        if since is not None:
            self._following.ask_since(since - BEFORE)
        return True

    def stop(self) -> None:
        """Off screen nothing streams; what was received stays, and is continued."""
        if self._following is not None:
            self._following.close()
            self._following = None

    def take_recorded(self, pods: Collection[str]) -> None:
        """The lines are those that were recorded of these pods."""
        self.stop()
        self.is_recorded, self.recorded_of = True, pods

    def turn_to_next_source(self) -> None:
        """All, those of the container, those of the system: other streams begin."""
        self.stop()
        self.source = _SOURCES[(_SOURCES.index(self.source) + 1) % len(_SOURCES)]

    def has_come(self, has_lines: bool) -> bool:
        """Whether the lines around an instant are there, or will not come."""
        if self._following is None:
            # Else it is still being looked up whether lines were recorded.
            return self.is_recorded
        states = self.states.values()
        if any(each.earlier is Earlier.LOADING for each in states):
            return False
        return has_lines or all(each.stage is Stage.ENDED or each.backfilled for each in states)

    def ask_earlier(self) -> None:
        """Request lines before the first."""
        if self._following is not None:
            self._following.ask_earlier()

    def retry(self) -> None:
        """Connect broken streams again now."""
        if self._following is not None:
            self._following.retry()
