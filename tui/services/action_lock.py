"""`ActionLock`: whether actions are allowed now: permanently read-only, or locked for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.config.loader import Config
    from tui.services.source import Source

LOCK_AFTER = 600.0
"""Seconds without a key after which actions lock automatically: an unattended window is a display."""


def read_only(source: Source, config: Config) -> str:
    """Why nothing can be changed, as a sentence; empty if it can."""
    if source.recording is not None:
        return "replay is read-only"
    return "podtop is in read-only mode" if config.read_only else ""


class ActionLock:
    """Gives the reason why no action is allowed, as text.

    read_only: why podtop sends no change at all, as a sentence; empty if it may.
    clock:     monotonic seconds.
    after:     seconds without user input after which it locks; None never.
    key:       the key that unlocks it, as shown to the user.
    """

    def __init__(
        self,
        read_only: str = "",
        *,
        after: float | None = LOCK_AFTER,
        clock: Callable[[], float] = lambda: 0.0,
        key: str = "L",
    ) -> None:
        self.locked_text = f"actions locked ({key} to unlock)"
        again = "" if after is None else f"; they lock after {after / 60:g} min without input"
        self.unlocked_text = f"actions unlocked{again}"
        self.read_only = read_only
        self._after = after
        self._clock = clock
        self._touched = clock()
        self._locked = False

    @property
    def locked(self) -> bool:
        return self._locked or (self._after is not None and self._clock() - self._touched >= self._after)

    def touch(self) -> None:
        """Register user input: an unlocked state is extended."""
        if self.locked:
            self._locked = True
        self._touched = self._clock()

    def toggle(self) -> bool:
        """Lock, or unlock; returns whether it is locked now."""
        self._locked = not self.locked
        self._touched = self._clock()
        return self._locked

    def refusal(self) -> str | None:
        """Why no action is allowed now, and what to do about that; None if allowed."""
        if self.read_only:
            return f"{self.read_only}; nothing was sent"
        return self.locked_text if self.locked else None
