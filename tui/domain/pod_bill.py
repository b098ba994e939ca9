"""What the dollars of one pod's time were for. Pure; instants in epoch seconds, prices in dollars per hour.

A dollar of time has one purpose. The price of a running pod goes by the activity of its GPUs: idle while none works,
waiting while they are busy by name and draw a quarter of their power, under-used by the share of each GPU below 90%,
worked for the rest. The same price goes to `BOOT` while the container is not up or restarts in a loop, and to
`UNWATCHED` where the pod is known to have run and nothing is known of its GPUs. Its disks are apart.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, IntEnum
from itertools import pairwise
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from tui.domain import pod_health

IDLE_BELOW = 2.0
"""Percent below which a GPU does nothing, over a minute."""

BUSY_BY_NAME = 90.0
"""Percent from which a GPU counts as fully used; also those at which a waiting one stands."""

WAITING_POWER = 0.25
"""The share of its nominal power up to which a GPU that is busy by name does no work."""

STOP_AFTER = 1800.0
"""Seconds of idleness after which the pod of a what-if stops."""

SLACK = 90.0
"""Seconds of a piece of time for which a sample may be missing: instants of samples are whole minutes."""


class Part(IntEnum):
    """What dollars were for, in the order of the columns."""

    WORKED = 0
    IDLE = 1
    WAITING = 2
    UNDER_USED = 3
    BOOT = 4
    DISKS = 5
    STOPPED = 6
    UNWATCHED = 7


NOTHING = (Part.IDLE, Part.WAITING, Part.BOOT, Part.STOPPED)
"""The parts that did nothing; of under-used time only a share is missing."""


_NO_DOLLARS = [0.0] * len(Part)


class Use(Enum):
    """What a pod did, as far as its bill goes. UNKNOWN: whether it was billed is unknown. GONE: it was not."""

    UP = "up"
    BOOTING = "booting"
    STOPPED = "stopped"
    GONE = "gone"
    UNKNOWN = "unknown"


class Stay(NamedTuple):
    """From `start` to `end` a pod was in one state.

    price:   while it is on; disks: of its disks in this state; stopped: of its volume, were it stopped. None: unknown.
    judged:  whether its work can be seen: it has GPUs; `empty`: it lost the GPUs that it is billed for.
    rental:  the same in two stays if nothing can have been changed between them.
    """

    start: float
    end: float
    use: Use
    price: float | None = None
    disks: float | None = None
    stopped: float | None = None
    judged: bool = True
    empty: bool = False
    rental: object = None


Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Seen(Struct, frozen=True, array_like=True, gc=False):
    """What a pod's GPUs did in a piece of time, of an hour at most.

    known:   seconds of it of which anything is known.
    idle, waiting: their shares of these seconds, 0..1.
    unused:  the share, 0..1, of the rest that no GPU used.
    lagging: the number of the GPU for which all others wait.
    """

    known: Annotated[float, Meta(ge=0.0, le=4000.0)]
    idle: Share = 0.0
    waiting: Share = 0.0
    unused: Share = 0.0
    lagging: Annotated[int, Meta(ge=0, le=1024)] | None = None


UNSEEN = Seen(0.0)
Look = Callable[[float, float], Seen]
"""What a pod's GPUs did from an instant to another, within one hour."""


class Bill(NamedTuple):
    """One pod's dollars in slots of time.

    slots:   dollars by `Part`, by the number of the slot.
    least:   whether it may have been more: time of which nothing is known, an unknown price.
    nothing: whether nothing at all is known of its cost.
    lagging: seconds for which each GPU lagged behind the others.
    saved:   dollars less if it had stopped after `STOP_AFTER` of idleness.
    """

    slots: dict[int, list[float]]
    least: bool
    nothing: bool
    lagging: dict[int, float]
    saved: float


def certain(
    stays: Sequence[Stay], spans: Sequence[tuple[float, float]], start: float, end: float
) -> tuple[list[Stay], bool]:
    """The stays from `start` to `end`, cut to the time in which they are sure to have held, and whether that is not all
    of their time.

    stays: ascending, without gaps; each begins at an instant at which the pod was seen.
    spans: watched time, ascending. Unwatched time between two stays is certain if both are the same rental.
    """
    held: list[Stay] = []
    missing = False
    for index, stay in enumerate(stays):
        follower = stays[index + 1] if index + 1 < len(stays) else None
        last = max(stay.start, _last_watched(spans, stay.end))
        parts = [stay._replace(end=last)]
        if last < stay.end:
            same = follower is not None and follower.rental is not None and follower.rental == stay.rental
            if same or stay.end - last <= SLACK:
                # Up or booting: nobody knows.
                use = Use.UP if stay.use is Use.BOOTING else stay.use
                parts.append(stay._replace(start=last, use=use))
            elif stay.end > start and last < end:
                missing = missing or _bills(stay, follower)
        for part in parts:
            cut = part._replace(start=max(part.start, start), end=min(part.end, end))
            if cut.end > cut.start:
                held.append(cut)
    return held, missing


