"""Packed telemetry: blocks of one pod's samples as bytes, for the archive. Pure.

A block is a header, the instants, then each column; deflated, as telemetry is mostly the same from one sample to the
next. Samples of a poll are laid out as one row of bytes; rows of the same layout are turned into columns by slicing.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.store.series import EMPTY, GAP, GAP_BYTE, Column, Stretch

RAW = 0
MINUTE = 1

_HEAD = struct.Struct("<BBHHH")
_KIND = struct.Struct("<HI")
_VERSION = 1
_UNIT = (0.02, 1.0)
"""Seconds of one step of an instant's offset in a block, by tier: 16 bits reach over the longest block."""

MINUTES = 60.0

SAME = 0.05
"""Seconds by which the instant of a sample may differ once it is packed."""

MOST_SAMPLES, MOST_LABEL = 65_535, 65_000
"""Samples of a block, and bytes of the names of one kind: 16 bits have no more."""

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of a block when it is inflated. A block of podtop's has a hundredth of it; a hostile one may have gigabytes."""

_NAME = re.compile(r"[a-z_]{1,20}[0-9]{0,6}")


class Damaged(ValueError):
    """Bytes that are no block."""


@lru_cache(maxsize=4096)
def is_name(name: str) -> bool:
    """Whether values can be called so."""
    return _NAME.fullmatch(name) is not None


def _fitting(names: Iterable[str], room: int) -> tuple[str, ...]:
    """As many names as there is room for: a pod that is told to have thousands of GPUs is no reason to fail."""
    kept: list[str] = []
    length = -1
    for name in names:
        length += len(name) + 1
        if length > MOST_LABEL or len(kept) >= room:
            break
        kept.append(name)
    return tuple(kept)


def encode(stretch: Stretch, start: float, tier: int) -> bytes:
    """A stretch as a block that begins at `start`: in the raw tier one byte a value, in the minute tier three.

    Values of one kind are deflated together, so that a chart of them need not inflate the others. What is too much for
    a block is left out: samples beyond the first `MOST_SAMPLES`, names beyond those that `_fitting` keeps.
    """
    if len(stretch.times) > MOST_SAMPLES:
        stretch = cut(stretch, stretch.times[0], stretch.times[MOST_SAMPLES])
    offsets = array("H", (min(65_535, max(0, round((at - start) / _UNIT[tier]))) for at in stretch.times))
    kinds: dict[str, list[str]] = {}
    room = MOST_BYTES // ((3 if tier == MINUTE else 1) * max(1, len(stretch.times)))
    for name in filter(is_name, stretch.columns):
        kinds.setdefault(name.rstrip("0123456789"), []).append(name)
    instants = zlib.compress(offsets.tobytes(), 1)
    parts = [_HEAD.pack(_VERSION, tier, len(stretch.times), len(kinds), len(instants)), instants]
    for every in kinds.values():
        names = _fitting(every, room)
        room -= len(names)
        values = b"".join(
            part for n in names for part in (stretch.columns[n] if tier == MINUTE else (stretch.columns[n].mean,))
        )
        label, packed = ",".join(names).encode(), zlib.compress(values, 1)
        parts += (_KIND.pack(len(label), len(packed)), label, packed)
    return b"".join(parts)


def decode(data: bytes, start: float, wanted: Sequence[str] | None = None) -> Stretch:
    """The stretch of a block; only the `wanted` names where these are given. Raises Damaged."""
    try:
        version, tier, count, kinds, length = _HEAD.unpack_from(data)
        room = MOST_BYTES
        if version != _VERSION or tier not in (RAW, MINUTE):
            raise Damaged(f"a block of version {version}, tier {tier}")
        at = _HEAD.size + length
        offsets = array("H", _inflated(data[_HEAD.size : at], 2 * count))
        columns: dict[str, Column] = {}
        for _ in range(kinds):
            label, size = _KIND.unpack_from(data, at)
            at += _KIND.size
            names = data[at : at + label].decode().split(",")
            at += label + size
            if not all(map(is_name, names)):
                raise Damaged("names that podtop does not give")
            if wanted is None or not set(wanted).isdisjoint(names):
                length = (3 if tier == MINUTE else 1) * count * len(names)
                room -= length
                if room < 0:
                    raise Damaged("a block of too many values")
                columns |= _columns(_inflated(data[at - size : at], length), names, count, tier)
    except (zlib.error, struct.error, UnicodeDecodeError, ValueError) as error:
        raise Damaged(str(error)) from None
    if at != len(data) or len(offsets) != count:
        raise Damaged("a block of another length")
    unit = _UNIT[tier]
    if wanted is not None:
        columns = {name: column for name, column in columns.items() if name in wanted}
    return Stretch(array("d", [start + offset * unit for offset in offsets]), columns)


def _inflated(data: bytes, length: int) -> bytes:
    """What was deflated, when it has that length: no more than that is inflated."""
    values = zlib.decompressobj().decompress(data, length + 1)
    if len(values) != length:
        raise Damaged("a block of another length")
    return values


def _columns(values: bytes, names: Sequence[str], count: int, tier: int) -> dict[str, Column]:
    copies = 3 if tier == MINUTE else 1
    columns = {}
    for index, name in enumerate(names):
        begin = index * copies * count
        low, *others = (values[begin + n * count : begin + (n + 1) * count] for n in range(copies))
        columns[name] = Column(low, *others) if others else Column(low, low, low)
    return columns


