"""The logs of a pod, line by line. Units as in `models`."""

from __future__ import annotations

from msgspec import Struct

from tui.api.enums import Spelling

MOST_LINES = 5_000
"""Earlier lines that RunPod sends at most when a log is opened (REST v2: `tail`)."""


class LogSource(Spelling):
    """Who wrote a line: the container, or RunPod about the container (image pulls, starts)."""

    CONTAINER = "container"
    SYSTEM = "system"


class LogLine(Struct, frozen=True, gc=False):
    """One line of a pod's log.

    id:     RunPod's name of its place, by which a stream is resumed after it; opaque.
    at:     when it was written; None if not reported.
    text:   without control characters and direction marks, of limited length.
    size:   bytes that it took on the wire, whatever is left of them.
    """

    id: str
    at: float | None
    source: LogSource
    text: str
    size: int = 0


class LogQuery(Struct, frozen=True):
    """What to stream of a pod's log.

    source: one of them; None is both.
    tail:   earlier lines to begin with, 0 to `MOST_LINES`.
    since:  begin at this instant, in place of `tail`.
    after:  the id of the last line that was received: resume right behind it, in place of both.
    """

    source: LogSource | None = None
    tail: int = 100
    since: float | None = None
    after: str = ""
