"""`ActionLock`: who may act now. Read-only for good, or locked for the while: the lowest rungs of the ladder."""

from __future__ import annotations

from collections.abc import Callable

LOCK_AFTER = 600.0
"""Seconds without a key after which actions lock themselves: a window left open is a display."""


class ActionLock:
    """Tells why nothing may be done, in words.

    read_only: why podtop sends no change at all; empty where it may.
    clock:     seconds that only go forward.
    after:     seconds without a hand on the keys after which it locks; None never.
    key:       what unlocks it, for a person.
    """

    def __init__(
        self,
        read_only: str = "",
        *,
        after: float | None = LOCK_AFTER,
        clock: Callable[[], float] = lambda: 0.0,
        key: str = "L",
    ) -> None:
        self.told = f"actions are locked: {key} unlocks them"
        self.read_only = read_only
        self._after = after
        self._clock = clock
        self._touched = clock()
        self._locked = False

    @property
    def locked(self) -> bool:
        return self._locked or (self._after is not None and self._clock() - self._touched >= self._after)

    def touch(self) -> None:
        """A hand is on the keys: what is unlocked stays so for a while."""
        if self.locked:
            self._locked = True
        self._touched = self._clock()

    def toggle(self) -> bool:
        """Lock, or unlock; whether it is locked now."""
        self._locked = not self.locked
        self._touched = self._clock()
        return self._locked

    def refusal(self) -> str | None:
        """Why nothing may be done now, and what to do about it."""
        if self.read_only:
            return f"read-only: {self.read_only}. Nothing was sent."
        return self.told if self.locked else None
