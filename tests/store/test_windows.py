"""Alerts about GPUs and containers on made-up samples: each begins at its hold and not before, ends once over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.store.pods_at_work import (
    EMPTY,
    HELD,
    HOUR,
    LATCHED,
    MINUTE,
    NOW,
    UNKNOWN,
    WAITS,
    WORKS,
    Gpu,
    Watch,
    box,
)  # fmt: skip
from tui.api.models import Pod
from tui.domain.alert_rules import AlertRules, Rule
from tui.domain.attention import Grade
from tui.domain.events import Kind

LAGS = Gpu(47, 80, 300, 50)
LITTLE = Gpu(20, 80, 200, 50)
HOT = Gpu(97, 80, 560, 86)
CAPPED = Gpu(97, 80, 400, 62)
EIGHT = (WORKS,) * 8


def but(gpu: Gpu, others: Gpu = WORKS) -> tuple[Gpu, ...]:
    """Eight GPUs, of which the sixth is another."""
    return (*(others,) * 5, gpu, *(others,) * 2)


class Row:
    """What begins an alert, after how many seconds, and what is its opposite."""

    def __init__(
        self, kind: Kind, hold: float, *gpus: Gpu, before: tuple[Gpu, ...] = EIGHT, over: tuple[Gpu, ...] = EIGHT,
        rearm: float = 300.0, lead: float = 0.0, **more: object,
    ) -> None:  # fmt: skip
        self.kind, self.hold, self.gpus, self.before, self.over = kind, hold, gpus, before, over
        self.rearm, self.lead, self.more = rearm, lead, more

    def __repr__(self) -> str:
        return self.kind.value


ROWS = [
    # Idle is counted from the last work: a poll earlier.
    Row(Kind.IDLE, 600.0, *(HELD,) * 8, rearm=10.0, lead=5.0),
    Row(Kind.ENDED, 300.0, *(EMPTY,) * 8, rearm=10.0, lead=5.0),
    Row(Kind.HUNG, 900.0, *(WAITS,) * 8),
    Row(Kind.HUNG, 900.0, *but(WAITS, HELD)),
    Row(Kind.LATCHED, 900.0, *but(LATCHED, EMPTY)),
    Row(Kind.STRAGGLER, 900.0, *but(LAGS)),
    Row(Kind.UNUSED, 1800.0, *but(EMPTY)),
    Row(Kind.MISSING, 300.0, *(WORKS,) * 7, count=8),
    Row(Kind.MISSING, 300.0, *but(UNKNOWN)),
    Row(Kind.HOT, 600.0, *but(HOT)),
    Row(Kind.CAPPED, 600.0, *(CAPPED,) * 8, limit=60),
    Row(Kind.MEMORY, 300.0, *EIGHT, memory=92.0),
]
STEPS = [2.0, 5.0, 7.0]

AGAIN = (3, 8)
"""Rows whose kind is another's too."""

EACH = [pytest.param(row, marks=pytest.mark.wide if index in AGAIN else ()) for index, row in enumerate(ROWS)]


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_it_begins_at_its_hold_and_not_one_sample_before(row: Row) -> None:
    watch = Watch()
    watch.play(40 * MINUTE, *row.before)
    begin = watch.at - NOW - row.lead
    watch.play(row.hold - row.lead, *row.gpus, **row.more)
    assert row.kind not in watch.kinds
    watch.play(5.0, *row.gpus, **row.more)
    assert watch.when(row.kind) == [begin + row.hold]
    watch.play(30 * MINUTE, *row.gpus, **row.more)
    assert watch.kinds.count(row.kind) == 1


@pytest.mark.parametrize("row", EACH, ids=repr)
def test_a_gap_begins_nothing_and_ends_nothing(row: Row) -> None:
    watch = Watch()
    watch.play(40 * MINUTE, *row.before)
    for _ in range(3):
        watch.play(row.hold - 20.0, *row.gpus, **row.more)
        watch.skip(20 * MINUTE)
    assert row.kind not in watch.kinds
    watch.play(row.hold + 10.0, *row.gpus, **row.more)
    assert watch.kinds.count(row.kind) == 1
    watch.skip(8 * HOUR)
    watch.play(MINUTE, *row.gpus, **row.more)
    assert watch.kinds.count(row.kind) == 1
    assert ENDED[row.kind] not in watch.kinds


