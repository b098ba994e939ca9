"""`AlertNews`: alerts that began or got worse while podtop runs: as one toast, and as a count until they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.domain.attention import Attention, Grade
from tui.domain.user_message import UserMessage
from tui.store.views.attention import LOUD, counts

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.messages import Messages
    from tui.store.fleet import Fleet

_RANK = {Grade.NOTICE: 0, Grade.WARN: 1, Grade.BAD: 2}

NAMED = 3
"""Alerts that a toast about several names."""


class AlertNews:
    """Compares the alerts of each response about the pods with those before.

    unread: the number of alerts that began or got worse since the user last looked at the events.
    """

    def __init__(self, fleet: Fleet, playback: Playback, messages: Messages) -> None:
        self.unread = 0
        self._fleet = fleet
        self._playback = playback
        self._messages = messages
        self._at: float | None = None
        self._was_past = False
        self._known: dict[tuple[str, str], tuple[int, int]] = {}

    def look(self) -> None:
        """The fleet has changed."""
        fleet = self._fleet
        if fleet.judged_at == self._at or self._playback.replay:
            return
        # What went on before podtop could see it is no news: the header has it.
        is_first = self._at is None or fleet.past or self._was_past
        self._was_past = fleet.past
        known, self._at = self._known, fleet.judged_at
        self._known = {a.matter: (_RANK[a.grade], a.step) for a in fleet.attention if a.grade in LOUD and a.is_news}
        loud = [a for a in fleet.attention if counts(a) and a.is_news]
        news = [a for a in loud if self._known[a.matter] > known.get(a.matter, (0, -1))]
        if is_first:
            news = [] if fleet.past or self._at is None else [a for a in news if a.is_imminent(self._at)]
        if news:
            self.unread += len(news)
            if not self._playback.in_history:
                self._messages.post(UserMessage(told(news)))

    def read(self) -> None:
        """The user looks at the events."""
        self.unread = 0


def told(news: Sequence[Attention]) -> str:
    """Alerts in a toast, worst first."""
    if len(news) == 1:
        alert = news[0]
        return f"{alert.name or alert.pod}: {alert.text}" if alert.pod else alert.text
    named = [f"{alert.name or alert.pod} {alert.word}".strip() for alert in news[:NAMED]]
    rest = f" and {len(news) - NAMED} more" if len(news) > NAMED else ""
    return f"{len(news)} alerts: {', '.join(named)}{rest}"
