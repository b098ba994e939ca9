"""Alerts, derived from the state of the fleet at an instant. Pure; instants in epoch seconds.

A single RunPod response does not show how long a pod has been idle, or how often its container was restarted. Earlier
observations do: earlier polls, or a recording. Each alert states on which of the two it is based.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.alert_rules import is_muted
from tui.domain.attention import Grade
from tui.domain.events import Kind as EventKind
from tui.store.alert import Alert, PodView
from tui.store.alert_kinds import KINDS
from tui.store.kinds.machine import UNREADABLE
from tui.store.slices import Sliced, sliced, whole

if TYPE_CHECKING:
    from tui.domain.alert_rules import AlertRules, Mute
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

_GRADES = {grade: rank for rank, grade in enumerate(Grade)}
_KINDS = {kind.name: rank for rank, kind in enumerate(KINDS)}
_OF_ACCOUNT = [(kind, kind.account) for kind in KINDS if kind.account is not None]
_OF_PODS = {
    running: [(kind, kind.find) for kind in KINDS if kind.find is not None and kind.running in (running, None)]
    for running in (True, False)
}


def off(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """The subjects of the alerts that are off, by the reason: what they are judged by is not there, and will not be."""
    reasons: dict[str, tuple[str, ...]] = {}
    for kind in KINDS:
        if (why := kind.off(fleet)) and kind.subject:
            reasons[why] = (*reasons.get(why, ()), kind.subject)
    return reasons


def off_text(fleet: Fleet) -> str:
    """The alerts that are off and why, in a sentence; empty if none is."""
    return "; ".join(f"{', '.join(subjects)} ({why})" for why, subjects in off(fleet).items())


def alerts(fleet: Fleet, now: float, quiet: bool = True) -> tuple[Alert, ...]:
    """All alerts, worst first. A fleet without reported pods has no pod alerts.

    quiet: include GPUs that are idle at this instant, which requires checking the samples of every pod.
    """
    return whole(looking(fleet, now, quiet))


def looking(fleet: Fleet, now: float, quiet: bool = True) -> Sliced[tuple[Alert, ...]]:
    """`alerts` in slices."""
    alerts: list[Alert] = []
    rules, mutes = fleet.alert_rules, fleet.mutes
    dark = {kind.name for kind in KINDS if kind.off(fleet)}
    if fleet.snapshot.value is not None:
        judged = [(kind, find) for kind, find in _OF_ACCOUNT if kind.name not in dark and rules.rule(kind.name).on]
        alerts += (alert for kind, find in judged if (alert := find(kind, fleet)) is not None)
    of_pods = {on: [(k, find) for k, find in rows if k.name not in dark] for on, rows in _OF_PODS.items()}
    unwatched = fleet.watched.unwatched
    restarts = Counter(
        e.pod
        for e in fleet.events
        if e.kind is EventKind.RESTART and now - e.at - unwatched(e.at, now) < pod_health.LOOP_SPAN
    )
    for pause, record in sliced(fleet.records.values()):
        if pause:
            yield
        pod = record.pod
        if pod is None or record.unreadable is not None:
            alerts.append(_unreadable(record))
            continue
        view = PodView(record, pod, restarts[record.id], now, unwatched, quiet, rules)
        for kind, find in of_pods[pod_health.is_on(pod)]:
            alert = find(kind, view)
            if alert is not None and rules.rule(kind.name, pod.name).on:
                alerts.append(alert)
    if mutes or rules.muted:
        alerts = [_marked(alert, rules, mutes, now) for alert in alerts]
    return tuple(sorted(alerts, key=lambda a: (_GRADES[a.grade], _KINDS[a.kind.name], a.name.lower(), a.pod)))


def _marked(alert: Alert, rules: AlertRules, mutes: tuple[Mute, ...], now: float) -> Alert:
    """An alert, marked if the user has muted it."""
    muted = is_muted(alert.pod, alert.name, alert.kind.name, rules, mutes, now)
    return replace(alert, muted=True) if muted else alert


def _unreadable(record: Record) -> Alert:
    return Alert(UNREADABLE, UNREADABLE.grade, record.id, record.name, note=record.unreadable or "")