@pytest.mark.parametrize("row", EACH, ids=repr)
def test_half_of_the_samples_are_enough_and_fewer_are_not(row: Row) -> None:
    for every, begins in ((2, True), (3, False)):
        watch = Watch()
        watch.play(40 * MINUTE, *row.before)

        def scene(seconds: float, every: int = every, watch: Watch = watch) -> Pod | None:
            if round(seconds / 5) % every:
                return None
            return box(*row.gpus, at=watch.at, **row.more)  # type: ignore[arg-type]

        watch.run(scene, 3 * row.hold + 10 * MINUTE)
        assert (row.kind in watch.kinds) is begins


@pytest.mark.parametrize("row", EACH, ids=repr)
def test_it_ends_only_after_its_opposite_has_held(row: Row) -> None:
    over = next(end for end in Kind if end.value == ENDED[row.kind])
    watch = Watch()
    watch.play(40 * MINUTE, *row.before)
    watch.play(row.hold + MINUTE, *row.gpus, **row.more)
    watch.play(row.rearm, *row.over)
    watch.play(MINUTE, *row.gpus, **row.more)
    assert over not in watch.kinds
    watch.play(row.rearm + 10.0, *row.over)
    assert watch.kinds.count(over) == 1
    assert watch.kinds.count(row.kind) == 1


ENDED = {
    Kind.IDLE: "idle over", Kind.ENDED: "new run", Kind.HUNG: "hung over", Kind.LATCHED: "latched over",
    Kind.STRAGGLER: "straggler over", Kind.UNUSED: "gpu used", Kind.MISSING: "gpu found", Kind.HOT: "cooled",
    Kind.MEMORY: "memory ok", Kind.CAPPED: "full power",
}  # fmt: skip


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind is not Kind.MEMORY], ids=repr)
def test_unknown_values_begin_nothing_and_end_nothing(row: Row) -> None:
    watch = Watch()
    watch.play(40 * MINUTE, *row.before)
    watch.play(row.hold - 20.0, *row.gpus, **row.more)
    watch.play(row.hold + 5 * MINUTE, *(UNKNOWN,) * 8)
    assert row.kind not in watch.kinds
    watch.play(row.hold + 10.0, *row.gpus, **row.more)
    watch.play(max(row.hold, row.rearm) + 5 * MINUTE, *(UNKNOWN,) * 8)
    assert watch.kinds.count(row.kind) == 1
    assert ENDED[row.kind] not in watch.kinds


@pytest.mark.wide
@pytest.mark.parametrize("step", [*(pytest.param(step, marks=pytest.mark.wide) for step in (2.0, 10.0)), 30.0, 60.0])
@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_every_poll_interval_finds_it(row: Row, step: float) -> None:
    watch = Watch(step)
    watch.play(40 * MINUTE, *row.before)
    begin = watch.at - NOW
    watch.play(max(row.hold, 121 * step) + 2 * MINUTE, *row.gpus, **row.more)
    (at,) = watch.when(row.kind)
    samples = {Kind.HUNG: 120, Kind.LATCHED: 30, Kind.ENDED: 8}.get(row.kind, 0)
    assert begin + row.hold - step <= at <= begin + max(row.hold, samples * step) + step


# Idle


def test_one_sample_of_work_does_not_set_the_clock_back() -> None:
    watch = Watch()
    watch.play(20 * MINUTE, *EIGHT)
    for _ in range(3):
        watch.play(5 * MINUTE, *(HELD,) * 8)
        watch.play(5.0, *(Gpu(60, 80, 200),) * 8)
    assert Kind.IDLE in watch.kinds
    watch.play(5 * MINUTE, *(HELD,) * 8)
    watch.play(10.0, *EIGHT)
    watch.play(MINUTE, *(HELD,) * 8)
    assert Kind.IDLE_OVER not in watch.kinds


