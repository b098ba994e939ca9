"""`AlertTracker`: reports alerts and trouble with RunPod, once when they begin and once when they end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tui.domain import pod_health
from tui.domain.events import ENDS, Event, Kind
from tui.format import numbers as fmt
from tui.store.alerts import Alert, Unwatched, looking
from tui.store.alerts import Kind as Matter
from tui.store.slices import Sliced, whole

if TYPE_CHECKING:
    from tui.store.fleet import Fleet, Record

TOLD = {
    Matter.RUNWAY: Kind.RUNWAY, Matter.BALANCE: Kind.BALANCE, Matter.LOOP: Kind.LOOP, Matter.BOOT: Kind.BOOT,
    Matter.ZERO_GPU: Kind.ZERO_GPU, Matter.IDLE: Kind.IDLE, Matter.MAINTENANCE: Kind.MAINTENANCE,
    Matter.UNREADABLE: Kind.UNREADABLE,
}  # fmt: skip
"""Alerts that last. That a pod was outbid, or its container restarted, is told by the change of its status."""

TROUBLE = (Kind.OUTAGE, Kind.THROTTLED)
_BEGINS = {end: begin for begin, end in ENDS.items()}


class _Begun(NamedTuple):
    """Since when something lasts, and whether this run of podtop has seen all of it."""

    at: float
    witnessed: bool = True


class AlertTracker:
    """What lasts at present, by its pod (empty for the account) and kind. Time comes with what is told."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Kind], _Begun] = {}

    def recall(self, events: Iterable[Event]) -> None:
        """What an earlier run told of, oldest first: what began then and did not end is not told again."""
        found: dict[tuple[str, Kind], _Begun] = {}
        for event in events:
            if event.kind in ENDS:
                found[event.pod, event.kind] = _Begun(event.at, witnessed=False)
            elif event.kind in _BEGINS:
                found.pop((event.pod, _BEGINS[event.kind]), None)
        self._open = {**found, **self._open}

    # Trouble with RunPod

    def failed(self, at: float, throttled: bool, words: str, since: float | None = None) -> tuple[Event, ...]:
        """Polls fail, `since` when; this one said why."""
        kind = Kind.THROTTLED if throttled else Kind.OUTAGE
        return self._begin("", kind, at, words, since)

    def answered(self, at: float, away: Unwatched = lambda start, end: 0.0) -> tuple[Event, ...]:
        """A poll did not. `away`: seconds between two instants in which podtop did not even ask."""
        return tuple(self._end("", kind, at, "RunPod answers", away) for kind in TROUBLE if ("", kind) in self._open)

    # Alerts

    def judge(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """What began and what ended with the last answer about the pods; what that answer does not tell goes on."""
        return whole(self.judging(fleet, at))

    def judging(self, fleet: Fleet, at: float) -> Sliced[tuple[Event, ...]]:
        """`judge` in slices."""
        every = yield from looking(fleet, at, quiet=False)
        found = {(a.pod, TOLD[a.kind]): a for a in every if a.kind in TOLD}
        told = [*self._ended(fleet, found, at)]
        for (pod, kind), alert in found.items():
            told += self._begin(pod, kind, at, _words(alert, at), alert.since)
        return tuple(told)

    def _ended(self, fleet: Fleet, found: dict[tuple[str, Kind], Alert], at: float) -> Iterator[Event]:
        for pod, kind in [key for key in self._open if key not in found and key[1] not in TROUBLE]:
            why = _why_over(kind, fleet.records.get(pod), fleet)
            if why is not None:
                yield self._end(pod, kind, at, why, fleet.watched.unwatched)

    def _begin(self, pod: str, kind: Kind, at: float, words: str, since: float | None = None) -> tuple[Event, ...]:
        if (pod, kind) in self._open:
            return ()
        self._open[pod, kind] = _Begun(at if since is None else min(at, since))
        return (Event(at, pod, kind, words),)

    def _end(self, pod: str, kind: Kind, at: float, why: str, unwatched: Unwatched) -> Event:
        begun = self._open.pop((pod, kind))
        # What another run told of may have ended while nobody looked.
        lasted = fmt.duration(at - begun.at - (unwatched(begun.at, at) if begun.witnessed else 0.0))
        after = f"after {lasted}" if begun.witnessed else f"at most {lasted} after it was told"
        return Event(at, pod, ENDS[kind], f"{why}, {after}")


def _words(alert: Alert, now: float) -> str:
    """What an alert says when it begins."""
    lasts, cost = fmt.duration(alert.lasts), fmt.money(alert.cost_per_hr)
    match alert.kind:
        case Matter.RUNWAY:
            return f"the balance lasts {lasts} at {cost}/h" if alert.lasts else f"the balance is used up, at {cost}/h"
        case Matter.BALANCE:
            return "RunPod does not tell the balance: nothing is known of the runway"
        case Matter.LOOP:
            return f"its container was restarted {alert.count} times within an hour"
        case Matter.BOOT:
            return f"its container is not up after {lasts}, and it bills {cost}/h"
        case Matter.ZERO_GPU:
            return "it runs without GPUs: they went to others while it was stopped"
        case Matter.IDLE:
            return f"none of its GPUs has worked for {lasts}, at {cost}/h"
        case Matter.MAINTENANCE:
            return f"maintenance of its machine {_window(alert, now)}{': ' if alert.note else ''}{alert.note}"
        case _:
            return f"it came back in a shape podtop does not know: {alert.note or 'no reason given'}"


def _window(alert: Alert, now: float) -> str:
    if alert.since is None:
        return "is announced"
    if alert.since <= now:
        return "is under way"
    return f"in {fmt.duration(alert.since - now)}"


def _why_over(kind: Kind, record: Record | None, fleet: Fleet) -> str | None:
    """Why something is over; None where nothing is known of that."""
    if kind is Kind.RUNWAY:
        left = pod_health.runway(fleet.funds)
        return None if left is None else "the balance lasts longer again"
    if kind is Kind.BALANCE:
        return "RunPod tells the balance again"
    if record is None:
        return "the pod is no longer on the account"
    if kind is Kind.UNREADABLE:
        return "podtop can read it again"
    pod = record.pod
    if pod is None or record.unreadable is not None:
        return None
    if kind is Kind.MAINTENANCE:
        return None if pod.machine is None else "the maintenance is over or was called off"
    if pod.status != "RUNNING":
        return f"the pod is {pod_health.status_word(pod, pod_health.phase(pod))}"
    match kind:
        case Kind.LOOP:
            return "its container stays up"
        case Kind.BOOT:
            return _why_booted(record)
        case Kind.ZERO_GPU:
            return None if pod.machine is None else "it has GPUs again"
        case _:
            return _why_busy(record)


def _why_booted(record: Record) -> str | None:
    runtime = record.pod.runtime if record.pod is not None else None
    if runtime is None:
        return "it was started anew"
    if runtime.uptime is None:
        return None
    return "its container is up" if runtime.uptime > 0 else "it was started anew"


def _why_busy(record: Record) -> str | None:
    """Why a pod is idle no longer. That podtop has not looked for long enough is no reason."""
    pod = record.pod
    if pod is None or pod.runtime is None:
        return "its container is gone"
    if pod_health.busy_gpus(pod):
        return "a GPU works again"
    uptime = pod.runtime.uptime
    if uptime is not None and uptime < pod_health.IDLE_AFTER:
        return "its container was restarted"
    return None if pod.gpu_count else "it has no GPU any more"
