"""`Earlier`: what a recording knows of events from before podtop began."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tui.domain.events import Event


class Earlier(Struct, frozen=True):
    """What a recording tells: events, oldest first, and the last known names of pods by their ids.

    until:  when it was asked.
    """

    events: tuple[Event, ...] = ()
    names: Mapping[str, str] = {}
    until: float = 0.0
