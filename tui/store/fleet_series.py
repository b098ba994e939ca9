"""`FleetSeries`: the samples of all pods in memory, what was recorded before them, and their windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.store.fleet_state import Older
from tui.store.fleet_sums import FleetSums
from tui.store.slices import SLICE, Sliced, sliced, whole

if TYPE_CHECKING:
    from tui.store.series import Samples
    from tui.store.windows import Window

DAY = 86_400.0
MEMORY_BUDGET = 24 * 1024 * 1024
"""Bytes for all series together. Half a day for 100 large pods, an hour for 2,000: the oldest are dropped first."""

FEWEST_SAMPLES = 120

OLDER_PODS = 8
"""Maximum number of pods whose archived samples are kept in memory."""


class FleetSeries(FleetSums, eq=False):
    """Samples in memory.

    interval: seconds between fleet polls, by which staleness is judged; market_interval: between those of prices.
    budget:   bytes for all series together.
    span:     maximum seconds of samples.
    """

    interval: float
    market_interval: float
    budget: int = MEMORY_BUDGET
    span: float = DAY
    _limit: int = 0
    _columns: int = -1

    def _gap(self, at: float) -> None:
        for record in self.records.values():
            if len(record.series):
                record.series.gap(at)

    def keep(self, span: float, budget: int) -> None:
        """Keep at most `span` seconds of samples, within `budget` bytes: the rest is in an archive."""
        self.span, self.budget, self._columns = span, budget, -1
        self._share_memory()

    @property
    def reach(self) -> float:
        """Seconds back to which samples are kept in memory."""
        return self._limit * self.interval

    def prefill(self, past: Mapping[str, Samples]) -> None:
        """Prepend samples from before the first poll."""
        whole(self.prefilling(past))

    def prefilling(self, past: Mapping[str, Samples], windows: Mapping[str, Window] | None = None) -> Sliced[None]:
        """The same, a slice at a time; no response about the pods is applied in the meantime.

        windows: those of these samples, where they were made beside the caller's thread.
        """
        from tui.store.window_fill import joined, window_of

        filled: dict[str, Window] = {}
        for pause, (pod, stretch) in sliced(past.items(), SLICE if windows is not None else 1):
            if pause:
                yield
            record = self.records.get(pod)
            if record is None:
                continue
            if record.pod is not None:
                window = windows.get(pod) if windows is not None else None
                if windows is None:
                    window = window_of(stretch, record.pod, record.told_at, self.interval)
                if window is not None:
                    filled[pod] = joined(window, record, self.interval)
            record.series.prepend(stretch.times, {name: column.mean for name, column in stretch.columns.items()})
        self._columns = -1
        self._share_memory()
        yield from self._replacing(filled)

    def _replacing(self, windows: Mapping[str, Window]) -> Sliced[None]:
        """Other windows: known of all pods at once, with what follows."""
        records = dict(self.records)
        for pause, (pod, window) in sliced(windows.items()):
            if pause:
                yield
            if pod in records:
                records[pod] = replace(records[pod], window=window, idle=window.work.idle.total)
        derived = {} if self.pods_at is None else (yield from self._deriving(records, self.pods_at))
        self.records = records
        self._derived_from, self._derived = records, derived

    def recalling(self, windows: Mapping[str, Window]) -> Sliced[None]:
        """Windows of what others saw of pods before. Their samples are not taken over: charts say whose they are."""
        from tui.store.window_fill import joined

        filled: dict[str, Window] = {}
        for pause, (pod, window) in sliced(windows.items()):
            if pause:
                yield
            if (record := self.records.get(pod)) is not None and record.pod is not None:
                filled[pod] = joined(window, record, self.interval)
        yield from self._replacing(filled)

    def were_idle(self, idle: Mapping[str, float]) -> Sliced[None]:
        """Pods were watched idle for so long before they were first seen: known of all at once, with what follows."""
        windows: dict[str, Window] = {}
        for pause, (pod, seconds) in sliced(idle.items()):
            if pause:
                yield
            record = self.records.get(pod)
            if record is not None and record.window.work.at is None:
                known = record.window.work.idle
                since_seen = max(0.0, (record.window.fed_at or record.told_at) - record.seen)
                known.extend(seconds - max(0.0, known.total - since_seen))
                windows[pod] = record.window
        yield from self._replacing(windows)

    def remember(self, pod: str, older: Older) -> None:
        """Keep a pod's archived samples from before those in memory; only for the last few pods requested."""
        self.older.pop(pod, None)
        self.older[pod] = older
        while len(self.older) > OLDER_PODS:
            del self.older[next(iter(self.older))]

    def _share_memory(self) -> None:
        """Give every series the same share of the budget, counted in samples (8 bytes of time, 1 per value)."""
        columns = sum(8 + len(r.series.names) for r in self.records.values())
        if columns == self._columns:
            return
        self._columns = columns
        most = int(self.span / self.interval)
        self._limit = max(FEWEST_SAMPLES, min(most, self.budget // max(1, columns)))
        for record in self.records.values():
            record.series.limit = self._limit
