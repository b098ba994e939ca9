"""What nobody saw neither begins, nor ends, nor counts: outages, sleeps, halts, restarts."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod, runtime, snapshot
from tui.api.errors import Throttled, Unreachable
from tui.api.models import Pod
from tui.commands.envelope import Desk
from tui.domain import pod_health
from tui.domain.events import Event, Kind
from tui.store import alert_kinds
from tui.store.alert import AlertKind
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.series import SampleColumn, Samples
from tui.store.slices import whole
from tui.store.watched_time import INTERVALS, idle_in

NOW = 1_795_435_200.0
IDLE, BUSY, UNREAD = pod("a", utils=(0.0,)), pod("a", utils=(80.0,)), pod("a", utils=(None,))
BOOTING = pod("a", utils=None)
RICH = funds(10_000.0, 1.0)
MINUTE = 60.0


class Life:
    """A fleet polled every five seconds, and what is told of it."""

    def __init__(self) -> None:
        self.fleet, self.chronicle = Fleet(5, 30), AlertTracker()
        self.at = NOW
        self.told: list[Event] = []

    def poll(self, told: Pod, minutes: float = 0.0) -> None:
        """Answers for so long; one at the least."""
        for _ in range(max(1, round(minutes * 12))):
            self.fleet.asked_for_pods(self.at)
            self.told += self.chronicle.answered(self.at, self.fleet.watched.away)
            self.fleet.apply(snapshot(self.now(told), funds=RICH), self.at)
            self.told += self.chronicle.judge(self.fleet, self.at)
            self.at += 5

    def now(self, told: Pod) -> Pod:
        """The pod with its container's uptime at this time."""
        live = told.runtime
        return told if live is None else replace(told, runtime=replace(live, uptime=3600 + int(self.at - NOW)))

    def outage(self, minutes: float) -> None:
        for _ in range(round(minutes * 2)):
            self.fleet.fail(Unreachable("no route"), self.at, self.at + 30)
            self.told += self.chronicle.failed(self.at, False, "no route")
            self.at += 30

    def sleep(self, minutes: float) -> None:
        self.at += minutes * MINUTE

    @property
    def idle(self) -> float | None:
        return self.fleet.records["a"].idle_for(self.at)

    @property
    def matters(self) -> set[AlertKind]:
        return {alert.kind for alert in alerts(self.fleet, self.at)}

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.told]


GAPS = [("outage", 11.5), ("outage", 1.0), ("sleep", 480.0), ("sleep", 0.5)]


@pytest.mark.parametrize(("gap", "minutes"), GAPS)
def test_a_gap_begins_nothing(gap: str, minutes: float) -> None:
    life = Life()
    life.poll(BUSY, 5)
    getattr(life, gap)(minutes)
    life.poll(IDLE)
    assert life.idle == 0
    assert Kind.IDLE not in life.kinds
    assert life.fleet.idle_burn(life.at) == 0


@pytest.mark.parametrize(("gap", "minutes"), GAPS)
def test_a_gap_ends_nothing_and_counts_for_nothing(gap: str, minutes: float) -> None:
    life = Life()
    life.poll(BUSY)
    life.poll(IDLE, 12)
    assert life.kinds == [Kind.IDLE]
    before = life.idle
    getattr(life, gap)(minutes)
    life.poll(IDLE)
    assert life.idle == before
    assert alert_kinds.IDLE in life.matters
    assert Kind.IDLE_OVER not in life.kinds
    life.poll(IDLE, 2)
    life.poll(BUSY, 6)
    (over,) = [event for event in life.told if event.kind is Kind.IDLE_OVER]
    assert over.text.startswith("GPU active again after 14m")


def test_idleness_that_has_not_lasted_begins_again_after_a_gap() -> None:
    life = Life()
    life.poll(IDLE, 6)
    life.sleep(480)
    life.poll(IDLE, 6)
    assert life.idle == 6 * MINUTE - 5
    assert Kind.IDLE not in life.kinds


def test_what_an_answer_does_not_tell_is_a_gap() -> None:
    life = Life()
    life.poll(IDLE, 5)
    life.poll(UNREAD, 20)
    life.poll(IDLE)
    assert life.idle == 0
    assert Kind.IDLE not in life.kinds


@pytest.mark.parametrize(("gap", "minutes"), GAPS[:3:2])
def test_a_boot_is_not_slow_by_what_nobody_saw(gap: str, minutes: float) -> None:
    life = Life()
    life.poll(BOOTING, 15)
    getattr(life, gap)(minutes)
    life.poll(BOOTING)
    assert Kind.BOOT not in life.kinds
    life.poll(BOOTING, 6)
    assert Kind.BOOT in life.kinds
    assert "after 20m" in life.told[-1].text


