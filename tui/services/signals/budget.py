"""`Budget`: how much of a log is read at most: a pod decides what it writes, and not what that costs here."""

from __future__ import annotations

LINES_PER_S, LINES = 20.0, 600.0
"""Lines of a pod that are read in a second over time, and at once."""

CHARACTERS_PER_S, CHARACTERS = 8_000.0, 400_000.0
"""The same in characters."""


class Budget:
    """A pod's lines and characters: both fill up over time, and are spent by reading."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._lines = LINES
        self._characters = CHARACTERS

    def spend(self, now: float, characters: int) -> bool:
        """Read a line of this many characters; returns whether there is more to spend."""
        gone = max(0.0, now - self._at)
        self._at = now
        self._lines = min(LINES, self._lines + gone * LINES_PER_S) - 1
        self._characters = min(CHARACTERS, self._characters + gone * CHARACTERS_PER_S) - characters
        return self._lines > 0 and self._characters > 0

    def wait(self) -> float:
        """Seconds until a quarter of it is there again."""
        lines = (LINES / 4 - self._lines) / LINES_PER_S
        characters = (CHARACTERS / 4 - self._characters) / CHARACTERS_PER_S
        return max(0.0, lines, characters)


READING, READING_AT_ONCE = 0.006, 0.3
"""Seconds of CPU in a second, and at once, in which the lines of one pod are read."""

ALL_READING, ALL_AT_ONCE = 0.025, 2.0
"""The same of all pods together."""


class ReadingTime:
    """Time in which lines are read: it fills up by an amount a second, up to a limit, and is spent by reading."""

    def __init__(self, per_s: float, most: float, now: float) -> None:
        self._per_s = per_s
        self._most = self._left = most
        self._at = now

    def has_some(self, now: float) -> bool:
        """Whether another line may be read."""
        self._left = min(self._most, self._left + max(0.0, now - self._at) * self._per_s)
        self._at = now
        return self._left > 0

    def spend(self, seconds: float) -> None:
        """Seconds of CPU that a line has taken."""
        self._left -= seconds