def test_work_now_and_then_that_is_more_than_two_percent_is_work() -> None:
    watch = Watch()
    for _ in range(30):
        watch.play(2 * MINUTE, *(HELD,) * 8)
        watch.play(10.0, *EIGHT)
    assert Kind.IDLE not in watch.kinds


def test_a_little_work_all_the_time_is_work() -> None:
    watch = Watch().play(2 * HOUR, *(Gpu(3, 80, 130),) * 8)
    assert Kind.IDLE not in watch.kinds
    assert watch.fleet.records["a"].idle_for(watch.at) < 600  # type: ignore[operator]


@pytest.mark.parametrize("untold", [UNKNOWN, None])
def test_a_gpu_that_is_not_told_of_does_not_hide_that_the_others_do_nothing(untold: Gpu | None) -> None:
    gpus = (*(HELD,) * 7, untold) if untold else (HELD,) * 7
    watch = Watch().play(11 * MINUTE, *gpus, count=8)
    assert Kind.IDLE in watch.kinds
    watch = Watch().play(11 * MINUTE, *(HELD,) * 3, *(UNKNOWN,) * 5)
    assert Kind.IDLE not in watch.kinds, "of most of them nothing is known"


@pytest.mark.parametrize("more", [{"cpu": 60.0}, {"up": 60.0}])
def test_a_pod_that_seems_to_prepare_something_has_half_an_hour(more: dict[str, float]) -> None:
    watch = Watch().play(29 * MINUTE, *(HELD,) * 8, **more)
    assert Kind.IDLE not in watch.kinds
    watch.play(2 * MINUTE, *(HELD,) * 8, **more)
    assert Kind.IDLE in watch.kinds


def test_gpu_memory_that_moves_asks_for_patience() -> None:
    watch = Watch()
    watch.run(lambda s: box(*(Gpu(0, s / 60 * 2, 120),) * 8, at=watch.at), 29 * MINUTE)
    assert Kind.IDLE not in watch.kinds
    watch.run(lambda s: box(*(Gpu(0, s / 60 * 2, 120),) * 8, at=watch.at), 2 * MINUTE)
    assert Kind.IDLE in watch.kinds


def test_patience_that_is_asked_for_later_takes_nothing_back() -> None:
    watch = Watch().play(11 * MINUTE, *(HELD,) * 8)
    watch.play(5 * MINUTE, *(HELD,) * 8, cpu=90.0)
    assert watch.kinds == [Kind.IDLE]
    assert "idle" in watch.alerts


def test_idle_says_what_it_has_cost_and_that_memory_is_held() -> None:
    watch = Watch().play(14 * MINUTE + 5, *(HELD,) * 8)
    alert = watch.alerts["idle"]
    assert alert.wasted_per_hr == 23.92
    assert alert.so_far == pytest.approx(23.92 * 14 / 60)
    text = alert.kind.text(alert, None, watch.at)
    assert text == "all GPUs idle for at least 14m ($23.92/h); GPU memory still held (80%); $5.58 so far"
    unpriced = Watch().play(14 * MINUTE, *(HELD,) * 8, cost=None).alerts["idle"]
    assert (unpriced.wasted_per_hr, unpriced.so_far) == (None, None)
    assert "so far" not in unpriced.kind.text(unpriced, None, NOW)


@pytest.mark.wide
def test_a_pod_that_pauses_often_is_idle_each_time_and_in_the_log_only_when_it_lasts() -> None:
    watch = Watch(30.0)
    shown = []
    for _ in range(12):
        watch.play(20 * MINUTE, *EIGHT, cost=0.4).play(25 * MINUTE, *(HELD,) * 8, cost=0.4)
        shown.append(next(alert for alert in watch.fleet.attention if alert.kind == "idle"))
    assert [alert.is_news for alert in shown] == [True] + [False] * 11
    assert watch.kinds.count(Kind.IDLE) == watch.kinds.count(Kind.IDLE_OVER) == 1
    watch.play(20 * MINUTE, *EIGHT, cost=0.4).play(12 * HOUR + MINUTE, *(HELD,) * 8, cost=0.4)
    assert watch.kinds.count(Kind.IDLE) == 2
    watch.play(25 * HOUR, *EIGHT, cost=0.4).play(11 * MINUTE, *(HELD,) * 8, cost=0.4)
    assert watch.kinds.count(Kind.IDLE) == 3, "a day later it is as any other"


