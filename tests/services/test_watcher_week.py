"""A week of polls on a virtual clock, with a restart each day: what rings is what the table says, and nothing twice."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.make import funds, pod, snapshot
from tui.api.models import Pod
from tui.config.settings import Notify
from tui.domain.attention import Topic
from tui.domain.events import Event
from tui.domain.ringing import Audience, Call
from tui.services.alarms import Alarms
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

MONDAY = 1_795_392_000.0
HOUR, DAY = 3600.0, 86_400.0
STEP = 60.0
"""Seconds between two polls."""

IDLE = ((1 * DAY + 3 * HOUR, 1 * DAY + 6 * HOUR), (4 * DAY + 3 * HOUR, 4 * DAY + 3.2 * HOUR))
"""When exp does nothing: for three hours, and for twelve minutes."""

BOOTS = (2 * DAY, 2 * DAY + 0.6 * HOUR)
LOW = 6 * DAY
"""From when the money lasts for 11 hours."""

TABLE = [("boot", "new", 2 * DAY + 1200), ("idle", "exp", 1 * DAY + 3 * HOUR), ("runway", "", 6 * DAY)]
"""What rings: the alert, the pod, and the earliest instant."""


def within(t: float, spans: tuple[tuple[float, float], ...]) -> bool:
    return any(start <= t < end for start, end in spans)


def pods_at(t: float) -> tuple[Pod, ...]:
    # A checkpoint pauses the healthy pod for two minutes of every twenty.
    train = pod("a", name="train", utils=(0.0 if t % 1200 < 120 else 95.0,), cost=2.99)
    exp = pod("b", name="exp", utils=(0.0 if within(t, IDLE) else 80.0,), cost=2.99)
    if t < BOOTS[0]:
        return train, exp
    return train, exp, pod("c", name="new", utils=None if within(t, (BOOTS,)) else (90.0,), cost=2.99, change="Rented")


class Watcher:
    """One run of `podtop record` as far as it judges and rings; the next one goes on from files and events."""

    def __init__(self, folder: Path, events: list[Event], calls: list[Call]) -> None:
        self.now = 0.0
        self.fleet, self.tracker = Fleet(STEP, STEP), AlertTracker()
        self.tracker.recall(events)
        self.events = events
        self.alarms = Alarms(
            self.fleet, Notify(), {Audience.USER: frozenset(Topic)}, file=lambda account: folder / "alarms.json",
            ring=lambda call, audiences: calls.append(call), post=lambda note: None, clock=lambda: self.now, tz=UTC,
        )  # fmt: skip

    def poll(self, t: float) -> None:
        at = self.now = MONDAY + t
        money = funds(99.0 if t >= LOW else 10_000.0, 9.0)
        self.events += self.fleet.apply(snapshot(*pods_at(t), funds=money), at)
        self.events += self.tracker.judge(self.fleet, at)
        self.fleet.judged_at = at
        self.alarms.look()


@pytest.mark.wide
async def test_in_a_week_with_restarts_exactly_the_table_rings(tmp_path: Path) -> None:
    events, calls = list[Event](), list[Call]()
    for day in range(7):
        watcher = Watcher(tmp_path, events, calls)
        for minute in range(round(DAY / STEP)):
            watcher.poll(day * DAY + minute * STEP)
        watcher.alarms.close()
    rung = sorted((alert.kind, alert.name, call.at - MONDAY) for call in calls for alert in call.alerts)
    assert [each[:2] for each in rung] == [each[:2] for each in TABLE]
    for (_, _, at), (_, _, earliest) in zip(rung, TABLE, strict=True):
        assert earliest <= at <= earliest + 2 * HOUR
