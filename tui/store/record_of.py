"""The record of a pod after a response, from the one before: its samples, its window, what changed. Pure.

The store imports it with the first response: the first frame shows no pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain import pod_health
from tui.store.fleet_state import Record
from tui.store.packed_samples import packed_sample
from tui.store.series import Series
from tui.store.window_fill import after

if TYPE_CHECKING:
    from tui.api.models import Pod, Unreadable
    from tui.store.holds import Cadence
    from tui.store.packed_samples import PackedSample


def of_pod(
    pod: Pod, old: Record | None, at: float, cadence: Cadence, limit: int, samples: dict[str, PackedSample] | None
) -> Record:
    """The record of a pod that was reported at an instant.

    limit:   number of samples that a new series keeps.
    samples: receives the sample of a live pod.
    """
    series = old.series if old else Series(limit)
    sample = None
    if pod_health.is_live(pod):
        sample = packed_sample(pod, at)
        series.append_packed(at, *sample)
        if samples is not None:
            samples[pod.id] = sample
    window = after(old.window if old else None, pod, sample, at=at, cadence=cadence)
    moved_at = old.moved_at if old else None
    if old and old.pod is not None and pod_health.has_moved(old.pod, pod):
        moved_at = at
    seen = old.seen if old else at
    return Record(pod.id, pod.name, pod, None, series, seen, at, window, window.work.idle.total, moved_at)


def of_unreadable(key: str, broken: Unreadable, old: Record | None, at: float, limit: int) -> Record:
    """The record of a pod that was reported and could not be read; what was known of it stays."""
    name = broken.name or (old.name if old else "")
    if old is None:
        return Record(key, name, None, broken.reason, Series(limit), at, at)
    old.series.gap(at)
    return replace(old, name=name, pod=None, unreadable=broken.reason, told_at=at, moved_at=None)
