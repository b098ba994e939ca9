"""`Window`: what a pod did over time, fed at every response, bounded, without its samples. Pure.

Every alert about work is judged by it, so that the screen, `podtop record` and `podtop once` agree: it is fed with the
bytes that a recording has too, and filled from a recording at start.

An unknown value is no sample: it begins nothing, ends nothing, and is never idle. Percents are in halves and watts in
fives, as in `tui.store.series`. Times in seconds, instants in epoch seconds.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from msgspec import Struct, field

from tui.domain.events import RESET_SLACK
from tui.store.apart_window import Apart
from tui.store.holds import LEAST_SHARE, Cadence, Hold, cadence_of
from tui.store.metrics import BY_NAME
from tui.store.minutes import HOUR, Growth, Minutes
from tui.store.series import GAP, GAP_BYTE
from tui.store.watt_window import Watts
from tui.store.work_window import NONE, Work

MISSING_AFTER = 300.0
HOT_AFTER = VRAM_AFTER = 600.0
HOT_C = 85
VRAM_PERCENT = 97

MEMORY_AFTER = 300.0
FULL_MEMORY, NEARLY_FULL_MEMORY = 90, 95
"""Percent of a container's memory that are a warning, and an alarm."""

GROWTH_FIT, GROWTH_PER_3H, FULL_WITHIN = 0.95, 5.0, 12.0
"""How straight memory grows (r squared), by how many points in three hours, and in how many hours it would be full."""

LOST_AFTER, LOST_POLLS = 120.0, 3
"""Seconds, and polls, after which a container that was up is gone: one poll without it says nothing."""

WAITS_FROM, WAITS_UNTIL = 50.0, 45.0
"""Percent of an hour in which a pod waits: from the first on, until less than the second."""

UNDER_LOW, UNDER_FROM, UNDER_UNTIL = 2.0, 30.0, 35.0
"""Percent of utilization in an hour: between the first two it is under-used, until more than the third."""

UNDER_AGAIN = 12 * 3600.0
"""Seconds until a pod that was idle in between is reported as under-used again."""

_NOTHING = (GAP, GAP)

LOOPS_SPAN = 12 * 3600.0
_RESTARTS_KEPT = 16
_SECONDS_OF_HOUR = 3600.0
_GROWTH_MINUTES = 5


class Layout(NamedTuple):
    """Where the values of a row are: of the container, and of each GPU."""

    cpu: int
    memory: int
    util: slice
    vram: slice
    temp: slice
    power: slice


@lru_cache(maxsize=1024)
def layout_of(names: tuple[str, ...]) -> Layout:
    """The layout of rows with these names, in which the values of all GPUs stand side by side."""

    def of(metric: str) -> slice:
        places = [names.index(name) for name in BY_NAME[metric].series_in(names)]
        return slice(min(places), max(places) + 1) if places else slice(0, 0)

    return Layout(names.index("cpu"), names.index("memory"), of("util"), of("vram"), of("temp"), of("power"))


class Given(NamedTuple):
    """What does not change from sample to sample: the number of GPUs, their nominal watts, and whether RunPod limits
    their power; None if unknown.
    """

    gpus: int
    nominal: float | None
    limited: bool


