"""Work that would take for ever is interrupted, and nothing else is."""

from __future__ import annotations

import re
import signal
import threading

import pytest

from tui.system.time_limit import TookTooLong, limited

ENDLESS = re.compile(r"(a+)+$")


def test_a_pattern_that_takes_for_ever_is_interrupted() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TookTooLong), limited(0.02):
        ENDLESS.search("a" * 60 + "b")
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_ends_in_time_is_left_alone() -> None:
    with limited(60.0):
        assert ENDLESS.search("aaa")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_error_inside_is_passed_on() -> None:
    with pytest.raises(KeyError), limited(60.0):
        raise KeyError
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_in_a_thread_there_is_no_limit() -> None:
    found: list[object] = []

    def work() -> None:
        with limited(0.0):
            found.append(ENDLESS.search("aaa"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[0] is not None
