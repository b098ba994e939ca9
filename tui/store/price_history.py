"""Prices and stock of all GPUs over the last week, in 15-minute buckets."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from copy import copy
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from tui.api.models import Market, Quote
from tui.store.series import Point, Segment
from tui.store.slices import Sliced, sliced, whole

BUCKET = 900.0
SPAN = 7 * 86_400.0
BUCKETS = int(SPAN / BUCKET)

SECURE, COMMUNITY = 0, 1
CLOUDS = (SECURE, COMMUNITY)
NONE = math.nan
"""No price: out of stock, or not watched."""

SOME = "unknown"
"""The stock word of a bucket in which there was some: how much is not kept."""


class ReportedPrice(NamedTuple):
    """The reported price of one GPU type in one cloud from an instant on, per GPU and hour."""

    at: float
    price: float | None
    spot: float | None
    stocked: bool


class Low(NamedTuple):
    """The lowest price, and when; to 15 minutes."""

    price: float
    at: float


class Presence(NamedTuple):
    """Seconds with stock, and seconds watched."""

    stocked: float
    watched: float

    @property
    def share(self) -> float | None:
        """Stocked part of the watched time; None if that is less than an hour."""
        return self.stocked / self.watched if self.watched >= 3600 else None


def _nothing(value: float) -> Callable[[], array[float]]:
    return lambda: array("f", [value]) * BUCKETS


class Trend(Struct, gc=False, eq=False):
    """One GPU type in one cloud. Buckets are numbered from the epoch; the last `BUCKETS` of them are kept."""

    _newest: int = -1
    low: array[float] = field(default_factory=_nothing(NONE))
    spot: array[float] = field(default_factory=_nothing(NONE))
    stocked: array[float] = field(default_factory=_nothing(0.0))
    watched: array[float] = field(default_factory=_nothing(0.0))

    def slot(self, bucket: int) -> int | None:
        """The index of a bucket; None if it is not kept."""
        return bucket % BUCKETS if self._newest - BUCKETS < bucket <= self._newest else None

    def add(self, start: float, end: float, quote: ReportedPrice) -> None:
        """Record that this held, and was watched, from `start` to `end`."""
        first = math.floor(start / BUCKET)
        last = max(first, math.ceil(end / BUCKET) - 1)
        for bucket in range(max(first, last - BUCKETS + 1), last + 1):
            slot = self._open(bucket)
            if slot is None:
                continue
            seconds = max(0.0, min(end, (bucket + 1) * BUCKET) - max(start, bucket * BUCKET))
            self.watched[slot] += seconds
            if quote.stocked:
                self.stocked[slot] += seconds
                # A missing price is NaN, which compares false: a price always replaces it.
                if quote.price is not None and not self.low[slot] <= quote.price:
                    self.low[slot] = quote.price
                if quote.spot is not None and not self.spot[slot] <= quote.spot:
                    self.spot[slot] = quote.spot

    def _open(self, bucket: int) -> int | None:
        if bucket > self._newest:
            # As it is made there is nothing to empty.
            for number in range(max(self._newest + 1, bucket - BUCKETS + 1), bucket + 1) if self._newest >= 0 else ():
                slot = number % BUCKETS
                self.low[slot] = self.spot[slot] = NONE
                self.stocked[slot] = self.watched[slot] = 0.0
            self._newest = bucket
        return self.slot(bucket)

    def joined(self, later: Trend) -> Trend:
        """Both together: of a time that both watched, no more than there is of it."""
        trend = copy(self)
        trend.low, trend.spot, trend.stocked, trend.watched = (
            self.low[:],
            self.spot[:],
            self.stocked[:],
            self.watched[:],
        )
        for seconds in (trend.stocked, trend.watched):
            if max(seconds) > BUCKET:
                seconds[:] = array("f", [min(BUCKET, each) for each in seconds])
        if later._newest >= 0:
            trend._open(later._newest)
        for slot in later._told():
            bucket = later._newest - (later._newest - slot) % BUCKETS
            if trend.slot(bucket) is None:
                continue
            trend.watched[slot] = min(BUCKET, trend.watched[slot] + later.watched[slot])
            trend.stocked[slot] = min(BUCKET, trend.stocked[slot] + later.stocked[slot])
            for mine, other in ((trend.low, later.low), (trend.spot, later.spot)):
                if other[slot] == other[slot] and not mine[slot] <= other[slot]:
                    mine[slot] = other[slot]
        return trend

    def _told(self) -> set[int]:
        """The slots of the buckets of which anything is known."""
        slots = {slot for slot, seconds in enumerate(self.watched) if seconds}
        # A price that nobody watched any longer than an instant.
        slots |= {slot for prices in (self.low, self.spot) for slot, price in enumerate(prices) if price == price}
        return slots


class Prices:
    """All GPU types' trends, by id and cloud."""

    def __init__(self) -> None:
        self.trends: dict[tuple[str, int], Trend] = {}
        self._last: tuple[float, dict[tuple[str, int], ReportedPrice]] | None = None

    def tell(self, market: Market, at: float, silence: float) -> None:
        """Apply a poll of prices for one GPU. The previous ones held until now, unless there was a silence."""
        whole(self.telling(market, at, silence))

    def telling(self, market: Market, at: float, silence: float) -> Sliced[None]:
        """The same, a slice at a time; no other poll is applied in the meantime."""
        before = self._last
        now: dict[tuple[str, int], ReportedPrice] = {}
        for pause, offer in sliced(market.offers):
            if pause:
                yield
            for cloud, quote in zip(CLOUDS, (offer.secure, offer.community), strict=True):
                now[offer.gpu_id, cloud] = reported(at, quote)
        if before is not None and 0 <= at - before[0] <= silence:
            for pause, (key, said) in sliced(before[1].items()):
                if pause:
                    yield
                self._trend(key).add(before[0], at, said)
        for pause, (key, said) in sliced(now.items()):
            if pause:
                yield
            self._trend(key).add(at, at, said)
        self._last = (at, now)

    def recall(
        self, gpu: str, cloud: int, changes: Sequence[ReportedPrice], spans: Sequence[tuple[float, float]], until: float
    ) -> None:
        """Apply a recording from before `until`: changes, and the watched spans, oldest first."""
        if not changes:
            return
        trend, oldest = Trend(), 0
        for index, change in enumerate(changes):
            began = max(change.at, until - SPAN)
            held = min(changes[index + 1].at if index + 1 < len(changes) else until, until)
            while oldest < len(spans) and spans[oldest][1] < began:
                oldest += 1
            for start, end in spans[oldest:]:
                if start > held:
                    break
                trend.add(max(start, began), min(end, held), change)
        known = Prices()
        known.trends[gpu, cloud] = trend
        self.join(known)

    def join(self, older: Prices) -> None:
        """Add older data from before those in memory."""
        whole(self.joining(older))

    def joining(self, older: Prices) -> Sliced[None]:
        """The same, a slice at a time; no poll is applied in the meantime."""
        for pause, (key, trend) in sliced(older.trends.items(), 50):
            if pause:
                yield
            live = self.trends.get(key)
            self.trends[key] = trend if live is None else trend.joined(live)

    def _trend(self, key: tuple[str, int]) -> Trend:
        trend = self.trends.get(key)
        if trend is None:
            trend = self.trends[key] = Trend()
        return trend

    # Reading

    def sparkline(self, gpu: str, now: float, columns: int, width: float) -> tuple[float | None, ...]:
        """The lowest on-demand price in either cloud, one per `width` seconds; None if there was none."""
        last = math.floor(now / width)
        return tuple(
            self._least(gpu, (last - columns + 1 + index) * width, (last - columns + 2 + index) * width)
            for index in range(columns)
        )

    def _least(self, gpu: str, start: float, end: float) -> float | None:
        low = self.lowest(gpu, start, end)
        return low.price if low is not None else None

    def lowest(self, gpu: str, start: float, end: float, spot: bool = False) -> Low | None:
        """The lowest price from `start` to `end` in either cloud; the latest of equal ones."""
        best: Low | None = None
        for cloud in CLOUDS:
            trend = self.trends.get((gpu, cloud))
            if trend is None:
                continue
            prices = trend.spot if spot else trend.low
            for bucket in range(math.floor(start / BUCKET), math.ceil(end / BUCKET)):
                slot = trend.slot(bucket)
                price = NONE if slot is None else prices[slot]
                if price == price and (best is None or price <= best.price):
                    best = Low(round(price, 4), bucket * BUCKET)
        return best

    def presence(self, gpu: str, now: float, span: float) -> Presence:
        """How long there was stock in either cloud, within the watched part of the last `span` seconds."""
        stocked = watched = 0.0
        trends = [t for cloud in CLOUDS if (t := self.trends.get((gpu, cloud))) is not None]
        for bucket in range(math.floor((now - span) / BUCKET) + 1, math.floor(now / BUCKET) + 1):
            slots = [(t, slot) for t in trends if (slot := t.slot(bucket)) is not None]
            watched += max((t.watched[slot] for t, slot in slots), default=0.0)
            # If both clouds had stock for a part of a bucket, it may have been the same part.
            stocked += max((t.stocked[slot] for t, slot in slots), default=0.0)
        return Presence(stocked, watched)

    def runs(
        self, gpu: str, cloud: int, start: float, width: float, columns: int, *, spot: bool = False
    ) -> tuple[Segment, ...]:
        """One line of a chart: the lowest price of each time bucket, in runs without a gap."""
        trend = self.trends.get((gpu, cloud))
        runs: list[list[Point]] = [[]]
        for column in range(columns):
            at = start + column * width
            segments = [] if trend is None else self._known(trend, at, at + width, spot)
            if not segments:
                if runs[-1]:
                    runs.append([])
                continue
            runs[-1].append(Point(at, min(segments), max(segments), sum(segments) / len(segments)))
        return tuple(tuple(run) for run in runs if run)

    @staticmethod
    def _known(trend: Trend, start: float, end: float, spot: bool) -> list[float]:
        prices = trend.spot if spot else trend.low
        first = math.floor(start / BUCKET)
        buckets = range(first, max(first + 1, math.ceil(end / BUCKET)))
        slots = (slot for bucket in buckets if (slot := trend.slot(bucket)) is not None)
        return [round(prices[slot], 4) for slot in slots if prices[slot] == prices[slot]]


