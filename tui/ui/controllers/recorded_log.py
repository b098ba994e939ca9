"""Lines of logs from the recording, for the Logs screen in history and in a replay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.api.pod_logs import LogLine, LogSource

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording
    from tui.history.queries import HistoryQueries

EITHER_SIDE = 8_000
"""Lines before the instant, and as many after it: of all pods together, fewer than the screen keeps."""


async def lines_around(past: HistoryQueries | None, pods: Sequence[str], at: float) -> dict[str, list[LogLine]]:
    """The recorded lines of these pods around an instant; only pods that have any, empty if it cannot be read."""
    from tui.history.archive.schema import ArchiveError

    if past is None:
        return {}
    try:
        return await past.ask(partial(_read, pods=tuple(pods), at=at, most=EITHER_SIDE // max(1, len(pods))))
    except ArchiveError:
        return {}


def _read(recording: Recording, pods: tuple[str, ...], at: float, most: int) -> dict[str, list[LogLine]]:
    lines = {pod: recording.log_text(pod, at, most) for pod in pods}
    return {
        pod: [LogLine("", line.at, LogSource.CONTAINER, line.text) for line in of_pod]
        for pod, of_pod in lines.items()
        if of_pod
    }
