"""`AlarmFile`: what was notified of an account's alerts, on disk, shared by all podtops of a user."""

from __future__ import annotations

from pathlib import Path

from tui.domain.ringing import RingState
from tui.storage.json_store import JsonStore


class AlarmFile(JsonStore[RingState]):
    """One file per account, by audience. Methods block, for milliseconds: the file is small."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, RingState, "notified alerts", "podtop notifies you of all current alerts again")
