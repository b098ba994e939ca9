"""`LogPane`: what the Logs screen shows, without its keys: lines as they come, filtered, and laid out in rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from tui.store.log_buffer import LogBuffer, LogEntry
from tui.store.views.log_lines import Change, LogFilter, LogLines, LogSearch, parse_filter, parse_search
from tui.system.time_limit import TookTooLong, limited
from tui.ui.primitives.cells import Cell
from tui.ui.render import log_rows
from tui.ui.render.log_rows import Look
from tui.ui.widgets.log_view import Rows

if TYPE_CHECKING:
    from tui.api.pod_logs import LogLine

PATIENCE = 0.25
"""Seconds that filter and search may take with all lines, or with those that came since."""

TOO_SLOW = "re: this pattern takes too long on these lines"


class LogPane:
    """The lines of a buffer as rows.

    held: whether what is shown stays as it is; lines are collected all the same.
    look: how they are drawn.
    typed: what was typed as the filter, and as what to search for.
    """

    def __init__(self, look: Look) -> None:
        self.buffer = LogBuffer()
        self.lines = LogLines()
        self.look = look
        self.held = False
        self.unseen = 0
        self.fault = ""
        self.typed: dict[str, str] = {}
        self._width = 0
        self._ends: list[int] = []
        self._laid_out: tuple[object, ...] = ()

    def add(self, pod: str, lines: Sequence[LogLine], *, earlier: bool) -> None:
        """Keep more lines."""
        fresh = self.buffer.add(pod, lines, earlier=earlier)
        if self.held:
            self.unseen += len(fresh)

    def hold(self, held: bool) -> None:
        self.held, self.unseen = held, 0

    def update(self, width: int) -> None:
        """Show what came since, at a width."""
        before = len(self.lines.entries)
        change = Change(0, before)
        if not self.held:
            change = self._limited(lambda: self.lines.update(self.buffer)) or Change(before, 0)
        self._lay_out(change, width)

    def set_filter(self, text: str) -> None:
        """Show other lines."""
        self._choose_filter(text, parse_filter(text))

    def _choose_filter(self, text: str, chosen: LogFilter) -> None:
        self.typed["filter"], self.fault = text.strip(), chosen.fault
        self._laid_out = ()
        self._limited(lambda: self.lines.refilter(self.buffer, chosen))

    def set_search(self, text: str) -> None:
        """Search for something else."""
        search = parse_search(text)
        self.typed["search"], self.fault = text, search.fault
        self._limited(lambda: self.lines.research(search))
        self.look = self.look._replace(search=self.lines.search)

    def _limited(self, work: Callable[[], Change | None]) -> Change | None:
        """Do what a pattern may make endless; it is given up if it takes too long, and reported."""
        if self.lines.filter.pattern is None and not any(text.find("re:") >= 0 for text in self.typed.values()):
            return work()
        try:
            with limited(PATIENCE):
                return work()
        except TookTooLong:
            self.typed, self.fault = {}, TOO_SLOW
            self.lines.research(LogSearch())
            self.lines.refilter(self.buffer, LogFilter())
            self.look = self.look._replace(search=LogSearch())
            self._laid_out = ()
            return None

    # Rows

    def _lay_out(self, change: Change, width: int) -> None:
        """Count the rows of each line, if lines wrap: of new lines only, where nothing else has changed."""
        look = self.look
        laid_out = (width, look.names, look.times, look.wrap, look.sources, look.today)
        entries, ends = self.lines.entries, self._ends
        if not self.look.wrap:
            ends.clear()
        elif laid_out != self._laid_out:
            ends[:] = accumulate(log_rows.height(entry, self.look, width) for entry in entries)
        else:
            if change.gone:
                base = ends[change.gone - 1]
                ends[:] = [end - base for end in ends[change.gone :]]
            del ends[change.same :]
            last = ends[-1] if ends else 0
            for entry in entries[change.same :]:
                last += log_rows.height(entry, self.look, width)
                ends.append(last)
        self._laid_out = laid_out

    @property
    def ends(self) -> Sequence[int]:
        """The rows up to the end of each line; empty where each has one."""
        return self._ends

    def rows(self) -> Rows:
        """The rows to show."""
        entries = self.lines.entries
        return Rows(len(entries), lambda index: entries[index].key, self.lines.index, self._draw)

    def _draw(self, index: int, inside: int, width: int) -> Cell:
        entry = self.lines.entries[index]
        parts = log_rows.rows_of(entry, self.look, width)
        # A width that has changed may leave fewer rows than were counted, until the next update.
        return log_rows.row(entry, parts[min(inside, len(parts) - 1)], self.look, width)

    def entry(self, index: int | None) -> LogEntry | None:
        """The line at an index."""
        entries = self.lines.entries
        return entries[index] if index is not None and index < len(entries) else None

    def name(self, names: Mapping[str, tuple[str, int]]) -> None:
        """The pods may have other names now."""
        several = names if len(names) > 1 else {}
        if several != self.look.names:
            self.look = self.look._replace(names=several)
