"""Charts of the balance: its projection, and its history. Pure."""

from __future__ import annotations

import math
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.features import Feature
from tui.domain import costs, offered, pod_health, runway
from tui.format import numbers as fmt
from tui.store import balances
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import buckets, spec
from tui.ui.charts.spec import ChartSpec, Form, Mark, Window

if TYPE_CHECKING:
    from tui.api.models import Funds
    from tui.store.balances import Balances
    from tui.store.spend import SpendHistory

SPANS = (
    2 * 3600.0, 6 * 3600.0, 12 * 3600.0, 86_400.0, 2 * 86_400.0, 4 * 86_400.0, 7 * 86_400.0, 14 * 86_400.0,
    30 * 86_400.0, 90 * 86_400.0,
)  # fmt: skip
"""Maximum seconds of the projection into the future."""

BEHIND = 0.4
"""The part of the projection that is history, if that much of it is known."""

LEAST_BEHIND = 0.08

LATER = "in 24 h"
"""When the figures in the legend of the projection are of."""

AXIS = 7
"""Cells for the labels of the projection: a balance of six figures."""


def ahead(funds: Funds | None, change: float | None) -> float:
    """Seconds worth projecting: to the end of the runway, and to that with pods stopped if it is not too far."""
    left = pod_health.runway(funds)
    if left is None or math.isinf(left):
        return 86_400.0
    later = costs.runway(funds, change) if change else None
    wanted = 1.15 * max(left, min(later, 3 * left) if later is not None else 0.0)
    return next((span for span in SPANS if span >= wanted), SPANS[-1])


def projection(
    funds: Funds | None,
    books: SpendHistory | None,
    seen_balances: Balances,
    stopped: tuple[str, float | None],
    span: float,
    columns: int,
    now: float,
    tz: tzinfo | None,
    lacks: frozenset[Feature] = offered.NOTHING,
    *,
    past: bool = False,
) -> ChartSpec:
    """The balance: its history, its projection, and its projection with pods stopped.

    stopped: which are, and the change of spending per hour; None if that is unknown.
    span:    seconds of projection; a share of that is history.
    past:    whether it is that of an earlier instant.
    """
    first = known_since(books, seen_balances, now)
    behind = min(span * BEHIND / (1 - BEHIND), max(now - first, span * LEAST_BEHIND))
    width = spec.bucket(span + behind, columns)
    start = math.floor((now - behind) / width) * width
    window = Window(start, width, columns)
    so_far = balances.runs(books, seen_balances, start, width, columns, now)
    balance = funds.balance if funds else None
    lines = [Line("", so_far, balance)]
    marks = []
    label, change = stopped
    for name, money_then in (
        (LATER, funds),
        (f"{LATER} if {label}", costs.changed(funds, change) if label else None),
    ):
        if money_then is None or pod_health.is_postpaid(money_then):
            continue
        if money_then.balance is None or money_then.spend_per_hr is None:
            continue
        run = _ahead(money_then, window, now)
        end = runway.ends_at(money_then, now)
        later = runway.balance_at(money_then, now, now + 86_400)
        lines.append(Line(name, (run,) if run else (), later))
        if end is not None and window.column(end) is not None:
            marks.append(Mark(end, "$0"))
    low = min((point.low for line in lines for run in line.runs for point in run), default=0.0)
    high = max((point.high for line in lines for run in line.runs for point in run), default=0.0)
    # A debt is below zero; small amounts are shown with cents.
    top, bottom = 0.0 if low < 0 and high <= 0 else round_up(high), -round_up(-low) if low < 0 else 0.0
    places = 2 if bottom < 0 and max(top, -bottom) <= 10 else 0
    return ChartSpec(
        "Balance", tuple(lines), window, high=top, low=bottom, places=places, axis=AXIS, unit="$",
        note=offered.MARKED if Feature.BALANCE in lacks else "balance unavailable", tz=tz, cursor=now,
        marks=(*marks, Mark(now, "viewed" if past else "now")), dashes=True, offered=Feature.BALANCE not in lacks,
    )  # fmt: skip


BOTH = 20
"""Lines from which on other charts stand below the projection."""

_PROJECTION, _MOST, _LEAST = 14, 17, 8
"""Lines of the projection beside others, of another chart at most, and at least if there are two of them."""


def divided(height: int, others: int) -> tuple[int, ...]:
    """Lines of the projection and of as many of the others as fit."""
    first = max(height // 2, min(_PROJECTION, height - others * _LEAST)) if height < 2 * _PROJECTION else _PROJECTION
    room = height - first
    count = max(1, min(others, room // _LEAST))
    return (first, *(min(_MOST, room // count + (number < room % count)) for number in range(count)))


HISTORY = (6 * 3600.0, 12 * 3600.0, 86_400.0, 2 * 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
"""Maximum seconds of the history of the balance."""

_PARTS = 600
"""Buckets of which the extremes and the average of the history are."""

LEAST_HISTORY = 2 * 3600.0
"""Less is a part of the projection anyway."""


def known_since(books: SpendHistory | None, seen_balances: Balances, now: float) -> float:
    """The instant of the first known balance."""
    known = (times[0] for times in (seen_balances.times, books.times if books else ()) if len(times))
    return min(known, default=now)


def history(
    books: SpendHistory | None,
    seen_balances: Balances,
    balance: float | None,
    width: int,
    now: float,
    tz: tzinfo | None,
) -> ChartSpec | None:
    """The balance as far back as it is known; None if that is too short."""
    known = now - known_since(books, seen_balances, now)
    if known < LEAST_HISTORY:
        return None
    span = next((span for span in HISTORY if span >= known), HISTORY[-1])
    window = spec.exact(now, span, spec.plot_columns(width))
    line = Line("", balances.runs(books, seen_balances, window.start, window.width, window.columns, now), balance)
    # Of buckets that are the same at any width of the chart.
    each = span / _PARTS
    parts = balances.runs(books, seen_balances, (now - span) // each * each, each, _PARTS + 1, now)
    whole = buckets.extremes(point for run in parts for point in run)
    low, high = (0.0, 0.0) if whole is None else (whole.low, whole.high)
    seen = sum(len(run) for run in line.runs)
    due = math.ceil((now - max(window.start, now - known)) / window.width)
    return ChartSpec(
        f"Balance, last {fmt.span(span)}", (replace(line, whole=whole),), window,
        high=round_up(high), low=-round_up(-low) if low < 0 else 0.0, places=0, unit="$", tz=tz, form=Form.AREAS,
        gaps="not observed" if seen < due - 1 else "",
    )  # fmt: skip


def _ahead(funds: Funds, window: Window, now: float) -> tuple[Point, ...]:
    points = []
    for column in range(window.column(now) or 0, window.columns):
        at = window.start + column * window.width
        first = runway.balance_at(funds, now, max(at, now))
        last = runway.balance_at(funds, now, max(at + window.width, now))
        if first is None or last is None:
            break
        points.append(Point(at, last, first, (first + last) / 2))
        if last <= 0:
            break
    return tuple(points)


def round_up(value: float) -> float:
    """A round number above a value, for the top of a chart."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * size >= value)
