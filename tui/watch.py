"""`Watch`: follows a source, its past first, into a fleet. The one writer of the fleet; it knows no screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tui.poller import Failed, Fresh, Poller

if TYPE_CHECKING:
    from tui.api.cloud import Cloud, CloudError
    from tui.config import Config
    from tui.source import Source
    from tui.store.fleet import Fleet

T = TypeVar("T")

HISTORY_FRAME = 0.25
"""Seconds between two tellings while the past is taken in."""


class Watch:
    """One life of asking: open the cloud, take in its past, poll pods and prices until cancelled.

    changed: called after every change of the fleet.
    prepare: called in a thread once the cloud is open: imports that need not wait for the first answer.
    """

    def __init__(
        self,
        source: Source,
        config: Config,
        fleet: Fleet,
        changed: Callable[[], object],
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._source = source
        self._config = config
        self._fleet = fleet
        self._changed = changed
        self._prepare = prepare
        self._wakes: list[Callable[[], None]] = []

    def wake(self) -> None:
        """Ask now."""
        for wake in self._wakes:
            wake()

    async def run(self) -> None:
        """Until cancelled. Connections are closed then."""
        cloud = await asyncio.to_thread(self._source.open)
        try:
            await asyncio.to_thread(self._prepare)
            await self._take_in_the_past(cloud)
            pods = Poller(cloud.fleet, self._config.interval)
            market = Poller(cloud.offers, self._config.market_interval)
            self._wakes = [pods.wake, market.wake]
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(pods, self._fleet.apply, self._fleet.fail))
                group.create_task(self._follow(market, self._fleet.apply_market, self._fleet.fail_market))
        finally:
            await cloud.aclose()

    async def _take_in_the_past(self, cloud: Cloud) -> None:
        if self._source.history is None:
            return
        loop = asyncio.get_running_loop()
        self._fleet.past = True
        told = loop.time()
        async for at, snapshot in self._source.history(cloud):
            self._fleet.apply(snapshot, at)
            if loop.time() - told > HISTORY_FRAME:
                told = loop.time()
                self._changed()
        self._fleet.past = False

    async def _follow(
        self,
        poller: Poller[T],
        apply: Callable[[T, float, float], object],
        fail: Callable[[CloudError, float, float], None],
    ) -> None:
        async for reading in poller:
            now = self._source.clock()
            match reading:
                case Fresh(value, took):
                    apply(value, now, took)
                case Failed(error, retry_in):
                    fail(error, now, now + retry_in * self._source.pace)
            self._changed()
