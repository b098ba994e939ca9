"""What every test gets: a folder of its own, and an end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.quick import ROOT
from tests.conftest import AGAIN


def test_what_is_written_without_a_path_is_not_written_among_the_sources() -> None:
    assert Path.cwd() == Path.home()
    assert ROOT not in (Path.cwd(), *Path.cwd().parents)


def test_a_test_whose_time_is_over_is_stopped_until_it_has_ended() -> None:
    left, again = signal.getitimer(signal.ITIMER_REAL)
    if not left:
        pytest.skip("run with --timeout=0, or without pytest-timeout")
    assert again == AGAIN
