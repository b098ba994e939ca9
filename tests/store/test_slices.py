"""Very many pods: taken in a slice at a time, and what is made of all of them is made once for each answer."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.domain import pod_health
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import CROWD, Fleet
from tui.store.series import GAP, Series, pack
from tui.store.slices import SLICE, whole
from tui.store.views import pods

NOW = 1_790_000_000.0
MANY = 2 * CROWD
PODS = snapshot(*(pod(f"p{n}", name=f"run-{n % 97}", utils=(n % 100, 0), cost=1.0) for n in range(MANY)))


def test_many_pods_are_taken_in_with_pauses_and_the_old_ones_stay_until_then() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("old")), NOW)
    work = fleet.taking(PODS, NOW + 5)
    pauses = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            happened = end.value
            break
        pauses += 1
        assert set(fleet.records) == {"old"}
    assert pauses >= 2 * (MANY // SLICE)
    assert len(fleet.records) == MANY
    other = Fleet(5, 30)
    other.apply(snapshot(pod("old")), NOW)
    assert other.apply(PODS, NOW + 5) == happened
    assert sum(1 for _ in AlertTracker().judging(fleet, NOW + 5)) == MANY // SLICE


def test_few_pods_are_taken_in_without_a_pause() -> None:
    fleet = Fleet(5, 30)
    assert list(fleet.taking(snapshot(pod("a"), pod("b")), NOW)) == []
    assert list(fleet.summing(NOW)) == []


@pytest.mark.parametrize("warmed", [True, False])
def test_what_is_made_of_many_pods_is_what_it_would_be_of_few(warmed: bool) -> None:
    fleet = Fleet(50, 300)
    for step in range(20):
        # Long enough for idle ones; the first half of them is enough to show it.
        fleet.apply(replace(PODS, pods=(PODS.pods or ())[:CROWD]), NOW + 50 * step)
    now = NOW + 950
    if warmed:
        whole(fleet.summing(now))
    records = [record.pod for record in fleet.records.values() if record.pod is not None]
    assert fleet.totals == pod_health.totals(records)
    idle = sum(
        1 for r in fleet.records.values() if r.pod and pod_health.phase(r.pod, r.idle_for(now)) is pod_health.Phase.IDLE
    )
    assert idle > 0
    assert fleet.idle_burn(now) == idle
    query = pods.Query(sort="name")
    first = pods.pods(fleet, now, query)
    assert pods.pods(fleet, now + 1, query) is first
    assert pods.pods(fleet, NOW - 5, query) is not first


def test_the_next_answer_makes_it_anew() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    assert fleet.totals.pods == MANY
    assert len(pods.pods(fleet, NOW, pods.Query())) == MANY
    fleet.apply(replace(PODS, pods=(PODS.pods or ())[1:]), NOW + 5)
    assert fleet.totals.pods == MANY - 1
    assert len(pods.pods(fleet, NOW + 5, pods.Query())) == MANY - 1


@pytest.mark.parametrize("value", [1e308, -1e308, 1.7e308, math.inf, -math.inf, math.nan, -0.0, 5e-324])
@pytest.mark.parametrize("name", ["cpu", "power0", "cpu_part"])
def test_no_number_is_too_much_for_a_series(name: str, value: float) -> None:
    assert 0 <= pack(name, value) <= GAP
    assert (pack(name, value) == GAP) == (not math.isfinite(value))


def test_a_gap_is_a_sample_of_nothing() -> None:
    one, other = Series(120), Series(120)
    for series in (one, other):
        series.append(NOW, {"cpu": 5.0, "util": 7.0})
    for step in range(1, 400):
        one.gap(NOW + step)
        other.append(NOW + step, {})
    one.gap(NOW)
    assert (one.times, one.names) == (other.times, other.names)
    assert one.value("cpu", NOW + 400) is None
