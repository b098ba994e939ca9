"""`Earlier`: recorded events from before podtop started."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tui.domain.events import Event


class Earlier(Struct, frozen=True):
    """The content of a recording: events, oldest first, and the last known names of pods by id.

    until:  when the recording was queried.
    """

    events: tuple[Event, ...] = ()
    names: Mapping[str, str] = {}
    until: float = 0.0