class Window(Struct, gc=False, eq=False):
    """One pod.

    fed_at:   the last sample; `first_at`: the first one of this container, 0 before that;
              `hour_at`: the first one that an hour counts.
    started:  when the container was started, by its uptime; None if unknown.
    up_at:    when it was last seen up, since the pod was started; `down`: not up since then;
              `unseen`: not up, whether it was before or not.
    missing:  RunPod reports fewer GPUs than rented; `visible`: how many in the last sample.
    memory:   the container's memory is nearly full; `growing`: it grows in a straight line, by `growth`.
    vram, hot: GPU memory is nearly full; a GPU is hot.
    waiting, under: most of an hour went by waiting; an hour with little work, from `under_from` on;
              `hour_judged_at`: when an hour of this container was last judged, 0 before that.
    restarts: when its container was restarted, oldest first.
    util_now, vram_now: of each GPU in the last sample; `memory_now`, `hottest`: the same for container and GPUs;
              `nearly_full_at`: when the container's memory was last nearly full, 0 before that.
    """

    fed_at: float = 0.0
    first_at: float = 0.0
    hour_at: float = 0.0
    started: float | None = None
    up_at: float | None = None
    restarts: tuple[float, ...] = ()
    work: Work = field(default_factory=Work)
    watts: Watts = field(default_factory=Watts)
    apart: Apart = field(default_factory=Apart)
    minutes: Minutes = field(default_factory=Minutes)
    down: Hold = field(default_factory=lambda: Hold(LOST_AFTER, 0.0, least=LOST_POLLS))
    unseen: Hold = field(default_factory=lambda: Hold(LOST_AFTER, 0.0, least=LOST_POLLS))
    missing: Hold = field(default_factory=lambda: Hold(MISSING_AFTER))
    memory: Hold = field(default_factory=lambda: Hold(MEMORY_AFTER))
    growing: Hold = field(default_factory=lambda: Hold(MEMORY_AFTER))
    vram: Hold = field(default_factory=lambda: Hold(VRAM_AFTER))
    hot: Hold = field(default_factory=lambda: Hold(HOT_AFTER))
    waiting: Hold = field(default_factory=lambda: Hold(0.0))
    under: Hold = field(default_factory=lambda: Hold(0.0))
    under_from: float = 0.0
    hour_judged_at: float = 0.0
    growth: Growth | None = None
    visible: int = 0
    util_now: bytes | bytearray = b""
    vram_now: bytes | bytearray = b""
    memory_now: int = GAP
    nearly_full_at: float = 0.0
    hottest: int = GAP

    # Samples

    def feed(self, at: float, place: Layout, row: bytes | bytearray, given: Given, cadence: Cadence) -> None:
        """One sample of a live pod."""
        if not self.first_at:
            self.first_at = self.hour_at = at
        minutes = self.minutes
        if int(at / 60.0) != minutes.minute:
            minutes.turn(int(at / 60.0))
            self._look_back(at, cadence)
        memory = self.memory_now = row[place.memory]
        if memory != GAP:
            minutes.memory += memory
            minutes.memory_count += 1
            _set(self.memory, memory >= FULL_MEMORY * 2, at, cadence)
            if memory >= NEARLY_FULL_MEMORY * 2:
                self.nearly_full_at = at
        temps = row[place.temp].replace(GAP_BYTE, b"")
        if temps:
            self.hottest = max(temps)
            _set(self.hot, self.hottest >= HOT_C * 2, at, cadence)
        util = self.util_now = row[place.util]
        known = util.replace(GAP_BYTE, b"")
        visible = len(known)
        if visible:
            if visible < given.gpus:
                # Of a GPU that is there, something is known.
                vram = row[place.vram]
                visible = sum(1 for pair in zip_longest(util, vram, fillvalue=GAP) if pair != _NOTHING)
            self.visible = visible
            _set(self.missing, visible < given.gpus, at, cadence)
            # What half of the GPUs do is enough to know whether the pod works.
            if len(known) * 2 >= given.gpus:
                self._feed_gpus(at, known, place, row, given, cadence)
        self.fed_at = at

    def _feed_gpus(
        self, at: float, known: bytes | bytearray, place: Layout, row: bytes | bytearray, given: Given, cadence: Cadence
    ) -> None:
        minutes = self.minutes
        busiest = max(known)
        minutes.count += 1
        minutes.util += sum(known) // len(known)
        minutes.busiest += busiest
        if (cpu := row[place.cpu]) != GAP:
            minutes.cpu += cpu
        vram = self.vram_now = row[place.vram]
        of_memory = vram.replace(GAP_BYTE, b"")
        most_memory = -1
        if of_memory:
            most_memory = max(of_memory)
            mean = sum(of_memory) // len(of_memory)
            minutes.vram_low, minutes.vram_high = min(minutes.vram_low, mean), max(minutes.vram_high, mean)
            _set(self.vram, most_memory >= VRAM_PERCENT * 2, at, cadence)
        woke = self.work.feed(at, busiest, most_memory, minutes, self.started, cadence)
        power = row[place.power]
        if of_memory and len(power) >= len(known) and GAP not in power:
            woke |= self.watts.feed(at, busiest, of_memory, power, given.nominal, minutes, cadence)
            if given.limited and given.nominal is not None:
                self.watts.feed_limit(at, busiest, max(power), given.nominal, cadence)
            elif self.watts.capped.since is not None:
                self.watts.capped.false(at, cadence)
        if woke:
            # What was wasted then has been reported by its own name; the hour begins again.
            minutes.clear()
            self.hour_at = at
        if len(self.util_now) > 1:
            least = min(known)
            if busiest - least >= 50 or self.apart.lags:
                pauses = self.watts.waits and self.watts.at == at
                self.apart.feed_lags(at, self.util_now, known, vram, pauses, self.work.at, cadence)
            if self.apart.unused or (least < NONE and of_memory and min(of_memory) < NONE):
                self.apart.feed_unused(at, self.util_now, vram, self.work.at, cadence)

    def _look_back(self, at: float, cadence: Cadence) -> None:
        """Once a minute: an hour, and three hours of memory."""
        if self.work.idle.is_settled or self.watts.hung.is_settled or self.watts.latched.is_settled:
            # Of one waste there is one alert, the most precise.
            self.waiting.clear()
            if self.under.since is not None:
                self.under.clear()
                self.under_from = at + UNDER_AGAIN
        elif self.hour_at and at - self.hour_at >= _SECONDS_OF_HOUR:
            sums = self.minutes.sums(HOUR)
            if sums.count * cadence.usual >= LEAST_SHARE * _SECONDS_OF_HOUR:
                slow = cadence_of(max(60.0, cadence.usual))
                self.hour_judged_at = at
                bar = WAITS_FROM if self.waiting.since is None else WAITS_UNTIL
                _set(self.waiting, sums.waits >= bar, at, slow)
                bar = UNDER_FROM if self.under.since is None else UNDER_UNTIL
                _set(self.under, at >= self.under_from and UNDER_LOW <= sums.util <= bar, at, slow)
        if self.minutes.minute % _GROWTH_MINUTES == 0:
            growth = self.minutes.growth()
            if growth is not None:
                self.growth = growth
                is_full_soon = growth.per_hr > 0 and (100.0 - growth.now) / growth.per_hr <= FULL_WITHIN
                grows = growth.fit > GROWTH_FIT and growth.per_hr * 3 >= GROWTH_PER_3H and is_full_soon
                _set(self.growing, grows, at, cadence_of(max(60.0 * _GROWTH_MINUTES, cadence.usual)))

    # The container

    def saw_up(self, at: float, uptime: int | None, cadence: Cadence) -> None:
        """The container was reported: RunPod gives one that is not up yet a negative uptime."""
        self.down.clear()
        if uptime is not None:
            if self.is_another(at, uptime):
                self.restarted(at)
            self.started = at - uptime
        if uptime is None or uptime > 0:
            self.unseen.clear()
            self.up_at = at
        else:
            self.unseen.true(at, cadence)

    def is_another(self, at: float, uptime: int) -> bool:
        """Whether a container with this uptime was started after the one that was last seen up.

        One that was not seen up since its start has another uptime in each response.
        """
        started = self.started
        if self.up_at is None or started is None or self.up_at < started:
            return False
        return at - uptime > started + RESET_SLACK

    def restarted(self, at: float) -> None:
        """Another container: what the one before it did says nothing of it."""
        self.restarts = (*(each for each in self.restarts if at - each < LOOPS_SPAN), at)[-_RESTARTS_KEPT:]
        self._forget()

    def saw_down(self, at: float, cadence: Cadence) -> None:
        """The pod is on, and its container is not up."""
        self.unseen.true(at, cadence)
        if self.up_at is not None:
            self.down.true(at, cadence)
            if self.down.is_settled:
                self._forget()

    def saw_off(self) -> None:
        """The pod is not on."""
        if self.first_at or self.up_at is not None or self.unseen.since is not None:
            self._forget()
            self.down.clear()
            self.unseen.clear()
            self.up_at = self.started = None
        self.restarts = ()

    def _forget(self) -> None:
        for hold in (self.missing, self.memory, self.growing, self.vram, self.hot, self.waiting, self.under):
            hold.clear()
        self.work.clear()
        self.watts.clear()
        self.apart.clear()
        self.minutes.clear()
        self.minutes.clear_memory()
        self.first_at, self.hour_at, self.hour_judged_at, self.growth = 0.0, 0.0, 0.0, None
        self.nearly_full_at = 0.0


def _set(hold: Hold, truth: bool, at: float, cadence: Cadence) -> None:
    if truth:
        hold.true(at, cadence)
    elif hold.since is not None:
        hold.false(at, cadence)
