"""`SpendHistory`: what a recording knows of the money, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct


class SpendHistory(Struct, frozen=True):
    """What was recorded by `at`.

    today, month: the instants at which the local day and month began.
    spent:    dollars for the running time of each pod that podtop saw, today and this month, by the pod's id; only of
              time in which it looked, so that it is the least that was spent.
    watched:  seconds of this month in which podtop looked.
    since:    the first instant that is recorded, None without a recording.
    times, balances: the balance over the last month, NaN where it was not told.
    spans:    when podtop looked.
    """

    at: float
    today: float
    month: float
    spent: Mapping[str, tuple[float | None, float | None]]
    watched: float
    since: float | None
    times: Sequence[float]
    balances: Sequence[float]
    spans: tuple[tuple[float, float], ...]


def empty(now: float, today: float, month: float) -> SpendHistory:
    """Nothing is recorded."""
    return SpendHistory(now, today, month, {}, 0.0, None, (), (), ())
