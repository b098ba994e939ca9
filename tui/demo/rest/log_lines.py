"""The log of a pod: a function of its containers, the seed and the requested instants, so that every way agrees.

A container writes its k-th line about six seconds after the one before, two to ten; RunPod's own lines ("system")
report its start and its end. Nothing is kept: the lines between two instants are computed on request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from tui.demo.pods import NEVER, Run, SimPod
from tui.demo.random_walk import mix
from tui.demo.rest.log_texts import WRITER, written

CONTAINER, SYSTEM = "container", "system"
_PERIOD, _JITTER = 6.0, 4.0
"""Seconds from one line to the next, on average, and by how much a line may come later."""

_STEPS = 1 << 16
_RUN = 10**9
"""Places that the lines of one container take up in the number that ends an id."""

_STUCK = 40.0
"""Seconds between two attempts to pull an image that cannot be pulled."""

_PULL = 8
"""Lines about the progress of a pull."""

_ID = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z)/(\d{12})")


class Place(NamedTuple):
    """Where a line stands in its log: its instant in milliseconds since the epoch, and its number."""

    at: int
    number: int

    @property
    def time(self) -> str:
        """RFC 3339 in UTC, with as many decimals as it takes."""
        whole = datetime.fromtimestamp(self.at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        decimals = f"{self.at % 1000:03d}".rstrip("0")
        return f"{whole}.{decimals}Z" if decimals else f"{whole}Z"

    @property
    def id(self) -> str:
        return f"{self.time}/{self.number:012d}"


class Line(NamedTuple):
    place: Place
    source: str
    text: str


BEFORE_ALL = Place(-1, 0)


def place_of(line_id: str) -> Place | None:
    """The place that an id names; None if it is not one of these ids."""
    result = _ID.fullmatch(line_id)
    if result is None:
        return None
    at = instant(result[1])
    return None if at is None else Place(round(at * 1000), int(result[2]))


def instant(text: str) -> float | None:
    """Epoch seconds of an RFC 3339 time; None if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None


def lines(pod: SimPod, seed: int, after: Place, until: float) -> Iterator[Line]:
    """Its lines behind a place and up to an instant, oldest first."""
    for index, run in enumerate(pod.runs):
        if run.stopped * 1000 < after.at:
            continue
        # A line earlier than the place, for the rounding of an instant to milliseconds.
        since = after.at / 1000 - _PERIOD
        for line in _of_run(pod, run, index, seed, since, since, until):
            if line.place > after:
                yield line


def last_lines(pod: SimPod, seed: int, until: float, count: int, source: str | None = None) -> list[Line]:
    """Its `count` last lines up to an instant, oldest first."""
    result: list[Line] = []
    for index, run in reversed(list(enumerate(pod.runs))):
        if len(result) >= count:
            break
        # A container writes at least one line in every period and every attempt: no more of the past is needed.
        end = min(until, run.stopped)
        since = min(end, run.worked_until) - (count + 2) * _PERIOD
        some = _of_run(pod, run, index, seed, since, end - (count + 2) * _STUCK, until)
        result = [line for line in some if source in (None, line.source)] + result
    return result[max(0, len(result) - count) :]


def _of_run(
    pod: SimPod, run: Run, index: int, seed: int, since: float, tried_since: float, until: float
) -> Iterator[Line]:
    """The lines of one container, in order, up to an instant.

    since:       the container's own lines before this may be left out.
    tried_since: the same for attempts to pull its image.
    """
    end = min(until, run.stopped)
    system = sorted(line for line in _system(run, index, tried_since, end) if line.place.at <= until * 1000)
    return _in_order(system, _container(pod, run, index, seed, since, end))


def _in_order(system: list[Line], container: Iterator[Line]) -> Iterator[Line]:
    """Two sequences that are in order, as one."""
    waiting = iter(system)
    ours = next(waiting, None)
    for theirs in container:
        while ours is not None and ours < theirs:
            yield ours
            ours = next(waiting, None)
        yield theirs
    while ours is not None:
        yield ours
        ours = next(waiting, None)


def _place(at: float, run: int, number: int) -> Place:
    return Place(math.floor(at * 1000), run * _RUN + number)


# What RunPod says about the container: even numbers. Odd ones are the container's own.


def _system(run: Run, index: int, since: float, until: float) -> Iterator[Line]:
    """`until` is not later than the container's end."""

    def said(at: float, number: int, text: str) -> Line:
        return Line(_place(at, index, 2 * number), SYSTEM, text)

    yield said(run.started, 0, f"{'start' if index else 'create'} container {run.image}")
    pulled = run.started + run.boot * 0.85
    if run.boot == NEVER:
        yield from _attempts(run, index, since, until)
    elif index:
        at = min(run.started + 1, pulled)
        if at <= until:
            yield said(at, 1, f"image is up to date: {run.image}")
    else:
        for step in range(_PULL):
            at = run.started + (pulled - run.started) * step / _PULL
            if at <= until:
                yield said(at, 1 + step, f"pulling image {run.image}: {100 * step // _PULL}%")
        if pulled <= until:
            yield said(pulled, 1 + _PULL, f"pulled image {run.image}: 100%")
    if run.started + run.boot <= until:
        yield said(run.started + run.boot, 2 + _PULL, "start container: begin")
    if run.why:
        yield said(run.stopped, _RUN // 2 - 1, f"stop container: {run.why}")


def _attempts(run: Run, index: int, since: float, until: float) -> Iterator[Line]:
    """An image whose pull fails again and again."""
    attempt = max(0, int((since - run.started) // _STUCK))
    while (begun := run.started + attempt * _STUCK) <= until:
        reached = 40 + mix(run.image, attempt) % 50
        reported = (
            (0.5, f"pulling image {run.image}: attempt {attempt + 1}"),
            (12.0, f"pulling image {run.image}: {reached}%"),
            (26.0, f"error pulling image {run.image}: unexpected EOF; retrying"),
        )
        for number, (later, text) in enumerate(reported):
            if begun + later <= until:
                place = _place(begun + later, index, 2 * (100 + 4 * attempt + number))
                yield Line(place, SYSTEM, text)
        attempt += 1


# What the container writes


def _container(pod: SimPod, run: Run, index: int, seed: int, since: float, until: float) -> Iterator[Line]:
    up = run.started + run.boot
    if up > until:
        return
    end = min(until, run.worked_until)
    number = max(0, int((since - up) // _PERIOD))
    own = mix(seed, pod.id, index, "lines")
    while True:
        draw = mix(own, number)
        at = up + _PERIOD * number + _JITTER * (draw % _STEPS) / _STEPS
        if at > end:
            break
        text = written(pod, at, up, seed, number, draw // _STEPS)
        yield Line(_place(at, index, 2 * number + 1), CONTAINER, text)
        number += 1
    # A run that hangs writes nothing of it.
    if up < run.worked_until <= until and run.worked_until < run.stopped and pod.after != "hung":
        text = f"INFO  {WRITER[pod.work]}: finished after {run.worked_until - up:.0f} s"
        yield Line(_place(run.worked_until, index, _RUN - 1), CONTAINER, text)
