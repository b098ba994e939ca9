"""`Apart`: GPUs of a pod that differ from its others: one that lags, one that is not used. Pure.

Percents are in halves, as the bytes of samples. Times in seconds.
"""

from __future__ import annotations

from msgspec import Struct, field

from tui.store.holds import Cadence, Hold
from tui.store.series import GAP
from tui.store.work_window import NONE

BEHIND = 25 * 2
AT_WORK = 60 * 2
FEWEST = 4
"""A GPU lags by 25 points under the others' median, if that is at work; at most one in four GPUs."""

STRAGGLER_AFTER = 900.0
LAGGING = 0.9
"""The share of samples in which it must lag."""

UNUSED_AFTER = 1800.0

RECENT = 300.0
"""Seconds after the last work in which a GPU without work is not used, while the others are."""


class Lag(Struct, gc=False, eq=False):
    """A GPU behind the others: since when, and sums of its utilization and of the others' median."""

    hold: Hold = field(default_factory=lambda: Hold(STRAGGLER_AFTER, slack=1.0 - LAGGING))
    own: int = 0
    others: int = 0
    count: int = 0


class Apart(Struct, gc=False, eq=False):
    """The GPUs that lag, and those that are not used, by their number."""

    lags: dict[int, Lag] = field(default_factory=dict)
    unused: dict[int, Hold] = field(default_factory=dict)

    def feed_lags(
        self,
        at: float,
        util: bytes | bytearray,
        known: bytes | bytearray,
        vram: bytes | bytearray,
        pauses: bool,
        worked_at: float | None,
        cadence: Cadence,
    ) -> None:
        """`known`: the utilization of the GPUs of which it is known; `pauses`: they wait, by what they draw."""
        ordered = sorted(known)
        # The median of the others: of all but the lowest quarter, which may lag.
        few = len(ordered) // FEWEST
        others = ordered[few + (len(ordered) - few) // 2]
        lagging: list[int] = []
        if (pauses or others < AT_WORK) and worked_at is not None and at - worked_at <= RECENT:
            # While all of them pause, nothing lags.
            for lag in self.lags.values():
                lag.hold.skip(at)
            return
        if few and others >= AT_WORK:
            lagging = [
                gpu
                for gpu, value in enumerate(util)
                if value <= others - BEHIND and not (value < NONE and vram[gpu : gpu + 1] < bytes((NONE,)))
            ]
            if len(lagging) * FEWEST > len(util):
                lagging = []
        lags = self.lags
        for gpu in lagging:
            if gpu not in lags:
                lags[gpu] = Lag()
            lag = lags[gpu]
            lag.hold.true(at, cadence)
            lag.own += util[gpu]
            lag.others += others
            lag.count += 1
        for gpu in [gpu for gpu in lags if gpu not in lagging and util[gpu : gpu + 1] != bytes((GAP,))]:
            lags[gpu].hold.false(at, cadence)
            if lags[gpu].hold.since is None:
                del lags[gpu]

    def feed_unused(
        self, at: float, util: bytes | bytearray, vram: bytes | bytearray, worked_at: float | None, cadence: Cadence
    ) -> None:
        """A GPU that does nothing while others work; while none works, nothing is known of it."""
        unused = self.unused
        if worked_at is None or at - worked_at > RECENT:
            for gpu in [gpu for gpu, hold in unused.items() if not hold.is_settled]:
                del unused[gpu]
            return
        for gpu, (used, memory) in enumerate(zip(util, vram, strict=False)):
            if used < NONE and memory < NONE:
                if gpu not in unused:
                    unused[gpu] = Hold(UNUSED_AFTER)
                unused[gpu].true(at, cadence)
            elif gpu in unused and used != GAP and memory != GAP:
                unused[gpu].false(at, cadence)
                if unused[gpu].since is None:
                    del unused[gpu]

    def clear(self) -> None:
        """Another container."""
        self.lags.clear()
        self.unused.clear()
