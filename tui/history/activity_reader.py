"""What a pod's GPUs did, from a recording: from the sums that it keeps, and from samples where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.store.gpu_activity import QUARTER, GpuActivity, Part, Sums
from tui.store.gpu_minutes import GpuMinutes, names_of, reach_of

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording
    from tui.store.series import Samples


class ActivityReader:
    """One pod in a time.

    gpus, watts: how many GPUs at most, and the nominal power of one, None if unknown.
    recent: the samples of all pods that are in no block, as of `Recording.recent`.
    """

    def __init__(
        self,
        recording: Recording,
        pod: str,
        start: float,
        end: float,
        gpus: int,
        watts: float | None,
        recent: Mapping[int, Samples],
    ) -> None:
        self._recording = recording
        self._pod = pod
        self._start = start
        self._end = end
        self._names = names_of(gpus)
        self._watts = watts
        self._recent = recent
        self._at: float | None = None
        self._minutes: GpuMinutes | None = None

    def activity(self, *, goes_on: bool = False) -> GpuActivity:
        """What the GPUs did. `goes_on`: whether there are samples after the time. Raises ArchiveError, later too."""
        quarters, missing = self._kept()
        for start, end in _joined(missing):
            quarters.update(self._read(max(start, self._start), min(end, self._end)).quarters())
        return GpuActivity(quarters, reach_of(self._recording.silence), self._part, goes_on=goes_on)

    def _kept(self) -> tuple[dict[float, Sums], set[float]]:
        """The sums that are kept, by the start of their quarter, and the quarters of which samples are to be read."""
        reach = reach_of(self._recording.silence)
        sums_of: dict[float, Sums] = {}
        seen: set[float] = set()
        missing: set[float] = {
            at // QUARTER * QUARTER for at in self._recording.unpacked(self._pod, self._recent).times
        }
        for block in self._recording.kept(self._pod, self._start, self._end):
            own = _quarters(block.start, block.end)
            # Time that was recorded twice is in two blocks.
            missing |= seen & own
            seen |= own
            activity = block.activity
            if activity is None or not activity.of(block.size, reach, self._watts):
                # Its last sample may be rounded to the instant at which the next quarter begins.
                missing |= own | {block.end}
                continue
            for number, sums in activity.quarters:
                sums_of[block.start + number * QUARTER] = sums
        # Of the first and the last one, only a part is asked for.
        missing |= {at for at in sums_of if at < self._start or at + QUARTER > self._end}
        missing = {at for at in missing if at < self._end and at + QUARTER > self._start}
        return {at: sums for at, sums in sums_of.items() if at in seen and at not in missing}, missing

    def _read(self, start: float, end: float) -> GpuMinutes:
        samples = self._recording.samples(self._pod, start, end, self._names, self._recent, means=True)
        return GpuMinutes(samples, self._watts, self._recording.silence)

    def _part(self, start: float, end: float) -> Part | None:
        """The samples from an instant to another of one quarter."""
        at = start // QUARTER * QUARTER
        if self._minutes is None or at != self._at:
            self._at, self._minutes = at, self._read(max(at, self._start), min(at + QUARTER, self._end))
        return self._minutes.part(start, end)


def _quarters(start: float, end: float) -> set[float]:
    first = start // QUARTER
    return {(first + number) * QUARTER for number in range(round((end - start) / QUARTER))}


def _joined(quarters: set[float]) -> list[tuple[float, float]]:
    """Quarters as spans of time."""
    spans: list[tuple[float, float]] = []
    for at in sorted(quarters):
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + QUARTER)
        else:
            spans.append((at, at + QUARTER))
    return spans
