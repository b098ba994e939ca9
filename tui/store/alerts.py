"""What needs an eye, out of what is known of the fleet at an instant. Pure; instants in epoch seconds.

One answer of RunPod's does not tell for how long a pod has done nothing, or how often its container was restarted. What
podtop saw before does: earlier polls, or a recording. Each alert says on which of the two it rests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import pod_health
from tui.domain.events import Kind as EventKind
from tui.store.metrics import UTIL
from tui.store.slices import Sliced, sliced, whole
from tui.store.watched_time import idle_in

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet, Record


class Kind(StrEnum):
    """What is the matter.

    IDLE:    no GPU has worked for `rules.IDLE_AFTER`.
    QUIET:   no GPU works at this instant, and for how long is not known.
    LOOP:    its container was restarted again and again.
    RESTART: its container is young and its pod is not.
    BOOT:    it is billed, and its container did not come up in `rules.BOOT_PATIENCE`.
    BALANCE: RunPod did not tell the balance, so nothing is known of the runway.
    """

    RUNWAY = "runway"
    BALANCE = "balance-unknown"
    OUTBID = "outbid"
    LOOP = "crash-loop"
    RESTART = "restarted"
    BOOT = "boot"
    ZERO_GPU = "zero-gpu"
    IDLE = "idle"
    QUIET = "quiet"
    MAINTENANCE = "maintenance"
    UNREADABLE = "unreadable"


class Grade(StrEnum):
    """How bad it is."""

    BAD = "bad"
    WARN = "warn"
    NOTICE = "notice"


class Basis(StrEnum):
    """What is judged by: one answer of RunPod's, or also what was seen before it."""

    ANSWER = "answer"
    HISTORY = "history"


class Alert(Struct, frozen=True):
    """One thing that needs an eye.

    pod, name: of which pod; empty where it is about the account.
    since:     when it began, or will begin.
    lasts:     seconds that it has lasted at the least; of the runway, seconds that are left.
    until:     when it ends.
    count:     how many restarts.
    note:      what RunPod, or podtop's reader, says of it.
    """

    kind: Kind
    grade: Grade
    pod: str = ""
    name: str = ""
    since: float | None = None
    lasts: float | None = None
    until: float | None = None
    count: int | None = None
    cost_per_hr: float | None = None
    note: str = ""
    basis: Basis = Basis.ANSWER


Unwatched = Callable[[float, float], float]
"""Seconds between two instants in which nobody saw the pods."""

_GRADES = {grade: rank for rank, grade in enumerate(Grade)}
_KINDS = {kind: rank for rank, kind in enumerate(Kind)}


def alerts(fleet: Fleet, now: float, quiet: bool = True) -> tuple[Alert, ...]:
    """All that needs an eye, the worst first. A fleet whose pods were not told has none of them.

    quiet: tell also of GPUs that do nothing at this instant, which takes a look at the samples of every pod.
    """
    return whole(looking(fleet, now, quiet))


def looking(fleet: Fleet, now: float, quiet: bool = True) -> Sliced[tuple[Alert, ...]]:
    """`alerts` in slices."""
    found = [*_money(fleet)]
    unwatched = fleet.watched.unwatched
    restarts = Counter(
        e.pod
        for e in fleet.events
        if e.kind is EventKind.RESTART and now - e.at - unwatched(e.at, now) < pod_health.LOOP_SPAN
    )
    for pause, record in sliced(fleet.records.values()):
        if pause:
            yield
        found += _of(record, restarts[record.id], quiet, now, unwatched)
    return tuple(sorted(found, key=lambda a: (_GRADES[a.grade], _KINDS[a.kind], a.name.lower(), a.pod)))


def _money(fleet: Fleet) -> Iterator[Alert]:
    if fleet.snapshot.value is None:
        return
    left = pod_health.runway(fleet.funds)
    if left is None:
        yield Alert(Kind.BALANCE, Grade.WARN)
    elif left < pod_health.LOW_RUNWAY:
        grade = Grade.BAD if left < pod_health.SHORT_RUNWAY else Grade.WARN
        yield Alert(Kind.RUNWAY, grade, lasts=left, cost_per_hr=fleet.funds.spend_per_hr if fleet.funds else None)


