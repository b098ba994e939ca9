"""`SpendHistory` read from a recording: the balance over time, and the cost of each pod. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.domain.pod_costs import Span, spent
from tui.store.spend import SpendHistory

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording

STEP = 600.0
"""Seconds between two recorded balances that are kept."""

REACH = 31 * 86_400.0
"""Seconds of history that are kept."""


def read(recording: Recording, pods: Sequence[str], now: float, today: float, month: float) -> SpendHistory:
    """Read a recording. Raises ArchiveError."""
    spans = tuple((start, min(last, now)) for start, last in recording.spans() if last > now - REACH and start <= now)
    day = _within(spans, today, now)
    whole = _within(spans, month, now)
    by_pod: dict[str, tuple[float | None, float | None]] = {}
    for pod in pods:
        stays = [Span(stay.at, stay.status or "", stay.cost_per_hr) for stay in recording.stays(pod, month, now)]
        by_pod[pod] = (_spent(stays, day), _spent(stays, whole))
    times, balances = recording.balances(now - REACH, now, STEP)
    since = spans[0][0] if spans else None
    watched = sum(last - start for start, last in whole)
    return SpendHistory(now, today, month, by_pod, watched, since, times, balances, spans)


def _within(spans: Sequence[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    return [(max(first, start), min(last, end)) for first, last in spans if last > start and first < end]


def _spent(stays: Sequence[Span], watched: Sequence[tuple[float, float]]) -> float | None:
    """Dollars in the time that podtop watched; None if it saw nothing of the pod in that time."""
    parts = [part for start, end in watched if (part := spent(stays, start, end)) is not None]
    return sum(parts) if parts else None
