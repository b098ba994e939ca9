"""`Clocks`: elapsed time, this machine's time of day, and RunPod's clock; none is ever taken for another.

Durations, ages and the order of observations use elapsed time, which includes sleep and never goes back. The time of
day is for display. RunPod's timestamps are converted to elapsed time before any comparison.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

_WITH_SLEEP = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""Linux's own clock; the monotonic clock of other systems includes sleep already, though not in Python's version."""

STEP = 1.0
"""Seconds by which the time of day may drift without counting as set."""

NEAR = 2.0
"""Seconds by which RunPod's clock may differ without a report: its dates are whole seconds, and take time to arrive."""

UNREAD = 3.0
"""Seconds for which a response may have lain unread without its time being corrected."""

WRONG = 366 * 86_400.0
"""Seconds of difference beyond which RunPod's date is not a valid time of day."""

SLEPT = 30.0
"""Seconds by which two clocks must be ahead of the third before the third counts as halted."""


def passed() -> float:
    """Seconds since an arbitrary start, including sleep of the machine. It never goes back."""
    return time.monotonic() if _WITH_SLEEP is None else time.clock_gettime(_WITH_SLEEP)


class _Between(Struct, frozen=True):
    """Bounds of the seconds that RunPod's clock is ahead: at least, at most."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def is_near(self, seconds: float) -> bool:
        """Whether that many seconds may be meant: dates are whole seconds."""
        return self.low - NEAR <= seconds <= self.high + NEAR

    def both(self, other: _Between) -> _Between | None:
        """The intersection of both; None if it is empty."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return _Between(low, high) if low <= high else None


