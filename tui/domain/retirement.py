"""The end of GraphQL: when it is, and what to say of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.api.listener import Retirement

FROM = 1_798_761_600.0
"""2027-01-01 UTC. RunPod retires GraphQL "in early 2027" (its release notes of August 2026), and names no day."""

LOST = "spend, spot, GPU temperature and power, charges and payments"
"""What REST v2 does not offer, in short."""

_LATEST = 4_102_444_800.0
"""2100-01-01: a later date is no announcement."""

_SHOWN = 4
"""Things that a message names; its event names all."""


def notice(announced: Retirement | None, *, auto: bool) -> str:
    """What to say, while GraphQL is used, of its end.

    announced: what its responses say of that; None if nothing but the calendar does.
    auto:      whether podtop uses REST v2 then without a change of the settings.
    """
    at = announced.at if announced is not None else None
    soon = "in early 2027" if announced is None else "soon"
    when = soon if at is None or not 0 <= at < _LATEST else f"on {datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    then = "podtop then uses REST v2" if auto else 'set api = "auto", and podtop then uses REST v2'
    return f"RunPod switches GraphQL off {when}; {then}. Not offered there: {LOST}."


def switched(lost: Sequence[str]) -> tuple[str, str]:
    """What to say once GraphQL is off, and what its event says. `lost`: what REST v2 does not offer."""
    begin = "RunPod switched GraphQL off; podtop now uses REST v2."
    if not lost:
        return begin, begin
    few, rest = list(lost[:_SHOWN]), len(lost) - _SHOWN
    others = f" and {rest} more" if rest > 0 else ""
    return f"{begin} Not offered there: {', '.join(few)}{others}.", f"{begin} Not offered there: {', '.join(lost)}."
