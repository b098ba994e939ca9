"""The alert about podtop's own leases: one is about to act. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain import lease, pod_health
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, PodView

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def _is_due(due: lease.Lease | None, now: float) -> bool:
    return due is not None and due.sent_at is None and lease.acts_at(due) - now <= lease.WARNING


def _find_due(kind: AlertKind, view: PodView) -> Alert | None:
    due = view.fleet.leases.get(view.pod.id) if view.fleet is not None else None
    if due is None or not _is_due(due, view.now) or (due.action == "stop" and not pod_health.is_on(view.pod)):
        return None
    # Without a warning it waits for as long as one takes.
    at = lease.acts_at(due) if due.warned_at is not None else max(due.ends, view.now + lease.WARNING)
    return kind.alert(view.pod, since=at, lasts=max(0.0, at - view.now), note=due.action)


def _text(alert: Alert) -> str:
    does = "stops it" if alert.note == "stop" else "TERMINATES it"
    return f"auto-stop timer {does} in {fmt.duration(alert.lasts)}; t extends it"


def _not_due(fleet: Fleet, record: Record | None) -> str | None:
    if record is None:
        return "the pod is no longer on the account"
    due = fleet.leases.get(record.id)
    if due is None:
        return "timer done or removed"
    if due.sent_at is not None:
        return "timer acts"
    return "timer extended" if not _is_due(due, record.told_at) else "no longer running"


DUE = AlertKind(
    name="lease-due", word="timer due", grade=Grade.WARN, event=EventKind.LEASE_DUE, find=_find_due,
    text=lambda alert, funds, now: _text(alert), begins=lambda alert, now: _text(alert), over=_not_due, rearm=0.0,
    topic=Topic.RUNS, ring=Ring.AT_ONCE,
)  # fmt: skip
