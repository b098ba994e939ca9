"""Varying numbers computed from a seed and a time alone: the same in whatever order and steps they are requested."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

_MASK = (1 << 64) - 1
_KEPT = 1 << 16


def _stir(state: int, number: int) -> int:
    """One round of splitmix64."""
    state = (state ^ number) * 0xBF58476D1CE4E5B9 & _MASK
    state ^= state >> 27
    state = state * 0x94D049BB133111EB & _MASK
    return state ^ state >> 31


@lru_cache(_KEPT)
def mix(*parts: int | str) -> int:
    """A well-mixed 64-bit number computed from these parts."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = _stir(state, crc32(part.encode()) if isinstance(part, str) else part)
    return state


def chance(*parts: int | str) -> float:
    """A number in 0..1 computed from these parts."""
    return mix(*parts) / _MASK


class Curve:
    """A smooth curve through 0..1 that takes about `period` seconds from one bend to the next."""

    __slots__ = ("_known", "_period", "_stream")

    def __init__(self, period: float, *parts: int | str) -> None:
        self._period = period
        self._stream = mix(mix(*parts))
        self._known: tuple[int | None, int, int] = None, 0, 0

    def at(self, t: float) -> float:
        """Its value at an instant."""
        position = t / self._period
        step = int(position // 1)
        # In one piece, as several threads may ask for it.
        known = self._known
        if known[0] != step:
            known = self._known = step, _stir(self._stream, step), _stir(self._stream, step + 1)
        share = position - step
        share = share * share * (3 - 2 * share)
        return (known[1] * (1 - share) + known[2] * share) / _MASK


curve = lru_cache(_KEPT)(Curve)
"""The curve of these parts, which keeps its last two bends: instants are mostly requested in their order."""


def wander(t: float, period: float, *parts: int | str) -> float:
    """The value of a curve at an instant."""
    return curve(period, *parts).at(t)
