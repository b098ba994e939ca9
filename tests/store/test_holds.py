"""How long a condition has been true: by the time that samples stand for, however often they come."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tui.store.holds import Cadence, Hold, cadence_of

HISTORY = Cadence(math.inf, math.inf, math.inf)


def test_a_simulated_history_has_no_gaps_and_goes_on_live() -> None:
    hold = Hold(600.0)
    for at in range(0, 7200, 45):
        hold.true(at, HISTORY)
    assert hold.is_settled
    hold.true(7160, cadence_of(5.0))
    assert hold.best == 7160.0


@given(st.lists(st.sampled_from((2.0, 5.0, 10.0, 30.0, 60.0)), min_size=3, max_size=30))
def test_a_change_of_the_interval_counts_against_nothing(intervals: list[float]) -> None:
    hold, at = Hold(math.inf), 0.0
    hold.true(at, cadence_of(intervals[0]))
    for interval in intervals:
        for _ in range(20):
            at += interval
            hold.true(at, cadence_of(interval))
    assert hold.total == at
    assert hold.best == at


def test_a_time_with_less_than_half_of_its_samples_is_not_judged() -> None:
    hold, cadence = Hold(600.0), cadence_of(5.0)
    # Within what counts as watched, but most of its samples are missing.
    for at in range(0, 3600, 12):
        hold.true(at, cadence)
    assert hold.best < 600.0