class Clocks:
    """The three clocks of one run of podtop.

    wall:   the time of day, in epoch seconds; it may be set at any time.
    passed: elapsed seconds, which only go forward, sleep included.
    skew:   seconds that RunPod's clock is ahead of `now()`; 0 while it is near, and before the first response.
    begun:  when elapsed time was 0, as an earlier podtop of this boot found it and RunPod's clock confirmed it: what it
            wrote to the disk is dated by that, though the time of day was set since. None if there was none.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        passed: Callable[[], float] = passed,
        begun: float | None = None,
    ) -> None:
        self._wall = wall
        self._passed = passed
        here = wall() - passed()
        # Within what RunPod's dates can show the time of day is as good, and is kept in step with all other clocks.
        self._begun = here if begun is None or abs(here - begun) <= 2 * NEAR else begun
        self.skew = 0.0
        self._known: _Between | None = None
        self._doubt: _Between | None = None
        self._ahead_then = 0.0
        self._answered: float | None = None
        self._last = (wall(), passed())
        self._away = 0.0

    def now(self) -> float:
        """Epoch seconds that advance with elapsed time, from the time of day at which podtop started."""
        return self._begun + self._passed()

    def ahead(self) -> float:
        """Seconds by which the time of day was set forward since podtop started; negative if it was set back."""
        ahead = self._wall() - self.now()
        return ahead if abs(ahead) > STEP else 0.0

    def away(self) -> float:
        """Seconds that may have passed, by whichever clock shows more: for locks, which had better expire too early.

        If a machine was halted and none of its elapsed-time clocks noticed, the time of day shows it.
        """
        last, self._last = self._last, (self._wall(), self._passed())
        self._away += max(0.0, self._last[0] - last[0], self._last[1] - last[1])
        return self._away

    @property
    def compared(self) -> bool:
        """Whether a response showed RunPod's clock."""
        return self._known is not None

    @property
    def doubtful(self) -> bool:
        """Whether RunPod's last response was dated by a different clock than those before it, still unconfirmed."""
        return self._doubt is not None

    def dated(self, date: float, waited: float) -> None:
        """RunPod dated a response that took `waited` seconds: its clock showed that second at some time within them.

        A clock that was set is believed when a second response confirms it.
        """
        now = self.now()
        if abs(date - now) > WRONG:
            return
        bounds = _Between(date - now, date + 1.0 - now + waited)
        if slept := self._slept(bounds) if self._known is not None else self._missed(bounds):
            self._begun += slept
            bounds = _Between(bounds.low - slept, bounds.high - slept)
        self._ahead_then = self._wall() - self.now()
        self._answered = None
        agreed = bounds if self._known is None else self._known.both(bounds)
        if agreed is None and self._doubt is not None:
            agreed = self._doubt.both(bounds)
        if agreed is None:
            self._doubt = bounds
            return
        self._known, self._doubt = agreed, None
        self._answered = date + 1.0 - agreed.low
        if agreed.is_near(0.0):
            self.skew = 0.0
        elif not agreed.low - STEP <= self.skew <= agreed.high + STEP:
            self.skew = float(round(agreed.middle))

    def answered(self, waited: float) -> float:
        """When the response that took `waited` seconds and has just arrived was given: not when it was processed.

        This is now, unless the date of the last response shows that it lay here unread, or took long to produce.
        """
        now, then = self.now(), self._answered
        return then if then is not None and now - waited <= then <= now - UNREAD else now

    def utc(self) -> float:
        """The true time, in epoch seconds: RunPod's clock shows it, or before the first response the time of day."""
        return self.now() + self.skew if self.compared else self._wall()

    @property
    def confirmed(self) -> float | None:
        """When elapsed time was 0, if RunPod's clock agrees with that: the next podtop of this boot begins there."""
        return self._begun if self._known is not None and not self.doubtful and not self.skew else None

    @property
    def refuted(self) -> bool:
        """Whether the instant of an earlier podtop is wrong: RunPod's clock and the time of day agree on another."""
        return bool(self.skew) and not self.doubtful and abs(self.ahead() - self.skew) <= 2 * NEAR

    def _missed(self, bounds: _Between) -> float:
        """Seconds that passed since an earlier podtop and that elapsed time did not count: a halted machine was woken.

        Asked once, of the first response: both RunPod's clock and the time of day must be ahead by them.
        """
        ahead = self.ahead()
        return ahead if ahead > 0 and not bounds.is_near(0.0) and bounds.is_near(ahead) else 0.0

    def _slept(self, bounds: _Between) -> float:
        """Seconds that passed by RunPod's clock and the time of day, but not by elapsed time: a machine was halted."""
        if self._known is None:
            return 0.0
        there = bounds.middle - self._known.middle
        here = self._wall() - self.now() - self._ahead_then
        unsure = STEP + (bounds.high - bounds.low + self._known.high - self._known.low) / 2
        return here if min(there, here) > SLEPT and abs(there - here) <= unsure else 0.0


class TimeOfDay(tzinfo):
    """A zone in which instants of `Clocks.now` read as this machine's clock shows them, even if it was set since.

    The inverse is `instant`, because an offset cannot represent a clock that was set by a day.
    """

    def __init__(self, zone: tzinfo | None, ahead: Callable[[], float]) -> None:
        self._zone = zone
        self.ahead = ahead

    def fromutc(self, when: datetime) -> datetime:
        there = when.replace(tzinfo=UTC) + timedelta(seconds=self.ahead())
        return there.astimezone(self._zone).replace(tzinfo=self)

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None if when is None else self._local(when).utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        return None if when is None else self._local(when).dst()

    def tzname(self, when: datetime | None) -> str | None:
        return None if when is None else self._local(when).tzname()

    def _local(self, when: datetime) -> datetime:
        bare = when.replace(tzinfo=None)
        return bare.astimezone() if self._zone is None else bare.replace(tzinfo=self._zone)


def instant(when: datetime) -> float:
    """The instant at which a clock shows `when`: the inverse of a `TimeOfDay`, and of any other zone."""
    zone = when.tzinfo
    return when.timestamp() - (zone.ahead() if isinstance(zone, TimeOfDay) else 0.0)
