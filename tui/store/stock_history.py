"""When a GPU type was in stock, and why there is no price where there is none: from its history of prices. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tui.store.price_history import BUCKET, Prices, Trend
from tui.store.series import Point, Segment

OUT, PRICELESS, UNSEEN = "out of stock", "no price", "not observed"
"""Why there is no price, in the order in which reasons are named."""


class _Seen(NamedTuple):
    """What is known of one bucket: seconds with stock, seconds watched, whether it has a price."""

    stocked: float
    watched: float
    priced: bool


def stock_runs(prices: Prices, gpu: str, cloud: int, start: float, width: float, columns: int) -> tuple[Segment, ...]:
    """The percentage of the watched time with stock, in each column; none in one that nobody watched."""
    trend = prices.trends.get((gpu, cloud))
    runs: list[list[Point]] = [[]]
    for column in range(columns if trend is not None else 0):
        at = start + column * width
        point = _stock(trend, at, at + width)
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return tuple(tuple(run) for run in runs if run)


def stocked_share(prices: Prices, gpu: str, cloud: int, start: float, end: float) -> float | None:
    """The percentage of the watched time with stock; None if nobody watched."""
    point = _stock(prices.trends.get((gpu, cloud)), start, end)
    return None if point is None else point.mean


def reasons(
    prices: Prices,
    gpu: str,
    clouds: Iterable[int],
    start: float,
    width: float,
    columns: int,
    since: float,
    now: float,
    *,
    spot: bool = False,
) -> tuple[str, ...]:
    """Why there is no price in some of these columns that lie between two instants; empty if all have one."""
    why: set[str] = set()
    for cloud in clouds:
        trend = prices.trends.get((gpu, cloud))
        for column in range(columns):
            at = start + column * width
            if at < since or at + width > now:
                continue
            seen = list(_seen(trend, at, at + width, spot=spot))
            if any(each.priced for each in seen):
                continue
            watched = [each for each in seen if each.watched > 0]
            why.add(UNSEEN if not watched else PRICELESS if any(each.stocked for each in watched) else OUT)
    return tuple(reason for reason in (OUT, PRICELESS, UNSEEN) if reason in why)


def _stock(trend: Trend | None, start: float, end: float) -> Point | None:
    watched = [each for each in _seen(trend, start, end) if each.watched > 0]
    if not watched:
        return None
    shares = [min(100.0, 100 * each.stocked / each.watched) for each in watched]
    mean = 100 * sum(each.stocked for each in watched) / sum(each.watched for each in watched)
    return Point(start, min(shares), max(shares), min(100.0, mean))


def _seen(trend: Trend | None, start: float, end: float, *, spot: bool = False) -> Iterator[_Seen]:
    """The buckets between two instants; at least the one that the first lies in."""
    if trend is None:
        return
    prices: Sequence[float] = trend.spot if spot else trend.low
    first = math.floor(start / BUCKET)
    for bucket in range(first, max(first + 1, math.ceil(end / BUCKET))):
        if (slot := trend.slot(bucket)) is not None:
            yield _Seen(trend.stocked[slot], trend.watched[slot], prices[slot] == prices[slot])