def test_twenty_dollars_are_in_the_log_however_often_a_pod_pauses() -> None:
    watch = Watch(30.0)
    for _ in range(6):
        watch.play(20 * MINUTE, *EIGHT).play(25 * MINUTE, *(HELD,) * 8)
    assert watch.kinds.count(Kind.IDLE) == 1
    watch.play(20 * MINUTE, *EIGHT).play(52 * MINUTE, *(HELD,) * 8)
    assert watch.kinds.count(Kind.IDLE) == 2


def test_a_hold_that_the_user_has_set_is_meant_as_it_is() -> None:
    watch = Watch(30.0)
    watch.fleet.alert_rules = AlertRules({"idle": Rule(hold=20 * MINUTE)})
    for _ in range(3):
        watch.play(20 * MINUTE, *EIGHT).play(25 * MINUTE, *(HELD,) * 8)
    assert watch.kinds.count(Kind.IDLE) == 3
    watch = Watch(30.0)
    watch.fleet.alert_rules = AlertRules({"idle": Rule(on=False)})
    assert watch.play(HOUR, *(HELD,) * 8).kinds == []


# Run ended


def test_a_run_that_was_short_or_gave_nothing_back_is_idle_and_no_more() -> None:
    short = Watch().play(25 * MINUTE, *EIGHT).play(30 * MINUTE, *(EMPTY,) * 8)
    held = Watch().play(2 * HOUR, *EIGHT).play(30 * MINUTE, *(HELD,) * 8)
    for watch in (short, held):
        assert Kind.IDLE in watch.kinds
        assert Kind.ENDED not in watch.kinds


def test_of_one_waste_there_is_one_alert() -> None:
    watch = Watch(10.0).play(HOUR, *EIGHT).play(HOUR, *(EMPTY,) * 8)
    assert watch.kinds == [Kind.ENDED]
    assert set(watch.alerts) == {"run-ended"}
    watch = Watch(10.0).play(HOUR, *EIGHT).play(3 * HOUR, *(WAITS,) * 8).play(HOUR, *EIGHT)
    assert watch.kinds == [Kind.HUNG, Kind.HUNG_OVER]
    watch = Watch(10.0).play(HOUR, *EIGHT).play(2 * HOUR, *(HELD,) * 8).play(2 * HOUR, *EIGHT)
    assert watch.kinds == [Kind.IDLE, Kind.IDLE_OVER], "what was idle is not under-used, too"


# Hung, latched, waiting


