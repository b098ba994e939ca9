"""The user's own patterns: what they read, what is refused, and that none takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.signals.detection import LineReader
from tui.domain.signals.own_pattern import BadPattern, OwnPattern
from tui.domain.signals.values import NOTHING, Values

pytest.importorskip("re2", reason="the user's own patterns run in google-re2, which is not installed")


def test_named_groups_are_read() -> None:
    own = OwnPattern(r"it=(?P<step>\d+)/(?P<total>\d+) L(?P<loss>\S+)(?: @(?P<tokens_per_s>\S+))?")
    assert own.read("> it=12/400 L2.31 @41.2k") == Values(step=12, total=400, loss=2.31, tokens_per_s=41200.0)
    assert own.read("> it=12/400 L2.31") == Values(step=12, total=400, loss=2.31)
    assert own.read("> it=13/400 Lnan") == Values(step=13, total=400, not_finite="NaN")
    assert own.read("> it=13/400 L???") == Values(step=13, total=400)
    assert own.read("nothing of it") is None


def test_a_pattern_that_matches_nothing_says_so_until_it_does() -> None:
    reader = LineReader(own=OwnPattern(r"L(?P<loss>\S+)"))
    for _ in range(1200):
        reader.read("epoch one")
    assert (reader.title, reader.detected) == ("own pattern, no match in 1,200 lines", "")
    reader.read("L2.5")
    assert (reader.title, reader.detected) == ("own pattern", "own pattern")


def test_an_own_pattern_is_used_in_place_of_presets() -> None:
    reader = LineReader(own=OwnPattern(r"L(?P<loss>\S+)"))
    assert reader.read("step=5 loss=3 L2.5") == Values(loss=2.5)
    assert reader.read("step=5 loss=3") == NOTHING
    assert reader.title == "own pattern"


def test_no_pattern_takes_long_on_any_line() -> None:
    for pattern in (r"(a*)*(?P<loss>b)", r"(a|aa)+(?P<loss>$b)", r"(.*)(.*)(.*)(.*)(?P<loss>x)"):
        begun = time.process_time()
        assert OwnPattern(pattern).read("a" * 2000) is None
        assert time.process_time() - begun < 0.5


@given(st.text(max_size=60))
def test_any_pattern_is_used_or_refused_with_a_reason(pattern: str) -> None:
    try:
        own = OwnPattern(f"(?P<loss>.)?{pattern}")
    except BadPattern as error:
        reason = str(error)
    else:
        reason = "expected"
        own.read("step 5 loss 3")
    assert "expected" in reason


@given(st.text(max_size=200))
def test_any_line_is_read(text: str) -> None:
    OwnPattern(r"(?P<loss>\S+)").read(text)
