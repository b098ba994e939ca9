"""`Work`: whether a pod's GPUs work, since when they do not, and whether its run has ended. Pure.

Percents are in halves, as the bytes of samples. Times in seconds.
"""

from __future__ import annotations

from msgspec import Struct, field

from tui.domain import pod_health
from tui.store.holds import Cadence, Hold
from tui.store.minutes import Minutes

BUSY = int(pod_health.BUSY_PERCENT * 2)

NONE = 2 * 2
"""A GPU below two percent does nothing, and memory below it is empty."""

HELD = 10 * 2
"""Memory from which on a model, or data, are loaded."""

IDLE_AFTER = pod_health.IDLE_AFTER

PATIENCE = 1800.0
"""Seconds without work that are usual for a pod that loads data, compiles, or has just started."""

PATIENT_CPU = 50.0
PATIENT_VRAM = 5.0
PATIENT_MINUTES = 10
"""CPU in percent, and points by which GPU memory moves within the minutes below, that look like such a pod."""

PAUSING = (IDLE_AFTER, 3600.0, 14_400.0, 43_200.0)
"""Seconds after which idleness is news, by how often the pod has gone on working after an idle time within a day: it is
idle, and shown so, after the first of them each time, but a notebook, or a server with little to do, does not fill the
event log."""

PAUSING_WORTH = 20.0
"""Dollars from which on it is news however often the pod pauses."""

PAUSING_SPAN = 86_400.0

ENDED_AFTER, ENDED_SAMPLES = 300.0, 8
"""A run that is started again in between is not seen by rare polls: they must be some."""

RUN = 1800.0
"""Seconds of work that are a run."""

_LAST = 12
_ACTIVE = 3
"""Work in this many of the last samples ends idleness."""


class Work(Struct, gc=False, eq=False):
    """Whether the GPUs of one container work.

    idle:   none does: the mean of the busiest is below two percent. One short sample of work does not end it.
    sure:   idleness has lasted, and nothing calls for patience.
    ended:  idle after a run, and the run's memory was given back.
    at:     the last work; `run`: watched seconds of the work that is under way, or came before `idle`.
    held:   GPU memory at the last work, of the GPU with the most.
    woke:   when it went on working after it had been idle, the last times.
    """

    idle: Hold = field(default_factory=lambda: Hold(IDLE_AFTER, 0.0))
    sure: bool = False
    ended: Hold = field(default_factory=lambda: Hold(ENDED_AFTER, least=ENDED_SAMPLES))
    at: float | None = None
    run: float = 0.0
    held: int = 0
    woke: tuple[float, ...] = ()
    _seen: float = 0.0
    _recent: int = 0
    _sum: float = 0.0

    def feed(
        self, at: float, busiest: int, most_memory: int, minutes: Minutes, started: float | None, cadence: Cadence
    ) -> bool:
        """The busiest GPU, and the most memory of one (-1 if unknown). Returns whether long idleness ended."""
        idle = self.idle
        passed = at - self._seen
        self._seen = at
        counted = passed if passed <= cadence.counted else 0.0
        busy = busiest >= BUSY
        self._recent = (self._recent << 1 | busy) & ((1 << _LAST) - 1)
        if busy and idle.since is not None and self._is_blip(busiest, passed):
            busy = False
        elif (
            not busy
            and busiest >= NONE
            and idle.total + passed >= IDLE_AFTER
            and minutes.busiest_of(PATIENT_MINUTES) * 2 >= NONE
        ):
            # A little, but all the time.
            busy, self._recent = True, (1 << _ACTIVE) - 1
        if busy:
            rested, settled = idle.total, idle.is_settled
            if settled and not self.ended.is_settled:
                self.has_woken(at)
            if idle.since is not None:
                idle.clear()
                self.ended.clear()
                self.sure = False
            self.run = counted if rested >= IDLE_AFTER else self.run + rested + counted
            self.at = at
            if most_memory >= 0:
                self.held = most_memory
            return settled
        begun = idle.since
        idle.true(at, cadence, self.at)
        if idle.since != begun:
            self._sum, self.sure = 0.0, False
        self._sum += busiest * counted
        if not self.sure and idle.is_settled:
            self.sure = not asks_for_patience(at, minutes, started)
        self._feed_ended(at, most_memory, cadence)
        return False

    def _is_blip(self, busiest: int, passed: float) -> bool:
        """Whether one sample of work is too little to end idleness."""
        if self.idle.is_settled:
            return self._recent.bit_count() < _ACTIVE
        return self._sum + busiest * passed < NONE * (self.idle.total + passed)

    def _feed_ended(self, at: float, most_memory: int, cadence: Cadence) -> None:
        ended = self.ended
        if most_memory >= NONE:
            ended.false(at, cadence)
        elif most_memory >= 0 and (
            ended.since is not None or (self.run >= RUN and self.held >= HELD and self.idle.total < IDLE_AFTER)
        ):
            ended.true(at, cadence, self.at)

    def news_after(self, at: float) -> float:
        """Seconds until it is news that this pod is idle."""
        often = sum(1 for woke in self.woke if at - woke < PAUSING_SPAN)
        return PAUSING[min(often, len(PAUSING) - 1)]

    def has_woken(self, at: float) -> None:
        """It went on working after an idle time."""
        self.woke = (*self.woke, at)[-len(PAUSING) :]

    def has_ended(self, at: float) -> None:
        """It is known from earlier that its run ended, and it has been idle since."""
        if self.idle.is_settled and not self.ended.is_settled:
            self.ended.since = min(at, self.idle.since or at)
            self.ended.best = self.ended.total = max(ENDED_AFTER, self.idle.total)
            self.ended.samples = ENDED_SAMPLES

    @property
    def works(self) -> bool:
        """Whether at least three of the last twelve samples had work."""
        return self._recent.bit_count() >= _ACTIVE

    def clear(self) -> None:
        """Another container."""
        self.idle.clear()
        self.ended.clear()
        self.sure, self.at, self.run, self.held, self._recent = False, None, 0.0, 0, 0


def asks_for_patience(at: float, minutes: Minutes, started: float | None) -> bool:
    """Whether a pod whose GPUs do nothing seems to load, to compile, or to have just started."""
    if started is not None and at - started < PATIENCE:
        return True
    if minutes.vram_moved(PATIENT_MINUTES) >= PATIENT_VRAM:
        return True
    return minutes.sums(PATIENT_MINUTES).cpu >= PATIENT_CPU
