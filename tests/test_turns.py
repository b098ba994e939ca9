"""Long work gives the event loop its turns: between slices on the loop, and in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import thread_time

import pytest

from tests.make import pod, snapshot
from tui import turns
from tui.api.quantities import Reader
from tui.api.values import each
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer

LONG = 60.0


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each item is one to give way before, and for as long as it takes."""
    monkeypatch.setattr(turns, "SLICE", 0.0)
    monkeypatch.setattr(turns, "PATIENCE", LONG)
    yield
    turns.put_first(None)


def busy(seconds: float) -> None:
    until = thread_time() + seconds
    while thread_time() < until:
        pass


async def test_slices_wait_until_all_that_is_due_is_done() -> None:
    done = []

    def step(left: int) -> None:
        busy(0.001)
        done.append(left)
        if left:
            asyncio.get_running_loop().call_soon(step, left - 1)

    asyncio.get_running_loop().call_soon(step, 9)
    await turns.quiet()
    assert len(done) == 10


async def test_a_loop_that_is_always_busy_holds_slices_up_for_some_turns_only() -> None:
    loop, going = asyncio.get_running_loop(), True

    def step() -> None:
        busy(0.001)
        if going:
            loop.call_soon(step)

    loop.call_soon(step)
    await turns.quiet()
    going = False


async def test_a_thread_waits_for_the_loop_before_each_slice() -> None:
    loop = asyncio.get_running_loop()
    turns.put_first(loop)
    order: list[str] = []

    def work() -> None:
        for _ in range(3):
            turns.give_way()
            order.append("thread")

    def step(left: int) -> None:
        busy(0.001)
        order.append("loop")
        if left:
            loop.call_soon(step, left - 1)

    loop.call_soon(step, 9)
    await asyncio.to_thread(work)
    assert order == 10 * ["loop"] + 3 * ["thread"]


async def test_nothing_waits_for_a_loop_that_waits_for_it() -> None:
    turns.put_first(asyncio.get_running_loop())
    # On the loop's own thread it would wait for itself.
    turns.give_way()
    with turns.none_first():
        thread = threading.Thread(target=turns.give_way)
        thread.start()
        thread.join(LONG / 2)
        assert not thread.is_alive()
    turns.put_first(None)
    await asyncio.to_thread(turns.give_way)


def test_nothing_waits_for_a_loop_that_is_closed() -> None:
    loop = asyncio.new_event_loop()
    turns.put_first(loop)
    loop.close()
    thread = threading.Thread(target=turns.give_way)
    thread.start()
    thread.join(LONG / 2)
    assert not thread.is_alive()


async def counted(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often work in a thread has given way."""
    turns.put_first(asyncio.get_running_loop())
    told: list[object] = []
    monkeypatch.setattr(turns, "_tell_once_quiet", lambda loop, turn, *_: (told.append(turn), turn.set()))
    await asyncio.to_thread(work)
    return len(told)


async def test_very_many_pods_are_read_and_recorded_with_turns_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [b"1"] * 50
    assert await counted(lambda: each(items, "numbers", Reader(int), int), monkeypatch) >= 50  # type: ignore[arg-type]

    def record() -> None:
        writer = Writer(connect(tmp_path / "a.sqlite", write=True), 1e9)
        writer.write([Polled(1e9 + 5, snapshot(*(pod(f"p{n}") for n in range(50))))])
        writer.close()

    assert await counted(record, monkeypatch) >= 100
