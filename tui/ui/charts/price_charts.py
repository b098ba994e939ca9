"""The charts of a GPU type of the market: its prices on demand and for spot, and when it was in stock. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from msgspec import Struct

from tui.store import stock_history
from tui.store.price_history import CLOUDS, Prices
from tui.store.views.offer_rows import OfferRow
from tui.store.views.pod_lines import Line
from tui.ui.charts import spec
from tui.ui.charts.spec import ChartSpec, Form, Window

NAMES = ("secure", "comm.")

_LEAST, _MOST = 7, 17
"""Lines of a chart of prices with its title: at least if there are two of them, and where more show no more."""

_STRIP = 1
"""Lines of stock where it has no room for a row of each cloud."""


class View(Struct, frozen=True, kw_only=True):
    """What charts show: the viewed instant, the seconds they reach back, the instant of the cursor, None for live.

    slow: whether the connection is slow: a chart is then a sparkline for each line.
    """

    now: float
    span: float
    tz: tzinfo | None = None
    cursor: float | None = None
    slow: bool = False


class Lines(NamedTuple):
    """Lines of the charts in a pane: of prices on demand and for spot, of stock, of the time axis. Zero: not shown."""

    demand: int
    spot: int
    stock: int
    axis: int = 2


def divided(height: int, clouds: int, *, spot: bool) -> Lines | None:
    """What fits into that many lines: prices on demand, stock, prices for spot; None if that is one chart alone."""
    room = height - 2
    if room < _LEAST + _STRIP:
        return None
    # With a title, and a row for each cloud.
    stock = 1 + clouds if room >= 2 * _LEAST + 1 + clouds else _STRIP
    room -= stock
    second = min(_MOST, room // 2) if spot and room >= 2 * _LEAST else 0
    return Lines(min(_MOST, room - second), second, stock)


def stacked(
    prices: Prices, row: OfferRow, view: View, width: int, height: int
) -> tuple[tuple[int, ...], tuple[ChartSpec, ...]]:
    """The charts for a pane of that size, and the lines of each and of their time axis; nothing if one is alone."""
    has_spot = prices.lowest(row.id, view.now - view.span, view.now, spot=True) is not None
    lines = divided(height, len(clouds_of(prices, row, view)), spot=has_spot)
    if lines is None:
        return (), ()
    charts = [(lines.demand, price_chart(prices, row, view, width, alone=False))]
    if lines.spot:
        charts.append((lines.spot, price_chart(prices, row, view, width, spot=True, alone=False)))
    charts.append((lines.stock, stock_chart(prices, row, view, width)))
    return (*(each for each, _ in charts), lines.axis), tuple(chart for _, chart in charts)


def window_of(view: View, width: int) -> Window:
    """The columns of a chart that is that wide; prices that are kept for longer than one are in several of them."""
    return spec.exact(view.now, view.span, spec.plot_columns(width))


def clouds_of(prices: Prices, row: OfferRow, view: View) -> tuple[int, ...]:
    """The clouds that have the GPU type, or had it in the range."""
    present = (row.secure, row.community)
    return tuple(
        cloud
        for cloud in CLOUDS
        if present[cloud] is not None or prices.runs(row.id, cloud, view.now - view.span, view.span, 1)
    )


def price_chart(
    prices: Prices, row: OfferRow, view: View, width: int, *, spot: bool = False, alone: bool = True
) -> ChartSpec:
    """Both clouds' prices, on one axis from a round price below to one above.

    alone: whether it has a time axis of its own.
    """
    window, lines = window_of(view, width), []
    present = (row.secure_spot, row.community_spot) if spot else (row.secure, row.community)
    clouds = []
    for cloud in CLOUDS:
        runs = prices.runs(row.id, cloud, *window, spot=spot)
        last = present[cloud]
        if view.cursor is not None:
            last = next((p.low for run in runs for p in run if p.at <= view.cursor < p.at + window.width), None)
        if runs or present[cloud] is not None:
            whole = prices.runs(row.id, cloud, view.now - view.span, view.span, 1, spot=spot)
            lines.append(Line(NAMES[cloud], runs, last, whole[0][0] if whole else None))
            clouds.append(cloud)
    points = [point for line in lines for run in line.runs for point in run]
    low, high = _around([p.low for p in points], [p.high for p in points])
    why = stock_history.reasons(prices, row.id, clouds, *window, view.now - view.span, view.now, spot=spot)
    return ChartSpec(
        "Spot price" if spot else "On-demand price", tuple(lines), window, high=high, low=low, places=2, axis=6,
        unit="$", note="no prices in this range", tz=view.tz, cursor=view.cursor,
        form=Form.SPARK if view.slow else Form.AREAS, apart=True, label="spot" if spot else "price", times=alone,
        gaps=" or ".join(why),
    )  # fmt: skip


def stock_chart(prices: Prices, row: OfferRow, view: View, width: int) -> ChartSpec:
    """The part of the observed time in which each cloud had stock; blank where nobody observed it."""
    window = window_of(view, width)
    lines = tuple(_stock_line(prices, row.id, cloud, view, window) for cloud in clouds_of(prices, row, view))
    return ChartSpec(
        "In stock", lines, window, tz=view.tz, cursor=view.cursor, form=Form.HEAT, apart=True, label="stock",
        note="not observed in this range", times=False, gaps=stock_history.UNSEEN,
    )  # fmt: skip


def _stock_line(prices: Prices, gpu: str, cloud: int, view: View, window: Window) -> Line:
    runs = stock_history.stock_runs(prices, gpu, cloud, *window)
    points = [point for run in runs for point in run]
    if view.cursor is not None:
        last = next((p.mean for p in points if p.at <= view.cursor < p.at + window.width), None)
    else:
        last = stock_history.stocked_share(prices, gpu, cloud, view.now - view.span, view.now)
    return Line(NAMES[cloud], runs, last)


def _around(lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    """Round prices around the drawn ones, so that a cent's change does not look like a cliff."""
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    step = next(s for s in (0.1, 0.5, 1.0, 5.0, 10.0, math.inf) if (high - low) <= 4 * s)
    if math.isinf(step):
        return 0.0, math.ceil(high)
    return max(0.0, math.floor(low / step) * step), (math.floor(high / step) + 1) * step
