"""What needs an eye: each case is found, at its grade, on what it rests; and nothing is said of what is in order."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod, runtime, snapshot
from tui.api.models import Pod, Snapshot, Unreadable
from tui.api.status_change import StatusChange
from tui.domain import pod_health
from tui.domain.attention import Grade
from tui.store.alert import Alert, AlertKind, Basis
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.kinds.container import BOOT, LOOP, NO_GPU, OUTBID, RESTART
from tui.store.kinds.gpus import IDLE, QUIET
from tui.store.kinds.machine import MAINTENANCE, UNREADABLE
from tui.store.kinds.money import NO_BALANCE, RUNWAY
from tui.store.series import SampleColumn, Samples

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
LONG_AGO = "Rented by User: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"
JUST_NOW = "Rented by User: Mon Nov 23 2026 11:50:00 GMT+0000 (Coordinated Universal Time)"
RICH = funds(10_000.0, 10.0)


def found(*pods: Pod, money: object = RICH) -> tuple[Alert, ...]:
    fleet = Fleet(5, 30)
    fleet.apply(Snapshot(money, pods), NOW)  # type: ignore[arg-type]
    return alerts(fleet, NOW)


def kinds(*pods: Pod) -> list[AlertKind]:
    return [alert.kind for alert in found(*pods)]


def test_of_a_healthy_account_nothing_is_said() -> None:
    stopped = pod("s", status="EXITED", utils=None, change="Exited by user: " + LONG_AGO.partition(": ")[2])
    assert found(pod("a", change=LONG_AGO), stopped, pod("n", status="A NEWER WORD")) == ()


def test_nothing_is_said_before_the_first_answer() -> None:
    assert alerts(Fleet(5, 30), NOW) == ()


@pytest.mark.parametrize(
    ("balance", "spend", "grade"),
    [(100.0, 0.0, None), (241.0, 10.0, None), (239.0, 10.0, Grade.WARN), (59.0, 10.0, Grade.BAD), (-1, 5, Grade.BAD)],
)
def test_a_runway_below_a_night_and_below_a_morning(balance: float, spend: float, grade: Grade | None) -> None:
    assert [a.grade for a in found(money=funds(balance, spend))] == ([grade] if grade else [])


@pytest.mark.parametrize("money", [None, funds(None, 1.0), funds(1.0, None)])
def test_a_balance_that_is_not_told_is_no_good_news(money: object) -> None:
    assert [a.kind for a in found(money=money)] == [NO_BALANCE]


def test_an_outbid_pod() -> None:
    (alert,) = found(pod("a", status="EXITED", utils=None, change="Outbid: " + LONG_AGO.partition(": ")[2]))
    assert (alert.kind, alert.grade, alert.lasts) == (OUTBID, Grade.BAD, 10 * 3600)


def test_a_boot_that_does_not_end() -> None:
    (alert,) = found(pod("a", utils=None, change=LONG_AGO))
    assert (alert.kind, alert.basis, alert.lasts) == (BOOT, Basis.ANSWER, 10 * 3600)
    assert kinds(pod("a", utils=None, change=JUST_NOW)) == []
    assert kinds(replace(pod("a", change=LONG_AGO), runtime=runtime((50.0,), uptime=0))) == [BOOT]
    assert kinds(replace(pod("a", change=LONG_AGO), runtime=runtime((50.0,), uptime=None))) == []


def test_a_boot_without_a_date_is_judged_by_what_was_seen() -> None:
    fleet = Fleet(60, 60)
    for step in range(-int(pod_health.BOOT_PATIENCE // 60) - 1, 1):
        fleet.apply(snapshot(pod("a", utils=None), funds=RICH), NOW + 60 * step)
    (alert,) = alerts(fleet, NOW)
    assert (alert.kind, alert.basis) == (BOOT, Basis.HISTORY)


def test_a_young_container_of_an_old_pod() -> None:
    young = replace(pod("a", change=LONG_AGO), runtime=runtime((50.0,), uptime=40))
    (alert,) = found(young)
    assert (alert.kind, alert.grade, alert.basis) == (RESTART, Grade.NOTICE, Basis.ANSWER)
    assert kinds(replace(young, status_change=StatusChange(JUST_NOW))) == []


def test_a_crash_loop_is_restarts_that_were_seen() -> None:
    fleet = Fleet(5, 30)
    for step in range(9):
        up = 900 if step % 2 == 0 else 10
        crashing = replace(pod("a", change=LONG_AGO), runtime=runtime((50.0,), uptime=up))
        fleet.apply(snapshot(crashing, funds=RICH), NOW - 900 + 100 * step)
    (alert,) = alerts(fleet, NOW)
    assert (alert.kind, alert.grade, alert.count) == (LOOP, Grade.BAD, 4)
    assert LOOP not in [a.kind for a in alerts(fleet, NOW + pod_health.LOOP_SPAN)]


def test_gpus_that_do_nothing_in_one_answer_are_quiet_and_not_idle() -> None:
    (alert,) = found(pod("a", utils=(0.0, 3.0)))
    assert (alert.kind, alert.grade, alert.lasts) == (QUIET, Grade.NOTICE, None)
    assert kinds(pod("a", utils=(0.0, None))) == [], "a GPU that is not told of may work"
    assert kinds(replace(pod("a"), runtime=runtime((0.0,), uptime=30))) == [], "it has not been up for long enough"


def test_gpus_that_did_nothing_for_long_are_idle() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(0.0,)), funds=RICH), NOW)
    times = array("d", [NOW - 1800, NOW - 1200, NOW - 600])
    quiet = SampleColumn(b"\x00\x00\x00", b"\x00\x00\x00", b"\x00\x00\x00")
    fleet.prefill({"a": Samples(times, {"gpu0": quiet, "util": quiet})})
    (alert,) = alerts(fleet, NOW)
    # Between the last of them and the first answer podtop was not there.
    assert (alert.kind, alert.lasts, alert.basis) == (IDLE, 1200, Basis.HISTORY)


def test_a_pod_that_worked_a_moment_ago_is_neither_idle_nor_quiet() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(90.0,)), funds=RICH), NOW - 60)
    fleet.apply(snapshot(pod("a", utils=(0.0,)), funds=RICH), NOW)
    assert alerts(fleet, NOW) == ()


def test_idleness_is_not_counted_from_before_the_container_was_up() -> None:
    fleet = Fleet(5, 30)
    for at, uptime in ((NOW - 3600, 10_000), (NOW, 60)):
        idle = replace(pod("a", change=LONG_AGO), runtime=runtime((0.0,), uptime=uptime))
        fleet.apply(snapshot(idle, funds=RICH), at)
    assert [a.kind for a in alerts(fleet, NOW)] == [RESTART]


def test_a_restarted_container_is_idle_nowhere_until_it_is_up_for_long_enough() -> None:
    fleet = Fleet(60, 60)
    for minute in range(-15, 0):
        fleet.apply(snapshot(pod("a", utils=(0.0,)), funds=RICH), NOW + 60 * minute)
    assert fleet.idle_burn(NOW - 60) == pod("a").cost_per_hr
    fleet.apply(snapshot(replace(pod("a"), runtime=runtime((0.0,), uptime=30)), funds=RICH), NOW)
    assert fleet.idle_burn(NOW) == 0
    assert IDLE not in [alert.kind for alert in alerts(fleet, NOW)]


def test_a_pod_that_lost_its_gpus_is_told_from_one_that_never_had_any() -> None:
    lost = replace(pod("a", change=JUST_NOW), gpu_count=0)
    assert kinds(lost) == [NO_GPU]
    assert lost.machine is not None
    assert kinds(replace(lost, machine=replace(lost.machine, gpu_name=None))) == []
    assert kinds(replace(lost, machine=None)) == []


@pytest.mark.parametrize(
    ("start", "end", "grade"),
    [
        (NOW + 3600, NOW + 7200, Grade.WARN),
        (NOW + 3 * 86_400, None, Grade.NOTICE),
        (NOW - 60, NOW + 60, Grade.WARN),
        (None, NOW + 60, Grade.WARN),
        (NOW - 7200, NOW - 3600, None),
        (None, None, None),
    ],
)
def test_maintenance_that_is_ahead_or_under_way(start: float | None, end: float | None, grade: Grade | None) -> None:
    plain = pod("a")
    assert plain.machine is not None
    machine = replace(plain.machine, maintenance_start=start, maintenance_end=end, maintenance_note="fan")
    alerts = found(replace(plain, machine=machine))
    assert [(a.kind, a.grade, a.note) for a in alerts] == ([(MAINTENANCE, grade, "fan")] if grade else [])


def test_a_pod_that_cannot_be_read_is_told() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(Snapshot(RICH, (), (Unreadable("x", "odd", "expected a number"),)), NOW)
    (alert,) = alerts(fleet, NOW)
    assert (alert.kind, alert.name, alert.note) == (UNREADABLE, "odd", "expected a number")


def test_the_worst_comes_first() -> None:
    outbid = pod("o", status="EXITED", utils=None, change="Outbid: now")
    alerts = found(pod("b", utils=(0.0,)), pod("c", utils=None, change=LONG_AGO), outbid, money=funds(1.0, 10.0))
    assert [a.kind for a in alerts] == [RUNWAY, OUTBID, BOOT, QUIET]


numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32))


@given(
    st.sampled_from(["RUNNING", "EXITED", "DEAD", "ODD"]), st.one_of(st.none(), st.lists(numbers, max_size=3)),
    st.one_of(st.none(), st.integers(-20, 10**9)), st.one_of(st.none(), st.text(max_size=20)), numbers, numbers,
)  # fmt: skip
def test_no_pod_is_too_odd_to_judge(
    status: str, utils: list[float | None] | None, uptime: int | None, change: str | None, begin: object, end: object
) -> None:
    odd = pod("a", status=status, utils=(1.0,), change=change)
    assert odd.machine is not None
    machine = replace(odd.machine, maintenance_start=begin, maintenance_end=end)
    live = None if utils is None else runtime(tuple(utils), uptime)
    for alert in found(replace(odd, runtime=live, machine=machine)):
        assert alert.pod == "a"
        assert alert.lasts is None or alert.lasts >= 0
