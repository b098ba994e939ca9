"""Alerts about a pod's machine, and pods that podtop cannot read. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, PodView
from tui.store.kinds.parts import cost, if_readable, run_so_far, up_since

if TYPE_CHECKING:
    from tui.api.models import Funds


def _find_maintenance(kind: AlertKind, view: PodView) -> Alert | None:
    machine = view.pod.machine
    if machine is None or (machine.maintenance_start is None and machine.maintenance_end is None):
        return None
    start, end = machine.maintenance_start, machine.maintenance_end
    if end is not None and end <= view.now:
        return None
    near = start is None or start - view.now <= pod_health.MAINTENANCE_NEAR
    grade = Grade.WARN if near else kind.grade
    note = machine.maintenance_note or ""
    price = view.pod.cost_per_hr if pod_health.is_on(view.pod) else None
    return kind.alert(
        view.pod, grade=grade, step=int(near), since=start, until=end, note=note, cost_per_hr=price,
        up_since=up_since(view),
    )  # fmt: skip


def _billed(alert: Alert, now: float) -> str:
    """What the pod costs, and its run has cost; empty if it is not on, or that is unknown."""
    return "" if alert.cost_per_hr is None else f" ({cost(alert)}{run_so_far(alert, now)})"


def _maintenance_text(alert: Alert, funds: Funds | None, now: float) -> str:
    if alert.since is not None and alert.since > now:
        when = f"in {fmt.duration(alert.since - now)}"
        if alert.until is not None and alert.until > alert.since:
            when += f", for {fmt.duration(alert.until - alert.since)}"
    else:
        when = "in progress" if alert.since is not None else "announced"
        if alert.until is not None:
            when += f", ends in {fmt.duration(alert.until - now)}"
    return f"host maintenance {when}{_billed(alert, now)}" + (f": {alert.note}" if alert.note else "")


def _maintenance_begins(alert: Alert, now: float) -> str:
    if alert.since is None:
        window = "announced"
    else:
        window = "in progress" if alert.since <= now else f"in {fmt.duration(alert.since - now)}"
    return f"host maintenance {window}{_billed(alert, now)}{': ' if alert.note else ''}{alert.note}"


MAINTENANCE = AlertKind(
    name="maintenance",
    grade=Grade.NOTICE,
    event=EventKind.MAINTENANCE,
    find=_find_maintenance,
    text=_maintenance_text,
    begins=_maintenance_begins,
    over=if_readable(lambda pod: None if pod.machine is None else "ended or canceled"),
    needs=frozenset({Feature.MAINTENANCE}),
    subject="host maintenance",
    topic=Topic.TROUBLE,
    ring=Ring.AT_ONCE,
)
UNREADABLE = AlertKind(
    name="unreadable",
    grade=Grade.WARN,
    event=EventKind.UNREADABLE,
    text=lambda alert, funds, now: f"podtop cannot read RunPod's data: {alert.note}",
    begins=lambda alert, now: f"podtop cannot read RunPod's data: {alert.note or 'reason unknown'}",
    over=lambda fleet, record: "pod no longer on the account" if record is None else "readable again",
)
"""Nothing else is known of an unreadable pod."""
