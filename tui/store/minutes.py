"""`Minutes`: sums of a pod's samples by minute, over the last hour; its container's memory over three. Pure."""

from __future__ import annotations

from array import array

from msgspec import Struct, field

HOUR = 60
"""Minutes that are kept."""

MEMORY_SPAN = 180
"""Minutes of the container's memory that are kept."""

_UNKNOWN = 255
_FIELDS = 6
_COUNT, _UTIL, _BUSIEST, _WAITS, _CPU, _VRAM = range(_FIELDS)
_FULL = 0xFFFF


class Growth(Struct, frozen=True, gc=False):
    """A straight line through values: its rise per hour, its value now, and how well it fits (r squared)."""

    per_hr: float
    now: float
    fit: float


class Sums(Struct, frozen=True, gc=False):
    """Of some minutes: the number of samples; the mean of the GPUs and the share that waited, in percent; CPU."""

    count: int
    util: float
    waits: float
    cpu: float


class Minutes(Struct, gc=False, eq=False):
    """Sums by minute. Values are the bytes of samples: halves of a percent.

    Fields of the minute that is under way are in `now`; it joins the others once it is over.
    """

    minute: int = -1
    count: int = 0
    util: int = 0
    busiest: int = 0
    waits: int = 0
    cpu: int = 0
    vram_low: int = _UNKNOWN
    vram_high: int = 0
    memory: int = 0
    memory_count: int = 0
    _cells: array[int] = field(default_factory=lambda: array("H", bytes(2 * HOUR * _FIELDS)))
    _memory: bytearray = field(default_factory=lambda: bytearray(b"\xff" * MEMORY_SPAN))

    def turn(self, minute: int) -> None:
        """A sample of another minute comes: keep the one that is over, and forget those that are too old."""
        if minute <= self.minute:
            return
        if self.minute >= 0:
            self._keep()
            for empty in range(max(self.minute + 1, minute - HOUR + 1), minute):
                self._put(empty, 0, 0, 0, 0, 0, _UNKNOWN << 8)
            for empty in range(max(self.minute + 1, minute - MEMORY_SPAN + 1), minute + 1):
                self._memory[empty % MEMORY_SPAN] = _UNKNOWN
        self.minute = minute
        self.count = self.util = self.busiest = self.waits = self.cpu = 0
        self.vram_low, self.vram_high = _UNKNOWN, 0
        self.memory = self.memory_count = 0

    def _keep(self) -> None:
        self._put(self.minute, self.count, self.util, self.busiest, self.waits, self.cpu,
                  self.vram_low << 8 | self.vram_high)  # fmt: skip
        if self.memory_count:
            self._memory[self.minute % MEMORY_SPAN] = min(_UNKNOWN - 1, round(self.memory / self.memory_count))

    def _put(self, minute: int, *values: int) -> None:
        base = minute % HOUR * _FIELDS
        for index, value in enumerate(values, base):
            self._cells[index] = min(value, _FULL)

    def put_memory(self, minute: int, value: int) -> None:
        """The memory of a minute before the first sample."""
        self._memory[minute % MEMORY_SPAN] = value

    def clear(self) -> None:
        """Forget what the GPUs did."""
        self._cells = array("H", bytes(2 * HOUR * _FIELDS))
        self.count = self.util = self.busiest = self.waits = self.cpu = 0
        self.vram_low, self.vram_high = _UNKNOWN, 0

    def clear_memory(self) -> None:
        """Forget the container's memory."""
        self._memory = bytearray(b"\xff" * MEMORY_SPAN)
        self.memory = self.memory_count = 0

    def no_waits(self, since: float) -> None:
        """What waited from an instant on has another name."""
        for minute in range(max(int(since // 60), self.minute - HOUR + 1), self.minute):
            self._cells[minute % HOUR * _FIELDS + _WAITS] = 0
        self.waits = 0

    def _column(self, index: int, minutes: int) -> int:
        """The sum of a field over the last minutes, with the one that is under way."""
        cells = self._cells
        if minutes >= HOUR:
            whole = sum(cells[index::_FIELDS])
            # The cell of the current minute is still that of an hour ago.
            return whole - cells[self.minute % HOUR * _FIELDS + index]
        first = self.minute - minutes + 1
        return sum(cells[minute % HOUR * _FIELDS + index] for minute in range(first, self.minute))

    def sums(self, minutes: int) -> Sums:
        """The last minutes, with the one that is under way."""
        count = self.count + self._column(_COUNT, minutes)
        if not count:
            return Sums(0, 0.0, 0.0, 0.0)
        return Sums(
            count,
            0.5 * (self.util + self._column(_UTIL, minutes)) / count,
            100.0 * (self.waits + self._column(_WAITS, minutes)) / count,
            0.5 * (self.cpu + self._column(_CPU, minutes)) / count,
        )

    def busiest_of(self, minutes: int) -> float:
        """The mean of the busiest GPU over the last minutes, in percent."""
        count = self.count + self._column(_COUNT, minutes)
        return 0.5 * (self.busiest + self._column(_BUSIEST, minutes)) / count if count else 0.0

    def vram_moved(self, minutes: int) -> float:
        """Points between the lowest and the highest GPU memory of the last minutes."""
        low, high = self.vram_low, self.vram_high
        for minute in range(self.minute - minutes + 1, self.minute):
            cell = self._cells[minute % HOUR * _FIELDS + _VRAM]
            # An empty cell of a fresh ring is no value.
            if cell and cell >> 8 != _UNKNOWN:
                low, high = min(low, cell >> 8), max(high, cell & 0xFF)
        return max(0, high - low) / 2 if low != _UNKNOWN else 0.0

    def growth(self) -> Growth | None:
        """The line through the container's memory over three hours; None if half of it is unknown."""
        ring, start = self._memory, self.minute % MEMORY_SPAN
        ordered = ring[start + 1 :] + ring[:start]
        known = [(minute, value) for minute, value in enumerate(ordered) if value != _UNKNOWN]
        count = len(known)
        if count < MEMORY_SPAN // 2 or known[-1][0] - known[0][0] < MEMORY_SPAN * 0.95:
            return None
        xs = sum(x for x, _ in known) / count
        ys = sum(y for _, y in known) / count
        sxx = sum((x - xs) ** 2 for x, _ in known)
        sxy = sum((x - xs) * (y - ys) for x, y in known)
        syy = sum((y - ys) ** 2 for _, y in known)
        if not syy:
            return None
        slope = sxy / sxx
        now = ys + slope * (MEMORY_SPAN - 1 - xs)
        return Growth(slope * 30.0, now / 2, sxy * sxy / (sxx * syy))
