"""The scrub line: where in the recording the screens are, where it begins and ends, and where it has gaps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell, width_of
from tui.ui.widgets.status_lines import TwoSided

if TYPE_CHECKING:
    from tui.history.playback import Spans

RECORDED, GAP, HERE = "━", "╌", "●"
"""Symbols for a column with recorded time, one without any, and the one that is shown."""

LEAST_BAR = 12
"""Columns of the bar below which a label gives way to it."""

_DAY = 86_400.0


def scrub(
    spans: Spans, at: float, width: int, tz: tzinfo | None, *, playing: bool = False, speed: float = 1.0
) -> TwoSided:
    """The line, `width` cells wide. spans: the recorded time, oldest first; at: the instant that is shown."""
    if not spans:
        return TwoSided(((("HISTORY", "warn"),),))
    first, last = min(spans[0][0], at), max(spans[-1][1], at)
    begins, ends = _clock(first, last - first, tz), _clock(last, last - first, tz)
    moves = f"▶ ×{speed:g}  " if playing else ""
    position = f"{moves}{_length(at - first)} of {_length(last - first)}"
    bare = ("", "", "")
    for parts in (
        ("HISTORY", begins, ends, position),
        ("HISTORY", begins, ends, moves.strip()),
        ("HISTORY", *bare),
        ("", *bare),
    ):
        word, begin, end, tail = ((((part, role),) if part else ()) for part, role in zip(parts, _ROLES, strict=True))
        room = width - sum(width_of(cell) + 1 for cell in (word, begin, end, tail) if cell)
        if room >= LEAST_BAR:
            break
    space: Cell = ((" ", "text"),)
    line: Cell = ()
    for cell in (word, begin, bar(spans, at, first, last, max(1, room)), end, tail):
        line = (*line, *(space if line and cell else ()), *cell)
    return TwoSided((line,))


def _length(seconds: float) -> str:
    """A part of a recording: with minutes also beyond a day, where else two instants an hour apart are the same."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours}h {minutes:02d}m" if 24 <= hours < 100 else fmt.duration(seconds)


_ROLES = ("warn", "muted", "muted", "text")


def bar(spans: Sequence[tuple[float, float]], at: float, first: float, last: float, columns: int) -> Cell:
    """The recording in that many columns: each says whether any of its time was recorded."""
    length = max(last - first, 1e-6)
    here = min(columns - 1, max(0, int((at - first) / length * columns)))
    recorded = [False] * columns
    for start, end in spans:
        begin = max(0, int((start - first) / length * columns))
        for column in range(begin, min(columns - 1, int((end - first) / length * columns)) + 1):
            recorded[column] = True
    marks = "".join(RECORDED if column else GAP for column in recorded)
    parts = ((marks[:here], "muted"), (HERE, "warn"), (marks[here + 1 :], "quiet"))
    return tuple((text, role) for text, role in parts if text)


def _clock(at: float, length: float, tz: tzinfo | None) -> str:
    """When the recording begins or ends: with its day if it is longer than one."""
    when = datetime.fromtimestamp(at, tz)
    return f"{when:%H:%M}" if length < _DAY / 2 else f"{when:%a %H:%M}" if length < 6 * _DAY else f"{when:%d %b %H:%M}"
