"""`WatchFile`: market watches on disk, shared by all podtops of a user."""

from __future__ import annotations

from pathlib import Path

from tui.domain.market_watch import MarketWatch
from tui.storage.json_store import JsonStore


class WatchFile(JsonStore[MarketWatch]):
    """Market watches by id. Methods block, for milliseconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, MarketWatch, "watches", "no watch is active now")

    def edit(self, old: MarketWatch | None, new: MarketWatch) -> bool:
        """Save the user's edit of `old` (None: a new watch); False if podtop acted on it in the meantime."""
        with self.changed() as watches:
            now = watches.get(new.id)
            if old is not None and (now is None or (now.state, now.sent_at) != (old.state, old.sent_at)):
                return False
            watches[new.id] = new
            return True
