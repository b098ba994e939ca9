"""`SharedHistory`: samples that others recorded, under podtop's own, from the server that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tui.domain.pod_health import is_live
from tui.domain.user_message import UserMessage
from tui.store.fleet_state import Older
from tui.store.stretches import splice
from tui.store.window_fill import MEMORY_REACH, REACH, window_of

if TYPE_CHECKING:
    from tui.config.settings import History
    from tui.history.remote import RemoteHistory
    from tui.store.fleet_state import Record
    from tui.store.windows import Window

AGAIN = 60.0
"""Seconds until a server that failed is tried again."""

Spans = tuple[tuple[float, float], ...]


MINUTE = 60.0
"""Seconds of a sample that alerts are judged by: servers scrape at least once in them."""

FEW_PODS = 50


class Before(NamedTuple):
    """What others saw of pods before podtop did: their windows, and for how many seconds they had done no work."""

    windows: Mapping[str, Window] = {}
    idle: Mapping[str, float] = {}


class SharedHistory:
    """One server.

    post:  receives messages for the user: each failure once, until it responds again.
    clock: by which it waits after a failure.
    """

    def __init__(
        self, remote: RemoteHistory, post: Callable[[UserMessage], object], clock: Callable[[], float]
    ) -> None:
        self._remote = remote
        self._post = post
        self._clock = clock
        self._failed_at: float | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed at the last request."""
        return self._failed_at is not None

    async def under(self, own: Older, pod: str, watched: Spans) -> Older:
        """Own samples with those of the server where podtop did not watch; never raises.

        watched: the time spans that podtop itself recorded.
        """
        if is_covered(watched, own.start, own.end, 2 * own.width):
            return own
        if self._failed_at is not None and self._clock() - self._failed_at < AGAIN:
            return replace(own, source=f"{self._remote.name} unavailable")
        from tui.history.remote import HistoryUnavailable

        try:
            theirs = await self._remote.samples(pod, own.start, own.end, own.width)
        except HistoryUnavailable as error:
            if self._failed_at is None:
                self._post(UserMessage(f"shared history is unavailable: {error} Charts show this podtop's own"))
            self._failed_at = self._clock()
            return replace(own, source=f"{self._remote.name} unavailable")
        self._failed_at = None
        if not theirs.times:
            return own
        return replace(own, stretch=splice(theirs, own.stretch, 1.5 * own.width), source=self._remote.name)

    async def before(self, records: Mapping[str, Record], first: float, interval: float, watched: Spans) -> Before:
        """What alerts with long windows need of the time before an instant, where podtop did not watch; never raises.

        records: the pods as they are; watched: the time spans that podtop itself recorded, oldest first.
        """
        if is_covered(watched, first - REACH, first, 3 * interval):
            return Before()
        up = {key: record.pod for key, record in records.items() if record.pod is not None and is_live(record.pod)}
        is_new = not any(end > first - REACH for _, end in watched)
        from tui.history.remote import HistoryUnavailable

        try:
            idle = await self._remote.idle(up.keys(), first)
            # Of very many pods only how long they were idle: the samples of each are requests of their own.
            samples = {
                key: await self._remote.samples(key, first - MEMORY_REACH, first, MINUTE)
                for key in (up if is_new and len(up) <= FEW_PODS else ())
            }
        except HistoryUnavailable as error:
            if self._failed_at is None:
                self._post(UserMessage(f"shared history is unavailable: {error} Alerts use only this podtop's own"))
            self._failed_at = self._clock()
            return Before()
        windows = {
            key: window_of(each, up[key], records[key].told_at, interval) for key, each in samples.items() if each.times
        }
        return Before(windows, idle)

    async def close(self) -> None:
        await self._remote.close()


def is_covered(watched: Spans, start: float, end: float, gap: float) -> bool:
    """Whether spans, oldest first, leave no gap longer than that between start and end."""
    at = start
    for first, last in watched:
        if first - at > gap:
            break
        at = max(at, last)
    return end - at <= gap


def shared_history(
    settings: History, post: Callable[[UserMessage], object], clock: Callable[[], float]
) -> SharedHistory | None:
    """What the settings name; None, with a message, if it cannot be used."""
    remote = remote_history(settings, post)
    return SharedHistory(remote, post, clock) if remote is not None else None


def remote_history(settings: History, post: Callable[[UserMessage], object]) -> RemoteHistory | None:
    """The server that the settings name; None, with a message, if it cannot be used."""
    if not settings.url:
        return None
    from tui.api.http.endpoint import objection
    from tui.api.secret import Secret, remember
    from tui.config.keys import token
    from tui.files.reading import FileTrouble
    from tui.history.remote import RemoteHistory

    secret = None
    if settings.token_file:
        if objection(settings.url, with_key=True):
            post(UserMessage("[history] token_file: podtop sends no token over plain http; set url to one with https"))
            return None
        try:
            secret = Secret(token(settings.token_file))
        except FileTrouble as error:
            post(UserMessage(f"[history] token_file: {error}. Charts show this podtop's own history"))
            return None
        remember(secret)
    headers = dict(line.split(": ", 1) for line in settings.headers)
    return RemoteHistory(settings.url, secret, headers)
