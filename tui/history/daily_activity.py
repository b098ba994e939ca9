"""What a pod's GPUs did in the time of a report: of finished days as an earlier report read it, the rest from the
recording."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.domain.pod_bill import Seen
from tui.history.activity_reader import ActivityReader
from tui.history.archive.compaction import MINUTE_BLOCK
from tui.history.report_days import KEEP, Day, mark
from tui.store.gpu_activity import QUARTER, GpuActivity
from tui.store.gpu_minutes import reach_of
from tui.store.idle_spans import IdleSpan, joined, runs_of

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording
    from tui.history.report_days import Piece
    from tui.store.series import Samples

DAY = 86_400.0

MOST_PIECES = 200
"""Of one day that are kept: those of reports whose days begin at other hours pile up."""


class DailyActivity:
    """One pod. Its days are those of UTC: no piece of time of a report lies in two.

    stored: its days as they are kept. The other arguments are those of `ActivityReader`.
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
        stored: Sequence[Day] = (),
    ) -> None:
        self._recording = recording
        self._pod = pod
        self._start = start
        self._end = end
        self._made_of = (gpus, watts)
        self._recent = recent
        self._reach = reach_of(recording.silence)
        # A sample stands until the next one, which may be of a later quarter.
        self._ahead = QUARTER + math.ceil(self._reach / QUARTER) * QUARTER
        self._blocks = recording.blocks(pod, start, end)
        loose = recording.unpacked(pod, recent).times
        # One that is rounded may be of the quarter before.
        self._loose = loose[0] - QUARTER if loose else math.inf
        self._kept = {day.at: day for day in stored}
        self._marks = self._marked()
        self._known = {at: self._kept[at] for at, made_of in self._marks.items() if self._is_made_of(at, made_of)}
        self._seen = {(first, last): seen for day in self._known.values() for first, last, seen in day.pieces}
        self._gaps = dict(_without(self._known, start, end))
        self._read: dict[float, GpuActivity] = {}
        self._new: dict[float, list[Piece]] = {}

    def look(self, start: float, end: float) -> Seen:
        """What the GPUs did from an instant to another, within about an hour of one day."""
        seen = self._seen.get((start, end))
        if seen is None:
            # A kept day may lack it: it was kept by a report whose days begin at other hours.
            seen = self._activity(self._gap_of(start)).look(start, end)
            self._new.setdefault(start // DAY * DAY, []).append((start, end, seen))
        return seen

    def idle_runs(self) -> list[tuple[float, float]]:
        """The unbroken idle times that are long enough to stop the pod."""
        return runs_of(joined(self._idle(), self._reach))

    def days(self) -> tuple[Day, ...] | None:
        """The days to keep once everything has been looked at; None if that is what is kept already."""
        days = {at: day for at, day in self._kept.items() if at > self._end - KEEP}
        changed = False
        for at, made_of in self._marks.items():
            pieces, known = tuple(self._new.get(at, ())), self._known.get(at)
            if known is None:
                spans = self._activity(self._gap_of(at)).idle_spans(at, at + DAY)
                days[at] = Day(at, made_of, joined(spans, self._reach), pieces)
            elif pieces:
                before = known.pieces if len(known.pieces) + len(pieces) <= MOST_PIECES else ()
                days[at] = Day(at, made_of, known.idle, before + pieces)
            changed = changed or known is None or bool(pieces)
        return tuple(days[at] for at in sorted(days)) if changed else None

    def _marked(self) -> dict[float, bytes]:
        """What each finished day is made of, by its start."""
        marks: dict[float, bytes] = {}
        at, before = math.ceil(self._start / DAY) * DAY, 0
        while at + DAY + self._ahead <= min(self._end, self._loose):
            # Those that may have samples of it; and the first one after it, until which its last sample stands.
            first = bisect_left(self._blocks, (at - MINUTE_BLOCK,), before)
            before = bisect_left(self._blocks, (at + DAY + self._ahead,), first)
            goes_on = self._goes_on(at + DAY)
            marks[at] = mark(self._reach, *self._made_of, self._blocks[first:before], goes_on)
            at, before = at + DAY, first
        return marks

    def _goes_on(self, at: float) -> bool:
        """Whether there are samples after an instant at which a block begins."""
        return self._loose < math.inf or bisect_left(self._blocks, (at,)) < len(self._blocks)

    def _is_made_of(self, at: float, made_of: bytes) -> bool:
        return at in self._kept and self._kept[at].mark == made_of

    def _gap_of(self, at: float) -> float:
        """The start of the time without kept days around an instant; the report's if it is on a kept day."""
        return next((start for start, end in self._gaps.items() if start <= at < end), -math.inf)

    def _activity(self, gap: float) -> GpuActivity:
        """What is read of the recording: a time without kept days, or the report's, if a kept day lacks something."""
        if gap not in self._read:
            start = self._start if gap == -math.inf else gap
            until = self._end if gap == -math.inf else self._gaps[gap]
            end = min(until + self._ahead, self._end)
            gpus, watts = self._made_of
            reader = ActivityReader(self._recording, self._pod, start, end, gpus, watts, self._recent)
            self._read[gap] = reader.activity(goes_on=end < self._end and self._goes_on(until))
        return self._read[gap]

    def _idle(self) -> Iterator[IdleSpan]:
        pieces = [(at, at + DAY, day) for at, day in self._known.items()]
        for start, end, day in sorted([*pieces, *((at, end, None) for at, end in self._gaps.items())], key=_start_of):
            if day is None:
                yield from self._activity(start).idle_spans(start // QUARTER * QUARTER, end)
            elif day.idle is not None:
                yield day.idle


def _start_of(piece: tuple[float, float, Day | None]) -> float:
    return piece[0]


def _without(days: Mapping[float, Day], start: float, end: float) -> Iterator[tuple[float, float]]:
    """The times from `start` to `end` that are in none of these days."""
    at = start
    for day in sorted(days):
        if day > at:
            yield at, day
        at = day + DAY
    if at < end:
        yield at, end
