"""Crash loops: what is a restart, what a loop has cost, and when it is reported and notified again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.make import pod, runtime, snapshot
from tests.store.pods_at_work import HOUR, MINUTE, NOW, RICH, WORKS, Watch, box
from tui.api.models import Pod
from tui.api.status_change import StatusChange
from tui.domain.events import Event, Kind
from tui.domain.ringing import RingState, Seen, step
from tui.store.fleet import Fleet
from tui.store.window_fill import recall_events

LOOP = (Kind.LOOP, Kind.LOOP_OVER)
GONE = replace(pod("a"), runtime=None)


def said(when: float, what: str) -> StatusChange:
    return StatusChange(f"{what}: {datetime.fromtimestamp(when, UTC):%a %b %d %Y %H:%M:%S} GMT+0000 (UTC)")


class Rung(Watch):
    """What is told of a pod, and what is notified."""

    def __init__(self) -> None:
        super().__init__(60.0)
        self.state, self.rung = RingState(), list[tuple[float, str]]()

    def poll(self, *pods: Pod) -> None:
        at = self.at
        super().poll(*pods)
        self.state, calls = step(self.state, Seen(self.fleet.attention, at, at, at))
        self.rung += [(at, alert.kind) for call in calls for alert in call.alerts]


def starts(*times: float) -> tuple[float, ...]:
    """Instants at which a container was started, each with two more, ten minutes apart."""
    return tuple(at + more * 10 * MINUTE for at in times for more in range(4))


def test_a_loop_that_ends_and_begins_again_twice_a_day_is_told_twice_and_rung_once() -> None:
    """With a laptop that sleeps, and an outage, in between. A day after the first notification it rings again."""
    restarts = starts(HOUR, 5 * HOUR, 27 * HOUR)
    watch = Rung()

    def scene(seconds: float) -> Pod | None:
        if 7 * HOUR < seconds < 7.5 * HOUR:
            return None
        started = max((at for at in restarts if at <= seconds), default=-HOUR)
        return box(WORKS, at=watch.at, up=-started, cost=2.0)

    watch.run(scene, 3 * HOUR)
    watch.skip(30 * MINUTE)
    watch.run(scene, 25.5 * HOUR)
    assert [(event.kind, event.text.partition(" (")[0]) for event in watch.told if event.kind in LOOP] == 3 * [
        (Kind.LOOP, "container restarted 3 times in an hour"),
        (Kind.LOOP_OVER, "no more restarts after 1h 30m, $2.30 wasted"),
    ]
    first, second = [at for at, kind in watch.rung if kind == "crash-loop"]
    assert (first - NOW) // HOUR == 1
    assert (second - NOW) // HOUR == 27


def test_a_loop_has_cost_something_since_its_first_restart() -> None:
    watch = Watch(30.0)
    watch.run(lambda s: box(WORKS, at=watch.at, up=-(s // 600 * 600), cost=3.0), 2 * HOUR)
    loop = watch.alerts["crash-loop"]
    assert loop.so_far == pytest.approx(3.0 * (110 * MINUTE) / HOUR, abs=0.06)
    assert loop.wasted_per_hr == 3.0
    assert loop.kind.text(loop, None, watch.at).endswith(f"($3.00/h); ${loop.so_far:.2f} so far")


def test_a_pod_that_was_stopped_and_started_again_is_in_no_loop() -> None:
    watch = Watch(30.0)
    watch.run(lambda s: box(WORKS, at=watch.at, up=-(s // 600 * 600)), 35 * MINUTE)
    assert watch.kinds.count(Kind.LOOP) == 1
    stopped = replace(GONE, status="EXITED", status_change=said(watch.at, "Exited by user"))
    watch.poll(stopped)
    change = said(watch.at, "Resumed by user")
    begun = watch.at - NOW
    watch.run(lambda s: replace(box(WORKS, at=watch.at, up=-begun), status_change=change), 10 * MINUTE)
    assert "crash-loop" not in watch.alerts
    assert watch.kinds.count(Kind.LOOP) == 1


def up(uptime: int) -> Pod:
    return replace(pod("a"), runtime=runtime((50.0,), uptime))


def test_a_container_that_does_not_run_yet_is_not_restarted() -> None:
    """RunPod gives it another negative uptime in each response."""
    fleet = Fleet(30.0, 30.0)
    for poll, uptime in enumerate((-11, -7, -15, -14, -3, 20, 80)):
        fleet.apply(snapshot(up(uptime), funds=RICH), NOW + 60 * poll)
    assert [event.kind for event in fleet.events] == []
    assert fleet.records["a"].window.restarts == ()
    for poll, uptime in enumerate((-11, -7, -15, -14, 20, 80)):
        fleet.apply(snapshot(up(uptime), funds=RICH), NOW + 420 + 60 * poll)
    assert [event.kind for event in fleet.events] == [Kind.RESTART]
    assert len(fleet.records["a"].window.restarts) == 1


def test_a_container_that_never_gets_up_boots_slowly_and_is_in_no_loop() -> None:
    watch = Watch(60.0)
    change = said(NOW - 2 * MINUTE, "Rented by User")

    def scene(seconds: float) -> Pod:
        uptime = -3 - int(seconds // 60 * 7 % 15)
        return replace(box(at=watch.at, count=8), runtime=runtime((), uptime), telemetry=None, status_change=change)

    watch.run(scene, 30 * MINUTE)
    assert watch.kinds == [Kind.BOOT]


def test_another_container_after_a_pause_was_restarted_and_the_same_one_was_not() -> None:
    fleet = Fleet(30.0, 30.0)
    fleet.apply(snapshot(up(3600), funds=RICH), NOW)
    fleet.apply(snapshot(GONE, funds=RICH), NOW + 30)
    fleet.apply(snapshot(up(3660), funds=RICH), NOW + 60)
    fleet.apply(snapshot(GONE, funds=RICH), NOW + 90)
    fleet.apply(snapshot(up(15), funds=RICH), NOW + 180)
    assert [event.kind for event in fleet.events] == [Kind.DOWN, Kind.UP, Kind.DOWN, Kind.RESTART]
    later = Fleet(30.0, 30.0)
    later.apply(snapshot(up(45), funds=RICH), NOW + 210)
    recall_events(later.records, fleet.events)
    assert later.records["a"].window.restarts == (NOW + 180,)
    recall_events(later.records, (*fleet.events, Event(NOW + 200, "a", Kind.STOPPED, "by user")))
    assert later.records["a"].window.restarts == ()