def as_of(prices: Prices, market: Market, at: float) -> Market | None:
    """A market's GPUs with the prices known at an instant, to 15 minutes; None if none are known."""
    bucket, offers = math.floor(at / BUCKET), []
    for offer in market.offers:
        quotes: list[Quote | None] = []
        for cloud, present in zip(CLOUDS, (offer.secure, offer.community), strict=True):
            trend = prices.trends.get((offer.gpu_id, cloud))
            slot = None if trend is None else trend.slot(bucket)
            known = slot is not None and trend is not None and trend.watched[slot] > 0
            quotes.append(_quote(trend, slot) if known and present is not None else None)  # type: ignore[arg-type]
        if any(quotes):
            offers.append(replace(offer, secure=quotes[0], community=quotes[1]))
    return Market(tuple(offers)) if offers else None


def _quote(trend: Trend, slot: int) -> Quote:
    low, spot = (None if math.isnan(value) else round(value, 4) for value in (trend.low[slot], trend.spot[slot]))
    return Quote(low, spot, SOME if trend.stocked[slot] > 0 else None)


def reported(at: float, quote: Quote | None) -> ReportedPrice:
    """The reported price of a quote for one GPU."""
    if quote is None:
        return ReportedPrice(at, None, None, False)
    return ReportedPrice(at, quote.on_demand, quote.spot, quote.stock is not None or quote.on_demand is not None)


class Words(Struct, frozen=True):
    """The texts about a GPU type's history."""

    low_week: Low | None
    low_day: Low | None
    day: Presence
    week: Presence


def words(prices: Prices, gpu: str, now: float) -> Words:
    return Words(
        prices.lowest(gpu, now - SPAN, now + BUCKET),
        prices.lowest(gpu, now - 86_400.0, now + BUCKET),
        prices.presence(gpu, now, 86_400.0),
        prices.presence(gpu, now, SPAN),
    )
