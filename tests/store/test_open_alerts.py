"""Whatever is polled, with gaps and restarts: an alert begins once, rises, and ends once, with its dollars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tests.make import funds, pod, snapshot
from tui.api.errors import Unreachable
from tui.domain.attention import Attention, Grade
from tui.domain.events import ENDS, Event, Kind
from tui.store import alert_tracker, open_alert
from tui.store.alert import Alert, AlertKind
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.slices import Sliced

NOW = 1_795_435_200.0
STEP = 60.0
PODS = ("a", "b")
KIND = Kind.MAINTENANCE
"""Any kind that lasts: its row is replaced."""


class Told(Struct, frozen=True):
    """What a poll shows of one pod: an alert's step, or that it is over, or neither; `lasts`: seconds by samples."""

    step: int | None = None
    over: bool = False
    per_hr: float | None = 12.0
    lasts: float | None = None


class Poll(Struct, frozen=True):
    """One poll: seconds after the one before it, whether RunPod failed, and what it shows of each pod."""

    after: float
    failed: bool
    shown: tuple[Told, ...]


class World:
    """Polls of a fleet whose alerts are given, and podtops that follow it and restart."""

    def __init__(self, rearm: float = 300.0, settles: float = 0.0, again: float | None = None) -> None:
        self.kind = AlertKind(
            name="maintenance", grade=Grade.WARN, event=KIND, text=lambda alert, funds, now: "wrong",
            begins=lambda alert, now: f"step {alert.step}", over=self.over, rearm=rearm, settles=settles, again=again,
        )  # fmt: skip
        self.at = NOW
        self.told: list[Event] = []
        self.saved: bytes | None = None
        self.polled_at: float | None = None
        self.shown: dict[str, Told] = {}
        self.start()

    def start(self) -> None:
        self.fleet, self.tracker = Fleet(STEP, STEP), AlertTracker()
        latest = {(event.pod, event.kind): event for event in self.told}
        self.tracker.recall(sorted(latest.values(), key=self.told.index), saved=self.saved, last=self.polled_at)
        self.missed = self.polled_at

    def poll(self, poll: Poll) -> None:
        self.at += poll.after
        if poll.failed:
            self.fleet.fail(Unreachable("no route"), self.at)
            return
        self.shown = dict(zip(PODS, poll.shown, strict=True))
        self.fleet.apply(snapshot(*(pod(key) for key in PODS), funds=funds()), self.at)
        if self.missed is not None and self.at - self.missed > 2.5 * STEP:
            self.fleet.watched.missed(self.missed, self.at)
        self.missed, self.polled_at = None, self.at
        with self.looked():
            self.told += self.tracker.judge(self.fleet, self.at)
        self.saved = self.tracker.changes(self.at) or self.saved

    @contextmanager
    def looked(self) -> Iterator[None]:
        def looking(fleet: Fleet, now: float, quiet: bool) -> Sliced[tuple[Alert, ...]]:
            yield
            return tuple(
                Alert(self.kind, Grade.WARN, key, key, step=told.step, wasted_per_hr=told.per_hr, lasts=told.lasts)
                for key, told in self.shown.items()
                if told.step is not None
            )

        rows = {**alert_tracker._LASTING, KIND: self.kind}
        with patch.object(alert_tracker, "looking", looking), patch.object(alert_tracker, "_LASTING", rows):
            yield

    def over(self, fleet: Fleet, record: Record | None) -> str | None:
        return "over" if record is not None and self.shown[record.id].over else None

    def attention(self, key: str) -> Attention | None:
        return next((shown for shown in self.fleet.attention if shown.pod == key), None)


TRUE, WORSE, OVER, UNKNOWN = Told(0), Told(1), Told(over=True), Told()


def polls(*told: Told, after: float = STEP) -> Iterator[Poll]:
    return (Poll(after, False, (one, UNKNOWN)) for one in told)


def run(world: World, *told: Told) -> list[tuple[Kind, str]]:
    before = len(world.told)
    for poll in polls(*told):
        world.poll(poll)
    return [(event.kind, event.text) for event in world.told[before:]]


