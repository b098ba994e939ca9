"""`SpendHistory`: the recorded money data, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct


class SpendHistory(Struct, frozen=True):
    """The data recorded by `at`.

    today, month: the instants at which the local day and month began.
    spent:    dollars for the watched running time of each pod, today and this month, by the pod's id; a lower bound.
    watched:  watched seconds of this month.
    since:    the first recorded instant, None without a recording.
    times, balances: the balance over the last month, NaN if it was not reported.
    spans:    the watched spans.
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
    """The value without any recording."""
    return SpendHistory(now, today, month, {}, 0.0, None, (), (), ())
