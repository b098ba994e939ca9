"""The simulated RunPod's hostile log, over the real client: its runs stay text, bounded, and podtop goes on."""

from __future__ import annotations

import asyncio
import time

from tui.api.rest.client import RestCloud
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import Faults
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain.signals.rules import DEMO
from tui.services.signals.collector import SignalCollector
from tui.services.signals.log_source import LogStreamSource
from tui.store.fleet import Fleet
from tui.store.run_signals import LONGEST_LINE

START = 1_795_435_200.0


async def test_hostile_logs_become_runs_of_plain_text() -> None:
    world = World(seed=7, pods=6, start=START, history=3600.0)
    cloud = RestCloud(
        "https://demo.invalid/v2", KEY, read_only=True, wall=lambda: START + 3600.0, clock=lambda: START + 3600.0,
        transport=in_process(Simulator(world, lambda: START + 3600.0, Faults({"v2-logs-hostile": 1.0}), packs=False)),
    )  # fmt: skip
    fleet = Fleet(5.0, 30.0)
    fleet.apply(await cloud.fleet(), START + 3600.0)

    async def soon(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    source = LogStreamSource(
        lambda: cloud, skew=lambda: 0.0, clock=lambda: START + 3600.0, elapsed=time.monotonic, sleep=soon
    )
    task = asyncio.create_task(SignalCollector(fleet, DEMO, {"log": source}, sleep=soon).run())
    try:
        async with asyncio.timeout(60):
            while sum(run.lines > 20 for run in fleet.runs.values()) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cloud.aclose()
    for run in fleet.runs.values():
        assert run.line.isprintable()
        assert len(run.line) <= LONGEST_LINE
        assert "\x1b" not in run.line
    assert any(run.now.loss is not None for run in fleet.runs.values()), "what is written between is read"
