"""How often RunPod is asked, and when podtop asks less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.rate_limit import LIMITS, Meter


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
