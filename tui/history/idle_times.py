"""How long pods had done no work, by their recorded samples. Blocking; for a thread."""

from __future__ import annotations

from collections.abc import Mapping

from tui.api.models import Pod
from tui.domain import pod_health
from tui.history.archive import codec
from tui.history.archive.reader import Recording
from tui.store.fleet_state import Record
from tui.store.metrics import UTIL
from tui.store.stretches import SAME
from tui.store.watched_time import idle_in

IDLE_STEPS = (3600.0, 6 * 3600.0, 48 * 3600.0)
"""Seconds to look back, in growing steps, for when a pod last did any work."""


def idle_before(
    recording: Recording, records: Mapping[str, Record], end: float, interval: float
) -> Mapping[str, float]:
    """`idle_by`, without reading samples if the recording says for how long pods had been idle.

    records: the pods as they are now: of those that work nothing is returned.
    """
    last = max((min(last, end) for start, last in recording.spans() if start < end), default=None)
    since = recording.facts(last).idle_since if last is not None else None
    if last is None or since is None:
        return idle_by(recording, records, end, interval)
    return {key: max(0.0, last - since[key]) if key in since else 0.0 for key in _idle(records)}


def _idle(records: Mapping[str, Record]) -> dict[str, Pod]:
    """The pods that are up and have not been seen at work."""
    return {
        key: record.pod
        for key, record in records.items()
        if record.pod is not None and record.pod.gpu_count and record.window.work.at is None
        and pod_health.is_live(record.pod)
    }  # fmt: skip


def idle_by(recording: Recording, records: Mapping[str, Record], end: float, interval: float) -> dict[str, float]:
    """Watched seconds that pods had done no work by `end`: for pods idle at that time, as far back as recorded."""
    by_pod: dict[str, float] = {}
    asked = _idle(records)
    for reach in IDLE_STEPS:
        recent = recording.recent(asked, end - reach, end + SAME, UTIL) if asked else {}
        for key, pod in tuple(asked.items()):
            names = tuple(map(UTIL.of_gpu, range(pod.gpu_count)))
            samples = recording.samples(key, end - reach, end + SAME, names, recent)
            by_pod[key], worked = idle_in(samples, interval)
            uptime = pod.runtime.uptime if pod.runtime is not None else None
            # Not before its container was up.
            if worked or (uptime is not None and reach >= uptime + codec.MINUTES):
                del asked[key]
    return by_pod
