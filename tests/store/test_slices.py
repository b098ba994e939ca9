"""Very many pods: taken in a slice at a time, and what is made of all of them is made once for each answer."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Collection
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import market, offer, pod, snapshot
from tui.api.models import Pod, Quote
from tui.domain import pod_health
from tui.domain.filters import parse
from tui.store import fleet_sums
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.fleet_sums import CROWD
from tui.store.price_history import SECURE, ReportedPrice, Trend
from tui.store.series import GAP, SampleColumn, Samples, Series, pack
from tui.store.slices import SLICE, Sliced, sliced
from tui.store.views import gpu_map, pod_costs, pod_filter, pods
from tui.store.views.pod_filter import VOCABULARY
from tui.store.views.pods import Query

NOW = 1_790_000_000.0
BY_NAME = Query(sort="name")
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


def test_the_costs_of_many_pods_are_computed_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    computed = []
    cost = pod_costs._pod_cost

    def counted(record: Record, *of: Any) -> pod_costs.PodCost:
        computed.append(record.id)
        return cost(record, *of)

    monkeypatch.setattr(pod_costs, "_pod_cost", counted)
    work, at_once = pod_costs.costing(fleet.records, None, NOW), []
    while True:
        computed.clear()
        try:
            next(work)
        except StopIteration as end:
            costs = end.value
            break
        finally:
            at_once.append(len(computed))
    assert max(at_once) <= SLICE
    assert sum(at_once) == MANY
    assert costs == pod_costs.pod_costs(fleet.records, None, NOW)


def test_what_is_shown_of_many_pods_is_computed_ahead_with_pauses_while_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fleet_sums, "UNREAD", 2)
    fleet, made, at_once = Fleet(5, 30), 0, [0]

    def counting(records: Collection[Record]) -> Sliced[int]:
        nonlocal made
        for pause, _ in sliced(records):
            if pause:
                at_once.append(0)
                yield
            made, at_once[-1] = made + 1, at_once[-1] + 1
        return len(records)

    fleet.apply(PODS, NOW)
    assert made == 0, "nobody has asked"
    assert fleet.of_all("count", counting) == MANY
    for step in range(1, 3):
        at_once[:] = [0]
        fleet.apply(PODS, NOW + 5 * step)
        assert made == (1 + step) * MANY
        assert max(at_once) <= SLICE
        for _ in range(2):
            assert fleet.of_all("count", counting) == MANY
        assert made == (1 + step) * MANY, "it was there"
    for step in range(3, 9):
        fleet.apply(PODS, NOW + 5 * step)
    assert made == (3 + 1 + 2) * MANY, "nobody asks any more"


def test_the_map_the_order_and_the_widths_of_many_pods_are_computed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    fewer = ("p1", "p0", "gone")

    def shown() -> tuple[object, ...]:
        return gpu_map.groups(fleet, fewer), pods.widest(fleet), pods.pods(fleet, fleet.pods_at or 0.0, BY_NAME)

    before = shown()
    fleet.apply(PODS, NOW + 5)
    with monkeypatch.context() as later:
        later.setattr(fleet_sums, "whole", lambda work: pytest.fail("all of it, in one step"))
        assert shown() == before
    assert before[0] == (gpu_map.Group("p1", "run-1", 2), gpu_map.Group("p0", "run-0", 2))


def test_what_many_pods_were_before_is_let_go_a_slice_at_a_time() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    record = fleet.records["p0"]
    kept, held = sys.getrefcount(record), []
    for _ in fleet.taking(PODS, NOW + 5):
        if fleet.pods_at == NOW + 5:
            held.append(sys.getrefcount(record))
    assert len(held) >= MANY // SLICE
    # The first is the last that is let go: until then only the dictionary is gone.
    assert held[0] == kept
    assert sys.getrefcount(record) == kept - 1


def test_that_many_pods_were_idle_is_known_of_all_at_once_with_what_follows_from_it() -> None:
    fleet = Fleet(5, 30)
    quiet = snapshot(*(pod(f"p{n}", utils=(0,), cost=1.0) for n in range(MANY)))
    fleet.apply(quiet, NOW)
    totals, before, pauses = fleet.totals, fleet.records, 0
    for _ in fleet.were_idle({f"p{n}": 900.0 for n in range(MANY // 2)}):
        pauses += 1
        assert fleet.records is before
        assert fleet.idle_burn(NOW) == 0.0
    assert pauses >= MANY // SLICE

    def again() -> object:
        raise AssertionError("it is computed by whoever asks")

    for key in ("totals", "idle burn", "phases"):
        fleet.derived(key, NOW, again)
    assert fleet.totals == totals
    assert fleet.idle_burn(NOW) == MANY // 2
    assert [fleet.phases(NOW)[f"p{n}"].value for n in (0, MANY - 1)] == ["idle", "running"]


def longest_step(work: Sliced[None], done: Callable[[], int]) -> int:
    """Rows that are dealt with between two pauses, at the most; all of the work is done."""
    most, before = 0, done()
    for _ in work:
        most, before = max(most, done() - before), done()
    return max(most, done() - before)


def test_very_many_prices_are_taken_in_with_pauses_and_the_old_ones_stay_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[float] = []
    add = Trend.add

    def count(trend: Trend, start: float, end: float, said: ReportedPrice) -> None:
        told.append(end)
        add(trend, start, end, said)

    monkeypatch.setattr(Trend, "add", count)
    fleet = Fleet(5, 30)
    prices = market(*(offer(f"GPU {n}", Quote(1.0, None, "High")) for n in range(4 * SLICE)))
    assert longest_step(fleet.taking_market(prices, NOW), lambda: len(told)) <= SLICE
    work = fleet.taking_market(prices, NOW + 30)
    next(work)
    assert fleet.market.at == NOW
    assert longest_step(work, lambda: len(told)) <= SLICE
    assert fleet.market.at == NOW + 30
    few, at_once = Fleet(5, 30), Fleet(5, 30)
    assert list(few.taking_market(market(offer("A", Quote(1.0, None, "High"))), NOW)) == []
    for at in (NOW, NOW + 30):
        at_once.apply_market(prices, at)
    (trend, other) = (each.prices.trends["NVIDIA GPU 7", SECURE] for each in (fleet, at_once))
    assert list(trend.watched) == list(other.watched)


def test_what_was_recorded_of_very_many_pods_is_taken_in_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[int] = []
    prepend = Series.prepend

    def count(series: Series, *more: Any) -> None:
        put.append(1)
        prepend(series, *more)

    monkeypatch.setattr(Series, "prepend", count)
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    quiet = SampleColumn(b"\0\0", b"\0\0", b"\0\0")
    past = {f"p{n}": Samples(array("d", [NOW - 10, NOW - 5]), {"gpu0": quiet, "util": quiet}) for n in range(MANY)}
    assert longest_step(fleet.prefilling(past), lambda: len(put)) <= SLICE
    assert len(put) == MANY


def test_few_pods_are_taken_in_without_a_pause() -> None:
    fleet = Fleet(5, 30)
    assert list(fleet.taking(snapshot(pod("a"), pod("b")), NOW)) == []


def test_what_the_header_tells_of_very_many_pods_is_there_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, read = Fleet(5, 30), list[object]()
    work = fleet.taking(PODS, NOW)
    phase = pod_health.phase

    def count(pod: Pod, idle_for: float | None = None) -> pod_health.Phase:
        read.append(pod)
        return phase(pod, idle_for)

    monkeypatch.setattr(pod_health, "phase", count)
    # One for what idles, one for the list.
    assert longest_step(work, lambda: len(read)) <= 2 * SLICE
    told = len(read)
    assert fleet.totals.pods == MANY
    assert fleet.idle_burn(NOW + 1) == 0
    assert len(pods.pods(fleet, NOW + 1, pods.Query())) == MANY
    assert len(read) == told


def test_letters_of_a_filter_read_very_many_pods_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, read = Fleet(5, 30), list[object]()
    fleet.apply(PODS, NOW)
    text = pod_filter._text
    monkeypatch.setattr(pod_filter, "_text", lambda record, at: read.append(record) or text(record, at))
    for typed in ("r", "ru", "run-9", "run-96"):
        found = pods.pods(fleet, NOW, pods.Query(parse(typed, VOCABULARY)))
    assert found == tuple(sorted(r.id for r in fleet.records.values() if r.name == "run-96"))
    assert len(read) == MANY


@pytest.mark.parametrize("warmed", [True, False])
def test_what_is_made_of_many_pods_is_what_it_would_be_of_few(warmed: bool) -> None:
    fleet = Fleet(50, 300)
    for step in range(20):
        # Long enough for idle ones; the first half of them is enough to show it.
        fleet.apply(replace(PODS, pods=(PODS.pods or ())[:CROWD]), NOW + 50 * step)
    now = NOW + 950
    if not warmed:
        fleet.prefill({})
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
