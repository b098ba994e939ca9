"""When frames may go: at once for somebody who looks, rarely on a slow link, and how a link is found to be slow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.ui.terminal.frame_pacer import (
    ATTENDED,
    BREATH,
    EVERY,
    LARGE,
    OFTEN,
    PATIENCE,
    QUICK,
    SAMPLED,
    SLOW,
    TWICE,
    FramePacer,
)


def test_on_a_quick_link_nothing_waits() -> None:
    pace = FramePacer()
    for now in (0.0, 0.01, 0.02):
        assert pace.wait(now) == 0
        pace.sent(now, 5000, answers=False)


def test_on_a_slow_link_what_comes_by_itself_waits_and_what_was_asked_for_does_not() -> None:
    pace = FramePacer(True)
    assert pace.slow
    assert pace.wait(100.0) == 0
    pace.sent(100.0, 200, answers=False)
    assert pace.wait(101.0) == EVERY - 1
    pace.touch(101.5)
    assert pace.wait(101.6) == 0
    pace.sent(101.6, 200, answers=False)
    # What a key brings comes in more frames than one: a few a second, for as long as somebody looks.
    assert 0 < pace.wait(101.7) <= BREATH
    assert pace.wait(101.6 + BREATH) == 0
    assert pace.wait(101.5 + ATTENDED) > 5
    assert pace.wait(101.5 + ATTENDED, attended=True) == 0


def test_two_slow_frames_in_a_row_make_a_slow_link_and_one_does_not() -> None:
    pace = FramePacer()
    assert not pace.took(60.0)
    assert not pace.took(0.01)
    assert not pace.took(SLOW)
    assert pace.took(SLOW)
    assert pace.slow
    for _ in range(OFTEN - 1):
        assert not pace.took(QUICK)
    assert pace.took(QUICK)
    assert not pace.slow


def test_that_a_frame_has_left_does_not_say_that_it_has_arrived() -> None:
    pace = FramePacer()
    for _ in range(2):
        assert not pace.slow
        pace.took(SLOW)
        assert not pace.drained(0.0, answers=True)
    assert pace.slow
    for _ in range(OFTEN):
        pace.drained(0.0, answers=False)
    assert not pace.slow
    assert not pace.drained(SLOW, answers=False)
    assert pace.drained(SLOW, answers=True)


def test_what_a_person_has_said_is_not_found_out_to_be_otherwise() -> None:
    for told in (True, False):
        pace = FramePacer(told)
        for seconds in (SLOW, SLOW, SLOW, *[0.0] * 2 * OFTEN):
            assert not pace.took(seconds)
        assert pace.slow is told


def test_the_arrival_of_large_frames_is_asked_for_now_and_then() -> None:
    pace = FramePacer()
    assert not pace.sent(0.0, LARGE, answers=False)
    assert not pace.sent(0.0, LARGE - 1, answers=True)
    assert pace.sent(1.0, LARGE, answers=True)
    # One question at a time; on a link not known to be slow nothing waits for its answer.
    assert not pace.sent(1.1, LARGE, answers=True)
    assert pace.wait(1.2) == 0
    assert not pace.answered(1.3)
    assert not pace.sent(2.0, LARGE, answers=True)
    assert pace.sent(1.0 + SAMPLED, LARGE, answers=True)
    assert not pace.answered(3.0 + SAMPLED)
    assert pace.sent(20.0, LARGE, answers=True)
    assert pace.answered(22.0)
    assert pace.slow


def test_on_a_slow_link_a_frame_waits_until_the_last_has_arrived_but_not_for_ever() -> None:
    pace = FramePacer(True)
    pace.touch(0.0)
    assert pace.sent(0.0, 10, answers=True)
    pace.touch(1.0)
    assert pace.wait(1.0) == PATIENCE - 1
    pace.answered(2.0)
    assert pace.wait(2.0) == 0
    assert pace.sent(2.0, 10, answers=True)
    pace.touch(13.0)
    assert pace.wait(13.0) == 0


@given(st.lists(st.floats(0, 60), max_size=60))
def test_a_link_does_not_flap(times: list[float]) -> None:
    pace = FramePacer()
    changes = sum(pace.took(seconds) for seconds in times)
    assert changes <= 2 * len(times) // (TWICE + OFTEN) + 1
    assert pace.slow is (changes % 2 == 1)
