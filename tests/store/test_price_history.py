"""Prices and stock over time: what is said of them is what was seen, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import market, offer
from tui.api.models import Market, Quote
from tui.store.price_history import BUCKET, BUCKETS, CLOUDS, SPAN, Prices, ReportedPrice, Trend, words
from tui.store.slices import SLICE

NOON = 1_795_435_200.0
H100 = "NVIDIA H100"
HOUR = 3600.0


def at_price(price: float | None, stock: str | None = "High", community: Quote | None = None) -> Market:
    return market(offer("H100", Quote(price, None if price is None else price / 2, stock), community))


def watched(*polls: tuple[float, Market]) -> Prices:
    prices = Prices()
    for at, said in polls:
        prices.tell(said, at, 90.0)
    return prices


def test_the_least_price_of_both_clouds_and_when_it_was() -> None:
    prices = watched(
        (NOON, at_price(2.99)),
        (NOON + 30, at_price(2.5)),
        (NOON + 60, at_price(2.99, community=Quote(2.2, 1.0, "Low"))),
        (NOON + 90, at_price(2.99)),
    )
    low = prices.lowest(H100, NOON - HOUR, NOON + HOUR)
    assert low is not None
    assert low.price == pytest.approx(2.2)
    assert low.at == NOON
    spot = prices.lowest(H100, NOON - HOUR, NOON + HOUR, spot=True)
    assert spot is not None
    assert spot.price == pytest.approx(1.0)
    assert prices.lowest(H100, NOON + HOUR, NOON + 2 * HOUR) is None
    assert prices.lowest("NVIDIA A40", NOON - HOUR, NOON + HOUR) is None


def test_stock_is_a_share_of_the_time_that_was_watched() -> None:
    polls = [(NOON + 30.0 * n, at_price(2.0 if n < 120 else None, "Low" if n < 120 else None)) for n in range(241)]
    prices = watched(*polls)
    presence = prices.presence(H100, NOON + 2 * HOUR, 24 * HOUR)
    assert presence.watched == pytest.approx(2 * HOUR, abs=1)
    assert presence.share == pytest.approx(0.5, abs=0.01)


def test_of_less_than_an_hour_no_share_is_told() -> None:
    prices = watched((NOON, at_price(2.0)), (NOON + 30, at_price(2.0)))
    assert prices.presence(H100, NOON + 30, 24 * HOUR).share is None


def test_a_silence_is_no_stock_and_no_lack_of_it() -> None:
    prices = watched((NOON, at_price(2.0)), (NOON + 10 * HOUR, at_price(2.0)))
    assert prices.presence(H100, NOON + 10 * HOUR, 24 * HOUR).watched == 0
    assert prices.sparkline(H100, NOON + 10 * HOUR, 3, HOUR) == (None, None, 2.0)


def test_a_week_is_kept_and_no_more() -> None:
    prices = watched((NOON, at_price(1.0)), (NOON + SPAN + BUCKET, at_price(2.0)))
    assert prices.lowest(H100, NOON - HOUR, NOON + 2 * SPAN) == (2.0, NOON + SPAN + BUCKET)


def test_a_recording_comes_before_what_is_seen() -> None:
    prices = watched((NOON, at_price(2.0)), (NOON + 30, at_price(2.0)))
    changes = (ReportedPrice(NOON - 5 * HOUR, 1.5, 0.7, True), ReportedPrice(NOON - 2 * HOUR, None, None, False))
    prices.recall(H100, 0, changes, ((NOON - 9 * HOUR, NOON - 4 * HOUR), (NOON - 3 * HOUR, NOON)), NOON)
    low = prices.lowest(H100, NOON - SPAN, NOON + HOUR)
    assert low is not None
    assert low.price == pytest.approx(1.5)
    presence = prices.presence(H100, NOON + 30, 24 * HOUR)
    # Stock from 5 to 4 hours and from 3 to 2 hours ago, none until noon, some since.
    assert presence.stocked == pytest.approx(2 * HOUR + 30, abs=1)
    assert presence.watched == pytest.approx(4 * HOUR + 30, abs=1)


def test_a_chart_has_gaps_where_there_was_no_stock() -> None:
    polls = [(NOON + 60.0 * n, at_price(None if 60 <= n < 120 else 2.0, None if 60 <= n < 120 else "Low"))
             for n in range(180)]  # fmt: skip
    runs = watched(*polls).runs(H100, 0, NOON, HOUR, 3)
    assert [[point.at for point in run] for run in runs] == [[NOON], [NOON + 2 * HOUR]]
    assert watched(*polls).runs(H100, 1, NOON, HOUR, 3) == ()


def test_words() -> None:
    said = words(watched((NOON, at_price(2.0))), H100, NOON)
    assert said.low_week == said.low_day == (2.0, NOON)
    assert said.day.share is None


told = st.builds(
    ReportedPrice, st.just(0.0), st.none() | st.floats(0.1, 50), st.none() | st.floats(0.1, 50), st.booleans()
)


@given(
    st.lists(st.tuples(st.floats(0, 3 * SPAN), told), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0, 3 * SPAN), st.floats(0, SPAN)), max_size=6),
    st.floats(0, 3 * SPAN),
)
def test_presence_never_exceeds_the_time_there_was(
    said: list[tuple[float, ReportedPrice]], looked: list[tuple[float, float]], until: float
) -> None:
    prices = Prices()
    changes = [change._replace(at=NOON + at) for at, change in sorted(said, key=lambda pair: pair[0])]
    spans, last = [], 0.0
    for start, length in sorted(looked):
        begin = max(start, last)
        last = begin + length
        spans.append((NOON + begin, NOON + last))
    for cloud in CLOUDS:
        prices.recall(H100, cloud, changes, spans, NOON + until)
    prices.tell(at_price(3.0), NOON + until, 60.0)
    presence = prices.presence(H100, NOON + until, SPAN)
    assert 0 <= presence.stocked <= presence.watched + 1
    assert presence.watched <= SPAN + 1
    low = prices.lowest(H100, NOON - SPAN, NOON + 4 * SPAN)
    assert low is not None
    assert low.price <= 3.0


def merged(old: Trend, new: Trend) -> Trend:
    """Both trends, bucket after bucket."""
    made = Trend()
    for trend in (old, new):
        for bucket in range(max(0, trend._newest - BUCKETS + 1), trend._newest + 1):
            source, target = trend.slot(bucket), made._open(bucket)
            if source is None or target is None:
                continue
            made.watched[target] = min(BUCKET, made.watched[target] + trend.watched[source])
            made.stocked[target] = min(BUCKET, made.stocked[target] + trend.stocked[source])
            for mine, other in ((made.low, trend.low), (made.spot, trend.spot)):
                if not mine[target] <= other[source] and other[source] == other[source]:
                    mine[target] = other[source]
    return made


stays = st.lists(
    st.tuples(
        st.floats(0, 1.5 * SPAN), st.sampled_from([0.0, 60.0, BUCKET, 5000.0]), st.sampled_from([None, 1.5, 2.5])
    ),
    max_size=6,
)


def trend_of(held: list[tuple[float, float, float | None]]) -> Trend:
    trend = Trend()
    for start, seconds, price in sorted(held, key=lambda stay: stay[0]):
        trend.add(NOON + start, NOON + start + seconds, ReportedPrice(NOON + start, price, price, price is not None))
    return trend


@settings(deadline=None)
@given(stays, stays)
def test_two_trends_are_joined_as_if_bucket_after_bucket(
    old: list[tuple[float, float, float | None]], new: list[tuple[float, float, float | None]]
) -> None:
    joined, slowly = trend_of(old).joined(trend_of(new)), merged(trend_of(old), trend_of(new))
    assert joined._newest == slowly._newest
    for kept in ("low", "spot", "stocked", "watched"):
        assert repr(getattr(joined, kept)) == repr(getattr(slowly, kept))


def test_very_many_trends_are_joined_a_slice_at_a_time() -> None:
    live, older = Prices(), Prices()
    for prices in (live, older):
        prices.trends = {(f"gpu{n}", 0): trend_of([(0.0, 60.0, 2.0 + n)]) for n in range(3 * SLICE)}
    pauses = sum(1 for _ in live.joining(older))
    assert pauses >= 3
    assert all(trend.watched[trend._newest % BUCKETS] == 120.0 for trend in live.trends.values())
