"""`Meter`: how often one of RunPod's APIs was requested, against what it allows. Pure; the time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.api.listener import Quota


class Window(NamedTuple):
    """A limit: a number of requests in a number of seconds, under a name."""

    name: str
    seconds: float
    most: int


LIMITS = (Window("min", 60.0, 60), Window("h", 3600.0, 3000), Window("day", 86_400.0, 50_000))
"""Assumed where RunPod reports none: these are the example in its document of REST v2."""

_SHORT = {"minute": "min", "hour": "h"}
"""RunPod's words for windows, as podtop has them."""

_SLOT = 10.0
_SLOWED = 600.0
"""Seconds for which podtop polls less often after RunPod throttled it."""

_MOST_WINDOWS = 8
"""Reported windows that are kept: RunPod has three."""

_EASE = 0.8
"""Part of a limit from which on podtop polls less often."""


class Use(NamedTuple):
    """The requests in a window, and its limit; and by how much longer than usual podtop waits between requests.

    measured:  whether RunPod reported it, for everything that uses the account; if not, it is podtop's own count
               against an assumed limit.
    resets_in: seconds until the window starts again; None if that is not known.
    """

    window: Window
    asked: int
    slowness: float = 1.0
    measured: bool = False
    resets_in: float | None = None

    @property
    def share(self) -> float:
        return self.asked / self.window.most if self.window.most else 1.0


class _Reported(NamedTuple):
    """A window as RunPod last reported it, at an instant; `since`: requests of podtop's own that were sent after it."""

    window: Window
    asked: int
    resets_at: float
    since: int = 0


class Meter:
    """Counts this run's requests to one API, in slots of ten seconds, and keeps the limits that the API reports."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque()
        self._throttled_at: float | None = None
        self._reported: dict[str, _Reported] = {}

    def count(self, at: float) -> None:
        """A request was sent."""
        slot = int(at // _SLOT)
        if self._slots and self._slots[-1][0] >= slot:
            number, so_far = self._slots.pop()
            self._slots.append((number, so_far + 1))
        else:
            self._slots.append((slot, 1))
        oldest = slot - int(LIMITS[-1].seconds // _SLOT)
        while self._slots and self._slots[0][0] < oldest:
            self._slots.popleft()
        for name, reported in self._reported.items():
            self._reported[name] = reported._replace(since=reported.since + 1)

    def throttled(self, at: float) -> None:
        """RunPod throttled podtop."""
        self._throttled_at = at

    def limits(self, at: float, quotas: Iterable[Quota]) -> None:
        """RunPod reported its windows, and how much of each is left to the whole account."""
        for quota in quotas:
            before = self._reported.get(quota.name)
            # A response may leave out the size of a window that an earlier one gave.
            most = quota.most if quota.most is not None else before.window.most if before is not None else None
            if most is None or (before is None and len(self._reported) >= _MOST_WINDOWS):
                continue
            seconds = quota.seconds or (before.window.seconds if before is not None else quota.resets_in)
            window = Window(_SHORT.get(quota.name, quota.name), seconds, most)
            self._reported[quota.name] = _Reported(window, max(0, most - quota.remaining), at + quota.resets_in)

    def use(self, at: float) -> tuple[Use, ...]:
        """The requests in each window: those that RunPod reported, or else this run's in the assumed ones."""
        if self._reported:
            return tuple(self._measured(reported, at) for reported in self._reported.values())
        return tuple(Use(window, self._own(at - window.seconds)) for window in LIMITS)

    def _measured(self, reported: _Reported, at: float) -> Use:
        if at < reported.resets_at:
            asked = reported.asked + reported.since
            return Use(reported.window, asked, measured=True, resets_in=reported.resets_at - at)
        # It has started again, and of that nothing was reported yet.
        return Use(reported.window, self._own(max(reported.resets_at, at - reported.window.seconds)), measured=True)

    def _own(self, oldest: float) -> int:
        """This run's requests after an instant."""
        return sum(n for slot, n in reversed(self._slots) if (slot + 1) * _SLOT > oldest)

    def slowness(self, at: float) -> float:
        """By how much longer to wait between two requests: 1 is as usual.

        More as a limit comes near, and for a while after RunPod throttled podtop: twice at first, then less and less.
        """
        factor = 1.0
        if self._throttled_at is not None and 0 <= at - self._throttled_at < _SLOWED:
            factor = 2.0 - (at - self._throttled_at) / _SLOWED
        for use in self.use(at):
            if use.share > _EASE:
                factor = max(factor, 1.0 + 3.0 * min(1.0, (use.share - _EASE) / (1.0 - _EASE)))
        return factor

    def tightest(self, at: float) -> Use:
        """The window that is the fullest."""
        return max(self.use(at), key=lambda use: use.share)._replace(slowness=self.slowness(at))
