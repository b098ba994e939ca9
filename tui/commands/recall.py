"""Recorded data of the last hours, loaded behind one response: for how long pods were idle, and restarts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.history.archive.reader import Recording
from tui.history.archive.schema import answered

if TYPE_CHECKING:
    from tui.store.fleet import Fleet

REACH = 6 * 3600.0
"""Seconds of history to load, at most."""


def recall(fleet: Fleet, path: Path, now: float) -> None:
    """Load the samples without a gap until now: during a gap the pods' activity is unknown.

    Raises ArchiveError.
    """
    with answered(), closing(Recording(path)) as recording:
        recording.until = now
        spans = [start for start, last in recording.spans() if start <= now and last >= now - recording.silence]
        if spans:
            fleet.prefill(recording.all_samples(max(spans[-1], now - REACH), now))
        events = recording.events(now - pod_health.LOOP_SPAN, now)
    since = tuple(fleet.events)
    fleet.events.clear()
    fleet.events.extend((*events, *since))
