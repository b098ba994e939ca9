"""Alerts about what podtop itself is about to do: a timer acts, or an idle pod is stopped. Pure; epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain import lease, pod_health
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, PodView
from tui.store.kinds.parts import cost, price, run_so_far, spent, up_since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.domain.lease import Lease
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def _is_due(due: Lease | None, now: float) -> bool:
    return due is not None and due.sent_at is None and lease.acts_at(due) - now <= lease.WARNING


def _acts_at(due: Lease | None, view: PodView) -> float | None:
    """When it acts on a pod, if that is near; None if it is not, or has nothing to do."""
    if due is None or not _is_due(due, view.now) or (due.action == "stop" and not pod_health.is_on(view.pod)):
        return None
    # Without a warning it waits for as long as one takes.
    return lease.acts_at(due) if due.warned_at is not None else max(due.ends, view.now + lease.WARNING)


def _find_due(kind: AlertKind, view: PodView) -> Alert | None:
    due = view.fleet.leases.get(view.pod.id) if view.fleet is not None else None
    at = _acts_at(due, view)
    if due is None or at is None:
        return None
    return kind.alert(
        view.pod, since=at, lasts=max(0.0, at - view.now), note=due.action, up_since=up_since(view)
    )  # fmt: skip


def _due_text(alert: Alert, now: float) -> str:
    does = "stops it" if alert.note == "stop" else "TERMINATES it"
    far = run_so_far(alert, now)
    return f"auto-stop timer {does} in {fmt.duration(alert.lasts)} ({cost(alert)}){far}; t extends it"


def _find_idle_stop(kind: AlertKind, view: PodView) -> Alert | None:
    at = _acts_at(view.fleet.idle_stops.get(view.pod.id) if view.fleet is not None else None, view)
    if at is None:
        return None
    idle_for = view.record.idle_for(view.now)
    wasted = spent(price(view.pod), idle_for or 0.0)
    far = f", {fmt.money(wasted)} so far" if wasted is not None else ""
    note = f"no GPU has worked for {fmt.short_duration(idle_for)}{far}, " if idle_for else ""
    return kind.alert(view.pod, since=at, lasts=max(0.0, at - view.now), note=note)


def _idle_stop_text(alert: Alert) -> str:
    keeps = f"t, or podtop auto --keep {alert.name or alert.pod}, postpones it"
    return f"auto-stop in {fmt.short_duration(alert.lasts)}: {alert.note}{cost(alert)}; {keeps}"


def _why_not(timers: Mapping[str, Lease], record: Record, moved: str) -> str:
    due = timers.get(record.id)
    if due is None:
        return "timer done or removed"
    if due.sent_at is not None:
        return "timer acts"
    return moved if not _is_due(due, record.told_at) else "no longer running"


def _not_due(fleet: Fleet, record: Record | None) -> str | None:
    return "pod no longer on the account" if record is None else _why_not(fleet.leases, record, "timer extended")


def _not_stopped(fleet: Fleet, record: Record | None) -> str | None:
    if record is None:
        return "pod no longer on the account"
    return _why_not(fleet.idle_stops, record, "postponed")


DUE = AlertKind(
    name="lease-due", word="timer due", grade=Grade.WARN, event=EventKind.LEASE_DUE, find=_find_due,
    text=lambda alert, funds, now: _due_text(alert, now), begins=_due_text, over=_not_due,
    rearm=0.0, topic=Topic.RUNS, ring=Ring.AT_ONCE,
)  # fmt: skip
IDLE_STOP = AlertKind(
    name="idle-stop", word="auto-stop", grade=Grade.WARN, event=EventKind.IDLE_STOP, find=_find_idle_stop,
    running=True, text=lambda alert, funds, now: _idle_stop_text(alert),
    begins=lambda alert, now: _idle_stop_text(alert), over=_not_stopped, rearm=0.0, topic=Topic.MONEY,
    ring=Ring.AT_ONCE,
)  # fmt: skip
"""podtop stops it, as the user has armed: `[auto]`."""
