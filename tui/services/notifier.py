"""`Notifier`: notifies a user who looks elsewhere, by the enabled sinks: each thing once, and never too many."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.api.secret import known, mask, redact
from tui.config.keys import NOTHING, Hidden
from tui.config.settings import SINKS, TOPICS, Notify
from tui.domain import ring_words
from tui.domain.attention import Topic
from tui.domain.ringing import Audience, narrowed
from tui.domain.user_message import UserMessage
from tui.services.delivery import Delivery, reason
from tui.services.sinks.sink import MakeSink, Means, Notification, Sink

if TYPE_CHECKING:
    import httpx

    from tui.storage.notify_spool import Store

AT_ONCE = 4
"""Notifications to this terminal under way at most; those beyond are reported as not sent."""

SAME = 60.0
"""Seconds within which the same notification is sent once."""

AT_TERMINAL = ("terminal", "tmux")
"""The sinks that notify who sits at this terminal: at once, or not at all."""


def _local(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%a %H:%M}"


class Notifier:
    """Passes notifications to the enabled sinks.

    write:    sends text to the terminal, between two frames and never within one; None without a terminal.
    post:     receives a message when a sink does not work, once.
    hidden:   what a command must not receive.
    store:    where notifications wait that could not be sent; None: in memory.
    clock:    current time, in epoch seconds; `clock_of`: an instant as a local time.
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
        store: Store | None = None,
        clock: Callable[[], float] = time.time,
        clock_of: Callable[[float], str] = _local,
    ) -> None:
        self._means = Means(settings, write, environ, hidden, transport)
        self._post = post
        self._monotonic = monotonic
        self._store = store
        self._clock = clock
        self._clock_of = clock_of
        self._last: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: dict[str, set[str]] = {}
        self._resumed = -math.inf

    @cached_property
    def _sinks(self) -> dict[str, Sink]:
        """The enabled sinks, by name."""
        sinks: dict[str, Sink] = {}
        for name in SINKS:
            make: MakeSink = import_module(f"tui.services.sinks.{name}").sink
            if (sink := make(self._means)) is not None:
                sinks[name] = sink
        return sinks

    @cached_property
    def _delivery(self) -> Delivery:
        sinks = {name: sink for name, sink in self._sinks.items() if name not in AT_TERMINAL}
        return Delivery(
            sinks, self._store, complain=self._complain, works=self._works, clock=self._clock, tasks=self._tasks
        )

    @property
    def audiences(self) -> dict[Audience, frozenset[Topic]]:
        """Whom the enabled sinks notify, and of what."""
        of: dict[Audience, frozenset[Topic]] = {}
        for name in self._sinks:
            audience = _audience(name)
            of[audience] = of.get(audience, frozenset()) | topics_of(self._means.settings, name)
        return of

    def notify(self, notification: Notification, audiences: Collection[str] = ()) -> None:
        """Send a notification to every enabled sink that is for it; returns at once.

        audiences: whom it is for; empty: everybody.
        """
        if not self._is_new(notification):
            return
        notification = replace(notification, id=notification.id or secrets.token_hex(8))
        later: dict[str, tuple[Notification, list[str]]] = {}
        for name in self._sinks:
            mine = self._for(notification, topics_of(self._means.settings, name))
            if mine is None or (audiences and _audience(name) not in audiences):
                continue
            if name in AT_TERMINAL:
                self._at_once(name, mine)
            else:
                later.setdefault(mine.id, (mine, []))[1].append(name)
        for mine, names in later.values():
            self._delivery.add(mine, names)

    def resume(self) -> None:
        """Send what waits, also from a podtop that has ended. It may be called at any time: it looks once a minute."""
        now = self._monotonic()
        if not 0 <= now - self._resumed < SAME:
            self._resumed = now
            self._delivery.resume()

    async def close(self) -> None:
        """Give notifications under way a second, then end them; what was not sent stays in the spool."""
        self._delivery.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._delivery.close()

    def _is_new(self, notification: Notification) -> bool:
        """Whether it was not sent just now. One with an id is sent once in any case."""
        if notification.id:
            return True
        now, key = self._monotonic(), (notification.kind, notification.title)
        if now - self._last.get(key, -SAME) < SAME:
            return False
        self._last[key] = now
        return True

    def _for(self, notification: Notification, topics: frozenset[Topic]) -> Notification | None:
        """What those who want these topics get of a notification."""
        call = notification.call
        title, text, id = notification.title, notification.text, notification.id
        if call is None:
            if _topic(notification.kind) not in topics:
                return None
        elif (part := narrowed(call, topics)) is None:
            return None
        elif part is not call:
            title, text = ring_words.words(part, self._clock_of)
            id = part.id
        # A pod's name, or a reason that RunPod gives, may contain anything.
        clean_title, clean_text = (mask(redact(each, known())) for each in (title, text))
        return replace(notification, title=clean_title, text=clean_text, id=id, call=None)

    def _at_once(self, name: str, notification: Notification) -> None:
        try:
            work = self._sinks[name](notification)
        except Exception as error:
            # Whatever goes wrong with one sink is reported, and ends nothing.
            self._complain(name, reason(error))
            return
        if work is not None:
            self._begin(name, work)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= AT_ONCE:
            work.close()
            self._complain(name, "too many at once; this notification was not sent everywhere")
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
            # As in `_at_once`.
            self._complain(name, reason(error))

    def _complain(self, name: str, why: str) -> None:
        text = mask(f"notify.{name}: {why}")
        reported = self._failed.setdefault(name, set())
        if text not in reported:
            reported.add(text)
            self._post(UserMessage(text))

    def _works(self, name: str) -> None:
        """What goes wrong from now on is reported again."""
        self._failed.pop(name, None)


def topics_of(settings: Notify, sink: str) -> frozenset[Topic]:
    """What a sink notifies of: its own setting, else that of all."""
    own: tuple[str, ...] = getattr(settings, f"{sink}_for", ())
    return frozenset(Topic(name) for name in own or settings.for_)


def _audience(sink: str) -> Audience:
    return Audience.TERMINAL if sink in AT_TERMINAL else Audience.USER


def _topic(kind: str) -> Topic:
    """What a kind of notification is about: a price, as all else that is no topic, is of a watch."""
    return Topic(kind) if kind in TOPICS else Topic.WATCH
