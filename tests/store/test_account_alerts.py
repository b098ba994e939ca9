"""Alerts about money, prices, leases and podtop's own watching: when they begin, what they say, when they ring."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.make import funds, market, offer, pod, snapshot
from tui.api.errors import Blocked, Unauthorized, Unreachable
from tui.api.models import Funds, Pod, Quote
from tui.api.pod_detail import NetworkVolume
from tui.api.status_change import StatusChange
from tui.domain import lease
from tui.domain.attention import Attention, Grade
from tui.domain.events import Event, Kind
from tui.domain.operations import Operation
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0  # Mon 23 Nov 2026, 12:00 UTC
STEP = 60.0
HOUR = 3600.0
DAY = 86_400.0
A, B = pod("a", name="alder"), pod("b", name="birch", cost=23.92, utils=(50.0,) * 8)
RICH = funds(100_000.0, 10.0)


class Account:
    """What an account's alerts need to know of `Account`; the rest of it is of no matter here."""

    def __init__(
        self, volumes: tuple[NetworkVolume, ...] = (), amount: float | None = None, below: float | None = None
    ):
        self.network_volumes = volumes
        self.reload_amount, self.reload_below = amount, below


class Life:
    """An account that is polled each minute."""

    def __init__(self) -> None:
        self.fleet, self.tracker = Fleet(STEP, STEP), AlertTracker()
        self.fleet.tz = UTC
        self.at = NOW
        self.saved: bytes | None = None
        self.log: list[Event] = []

    def poll(self, *pods: Pod, money: Funds | None = RICH, times: int = 1, after: float = STEP) -> list[Event]:
        told: list[Event] = []
        for _ in range(times):
            self.at += after
            self.fleet.apply(snapshot(*pods, funds=money), self.at)
            judged = self.tracker.judge(self.fleet, self.at)
            told += judged
            self.log += judged
            self.saved = self.tracker.changes(self.at) or self.saved
        return told

    def fail(self, error: Exception, times: int = 1) -> list[Event]:
        told: list[Event] = []
        for _ in range(times):
            self.at += STEP
            self.fleet.fail(error, self.at)  # type: ignore[arg-type]
            told += self.tracker.judge_failure(self.fleet, self.at)
        return told

    def restart(self) -> None:
        account = self.fleet.topics.copy()
        last = self.at
        self.fleet, self.tracker = Fleet(STEP, STEP), AlertTracker()
        self.fleet.tz, self.fleet.topics = UTC, account
        self.tracker.recall(self.log, saved=self.saved, last=last)

    def account(self, account: Account) -> None:
        self.fleet.apply_topic("account", account, self.at)

    def shown(self, kind: str) -> Attention | None:
        return next((one for one in self.fleet.attention if one.kind == kind), None)


def lasting(hours: float) -> Funds:
    return funds(hours * 10.0, 10.0)


def test_the_runway_is_reported_in_six_steps_and_rings_from_the_second() -> None:
    life = Life()
    told: list[tuple[str, bool]] = []
    left = 25.0
    while left > 0.1:
        for event in life.poll(A, money=lasting(left)):
            shown = life.shown("runway")
            assert shown is not None
            assert event.kind is Kind.RUNWAY
            told.append((event.text.split(" at ")[0], shown.rings))
        left -= 1 / 60
    assert told == [
        ("runway 23h 59m", False), ("runway 11h 59m", True), ("runway 5h 59m", True), ("runway 2h 59m", True),
        ("runway 59m 00s", True), ("runway 14m 00s", True),
    ]  # fmt: skip
    shown = life.shown("runway")
    assert shown is not None
    assert shown.grade is Grade.BAD


def test_the_runway_says_when_it_ends_and_what_happens_then() -> None:
    life = Life()
    pods = (
        replace(A, network_volume_id="v1"),
        B,
        pod("c", name="cedar"),
        pod("d", name="dogwood"),
        pod("e", name="elm"),
    )
    (event,) = life.poll(*pods, money=funds(60.0, 10.0))
    assert event.text == (
        "runway 6h 00m at $10.00/h, runs out Mon 18:01; at $0: 4 pods lose data (birch, cedar, dogwood and 1 more), "
        "1 stop, network volumes may be terminated"
    )
    shown = life.shown("runway")
    assert shown is not None
    assert shown.text.startswith("6h 00m left at $10.00/h, runs out Mon 18:01; at $0: ")