def test_it_begins_once_rises_and_ends_after_its_opposite_has_held_with_its_dollars() -> None:
    world = World()
    assert run(world, *[TRUE] * 30) == [(KIND, "step 0")]
    assert run(world, *[WORSE] * 30) == [(KIND, "step 1")]
    assert run(world, *[OVER] * 5) == []
    assert run(world, OVER) == [(ENDS[KIND], "over after 1h 00m, $11.80 wasted")]
    assert run(world, TRUE) == [(KIND, "step 0")]


def test_what_comes_back_sooner_has_not_ended() -> None:
    world = World()
    run(world, TRUE)
    for _ in range(10):
        assert run(world, *[OVER] * 5, TRUE) == []
    assert run(world, *[OVER] * 6)[0][0] is ENDS[KIND]


def test_the_time_in_which_it_is_over_is_not_paid_for_and_not_shown() -> None:
    world = World()
    run(world, *[TRUE] * 11)
    shown = world.attention("a")
    assert shown is not None
    assert shown.so_far == pytest.approx(2.0)
    run(world, *[OVER] * 3)
    assert world.attention("a") is None
    run(world, TRUE)
    shown = world.attention("a")
    assert shown is not None
    assert shown.so_far == pytest.approx(2.0)


def test_what_is_unknown_goes_on_and_is_shown() -> None:
    world = World()
    run(world, *[TRUE] * 11, *[UNKNOWN] * 30)
    shown = world.attention("a")
    assert shown is not None
    assert shown.so_far == pytest.approx(2.0)


def test_unwatched_time_neither_ends_it_nor_counts() -> None:
    world = World()
    run(world, *[TRUE] * 11, OVER)
    for poll in polls(OVER, OVER, after=3600.0):
        world.poll(poll)
    assert [event.kind for event in world.told] == [KIND]
    assert run(world, *[OVER] * 5) == [(ENDS[KIND], "over after 11m 00s, $2.00 wasted")]


def test_an_unknown_price_makes_the_dollars_unknown_and_a_price_that_comes_back_not() -> None:
    world = World()
    run(world, *[TRUE] * 11, Told(0, per_hr=None))
    shown = world.attention("a")
    assert shown is not None
    assert shown.so_far is None
    run(world, Told(0, per_hr=6.0))
    shown = world.attention("a")
    assert shown is not None
    assert shown.so_far == pytest.approx(2.0 + 2 * 6.0 / 60)
    never = World()
    run(never, *[Told(0, per_hr=None)] * 5)
    assert run(never, *[OVER] * 6) == [(ENDS[KIND], "over after 5m 00s")]


def test_a_lower_step_is_reported_again_only_once_it_has_held() -> None:
    world = World()
    run(world, TRUE, WORSE)
    assert run(world, *[TRUE, WORSE] * 10) == []
    run(world, *[TRUE] * 7)
    assert run(world, WORSE) == [(KIND, "step 1")]


def test_one_that_settles_begins_late_and_a_gap_begins_that_anew() -> None:
    world = World(settles=600.0)
    assert run(world, *[TRUE] * 10) == []
    assert world.attention("a") is None
    assert run(world, TRUE) == [(KIND, "step 0")]
    other = World(settles=600.0)
    run(other, *[TRUE] * 10)
    other.poll(Poll(1200.0, False, (TRUE, UNKNOWN)))
    assert run(other, *[TRUE] * 9) == []
    assert run(other, TRUE) == [(KIND, "step 0")]


def test_one_that_is_repeated_is_reported_weekly_across_restarts() -> None:
    world = World(again=7 * 86_400.0)
    with patch.object(alert_tracker, "_REPEATED", frozenset({KIND})):
        for _ in range(4 * 8):
            world.poll(Poll(6 * 3600.0, False, (TRUE, UNKNOWN)))
            world.start()
    assert [event.at - NOW for event in world.told] == [6 * 3600.0, 6 * 3600.0 + 7 * 86_400.0]


def test_a_restart_goes_on_with_steps_dollars_and_what_was_nearly_over() -> None:
    world = World()
    run(world, *[TRUE] * 30, *[WORSE] * 31)
    world.start()
    assert run(world, *[WORSE] * 30) == []
    shown = world.attention("a")
    assert shown is not None
    assert (shown.step, shown.so_far) == (1, pytest.approx(18.0))
    run(world, *[OVER] * 3)
    world.start()
    assert run(world, *[OVER] * 2) == []
    assert run(world, OVER) == [(ENDS[KIND], "over after 1h 31m, $18.00 wasted")]


