"""`Delivery`: sends notifications by sinks that may be down, at once or later, and each once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any

from tui.domain.notification import Notification
from tui.services.sinks.sink import NotSent, Sink
from tui.storage.json_store import StoreError
from tui.storage.notify_spool import Memory, Spool, Store, Taken

FIRST, LONGEST = 60.0, 3600.0
"""Seconds until something that was not sent is tried again: first, and at most. Each time twice as many."""

GIVEN_UP = 86_400.0
"""Seconds after which what could not be sent is given up."""

HOLD = 120.0
"""Seconds for which other podtops leave a notification alone that one of them is sending."""

CHECKS = 30.0
"""Seconds after which the spool is looked at again, at most, while something waits."""


class Delivery:
    """One notification at a time by each sink; those that wait are on disk.

    store:    where they wait.
    complain: receives the name of a sink, and why something was not sent; `works` its name once it works.
    """

    def __init__(
        self,
        sinks: Mapping[str, Sink],
        store: Store | None,
        *,
        complain: Callable[[str, str], object],
        works: Callable[[str], object],
        clock: Callable[[], float],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self._sinks = sinks
        self._memory = Spool(Memory())
        self._spools = (self._memory,) if store is None else (Spool(store), self._memory)
        self._complain = complain
        self._works = works
        self._clock = clock
        self._tasks = tasks
        self._busy: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, notification: Notification, sinks: Iterable[str]) -> None:
        """Send a notification, which has an id, by these sinks; returns at once."""
        self._begin(self._added(notification, tuple(sinks)))

    def resume(self) -> None:
        """Send what is due, also what a podtop that has ended left behind."""
        if self._sinks:
            self._begin(self._all_sent())

    def close(self) -> None:
        """Look at the spool no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def waiting(self) -> dict[str, int]:
        """How many notifications wait, by sink. Raises StoreError."""
        counts: dict[str, int] = {}
        for spool in self._spools:
            for name, count in spool.waiting().items():
                counts[name] = counts.get(name, 0) + count
        return counts

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Where it was cancelled before it began.
        task.add_done_callback(lambda _: work.close())

    async def _added(self, notification: Notification, sinks: tuple[str, ...]) -> None:
        for spool in self._spools:
            try:
                dropped = await asyncio.to_thread(spool.add, notification, sinks, self._clock())
            except StoreError as error:
                # It is sent all the same, and tried again as long as this podtop runs.
                self._complain("spool", str(error))
                continue
            if dropped:
                self._complain("spool", "too many notifications wait; the oldest were dropped")
            break
        await self._all_sent()

    async def _all_sent(self) -> None:
        await asyncio.gather(*(self._sent(name) for name in self._sinks))
        self._wait()

    async def _sent(self, name: str) -> None:
        """Send what is due by one sink, one after the other."""
        if name in self._busy:
            return
        self._busy.add(name)
        try:
            for spool in self._spools:
                try:
                    await self._drained(name, spool)
                except StoreError as error:
                    self._complain("spool", str(error))
        finally:
            self._busy.discard(name)

    async def _drained(self, name: str, spool: Spool) -> None:
        works = False
        while True:
            now = self._clock()
            item = await asyncio.to_thread(spool.take, name, now, HOLD, early=works)
            if item is None:
                return
            if item.tries and now - item.at > GIVEN_UP:
                await asyncio.to_thread(spool.done, item.id, name)
                self._complain(name, "a notification could not be sent for 24 h, and was given up")
                continue
            works = await self._tried(name, spool, item)
            if not works:
                return

    async def _tried(self, name: str, spool: Spool, item: Taken) -> bool:
        """Whether the sink works, as far as one notification shows."""
        try:
            work = self._sinks[name](item.notification)
            if work is not None:
                await work
        except asyncio.CancelledError:
            # podtop ends: whichever runs next sends it.
            with suppress(StoreError):
                spool.later(item.id, name, self._clock(), failed=False)
            raise
        # Whatever goes wrong with one notification is reported, and ends nothing.
        except Exception as error:
            return await self._failed(name, spool, item, error)
        self._works(name)
        await asyncio.to_thread(spool.done, item.id, name)
        return True

    async def _failed(self, name: str, spool: Spool, item: Taken, error: Exception) -> bool:
        final = isinstance(error, NotSent) and error.final
        self._complain(name, reason(error))
        if final:
            await asyncio.to_thread(spool.done, item.id, name)
            return True
        wait = min(LONGEST, FIRST * 2.0 ** min(item.tries, 10))
        asked = min(LONGEST, error.after) if isinstance(error, NotSent) else 0.0
        at = self._clock() + max(asked, wait * random.uniform(0.8, 1.2))
        await asyncio.to_thread(spool.later, item.id, name, at)
        return False

    def _wait(self) -> None:
        """Look again when something is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = min(self._next_at(spool) for spool in self._spools)
        if at < float("inf"):
            wait = max(0.05, min(CHECKS, at - self._clock()))
            self._timer = asyncio.get_running_loop().call_later(wait, self.resume)

    def _next_at(self, spool: Spool) -> float:
        try:
            return spool.next_at(self._sinks)
        except StoreError as error:
            self._complain("spool", str(error))
            return float("inf")


def reason(error: Exception) -> str:
    """Why it was not sent: in a sink's own words, or without words that may contain a secret."""
    return str(error) if isinstance(error, NotSent) else f"could not be sent ({type(error).__name__})"
