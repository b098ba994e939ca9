"""`Source`: what the app monitors, made by the composition root."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.clocks import Clocks
    from tui.services.hub.state import HubState
    from tui.store.price_history import Prices


class Source(Struct, frozen=True):
    """Where data come from. Nothing is imported or connected before `open` is called, after the first frame.

    badge:   word for the header: "demo", or the host polled.
    demo:    True when no real money is involved.
    open:    makes the `Cloud`.
    clock:   current time, in epoch seconds that only go forward, whatever the time of day is set to.
    clocks:  the clocks behind `clock`; None if it has none, as in a demo or a test.
    pace:    seconds of `clock` per real second (1 except for a sped-up demo).
    prices:  past prices of GPUs; it blocks for a moment, and is called in a thread.
    keyless: whether there is no API key: then only prices can be requested.
    simulated: whether the API runs on this machine, so that its pods are made up.
    profile: the name of the account: its profile, or the variable whose key overrides it; empty without a profile.
    recording: a file to be replayed in place of a cloud, from the instant `begin` on; None if RunPod is polled.
    hub:     what the hub that is read in place of RunPod says besides; None if RunPod itself is polled.
    history: snapshots from before the start, oldest first, as (instant, snapshot); None if unavailable.
    """

    badge: str
    demo: bool
    open: Callable[[], Cloud]
    clock: Callable[[], float]
    pace: float = 1.0
    history: Callable[[Cloud], AsyncIterator[tuple[float, Snapshot]]] | None = None
    prices: Callable[[], Prices] | None = None
    recording: Path | None = None
    begin: float = 0.0
    keyless: bool = False
    simulated: bool = False
    profile: str = ""
    clocks: Clocks | None = None
    hub: Callable[[], HubState | None] | None = None

    @property
    def skew(self) -> float:
        """Seconds that RunPod's clock is ahead."""
        return self.clocks.skew if self.clocks is not None else 0.0

    def utc(self) -> float:
        """The true time, whatever this machine's clock is set to, in epoch seconds."""
        return self.clocks.utc() if self.clocks is not None else time.time()