def test_a_checkpoint_is_no_hang_and_memory_that_moves_is_none() -> None:
    watch = Watch()
    for _ in range(10):
        watch.play(5 * MINUTE, *EIGHT).play(190.0, *(WAITS,) * 8)
    assert watch.kinds == []
    watch = Watch()
    watch.run(lambda s: box(*(Gpu(100, 40 + s // 300 * 2, 150),) * 8, at=watch.at), 2 * HOUR)
    assert Kind.HUNG not in watch.kinds


def test_a_run_that_saves_every_half_minute_waits_and_does_not_hang() -> None:
    watch = Watch(30.0)
    # Of 40 polls, one meets work: for 19.5 minutes it seems to hang.
    for _ in range(12):
        watch.play(39 * 30, *(WAITS,) * 8).play(30.0, *EIGHT)
    assert watch.kinds == [Kind.WAITING]


def test_waiting_is_half_of_an_hour() -> None:
    for waits, told in ((100, []), (140, [Kind.WAITING])):
        watch = Watch()
        for _ in range(20):
            watch.play(240.0 - waits, *EIGHT).play(waits, *(WAITS,) * 8)
        assert watch.kinds == told
    (event,) = watch.told
    assert event.at - NOW == pytest.approx(HOUR, abs=MINUTE)
    assert "% of the last hour" in event.text
    assert "of $23.92/h" in event.text


@pytest.mark.parametrize(("drawn", "kinds"), [(160, [Kind.HUNG]), (400, [])])
def test_a_type_of_unknown_power_is_held_against_what_it_draws_at_rest(drawn: int, kinds: list[Kind]) -> None:
    watch = Watch().play(5 * MINUTE, *(HELD,) * 2, gpu="NEW 9000").play(20 * MINUTE, *(WORKS,) * 2, gpu="NEW 9000")
    watch.play(20 * MINUTE, *(Gpu(100, 80, drawn),) * 2, gpu="NEW 9000")
    assert watch.kinds == kinds
    watch = Watch().play(20 * MINUTE, *(Gpu(100, 80, drawn),) * 2, gpu="NEW 9000")
    assert watch.kinds == [], "nothing is known of it"


def test_a_hang_says_what_it_draws() -> None:
    watch = Watch().play(16 * MINUTE, *(WAITS,) * 8)
    assert watch.told[0].text == "GPUs report full load, but draw 150 of 700 W for 15m: hung? ($23.92/h); $5.98 so far"
    assert watch.alerts["hung"].grade is Grade.BAD


# GPUs that differ


def test_a_gpu_that_lags_is_named_with_what_it_costs() -> None:
    (event,) = Watch().play(20 * MINUTE, *but(LAGS)).told
    assert event.text.startswith("GPU 5 lags: 47%, the others 97%; they wait for it: $12.33/h of $23.92/h")


def test_three_of_eight_do_not_lag_and_neither_does_one_that_saves() -> None:
    watch = Watch().play(HOUR, *(WORKS,) * 5, *(LAGS,) * 3)
    assert watch.kinds == []
    watch = Watch().play(HOUR, Gpu(4, 80, 130), *(WAITS,) * 7)
    assert Kind.STRAGGLER not in watch.kinds


def test_a_lag_is_found_though_the_run_pauses() -> None:
    watch = Watch()
    for _ in range(5):
        watch.play(4 * MINUTE, *but(LAGS)).play(90.0, *(Gpu(0, 80, 130),) * 8)
    assert watch.kinds == [Kind.STRAGGLER]


def test_a_gpu_is_not_unused_while_all_of_them_are() -> None:
    watch = Watch().play(2 * HOUR, *but(EMPTY, HELD))
    assert watch.kinds == [Kind.IDLE]


def test_a_gpu_whose_work_alone_is_unknown_is_not_missing() -> None:
    watch = Watch().play(HOUR, *but(Gpu(None, 80, 560)))
    assert watch.kinds == []


def test_few_gpus_do_nothing_in_an_hour() -> None:
    watch = Watch().play(59 * MINUTE, *(LITTLE,) * 8, cpu=97.0)
    assert watch.kinds == []
    watch.play(2 * MINUTE, *(LITTLE,) * 8, cpu=97.0)
    (event,) = watch.told
    assert event.kind is Kind.UNDER
    assert event.text.startswith("GPUs at 20% over the last hour, CPU 97%: starved? $18.60/h unused")


def test_gpu_memory_is_judged_only_if_asked_for() -> None:
    full = (Gpu(97, 98.5, 560),) * 8
    assert Watch().play(20 * MINUTE, *full).kinds == []
    watch = Watch()
    watch.fleet.alert_rules = AlertRules({"gpu-memory": Rule()})
    assert watch.play(20 * MINUTE, *full).kinds == [Kind.VRAM]


# The container


def test_memory_that_grows_in_a_straight_line_is_told_before_it_is_full() -> None:
    watch = Watch(30.0)
    watch.run(lambda s: box(*EIGHT, at=watch.at, memory=40 + 3.4 * s / HOUR), 4 * HOUR)
    assert watch.kinds == []
    watch.run(lambda s: box(*EIGHT, at=watch.at, memory=40 + 3.4 * s / HOUR), 4 * HOUR)
    assert watch.kinds == [Kind.MEMORY]
    assert watch.told[0].text.startswith("container memory grows 3.4 points/h: full in about")


@pytest.mark.parametrize(
    "memory", [lambda s: 40 + 1.2 * s / HOUR, lambda s: 40 + 20 * (s % 1800 < 900), lambda s: 70.0]
)
def test_memory_that_grows_slowly_or_comes_and_goes_is_no_matter(memory: Callable[[float], float]) -> None:
    watch = Watch(30.0)
    watch.run(lambda s: box(*EIGHT, at=watch.at, memory=memory(s)), 8 * HOUR)
    assert watch.kinds == []


def test_full_memory_is_an_alarm_from_95_percent_on() -> None:
    watch = Watch().play(6 * MINUTE, *EIGHT, memory=92.0)
    assert (watch.alerts["memory"].grade, watch.alerts["memory"].step) == (Grade.WARN, 0)
    watch.play(10.0, *EIGHT, memory=96.0)
    assert (watch.alerts["memory"].grade, watch.alerts["memory"].step) == (Grade.BAD, 1)


def test_memory_that_wavers_about_a_step_is_told_once_for_each_step() -> None:
    watch = Watch().play(6 * MINUTE, *EIGHT, memory=92.0)
    watch.run(lambda s: box(*EIGHT, at=watch.at, memory=93.8 + 1.4 * (int(s) % 3)), HOUR)
    assert watch.kinds == [Kind.MEMORY] * 2


RENTED = "Rented by User: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"
DOWN = replace(box(*EIGHT, at=NOW, change=RENTED), runtime=None)


def test_a_poll_without_a_container_and_a_restart_are_no_slow_boot() -> None:
    watch = Watch().play(HOUR, *EIGHT, change=RENTED)
    watch.poll(DOWN)
    watch.play(HOUR, *EIGHT, change=RENTED)
    begin = watch.at - NOW
    for uptime in (-17, -3):
        watch.play(5.0, *EIGHT, change=RENTED, up=uptime - begin)
    watch.play(HOUR, *EIGHT, change=RENTED, up=-begin)
    assert set(watch.kinds) == {Kind.RESTART, Kind.DOWN, Kind.UP} & set(watch.kinds)
    assert not [event for event in watch.told if event.kind in (Kind.BOOT, Kind.LOST)]


def test_a_container_that_was_up_and_is_gone_is_lost_and_does_not_boot() -> None:
    watch = Watch().play(HOUR, *EIGHT, change=RENTED)
    begin = watch.at - NOW
    watch.run(lambda _: DOWN, 40 * MINUTE)
    assert watch.kinds == [Kind.LOST]
    assert watch.when(Kind.LOST) == [begin + 120]
    alert = watch.alerts["lost-container"]
    assert alert.so_far == pytest.approx(23.92 * (40 * MINUTE - 5) / HOUR)
    watch.play(5 * MINUTE, *EIGHT, change=RENTED)
    assert watch.kinds == [Kind.LOST, Kind.LOST_OVER]


def test_two_polls_without_a_container_say_nothing_however_far_apart() -> None:
    watch = Watch(60.0).play(HOUR, *EIGHT, change=RENTED)
    watch.run(lambda _: DOWN, 120.0)
    watch.play(HOUR, *EIGHT, change=RENTED)
    assert watch.kinds == []


def test_a_pod_that_is_started_again_boots_anew() -> None:
    watch = Watch().play(10 * MINUTE, *EIGHT, change=RENTED)
    stopped = replace(DOWN, status="EXITED")
    watch.run(lambda _: stopped, 5 * MINUTE)
    resumed = "Resumed by User: Mon Nov 23 2026 12:15:00 GMT+0000 (Coordinated Universal Time)"
    booting = replace(box(*EIGHT, at=NOW, change=resumed), runtime=None)
    watch.run(lambda _: booting, 21 * MINUTE)
    assert watch.kinds == [Kind.BOOT]
    assert watch.when(Kind.BOOT)[0] == pytest.approx(35 * MINUTE, abs=10)
    assert "$8.01 so far" in watch.told[0].text


@pytest.mark.parametrize("every", [45.0, 200.0])
def test_restarts_after_similar_times_are_a_loop_and_others_are_none(every: float) -> None:
    watch = Watch(30.0)
    watch.run(lambda s: box(*EIGHT, at=watch.at, up=-(s // (every * MINUTE)) * every * MINUTE), 3.1 * every * MINUTE)
    assert watch.kinds.count(Kind.LOOP) == 1
    assert "restarted 3 times, each time after some" in next(e.text for e in watch.told if e.kind is Kind.LOOP)
    starts = (0.0, 10.0, 100.0, 290.0)
    watch = Watch(30.0)
    watch.run(
        lambda s: box(*EIGHT, at=watch.at, up=-max(at * MINUTE for at in starts if at * MINUTE <= s)), 400 * MINUTE
    )
    assert Kind.LOOP not in watch.kinds


def test_a_run_that_is_started_again_after_four_minutes_has_not_ended_by_rare_polls() -> None:
    """It worked unseen between two polls, and one of them had no values."""
    watch = Watch(60.0).play(40 * MINUTE, *EIGHT)
    watch.poll(box(*(UNKNOWN,) * 8, at=watch.at))
    watch.run(lambda _: box(*(EMPTY,) * 8, at=watch.at), 4 * MINUTE)
    watch.run(lambda _: box(*EIGHT, at=watch.at), 5 * MINUTE)
    assert Kind.ENDED not in watch.kinds
    watch.run(lambda _: box(*(EMPTY,) * 8, at=watch.at), 10 * MINUTE)
    assert Kind.ENDED in watch.kinds


# Anything


VALUES = st.one_of(st.none(), st.floats(0, 100), st.floats(allow_nan=False, allow_infinity=False))
GPUS = st.lists(st.builds(Gpu, VALUES, VALUES, VALUES, VALUES), max_size=5)


@pytest.mark.wide
@given(st.lists(st.tuples(GPUS, st.integers(0, 6), st.floats(0.0, 4000.0), VALUES, st.integers(-20, 10**6))))
@settings(max_examples=60)
def test_no_pod_is_too_odd_to_watch(
    polls: list[tuple[list[Gpu], int, float, float | None, int]],
) -> None:
    watch = Watch()
    for gpus, count, wait, value, uptime in polls:
        watch.skip(wait)
        odd = box(*gpus, at=watch.at, count=count, cost=value)
        assert odd.runtime is not None
        watch.poll(replace(odd, runtime=replace(odd.runtime, uptime=uptime, cpu=value, memory=value)))
        for alert in watch.alerts.values():
            assert alert.lasts is None or alert.lasts >= 0
            assert alert.kind.text(alert, None, watch.at)


@given(st.lists(st.sampled_from(["works", "idle", "unknown", "gap"]), min_size=1, max_size=400), st.sampled_from(STEPS))
@settings(max_examples=60)
def test_idle_is_never_told_without_ten_minutes_of_samples_that_are_idle(polls: list[str], step: float) -> None:
    watch, spell, total = Watch(step), 0.0, 0.0
    for what in polls * 3:
        if what == "gap":
            watch.skip(step)
            continue
        watch.play(step, *{"works": (WORKS,), "idle": (HELD,), "unknown": (UNKNOWN,)}[what])
        total += step
        spell = 0.0 if what == "works" else spell + step
        if Kind.IDLE in watch.kinds:
            assert total >= 600
            break


# Limited power


@pytest.mark.parametrize(
    ("watts", "limit", "told"),
    [(400, 60, True), (400, 100, False), (400, None, False), (560, 60, False), (None, 60, False)],
)
def test_few_watts_are_a_limit_only_where_runpod_says_so(watts: float | None, limit: int | None, told: bool) -> None:
    watch = Watch().play(HOUR, *(Gpu(97, 80, watts, 62),) * 8, limit=limit)
    assert watch.kinds.count(Kind.CAPPED) == told
    if told:
        (text,) = [event.text for event in watch.told if event.kind is Kind.CAPPED]
        assert (
            text
            == "RunPod limits it to 60% of its power at full price, 400 of 700 W ($23.92/h); this run $243.19 so far"
        )


def test_watts_that_change_are_work_and_no_limit() -> None:
    watch = Watch()
    watch.run(lambda t: box(*(Gpu(97, 80, 300 + 100 * (int(t) // 60 % 2), 62),) * 8, at=watch.at, limit=60), HOUR)
    assert Kind.CAPPED not in watch.kinds
