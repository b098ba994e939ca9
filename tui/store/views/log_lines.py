"""What is shown of a log: the lines that pass a filter, and those among them that a search finds. Pure."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from tui.store.log_buffer import LogBuffer, LogEntry, key_of

READ = 16_384
"""Characters of a line that filter and search read."""

_LONGEST_PATTERN = 200
_MOST_SPANS = 100

WORDS = "words, !word to hide, re:PATTERN"
"""The terms that a filter accepts, for a line of help."""

_REGEX = re.compile(r"(?:^|\s)(!?)re:(.*)", re.DOTALL)


class InvalidPattern(ValueError):
    """A regular expression that cannot be used; `str()` says why."""


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression, whatever was typed. Raises InvalidPattern."""
    if len(pattern) > _LONGEST_PATTERN:
        raise InvalidPattern(f"re: expects {_LONGEST_PATTERN} characters at most")
    try:
        with warnings.catch_warnings():
            # Of meanings that a later Python may give a pattern.
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidPattern(f"re: {error}") from None


class LogFilter(NamedTuple):
    """Conditions that must all hold for a line.

    words, hidden:  parts that it must have, and must not have, in lower case.
    pattern:        a regular expression that it must match, or must not if `inverted`.
    fault:          the message about an invalid part of the text; that part does not filter.
    """

    words: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    inverted: bool = False
    fault: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.hidden or self.pattern is not None)

    def holds(self, text: str) -> bool:
        """Whether a line is shown."""
        read = text[:READ]
        if self.words or self.hidden:
            low = read.lower()
            if not all(word in low for word in self.words) or any(word in low for word in self.hidden):
                return False
        return self.pattern is None or (self.pattern.search(read) is None) is self.inverted


def parse_filter(text: str) -> LogFilter:
    """Parse a filter as typed. It never fails: what is incomplete or invalid does not filter yet.

    What stands behind `re:` is one regular expression, spaces included.
    """
    regex = _REGEX.search(text)
    before = text[: regex.start()] if regex is not None else text
    terms = before.lower().split()
    shown = tuple(term for term in terms if not term.startswith("!"))
    hidden = tuple(term[1:] for term in terms if term.startswith("!") and term != "!")
    if regex is None or not regex[2]:
        return LogFilter(shown, hidden)
    try:
        return LogFilter(shown, hidden, compiled(regex[2]), bool(regex[1]))
    except InvalidPattern as error:
        return LogFilter(shown, hidden, fault=str(error))


class LogSearch(NamedTuple):
    """A text to find, or a regular expression behind `re:`; no case. `fault`: why it cannot be used."""

    pattern: re.Pattern[str] | None = None
    fault: str = ""

    def finds(self, text: str) -> bool:
        """Whether it occurs in a line."""
        return self.pattern is not None and self.pattern.search(text[:READ]) is not None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it occurs in a text, from and to; the first ones, if they are very many."""
        if self.pattern is None:
            return []
        spans = []
        for match in self.pattern.finditer(text[:READ]):
            if match.end() > match.start():
                spans.append(match.span())
            if len(spans) >= _MOST_SPANS:
                break
        return spans


def parse_search(text: str) -> LogSearch:
    """Parse what is searched for, as typed."""
    if not text.strip():
        return LogSearch()
    try:
        if text.startswith("re:"):
            return LogSearch(compiled(text[3:])) if text[3:] else LogSearch()
        return LogSearch(re.compile(re.escape(text), re.IGNORECASE))
    except InvalidPattern as error:
        return LogSearch(fault=str(error))


class Change(NamedTuple):
    """What an update changed: entries that are gone from the front, and how many of the others are as before."""

    gone: int
    same: int


class LogLines:
    """The entries of a buffer that are shown, kept up to date at the cost of what changed.

    entries: those that pass the filter, oldest first.
    found:   keys of those that the search finds.
    total:   entries without the filter.
    """

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.found: list[tuple[float, int]] = []
        self.filter = LogFilter()
        self.search = LogSearch()
        self.total = 0

    def update(self, buffer: LogBuffer) -> Change:
        """Take in what changed in the buffer since the last time."""
        entries = buffer.entries
        first = entries[0].key if entries else None
        changed = entries[buffer.changed].key if buffer.changed < len(entries) else None
        shown = [entry for entry in entries[buffer.changed :] if self.filter.holds(entry.line.text)]
        matches = [entry.key for entry in shown if self.search.finds(entry.line.text)]
        # Only from here on anything changes: a pattern that takes too long is interrupted above.
        gone = len(self.entries) if first is None else bisect_left(self.entries, first, key=key_of)
        del self.entries[:gone]
        del self.found[: len(self.found) if first is None else bisect_left(self.found, first)]
        if changed is not None:
            del self.entries[bisect_left(self.entries, changed, key=key_of) :]
            del self.found[bisect_left(self.found, changed) :]
        same = len(self.entries)
        self.entries += shown
        self.found += matches
        self.total = len(entries)
        buffer.settle()
        return Change(gone, same)

    def refilter(self, buffer: LogBuffer, chosen: LogFilter) -> None:
        """Show what passes another filter."""
        entries = [entry for entry in buffer if chosen.holds(entry.line.text)]
        matches = self._find(entries, self.search)
        self.filter, self.entries, self.found, self.total = chosen, entries, matches, len(buffer)
        buffer.settle()

    def research(self, search: LogSearch) -> None:
        """Find something else."""
        matches = self._find(self.entries, search)
        self.search, self.found = search, matches

    @staticmethod
    def _find(entries: Iterable[LogEntry], search: LogSearch) -> list[tuple[float, int]]:
        if search.pattern is None:
            return []
        return [entry.key for entry in entries if search.finds(entry.line.text)]

    def index(self, key: tuple[float, int]) -> int:
        """The index of the entry with a key, or of the one behind its place; the last one at most."""
        return max(0, min(bisect_left(self.entries, key, key=key_of), len(self.entries) - 1))

    def next_found(self, key: tuple[float, int] | None, step: int) -> tuple[float, int] | None:
        """The key of the entry found next after one, or before it with a negative step; it begins again at the ends."""
        if not self.found:
            return None
        if key is None:
            return self.found[0 if step > 0 else -1]
        at = bisect_left(self.found, key)
        if step > 0:
            at += at < len(self.found) and self.found[at] == key
        else:
            at -= 1
        return self.found[at % len(self.found)]
