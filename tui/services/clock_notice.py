"""`ClockNotice`: says that a recording gets wrong times, while that can still be mended.

A recording is dated by the clock with which podtop started. If RunPod's clock shows that to be wrong, nothing recorded
gets another date, as either clock may be the right one: the user gets a message, and the event log keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.clocks import NEAR
from tui.domain.events import Event, Kind
from tui.domain.user_message import UserMessage
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.clocks import Clocks

WORTH_SAYING = 60.0
"""Seconds of difference from which recorded times mislead."""


class ClockNotice:
    """Reports each cause once: to the user for all accounts of this machine, to the event log of each recording.

    post: receives messages with their cause; `happened`: the events of the account.
    """

    def __init__(self, post: Callable[[str, UserMessage], object], happened: Callable[[Event], object]) -> None:
        self._post = post
        self._happened = happened
        self._told: set[bool] = set()

    def look(self, clocks: Clocks) -> None:
        """Compare the clocks, after a response."""
        skew = clocks.skew
        if abs(skew) < WORTH_SAYING or clocks.doubtful:
            return
        # The time of day may have been set since podtop started, or since the podtop whose time it goes on with.
        is_set = abs(clocks.ahead() - skew) <= 2 * NEAR
        if is_set in self._told:
            return
        self._told.add(is_set)
        # Dates are whole seconds: two hours are found as 1h 59m 59s.
        apart = f"{fmt.duration(60 * round(abs(skew) / 60))} {'behind' if skew > 0 else 'ahead of'} RunPod's"
        text = (
            f"podtop started with a clock {apart}, and records those times. The clock is right now: restart podtop."
            if is_set
            else f"this machine's clock is {apart}, and so are recorded times. Set it (NTP), then restart podtop."
        )
        self._happened(Event(clocks.now(), "", Kind.TROUBLE, text))
        self._post("clock was set" if is_set else "wrong clock", UserMessage(text))
