"""What `podtop record` does without a screen: what it may act on, and how it goes, for people and for systemd."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tui.config.settings import SINKS
from tui.domain.events import Event, Kind
from tui.domain.user_message import Level

if TYPE_CHECKING:
    from tui.config.loader import Config
    from tui.domain.user_message import UserMessage
    from tui.store.fleet import Fleet
    from tui.system.sd_notify import ServiceManager


class Powers(NamedTuple):
    """What may be sent without anybody looking: only what the command line or the settings allow."""

    leases: bool = False
    watches: bool = False
    idle: bool = False

    def within(self, config: Config) -> Powers:
        """These, and those of the settings; none in read-only mode."""
        if config.read_only:
            return Powers()
        own = config.watcher
        return Powers(self.leases or own.leases, self.watches or own.watches, self.idle or own.idle)


NONE = Powers()

_DOES = (
    "stops or terminates pods whose lease ends",
    "deploys and resumes pods for armed watches",
    "stops idle pods for which that is armed",
)


def announced(powers: Powers, ways: tuple[str, ...], read_only: bool) -> Iterator[str]:
    """What it is going to do, in sentences. `ways`: by which it notifies."""
    how = (
        f"notifies by {', '.join(ways)}" if ways else "notifies nobody: [notify] has no way that works without a screen"
    )
    yield f"records alerts and events; {how}"
    does = [power for may, power in zip(powers, _DOES, strict=True) if may]
    if does:
        yield f"acts without asking: {'; '.join(does)}"
    elif read_only:
        yield "changes no pod: read-only mode"
    else:
        yield "changes no pod: --enforce-leases, --watches, --auto or [watcher] would let it"
    if powers.watches and not powers.leases:
        yield "▲ leases of the pods it deploys are left to another podtop: add --enforce-leases"


def ways(config: Config, write: Callable[[str], object] | None) -> tuple[str, ...]:
    """The ways to notify that work here. `write`: sends text to the terminal; None without one."""
    from tui.services.sinks.sink import Means

    means = Means(config.notify, write, os.environ, config.hidden)
    return tuple(name for name in SINKS if import_module(f"tui.services.sinks.{name}").sink(means) is not None)


BY_MESSAGE = frozenset(
    {Kind.PRICE, Kind.DONE, Kind.REFUSED, Kind.UNKNOWN, Kind.TROUBLE, Kind.ALERTS_OFF, Kind.ALERTS_ON}
)
"""Events that are printed as the messages which report them."""


class EventLines:
    """The events since the last call, as lines.

    since: when the watcher began: what a recording has from before is not news.
    """

    def __init__(self, fleet: Fleet, since: float, tz: tzinfo | None = None) -> None:
        self._fleet = fleet
        self._since = since
        self._tz = tz
        self._last: Event | None = None

    def new(self) -> list[str]:
        """The lines of the events that were added, oldest first."""
        added: list[Event] = []
        for event in reversed(self._fleet.events):
            if event is self._last:
                break
            added.append(event)
        if added:
            self._last = added[0]
        return [
            self._line(event) for event in reversed(added) if event.at >= self._since and event.kind not in BY_MESSAGE
        ]

    def _line(self, event: Event) -> str:
        record = self._fleet.records.get(event.pod)
        name = record.name if record is not None else event.pod
        when = datetime.fromtimestamp(event.at, self._tz)
        return f"{when:%H:%M:%S} {event.word}{f' · {name}' if name else ''}: {event.text}"


GRACE = 90.0
"""Seconds by which a poll may be late before podtop does not call itself alive: a request may take that long."""

STATUS = 60.0
"""Seconds between two statuses that say the same in other figures."""


class Service:
    """Keeps systemd informed: ready with the first response, alive as long as polls go on."""

    def __init__(
        self,
        manager: Reports,
        fleet: Fleet,
        clock: Callable[[], float],
        pace: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._fleet = fleet
        self._clock = clock
        self._pace = pace
        self._monotonic = monotonic
        self._seen: object = None
        self._due = monotonic() + GRACE
        self._ready = False
        self._status = ""
        self._said = 0.0

    def changed(self, status: str) -> None:
        """The fleet has changed; `status` in one line."""
        feed, now = self._fleet.snapshot, self._monotonic()
        if feed is self._seen:
            return
        self._seen = feed
        wait = self._fleet.interval * self._fleet.slowness
        if feed.error is not None and feed.retry_at is not None:
            wait = max(wait, feed.retry_at - self._clock())
        self._due = now + wait / self._pace + GRACE
        if feed.at is not None and not self._ready:
            self._ready = True
            self._manager.ready()
        elif not self._ready:
            # RunPod may be out of reach for longer than systemd waits for a start.
            self._manager.patience(self._due - now)
        if status[:1] != self._status[:1] or now - self._said >= STATUS:
            self._status, self._said = status, now
            self._manager.status(status)

    def is_alive(self) -> bool:
        """Whether polls go on: one has ended, well or not, when it was due."""
        return self._monotonic() < self._due


async def live(
    manager: ServiceManager,
    services: Sequence[Service],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Give signs of life as often as systemd wants, until cancelled. Without polls for any of them there are none."""
    if manager.watchdog is None:
        return
    while True:
        if all(service.is_alive() for service in services):
            manager.alive()
        await sleep(manager.watchdog / 2)


class Reports(Protocol):
    """What a service reports of one account."""

    def ready(self) -> None: ...
    def patience(self, seconds: float) -> None: ...
    def status(self, text: str) -> None: ...


class SharedManager:
    """The service manager for several accounts: the service is ready once all of them are."""

    def __init__(self, manager: ServiceManager, count: int) -> None:
        self._manager = manager
        self._waits_for = count

    def of(self, name: str) -> Reports:
        """For one account: `name` is before its status, empty for the only one."""
        return _OfOne(self, self._manager, name)

    def one_is_ready(self) -> None:
        self._waits_for -= 1
        if self._waits_for == 0:
            self._manager.ready()


class _OfOne:
    def __init__(self, shared: SharedManager, manager: ServiceManager, name: str) -> None:
        self.ready = shared.one_is_ready
        self.patience = manager.patience
        self._manager = manager
        self._name = name

    def status(self, text: str) -> None:
        self._manager.status(f"{self._name}: {text}" if self._name else text)


def is_printed(message: UserMessage) -> bool:
    """Whether a message is for the output: a call has said its text there already."""
    return message.level is not Level.CALL
