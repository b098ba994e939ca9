"""Money of one pod: its disks, its running time, its present run."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from tui.api.models import Runtime
from tui.domain.pod_costs import MONTH_HOURS, Span, network_volume_per_hr, since_start, spent, storage_per_hr

HOUR = 3600.0
TIMES = st.floats(-1e9, 4e9)
COSTS = st.one_of(st.none(), st.floats(0, 100), st.floats())
SPANS = st.lists(
    st.builds(Span, st.one_of(TIMES, st.floats()), st.sampled_from(["RUNNING", "EXITED", "", "NEW WORD"]), COSTS),
    max_size=8,
)


def test_disks_cost_less_while_running_than_a_volume_does_stopped() -> None:
    pod = make.pod("a")
    assert storage_per_hr(pod, running=True) == pytest.approx((50 + 100) * 0.10 / MONTH_HOURS)
    assert storage_per_hr(pod, running=False) == pytest.approx(100 * 0.20 / MONTH_HOURS)


def test_a_size_that_is_not_known_is_no_zero() -> None:
    pod = msgspec.structs.replace(make.pod("a"), container_disk_gb=None)
    assert storage_per_hr(pod, running=True) is None
    assert storage_per_hr(pod, running=False) == pytest.approx(20 / MONTH_HOURS)
    assert storage_per_hr(msgspec.structs.replace(pod, volume_gb=None), running=False) is None


@pytest.mark.parametrize("size", [-1.0, math.nan, math.inf])
def test_an_odd_size_is_no_money(size: float) -> None:
    assert storage_per_hr(msgspec.structs.replace(make.pod("a"), volume_gb=size), running=True) is None
    assert network_volume_per_hr(size) is None


@pytest.mark.parametrize(("size", "month"), [(0, 0.0), (500, 35.0), (1000, 70.0), (4000, 220.0)])
def test_a_network_volume_is_cheaper_beyond_a_terabyte(size: float, month: float) -> None:
    per_hr = network_volume_per_hr(size)
    assert per_hr is not None
    assert per_hr * MONTH_HOURS == pytest.approx(month)


def test_a_network_volume_of_unknown_size_has_no_price() -> None:
    assert network_volume_per_hr(None) is None


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_larger_network_volume_never_costs_less(one: float, other: float) -> None:
    small, large = network_volume_per_hr(min(one, other)), network_volume_per_hr(max(one, other))
    assert small is not None
    assert large is not None
    assert small <= large + 1e-9


def test_only_running_time_is_counted() -> None:
    spans = [Span(0, "RUNNING", 2.0), Span(HOUR, "EXITED", 2.0), Span(3 * HOUR, "RUNNING", 4.0)]
    assert spent(spans, 0, 4 * HOUR) == pytest.approx(6.0)
    assert spent(spans, HOUR / 2, 1.5 * HOUR) == pytest.approx(1.0)
    assert spent(spans, HOUR, 3 * HOUR) == 0.0


def test_the_order_of_the_spans_does_not_matter() -> None:
    spans = [Span(0, "RUNNING", 2.0), Span(HOUR, "EXITED", None), Span(2 * HOUR, "RUNNING", 3.0)]
    assert spent(spans[::-1], 0, 3 * HOUR) == spent(spans, 0, 3 * HOUR) == pytest.approx(5.0)


@pytest.mark.parametrize(
    "spans",
    [[], [Span(0, "RUNNING", None)], [Span(0, "", 2.0)], [Span(HOUR, "RUNNING", 2.0)], [Span(0, "RUNNING", math.nan)]],
)
def test_what_nobody_knows_is_not_zero(spans: list[Span]) -> None:
    assert spent(spans, 0, HOUR) is None


def test_a_part_that_is_not_known_leaves_the_rest() -> None:
    spans = [
        Span(0, "RUNNING", 1.0),
        Span(HOUR, "", None),
        Span(2 * HOUR, "RUNNING", None),
        Span(3 * HOUR, "EXITED", 1),
    ]
    assert spent(spans, -HOUR, 9 * HOUR) == pytest.approx(1.0)


def test_no_time_is_no_knowledge() -> None:
    assert spent([Span(0, "RUNNING", 1.0)], HOUR, HOUR) is None
    assert spent([Span(0, "RUNNING", 1.0)], HOUR, 0) is None


@given(SPANS, TIMES, TIMES, TIMES)
def test_the_cost_of_two_stretches_is_that_of_both(spans: list[Span], a: float, b: float, c: float) -> None:
    start, middle, end = sorted((a, b, c))
    whole, first, second = spent(spans, start, end), spent(spans, start, middle), spent(spans, middle, end)
    assert (whole is None) == (first is None and second is None)
    assert math.isclose(whole or 0.0, (first or 0.0) + (second or 0.0), rel_tol=1e-9, abs_tol=1e-6)


@given(SPANS, TIMES, TIMES)
def test_nothing_is_ever_earned(spans: list[Span], start: float, end: float) -> None:
    found = spent(spans, start, end)
    assert found is None or found >= 0


@given(st.lists(st.builds(Span, TIMES, st.just("RUNNING"), st.floats(0, 100)), max_size=8), TIMES, TIMES)
def test_no_more_than_the_highest_price_all_the_time(spans: list[Span], start: float, end: float) -> None:
    found = spent(spans, start, end)
    highest = max((span.cost_per_hr or 0.0 for span in spans), default=0.0)
    assert (found or 0.0) <= highest * max(0.0, end - start) / HOUR * (1 + 1e-9)


def test_the_present_run() -> None:
    pod = make.pod("a", cost=3.0)
    assert since_start(pod) == pytest.approx(3.0)
    assert since_start(msgspec.structs.replace(pod, runtime=make.runtime((50.0,), uptime=-17))) == 0.0


def test_a_run_of_which_a_part_is_missing_has_no_cost() -> None:
    assert since_start(make.pod("a", cost=None)) is None
    assert since_start(make.pod("a", utils=None)) is None
    assert since_start(msgspec.structs.replace(make.pod("a"), runtime=Runtime(None, None, None, (), ()))) is None


def test_a_stopped_pods_leftover_runtime_is_no_run() -> None:
    assert since_start(make.pod("a", status="EXITED")) is None
