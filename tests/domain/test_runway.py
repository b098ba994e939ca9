"""When the money runs out, what happens then, what stopping changes; what pods cost, as far as it was watched."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.domain import costs, runway
from tui.domain.runway import ENDS, STAYS, STOPS
from tui.store.fleet import Fleet
from tui.store.spend import SpendHistory, empty
from tui.store.views import pod_costs

NOW = 1_795_435_200.0
HOUR = 3600.0
STOPPED = "Exited by user: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"


@pytest.mark.parametrize(
    ("status", "volume", "what"),
    [
        ("RUNNING", None, ENDS),
        ("RUNNING", "", ENDS),
        ("RUNNING", "vol", STOPS),
        ("EXITED", None, ENDS),
        ("EXITED", "vol", STAYS),
        ("TERMINATED", None, STAYS),
        ("PAUSED", "vol", STOPS),
    ],
)
def test_without_a_network_volume_a_pod_ends_with_its_data(status: str, volume: str | None, what: str) -> None:
    assert runway.fate(replace(pod("a", status=status), network_volume_id=volume)) == what


def test_stopping_saves_the_price_and_makes_the_disk_dearer() -> None:
    running = pod("a", cost=2.0)  # 100 GB of volume, 50 GB of container disk
    change = runway.change_by_stopping([running, pod("b", status="EXITED")])
    assert change == pytest.approx(-2.0 + 100 * 0.20 / 730 - 150 * 0.10 / 730)
    assert runway.change_by_stopping([running, pod("c", cost=None)]) is None
    assert runway.change_by_stopping([replace(running, volume_gb=None)]) is None
    assert runway.change_by_stopping([]) == 0.0


def test_what_nothing_is_spent_for_never_ends() -> None:
    after = costs.changed(funds(100.0, 2.0), -2.0)
    assert after is not None
    assert runway.ends_at(after, NOW) == math.inf
    assert runway.ends_at(funds(100.0, 10.0), NOW) == NOW + 10 * HOUR
    assert runway.ends_at(funds(None, 10.0), NOW) is None
    assert runway.ends_at(funds(-3.0, 10.0), NOW) == NOW
    assert costs.changed(None, 1.0) is None
    assert costs.changed(funds(100.0, 2.0), None) is None


@given(st.floats(0, 1e6), st.floats(0.001, 1e4), st.floats(0, 1e7))
def test_the_balance_ahead_reaches_zero_with_the_runway(balance: float, spend: float, ahead: float) -> None:
    money = funds(balance, spend)
    left = runway.balance_at(money, NOW, NOW + ahead)
    end = runway.ends_at(money, NOW)
    assert left is not None
    assert end is not None
    assert 0 <= left <= balance
    if NOW + ahead > end + 1:
        assert left == 0
    elif NOW + ahead < end - 1:
        assert left > 0


def fleet_of(*pods: object) -> Fleet:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(*pods), NOW)  # type: ignore[arg-type]
    return fleet


def test_a_forgotten_pod_has_an_age_and_a_cost_so_far() -> None:
    fleet = fleet_of(
        replace(pod("a", status="EXITED", utils=None, change=STOPPED), volume_gb=730.0),
        pod("b", cost=3.0),
        replace(pod("c", status="EXITED", utils=None, change="Exited, who knows when"), volume_gb=0.0),
    )
    rows = {row.id: row for row in pod_costs.pod_costs(fleet.records, None, NOW)}
    assert list(rows) == ["b", "a", "c"], "the dearest first"
    assert rows["a"].stopped_at == NOW - 10 * HOUR
    assert rows["a"].per_hr == rows["a"].storage_per_hr == pytest.approx(0.20)
    assert rows["a"].stored == pytest.approx(2.0)
    assert (rows["c"].stopped_at, rows["c"].stored, rows["c"].per_hr) == (None, None, 0.0)
    assert (rows["b"].per_hr, rows["b"].stopped_at, rows["b"].today) == (3.0, None, None)


def books_of(watched: float, **spent: tuple[float | None, float | None]) -> SpendHistory:
    return SpendHistory(NOW, NOW - 12 * HOUR, NOW - 100 * HOUR, spent, watched, NOW - watched, (), (), ())


def test_what_was_not_watched_is_the_least_it_can_have_been() -> None:
    fleet = fleet_of(pod("a", cost=3.0), pod("b", cost=2.0))  # up for an hour
    (first, second) = pod_costs.pod_costs(fleet.records, books_of(10 * HOUR, a=(4.0, 20.0)), NOW)
    assert (first.today, first.month, first.least) == (4.0, 20.0, True)
    assert (second.today, second.month, second.least) == (2.0, 2.0, True), "of an unwatched pod its uptime tells"
    (first, _) = pod_costs.pod_costs(fleet.records, books_of(100 * HOUR, a=(4.0, 20.0)), NOW)
    assert not first.least
    (first, _) = pod_costs.pod_costs(fleet.records, empty(NOW, NOW - HOUR, NOW - HOUR), NOW)
    assert (first.month, first.least) == (3.0, False), "a run that is longer than the month is all of it"


def test_unreadable_pods_are_counted_and_not_judged() -> None:
    from tui.api.models import Unreadable

    fleet = Fleet(5, 30)
    fleet.apply(replace(snapshot(pod("a")), unreadable=(Unreadable("x", "odd", "no"),)), NOW)
    totals = pod_costs.at_zero(pod_costs.pod_costs(fleet.records, None, NOW))
    assert [row.id for row in totals.ends] == ["a"]
    assert (totals.stops, totals.stays, totals.unknown) == ((), (), 1)
