"""What a hub says besides RunPod's response is taken over: it has watched for longer than this podtop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.services.hub.state import HubState
    from tui.store.fleet import Fleet
    from tui.store.slices import Sliced


def taking_over(fleet: Fleet, state: HubState, at: float) -> Sliced[None]:
    """Its alerts, events, idle times, and what is done for the account automatically, in slices.

    at: when the response came.
    """
    yield from fleet.were_idle(state.idle)
    fleet.attention, fleet.judged_at = state.attention, at
    fleet.events.clear()
    fleet.events.extend(state.events)
    fleet.leases = {lease.pod: lease for lease in state.leases}
    fleet.idle_stops = {lease.pod: lease for lease in state.idle_stops}
    fleet.watches = {watch.id: watch for watch in state.watches}
    fleet.owners = state.owners
