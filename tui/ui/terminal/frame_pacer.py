"""How fast a terminal takes what it is sent, and when the next frame may go to one that is slow. Pure; time is told."""

from __future__ import annotations

SLOW = 1.0
"""Seconds for a frame to arrive, from which on the link is slow."""

QUICK = 0.25
"""Seconds within which it has recovered. Between the two nothing changes: a far host is not a slow one."""

TWICE, OFTEN = 2, 8
"""Frames in a row that must be slow, or quick, before anything changes: a halted terminal is slow once."""

EVERY = 10.0
"""Seconds between two frames on a slow link while nobody types."""

ATTENDED = 3.0
"""Seconds for which somebody who typed is looking."""

BREATH = 0.25
"""Seconds between two frames on a slow link while somebody looks."""

SAMPLED = 5.0
"""Seconds between two frames whose arrival is asked for on a link that is not slow."""

LARGE = 1000
"""Bytes of a frame whose arrival says something of the link."""

PATIENCE = 10.0
"""Seconds after which an answer that was asked for is not waited for any more."""


class FramePacer:
    """slow_link: True or False where a person has said so; None finds it out."""

    def __init__(self, slow_link: bool | None = None) -> None:
        self._told = slow_link
        self.slow = bool(slow_link)
        self._slow_ones = self._quick_ones = 0
        self._touched = float("-inf")
        self._sent = float("-inf")
        self._asked: float | None = None
        self._asked_last = float("-inf")

    def took(self, seconds: float) -> bool:
        """A frame took this long to arrive; whether the link is now another than before."""
        self._slow_ones = self._slow_ones + 1 if seconds >= SLOW else 0
        self._quick_ones = self._quick_ones + 1 if seconds <= QUICK else 0
        if self._told is not None:
            return False
        was = self.slow
        if self._slow_ones >= TWICE:
            self.slow = True
        elif self._quick_ones >= OFTEN:
            self.slow = False
        return self.slow is not was

    def drained(self, seconds: float, answers: bool) -> bool:
        """A frame has left podtop after this long; whether the link is now another than before.

        That it left says nothing of a terminal that `answers`: it may still lie on the way.
        """
        return (seconds >= SLOW or not answers) and self.took(seconds)

    def touch(self, now: float) -> None:
        """Somebody typed, or is to be told something: what comes now is not for later."""
        self._touched = now

    def wait(self, now: float, attended: bool = False) -> float:
        """Seconds until the next frame may go; 0 when it may go now.

        attended: somebody looks at any rate, as at a dialog.
        """
        if self._asked is not None:
            if not self.awaits(now):
                # It is late, or was lost: it is not waited for, and says nothing.
                self._asked = None
            elif self.slow:
                return PATIENCE - (now - self._asked)
        if not self.slow or self._sent < self._touched:
            return 0.0
        gap = BREATH if attended or now - self._touched < ATTENDED else EVERY
        return max(0.0, self._sent + gap - now)

    def awaits(self, now: float) -> bool:
        """Whether the answer that a frame has arrived is still to come."""
        return self._asked is not None and now - self._asked < PATIENCE

    def sent(self, now: float, size: int, answers: bool) -> bool:
        """A frame of so many bytes goes; whether its arrival is to be asked for, of a terminal that `answers`."""
        self._sent = now
        if not answers or self._asked is not None:
            return False
        if not self.slow and (size < LARGE or now - self._asked_last < SAMPLED or self._told is False):
            return False
        self._asked = self._asked_last = now
        return True

    def answered(self, now: float) -> bool:
        """The terminal has answered; whether the link is now another than before."""
        if self._asked is None:
            return False
        seconds, self._asked = now - self._asked, None
        return self.took(seconds)
