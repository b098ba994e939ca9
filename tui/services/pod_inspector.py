"""`PodInspector`: follows one pod closely while a screen shows it: RunPod's full response, its history, its cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.errors import CloudError
from tui.domain import clock_skew, pod_costs
from tui.history.archive.schema import ArchiveError
from tui.services.barrier import held
from tui.services.poller import Fresh, Poller
from tui.store.feed import Feed
from tui.store.pod_inspection import PodInspection

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.pod_detail import PodDetail
    from tui.domain.events import Event
    from tui.history.archive.reader import Recording
    from tui.history.queries import HistoryQueries
    from tui.store.fleet import Fleet

CADENCE = 15.0
"""Seconds between two requests for a pod, at least: most of the response rarely changes."""

HISTORY = 30 * 86_400.0


class PodInspector:
    """Keeps `fleet.inspection` true.

    wake:     polls RunPod now.
    midnight: the start of the local day of an instant.
    skew:     seconds that RunPod's clock is ahead.
    """

    def __init__(
        self,
        fleet: Fleet,
        clock: Callable[[], float],
        start_of_day: Callable[[float], float],
        on_change: Callable[[], object],
        skew: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._skew = skew
        self._fleet = fleet
        self._clock = clock
        self._start_of_day = start_of_day
        self._on_change = on_change
        self.wake: Callable[[], None] = lambda: None

    async def follow(self, cloud: Cloud, past: Callable[[], HistoryQueries | None], pod: str, interval: float) -> None:
        """Inspect a live pod repeatedly, until cancelled."""
        self._fleet.inspection = PodInspection(pod, None, Feed())
        await self._remember(past(), pod, None)
        poller = Poller(lambda: cloud.pod(pod), max(CADENCE, interval))
        self.wake = poller.wake
        asked = False
        async for reading in poller:
            feed, now = self._feed(), self._clock()
            if isinstance(reading, Fresh):
                feed = feed.succeeded(clock_skew.detail(reading.value, self._skew()), now, reading.took)
            else:
                feed = feed.failed(reading.error, now, now + reading.retry_in)
            extras = self._fleet.inspection.extras if self._fleet.inspection is not None else None
            self._fleet.inspection = PodInspection(pod, None, feed, extras=extras)
            # The data beside the response may fail, and the next response comes all the same.
            await held(self._remember(past(), pod, None), "loading a pod's history")
            if not asked and feed.error is None and feed.value is not None:
                asked = True
                await held(self._ask_more(cloud, pod), "loading pod details")

    async def _ask_more(self, cloud: Cloud, pod: str) -> None:
        """Once per inspection: what few sources report, and RunPod may refuse."""
        with suppress(CloudError):
            extras = await cloud.pod_extras(pod)
            if self._fleet.inspection is not None and self._fleet.inspection.pod == pod:
                self._fleet.inspection = replace(self._fleet.inspection, extras=extras)
                self._on_change()

    async def recall(self, past: HistoryQueries | None, pod: str, at: float) -> None:
        """Inspect a pod at an instant of history."""
        self._fleet.inspection = PodInspection(pod, at, Feed())
        await self._remember(past, pod, at)

    def _feed(self) -> Feed[PodDetail | None]:
        inspection = self._fleet.inspection
        return inspection.detail if inspection is not None else Feed()

    async def _remember(self, past: HistoryQueries | None, pod: str, at: float | None) -> None:
        """Add recorded data; without a recording, what this run of podtop saw."""
        end = self._clock() if at is None else at
        start = self._start_of_day(end)
        events: tuple[Event, ...] = tuple(e for e in self._fleet.events if e.pod == pod)
        today = self._estimate(pod, start, end) if at is None else None
        if past is not None:
            # Trouble is reported when the recording is first queried; the screen has what podtop saw itself.
            with suppress(ArchiveError):
                events, recorded = await past.ask(lambda recording: _recorded(recording, pod, start, end))
                # Each knows part of the day: the recording what podtop saw, the uptime the current run.
                today = max((known for known in (today, recorded) if known is not None), default=None)
        inspection = self._fleet.inspection
        if inspection is not None and (inspection.pod, inspection.at) == (pod, at):
            self._fleet.inspection = replace(inspection, events=events, today=today)
            self._on_change()

    def _estimate(self, pod: str, start: float, end: float) -> float | None:
        """Today's cost of a pod's current run, by its uptime."""
        record = self._fleet.records.get(pod)
        known = record.pod if record is not None else None
        whole = pod_costs.since_start(known) if known is not None else None
        if known is None or whole is None or known.cost_per_hr is None:
            return None
        return min(whole, known.cost_per_hr * (end - start) / 3600.0)


def _recorded(recording: Recording, pod: str, start: float, end: float) -> tuple[tuple[Event, ...], float | None]:
    stays = recording.stays(pod, start, end)
    spans = [pod_costs.Span(stay.at, stay.status or "", stay.cost_per_hr) for stay in stays]
    return recording.events(end - HISTORY, end + 1, pod), pod_costs.spent(spans, start, end)
