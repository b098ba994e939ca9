"""How often RunPod is asked, and when podtop asks less."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.api.listener import Quota
from tui.domain.rate_limit import LIMITS, Meter, Use, Window


def asked(count: int, every: float, start: float = 0.0) -> tuple[Meter, float]:
    meter = Meter()
    for number in range(count):
        meter.count(start + number * every)
    return meter, start + (count - 1) * every


def test_each_window_counts_its_own_time() -> None:
    meter, now = asked(7200, 1.0)
    minute, hour, day = (use.asked for use in meter.use(now))
    assert 60 <= minute <= 70
    assert 3600 <= hour <= 3610
    assert day == 7200


def test_as_usual_costs_no_slowness() -> None:
    # A poll of pods each 5 s and of prices each 30 s.
    meter, now = asked(14 * 60 * 24, 60 / 14)
    assert meter.slowness(now) == 1.0
    assert meter.tightest(now).share < 0.5


def test_near_a_limit_it_asks_less_often() -> None:
    meter, now = asked(55, 1.0)
    assert meter.slowness(now) > 1.5
    assert meter.tightest(now).window.name == "min"
    assert meter.slowness(now + 120) == 1.0


def test_after_being_throttled_it_asks_less_for_a_while() -> None:
    meter = Meter()
    meter.throttled(100.0)
    assert meter.slowness(100.0) == 2.0
    assert meter.slowness(400.0) == pytest.approx(1.5)
    assert meter.slowness(701.0) == 1.0


@given(st.lists(st.floats(0.0, 90_000.0), min_size=1, max_size=200))
def test_no_count_is_lost_or_made_up(gaps: list[float]) -> None:
    meter, at = Meter(), 0.0
    times = []
    for gap in gaps:
        at += gap
        times.append(at)
        meter.count(at)
    for use in meter.use(at):
        inside = sum(at - t < use.window.seconds for t in times)
        wider = sum(at - t < use.window.seconds + 10 for t in times)
        assert inside <= use.asked <= wider
    assert 1.0 <= meter.slowness(at) <= 4.0
    assert len(meter._slots) <= LIMITS[-1].seconds / 10 + 2


# What the API reports itself

MEASURED = (
    Quota("minute", 60.0, 180, 175, 43.0), Quota("hour", 3600.0, 7200, 7195, 1903.0),
    Quota("day", 86_400.0, 86_400, 86_392, 55_903.0),
)  # fmt: skip


def test_reported_windows_stand_in_place_of_assumed_ones() -> None:
    meter, now = asked(50, 1.0)
    assert not any(use.measured for use in meter.use(now))
    meter.limits(now, MEASURED)
    assert [(use.window.name, use.asked, use.window.most) for use in meter.use(now)] == [
        ("min", 5, 180), ("h", 5, 7200), ("day", 8, 86_400),
    ]  # fmt: skip
    assert all(use.measured for use in meter.use(now))
    assert meter.tightest(now).resets_in == 43.0
    meter.count(now + 1)
    assert [use.asked for use in meter.use(now + 1)] == [6, 6, 9]
    assert meter.tightest(now + 1).resets_in == 42.0


def test_what_other_programs_spend_slows_podtop_down() -> None:
    meter = Meter()
    meter.count(0.0)
    meter.limits(0.0, [Quota("minute", 60.0, 180, 175, 43.0), Quota("hour", 3600.0, 7200, 72, 1903.0)])
    assert meter.tightest(0.0).window.name == "h"
    assert meter.slowness(0.0) > 3.5
    assert meter.slowness(1902.0) > 3.5
    assert meter.slowness(1904.0) == 1.0, "the window has started again"


def test_a_window_that_started_again_has_only_what_was_sent_since() -> None:
    meter = Meter()
    meter.limits(0.0, [Quota("minute", 60.0, 60, 0, 30.0)])
    assert meter.slowness(29.0) == 4.0
    for second in range(10, 50, 10):
        meter.count(second)
    (use,) = meter.use(55.0)
    assert (use.asked, use.resets_in) == (2, None)
    (use,) = meter.use(5000.0)
    assert use.asked == 0


def test_a_size_that_is_left_out_is_that_of_the_last_report() -> None:
    meter = Meter()
    meter.limits(0.0, [Quota("minute", None, None, 3, 30.0)])
    assert not meter.use(0.0)[0].measured, "without a size it says nothing"
    meter.limits(0.0, [Quota("minute", 60.0, 60, 30, 30.0)])
    meter.limits(5.0, [Quota("minute", None, None, 20, 25.0)])
    assert meter.use(5.0) == (Use(Window("min", 60.0, 60), 40, measured=True, resets_in=25.0),)


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from(["minute", "hour", "day", "odd"]),
                st.none() | st.floats(1, 1e6),
                st.none() | st.integers(0, 10**9),
                st.integers(0, 10**9),
                st.floats(0, 1e7),
            ),
            st.none(),
        ),
        max_size=30,
    )
)
def test_whatever_is_reported_podtop_waits_one_to_four_times_as_long(said: list[Any]) -> None:
    meter, at = Meter(), 0.0
    for quota in said:
        at += 7.0
        if quota is None:
            meter.count(at)
        else:
            meter.limits(at, [Quota(*quota)])
        assert 1.0 <= meter.slowness(at) <= 4.0
        assert all(use.asked >= 0 for use in meter.use(at))
        assert meter.tightest(at).share >= 0
