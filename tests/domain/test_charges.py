"""Charges by kind, day and month, whatever RunPod sends; and what a month may come to."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.api.account import Charge
from tui.domain import charges
from tui.domain.charges import DAY, KINDS

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
TODAY = NOW - 12 * 3600


def charge(back: int, amount: float | None, kind: str | None = "CHARGE_POD", **parts: float) -> Charge:
    known = {"pods": None, "disk": None, "api": None, "serverless": None, **parts}
    return Charge(TODAY - back * DAY, amount, kind=kind, **known)  # type: ignore[arg-type]


def by_kind(*found: Charge) -> dict[str, float]:
    (day,) = charges.days(found)
    return {kind: amount for kind, amount in zip(KINDS, day.amounts, strict=True) if amount}


def test_parts_of_a_charge_go_to_their_kinds_and_the_rest_to_its_type() -> None:
    assert by_kind(charge(0, 10.0)) == {"pods": 10.0}
    assert by_kind(charge(0, 10.0, pods=7.0, disk=3.0)) == {"pods": 7.0, "storage": 3.0}
    assert by_kind(charge(0, 10.0, "CHARGE_STORAGE", pods=7.0)) == {"pods": 7.0, "storage": 3.0}
    assert by_kind(charge(0, 10.0, "CHARGE_SAVINGS_PLAN", pods=0.0)) == {"savings plan": 10.0}
    assert by_kind(charge(0, 10.0, "CHARGE_NEWER")) == {"other": 10.0}
    assert by_kind(charge(0, 10.0, None), charge(0, 2.0, "CHARGE_API")) == {"other": 10.0, "API": 2.0}
    assert by_kind(charge(0, None, serverless=1.5)) == {"serverless": 1.5}
    assert by_kind(charge(0, 7.004, pods=7.0)) == {"pods": 7.0}, "a rounding is no charge"


AMOUNTS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(math.nan), st.just(math.inf))


INSTANTS = st.one_of(st.none(), st.floats(0, 4e9), st.just(math.nan))
TYPES = st.sampled_from(["CHARGE_POD", "CHARGE_API", "X", None])
WILD = st.builds(Charge, INSTANTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, TYPES)


@given(st.lists(WILD, max_size=20))
def test_wild_charges_are_finite_and_in_order(found: list[Charge]) -> None:
    made = charges.days(found)
    assert all(math.isfinite(amount) for day in made for amount in day.amounts)
    assert [day.at for day in made] == sorted({day.at for day in made})
    month = charges.month(made, 3.0, NOW)
    assert month.by_spend is not None
    assert math.isfinite(month.by_spend)


def test_a_month_to_date_and_two_forecasts() -> None:
    found = charges.days([charge(back, 10.0) for back in range(60)])
    month = charges.month(found, 0.5, NOW)
    assert datetime.fromtimestamp(month.start, UTC).day == 1
    assert sum(month.to_date) == 230.0  # 23 days of November
    assert month.before == 310.0
    left = 7.5  # days
    assert month.left == left * DAY
    assert month.by_spend == pytest.approx(230 + 0.5 * 24 * left)
    assert month.mean == 10.0
    assert month.by_mean == pytest.approx(230 + 10 * left)


def test_a_young_or_an_empty_account_is_not_thinned_out_by_days_before_it() -> None:
    month = charges.month(charges.days([charge(0, 1.0), charge(1, 10.0), charge(2, 20.0)]), None, NOW)
    assert month.mean == 15.0
    assert month.by_spend is None
    assert month.before is None
    empty = charges.month((), None, NOW)
    assert (sum(empty.to_date), empty.before, empty.by_spend, empty.by_mean) == (0.0, None, None, None)
    assert charges.month((), 1.0, NOW).by_spend == pytest.approx(24 * 7.5)


def test_a_december_ends_with_the_year() -> None:
    month = charges.month((), None, datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(month.end, UTC) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month.left == 3600.0


@given(st.integers(1, 1500), st.integers(1, 300))
def test_bars_keep_every_charge_of_their_days_and_end_with_today(span: int, columns: int) -> None:
    found = charges.days([charge(back, 1.0) for back in range(1200)])
    bars, each = charges.stacked(found, NOW, span, columns)
    assert len(bars) <= columns
    assert bars[-1].at + each * DAY == TODAY + DAY
    assert span <= len(bars) * each < span + each
    assert bars[0].at == TODAY + DAY - span * DAY, "as the sums beside them, none of an earlier day"
    assert sum(bar.total for bar in bars) == min(1200, span)
