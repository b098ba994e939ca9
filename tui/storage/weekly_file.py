"""`WeeklyFile`: of which week an account's report was posted last, on disk, shared by all podtops of a user."""

from __future__ import annotations

from pathlib import Path

from tui.storage.json_store import JsonStore

NAME = "last"


class WeeklyFile(JsonStore[float]):
    """One file per account. Methods block, for milliseconds: it holds one number."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, float, "weekly reports", "the last one may be posted again")

    def take(self, due: float) -> bool:
        """Whether the report due at that instant is this podtop's to post: nobody has posted it, or a later one."""
        with self.changed() as posted:
            if posted.get(NAME, 0.0) >= due:
                return False
            posted[NAME] = due
            return True
