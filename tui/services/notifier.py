"""`Notifier`: notifies a user who looks elsewhere, by the enabled sinks: each thing once, and never too many."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tui.api.secret import mask
from tui.config.keys import NOTHING, Hidden
from tui.config.settings import SINKS, Notify
from tui.domain.user_message import UserMessage
from tui.services.sinks.sink import MakeSink, Means, Notification, NotSent, Sink

if TYPE_CHECKING:
    import httpx

AT_ONCE = 4
"""Notifications under way at most; those beyond are reported as not sent."""

SAME = 60.0
"""Seconds within which the same notification is sent once."""


class Notifier:
    """Passes notifications to the enabled sinks.

    write:  sends text to the terminal, between two frames and never within one; None without a terminal.
    post:   receives a message when a sink does not work, once.
    hidden: what a command must not receive.
    """

    def __init__(
        self,
        settings: Notify,
        *,
        write: Callable[[str], object] | None,
        post: Callable[[UserMessage], object],
        monotonic: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
        transport: httpx.AsyncBaseTransport | None = None,
        hidden: Hidden = NOTHING,
    ) -> None:
        self._means = Means(settings, write, environ, hidden, transport)
        self._post = post
        self._monotonic = monotonic
        self._last: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: set[str] = set()

    @cached_property
    def _sinks(self) -> dict[str, Sink]:
        """The enabled sinks, by name."""
        sinks: dict[str, Sink] = {}
        for name in SINKS:
            make: MakeSink = import_module(f"tui.services.sinks.{name}").sink
            if (sink := make(self._means)) is not None:
                sinks[name] = sink
        return sinks

    def notify(self, notification: Notification) -> None:
        """Send a notification to every enabled sink; returns at once."""
        now, key = self._monotonic(), (notification.kind, notification.title)
        if now - self._last.get(key, -SAME) < SAME:
            return
        self._last[key] = now
        for name, send in self._sinks.items():
            try:
                work = send(notification)
            except Exception as error:
                # As in `_sent`.
                self._complain(name, _reason(error))
                continue
            if work is not None:
                self._begin(name, work)

    async def close(self) -> None:
        """Give notifications under way a second, then end them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= AT_ONCE:
            work.close()
            self._complain("hooks", "too many at once; this alert was not sent everywhere")
            return
        task = asyncio.get_running_loop().create_task(self._sent(name, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Where it was cancelled before it began.
        task.add_done_callback(lambda _: work.close())

    async def _sent(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            # Whatever goes wrong with one notification is reported, and ends nothing.
            self._complain(name, _reason(error))

    def _complain(self, name: str, reason: str) -> None:
        if (text := mask(f"notify.{name}: {reason}")) not in self._failed:
            self._failed.add(text)
            self._post(UserMessage(text))


def _reason(error: Exception) -> str:
    """Why it was not sent: in a sink's own words, or without words that may contain a secret."""
    return str(error) if isinstance(error, NotSent) else f"could not be sent ({type(error).__name__})"
