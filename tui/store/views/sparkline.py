"""The last minutes of a series, in a few characters. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tui.store.metrics import UTIL

if TYPE_CHECKING:
    from tui.store.fleet_state import Record

SPARK_WIDTH = 60.0
"""Seconds per character of a sparkline, aligned to the clock so that a new sample changes one character."""


def sparkline(record: Record, now: float, columns: int, series: str = UTIL.name) -> tuple[float | None, ...]:
    """Mean utilization per minute for the last `columns` minutes, including the present one; None if unknown.

    series: that of the pod, or of one GPU.
    """
    values: list[float | None] = [None] * columns
    if columns <= 0:
        return ()
    start = (math.floor(now / SPARK_WIDTH) - columns + 1) * SPARK_WIDTH
    for run in record.series.runs(series, start, SPARK_WIDTH, columns, silence=0.0, until=now):
        for point in run:
            values[round((point.at - start) / SPARK_WIDTH)] = point.mean
    return tuple(values)
