"""What lasts is told once when it begins and once when it ends, across restarts; what is not known goes on."""

from __future__ import annotations

from msgspec.structs import replace

from tests.make import funds, pod, runtime, snapshot
from tui.api.models import Pod
from tui.domain import pod_health
from tui.domain.events import ENDS, Event, Kind
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.kinds.money import RUNWAY

NOW = 1_795_435_200.0
STEP = 60.0
REARM = int(RUNWAY.rearm / STEP)
"""Polls for which the opposite must have been seen, after the first that showed it."""


class Life:
    """A fleet that is polled each minute, and what is told of it."""

    def __init__(self) -> None:
        self.fleet = Fleet(STEP, STEP)
        self.chronicle = AlertTracker()
        self.at = NOW

    def poll(self, *pods: Pod, times: int = 1, **more: object) -> list[Event]:
        told: list[Event] = []
        for _ in range(times):
            self.fleet.apply(replace(snapshot(*pods, funds=funds(1000.0, 1.0)), **more), self.at)
            told += self.chronicle.judge(self.fleet, self.at)
            self.at += STEP
        return told

    def restart(self, *told: Event) -> None:
        """Another run of podtop, which finds what was recorded."""
        self.fleet, self.chronicle = Fleet(STEP, STEP), AlertTracker()
        self.chronicle.recall(told)


def kinds(events: list[Event]) -> list[Kind]:
    return [event.kind for event in events]


IDLE, BUSY = pod("a", utils=(0.0,)), pod("a", utils=(80.0,))


def test_an_idle_spell_is_told_once_and_so_is_its_end() -> None:
    life = Life()
    told = life.poll(IDLE, times=60)
    assert kinds(told) == [Kind.IDLE]
    assert told[0].at == NOW + pod_health.IDLE_AFTER
    assert "for 10m " in told[0].text
    assert "$2.99/h" in told[0].text
    (over,) = life.poll(BUSY, times=REARM)
    assert over.kind is Kind.IDLE_OVER
    assert over.text.startswith("GPU active again after 1h 02m")
    assert kinds(life.poll(IDLE, times=61)) == [Kind.IDLE]


def test_a_stop_ends_it_and_a_pod_that_is_gone_too() -> None:
    life = Life()
    life.poll(IDLE, times=20)
    (over,) = life.poll(pod("a", status="EXITED", utils=None))
    assert (over.kind, over.text.split(" after")[0]) == (Kind.IDLE_OVER, "pod stopped")
    life.poll(IDLE, times=20)
    (over,) = life.poll(times=REARM + 1)
    assert over.text.startswith("pod no longer on the account")


def test_what_an_answer_does_not_tell_goes_on() -> None:
    life = Life()
    life.poll(IDLE, times=20)
    nothing_read = replace(IDLE, runtime=runtime((None,)))
    assert life.poll(nothing_read, times=5) == []
    assert life.poll(IDLE, times=5) == []


def test_a_restart_of_podtop_tells_nothing_twice() -> None:
    life = Life()
    told = life.poll(IDLE, times=20)
    life.restart(*told)
    # It has not looked for long enough to know that the pod does nothing, and does not take that for work.
    assert life.poll(IDLE, times=30) == []
    (over,) = life.poll(BUSY, times=REARM + 1)
    assert over.kind is Kind.IDLE_OVER
    assert "after at most 42m 00s" in over.text


def test_what_ended_before_a_restart_begins_anew() -> None:
    life = Life()
    told = [*life.poll(IDLE, times=20), *life.poll(BUSY, times=REARM + 1)]
    life.restart(*told)
    assert kinds(life.poll(IDLE, times=20)) == [Kind.IDLE]


def test_the_runway_is_low_once_and_an_unknown_balance_does_not_end_it() -> None:
    life = Life()
    low = funds(10.0, 1.0)
    told = life.poll(BUSY, times=3, funds=low)
    assert kinds(told) == [Kind.RUNWAY]
    assert told[0].text.startswith("runway 10h 00m at $1.00/h")
    assert kinds(life.poll(BUSY, times=2, funds=None)) == [Kind.BALANCE]
    assert kinds(life.poll(BUSY, times=REARM + 1, funds=low)) == [Kind.BALANCE_OVER]
    assert kinds(life.poll(BUSY, times=REARM + 1)) == [Kind.RUNWAY_OVER]


def test_a_boot_without_an_end() -> None:
    life = Life()
    booting = pod("a", utils=None)
    told = life.poll(booting, times=30)
    assert kinds(told) == [Kind.BOOT]
    assert life.poll(BUSY, times=REARM + 1)[0].text.startswith("container up after 30m 00s")


def test_a_crash_loop() -> None:
    life = Life()
    life.fleet.events.extend(Event(NOW + n, "a", Kind.RESTART, "") for n in range(pod_health.LOOP_RESTARTS))
    assert kinds(life.poll(BUSY, times=3)) == [Kind.LOOP]
    assert kinds(life.poll(BUSY, times=61 + REARM)) == [Kind.LOOP_OVER]


def test_maintenance_is_told_when_it_is_announced() -> None:
    life = Life()
    assert BUSY.machine is not None
    window = replace(
        BUSY.machine, maintenance_start=NOW + 7200, maintenance_end=NOW + 9000, maintenance_note="new fan"
    )  # fmt: skip
    told = life.poll(replace(BUSY, machine=window), times=3)
    assert kinds(told) == [Kind.MAINTENANCE]
    assert told[0].text == "host maintenance in 2h 00m ($2.99/h; this run $2.99 so far): new fan"
    life.at = NOW + 9060
    assert kinds(life.poll(replace(BUSY, machine=window), times=REARM + 1)) == [Kind.MAINTENANCE_OVER]


def test_an_outage_and_its_end() -> None:
    chronicle = AlertTracker()
    (begun,) = chronicle.failed(NOW, False, "api.runpod.io cannot be reached.")
    assert (begun.kind, begun.pod, begun.text) == (Kind.OUTAGE, "", "api.runpod.io cannot be reached.")
    assert chronicle.failed(NOW + 5, False, "again") == ()
    assert kinds([*chronicle.failed(NOW + 60, True, "429")]) == [Kind.THROTTLED]
    over = chronicle.answered(NOW + 200)
    assert [(e.kind, e.text) for e in over] == [
        (Kind.OUTAGE_OVER, "connection restored after 3m 20s"),
        (Kind.THROTTLED_OVER, "requests accepted again after 2m 20s"),
    ]
    assert chronicle.answered(NOW + 205) == ()


def test_a_run_that_records_nothing_does_not_end_another_runs_outage() -> None:
    outage, idle = Event(NOW, "", Kind.OUTAGE, "no route"), Event(NOW, "a", Kind.IDLE, "idle")
    for records, ended in ((True, [Kind.OUTAGE_OVER]), (False, [])):
        chronicle = AlertTracker()
        chronicle.recall([outage, idle], records)
        assert kinds([*chronicle.answered(NOW + 60)]) == ended


def test_every_kind_that_lasts_has_an_end() -> None:
    without = {kind.event for kind in KINDS if kind.event} - set(ENDS)
    assert without == {kind.event for kind in KINDS if kind.again} | {Kind.SPEND_JUMP}
    assert len({kind.value for kind in Kind}) == len(Kind)
