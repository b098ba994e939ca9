"""The report held against RunPod's charges: whole days of UTC, and the reasons of a difference."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.api.account import Billing, BillSummary
from tui.domain.charges import KINDS, Day
from tui.domain.report import Report, Volume
from tui.domain.report_check import Check, days_of_bills, held_against, reasons, sentence

DAY = 86_400.0
MON = 20_780 * DAY
"""A midnight of UTC."""

NOW = MON + 3.5 * DAY
REPORT = Report(
    MON + 0.5 * DAY, NOW, MON, 3 * DAY, by_utc_day={MON + n * DAY: 10.0 for n in range(4)},
    watched_by_utc_day={MON + n * DAY: DAY for n in range(4)},
)  # fmt: skip


def days(**amounts: float) -> tuple[Day, ...]:
    parts = tuple(amounts.get(kind, 0.0) for kind in KINDS)
    return tuple(Day(MON + n * DAY, parts) for n in range(-3, 4))


def held(report: Report = REPORT, now: float = NOW, *, knows_volumes: bool = True, **amounts: float) -> Check:
    check = held_against(report, days(**amounts), now, knows_volumes=knows_volumes)
    assert check is not None
    return check


def test_only_whole_days_that_are_settled_count() -> None:
    check = held(pods=10.0)
    assert (check.start, check.end, check.days) == (MON + DAY, MON + 3 * DAY, 2)
    assert (check.total, check.counted, check.difference) == (20.0, 20.0, 0.0)
    assert sentence(check) == "RunPod charged $20.00 in 2 whole days (UTC), podtop counts $20.00: no difference"
    assert held(now=MON + 3 * DAY + 3600, pods=10.0).days == 1, "yesterday's bills are not complete yet"
    assert held_against(replace(REPORT, end=MON + 1.9 * DAY), days(pods=1.0), NOW, knows_volumes=True) is None
    assert held_against(REPORT, (), NOW, knows_volumes=True) is None


def test_days_before_the_oldest_charge_are_no_days_without_charges() -> None:
    found = held_against(REPORT, days(pods=10.0)[-2:], NOW, knows_volumes=True)
    assert found is not None
    assert (found.start, found.days) == (MON + 2 * DAY, 1)


@pytest.mark.parametrize(
    ("check", "found"),
    [
        (held(pods=10.0, serverless=2.0), ("serverless $4.00",)),
        (held(pods=10.0, storage=5.0, knows_volumes=False), ("network volumes are not counted",)),
        (held(replace(REPORT, watched_by_utc_day={MON + DAY: DAY / 2, MON + 2 * DAY: DAY}), pods=15.0),
         ("podtop did not watch for 12h 00m",)),
        (held(pods=15.0), ("unexplained",)),
        (held(pods=7.0), ("RunPod's charges may be late, or its prices lower",)),
        (held(pods=15.0, serverless=2.0), ("serverless $4.00", "the rest is unexplained")),
    ],
)  # fmt: skip
def test_a_difference_has_its_probable_reasons(check: Check, found: tuple[str, ...]) -> None:
    assert reasons(check) == found
    assert all(reason in sentence(check) for reason in found)


def test_network_volumes_are_counted() -> None:
    check = held(replace(REPORT, volumes=(Volume("v", "data", 5 / 24, True),)), pods=10.0, storage=5.0)
    assert check.volumes == pytest.approx(10.0)
    assert "no difference" in sentence(check)


def test_a_small_difference_needs_no_reason() -> None:
    assert sentence(held(pods=10.05)).endswith("difference $0.10 (below 1%)")


def test_bills_take_the_place_of_charges() -> None:
    bill = BillSummary(MON + 5.0, 10.0, 1.0, 2.0, 3.0, None, 0.5)
    made = days_of_bills(Billing((), (), (), (bill, replace(bill, at=None))))
    assert made == (Day(MON, (11.0, 3.0, 2.0, 0.0, 0.0, 0.5)),)
