"""Unbroken idle times, put together from those of quarters of an hour and of whole days. Pure; epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from tui.domain.pod_bill import STOP_AFTER

MINUTE = 60.0
"""Seconds for which the last sample of an idle time stands."""


class IdleSpan(Struct, frozen=True, array_like=True, gc=False):
    """What a piece of time has of idleness, and needs to be joined with those beside it.

    first, last: instants of its samples.
    until: of the last one of those that are idle from the first one on; `last` if all are.
    since: of the first one of those that are idle up to the last one. None: there are none.
    runs:  the others that are long enough to stop the pod.
    """

    first: float
    last: float
    until: float | None
    since: float | None
    runs: tuple[tuple[float, float], ...] = ()


def joined(spans: Iterable[IdleSpan], reach: float) -> IdleSpan | None:
    """Several, in order, as one; None of none. reach: seconds between two samples beyond which idleness is broken."""
    first: float | None = None
    until: float | None = None
    begun: float | None = None
    before = 0.0
    runs: list[tuple[float, float]] = []

    def close(end: float) -> None:
        nonlocal until, begun
        if begun is not None and begun == first:
            until = end
        elif begun is not None and _is_long(begun, end):
            runs.append((begun, end))
        begun = None

    for span in spans:
        if first is None:
            first = span.first
        elif begun is not None and (span.until is None or span.first - before > reach):
            close(before)
        if span.until is None or span.until < span.last:
            if span.until is not None:
                begun = span.first if begun is None else begun
                close(span.until)
            runs += span.runs
            begun = span.since
        elif begun is None:
            begun = span.first
        before = span.last
    if first is None:
        return None
    if begun == first:
        # Nothing has ended it.
        until = before
    return IdleSpan(first, before, until, begun, tuple(runs))


def runs_of(span: IdleSpan | None) -> list[tuple[float, float]]:
    """The unbroken idle times that are long enough to stop the pod, from begin to end."""
    if span is None:
        return []
    runs = list(span.runs)
    if span.until is not None and _is_long(span.first, span.until):
        runs.append((span.first, span.until))
    if span.since is not None and span.since != span.first and _is_long(span.since, span.last):
        runs.append((span.since, span.last))
    return sorted((start, end + MINUTE) for start, end in runs)


def _is_long(start: float, end: float) -> bool:
    return end + MINUTE - start > STOP_AFTER
