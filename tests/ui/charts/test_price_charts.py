"""The charts of the market: true to the range that their title names, and their gaps explained."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.store.test_price_history import HOUR, NOON, at_price
from tests.store.test_stock_history import UNSTOCKED, hours
from tui.store.views.offers import rows
from tui.ui.charts import captions, plot, price_charts
from tui.ui.charts.price_charts import View, divided, price_chart, stacked, window_of

DAY = 24 * HOUR
PRICES = hours(*[at_price(2.0)] * 20, UNSTOCKED, *[at_price(2.0)] * 3)
VIEW = View(now=NOON + DAY, span=DAY)
(ROW,) = rows(at_price(2.0), 1)


def test_as_much_time_is_shown_as_the_title_says() -> None:
    for span in (DAY, 7 * DAY):
        for width in range(20, 260):
            window = window_of(replace(VIEW, span=span), width)
            assert window.columns == max(1, width - (13 if width >= 24 else 0))
            assert 0 <= window.width * window.columns - span < 60 * window.columns
            assert window.start <= VIEW.now - span + window.width


def test_a_gap_says_in_the_title_what_it_is() -> None:
    heading = "".join(text for text, _ in captions.heading(price_chart(PRICES, ROW, VIEW, 130), 130, 117))
    assert "gap: out of stock" in heading
    assert "not observed" not in heading
    gapless = price_chart(hours(*[at_price(2.0)] * 24), ROW, VIEW, 130)
    assert not gapless.gaps


def test_stock_is_seen_below_the_gap_that_it_explains() -> None:
    lines, charts = stacked(PRICES, ROW, VIEW, 130, 15)
    assert [chart.title for chart in charts] == ["On-demand price", "In stock"]
    (row,) = plot.draw(charts[1], 130, lines[1])
    strip, priced = "".join(text for text, _ in row)[13:], charts[0].window
    column = priced.column(NOON + 20.5 * HOUR)
    assert column is not None
    assert strip[column] == "▁"
    assert strip[column - 12] == "▇"


@pytest.mark.parametrize("clouds", [1, 2])
@pytest.mark.parametrize("spot", [True, False])
def test_the_charts_fit_and_prices_have_most_of_the_room(clouds: int, spot: bool) -> None:
    for height in range(4, 70):
        lines = divided(height, clouds, spot=spot)
        if lines is None:
            assert height < 10
            continue
        assert sum(lines) <= height
        assert lines.demand >= max(7, lines.spot, lines.stock)
        assert not lines.spot or spot
        assert max(lines.demand, lines.spot) <= 17


def test_spot_has_a_chart_of_its_own_where_there_is_room() -> None:
    _, charts = stacked(PRICES, ROW, VIEW, 130, 30)
    assert [chart.title for chart in charts] == ["On-demand price", "Spot price", "In stock"]
    assert len({chart.window for chart in charts}) == 1
    assert not any(chart.times for chart in charts)
    assert price_charts.stacked(PRICES, ROW, VIEW, 130, 6) == ((), ())