def test_the_runway_re_arms_ten_percent_above_its_step() -> None:
    life = Life()
    life.poll(A, money=lasting(5.9))
    for left in (6.1, 5.9, 6.5, 5.8):
        assert life.poll(A, money=lasting(left), times=10) == []
    assert life.poll(A, money=lasting(6.7), times=10) == []
    assert len(life.poll(A, money=lasting(5.9), times=3)) == 1
    # Between 24 hours and 10 % more it neither begins nor ends.
    assert life.poll(A, money=lasting(25.0), times=10) == []
    (over,) = life.poll(A, money=lasting(27.0), times=7)
    assert over.kind is Kind.RUNWAY_OVER


@pytest.mark.parametrize("gap", [STEP, 9 * HOUR])
def test_no_step_of_the_runway_is_told_twice_after_a_restart(gap: float) -> None:
    life = Life()
    life.poll(A, money=lasting(5.5), times=3)
    life.restart()
    assert life.poll(A, money=lasting(5.4), after=gap) == []
    assert len(life.poll(A, money=lasting(2.9))) == 1


def test_auto_pay_that_works_silences_the_runway_and_one_that_does_not_does_not() -> None:
    life = Life()
    life.account(Account(amount=100.0, below=20.0))
    assert life.poll(A, money=funds(30.0, 10.0), times=3) == []
    shown = life.shown("auto-pay")
    assert shown is not None
    assert shown.text == "3h 00m left at $10.00/h; reloads $100 at $20"
    (event,) = life.poll(A, money=funds(5.0, 10.0))
    assert event.kind is Kind.RUNWAY


def test_a_spend_jump_names_the_new_pod_once() -> None:
    life = Life()
    life.poll(A, money=funds(100_000.0, 23.0), times=20)
    assert life.poll(A, B, money=funds(100_000.0, 46.92)) == []
    (event,) = life.poll(A, B, money=funds(100_000.0, 46.92), times=30)
    assert event.text == "spend rose by $23.92/h to $46.92/h: new pod birch, 8x H100 SXM"
    assert life.shown("spend-jump") is None


def test_a_spend_that_is_high_for_one_poll_a_small_one_and_a_gap_are_no_jump() -> None:
    life = Life()
    life.poll(A, money=funds(100_000.0, 100.0), times=20)
    assert life.poll(A, money=funds(100_000.0, 200.0)) == []
    assert life.poll(A, money=funds(100_000.0, 100.0), times=5) == []
    assert life.poll(A, money=funds(100_000.0, 109.0), times=5) == []
    assert life.poll(A, money=funds(100_000.0, 300.0), after=8 * HOUR) == []
    assert life.poll(A, money=funds(100_000.0, 300.0), times=5) == []


@pytest.mark.parametrize("done", [True, False])
def test_what_podtop_started_itself_is_no_jump(done: bool) -> None:
    life = Life()
    life.poll(A, money=funds(100_000.0, 10.0), times=20)
    if done:
        life.fleet.events.append(Event(life.at, "b", Kind.DONE, "deploy birch: created"))
    else:
        life.fleet.begin(Operation("1", "deploy", "", "birch", "deploying", life.at))
    assert life.poll(A, B, money=funds(100_000.0, 33.92), times=5) == []
    # Another one at the same time is.
    life.poll(A, B, pod("c", name="cedar"), money=funds(100_000.0, 63.92))
    (event,) = life.poll(A, B, pod("c", name="cedar"), money=funds(100_000.0, 63.92))
    assert event.kind is Kind.SPEND_JUMP


def test_a_spend_near_the_limit() -> None:
    life = Life()
    assert life.poll(A, money=replace(RICH, spend_per_hr=71.0)) == []
    (event,) = life.poll(A, money=replace(RICH, spend_per_hr=72.0))
    assert event.text == "spending $72.00 of at most $80.00/h: deploys may be refused"


def test_no_response_for_five_minutes_is_an_alert_though_none_comes() -> None:
    life = Life()
    life.poll(A, times=3)
    assert life.fail(Unreachable("no route"), times=4) == []
    (event,) = life.fail(Unreachable("no route"), times=30)
    assert (event.kind, event.at) == (Kind.UNWATCHED, NOW + 3 * STEP + 300.0)
    assert event.text == "the state of your pods is unknown since Mon 12:03 ($10.00/h when last seen): no route"
    shown = life.shown("unwatched")
    assert shown is not None
    assert (shown.since, shown.ring_after) == (NOW + 3 * STEP, 900.0)
    assert life.poll(A) == []
    assert life.shown("unwatched") is None
    (over,) = life.poll(A, times=6)
    assert over.text == "pods visible again after 35m 00s"


def test_a_failed_poll_keeps_the_other_alerts_and_ends_none() -> None:
    life = Life()
    life.poll(A, money=lasting(5.0), times=3)
    assert life.fail(Unreachable("no route"), times=3) == []
    assert life.shown("runway") is not None
    assert life.poll(A, money=lasting(4.9), times=3) == []


