"""When alerts ring: once a day for each matter and step, several as one, by money, not in quiet hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tui.domain.attention import Attention, Grade, Ring, Topic
from tui.domain.ring_words import words
from tui.domain.ringing import (
    AGAIN,
    GATHER,
    LONG,
    WORTH,
    Call,
    Occasion,
    RingState,
    Seen,
    is_quiet,
    latest,
    narrowed,
    next_at,
    step,
)

NOW = 1_795_435_200.0


def alert(pod: str = "alder", kind: str = "idle", **more: Any) -> Attention:
    """An idle pod that bills."""
    values: dict[str, Any] = {
        "word": kind, "grade": Grade.WARN, "text": "none of its GPUs has worked for 14 min", "pod": pod, "name": pod,
        "since": NOW, "cost_per_hr": 23.92, "wasted_per_hr": 23.92, "topic": Topic.RUNS, "ring": Ring.AT_ONCE,
    }  # fmt: skip
    return Attention(kind, **{**values, **more})


def seen(now: float, *alerts: Attention, **more: Any) -> Seen:
    answered_at = more.pop("answered_at", now)
    return Seen(alerts, more.pop("judged_at", now), answered_at, now, **more)


def played(*seens: Seen, state: RingState | None = None) -> tuple[RingState, list[Call]]:
    """All calls, with the state written to disk and read again between any two looks."""
    state, calls = state or RingState(), list[Call]()
    for one in seens:
        state, more = step(msgspec.json.decode(msgspec.json.encode(state), type=RingState), one)
        calls += more
    return state, calls


def polls(start: float, seconds: float, *alerts: Attention, every: float = 10.0, **more: Any) -> list[Seen]:
    return [seen(start + n * every, *alerts, **more) for n in range(int(seconds / every) + 1)]


def test_it_rings_a_minute_after_it_is_due_and_once() -> None:
    _, calls = played(*polls(NOW, 4 * 3600, alert()))
    assert [(call.at - NOW, call.occasion, len(call.alerts)) for call in calls] == [(GATHER, Occasion.ALERTS, 1)]


def test_at_once_waits_for_its_seconds_after_its_beginning() -> None:
    late = alert("", "cannot-watch", ring_after=900.0)
    _, calls = played(*polls(NOW, 1200, late))
    assert [call.at - NOW for call in calls] == [900 + GATHER]


@pytest.mark.parametrize(
    ("per_hr", "after"),
    [(23.92, WORTH / 23.92 * 3600), (0.40, LONG), (None, LONG)],
    ids=["dear: by money", "cheap: after an hour", "price unknown: after an hour"],
)
def test_what_only_burns_rings_by_money_or_after_an_hour(per_hr: float | None, after: float) -> None:
    def burning(now: float) -> Attention:
        so_far = None if per_hr is None else per_hr * (now - NOW) / 3600
        return alert(ring=Ring.BY_MONEY, so_far=so_far, wasted_per_hr=per_hr, cost_per_hr=per_hr, lasts=now - NOW)

    times = [NOW + 10.0 * n for n in range(500)]
    _, calls = played(*(seen(at, burning(at)) for at in times))
    assert [call.at for call in calls] == [pytest.approx(NOW + after + GATHER, abs=10.0)]


def test_its_own_seconds_count_where_podtop_did_not_watch() -> None:
    """An hour since it began, half of it unwatched, is not an hour of waste."""
    _, calls = played(*polls(NOW + 3600, 600, alert(ring=Ring.BY_MONEY, since=NOW, lasts=1800.0)))
    assert calls == []


def test_time_without_a_response_is_no_evidence() -> None:
    stale = [seen(NOW + 60.0 * n, alert(ring=Ring.BY_MONEY), answered_at=NOW + 600) for n in range(10, 90)]
    assert played(*stale)[1] == []


@pytest.mark.parametrize(
    "silent", [alert(muted=True), alert(rings=False), alert(ring=Ring.NEVER), alert(topic=Topic.TROUBLE)]
)
def test_what_nobody_wants_to_hear_is_not_rung(silent: Attention) -> None:
    state, calls = played(*polls(NOW, 7200, silent, topics=frozenset({Topic.RUNS, Topic.MONEY})))
    assert (state, calls) == (RingState(), [])


def test_muted_in_the_minute_of_waiting_it_is_not_sent() -> None:
    _, calls = played(seen(NOW, alert()), seen(NOW + 30, alert(muted=True)), seen(NOW + 90, alert(muted=True)))
    assert calls == []


def test_over_in_the_minute_of_waiting_it_is_sent_all_the_same() -> None:
    _, calls = played(seen(NOW, alert()), seen(NOW + 90))
    assert [call.over for call in calls] == [(("alder", "idle"),)]
    assert words(calls[0], str)[1].endswith("(over)")


def test_it_rings_again_when_it_gets_worse_and_not_when_it_gets_better() -> None:
    steps = [(0, Grade.WARN), (1, Grade.WARN), (0, Grade.WARN), (1, Grade.WARN), (1, Grade.BAD), (3, Grade.BAD)]
    looks = [
        one
        for n, (number, grade) in enumerate(steps)
        for one in polls(NOW + 600 * n, 500, alert("", "runway", step=number, grade=grade, topic=Topic.MONEY))
    ]
    _, calls = played(*looks)
    rung = [(call.alerts[0].step, call.alerts[0].grade.value) for call in calls]
    assert rung == [(0, "warn"), (1, "warn"), (1, "bad"), (3, "bad")]


def test_after_a_day_it_rings_again() -> None:
    _, calls = played(*polls(NOW, 2.5 * AGAIN, alert(), every=60.0))
    assert [call.at - NOW for call in calls] == [pytest.approx(n * AGAIN + GATHER, abs=60.0) for n in range(3)]


def test_gone_and_back_within_a_day_it_rings_once() -> None:
    looks = [*polls(NOW, 300, alert()), *polls(NOW + 310, 300), *polls(NOW + 3600, 300, alert(since=NOW + 3600))]
    assert len(played(*looks)[1]) == 1


def test_several_within_a_minute_become_one_with_their_dollars_together() -> None:
    first, second = alert("alder", so_far=3.99), alert("birch", cost_per_hr=3.64, wasted_per_hr=3.64, so_far=1.01)
    third = alert("cedar", cost_per_hr=3.64, wasted_per_hr=3.64, so_far=0.5)
    looks = [seen(NOW, first), seen(NOW + 20, first, second), seen(NOW + 50, first, second, third)]
    _, calls = played(*looks, seen(NOW + 60, first, second, third), seen(NOW + 600, first, second, third))
    (call,) = calls
    assert words(call, str) == (
        "podtop: 3 alerts", "3 pods idle, $31.20/h together, $5.50 so far (alder, birch, cedar)",
    )  # fmt: skip


def test_when_podtop_ends_nothing_waits() -> None:
    state, calls = played(seen(NOW, alert()), seen(NOW + 5, alert(), ends=True))
    assert len(calls) == 1
    assert next_at(state) is None
    assert played(seen(NOW + 30, alert()), seen(NOW + 300, alert()), state=state)[1] == []


def test_after_the_clock_was_set_back_it_rings_no_second_time_and_nothing_waits_for_ever() -> None:
    state, calls = played(*polls(NOW, 100, alert()))
    assert len(calls) == 1
    assert played(*polls(NOW - 3600, 600, alert(since=NOW - 3600)), state=state)[1] == []
    waits, _ = played(seen(NOW, alert("birch")))
    assert len(played(seen(NOW - 3600, alert("birch")), state=waits)[1]) == 1


# Quiet hours


def test_in_quiet_hours_alerts_are_held_back_and_summed_up_at_the_end() -> None:
    night = [
        *polls(NOW, 300, alert("alder"), quiet=True),
        *polls(NOW + 310, 300, alert("birch"), alert("cedar", "hung"), quiet=True),
        seen(NOW + 620, alert("birch"), alert("cedar", "hung")),
        *polls(NOW + 630, 600, alert("birch"), alert("cedar", "hung")),
    ]
    _, calls = played(*night)
    (summary,) = calls
    assert summary.occasion is Occasion.QUIET_ENDS
    title, text = words(summary, str)
    assert title == "podtop: 3 alerts in quiet hours"
    assert "birch: none" in text
    assert "cedar: none" in text
    assert "alder: none of its GPUs has worked for 14 min; $23.92/h (over)" in text


def test_money_in_danger_is_not_held_back() -> None:
    bad = alert("", "runway", topic=Topic.MONEY, grade=Grade.BAD)
    others = (alert("", "runway", topic=Topic.MONEY), alert("birch", grade=Grade.BAD))
    assert len(played(*polls(NOW, 300, bad, quiet=True))[1]) == 1
    for other in others:
        assert played(*polls(NOW, 300, other, quiet=True))[1] == []


def test_what_gets_bad_in_the_night_is_not_told_again_in_the_morning() -> None:
    low = alert("", "runway", topic=Topic.MONEY)
    bad = replace(low, grade=Grade.BAD, step=2)
    _, calls = played(*polls(NOW, 60, low, quiet=True), *polls(NOW + 70, 300, bad, quiet=True), seen(NOW + 600, bad))
    assert [call.occasion for call in calls] == [Occasion.ALERTS]


@pytest.mark.parametrize(
    ("quiet", "at", "expected"),
    [
        ("22:00-08:00", "23:00", True), ("22:00-08:00", "07:59", True), ("22:00-08:00", "08:00", False),
        ("22:00-08:00", "21:59", False), ("12:00-13:30", "13:29", True), ("12:00-13:30", "11:59", False),
        ("09:00-09:00", "09:00", False), ("", "23:00", False),
    ],
)  # fmt: skip
def test_quiet_hours_are_local_times_of_day(quiet: str, at: str, expected: bool) -> None:
    hour, minute = map(int, at.split(":"))
    assert is_quiet(quiet, datetime(2026, 11, 28, hour, minute, tzinfo=UTC)) is expected


# The digest


def test_a_digest_once_a_day_tells_what_is_wasted_and_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 24, 8, 0, tzinfo=berlin)  # The clocks go back the next day.
    wasting = alert(ring=Ring.NEVER, so_far=20.0, wasted_per_hr=2.0)
    looks = []
    for n in range(3 * 24 * 60):
        at = start.timestamp() + 60.0 * n
        local = datetime.fromtimestamp(at, berlin)
        looks.append(seen(at, wasting, digest_at=latest("09:00", local).timestamp()))
    _, calls = played(*looks)
    when = [f"{datetime.fromtimestamp(call.at, berlin):%d %H:%M}" for call in calls]
    assert when == ["24 09:00", "25 09:00", "26 09:00"]
    assert [call.wasted for call in calls] == [
        pytest.approx(2.0, abs=0.3),
        pytest.approx(50, abs=0.5),
        pytest.approx(48),
    ]
    assert words(calls[2], lambda at: "Sun 09:00") == (
        "podtop: daily digest",
        "wasted now: $2.00/h: alder idle $2.00/h ($20.00 so far); wasted since Sun 09:00: about $48.00",
    )


def test_unwatched_time_is_not_counted_as_waste_and_an_old_digest_is_left_out() -> None:
    wasting = alert(ring=Ring.NEVER, wasted_per_hr=100.0)
    state, _ = played(*polls(NOW, 3600, wasting, digest_at=NOW - 7200))
    assert state.waste is not None
    assert state.waste.dollars == pytest.approx(100.0, abs=9.0)
    later, calls = played(seen(NOW + 20 * 3600, wasting, digest_at=NOW + 7200), state=state)
    assert calls == []
    assert later.waste is not None
    assert later.waste.dollars == state.waste.dollars


# By topic


def test_each_hears_of_its_topics_alone() -> None:
    both = Call("id", NOW, Occasion.ALERTS, (alert("", "runway", topic=Topic.MONEY), alert("birch")))
    money = narrowed(both, {Topic.MONEY})
    assert money is not None
    assert [a.kind for a in money.alerts] == ["runway"]
    assert money.id != both.id
    assert narrowed(both, Topic) is both
    assert narrowed(both, {Topic.WATCH}) is None
    digest = Call("id", NOW, Occasion.DIGEST, (alert(),))
    assert narrowed(digest, {Topic.RUNS}) is None
    assert narrowed(digest, {Topic.MONEY}) is digest


def test_what_was_muted_at_the_moment_of_the_call_rings_after_the_mute() -> None:
    state, calls = played(seen(NOW, alert()), seen(NOW + 60, alert(muted=True)), seen(NOW + 120, alert(muted=True)))
    assert calls == []
    state, calls = played(*polls(NOW + 180, 300, alert()), state=state)
    assert [call.alerts[0].matter for call in calls] == [alert().matter]
    held, calls = played(seen(NOW, alert(), quiet=True), seen(NOW + 60, alert(muted=True)))
    assert calls == []
    assert len(played(*polls(NOW + 120, 300, alert()), state=held)[1]) == 1


# Any day


ALERTS = st.builds(
    alert,
    st.sampled_from(["alder", "birch", "cedar"]),
    st.sampled_from(["idle", "hung"]),
    step=st.integers(0, 3),
    grade=st.sampled_from(Grade),
    muted=st.sampled_from([False, False, False, True]),
    rings=st.sampled_from([True, True, False]),
    ring=st.sampled_from(Ring),
    ring_after=st.sampled_from([0.0, 900.0]),
    topic=st.sampled_from(Topic),
    so_far=st.none() | st.floats(0, 5),
    since=st.none() | st.floats(NOW - 7200, NOW + 80_000),
)


def unique(alerts: Iterable[Attention]) -> tuple[Attention, ...]:
    return tuple({a.matter: a for a in alerts}.values())


DAYS = st.lists(
    st.tuples(st.floats(1, 9_000), st.lists(ALERTS, max_size=4).map(unique), st.booleans()), min_size=1, max_size=25
)


@given(DAYS)
def test_whatever_happens_nothing_rings_twice_within_a_day_and_nothing_is_lost(
    day: list[tuple[float, tuple[Attention, ...], bool]],
) -> None:
    now, looks = NOW, []
    for wait, alerts, quiet in day:
        now += wait
        looks.append(seen(now, *alerts, quiet=quiet))
    looks.append(seen(now + 120, quiet=False))
    state, calls, decided = RingState(), list[Call](), dict[tuple[Any, ...], list[float]]()
    for look in looks:
        before = state
        state, more = step(state, look)
        calls += more
        for key, rungs in state.rung.items():
            for rung in rungs:
                if rung not in before.rung.get(key, ()):
                    decided.setdefault((key, rung.grade, rung.step), []).append(rung.at)
        for key, rungs in before.rung.items():
            for rung in rungs:
                if rung not in state.rung.get(key, ()) and look.now - rung.at < AGAIN:
                    # Muted at the moment of the call: nobody was told.
                    decided[key, rung.grade, rung.step].remove(rung.at)
    assert not state.due
    assert not state.held
    for key, times in decided.items():
        assert all(later - earlier >= AGAIN for earlier, later in pairwise(times)), key
    told = [(*one.matter, call.at) for call in calls for one in call.alerts]
    assert len(told) <= sum(map(len, decided.values()))
    assert not any(one.muted for call in calls for one in call.alerts)
    assert len({call.id for call in calls}) == len(calls)
    # What was due and never muted from then on was told.
    for n, look in enumerate(looks):
        for one in look.alerts:
            due = one.ring is Ring.AT_ONCE and one.rings and not one.muted and not one.ring_after
            later = [a for after in looks[n + 1 :] for a in after.alerts if a.matter == one.matter]
            if due and not any(a.muted for a in later):
                assert any(one.matter in {a.matter for a in call.alerts} for call in calls)


def test_times_of_a_digest_go_back_to_the_day_before() -> None:
    morning = datetime(2026, 11, 28, 8, 59, tzinfo=UTC)
    assert latest("09:00", morning) == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert latest("09:00", morning + timedelta(minutes=1)) == datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def test_what_is_about_to_happen_is_not_held_back_by_quiet_hours() -> None:
    timer = {"kind": "idle-stop", "topic": Topic.MONEY, "since": NOW + 600.0, "lasts": 600.0}
    assert len(played(*polls(NOW, 300, alert(**timer), quiet=True))[1]) == 1
    maintenance = {**timer, "since": NOW + 7200.0, "lasts": None}
    assert played(*polls(NOW, 300, alert(**maintenance), quiet=True))[1] == []
