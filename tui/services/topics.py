"""`TopicPollers`: polls what is shown only while a screen shows it: one poller for each wanted topic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.api.errors import CloudError
from tui.domain import clock_skew
from tui.services.barrier import held
from tui.services.follower import Follower
from tui.services.poller import Poller
from tui.store.topics import TOPICS

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.services.source import Source
    from tui.store.fleet import Fleet


class TopicPollers:
    """The pollers of topics.

    follower: passes their responses to the fleet.
    read:     reads a topic that comes from the recording, and no server.
    slowness: by how much longer than its interval each waits.
    changed:  called when something becomes known that nobody waits for.
    """

    def __init__(
        self,
        fleet: Fleet,
        source: Source,
        follower: Follower,
        read: Callable[[str], Awaitable[object]],
        *,
        slowness: Callable[[], float],
        on_change: Callable[[], object],
    ) -> None:
        self._fleet = fleet
        self._source = source
        self._follower = follower
        self._read = read
        self._slowness = slowness
        self._on_change = on_change
        self._cloud: Cloud | None = None
        self._group: asyncio.TaskGroup | None = None
        self._wakes: dict[str, Callable[[], None]] = {}
        self.attended: dict[str, asyncio.Task[None] | None] = {}

    def open(self, cloud: Cloud, group: asyncio.TaskGroup) -> None:
        """A cloud is available from now on."""
        self._cloud, self._group = cloud, group

    def begin(self) -> None:
        """Poll what was wanted before a cloud was available."""
        self.attend(self.attended)

    def close(self) -> None:
        """The cloud is closed; the tasks end with their group."""
        self._cloud, self.attended = None, {}

    def wake(self) -> None:
        """Poll all wanted topics now."""
        for wake in self._wakes.values():
            wake()

    def wake_recorded(self) -> None:
        """Read the wanted topics of the recording now."""
        for name, wake in self._wakes.items():
            if TOPICS[name].fetch is None:
                wake()

    def attend(self, topics: Iterable[str]) -> None:
        """Poll these topics from now on, and no others."""
        wanted = tuple(topics)
        for name in self.attended.keys() - set(wanted):
            task = self.attended.pop(name)
            self._wakes.pop(name, None)
            if task is not None:
                task.cancel()
            self._fleet.forget_private_topic(name)
        for name in wanted:
            if self.attended.get(name) is None:
                self.attended[name] = self._ask_for(name)

    def _ask_for(self, name: str) -> asyncio.Task[None] | None:
        """Follow a topic; None while nothing can be polled. Known data that is recent enough is not requested again."""
        cloud, group = self._cloud, self._group
        topic, feed = TOPICS[name], self._fleet.topics.get(name)
        if cloud is None or group is None or (self._source.recording is not None and topic.fetch is not None):
            return None
        age = feed.age(self._source.clock()) if feed is not None and feed.error is None else None
        first = 0.0 if age is None else max(0.0, topic.interval - age / self._source.pace)
        fetch = topic.fetch(cloud) if topic.fetch is not None else partial(self._read, name)
        poller: Poller[Any] = Poller(fetch, topic.interval, first=first, slowness=self._slowness)
        self._wakes[name] = poller.wake
        apply, fail = partial(self._apply, name), partial(self._fleet.fail_topic, name)
        return group.create_task(self._follower.follow(poller, apply, fail))

    def _apply(self, name: str, value: Any, at: float, took: float) -> None:
        dated = clock_skew.hosts(value, self._source.skew) if name == "hosts" else value
        self._fleet.apply_topic(name, dated, at, took)

    def ask_for_hosts(self) -> None:
        """Find out once whether the account has machines: without any there is no screen for them."""
        if self._group is not None:
            self._group.create_task(held(self._ask_for_hosts(), "loading machines"))

    async def _ask_for_hosts(self) -> None:
        cloud = self._cloud
        if cloud is None or "hosts" in self.attended or "hosts" in self._fleet.topics:
            return
        try:
            hosts = clock_skew.hosts(await cloud.hosts(), self._source.skew)
        except CloudError as error:
            # Nobody requested it: whoever opens the screen sees the error then.
            self._fleet.fail_topic("hosts", error, self._source.clock())
            return
        self._fleet.apply_topic("hosts", hosts, self._source.clock())
        if hosts.hosts or hosts.unreadable:
            self._on_change()
