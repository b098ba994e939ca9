"""Bars above each other: all parts, and those that are too small to be seen in them. Pure."""

from __future__ import annotations

import math

from msgspec.structs import replace

from tui.ui.charts.spec import BarSpec
from tui.ui.render.balance_charts import round_up

_MOST = 17
"""Lines of a chart of bars with its title: more show no more."""

_LEAST, _BOTH = 6, 20
"""Lines that the small parts have at least, and from how many on they have a chart of their own."""


def without_largest(spec: BarSpec) -> BarSpec | None:
    """The same bars without the largest part, in the same colours; None if there is no other."""
    sums = [sum(bar[n] for bar in spec.bars if math.isfinite(bar[n])) for n in range(len(spec.kinds))]
    if sum(amount > 0 for amount in sums) < 2:
        return None
    largest = sums.index(max(sums))
    bars = tuple(tuple(0.0 if n == largest else part for n, part in enumerate(bar)) for bar in spec.bars)
    return replace(
        spec, title=f"Without {spec.kinds[largest]}", bars=bars, high=round_up(max(map(sum, bars), default=0.0)),
        tail="",
    )  # fmt: skip


def stacked(spec: BarSpec, height: int) -> tuple[tuple[int, ...], tuple[BarSpec, ...]]:
    """The charts for that many lines, and the lines of each; neither has a time axis besides its own labels."""
    small = without_largest(spec) if height >= _BOTH else None
    if small is None:
        return (min(height, _MOST), 0), (spec,)
    below = min(_MOST, max(_LEAST, height * 2 // 5))
    return (min(_MOST, height - below), below, 0), (spec, small)
