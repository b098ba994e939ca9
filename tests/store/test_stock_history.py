"""Stock over time, and why there is no price: out of stock, without a price, or not observed, and never a guess."""

from __future__ import annotations

import pytest

from tests.store.test_price_history import H100, HOUR, NOON, at_price
from tui.api.models import Market
from tui.store.price_history import BUCKET, Prices
from tui.store.stock_history import OUT, PRICELESS, UNSEEN, reasons, stock_runs, stocked_share

UNSTOCKED = at_price(None, None)
PERIODS: tuple[Market | None, ...] = (at_price(2.0), UNSTOCKED, None, at_price(None, "Low"), at_price(2.0))
"""What each hour from noon on reports; None while nobody watches."""


def hours(*periods: Market | None) -> Prices:
    prices = Prices()
    for hour, said in enumerate(periods):
        for minute in range(0, 61 if said is not None else 0, 5):
            prices.tell(said or UNSTOCKED, NOON + hour * HOUR + 60 * minute, 300.0)
    return prices


def why(prices: Prices, start: float, end: float, spot: bool = False) -> tuple[str, ...]:
    columns = round((end - start) / BUCKET)
    return reasons(prices, H100, (0,), start, BUCKET, columns, start, end, spot=spot)


def test_each_hour_has_its_own_reason() -> None:
    prices = hours(*PERIODS)
    found = [why(prices, NOON + n * HOUR + BUCKET, NOON + (n + 1) * HOUR) for n in range(len(PERIODS))]
    assert found == [(), (OUT,), (UNSEEN,), (PRICELESS,), ()]


def test_reasons_of_several_gaps_are_all_named() -> None:
    prices = hours(*PERIODS)
    assert why(prices, NOON, NOON + 5 * HOUR) == (OUT, PRICELESS, UNSEEN)
    assert why(prices, NOON, NOON + 2 * HOUR, spot=True) == (OUT,)


def test_what_is_before_the_range_or_still_to_come_is_no_gap() -> None:
    prices = hours(at_price(2.0))
    edges = (NOON - HOUR, BUCKET, 12, NOON, NOON + HOUR)
    assert reasons(prices, H100, (0,), *edges) == ()


def test_stock_is_a_share_of_what_was_watched_and_blank_elsewhere() -> None:
    prices = hours(*PERIODS)
    runs = stock_runs(prices, H100, 0, NOON, HOUR, 5)
    assert [[point.at for point in run] for run in runs] == [[NOON, NOON + HOUR], [NOON + 3 * HOUR, NOON + 4 * HOUR]]
    assert [round(point.mean) for run in runs for point in run] == [100, 0, 100, 100]
    assert stock_runs(prices, "NVIDIA A40", 0, NOON, HOUR, 5) == ()
    assert stocked_share(prices, H100, 0, NOON, NOON + 2 * HOUR) == pytest.approx(50.0)
    assert stocked_share(prices, H100, 0, NOON + 2 * HOUR + BUCKET, NOON + 3 * HOUR - BUCKET) is None
