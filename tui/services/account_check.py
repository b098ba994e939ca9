"""`AccountCheck`: asks for the account beside the polls, as rarely as alerts about its volumes and auto-pay need it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.api.errors import CloudError
from tui.domain import pod_health
from tui.services.barrier import own_faults

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.store.fleet import Fleet

SELDOM = 86_400.0
"""Seconds between two requests: network volumes and auto-pay change rarely."""

LOW = 3600.0
"""The same while the runway is low: auto-pay decides whether that matters."""

FIRST = 120.0
"""Seconds after the first response before which a start does nothing more than it must, unless the runway is low."""

PATIENCE = 10.0
"""Seconds that a response about the pods may wait for it."""


class AccountCheck:
    """One per run. `clock`: epoch seconds."""

    def __init__(self, fleet: Fleet, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._first: float | None = None
        self._asked: float | None = None

    async def look(self, snapshot: Snapshot, cloud: Cloud) -> None:
        """Ask for the account if that is due with this response; a failure is no matter."""
        now = self._clock()
        if self._first is None:
            self._first = now
        if not self._is_due(snapshot, now):
            return
        self._asked = now
        try:
            # No fault of this may cost the pods.
            with own_faults("loading the account"):
                async with asyncio.timeout(PATIENCE):
                    account = await cloud.account()
        except (CloudError, TimeoutError):
            return
        self._fleet.apply_topic("account", account, self._clock())

    def _is_due(self, snapshot: Snapshot, now: float) -> bool:
        left = pod_health.runway(snapshot.funds)
        low = left is not None and left < pod_health.LOW_RUNWAY
        if not low and (self._first is None or now - self._first < FIRST):
            return False
        feed = self._fleet.account
        last = max((at for at in (self._asked, feed.at) if at is not None), default=None)
        return last is None or now - last >= (LOW if low else SELDOM)
