"""The runs of one pod, one after the other: where one ends and another begins. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from tui.store.signal_series import COLUMNS, Row, SignalSeries

EARLIER = 4
"""Runs before the present one that are shown beside it."""

MOST_POINTS = 600
"""Points that are kept of an earlier run."""

APART = 3600.0
"""Seconds without a point after which a run that reports no steps is another one."""

SOME = 10.0
"""Steps that a run has done at least before a step back begins another one."""

_STEP, _DONE = COLUMNS.index("step"), COLUMNS.index("done")


class Boundaries:
    """Finds where another run begins: its steps fall back by more than half, further than a checkpoint is behind."""

    def __init__(self) -> None:
        self._furthest = self._done = 0.0
        self._at = math.inf

    def is_another(self, at: float, step: float | None, done: float | None) -> bool:
        """Whether what is reported at an instant is of another run than what was before it."""
        before, self._at = self._at, at
        fell = step is not None and self._furthest >= SOME and step < self._furthest / 2
        if step is None and self._furthest == 0.0:
            fell = at - before > APART or (done is not None and done < self._done / 2)
        if fell:
            self._furthest = self._done = 0.0
        self._furthest = max(self._furthest, step or 0.0)
        self._done = max(self._done, done or 0.0)
        return fell


class RunParts:
    """Points of a pod's runs, divided by run; the last ones are kept."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._boundaries = Boundaries()
        self._runs: deque[SignalSeries] = deque(maxlen=EARLIER + 1)

    def put(self, at: float, row: Row) -> None:
        """Add a point, not earlier than the last."""
        if self._boundaries.is_another(at, row[_STEP], row[_DONE]) or not self._runs:
            self._runs.append(SignalSeries(self._most))
        self._runs[-1].put(at, row)

    @property
    def runs(self) -> tuple[SignalSeries, ...]:
        """The last runs, oldest first."""
        return tuple(self._runs)


HOLDS = 3 * 3600.0
"""Seconds around its instant for which a reading holds: less than a view of the past has of each run itself."""


class PastRuns:
    """What a recording has of a pod's runs, up to `until`, from before what is known of them in memory."""

    def __init__(self, recorded: Iterable[SignalSeries] = (), until: float = -math.inf) -> None:
        self.recorded = tuple(recorded)
        self._until = until
        self._of: tuple[object, ...] = ()
        self._runs: tuple[SignalSeries, ...] = ()

    def holds_at(self, now: float) -> bool:
        """Whether it need not be read again for a view of the past at another instant."""
        return abs(now - self._until) <= HOLDS

    def all(self, series: SignalSeries) -> tuple[SignalSeries, ...]:
        """The pod's runs, oldest first; the last one is the present one. `series`: what is in memory."""
        of = (id(series), len(series), series.newest)
        if of != self._of:
            parts = RunParts(4 * MOST_POINTS)
            first = series.first
            for recorded in self.recorded:
                for at, row in recorded.rows():
                    if first is None or at < first:
                        parts.put(at, row)
            for at, row in series.rows():
                parts.put(at, row)
            self._of, self._runs = of, parts.runs
        return self._runs
