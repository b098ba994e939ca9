"""Packed telemetry: blocks of one pod's samples as bytes, for the archive. Pure.

A block is a header, the instants, then each column; deflated, as telemetry is mostly the same from one sample to the
next. Samples of a poll are laid out as one row of bytes; rows of the same layout are turned into columns by slicing.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.store.series import SampleColumn, Samples
from tui.store.stretches import cut
from tui.turns import give_way

RAW = 0
MINUTE = 1

_HEAD = struct.Struct("<BBHHH")
_KIND = struct.Struct("<HI")
_VERSION = 1
_UNIT = (0.02, 1.0)
"""Seconds per step of an instant's offset in a block, by tier: 16 bits cover the longest block."""

MINUTES = 60.0


MOST_SAMPLES, MOST_LABEL = 65_535, 65_000
"""Maximum samples of a block, and bytes of the names of one kind: the range of 16 bits."""

MOST_BYTES = 8 * 1024 * 1024
"""Maximum bytes of an inflated block. podtop's own have a hundredth of it; a hostile one may have gigabytes."""

_NAME = re.compile(r"[a-z_]{1,20}[0-9]{0,6}")


class Damaged(ValueError):
    """Bytes that are not a valid block."""


@lru_cache(maxsize=4096)
def is_name(name: str) -> bool:
    """Whether a value may have this name."""
    return _NAME.fullmatch(name) is not None


def _fitting(names: Iterable[str], room: int) -> tuple[str, ...]:
    """As many names as fit: a pod reported with thousands of GPUs must not cause a failure."""
    fitting: list[str] = []
    length = -1
    for name in names:
        length += len(name) + 1
        if length > MOST_LABEL or len(fitting) >= room:
            break
        fitting.append(name)
    return tuple(fitting)


def encode(stretch: Samples, start: float, tier: int) -> bytes:
    """Samples as a block that begins at `start`: in the raw tier one byte per value, in the minute tier three.

    Values of one kind are deflated together, so that a chart of them need not inflate the others. What exceeds a block
    is left out: samples beyond the first `MOST_SAMPLES`, names beyond those that `_fitting` keeps.
    """
    if len(stretch.times) > MOST_SAMPLES:
        stretch = cut(stretch, stretch.times[0], stretch.times[MOST_SAMPLES])
    offsets = _offsets(stretch.times, start, tier)
    kinds: dict[str, list[str]] = {}
    room = MOST_BYTES // ((3 if tier == MINUTE else 1) * max(1, len(stretch.times)))
    for name in filter(is_name, stretch.columns):
        kinds.setdefault(name.rstrip("0123456789"), []).append(name)
    instants = zlib.compress(offsets.tobytes(), 1)
    parts = [_HEAD.pack(_VERSION, tier, len(stretch.times), len(kinds), len(instants)), instants]
    for columns in kinds.values():
        names = _fitting(columns, room)
        room -= len(names)
        values = b"".join(
            part for n in names for part in (stretch.columns[n] if tier == MINUTE else (stretch.columns[n].mean,))
        )
        label, packed = ",".join(names).encode(), zlib.compress(values, 1)
        parts += (_KIND.pack(len(label), len(packed)), label, packed)
    return b"".join(parts)


def _offsets(times: Iterable[float], start: float, tier: int) -> array[int]:
    return array("H", (min(65_535, max(0, round((at - start) / _UNIT[tier]))) for at in times))


def kept_times(times: Iterable[float], start: float, tier: int) -> array[float]:
    """Instants as a block that begins at `start` has them."""
    return array("d", [start + offset * _UNIT[tier] for offset in _offsets(times, start, tier)])


class Block(NamedTuple):
    """A block that is inflated. kinds: names, and their values side by side, three for each sample if of minutes."""

    tier: int
    times: array[float]
    kinds: tuple[tuple[tuple[str, ...], bytes], ...]

    def row(self, index: int) -> Iterator[tuple[str, int]]:
        """The names, and the values of one sample: in minutes the mean."""
        count = len(self.times)
        first, step = (count + index, 3 * count) if self.tier == MINUTE else (index, count)
        for names, values in self.kinds:
            yield from zip(names, values[first::step], strict=True)


