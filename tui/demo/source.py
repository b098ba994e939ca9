"""The demo: a simulated RunPod inside the program, used through the same client as the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from tui.clocks import Clocks
from tui.services.source import Source

if TYPE_CHECKING:
    import httpx

    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.demo.faults import Faults
    from tui.demo.in_process import Application
    from tui.store.price_history import Prices

STEP = 15.0
"""Seconds between two samples of the history; longer with many pods, so that it is loaded within a second or two."""

_CATCH_UP = 200
"""Maximum number of samples of what happens while the history is loaded."""

LATE = 1.0
"""Seconds that the history may lag behind the live world when it ends."""

_PODS_TOLD = 6_000
"""Number of pod samples in the history, over all its instants."""

COARSE_STEP = 180.0
_SELDOM = 120.0
"""Seconds between two samples from which on what lasts less than minutes is left out of the loads."""

FINE = 3600.0
"""The last hour of history is fine-grained, earlier history coarse."""

_BEAT = 1.0
"""Seconds between two looks for new lines of each open log: in the program itself they are part of its load."""

_FEWEST = 6

_FEW = 20
"""Pods of which a response is built within a millisecond."""


def demo_source(
    *,
    seed: int = 7,
    pods: int = 6,
    speed: float = 1.0,
    read_only: bool = False,
    api: str = "graphql",
    faults: Faults | None = None,
    history_s: float = 86_400.0,
    prices_s: float = 7 * 86_400.0,
    wall: Callable[[], float] | None = None,
    tale: bool = False,
) -> Source:
    """A source on a world of its own, which opens with `history_s` seconds of history, and `prices_s` of the market's.

    The history comes from a second world of the same seed, which is advanced step by step: the two agree until the
    visitor changes something, and the world that the visitor sees is always live. `api`: as in the settings. `tale`:
    as in `World`.
    """
    real = wall or Clocks().now
    opened = real()

    def clock() -> float:
        return opened + (real() - opened) * speed

    def connect(
        instant: Callable[[], float], faults: Faults | None = None, *, beside: bool = True, coarse_until: float = 0.0
    ) -> Cloud:
        from tui.api.addresses import api_at
        from tui.api.dual import cloud_at
        from tui.api.graphql.client import GraphQLCloud
        from tui.api.listener import Api
        from tui.demo.asgi import Simulator
        from tui.demo.execution import KEY
        from tui.demo.world import World

        world = World(
            seed=seed, pods=pods, start=opened - history_s, history=history_s, tale=tale, coarse_until=coarse_until
        )
        transport = in_process(Simulator(world, instant, faults, packs=False, beat=_BEAT, beside=beside))

        def make(url: str) -> Cloud:
            if api_at(url) is Api.GRAPHQL:
                return GraphQLCloud(url, KEY, read_only=read_only, transport=transport)
            from tui.api.rest.client import RestCloud

            return RestCloud(url, KEY, read_only=read_only, transport=transport, wall=instant, clock=instant)

        return cloud_at("https://demo.invalid/graphql", api, make)

    def open_cloud() -> Cloud:
        return connect(clock, faults)

    async def history(_: Cloud) -> AsyncIterator[tuple[float, Snapshot]]:
        at = opened - history_s
        # Of few pods a response is built faster than it is handed to a thread and back.
        coarse_until = opened - FINE if COARSE_STEP >= _SELDOM else 0.0
        past = await asyncio.to_thread(connect, lambda: at, beside=pods > _FEW, coarse_until=coarse_until)
        try:
            for at in instants(opened, history_s, pods):
                yield at, await past.fleet()
                await asyncio.sleep(0)
            # Loading takes a while: what happens in between belongs to it, or a gap would begin everything again.
            # Where the clock runs faster than that can be loaded, there is a gap.
            for _step in range(_CATCH_UP):
                now = clock()
                if not LATE < now - at <= history_s or now <= opened:
                    break
                at = min(now, at + STEP)
                yield at, await past.fleet()
                await asyncio.sleep(0)
        finally:
            await past.aclose()

    def prices() -> Prices:
        from tui.demo.market import past_prices

        return past_prices(seed, opened, prices_s)

    return Source(badge="demo", demo=True, open=open_cloud, clock=clock, pace=speed, history=history, prices=prices)


def instants(opened: float, history_s: float, pods: int) -> Iterator[float]:
    """The instants of the history, the last hour at fine steps; fewer of them with many pods."""
    fine = min(FINE, history_s)
    for start, length, step in (
        (opened - history_s, history_s - fine, COARSE_STEP),
        (opened - fine, fine, STEP),
    ):
        if length > 0:
            count = int(min(length / step, max(_FEWEST, _PODS_TOLD / max(1, pods))))
            yield from (start + index * length / count for index in range(count))


def in_process(simulator: Application) -> httpx.AsyncBaseTransport:
    """A transport that hands requests to an ASGI application in this process: no port is opened."""
    from tui.demo.in_process import InProcess

    return InProcess(simulator)
