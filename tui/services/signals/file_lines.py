"""Lines of a log file that is read in pieces, and of a pane of tmux that is read as it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui.api.http.sanitize import clean, without_escapes
from tui.domain.signals.pod_script import Part
from tui.services.signals.source import WrittenLine

LONGEST = 4_096
"""Bytes of a line that are read."""

MOST_LINES = 2_000
"""Lines of one piece: the last ones."""

_FIRST_WORD = re.compile(rb"[^\s\"'\\]*[\s\"'\\]+")
_LAST_WORD = re.compile(rb"[\s\"'\\][^\s\"'\\]*\Z")
"""What a cut may have divided. A part of a secret would not be found, and so not be masked."""


def texts(piece: bytes) -> Iterator[str]:
    """The lines of a piece as a terminal would leave them. A bar that is drawn over itself is its last state."""
    for line in piece.split(b"\n")[-MOST_LINES:]:
        drawn = [part for part in _end_of(line, 2 * LONGEST).split(b"\r") if part.strip()]
        # Trainers print their figures between two states of a bar: both count.
        for part in drawn[-2:]:
            yield clean(without_escapes(_start_of(part).decode("utf-8", "replace"))).rstrip()


def _start_of(part: bytes) -> bytes:
    """What is read of a line, without a word that is divided."""
    if len(part) <= LONGEST:
        return part
    start = part[:LONGEST]
    last = _LAST_WORD.search(start)
    return start[: last.start()] if last is not None else start


def _end_of(line: bytes, most: int) -> bytes:
    """The last bytes of a line, without a word that is divided."""
    if len(line) <= most:
        return line
    end = line[-most:]
    first = _FIRST_WORD.match(end)
    return end[first.end() :] if first is not None else end


class FileLines:
    """Lines of pieces that follow each other; the last one of a piece may not be complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._inode = 0
        self._end = 0

    def take(self, part: Part, before: float | None, now: float) -> list[WrittenLine]:
        """The lines of another piece.

        before: when the one before it was read, None if it is the first; lines are dated evenly between the two. Those
        of a first one are as old as the file's last change.
        """
        goes_on = part.inode == self._inode and part.begin == self._end
        body = (self._rest if goes_on else b"") + part.body
        self._inode, self._end = part.inode, part.begin + len(part.body)
        if not goes_on and part.begin > 0:
            # It begins in the middle of a line.
            body = body.partition(b"\n")[2]
        whole, _, self._rest = body.rpartition(b"\n")
        # A bar has no line end until it is full; what is drawn so far is a line of its own.
        drawn, again, rest = self._rest.rpartition(b"\r")
        if again:
            whole, self._rest = (whole + b"\n" + drawn if whole else drawn), rest
        self._rest = _end_of(self._rest, LONGEST)
        lines = [text for text in texts(whole) if text] if whole else []
        last = now - part.age
        first = last if before is None or not goes_on else min(before, last)
        return [WrittenLine(first + (last - first) * number / len(lines), text) for number, text in enumerate(lines, 1)]


class PaneLines:
    """Lines that are new in a pane since it was last read."""

    def __init__(self) -> None:
        self._shown: list[str] = []

    def take(self, body: bytes, now: float) -> list[WrittenLine]:
        """The lines behind those that were read before; all, if none of these is there any more."""
        shown = [text for text in texts(body) if text]
        new = shown[_known(self._shown, shown) :]
        self._shown = shown
        return [WrittenLine(now, text) for text in new]


def _known(before: list[str], lines: list[str]) -> int:
    """How many of the first lines were there before.

    Some may have scrolled out above; bars below them, of which trainers have several at once, may have been redrawn.
    """
    return max(_same_from_each([*lines, None, *before])[len(lines) + 1 :], default=0)


def _same_from_each(lines: list[str | None]) -> list[int]:
    """For each place the number of lines from it on that are those from the first on.

    Each line is compared once for all places (this is the Z-function), however often the same ones come again.
    """
    same = [0] * len(lines)
    begin = end = 0
    for place in range(1, len(lines)):
        number = min(same[place - begin], end - place) if place < end else 0
        while place + number < len(lines) and lines[number] == lines[place + number]:
            number += 1
        same[place] = number
        if place + number > end:
            begin, end = place, place + number
    return same
