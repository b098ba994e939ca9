"""An event loop whose clock a test's work moves: what waits for a time does not wait, and threads are waited for."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

PATIENCE = 30.0
"""Real seconds after which a thread that says nothing fails a test, in place of standing still for ever."""


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Asks the loop what to do in place of waiting."""

    loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self.loop
        if loop is None or (timeout is not None and timeout <= 0):
            ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
            return ready
        if loop.threads or timeout is None:
            ready = super().select(PATIENCE)
            assert ready, "a thread does not come to an end, or nothing is left that could happen"
            return ready
        ready = super().select(0)
        if not ready:
            loop.advance(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at `now` seconds. It goes on in steps of `tick` seconds: what is due within one happens at its end."""

    def __init__(self, now: float = 0.0, tick: float = 0.001) -> None:
        self._now, self._tick = now, tick
        self.threads = 0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now = max(self._now + self._tick, math.ceil((self._now + seconds) / self._tick) * self._tick)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        work = super().run_in_executor(executor, func, *args)
        self.threads += 1
        work.add_done_callback(self._came_back)
        return work

    def _came_back(self, work: asyncio.Future[Any]) -> None:
        self.threads -= 1
