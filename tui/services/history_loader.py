"""`HistoryLoader`: loads recorded samples, events and prices from before the live data."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.user_message import UserMessage
from tui.services.shared_history import AGAIN
from tui.store.fleet_state import Older
from tui.store.series import EMPTY

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Pod, Snapshot
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.shared_history import SharedHistory
    from tui.services.source import Source
    from tui.store.alert_tracker import AlertTracker
    from tui.store.fleet import Fleet
    from tui.store.slices import Sliced

RECENT = 4500.0
RECENT_BUDGET = 8 * 1024 * 1024
"""Seconds of samples, and bytes for all of them, that memory keeps while the rest is recorded."""


FRAME = 1.0
"""Seconds after which what was loaded so far is shown: to draw it takes as long as to load a dozen snapshots."""


class HistoryLoader:
    """Reads the recording of the account into the fleet.

    past:    queries of the recording; None while there is none.
    post:    receives messages for the user about the recording.
    opened:  called with the recording's queries once available.
    on_change: called after every change of the fleet.
    shared:  history that others recorded.
    """

    def __init__(
        self,
        fleet: Fleet,
        source: Source,
        post: Callable[[UserMessage], object],
        opened: Callable[[HistoryQueries], object],
        on_change: Callable[[], object],
        shared: SharedHistory | None = None,
    ) -> None:
        self._fleet = fleet
        self._source = source
        self._post = post
        self._opened = opened
        self._on_change = on_change
        self._under_way: set[tuple[int, str, float, float]] = set()
        self._shared = shared
        self.past: HistoryQueries | None = None
        fleet.has_past = shared is not None

    def replay(self, recording: Path) -> None:
        """Use the recording alone: nothing is polled."""
        from tui.history.queries import HistoryQueries

        self.past = HistoryQueries(recording, self._post)
        self._fleet.recorded = True
        self._opened(self.past)

    def open(self, recording: Path) -> None:
        """A recording of this account is available: memory need not keep what it has."""
        from tui.history.queries import HistoryQueries

        self.past = HistoryQueries(recording, self._post, self._source.clock)
        self._fleet.keep(RECENT, RECENT_BUDGET)
        self._fleet.has_past = True
        self._opened(self.past)

    def close(self) -> None:
        if self.past is not None:
            self.past.close()

    async def take_in(self, cloud: Cloud, apply: Callable[[Snapshot, float], object]) -> None:
        """Load the history that the source has itself, as a demo does, snapshot by snapshot."""
        if self._source.history is None:
            return
        loop = asyncio.get_running_loop()
        self._fleet.past = True
        prices = None if self._source.prices is None else asyncio.ensure_future(asyncio.to_thread(self._source.prices))
        shown, first = loop.time(), None
        async for at, snapshot in self._source.history(cloud):
            first = at if first is None else first
            self._fleet.past_share = (at - first) / max(1.0, self._source.clock() - first)
            apply(snapshot, at)
            if loop.time() - shown > FRAME:
                shown = loop.time()
                self._on_change()
        if prices is not None:
            self._fleet.prices.join(await prices)
        self._fleet.past = False

    async def fill(
        self,
        recorder: Recorder,
        tracker: AlertTracker,
        first: float,
        take_in: Callable[[Sliced[None]], Awaitable[None]],
    ) -> None:
        """Put recorded data from before the instant `first` in front of live data.

        take_in: does the work on the fleet, a slice at a time.
        """
        from tui.history.archive.schema import ArchiveError
        from tui.history.recorder import State
        from tui.store.price_history import SPAN
        from tui.store.window_fill import recall_open

        if self.past is None:
            return
        try:
            recorder.happened(await self.past.fill(self._fleet, first, self._source.clock(), take_in))
            events, saved = await self.past.lasting()
            last = max((min(end, first) for start, end in await self.past.spans() if start < first), default=None)
            tracker.recall(events, recorder.state is State.RECORDING, saved, last)
            recall_open(self._fleet.records, tracker.open)
            await take_in(self._fleet.prices.joining(await self.past.prices(first - SPAN, first)))
        except ArchiveError as error:
            self.cannot_be_read(error)
        # A recording is external data: nothing odd in it may end podtop.
        except Exception as error:
            logging.getLogger(__name__).exception("the recording cannot be loaded")
            self._post(UserMessage(f"cannot read the recording ({type(error).__name__}); podtop continues without it"))

    @property
    def is_shared(self) -> bool:
        """Whether there is a server with what others recorded."""
        return self._shared is not None

    async def fill_shared(self, first: float, take_in: Callable[[Sliced[None]], Awaitable[None]]) -> None:
        """Alerts go on from what others saw before the instant `first`, where podtop itself did not watch."""
        from tui.history.archive.schema import ArchiveError

        if self._shared is None or self._source.recording is not None:
            return
        try:
            watched = await self.past.spans() if self.past is not None else ()
        except ArchiveError:
            watched = ()
        before = await self._shared.before(self._fleet.records.copy(), first, self._fleet.interval, watched)
        await take_in(self._fleet.recalling(before.windows))
        await take_in(self._fleet.were_idle(before.idle))

    async def pods_before(self, first: float) -> tuple[Pod, ...]:
        """The pods as last recorded before an instant; none where the API in use reports all that lasts of them."""
        from tui.domain.lasting_facts import KEPT
        from tui.history.archive.schema import ArchiveError

        if self.past is None or not self._fleet.lacks & KEPT:
            return ()
        try:
            return await self.past.pods_before(first)
        except ArchiveError as error:
            self.cannot_be_read(error)
            return ()

    async def log(self) -> None:
        """Load the recorded events."""
        from tui.history.archive.schema import ArchiveError

        if self.past is None:
            return
        try:
            self._fleet.earlier = await self.past.log(self._source.clock())
        except ArchiveError as error:
            self.cannot_be_read(error)
        self._on_change()

    async def look_back(self, fleet: Fleet, pods: Iterable[str], start: float, end: float, width: float) -> None:
        """Load these pods' samples of a range before memory's, in steps of `width` seconds."""
        from tui.history.archive.schema import ArchiveError

        if self.past is None and self._shared is None:
            return
        for pod in pods:
            question = (id(fleet), pod, start, width)
            if question in self._under_way:
                continue
            self._under_way.add(question)
            try:
                await self._load(fleet, pod, Older(start, end, width, EMPTY))
            except ArchiveError as error:
                fleet.remember(pod, Older(start, end, width, EMPTY))
                self.cannot_be_read(error)
            finally:
                self._under_way.discard(question)
            self._on_change()

    async def _load(self, fleet: Fleet, pod: str, wanted: Older) -> None:
        """Podtop's own samples first, as they are here at once; then those of others under them."""
        shown = fleet.older.get(pod)
        stretch = shown.stretch if shown is not None and shown.width == wanted.width else EMPTY
        fleet.remember(pod, replace(wanted, stretch=stretch, is_loading=True))
        if self.past is not None:
            await self.past.older(fleet, pod, wanted.start, wanted.end, wanted.width)
        if self._shared is None or self._source.recording is not None:
            return
        watched = await self.past.spans() if self.past is not None else ()
        own = fleet.older.get(pod, wanted)
        self._on_change()
        both = await self._shared.under(replace(own, is_loading=False), pod, watched)
        if fleet.older.get(pod) is own:
            fleet.remember(pod, both)
        if self._shared.failed:
            # Forgotten, it is requested again.
            asyncio.get_running_loop().call_later(AGAIN, fleet.older.pop, pod, None)

    async def end(self) -> None:
        """End requests to others."""
        if self._shared is not None:
            await self._shared.close()

    def cannot_be_read(self, error: Exception) -> None:
        self._post(UserMessage(f"the recording cannot be read: {error}"))
