"""What is notified about something that bills says in dollars what it costs."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.api.errors import Unauthorized, Unreachable
from tui.domain.attention import Ring
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0

OF_PODS = [kind for kind in KINDS if kind.find is not None and kind.name not in ("quiet", "restarted", "outbid")]
"""Without a pod that has ended, and what is no news."""

OF_THE_MARKET = ("cheaper",)


def texts(kind: AlertKind, alert: Alert) -> tuple[str, ...]:
    return (kind.text(alert, funds(), NOW), *([kind.begins(alert, NOW)] if kind.event else []))


@pytest.mark.parametrize("kind", OF_PODS, ids=lambda kind: kind.name)
def test_every_alert_of_a_pod_that_bills_has_dollars(kind: AlertKind) -> None:
    price = pod("a", name="llama", cost=11.96)
    # Their notes have the dollars: of the market, and of the idle time.
    note = {"cheaper": "$", "idle-stop": "idle for 1 h, $11.96 so far, "}.get(kind.name, "note")
    alert = kind.alert(price, since=NOW - 60.0, lasts=60.0, note=note, wasted_per_hr=11.96, so_far=3.0, count=3)
    for text in texts(kind, replace(alert, up_since=NOW - 3600.0)):
        assert "$" in text, text
        assert kind.name in OF_THE_MARKET or "so far" in text, text


@pytest.mark.parametrize("kind", OF_PODS, ids=lambda kind: kind.name)
def test_unknown_dollars_are_no_dollars(kind: AlertKind) -> None:
    alert = kind.alert(pod("a", cost=None), since=NOW - 60.0, lasts=60.0, note="note", count=3)
    for text in texts(kind, replace(alert, up_since=NOW - 3600.0)):
        assert "$0" not in text
        assert "so far" not in text or f"{fmt.UNKNOWN} so far" in text, text


def test_the_kinds_that_ring_are_all_held_against_it() -> None:
    ring = {kind.name for kind in KINDS if kind.find is not None and kind.ring is not Ring.NEVER}
    assert ring - {kind.name for kind in OF_PODS} == {"outbid"}, "it bills no more"


@pytest.mark.parametrize("error", [Unreachable("no route"), Unauthorized("bad key")])
def test_what_cannot_be_seen_says_what_it_cost_when_it_was(error: Exception) -> None:
    fleet, tracker = Fleet(30.0, 30.0), AlertTracker()
    fleet.tz = UTC
    fleet.apply(snapshot(pod("a"), funds=funds(100.0, 31.31)), NOW)
    tracker.judge(fleet, NOW)
    told = []
    for poll in range(1, 40):
        fleet.fail(error, NOW + 30.0 * poll)  # type: ignore[arg-type]
        told += tracker.judge_failure(fleet, NOW + 30.0 * poll)
    (event,) = told
    assert "since 12:00" in event.text or "since Mon 12:00" in event.text
    assert "$31.31/h when last seen" in event.text
