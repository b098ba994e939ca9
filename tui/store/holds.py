"""`Hold`: for how long a condition has been true, sample by sample, with gaps. O(1) a sample; pure."""

from __future__ import annotations

from msgspec import Struct

GAP_POLLS = 3.0
"""A gap longer than this many polls restarts what has not lasted for long enough yet."""

COUNTED_POLLS = 2.5
"""Time between two samples that are further apart is not counted as watched: `watched_time.INTERVALS`."""

LEAST_SHARE = 0.5
"""The share of the expected samples without which a time is not judged."""


class Cadence(Struct, frozen=True):
    """How often samples come.

    usual:   seconds between two samples.
    counted: seconds between two samples up to which the time between them was watched.
    longest: seconds between two samples beyond which what has not lasted for long enough begins again.
    """

    usual: float
    counted: float
    longest: float


def cadence_of(interval: float, took: float = 0.0) -> Cadence:
    """The cadence of polls at an interval, whose response took `took` seconds."""
    return Cadence(interval + took, COUNTED_POLLS * interval + took, GAP_POLLS * interval + took)


class Hold(Struct, gc=False, eq=False):
    """A condition over time. A sample without a value is not fed: it neither begins nor ends anything.

    settled: seconds after which, with at least `least` samples, a gap or a short opposite no longer ends it.
    rearm:   seconds for which the opposite must last until it is over, once settled.
    slack:   the share of samples that may be false before it is settled.
    since:   when it began; None while it is not true.
    total:   watched seconds since then.
    best:    the most seconds of it in one piece, with enough samples; `samples`: the number of samples in that piece.
    """

    settled: float
    rearm: float = 300.0
    slack: float = 0.0
    least: int = 0
    since: float | None = None
    total: float = 0.0
    best: float = 0.0
    samples: int = 0
    _last: float = 0.0
    _piece_at: float = 0.0
    _piece: float = 0.0
    _count: int = 0
    _covered: float = 0.0
    _missed: int = 0
    _opposite: float | None = None

    def true(self, at: float, cadence: Cadence, before: float | None = None) -> None:
        """It is true at `at`; if that begins it, then since `before`, if that is not too long ago."""
        if self.since is None:
            start = at if before is None or at - before > cadence.counted else before
            self._begin(start)
            self.total = self._piece = at - start
            self._last = at
            return
        passed = at - self._last
        self._last = at
        self._opposite = None
        self._pass(at, passed, cadence)

    def _pass(self, at: float, passed: float, cadence: Cadence) -> None:
        if passed <= cadence.counted:
            self._piece += passed
            self.total += passed
        elif passed > cadence.longest:
            if not self.is_settled:
                self._begin(at)
                return
            self._piece, self._piece_at, self._count, self._covered, self._missed = 0.0, at, 0, 0.0, 0
        self._count += 1
        # Each sample stands for its own time: how often podtop polls may change in between.
        self._covered += cadence.usual
        if self._piece > self.best and self._covered + cadence.usual >= LEAST_SHARE * (at - self._piece_at):
            # However rare polls have become: what has lasted for long enough has not become doubtful.
            self.samples = max(self.samples, self._count) if self.is_settled else self._count
            self.best = self._piece

    def false(self, at: float, cadence: Cadence) -> None:
        """It is false at `at`."""
        if self.since is None:
            return
        passed = at - self._last
        if not self.is_settled:
            self._missed += 1
            if self._missed > self.slack * (self._count + self._missed) or passed > cadence.longest:
                self.clear()
                return
            self._last = at
            self._pass(at, passed, cadence)
            self._count -= 1
            return
        self._last = at
        if self._opposite is None:
            self._opposite = 0.0
        elif passed <= cadence.counted:
            self._opposite += passed
        if self._opposite >= self.rearm:
            self.clear()

    def skip(self, at: float) -> None:
        """A sample that says nothing of it: no gap, and no time."""
        self._last = at

    def clear(self) -> None:
        """It is over."""
        self.since = None
        self.total = self.best = self._piece = 0.0
        self.samples = 0
        self._opposite = None

    @property
    def is_settled(self) -> bool:
        """Whether it has lasted for long enough by its own measure."""
        return self.best >= self.settled and self.samples >= self.least

    @property
    def holds(self) -> bool:
        """Whether it was true at the last sample."""
        return self.since is not None and self._opposite is None

    def settle(self) -> None:
        """It is known to have lasted for long enough before, and has not been over since."""
        if self.since is not None:
            self.best, self.samples = max(self.best, self.settled), max(self.samples, self.least)

    def extend(self, seconds: float) -> None:
        """It is known to have lasted for more watched seconds before it was seen."""
        if self.since is not None and seconds > 0:
            self.since -= seconds
            self.total += seconds
            self.best = max(self.best, self.total)

    def _begin(self, at: float) -> None:
        self.since = self._last = self._piece_at = at
        self.total = self.best = self._piece = 0.0
        self.samples = self._missed = 0
        self._count, self._covered = 1, 0.0
        self._opposite = None
