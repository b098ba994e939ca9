"""What a typed time means, while it is typed: the instant it leads to, or what is accepted. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.domain import time_text
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell

if TYPE_CHECKING:
    from tui.history.playback import Spans

BRIEF = "go to: 02:30, -3h, Mon 09:00, now"
PROMPT = "go to: 02:30, -3h, yesterday 14:00, Mon 09:00, 23 Nov 14:30, start, now"
"""Examples, as many as lines of 40 and of 80 columns have room for."""

INVALID = "not a time; use 02:30, -3h, 23 Nov"
"""In a line of 40 columns, with a mark before it and an empty column on each side."""

UNFINISHED = "for example 02:30, -3h, Mon 09:00"
"""Beside what may become a time; as wide."""

SLACK = 1.0
"""Seconds beyond the ends of a recording that still mean them."""


def meaning(text: str, now: float, spans: Spans, tz: tzinfo | None, replay: bool) -> tuple[Cell, bool]:
    """What a text means, and whether it leads anywhere.

    spans: the recorded time, oldest first, at least one span; replay: whether the present is not there to return to.
    """
    first, last = spans[0][0], spans[-1][1]
    ends = f"recorded: {_moment(first, now, tz)} to {_moment(last, now, tz) if replay else 'now'}"
    if not text.strip():
        return ((ends, "muted"),), False
    try:
        at = time_text.instant(text, now, tz, first, last)
    except time_text.NotATime:
        # Half a time is none yet: that is no error while somebody types.
        if time_text.may_become(text, now, tz):
            return ((UNFINISHED, "muted"),), False
        return ((f"▲ {INVALID}", "warn"),), False
    moment = _moment(at, now, tz)
    if not first - SLACK <= at <= (last if replay else max(now, last)) + SLACK:
        return ((f"▲ {ends}; {moment} is outside", "bad"),), False
    if not replay and at > last:
        return ((f"→ {moment}", "text"), (" · after the last sample: live", "muted")), True
    if any(start - SLACK <= at <= end + SLACK for start, end in spans):
        ago = "" if replay else f" ({fmt.duration(now - at)} ago)"
        return ((f"→ {moment}{ago}", "text"),), True
    before = max(end for _, end in spans if end < at)
    return ((f"→ {moment}", "text"), (f" · nothing recorded then; shows {_moment(before, now, tz)}", "muted")), True


def _moment(at: float, now: float, tz: tzinfo | None) -> str:
    when, today = datetime.fromtimestamp(at, tz), datetime.fromtimestamp(now, tz)
    if when.date() == today.date():
        return f"{when:%H:%M:%S}"
    return f"{when:%a %H:%M:%S}" if abs(now - at) < 6 * 86_400 else f"{when:%Y-%m-%d %H:%M}"
