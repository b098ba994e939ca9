"""The simulated RunPod's hostile log, over the real client: its runs stay text, bounded, and podtop goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.logs import Time
from tests.make import pod
from tests.services.signals.test_ssh_source import Intake
from tui.api.rest.client import RestCloud
from tui.api.rest.sse import LARGEST_EVENT
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import Faults
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain.signals.rules import DEMO, PodSignals
from tui.services.signals.budget import CHARACTERS, CHARACTERS_PER_S
from tui.services.signals.collector import SignalCollector
from tui.services.signals.log_source import PAUSE, LogStreamSource
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


ESCAPES = b"\x1b[2J\x1b]52;c;cm0gLXJm\x07\x1b[31m"
HOSTILE = {
    "a line without end": b"x" * 65_536,
    "comments without end": b": nothing\n" * 6_500,
    "lines of a megabyte": b'data: {"ts": null, "line": "' + b"y" * 2**20 + b'"}\n\n',
    "lines of nothing but escapes": b'data: {"line": "' + ESCAPES.replace(b"\x1b", b"\\u001b") * 9_000 + b'"}\n\n',
    "invalid text": b"data: " + b"\xff\xfe\x00\x9b" * 16_000 + b"\n\n",
    "short lines": b'data: {"line": "step 1/9 loss nan"}\n\n' * 1_700,
}
"""What a pod writes again and again, as fast as it is read."""


MINUTES = 10


@pytest.mark.wide
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_pod_that_writes_without_end_costs_bounded_bytes_and_time(piece: bytes) -> None:
    sent = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                for begin in range(0, len(piece), 65_536):
                    part = piece[begin : begin + 65_536]
                    sent += len(part)
                    yield part
                    await asyncio.sleep(0)

    kind = {"content-type": "text/event-stream"}
    cloud = RestCloud(
        "https://demo.invalid/v2", KEY, read_only=True,
        transport=httpx.MockTransport(lambda request: httpx.Response(200, headers=kind, stream=Endless())),
    )  # fmt: skip
    passing, intake = Time(), Intake()
    source = LogStreamSource(
        lambda: cloud, skew=lambda: 0.0, clock=passing.clock, elapsed=passing.clock, sleep=passing.sleep,
        random=lambda: 1.0,
    )  # fmt: skip
    begun = time.process_time()
    task = asyncio.create_task(source.follow(pod("a"), PodSignals(), intake))
    for _ in range(MINUTES * 30):
        # As often as the source reads on.
        await passing.go(PAUSE)
        for _ in range(40):
            await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await cloud.aclose()
    assert intake.left_out > 0 or not intake.lines, "of comments nothing is left out"
    # Of the gigabytes that it would send: what the budget allows, and what was under way when it was spent.
    assert sent < 60 * MINUTES * CHARACTERS_PER_S + CHARACTERS + 2 * LARGEST_EVENT, f"{sent / 2**20:.0f} MiB"
    assert time.process_time() - begun < 20.0
    assert all(line.text.isprintable() for line in intake.lines)
