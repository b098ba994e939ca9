"""The change of API under a running podtop: no figure means something else afterwards, and what lasts is kept.

Both backends request one simulated world; their fleets are compared field by field.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from tui.api.dual import cloud_at
from tui.api.enums import ENDED, PodKind
from tui.api.features import Feature
from tui.api.graphql.client import GraphQLCloud
from tui.api.listener import Api
from tui.api.models import Pod
from tui.api.rest.client import RestCloud
from tui.config.loader import Config
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import RETIRED
from tui.demo.world import HISTORY, World
from tui.history.recorder import Recorder
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.store.views.pods import pod_row

START = 1_795_435_200.0
URL = "https://demo.invalid/graphql"

LOST = {
    "lowest_bid_to_resume": Feature.SPOT_PRICE,
    "cost_per_hr": Feature.STOPPED_COST,
    "status_change": Feature.STATUS_CHANGE,
    "machine.gpu_available": Feature.FREE_GPUS,
    "machine.maintenance_start": Feature.MAINTENANCE,
    "machine.maintenance_end": Feature.MAINTENANCE,
    "machine.maintenance_note": Feature.MAINTENANCE,
    "telemetry": Feature.GPU_TEMPERATURE,
    "power_limit": Feature.GPU_POWER,
    "runtime.gpus.id": Feature.GPU_TEMPERATURE,
}
"""What is not known any more, by the field: because REST v2 lacks it. Temperatures are by the id of their GPU."""

LOST_IN_ROWS = {
    "running": {"since", "reason", "figures", "ports"}, "booting": set[str](), "stopped": {"cost"}, "outbid": {"cost"},
}  # fmt: skip
"""Fields of a pod's row that may be others, by its status."""

OTHERWISE = {
    "status": "a pod that boots is STARTING, which GraphQL calls RUNNING; podtop shows both as booting",
    "verbs": "GraphQL does not report what a pod allows",
    "runtime.ports": "REST v2 also lists the port of RunPod's own agent",
}
"""What is another value, and why that is none for a reader."""


class Desk:
    """A podtop over both APIs of one simulated world; `at` is the time of both."""

    def __init__(self, folder: Path | None = None, at: float = START + HISTORY + 200.0) -> None:
        self.at = at
        self.simulator = Simulator(World(pods=9, start=START), lambda: self.at)
        transport = httpx.ASGITransport(self.simulator)

        def make(url: str) -> Any:
            kind = RestCloud if url.endswith("/v2") else GraphQLCloud
            return kind(url, KEY, transport=transport, wall=lambda: self.at)

        self._folder = folder
        self._make = make
        self.begin()

    def begin(self) -> None:
        """Start podtop anew."""
        self.fleet = Fleet(5.0, 30.0)
        self.recorder: Recorder | None = None
        source = Source("test", False, lambda: cloud_at(URL, "auto", self._make), lambda: self.at)
        record = self._record if self._folder is not None else None
        # Polls by themselves come later than any test takes.
        self.changed = asyncio.Event()
        self.monitor = Monitor(source, Config(interval=3600.0), self.fleet, self.changed.set, record=record)

    def _record(self, post: Any) -> Recorder:
        assert self._folder is not None
        self.recorder = Recorder(self._folder, URL, post=post, wall=lambda: self.at)
        return self.recorder

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.monitor.run())
        try:
            await self.until(lambda: self.fleet.pods_at is not None)
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def poll(self, after: float = 5.0) -> dict[str, Pod]:
        """The pods as podtop knows them after a poll."""
        self.at += after
        await self.monitor.look()
        return {key: record.pod for key, record in self.fleet.records.items() if record.pod is not None}

    def retire_graphql(self) -> None:
        self.simulator.faults.set(RETIRED)


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two values differ, each with both; those of the items of tuples without their place."""
    if isinstance(before, Struct) and type(before) is type(after):
        for name in before.__struct_fields__:
            yield from differences(getattr(before, name), getattr(after, name), f"{path}.{name}".lstrip("."))
    elif isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from differences(one, other, path)
    elif before != after:
        yield path, before, after


async def test_pods_are_the_same_over_the_other_api_but_for_what_it_lacks() -> None:
    desk = Desk()
    async with desk.running():
        before = await desk.poll()
        assert desk.fleet.api is Api.GRAPHQL
        desk.retire_graphql()
        after = await desk.poll(after=0.0)
        assert desk.fleet.api is Api.REST
        assert before.keys() == after.keys()
        seen = set()
        for key, old in before.items():
            for field, one, other in differences(old, after[key]):
                seen.add(field)
                assert field in OTHERWISE or other is None, f"{field} of {old.name}: {one!r} is {other!r} now"
                if field == "cost_per_hr":
                    assert old.status in ENDED
                if field == "status_change":
                    assert old.runtime is not None, "what stopped a pod, and how long it boots, stays known"
        assert seen <= {*LOST, *OTHERWISE}
        assert seen >= {*OTHERWISE, "cost_per_hr", "machine.gpu_available", "telemetry"}, "the test sees differences"
        assert {LOST[field] for field in seen & LOST.keys()} <= desk.fleet.lacks | {Feature.SPOT_PRICE}


async def test_no_row_means_anything_else_and_nothing_is_told_to_have_happened() -> None:
    desk = Desk()
    async with desk.running():
        await desk.poll()
        before = {key: pod_row(record, desk.at, 10) for key, record in desk.fleet.records.items()}
        assert {row.word for row in before.values()} >= {"running", "booting", "stopped", "outbid"}
        assert any(row.spot for row in before.values())
        desk.retire_graphql()
        await desk.poll(after=0.0)
        for key, record in desk.fleet.records.items():
            fields = {field for field, *_ in differences(before[key], pod_row(record, desk.at, 10))}
            word = before[key].word
            assert fields <= LOST_IN_ROWS[word]
            lost = {name for name, value in pod_row(record, desk.at).figures.items() if value is None}
            known = {name for name, value in before[key].figures.items() if value is not None}
            assert lost & known <= {"temp", "power"}
        assert [event for event in desk.fleet.events if event.pod] == []


async def test_a_pod_that_started_since_has_no_reason_of_an_earlier_stop() -> None:
    desk = Desk()
    async with desk.running():
        before = await desk.poll()
        (key,) = (key for key, pod in before.items() if pod.kind == PodKind.SPOT)
        desk.retire_graphql()
        desk.simulator.world.bid_resume(key, 1, 9.0)
        (pod,) = (pod for pod in (await desk.poll()).values() if pod.id == key)
        assert (pod.kind, pod.status_change) == (PodKind.SPOT, None)
        # Stopped, started and stopped again while nobody looked: the last reason may be any.
        desk.simulator.world.stop(key)
        pod = (await desk.poll(after=600.0))[key]
        assert (pod.kind, pod.status_change) == (PodKind.SPOT, None)


async def test_after_a_restart_the_recording_still_knows_which_pods_are_spot(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for start in range(3):
        if start:
            desk.retire_graphql()
        async with desk.running():
            assert desk.recorder is not None
            await desk.recorder.opened()
            await desk.poll()
            if start:
                await desk.until(lambda: bool(desk.monitor._kept_facts._recorded))
            pods = await desk.poll()
            assert desk.fleet.api is (Api.REST if start else Api.GRAPHQL)
            assert {pod.kind for pod in pods.values()} == {PodKind.ON_DEMAND, PodKind.SPOT}
        desk.at += 900.0
        desk.begin()
