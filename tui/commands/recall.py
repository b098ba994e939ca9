"""Recorded data of the last hours, loaded behind one response: for how long pods were idle, and restarts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tui.history.archive.reader import Recording
from tui.history.archive.schema import answered
from tui.store.alert_tracker import RECALLED
from tui.store.window_fill import LONG_AGO, recall_events, recall_open, window_reach
from tui.store.work_window import PAUSING_SPAN

if TYPE_CHECKING:
    from tui.commands.run_points import RunPointItem
    from tui.store.alert_tracker import AlertTracker
    from tui.store.fleet import Fleet

REACH = 6 * 3600.0
"""Seconds of history to load, at most."""


def recall(fleet: Fleet, path: Path, now: float, tracker: AlertTracker | None = None) -> None:
    """Load the samples by which alerts are judged, the events, and the open alerts. Raises ArchiveError.

    What a recording shows of the time before a gap counts as it does for a podtop that went on running.
    """
    with answered(), closing(Recording(path)) as recording:
        recording.until = now
        fleet.prefill(recording.all_samples(now - max(REACH, window_reach(len(fleet.records), fleet.interval)), now))
        last = max((last for _, last in recording.spans()), default=None)
        if last is not None and now - last > recording.silence:
            fleet.watched.missed(last, now)
        fleet.runs.update({pod: run for pod, run in recording.runs(now).items() if pod in fleet.records})
        events = recording.events(now - PAUSING_SPAN, now)
        recall_events(fleet.records, (*recording.latest(LONG_AGO), *events))
        if tracker is not None:
            tracker.recall(recording.latest(RECALLED), saved=recording.open_alerts(), last=last)
            recall_open(fleet.records, tracker.open)
    since = tuple(fleet.events)
    fleet.events.clear()
    fleet.events.extend((*events, *since))


def recall_curves(path: Path, start: float, end: float, pods: Iterable[str] | None = None) -> tuple[RunPointItem, ...]:
    """What runs reported between two instants; of all pods, or of these. Raises ArchiveError."""
    from tui.commands import run_points

    with answered(), closing(Recording(path)) as recording:
        recording.until = end
        return run_points.read(recording, start, end, pods)