def test_a_refused_key_is_told_once_and_not_also_as_an_outage() -> None:
    life = Life()
    life.poll(A, times=3)
    assert life.fail(Unauthorized("no such key")) == []
    (event,) = life.fail(Unauthorized("no such key"), times=30)
    assert event.kind is Kind.KEY_REFUSED
    assert life.shown("unwatched") is None
    assert [event.kind for event in life.poll(A, times=8)] == [Kind.KEY_REFUSED_OVER]


def test_a_firewall_in_the_way_is_an_outage_and_not_a_refused_key() -> None:
    life = Life()
    life.poll(A, times=3)
    told = life.fail(Blocked("a firewall refused the request"), times=80)
    assert [event.kind for event in told] == [Kind.UNWATCHED]
    assert life.shown("key-refused") is None


def changed(what: str, at: float) -> StatusChange:
    when = datetime.fromtimestamp(at, UTC)
    return StatusChange(f"{what}: {when:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)")


def old(days: float, volume: float = 1000.0) -> Pod:
    change = changed("Exited by user", NOW - days * DAY)
    return replace(pod("z", name="zelkova", status="EXITED", utils=None), status_change=change, volume_gb=volume)


def test_a_zombie_is_told_weekly_across_restarts() -> None:
    life = Life()
    assert life.poll(old(6.9), times=2) == []
    told = life.poll(old(40), times=2)
    assert [event.kind for event in told] == [Kind.ZOMBIE]
    assert told[0].text == "stopped for 40d 00h, its volume is billed: $263.03 so far, 0.27 $/h"
    for _ in range(6):
        life.restart()
        assert life.poll(old(40), after=DAY) == []
    life.restart()
    assert [event.kind for event in life.poll(old(40), after=DAY + 60)] == [Kind.ZOMBIE]
    assert Life().poll(old(40, volume=0.0), times=2) == []


def test_a_forgotten_pod_is_told_after_half_a_day_of_watching() -> None:
    change = changed("Rented by user", NOW - 47 * DAY)
    lazy = replace(pod("f", utils=(6.0,), cost=0.4), status_change=change)
    life = Life()
    told = life.poll(lazy, times=721)
    forgotten = [event for event in told if event.kind is Kind.FORGOTTEN]
    assert [event.at for event in forgotten] == [NOW + STEP + DAY / 2]
    assert forgotten[0].text == "up for 47d 12h, GPUs at 6 % in a day: $456.01 so far"
    busy = Life()
    assert Kind.FORGOTTEN not in {e.kind for e in busy.poll(replace(lazy, runtime=A.runtime), times=721)}


def test_a_cheaper_price_is_told_after_half_an_hour_once_a_day() -> None:
    life = Life()
    cheap = market(offer("H100 SXM", Quote(2.29, None, "High")))
    life.fleet.apply_market(cheap, life.at)
    assert life.poll(A, times=30) == []
    (event,) = life.poll(A)
    assert event.text == "the same GPU is $2.29/h now, $16.80/day less"
    assert life.poll(A, times=60) == []
    for other in (Quote(2.29, None, "Low"), Quote(2.45, None, "High"), Quote(None, None, None)):
        fresh = Life()
        fresh.fleet.apply_market(market(offer("H100 SXM", other)), fresh.at)
        assert fresh.poll(A, times=60) == []


def test_an_orphan_volume_is_told_and_a_mounted_one_is_not() -> None:
    life = Life()
    life.account(Account((NetworkVolume("v1", "old-datasets", 2000, "US-1"), NetworkVolume("v2", "used", 10, "US-1"))))
    (event,) = life.poll(replace(A, network_volume_id="v2"), times=5)
    assert event.text == "2,000 GB in a network volume that no pod mounts (old-datasets): $120.00/month"


def test_a_lease_is_an_event_ten_minutes_before_it_acts() -> None:
    life = Life()
    due = lease.begun("a", "alder", "stop", NOW + HOUR, NOW)
    life.fleet.leases = {"a": due}
    assert life.poll(A, times=49) == []
    life.fleet.leases = {"a": replace(due, warned_at=life.at + 60)}
    (event,) = life.poll(A)
    assert event.text == "auto-stop timer stops it in 10m 00s ($2.99/h); this run $2.99 so far; t extends it"
    assert life.poll(A, times=5) == []
    life.fleet.leases = {"a": replace(due, ends=NOW + 3 * HOUR, warned_at=None)}
    (over,) = life.poll(A)
    assert over.text.startswith("timer extended")
