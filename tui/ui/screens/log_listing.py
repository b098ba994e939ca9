"""`Log`: the pods of the Logs screen, for keys that act on pods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.screens.listing import Listing

if TYPE_CHECKING:
    from tui.store.log_buffer import LogEntry
    from tui.ui.context import ScreenContext

COPIED = 16_384
"""Characters of a line that are copied."""


class Log(Listing):
    """The pods whose logs are shown: actions and ssh are for them."""

    name = "log"
    title = "Logs"

    def __init__(self, context: ScreenContext, pods: Sequence[str]) -> None:
        super().__init__(context)
        self.pods = tuple(pods)
        self.line: LogEntry | None = None

    def targets(self, key: str | None) -> tuple[str, ...]:
        return tuple(pod for pod in self.pods if pod in self.context.fleet.records)

    def at_hand(self, key: str | None) -> str | None:
        return self.line.pod if self.line is not None else self.pods[0]

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        return under_cursor("line", self.line.line.text[:COPIED]) if self.line is not None else ()
