"""The demo: a simulated RunPod inside the program, asked through the same client as the real one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from tui.source import Source

if TYPE_CHECKING:
    import httpx

    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.demo.faults import Faults

HISTORY = 3600.0
STEP = 15.0
"""Seconds between two samples of the past; with many pods fewer, so that the past is there within seconds."""

_SAMPLES = 4000


class DemoClock:
    """The demo's time: the past is walked through first, then it goes on from the visitor's now."""

    def __init__(self, wall: Callable[[], float], speed: float) -> None:
        self._wall = wall
        self._speed = speed
        self.opened = wall()
        self._walking: float | None = self.opened - HISTORY

    def now(self) -> float:
        """The visitor's now."""
        return self.opened + (self._wall() - self.opened) * self._speed

    def world(self) -> float:
        """Where the world stands: behind now while its past is walked through."""
        return self.now() if self._walking is None else self._walking

    def walk_to(self, at: float | None) -> None:
        """Put the world at an instant of the past, or, with None, at now."""
        self._walking = at


def demo_source(
    *,
    seed: int = 7,
    pods: int = 6,
    speed: float = 1.0,
    read_only: bool = False,
    faults: Faults | None = None,
    wall: Callable[[], float] = time.time,
) -> Source:
    """A source on a world of its own, which opens with an hour of history."""
    clock = DemoClock(wall, speed)

    def open_cloud() -> Cloud:
        from tui.api.graphql.client import GraphQLCloud
        from tui.demo.execution import KEY
        from tui.demo.server import Simulator
        from tui.demo.world import World

        world = World(seed=seed, pods=pods, start=clock.opened - HISTORY)
        simulator = Simulator(world, clock.world, faults)
        return GraphQLCloud("https://demo.invalid/graphql", KEY, read_only=read_only, transport=in_process(simulator))

    async def history(cloud: Cloud) -> AsyncIterator[tuple[float, Snapshot]]:
        step = max(STEP, HISTORY * pods / _SAMPLES)
        at = clock.opened - HISTORY
        while at < clock.now() - step / 2:
            clock.walk_to(at)
            yield at, await cloud.fleet()
            at += step
            await asyncio.sleep(0)
        clock.walk_to(None)

    return Source(badge="demo", demo=True, open=open_cloud, clock=clock.now, pace=speed, history=history)


def in_process(simulator: object) -> httpx.AsyncBaseTransport:
    """A transport that hands requests to an ASGI application in this process: no port is opened."""
    import httpx

    class InProcess(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            try:
                return await super().handle_async_request(request)
            except ConnectionResetError as error:
                raise httpx.ReadError(str(error), request=request) from None

    return InProcess(app=simulator)  # type: ignore[arg-type]