def inflated(data: bytes, start: float, wanted: Sequence[str] | None = None) -> Block:
    """A block; only the kinds with `wanted` names if given. Raises Damaged."""
    try:
        version, tier, count, kinds, length = _HEAD.unpack_from(data)
        room = MOST_BYTES
        asked = None if wanted is None else frozenset(wanted)
        if version != _VERSION or tier not in (RAW, MINUTE):
            raise Damaged(f"a block of version {version}, tier {tier}")
        at = _HEAD.size + length
        times = _times(data[_HEAD.size : at], count, start, _UNIT[tier])
        parts = []
        for _ in range(kinds):
            label, size = _KIND.unpack_from(data, at)
            at += _KIND.size
            names = _names(data[at : at + label])
            at += label + size
            if asked is None or not asked.isdisjoint(names):
                length = (3 if tier == MINUTE else 1) * count * len(names)
                room -= length
                if room < 0:
                    raise Damaged("a block of too many values")
                parts.append((names, _inflated(data[at - size : at], length)))
    except (zlib.error, struct.error, UnicodeDecodeError, ValueError) as error:
        raise Damaged(str(error)) from None
    if at != len(data):
        raise Damaged("a block of another length")
    return Block(tier, times, tuple(parts))


@lru_cache(maxsize=1024)
def _times(packed: bytes, count: int, start: float, unit: float) -> array[float]:
    """The instants of a block, which those of all pods of that time have in common: nobody changes them."""
    offsets = array("H", _inflated(packed, 2 * count))
    return array("d", [start + offset * unit for offset in offsets])


def decode(data: bytes, start: float, wanted: Sequence[str] | None = None, *, means: bool = False) -> Samples:
    """The samples of a block; only the `wanted` names if given. Raises Damaged.

    means: without the lowest and highest value of each minute.
    """
    tier, times, kinds = inflated(data, start, wanted)
    asked = None if wanted is None else frozenset(wanted)
    columns: dict[str, SampleColumn] = {}
    for names, values in kinds:
        columns |= _columns(values, names, len(times), tier, asked, means)
    return Samples(times, columns)


def _inflated(data: bytes, length: int) -> bytes:
    """Inflate data that must have this length: no more than that is inflated."""
    values = zlib.decompressobj().decompress(data, length + 1)
    if len(values) != length:
        raise Damaged("a block of another length")
    return values


@lru_cache(maxsize=1024)
def _names(label: bytes) -> tuple[str, ...]:
    """The names of one kind: very many blocks have the same. Raises Damaged."""
    names = tuple(label.decode().split(","))
    if not all(map(is_name, names)):
        raise Damaged("names that podtop does not give")
    return names


def _columns(
    values: bytes, names: Sequence[str], count: int, tier: int, asked: frozenset[str] | None, means: bool
) -> dict[str, SampleColumn]:
    columns = {}
    step = 3 * count if tier == MINUTE else count
    for index, name in enumerate(names):
        if asked is None or name in asked:
            begin = index * step
            if means and tier == MINUTE:
                mean = values[begin + count : begin + 2 * count]
                columns[name] = SampleColumn(mean, mean, mean)
                continue
            low = values[begin : begin + count]
            if tier == MINUTE:
                columns[name] = SampleColumn(
                    low, values[begin + count : begin + 2 * count], values[begin + 2 * count : begin + step]
                )
            else:
                columns[name] = SampleColumn(low, low, low)
    return columns


class Layout(NamedTuple):
    """The layout of one poll's row: for each pod, in order, the names of its values."""

    pods: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def width(self) -> int:
        return sum(len(names) for _, names in self.pods)


Wanted = Callable[[Iterable[str]], Iterable[str]]
"""Which of a pod's names are wanted."""


def columns_of(
    layout: Layout,
    times: Sequence[float],
    rows: Sequence[bytes],
    only: Collection[int] | None = None,
    wanted: Wanted | None = None,
) -> dict[int, Samples]:
    """The samples of every pod, or of some alone, from rows of one layout, one row per instant."""
    whole = b"".join(rows)
    width = layout.width
    by_name = {}
    at = 0
    for pod, names in layout.pods:
        if only is not None and pod not in only:
            at += len(names)
            continue
        give_way()
        columns = {}
        chosen = names if wanted is None else frozenset(wanted(names))
        for name in names:
            if name in chosen:
                values = whole[at::width]
                columns[name] = SampleColumn(values, values, values)
            at += 1
        by_name[pod] = Samples(array("d", times), columns)
    return by_name


def instants(times: Iterable[float]) -> array[float]:
    return array("d", times)