def join(stretches: Iterable[Stretch]) -> Stretch:
    """Stretches one after the other as one; a name that one of them lacks has gaps there."""
    kept = [s for s in stretches if s.times]
    if len(kept) < 2:
        return kept[0] if kept else EMPTY
    times = array("d")
    for stretch in kept:
        times.extend(stretch.times)
    names = dict.fromkeys(name for stretch in kept for name in stretch.columns)
    columns = {}
    for name in names:
        found = [s.columns.get(name) or _gaps(len(s.times)) for s in kept]
        mean = b"".join(c.mean for c in found)
        single = all(c.low is c.high for c in found)
        low = mean if single else b"".join(c.low for c in found)
        columns[name] = Column(low, mean, mean if single else b"".join(c.high for c in found))
    return Stretch(times, columns)


def splice(under: Stretch, over: Stretch, silence: float) -> Stretch:
    """Samples of one pod that were told at two times, in the order of their instants: of what both tell `over` holds.

    silence: seconds between two samples beyond which nothing is told of what is in between.
    """
    if not under.times or not over.times or under.times[-1] < over.times[0]:
        return join([under, over])
    if over.times[-1] < under.times[0]:
        return join([over, under])
    last = len(over.times) - 1
    order: list[tuple[float, int]] = []
    for index, at in enumerate(under.times):
        after = bisect_left(over.times, at)
        same = after <= last and over.times[after] - at <= SAME
        before = math.inf if after == 0 else at - over.times[after - 1]
        within = 0 < after <= last and over.times[after] - over.times[after - 1] <= silence
        if not same and before > SAME and not within:
            order.append((at, index))
    order += ((at, len(under.times) + index) for index, at in enumerate(over.times))
    order.sort()
    # Of two at one instant the last: an instant of a gap before a sample may become that of the sample.
    kept = [index for n, (at, index) in enumerate(order) if n + 1 == len(order) or at < order[n + 1][0]]
    return _picked(join([under, over]), kept)


def _picked(whole: Stretch, order: Sequence[int]) -> Stretch:
    columns = {}
    for name, column in whole.columns.items():
        mean = bytes(column.mean[i] for i in order)
        single = column.low is column.high
        low = mean if single else bytes(column.low[i] for i in order)
        columns[name] = Column(low, mean, mean if single else bytes(column.high[i] for i in order))
    return Stretch(array("d", (whole.times[i] for i in order)), columns)


def _gaps(count: int) -> Column:
    gaps = GAP_BYTE * count
    return Column(gaps, gaps, gaps)


def cut(stretch: Stretch, start: float, end: float) -> Stretch:
    """The part of a stretch in start <= instant < end."""
    lo, hi = bisect_left(stretch.times, start), bisect_left(stretch.times, end)
    if lo == 0 and hi == len(stretch.times):
        return stretch
    columns = {}
    for name, (low, mean, high) in stretch.columns.items():
        part = mean[lo:hi]
        columns[name] = Column(part, part, part) if low is high else Column(low[lo:hi], part, high[lo:hi])
    return Stretch(stretch.times[lo:hi], columns)


def reduced(stretch: Stretch, width: float, silence: float) -> Stretch:
    """One sample for each `width` seconds that have any: the lowest, mean and highest. Where all are gaps, a gap.

    A gap is added where samples are further apart than `silence` and there is a place for it.
    """
    times = stretch.times
    bounds: list[tuple[float, int, int]] = []
    index = 0
    while index < len(times):
        left = times[index] // width * width
        if index and times[index] - times[index - 1] > silence and left - bounds[-1][0] > width:
            bounds.append((bounds[-1][0] + width, index, index))
        begin = index
        index = max(begin + 1, bisect_left(times, left + width, begin))
        bounds.append((left, begin, index))
    columns = {}
    for name, column in stretch.columns.items():
        low, mean, high = bytearray(), bytearray(), bytearray()
        for _, begin, end in bounds:
            kept = column.mean[begin:end].replace(GAP_BYTE, b"")
            if not kept:
                low.append(GAP)
                mean.append(GAP)
                high.append(GAP)
                continue
            low.append(min(column.low[begin:end]))
            mean.append(round(sum(kept) / len(kept)))
            high.append(max(column.high[begin:end].replace(GAP_BYTE, b"")))
        columns[name] = Column(bytes(low), bytes(mean), bytes(high))
    return Stretch(array("d", (left for left, _, _ in bounds)), columns)


class Layout(NamedTuple):
    """How the row of one poll is laid out: for each pod, in order, the names of its values."""

    pods: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def width(self) -> int:
        return sum(len(names) for _, names in self.pods)


def columns_of(
    layout: Layout, times: Sequence[float], rows: Sequence[bytes], only: int | None = None
) -> dict[int, Stretch]:
    """The stretch of every pod, or of one alone, from rows of one layout, a row for each instant."""
    whole = b"".join(rows)
    width = layout.width
    found = {}
    at = 0
    for pod, names in layout.pods:
        if only is not None and pod != only:
            at += len(names)
            continue
        columns = {}
        for name in names:
            values = whole[at::width]
            columns[name] = Column(values, values, values)
            at += 1
        found[pod] = Stretch(array("d", times), columns)
    return found


def instants(times: Iterable[float]) -> array[float]:
    return array("d", times)
