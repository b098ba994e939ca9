"""Details of a GPU type: names are whole, and prices of two kinds have two names."""

from __future__ import annotations

from datetime import UTC

from tests.make import market, offer
from tests.store.test_price_history import HOUR, NOON, at_price
from tests.store.test_stock_history import hours
from tui.api.models import Quote
from tui.store.views.offers import rows
from tui.ui.render.offers import facts


def lines(name: str, *others: str) -> list[str]:
    offers = market(offer(name, Quote(3.0, 1.5, "High")), *(offer(other, Quote(2.0, 1.0, "High")) for other in others))
    row, *_ = shown = rows(offers, 1)
    prices = hours(at_price(2.5), at_price(3.0))
    found = facts(row, offers.offers[0], shown, prices, None, None, NOON + 2 * HOUR, UTC)
    return [f"{fact.label}|{''.join(text for text, _ in fact.value)}" for _, each in found for fact in each]


def test_types_that_begin_with_the_same_letters_are_told_apart() -> None:
    text = lines("H100", "RTX PRO 6000 Workstation", "RTX PRO 6000 MaxQ", "A100")
    assert any(line.startswith("|RTX PRO 6000 Workstation · 80 GB · $2.00/h · saves $1.00/h") for line in text)
    assert any(line.startswith("|RTX PRO 6000 MaxQ · 80 GB") for line in text)
    assert any(line.startswith("A100|80 GB") for line in text)


def test_the_lowest_price_of_each_kind_is_called_what_it_is() -> None:
    text = lines("H100")
    assert "On demand|from $2.50/h in 2h observed · today 13:00 · now +$0.50/h" in text
    assert any(line.startswith("Spot|from $1.25/h in 2h observed") for line in text)
    assert not any(line.startswith("Cheapest|") for line in text)