def _of(record: Record, restarts: int, quiet: bool, now: float, unwatched: Unwatched) -> Iterator[Alert]:
    if record.pod is None or record.unreadable is not None:
        yield Alert(Kind.UNREADABLE, Grade.WARN, record.id, record.name, note=record.unreadable or "")
        return
    yield from _run(record, record.pod, restarts, now, unwatched)
    yield from _work(record, record.pod, quiet, now)
    yield from _maintenance(record.pod, now)


def _alert(pod: Pod, kind: Kind, grade: Grade, **more: object) -> Alert:
    return Alert(kind, grade, pod.id, pod.name, **{"cost_per_hr": pod.cost_per_hr, **more})  # type: ignore[arg-type]


def _run(record: Record, pod: Pod, restarts: int, now: float, unwatched: Unwatched) -> Iterator[Alert]:
    """Whether it runs as it was meant to."""
    change = pod_health.status_change(pod.status_change)
    since = change.at if change else None
    if pod_health.phase(pod) is pod_health.Phase.OUTBID:
        yield _alert(pod, Kind.OUTBID, Grade.BAD, since=since, lasts=_passed(since, now))
    if pod.status != "RUNNING":
        return
    uptime = pod.runtime.uptime if pod.runtime else None
    if restarts >= pod_health.LOOP_RESTARTS:
        yield _alert(pod, Kind.LOOP, Grade.BAD, count=restarts, basis=Basis.HISTORY)
    elif uptime is None or uptime <= 0:
        yield from _boot(record, pod, since, now, unwatched)
    elif uptime < pod_health.YOUNG and since is not None and now - since > pod_health.BOOT_PATIENCE + pod_health.YOUNG:
        yield _alert(pod, Kind.RESTART, Grade.NOTICE, since=now - uptime, lasts=float(uptime))
    if pod.gpu_count == 0 and pod.machine is not None and pod.machine.gpu_name:
        # A pod that was rented without GPUs is on a machine without: this one lost what it had.
        yield _alert(pod, Kind.ZERO_GPU, Grade.WARN, since=since, lasts=_passed(since, now))


def _boot(record: Record, pod: Pod, since: float | None, now: float, unwatched: Unwatched) -> Iterator[Alert]:
    """A container that is not up, or never got beyond its first second, and was billed (openai/parameter-golf 821)."""
    if pod.runtime is not None and pod.runtime.uptime is None:
        return
    begun = record.seen if since is None else since
    # Whether it was up for a while when nobody looked is not known.
    lasts = now - begun - unwatched(begun, now)
    if lasts > pod_health.BOOT_PATIENCE:
        basis = Basis.HISTORY if since is None else Basis.ANSWER
        yield _alert(pod, Kind.BOOT, Grade.WARN, since=begun, lasts=lasts, basis=basis)


def _work(record: Record, pod: Pod, quiet: bool, now: float) -> Iterator[Alert]:
    """Whether its GPUs do anything. What RunPod does not tell of is not taken for idle."""
    idle_for = record.idle_for(now)
    uptime = pod.runtime.uptime if pod.runtime else None
    if idle_for is None or pod_health.busy_gpus(pod) or pod_health.unread_gpus(pod):
        return
    if uptime is not None:
        # No longer than its container is up.
        idle_for = min(idle_for, max(0.0, float(uptime)))
    if idle_for >= pod_health.IDLE_AFTER:
        yield _alert(pod, Kind.IDLE, Grade.WARN, since=now - idle_for, lasts=idle_for, basis=Basis.HISTORY)
        return
    if not quiet:
        return
    names = UTIL.series_in(record.series.names)
    _, worked = idle_in(record.series.stretch(now - pod_health.IDLE_AFTER, names), 0.0)
    if not worked and (uptime is None or uptime >= pod_health.IDLE_AFTER):
        yield _alert(pod, Kind.QUIET, Grade.NOTICE)


def _maintenance(pod: Pod, now: float) -> Iterator[Alert]:
    machine = pod.machine
    if machine is None or (machine.maintenance_start is None and machine.maintenance_end is None):
        return
    start, end = machine.maintenance_start, machine.maintenance_end
    if end is not None and end <= now:
        return
    near = start is None or start - now <= pod_health.MAINTENANCE_NEAR
    grade = Grade.WARN if near else Grade.NOTICE
    yield _alert(pod, Kind.MAINTENANCE, grade, since=start, until=end, note=machine.maintenance_note or "")


def _passed(since: float | None, now: float) -> float | None:
    return None if since is None else max(0.0, now - since)
