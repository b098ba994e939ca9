"""Measures how fast a terminal accepts output, and when a slow one may get the next frame. Pure; time is an
argument."""

from __future__ import annotations

SLOW = 1.0
"""Seconds for a frame to arrive, above which the link is slow."""

QUICK = 0.25
"""Seconds below which it has recovered. Between the two nothing changes: a distant host is not a slow one."""

TWICE, OFTEN = 2, 8
"""Consecutive frames that must be slow, or quick, before anything changes: a halted terminal is slow once."""

EVERY = 10.0
"""Seconds between two frames on a slow link while nobody types."""

ATTENDED = 3.0
"""Seconds after a key for which the user is assumed to be looking."""

BREATH = 0.25
"""Seconds between two frames on a slow link while the user looks."""

SAMPLED = 5.0
"""Seconds between two frames whose arrival is queried on a link that is not slow."""

LARGE = 1000
"""Minimum bytes of a frame whose arrival measures the link."""

PATIENCE = 10.0
"""Seconds after which a requested reply is not waited for any more."""


class FramePacer:
    """slow_link: True or False if configured; None for automatic."""

    def __init__(self, slow_link: bool | None = None) -> None:
        self._told = slow_link
        self.slow = bool(slow_link)
        self._slow_ones = self._quick_ones = 0
        self._touched = float("-inf")
        self._sent = float("-inf")
        self._asked: float | None = None
        self._asked_last = float("-inf")

    def took(self, seconds: float) -> bool:
        """A frame took this long to arrive; returns whether the link's state changed."""
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
        """A frame was written by podtop after this long; returns whether the link's state changed.

        For a terminal that `answers` this proves nothing: the frame may still be on its way.
        """
        return (seconds >= SLOW or not answers) and self.took(seconds)

    def touch(self, now: float) -> None:
        """The user typed, or must be notified: the next frame is not deferred."""
        self._touched = now

    def wait(self, now: float, attended: bool = False) -> float:
        """Seconds until the next frame may go; 0 if it may go now.

        attended: the user looks in any case, as at a dialog.
        """
        if self._asked is not None:
            if not self.awaits(now):
                # It is late, or was lost: it is not waited for, and measures nothing.
                self._asked = None
            elif self.slow:
                return PATIENCE - (now - self._asked)
        if not self.slow or self._sent < self._touched:
            return 0.0
        gap = BREATH if attended or now - self._touched < ATTENDED else EVERY
        return max(0.0, self._sent + gap - now)

    def awaits(self, now: float) -> bool:
        """Whether the reply that a frame has arrived is still pending."""
        return self._asked is not None and now - self._asked < PATIENCE

    def sent(self, now: float, size: int, answers: bool) -> bool:
        """A frame of this many bytes is sent; returns whether to query its arrival, for a terminal that `answers`."""
        self._sent = now
        if not answers or self._asked is not None:
            return False
        if not self.slow and (size < LARGE or now - self._asked_last < SAMPLED or self._told is False):
            return False
        self._asked = self._asked_last = now
        return True

    def answered(self, now: float) -> bool:
        """The terminal has replied; returns whether the link's state changed."""
        if self._asked is None:
            return False
        seconds, self._asked = now - self._asked, None
        return self.took(seconds)
