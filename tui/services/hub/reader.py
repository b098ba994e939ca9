"""What a hub says besides RunPod's response is taken over: it has watched for longer than this podtop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.services.hub.state import HubState
    from tui.store.fleet import Fleet
    from tui.store.slices import Sliced


def taking_over(fleet: Fleet, state: HubState, at: float) -> Sliced[None]:
    """Its alerts, its events and its idle times, in slices. `at`: when the response came."""
    yield from fleet.were_idle(state.idle)
    fleet.attention, fleet.judged_at = state.attention, at
    fleet.events.clear()
    fleet.events.extend(state.events)