def _last_watched(spans: Sequence[tuple[float, float]], end: float) -> float:
    """The last watched instant not after `end`."""
    number = bisect_right(spans, (end, math.inf)) - 1
    # A stay ends where the next begins: the span that begins at that instant saw the next one.
    while number >= 0 and spans[number][0] >= end:
        number -= 1
    return min(spans[number][1], end) if number >= 0 else -math.inf


def _bills(stay: Stay, follower: Stay | None) -> bool:
    return any(each is not None and each.use is not Use.GONE for each in (stay, follower))


def loops(restarts: Sequence[float]) -> list[tuple[float, float]]:
    """The times in which a container restarted again and again, from its restarts, ascending."""
    spans: list[tuple[float, float]] = []
    length = pod_health.LOOP_RESTARTS - 1
    for first, last in zip(restarts, restarts[length:], strict=False):
        if last - first > pod_health.LOOP_SPAN:
            continue
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans


def bill(
    stays: Sequence[Stay],
    missing: bool,
    look: Look,
    edges: Sequence[float],
    looping: Sequence[tuple[float, float]] = (),
    idle_runs: Iterable[tuple[float, float]] = (),
) -> Bill:
    """One pod's bill in the slots between `edges`, ascending; they are at most an hour long.

    stays:     certain ones, as of `certain`, which also gives `missing`.
    look:      its activity.
    looping:   when its container restarted in a loop: what was idle then belongs to that.
    idle_runs: unbroken idle times.
    """
    slots: dict[int, list[float]] = {}
    lagging: dict[int, float] = {}
    priced = False
    least = missing
    for stay in stays:
        if stay.use is Use.GONE:
            continue
        known = stay.use is Use.STOPPED or (stay.use is not Use.UNKNOWN and stay.price is not None)
        least = least or not known or stay.disks is None
        priced = priced or (known and (stay.use is not Use.STOPPED or stay.disks is not None))
        if stay.use is Use.UNKNOWN:
            continue
        for start, end, slot, in_loop in _pieces(stay, edges, looping):
            parts = slots.get(slot)
            if parts is None:
                parts = slots[slot] = _NO_DOLLARS.copy()
            hours = (end - start) / 3600.0
            if stay.disks is not None:
                parts[Part.STOPPED if stay.use is Use.STOPPED else Part.DISKS] += stay.disks * hours
            if stay.use is Use.STOPPED or stay.price is None:
                continue
            if stay.use is Use.BOOTING:
                parts[Part.BOOT] += stay.price * hours
            elif stay.empty:
                parts[Part.IDLE] += stay.price * hours
            elif not stay.judged:
                parts[Part.WORKED] += stay.price * hours
            else:
                seen = look(start, end)
                _spend(parts, stay.price * hours, seen, end - start, in_loop)
                if seen.lagging is not None:
                    lagging[seen.lagging] = lagging.get(seen.lagging, 0.0) + seen.known
    bills = any(stay.use is not Use.GONE for stay in stays)
    return Bill(slots, least, bills and not priced, lagging, _saved(stays, idle_runs))


def _spend(parts: list[float], dollars: float, seen: Seen, seconds: float, in_loop: bool) -> None:
    """Divide the dollars of a piece of time in which the container was up."""
    known = min(seen.known, seconds)
    if known > 0.0 and seconds - known <= SLACK:
        known = seconds
    of_known = dollars * known / seconds
    idle, waiting = of_known * seen.idle, of_known * seen.waiting
    rest = max(0.0, of_known - idle - waiting)
    unused = rest * seen.unused
    parts[Part.UNWATCHED] += dollars - of_known
    parts[Part.BOOT if in_loop else Part.IDLE] += idle
    parts[Part.WAITING] += waiting
    parts[Part.UNDER_USED] += unused
    parts[Part.WORKED] += rest - unused


def _pieces(
    stay: Stay, edges: Sequence[float], looping: Sequence[tuple[float, float]]
) -> Iterable[tuple[float, float, int, bool]]:
    """A stay in pieces that lie in one slot each, in a loop or not: start, end, slot, whether in a loop."""
    borders = [at for span in looping for at in span if stay.start < at < stay.end]
    for begin, until in pairwise([stay.start, *borders, stay.end]):
        in_loop = any(first <= begin and until <= last for first, last in looping)
        slot = bisect_right(edges, begin) - 1
        at = begin
        while at < until and 0 <= slot < len(edges) - 1:
            end = min(until, edges[slot + 1])
            yield at, end, slot, in_loop
            at = end
            slot += 1


def _saved(stays: Sequence[Stay], idle_runs: Iterable[tuple[float, float]]) -> float:
    """Dollars less if the pod had been stopped once it was idle for `STOP_AFTER`, until it worked again."""
    saved = 0.0
    on = [stay for stay in stays if stay.use is Use.UP and stay.price is not None]
    for start, end in idle_runs:
        begin = start + STOP_AFTER
        for stay in on if end > begin else ():
            hours = (min(end, stay.end) - max(begin, stay.start)) / 3600.0
            if hours > 0 and stay.price is not None:
                rate = stay.price + (stay.disks or 0.0) - (stay.stopped or 0.0)
                saved += max(0.0, rate) * hours
    return saved
