"""What is waited for: when it is there, and when that is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import market, offer, pod
from tui.api.models import Market, MarketQuery, Quote
from tui.domain.market_watch import AGAIN, PAUSE, Hit, MarketWatch, State, has_room, hit, may_send, seen, what

H100, A100 = "NVIDIA H100", "NVIDIA A100"
WAITS = MarketWatch("v1", 0.0, (H100, A100), ("H100", "A100"), ceiling=2.5)


def there(secure: Quote | None = None, community: Quote | None = None, other: Quote | None = None) -> Market:
    return market(offer("H100", secure, community), offer("A100", other))


@pytest.mark.parametrize(
    ("vigil", "told", "found"),
    [
        (WAITS, there(Quote(2.4, 1.0, "Low")), Hit(H100, "H100", True, 2.4, "Low")),
        (WAITS, there(Quote(2.4, 1.0, "Low"), Quote(2.2, 1.0, "High")), Hit(H100, "H100", False, 2.2, "High")),
        (WAITS, there(Quote(2.51, 1.0, "Low")), None),
        (WAITS, there(Quote(None, None, None)), None),
        (WAITS, there(Quote(3.0, None, "Low"), other=Quote(1.5, None, "Low")), Hit(A100, "A100", True, 1.5, "Low")),
        (replace(WAITS, ceiling=None), there(Quote(99.0, None, None)), Hit(H100, "H100", True, 99.0, None)),
        (replace(WAITS, spot=True), there(Quote(9.0, 1.5, "Low")), Hit(H100, "H100", True, 1.5, "Low")),
        (
            replace(WAITS, demand=MarketQuery(gpu_count=4)),
            there(Quote(10.0, None, "Low")),
            Hit(H100, "H100", True, 2.5, "Low"),
        ),
        (replace(WAITS, demand=MarketQuery(secure=True)), there(None, Quote(2.0, None, "Low")), None),
        (replace(WAITS, gpus=("NVIDIA B200",)), there(Quote(1.0, None, "Low")), None),
    ],
)
def test_what_is_there(vigil: MarketWatch, told: Market, found: Hit | None) -> None:
    assert hit(vigil, told) == found


def test_a_hosts_room() -> None:
    down = pod("a", status="EXITED", utils=None)
    assert down.machine is not None
    assert has_room(replace(down, machine=replace(down.machine, gpu_available=1)))
    assert not has_room(replace(down, machine=replace(down.machine, gpu_available=0)))
    assert not has_room(replace(down, gpu_count=2, machine=replace(down.machine, gpu_available=1)))
    assert not has_room(replace(down, machine=replace(down.machine, gpu_available=None)))
    assert not has_room(replace(down, machine=None))
    assert not has_room(pod("a"))
    assert not has_room(None)


def test_it_is_told_when_it_comes_and_not_each_time_that_it_flickers() -> None:
    vigil, news = seen(WAITS, False, 10.0)
    assert not news
    vigil, news = seen(vigil, True, 20.0)
    assert news
    assert vigil.met_at == 20.0
    vigil, news = seen(vigil, True, 30.0)
    assert not news
    vigil, _ = seen(vigil, False, 40.0)
    assert vigil.met_at is None
    vigil, news = seen(vigil, True, 40.0 + AGAIN - 1)
    assert not news
    assert vigil.met_at is not None
    vigil, _ = seen(vigil, False, 1000.0)
    _, news = seen(vigil, True, 1000.0 + AGAIN)
    assert news


@given(st.lists(st.tuples(st.booleans(), st.floats(1.0, 2000.0)), max_size=40))
def test_two_tellings_are_never_closer_than_a_while(steps: list[tuple[bool, float]]) -> None:
    vigil, now, told = WAITS, 0.0, []
    for there_now, after in steps:
        now += after
        vigil, news = seen(vigil, there_now, now)
        assert (vigil.met_at is not None) == there_now
        if news:
            assert there_now
            told.append(now)
    assert all(later - before >= AGAIN for before, later in pairwise(told))


def test_an_armed_one_waits_between_two_attempts() -> None:
    armed = replace(WAITS, state=State.ARMED)
    assert may_send(armed, 0.0)
    assert not may_send(replace(armed, sent_at=100.0), 100.0 + PAUSE - 1)
    assert may_send(replace(armed, sent_at=100.0), 100.0 + PAUSE)
    for state in set(State) - {State.ARMED}:
        assert not may_send(replace(WAITS, state=state), 1e9)


def test_in_words() -> None:
    assert what(WAITS) == "H100 or A100 at up to $2.50/h"
    spot = replace(WAITS, demand=MarketQuery(gpu_count=8), spot=True)
    assert what(spot) == "8× H100 or A100 at a bid of up to $2.50/GPU/h"
    assert what(replace(WAITS, ceiling=None, spot=True, names=("H100",))) == "H100 spot"
    assert what(MarketWatch("v", 0.0, pod="p", pod_name="train")) == "free GPUs for train"
