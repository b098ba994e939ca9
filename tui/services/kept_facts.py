"""`KeptFacts`: adds to each response about the pods what podtop knows of them and the API in use does not report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.api.models import Pod, Snapshot
    from tui.store.fleet import Fleet


class KeptFacts:
    """What was reported before by another API, in this run or in a recording of an earlier one."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._recorded: dict[str, Pod] = {}

    def recall(self, pods: Iterable[Pod]) -> None:
        """Pods as they were last recorded before this run."""
        self._recorded = {pod.id: pod for pod in pods}

    def added(self, snapshot: Snapshot, at: float) -> Snapshot:
        """A response of the instant `at`, with these facts."""
        from tui.domain.lasting_facts import KEPT, kept

        if snapshot.pods is None or not snapshot.lacks & KEPT:
            return snapshot
        records, lacks = self._fleet.records, snapshot.lacks
        pods = []
        for pod in snapshot.pods:
            record = records.get(pod.id)
            if record is not None and record.pod is not None:
                pod = kept(pod, record.pod, lacks, watched=at - record.told_at <= self._fleet.silence)
            if (before := self._recorded.get(pod.id)) is not None:
                pod = kept(pod, before, lacks, watched=False)
            pods.append(pod)
        return replace(snapshot, pods=tuple(pods))
