"""`BootLog`: the last line that RunPod wrote about a pod that boots: why it is not up yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.api.pod_logs import LogLine, LogQuery, LogSource

if TYPE_CHECKING:
    from tui.services.log_stream import StreamState
    from tui.services.logs import Following, PodLogs

LONGEST = 200
"""Characters of the line that are shown."""


class BootLog:
    """Streams a pod's system log while that is wanted.

    line:      the last line, as far as it is shown; empty if there is none.
    on_change: called when it is another.
    """

    def __init__(self, pod: str, logs: Callable[[], PodLogs], on_change: Callable[[], object]) -> None:
        self.line = ""
        self._pod = pod
        self._logs = logs
        self._on_change = on_change
        self._following: Following | None = None

    def want(self, wanted: bool) -> None:
        """Stream from now on, or no more. Without logs in the API there is no line, and nothing is reported."""
        if wanted and self._following is None:
            self._following = self._logs().follow([self._pod], LogQuery(LogSource.SYSTEM, tail=1), self)
        elif not wanted:
            following, self._following = self._following, None
            self.line = ""
            if following is not None:
                following.close()

    def add_lines(self, pod: str, lines: Sequence[LogLine], *, earlier: bool) -> None:
        """Lines arrived: the last one counts."""
        last = next((line.text.strip() for line in reversed(lines) if line.text.strip()), "")[:LONGEST]
        if last and not earlier and last != self.line:
            self.line = last
            self._on_change()

    def set_state(self, pod: str, state: StreamState) -> None:
        """The line stays, whatever becomes of the stream."""