def test_a_crash_loop_goes_on_through_a_sleep() -> None:
    life = Life()
    life.poll(BUSY)
    life.fleet.events.extend(Event(life.at - 5, "a", Kind.RESTART, "") for _ in range(pod_health.LOOP_RESTARTS))
    life.poll(BUSY)
    life.sleep(480)
    life.poll(BUSY, 30)
    assert life.kinds == [Kind.LOOP]
    life.poll(BUSY, 31 + 6)
    assert life.kinds == [Kind.LOOP, Kind.LOOP_OVER]
    assert life.told[-1].text == "no more restarts after 1h 00m"


def test_a_sleep_is_no_part_of_an_outage() -> None:
    life = Life()
    life.poll(BUSY)
    life.outage(2)
    life.sleep(480)
    life.poll(BUSY)
    (over,) = [event for event in life.told if event.kind is Kind.OUTAGE_OVER]
    assert over.text in ("connection restored after 2m 00s", "connection restored after 1m 60s")


def test_a_wait_that_runpod_asked_for_is_a_part_of_what_it_is() -> None:
    life = Life()
    life.fleet.fail(Throttled("slower", 1800.0), life.at, life.at + 1800)
    life.told += life.chronicle.failed(life.at, True, "slower")
    life.at += 1800
    life.poll(BUSY)
    assert life.told[-1].text == "requests accepted again after 30m 00s"


def test_a_request_that_takes_long_is_watching() -> None:
    fleet = Fleet(2, 30)
    for step in range(10):
        fleet.apply(snapshot(IDLE), NOW + step * 10, took=9.0)
    assert fleet.records["a"].idle_for(NOW + 90) == 90


@given(st.lists(st.tuples(st.sampled_from([IDLE, BUSY, UNREAD]), st.floats(0.5, 100.0)), max_size=60))
@settings(deadline=None)
def test_idle_is_never_more_than_was_watched(steps: list[tuple[Pod, float]]) -> None:
    fleet, at, watched, known, lately = Fleet(5, 30), NOW, 0.0, None, [0]
    for told, wait in steps:
        at += wait
        fleet.apply(snapshot(told), at)
        if told is UNREAD:
            continue
        watched += at - known if known is not None and at - known <= INTERVALS * 5 else 0.0
        known, lately = at, [*lately, int(told is BUSY)][-12:]
        idle = fleet.records["a"].idle_for(at)
        assert idle is not None
        assert idle <= watched + 1e-6
        if sum(lately) >= 3 and told is BUSY:
            assert idle == 0 or sum(lately) * 5 < idle, "a little work in much time"


def test_what_a_script_is_told_counts_watched_time_too() -> None:
    desk = Desk("alerts", "test", "", 5.0)
    for at in (*range(0, 400, 5), *range(1100, 1200, 5)):
        answer = snapshot(IDLE, funds=RICH)
        desk.take(answer, NOW + at, 0.2)
        document = desk.document(answer, NOW + at)
    assert [item.alert for item in document.items] == ["quiet"], "395 and 95 seconds are no ten minutes"


def stretch(*samples: tuple[float, int]) -> Samples:
    values = bytes(value for _, value in samples)
    return Samples(array("d", (NOW + at for at, _ in samples)), {"gpu0": SampleColumn(values, values, values)})


def test_what_was_recorded_counts_as_what_is_seen() -> None:
    quiet = [(5.0 * n, 0) for n in range(100)]
    assert idle_in(stretch(*quiet), 5) == (495, False)
    assert idle_in(stretch((-5.0, 180), *quiet), 5) == (500, True)
    assert idle_in(stretch(*quiet, (3600.0, 0)), 5) == (495, False)
    assert idle_in(stretch(*quiet, (500.0, 0xFF), (505.0, 0)), 5) == (495, False)
    assert idle_in(stretch(*quiet, (500.0, 180)), 5) == (0, True)
    minutes = [(60.0 * n, 0) for n in range(20)]
    assert idle_in(stretch(*minutes), 5) == (1140, False), "recorded by a podtop that asked each minute"
    assert idle_in(stretch(), 5) == (0, False)


def test_idle_from_before_this_run_ends_where_its_container_was_started() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(replace(IDLE, runtime=runtime((0.0,), uptime=100))), NOW)
    fleet.prefill({"a": stretch(*((5.0 * n - 595, 0) for n in range(119)))})
    assert fleet.records["a"].idle_for(NOW) == 100
    for n in range(1, 4):
        fleet.apply(snapshot(BUSY), NOW + 5 * n)
    whole(fleet.were_idle({"a": 400.0}))
    assert fleet.records["a"].idle_for(NOW + 15) == 0