def test_a_waste_has_lasted_for_as_long_as_its_dollars_say_also_after_a_restart() -> None:
    world = World()
    run(world, *(Told(0, lasts=STEP * n) for n in range(1, 31)))
    world.start()
    world.poll(Poll(8 * 3600.0, False, (Told(0, lasts=STEP), UNKNOWN)))
    run(world, *(Told(0, lasts=STEP * n) for n in range(2, 12)))
    shown = world.attention("a")
    assert shown is not None
    assert shown.lasts == pytest.approx(40 * STEP, abs=2 * STEP), "unwatched time is none of it"
    assert shown.so_far == pytest.approx(12.0 * shown.lasts / 3600.0, rel=0.06)


def test_without_a_saved_state_what_was_recorded_is_not_reported_twice_either() -> None:
    world = World()
    run(world, *[WORSE] * 30)
    world.saved = None
    world.start()
    assert run(world, *[WORSE] * 30) == []
    ((kind, text),) = run(world, *[OVER] * 6)
    assert (kind, text.split(",")[0]) == (ENDS[KIND], "over after at most 1h 00m")


def test_a_damaged_state_is_none() -> None:
    assert open_alert.decoded(b"\xff")[1] == {}
    assert (
        open_alert.decoded(b'{"at": 1.0, "open": [{"pod": "", "kind": "later", "alert": {"since": 1, "at": 1}}]}')[1]
        == {}
    )


TOLD = st.one_of(
    st.builds(Told, st.integers(-1, 3), st.just(False), st.just(12.0)),
    st.sampled_from([OVER, OVER, UNKNOWN]),
)
POLL = st.builds(
    Poll,
    st.one_of(st.just(STEP), st.just(STEP), st.floats(5.0, 4000.0)),
    st.sampled_from([False] * 5 + [True]),
    st.tuples(TOLD, TOLD),
)
LIVES = st.lists(st.tuples(POLL, st.integers(1, 8)), max_size=25)
"""Polls, each repeated: what holds for a while is what ends things."""


def life(polls: list[tuple[Poll, int]], restarts: set[int], **row: float) -> tuple[World, list[float | None]]:
    world = World(**row)
    so_far: list[float | None] = []
    number = 0
    for poll, times in polls:
        for _ in range(times):
            number += 1
            if number in restarts:
                world.start()
            world.poll(poll)
            shown = world.attention("a")
            so_far.append(None if shown is None else shown.so_far)
    return world, so_far


def plain(events: list[Event]) -> list[tuple[float, str, Kind, str]]:
    return [(event.at, event.pod, event.kind, re.sub(r"\$[\d,.]+", "$", event.text)) for event in events]


def dollars(events: list[Event]) -> list[float]:
    return [float(sum_.replace(",", "")) for event in events for sum_ in re.findall(r"\$([\d,.]+)", event.text)]


@given(LIVES, st.sampled_from([0.0, 120.0]))
def test_beginnings_and_ends_alternate_and_dollars_only_grow(polls: list[tuple[Poll, int]], settles: float) -> None:
    world, so_far = life(polls, set(), settles=settles)
    for key in PODS:
        is_open, step = False, -1
        for event in (event for event in world.told if event.pod == key):
            if event.kind is KIND:
                now = int(event.text.removeprefix("step "))
                # It may have fallen in between; it never rises without being reported.
                assert not is_open or now > 0
                is_open, step = True, now
            else:
                assert is_open
                is_open = False
        assert step >= -1
    ends = {event.at for event in world.told if event.pod == "a" and event.kind is not KIND}
    assert all(value is None or value >= 0 for value in so_far)
    if not ends:
        known = [value for value in so_far if value is not None]
        assert known == sorted(known)


@given(LIVES, st.sets(st.integers(1, 100)), st.sampled_from([0.0, 120.0]))
def test_a_restart_at_any_point_reports_the_same(
    polls: list[tuple[Poll, int]], restarts: set[int], settles: float
) -> None:
    alone, _ = life(polls, set(), settles=settles)
    again, _ = life(polls, restarts, settles=settles)
    assert plain(again.told) == plain(alone.told)
    assert dollars(again.told) == pytest.approx(dollars(alone.told), abs=0.011)
