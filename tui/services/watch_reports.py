"""`WatchReports`: what a user hears of the market watches, each thing once: a hit, an end, why nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tui.domain.events import Event, Kind
from tui.domain.market_watch import Hit, MarketWatch, State, what
from tui.domain.user_message import Level, UserMessage

if TYPE_CHECKING:
    from tui.services.messages import Messages


class WatchReports:
    """Reports by message, and by notification what is worth a call."""

    def __init__(self, messages: Messages, clock: Callable[[], float]) -> None:
        self._messages = messages
        self._clock = clock
        self._held_back: dict[str, str] = {}
        self._blinded: dict[str, str] = {}
        self._known: Mapping[str, MarketWatch] | None = None
        self._mine: dict[str, tuple[State, float | None]] = {}

    def others(self, watches: Mapping[str, MarketWatch]) -> None:
        """Report what another podtop reported and did since the last check."""
        before, self._known = self._known, watches
        for watch in watches.values():
            old = before.get(watch.id) if before is not None else None
            if old is None or old == watch or self._mine.get(watch.id) == (watch.state, watch.told_at):
                continue
            if watch.over and not old.over:
                level = Level.INFO if watch.state is State.DONE else Level.WARNING
                self._messages.post(UserMessage(f"watch {watch.state}: {what(watch)}: {watch.words}", level))
            elif watch.told_at is not None and watch.told_at != old.told_at:
                self._messages.post(UserMessage(f"◉ {what(watch)}: available", Level.INFO))

    def seen(self, watch: MarketWatch, sighting: Hit | bool | None) -> None:
        """What the watch waits for is there."""
        self._mine[watch.id] = (watch.state, watch.told_at)
        text = _sentence(watch, sighting)
        event = Event(self._clock(), watch.pod, Kind.PRICE, text)
        self._messages.post(UserMessage(f"◉ {text}", Level.INFO, event=event))
        self._messages.call("podtop: " + what(watch), text)

    def changed(self, watch: MarketWatch) -> None:
        """This podtop changed the watch: an end is reported."""
        self._mine[watch.id] = (watch.state, watch.told_at)
        if not watch.over:
            return
        text = f"{what(watch)}: {watch.words}" if watch.words else what(watch)
        self._messages.call(f"podtop: watch {watch.state}", text)
        if watch.state is not State.DONE:
            self._messages.post(UserMessage(f"watch {watch.state}: {text}"))

    def disarmed(self, watch: MarketWatch, reason: str) -> None:
        """It waits on, and does nothing."""
        self._messages.post(UserMessage(f"▲ watch disarmed: {what(watch)}: {reason}"))

    def blind(self, watch: MarketWatch, why: str) -> None:
        """It cannot be checked, once; it stays as it is, and nothing is done. `why`: empty if it can."""
        before, self._blinded[watch.id] = self._blinded.get(watch.id, ""), why
        if why and why != before:
            text = f"{what(watch)}: cannot be checked: {why}"
            self._messages.post(UserMessage(f"▲ watch: {text}"))
            self._messages.call("podtop: watch cannot be checked", text)

    def held_back(self, watch: MarketWatch, why: str, how: str) -> bool:
        """Nothing is sent for it, once for each reason, whatever the figures in that; returns whether it is news."""
        reason = re.sub(r"[\d.]+", "", why)
        if self._held_back.get(watch.id) == reason:
            return False
        self._held_back[watch.id] = reason
        text = f"{what(watch)}: {how}: {why}"
        self._messages.post(UserMessage(f"▲ watch: {text}"))
        self._messages.call("podtop: watch held back", text)
        return True


def _sentence(watch: MarketWatch, sighting: Hit | bool | None) -> str:
    if not isinstance(sighting, Hit):
        return f"{watch.pod_name or watch.pod} can be resumed: its host has free GPUs"
    cloud = "secure" if sighting.secure else "community"
    each = " per GPU" if watch.demand.gpu_count > 1 else ""
    kind = "bid from " if watch.spot else ""
    stock = (sighting.stock or "?").lower()
    return f"{sighting.name} is available: {kind}${sighting.price:.2f}/h{each}, {cloud}, stock {stock}"
