"""Lines of a log as rows of the screen: time, pod, text; errors, warnings and matches stand out. Pure.

Text of a log is data from anywhere: it is drawn character by character, and never read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from tui.api.pod_logs import LogSource
from tui.format.width import certain, cut, is_mark, shown, width
from tui.store.log_buffer import LogEntry
from tui.store.views.log_lines import LogSearch
from tui.ui.primitives.cells import Cell, Part

DRAWN = 4_096
"""Characters of a line that are drawn; a file has them all."""

SHIFT = 20
"""Cells of a step to the side."""

_LEAST = 12
"""Cells that are left for the text at least: in narrow terminals the pod's name and the time give way."""

_BAD = re.compile(
    r"\b(?:ERROR|CRITICAL|FATAL|PANIC|Traceback)\b"
    r"|\b(?:error|exception|fatal|panic)\b(?=[:\]\"'(])"
    r"|\b[A-Z]\w*(?:Error|Exception)\b"
)
_WARNS = re.compile(r"\bWARN(?:ING)?\b|\bwarn(?:ing)?\b(?=[:\]\"'(])|\b[A-Z]\w*Warning\b")
_LEVEL = 400
"""Characters of a line in which its level is looked for."""

MATCH = "match"
"""The role of what a search finds."""


class Look(NamedTuple):
    """How lines are drawn.

    names:   the pods' names and the numbers of their colours, by id; empty if there is one pod.
    sources: whether lines of the system are marked, as both sources are shown.
    shift:   cells by which the text is moved to the left, without wrap.
    today:   the current day, of which lines have the time alone; None: all have it alone.
    """

    tz: tzinfo | None
    names: Mapping[str, tuple[str, int]] = {}
    times: bool = True
    wrap: bool = False
    sources: bool = True
    shift: int = 0
    search: LogSearch = LogSearch()
    today: date | None = None


class Row(NamedTuple):
    """One row of an entry: the part of its text, from and to, and whether it is the first of them."""

    start: int
    end: int
    is_first: bool = True


def drawn(text: str) -> str:
    """A line's text as it is drawn, of limited length."""
    start = text if len(text) <= DRAWN else text[:DRAWN]
    if not (start.isascii() and start.isprintable()):
        # Past its cache, which is for names: lines are very many, and long.
        start = shown.__wrapped__(start)
    return start if len(text) <= DRAWN else f"{start} … {len(text) - DRAWN:,} more characters"


def prefix(entry: LogEntry, look: Look, cells: int) -> Cell:
    """What stands before the text: the time, the pod, the source if it is the system."""
    parts: list[Part] = []
    taken = 0
    if look.times and cells >= _LEAST + 9:
        when = _when(entry.line.at, look, cells)
        parts.append((f"{when:8} ", "quiet"))
        taken = max(8, len(when)) + 1
    if look.names:
        name, number = look.names.get(entry.pod, (entry.pod, 1))
        room = min(max(map(_name_width, look.names.values())), max(4, (cells - taken) // 4), 20)
        name = shortened(name, room)
        parts.append((f"{name}{' ' * (room - width(name))} ", f"pod-{number}"))
    if look.sources and entry.line.source is LogSource.SYSTEM:
        parts.append(("sys ", "accent"))
    return tuple(parts)


def _when(at: float | None, look: Look, cells: int) -> str:
    """The time of a line; of another day that comes before it, or in its place where there is no room for both."""
    if at is None:
        return ""
    when = datetime.fromtimestamp(at, look.tz)
    if look.today is None or when.date() == look.today:
        return f"{when:%H:%M:%S}"
    return f"{when:%b %d %H:%M:%S}" if cells >= _LEAST + 36 else f"{when:%b %d}"


def shortened(name: str, cells: int) -> str:
    """A name in that many cells: its beginning and its end are kept, as names often differ in their ends."""
    if width(name) <= cells:
        return name
    start, end = cut(name, cells // 2), shown(name)
    while end and width(end) > cells - 1 - width(start):
        end = end[1:]
    return f"{start}…{end}"


def _name_width(name: tuple[str, int]) -> int:
    return width(name[0])


def prefix_width(entry: LogEntry, look: Look, cells: int) -> int:
    """Cells of the prefix."""
    return sum(width(text) for text, _ in prefix(entry, look, cells))


def rows_of(entry: LogEntry, look: Look, cells: int) -> Sequence[Row]:
    """The rows of an entry at a width: one, or with wrap as many as its text needs."""
    text = drawn(entry.line.text)
    room = max(2, cells - prefix_width(entry, look, cells))
    if not look.wrap:
        start = _after(text, 0, look.shift)
        return (Row(start, _after(text, start, room)),)
    if text.isascii():
        ends = range(0, max(1, len(text)), room)
        return tuple(Row(start, min(start + room, len(text)), not start) for start in ends)
    rows: list[Row] = []
    start = 0
    while start < len(text) or not rows:
        end = max(_after(text, start, room), min(start + 1, len(text)))
        rows.append(Row(start, end, not rows))
        start = end
    return rows


def height(entry: LogEntry, look: Look, cells: int) -> int:
    """The number of its rows."""
    if not look.wrap:
        return 1
    text = entry.line.text
    if len(text) <= DRAWN and text.isascii() and text.isprintable():
        room = max(2, cells - prefix_width(entry, look, cells))
        return max(1, -(-len(text) // room))
    return len(rows_of(entry, look, cells))


def _after(text: str, start: int, cells: int) -> int:
    """The index behind the characters from `start` on that take at most so wide a room."""
    if text.isascii():
        return min(start + cells, len(text))
    for at in range(start, len(text)):
        cells -= 0 if is_mark(text[at]) else certain(text[at])
        if cells < 0:
            return at
    return len(text)


def level(text: str) -> str:
    """The role of a line's text: an error, a warning, or neither."""
    start = text[:_LEVEL]
    return "bad" if _BAD.search(start) else "warn" if _WARNS.search(start) else "text"


def row(entry: LogEntry, part: Row, look: Look, cells: int) -> Cell:
    """The parts of a row; it may be shorter than the width, and never longer."""
    text = drawn(entry.line.text)
    before = prefix(entry, look, cells)
    lead = before if part.is_first else ((" " * sum(width(text) for text, _ in before), "text"),)
    role = level(entry.line.text)
    if role == "text" and entry.line.source is LogSource.SYSTEM and look.sources:
        role = "muted"
    start, end = part.start, part.end
    is_cut = not look.wrap and end < len(text)
    parts: list[Part] = []
    for a, b in look.search.spans(text):
        a, b = max(a, start), min(b, end)
        if a < b:
            parts += [(text[start:a], role), (text[a:b], MATCH)]
            start = b
    parts.append((text[start:end], role))
    body = tuple((piece, kind) for piece, kind in parts if piece)
    return (*lead, *(_with_ellipsis(body) if is_cut else body))


def _with_ellipsis(body: Cell) -> Cell:
    """The last cell is where the line goes on."""
    if not body:
        return (("…", "quiet"),)
    text, role = body[-1]
    last = width(text[-1])
    return (*body[:-1], (text[:-1] + " " * (last - 1), role), ("…", "quiet"))
