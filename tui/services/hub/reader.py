"""What a hub says besides RunPod's response is taken over: it has watched for longer than this podtop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from tui.services.hub.state import HubState
    from tui.store.fleet import Fleet
    from tui.store.slices import Sliced


_Dated = TypeVar("_Dated", bound=Struct)


def taking_over(fleet: Fleet, state: HubState, at: float, skew: float = 0.0) -> Sliced[None]:
    """Its alerts, events, idle times, and what is done for the account automatically, in slices.

    at: when the response came. skew: seconds that the hub's clock is ahead of this podtop's.
    """
    yield from fleet.were_idle(state.idle)
    fleet.attention = tuple(_here(each, skew, "since") for each in state.attention)
    fleet.judged_at = at
    fleet.events.clear()
    fleet.events.extend(_here(event, skew, "at") for event in state.events)
    fleet.leases = {lease.pod: _here(lease, skew, *_OF_LEASE) for lease in state.leases}
    fleet.idle_stops = {lease.pod: _here(lease, skew, *_OF_LEASE) for lease in state.idle_stops}
    fleet.watches = {watch.id: _here(watch, skew, *_OF_WATCH) for watch in state.watches}
    fleet.owners = {duty: _here(owner, skew, "since") for duty, owner in state.owners.items()}


_OF_LEASE = ("ends", "set_at", "warned_at", "sent_at")
_OF_WATCH = ("made_at", "met_at", "away_at", "told_at", "sent_at")


def _here(value: _Dated, skew: float, *names: str) -> _Dated:
    """A value whose instants, by their names, are those of the hub's clock, by this podtop's."""
    if not skew:
        return value
    known = {name: at - skew for name in names if (at := getattr(value, name)) is not None}
    return replace(value, **known)
