"""The demo's runs: each of the tale's is named within its hold, the others not; by log stream and over a real ssh."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli import sshd
from tui.api.cloud import Cloud
from tui.api.rest.client import RestCloud
from tui.config.settings import Ssh
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import Faults
from tui.demo.pods import SimPod
from tui.demo.rest.log_lines import CONTAINER, last_lines
from tui.demo.scenario import NAN_AFTER
from tui.demo.source import in_process
from tui.demo.world import HISTORY, World
from tui.domain.signals.rules import DEMO, PodSignals, SignalRules
from tui.services.signals.collector import SignalCollector
from tui.services.signals.log_source import LogStreamSource
from tui.services.signals.ssh_source import SshSource
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.kinds.runs import DISK, DIVERGED, FINISHED, NOT_FINITE, RUN_ERROR, STALLED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tui.services.signals.source import SignalSource

SEED = 7
START = 1_795_435_200.0
OPENED = START + HISTORY
POLL = 10.0
PERIOD = 6.0
"""Seconds from one line of a run to the next, at most."""

NAMED = {
    ("olmo-ablation", "loss-nan"), ("deepseek-grpo", "stalled"), ("whisper-finetune", "run-finished"),
    ("qwen-eval-sweep", "run-finished"),
}  # fmt: skip
OF_RUNS = {kind.name for kind in (NOT_FINITE, DIVERGED, STALLED, RUN_ERROR, FINISHED, DISK)}
HEALTHY = "llama-70b-pretrain"


class Tale:
    """The demo on a clock of the test's, polled by the real client."""

    def __init__(self, ssh_port: int | None = None) -> None:
        self.now = OPENED
        self.world = World(seed=SEED, pods=9, start=START, tale=True, ssh_port=ssh_port)
        self.world.advance_to(self.now)
        transport = in_process(Simulator(self.world, lambda: self.now, Faults({}), packs=False, beat=0.005))
        self.cloud: Cloud = RestCloud(
            "http://127.0.0.1:1/v2", KEY, read_only=True, wall=lambda: self.now, clock=lambda: self.now,
            transport=transport,
        )  # fmt: skip
        self.fleet, self._tracker = Fleet(POLL, 30.0), AlertTracker()
        self.named: dict[tuple[str, str], float] = {}

    @asynccontextmanager
    async def read(self, rules: SignalRules, sources: dict[str, SignalSource]) -> AsyncIterator[SignalCollector]:
        reading = SignalCollector(self.fleet, rules, sources, sleep=lambda _: asyncio.sleep(3600))
        self.fleet.apply(await self.cloud.fleet(), self.now)
        task = asyncio.create_task(reading.run())
        try:
            yield reading
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.cloud.aclose()

    async def poll(self, reading: SignalCollector, has_read: Callable[[], bool]) -> None:
        """A poll at the present instant, when what was written by then has been read; then time goes on."""
        self.fleet.apply(await self.cloud.fleet(), self.now)
        reading.look()
        async with asyncio.timeout(20):
            while not has_read():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        reading.look()
        self._tracker.judge(self.fleet, self.now)
        for alert in alerts(self.fleet, self.now, quiet=False):
            if alert.kind.name in OF_RUNS:
                self.named.setdefault((alert.name, alert.kind.name), self.now)
        self.now += POLL
        self.world.advance_to(self.now)

    def written(self, pod: SimPod, count: int = 100) -> list[str]:
        return [line.text for line in last_lines(pod, SEED, self.now, count, CONTAINER)]


@pytest.mark.wide
async def test_by_log_stream() -> None:
    tale = Tale()

    async def soon(seconds: float) -> None:
        await asyncio.sleep(0)

    source = LogStreamSource(
        lambda: tale.cloud, skew=lambda: 0.0, clock=lambda: tale.now, elapsed=lambda: tale.now, sleep=soon
    )
    followed = [pod for pod in tale.world.pods.values() if pod.name in {HEALTHY, *(name for name, _ in NAMED)}]
    async with tale.read(DEMO, {"log": source}) as reading:

        def has_read() -> bool:
            reading.look()
            runs = [tale.fleet.runs.get(pod.id) for pod in followed]
            return all(
                run is not None and run.line == tale.written(pod, 1)[-1]
                for pod, run in zip(followed, runs, strict=True)
            )

        while tale.now < OPENED + NAN_AFTER + 60:
            await tale.poll(reading, has_read)
    assert set(tale.named) == NAMED
    hold = NOT_FINITE.holds
    at = tale.named["olmo-ablation", "loss-nan"] - OPENED
    assert NAN_AFTER < at <= NAN_AFTER + PERIOD + hold + 2 * POLL
    assert all(at <= OPENED + 2 * POLL for (_, kind), at in tale.named.items() if kind != "loss-nan")
    healthy = next(pod for pod in tale.world.pods.values() if pod.name == HEALTHY)
    assert any("checkpoint" in text for text in tale.written(healthy, 300))
    assert tale.fleet.runs[healthy.id].now.loss is not None


@pytest.mark.wide
@pytest.mark.skipif(sshd.missing() != "", reason=f"no SSH server on this machine: {sshd.missing()}")
async def test_over_a_real_ssh_server_to_which_the_simulator_leads(tmp_path: Path) -> None:
    with sshd.server(tmp_path) as server:
        tale = Tale(ssh_port=server.port)
        tale.now = OPENED + NAN_AFTER + 60
        tale.world.advance_to(tale.now)
        names = [name for name, _ in NAMED] + [HEALTHY]
        pods = {pod.name: pod for pod in tale.world.pods.values() if pod.name in names}
        rules = {}
        for name, pod in pods.items():
            (tmp_path / name).mkdir()
            file = tmp_path / name / "train.log"
            lines = last_lines(pod, SEED, tale.now, 100, CONTAINER)
            file.write_text("".join(f"{line.text}\n" for line in lines))
            # As long ago as the run wrote its last line.
            since = tale.now - lines[-1].place.at / 1000
            os.utime(file, (time.time() - since, time.time() - since))
            rules[name] = PodSignals(sources=("ssh",), files=(f"{tmp_path / name}/*.log",), machine=False)
        settings = Ssh(server.user, str(server.key), server.options)
        ssh = SshSource(
            lambda pod: tale.fleet.records[pod].pod, settings, 30.0, lambda: tmp_path / "s", os.environ,
            clock=lambda: tale.now, simulated=True, sleep=lambda _: asyncio.sleep(0.2), random=lambda: 0.0,
        )  # fmt: skip
        async with tale.read(SignalRules(pods=tuple(rules.items())), {"ssh": ssh}) as reading:

            def has_read() -> bool:
                reading.look()
                return {tale.fleet.records[run].name for run, state in tale.fleet.runs.items() if state.lines} == set(
                    pods
                )

            await tale.poll(reading, has_read)
            for _ in range(10):
                await tale.poll(reading, lambda: True)
        assert set(tale.named) == NAMED, {run.problem for run in tale.fleet.runs.values()}
