"""What began before podtop could see it is no news, however far the history was loaded when that was looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tui.domain.attention import Attention, Grade
from tui.domain.user_message import UserMessage
from tui.services.messages import Messages
from tui.store.fleet import Fleet
from tui.ui.controllers.alert_news import AlertNews

BOOT = Attention("boot", "slow boot", Grade.WARN, "still booting", "a", "alder")
IDLE = Attention("idle", "idle", Grade.WARN, "idle", "b", "birch")


@pytest.mark.parametrize("looked", [(), (0.0,), (0.0, 60.0), (0.0, 60.0, 120.0)])
def test_only_what_begins_live_is_told(looked: tuple[float, ...]) -> None:
    posted: list[UserMessage] = []
    fleet = Fleet(5.0, 30.0)
    news = AlertNews(fleet, cast("Any", SimpleNamespace(replay=False, in_history=False)), Messages(posted.append))
    fleet.past = True
    for at in (0.0, 60.0, 120.0):
        fleet.attention, fleet.judged_at = (BOOT,) if at >= 60.0 else (), at
        if at in looked:
            news.look()
    fleet.past = False
    fleet.attention, fleet.judged_at = (BOOT,), 125.0
    news.look()
    assert (news.unread, posted) == (0, [])
    fleet.attention, fleet.judged_at = (BOOT, IDLE), 130.0
    news.look()
    assert news.unread == 1
    assert [message.text for message in posted] == ["birch: idle"]
