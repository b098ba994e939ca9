"""The poller, on a clock and a wait of the test's own: nothing sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tui.api.errors import CloudError, NotOffered, Throttled, Unauthorized, Unforeseen, Unreachable
from tui.services.poller import LONGEST_WAIT, Failed, Fresh, Poller


class World:
    """A clock that moves when somebody waits or a request takes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        if event.is_set():
            return
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def poller(self, fetch: Callable[[], Awaitable[int]], interval: float = 5.0) -> Poller[int]:
        return Poller(fetch, interval, clock=self.clock, wait=self.wait, random=lambda: 1.0)


async def take(poller: Poller[int], count: int) -> list[Fresh[int] | Failed]:
    readings = []
    async for reading in poller:
        readings.append(reading)
        if len(readings) == count:
            break
    return readings


def failing(*results: int | CloudError, took: float = 0.0, world: World) -> Callable[[], Awaitable[int]]:
    queue = list(results)

    async def fetch() -> int:
        world.now += took
        result = queue.pop(0)
        if isinstance(result, CloudError):
            raise result
        return result

    return fetch


async def test_readings_start_an_interval_apart() -> None:
    world = World()
    readings = await take(world.poller(failing(1, 2, 3, took=2.0, world=world)), 3)
    assert readings == [Fresh(1, 2.0), Fresh(2, 2.0), Fresh(3, 2.0)]
    assert [w for w in world.waits if w] == [3.0, 3.0]


async def test_an_answer_slower_than_the_interval_is_followed_by_no_burst() -> None:
    world = World()
    await take(world.poller(failing(1, 2, 3, took=12.0, world=world)), 3)
    assert sum(world.waits) == 0.0
    assert world.now == 36.0


async def test_one_request_is_in_flight_at_most() -> None:
    world, flying, most = World(), 0, 0

    async def fetch() -> int:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        poller.wake()
        flying -= 1
        return 1

    poller = world.poller(fetch)
    await take(poller, 5)
    assert most == 1
    assert world.waits == []


async def test_failures_back_off_to_a_minute_and_a_success_ends_it() -> None:
    world = World()
    results = [*(Unreachable("down") for _ in range(6)), 1, Unreachable("down")]
    readings = await take(world.poller(failing(*results, world=world)), 8)
    waits = [r.retry_in for r in readings if isinstance(r, Failed)]
    assert waits == [10, 20, 40, 60, 60, 60, 10]
    assert [r.attempts for r in readings if isinstance(r, Failed)] == [1, 2, 3, 4, 5, 6, 1]


async def test_jitter_draws_from_the_upper_half() -> None:
    world = World()
    poller = Poller(failing(Unreachable("x"), world=world), 5.0, clock=world.clock, wait=world.wait, random=lambda: 0.0)
    (reading,) = await take(poller, 1)
    assert isinstance(reading, Failed)
    assert reading.retry_in == 5.0


async def test_wake_ends_a_back_off_but_not_what_the_server_asked_for() -> None:
    world = World()
    poller = world.poller(failing(Throttled("slow down", 120.0), Unreachable("down"), 1, world=world))
    async for reading in poller:
        poller.wake()
        if isinstance(reading, Fresh):
            break
    assert world.waits == [120.0]


async def test_a_refused_key_is_tried_once_a_minute() -> None:
    world = World()
    (reading,) = await take(world.poller(failing(Unauthorized("no"), world=world)), 1)
    assert isinstance(reading, Failed)
    assert reading.retry_in == LONGEST_WAIT


async def test_what_is_not_a_cloud_error_is_a_fault_of_ours_and_a_failure() -> None:
    async def fetch() -> int:
        raise ZeroDivisionError

    (reading,) = await take(World().poller(fetch), 1)
    assert isinstance(reading, Failed)
    assert isinstance(reading.error, Unforeseen)


async def test_ending_cancels_the_request_in_flight() -> None:
    cancelled = asyncio.Event()
    started = asyncio.Event()

    async def fetch() -> int:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return 1

    task = asyncio.create_task(take(World().poller(fetch), 1))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


async def test_what_is_not_offered_is_asked_for_once() -> None:
    world = World()
    error = NotOffered("not here")
    fetch = failing(error, 1, world=world)
    readings = [reading async for reading in world.poller(fetch)]
    assert [reading.error for reading in readings if isinstance(reading, Failed)] == [error]
    assert len(readings) == 1
    assert world.waits == []
