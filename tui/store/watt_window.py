"""`Watts`: GPUs that are busy by name only, and GPUs whose power is limited, by what they draw. Pure.

Bytes of samples: percents in halves, watts in fives. Times in seconds.
"""

from __future__ import annotations

from msgspec import Struct, field

from tui.store.holds import Cadence, Hold
from tui.store.minutes import Minutes
from tui.store.series import GAP
from tui.store.work_window import HELD, NONE

WATT = 5.0
"""Watts of one step of a byte."""

BUSY_BY_NAME = 90 * 2
WAITING_SHARE = 0.25
"""Of the nominal watts: up to it, a GPU that says it is busy waits (H100 of 700 W in NCCL: 146 to 161 W)."""

REST_FACTOR = 1.4
"""Without nominal watts: up to this, times what the GPU draws at rest with memory held, it waits."""

FLAT = 1 * 2
HUNG_AFTER, HUNG_SAMPLES = 900.0, 120
LATCHED_AFTER, LATCHED_SAMPLES = 900.0, 30
CAPPED_AFTER = 600.0
_CAPPED_SHARE, _CAPPED_RANGE = 0.75, 0.05


class Watts(Struct, gc=False, eq=False):
    """What the GPUs of one container draw, beside what they say.

    hung:    some GPU says that it is busy, none draws what work draws, and memory does not move.
    latched: the same without any memory in use.
    capped:  busy, at the same watts all the time, which are few.
    rest:    what a GPU draws that holds memory and does nothing; 0 if unknown.
    now:     watts of each GPU in the last sample, in steps of five; `at`: when that was;
             `waits`: whether the GPUs waited then.
    """

    hung: Hold = field(default_factory=lambda: Hold(HUNG_AFTER, least=HUNG_SAMPLES))
    latched: Hold = field(default_factory=lambda: Hold(LATCHED_AFTER, least=LATCHED_SAMPLES))
    capped: Hold = field(default_factory=lambda: Hold(CAPPED_AFTER))
    rest: int = 0
    now: bytes | bytearray = b""
    at: float = 0.0
    waits: bool = False
    _low: bytes = b""
    _high: bytes = b""
    _least: int = GAP
    _most: int = 0

    def feed(
        self,
        at: float,
        busiest: int,
        memory: bytes | bytearray,
        power: bytes | bytearray,
        nominal: float | None,
        minutes: Minutes,
        cadence: Cadence,
    ) -> bool:
        """One sample: the busiest GPU, and of each GPU memory and watts, all known. Returns whether a hang ended."""
        self.now, self.at = power, at
        drawn = max(power)
        most_memory = max(memory)
        if busiest < NONE and most_memory >= HELD:
            self.rest = drawn if not self.rest else round(self.rest + (drawn - self.rest) / 8)
        hung, latched = self.hung, self.latched
        if busiest < BUSY_BY_NAME:
            waits = False
        elif nominal is not None:
            waits = drawn * WATT <= WAITING_SHARE * nominal
        elif self.rest:
            waits = drawn <= REST_FACTOR * self.rest
        else:
            # Neither what it can draw nor what it draws at rest is known.
            self.waits = False
            return False
        self.waits = waits
        is_empty = most_memory < NONE
        if waits and is_empty:
            latched.true(at, cadence)
        elif latched.since is not None:
            latched.false(at, cadence)
        was_hung = hung.is_settled
        if waits and not is_empty:
            self._waits(at, memory, minutes, cadence)
        elif hung.since is not None:
            hung.false(at, cadence)
        return was_hung and hung.since is None

    def _waits(self, at: float, memory: bytes | bytearray, minutes: Minutes, cadence: Cadence) -> None:
        hung = self.hung
        was_hung = hung.is_settled
        if self._is_flat(memory):
            hung.true(at, cadence)
        elif was_hung:
            hung.false(at, cadence)
        else:
            hung.clear()
            self._low = self._high = bytes(memory)
            hung.true(at, cadence)
        if not hung.is_settled:
            minutes.waits += 1
        elif not was_hung and hung.since is not None:
            # It has a more precise name now.
            minutes.no_waits(hung.since)

    def _is_flat(self, memory: bytes | bytearray) -> bool:
        """Whether each GPU's memory is where it was since the hang began."""
        if self.hung.since is None:
            return False
        low, high = self._low, self._high
        if memory == low == high:
            return True
        if len(memory) != len(low):
            return False
        low, high = bytes(map(min, low, memory)), bytes(map(max, high, memory))
        if any(most - least > FLAT for least, most in zip(low, high, strict=True)):
            return False
        self._low, self._high = low, high
        return True

    def feed_limit(self, at: float, busiest: int, drawn: int, nominal: float, cadence: Cadence) -> None:
        """One sample of a pod whose power RunPod says is limited."""
        capped = self.capped
        if busiest < BUSY_BY_NAME or not WAITING_SHARE * nominal < drawn * WATT < _CAPPED_SHARE * nominal:
            if capped.since is not None:
                capped.false(at, cadence)
            return
        low, high = min(self._least, drawn), max(self._most, drawn)
        if capped.since is None or (high - low) * WATT > _CAPPED_RANGE * nominal:
            if capped.is_settled:
                capped.false(at, cadence)
                return
            capped.clear()
            low = high = drawn
        self._least, self._most = low, high
        capped.true(at, cadence)

    def clear(self) -> None:
        """Another container."""
        self.hung.clear()
        self.latched.clear()
        self.capped.clear()
        self.now = b""
