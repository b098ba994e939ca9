"""What a recording knows of the last hours, put behind one answer: for how long pods were idle, what was restarted."""

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
"""Seconds that are looked back at the most."""


def recall(fleet: Fleet, path: Path, now: float) -> None:
    """Take in what was seen without a break until now: during a break nobody knows what pods did.

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
