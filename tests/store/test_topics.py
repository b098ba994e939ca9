"""What is asked for only while a screen shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from tests.ui.conftest import NOW, HeldCloud
from tui.api.errors import CloudError, Unreachable
from tui.api.hosts import Hosts
from tui.config.loader import Config
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS

MACHINES = Hosts(())


class Asked(HeldCloud):
    """Counts what it is asked for beside the pods and the prices."""

    def __init__(self) -> None:
        super().__init__()
        self.topics: list[str] = []
        self.failure: CloudError | None = None

    def __getattribute__(self, name: str) -> Any:
        if name not in ("hosts", "cpu_types"):
            return super().__getattribute__(name)

        async def answer() -> object:
            self.topics.append(name)
            if self.failure is not None:
                raise self.failure
            return MACHINES if name == "hosts" else f"the {name}"

        return answer


async def until(true: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


@asynccontextmanager
async def watching(cloud: Asked, hosts: bool = False) -> AsyncIterator[tuple[Monitor, Fleet]]:
    fleet = Fleet(5.0, 30.0)
    watch = Monitor(Source("test", False, lambda: cloud, lambda: cloud.now), Config(), fleet, lambda: None, hosts=hosts)
    running = asyncio.create_task(watch.run())
    try:
        await until(lambda: fleet.market.at is not None)
        yield watch, fleet
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_nothing_is_asked_for_that_nobody_sees() -> None:
    cloud = Asked()
    async with watching(cloud) as (watch, fleet):
        assert cloud.topics == []
        watch.attend(("hosts",))
        await until(lambda: fleet.hosts.value is not None)
        assert fleet.hosts.value == MACHINES
        assert fleet.cpus.value is None
        watch.attend(())
        watch.wake()
        await asyncio.sleep(0.01)
        assert cloud.topics == ["hosts"]


async def test_what_is_young_enough_is_not_asked_for_again() -> None:
    cloud = Asked()
    async with watching(cloud) as (watch, fleet):
        watch.attend(("hosts",))
        await until(lambda: fleet.hosts.value is not None)
        watch.attend(())
        cloud.now = NOW + 10
        with patch("tui.services.topics.Poller") as poller:
            watch.attend(("hosts",))
            assert poller.call_args.kwargs["first"] == TOPICS["hosts"].interval - 10
            watch.attend(())
            cloud.now = NOW + 100
            watch.attend(("hosts",))
            assert poller.call_args.kwargs["first"] == 0.0


async def test_a_failure_keeps_the_last_answer_and_says_so() -> None:
    cloud = Asked()
    async with watching(cloud) as (watch, fleet):
        watch.attend(("hosts",))
        await until(lambda: fleet.hosts.value is not None)
        cloud.failure = Unreachable("no route")
        watch.wake()
        await until(lambda: fleet.hosts.error is not None)
        assert fleet.hosts.value == MACHINES


async def test_what_was_asked_for_before_there_was_a_cloud_is_asked_for_then() -> None:
    cloud = Asked()
    fleet = Fleet(5.0, 30.0)
    watch = Monitor(Source("test", False, lambda: cloud, lambda: cloud.now), Config(), fleet, lambda: None)
    watch.attend(("cpus",))
    running = asyncio.create_task(watch.run())
    await until(lambda: fleet.cpus.value is not None)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert cloud.topics == ["cpu_types"]


async def test_whether_there_are_machines_is_found_out_once() -> None:
    cloud = Asked()
    async with watching(cloud, hosts=True) as (watch, fleet):
        await until(lambda: fleet.hosts.value is not None)
        polls = cloud.asked
        watch.wake()
        await until(lambda: cloud.asked > polls)
        await asyncio.sleep(0.01)
        assert cloud.topics == ["hosts"]


async def test_that_it_was_not_found_out_is_no_trouble() -> None:
    cloud = Asked()
    cloud.failure = Unreachable("no route")
    async with watching(cloud, hosts=True) as (watch, fleet):
        await until(lambda: fleet.hosts.error is not None)
        assert fleet.snapshot.error is None
        cloud.failure = None
        watch.attend(("hosts",))
        await until(lambda: fleet.hosts.value is not None)
