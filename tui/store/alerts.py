"""Alerts, derived from the state of the fleet at an instant. Pure; instants in epoch seconds.

A single RunPod response does not show how long a pod has been idle, or how often its container was restarted. Earlier
observations do: earlier polls, or a recording. Each alert states on which of the two it is based.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.alert_rules import is_muted
from tui.domain.attention import Grade
from tui.domain.events import ENDS_A_RUN
from tui.domain.events import Kind as EventKind
from tui.store.alert import Alert, AlertKind, PodView
from tui.store.alert_kinds import KINDS
from tui.store.kinds.machine import UNREADABLE
from tui.store.slices import Sliced, sliced, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.api.features import Feature
    from tui.store.alert import OfAccount, OfPod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

_GRADES = {grade: rank for rank, grade in enumerate(Grade)}
_KINDS = {kind.name: rank for rank, kind in enumerate(KINDS)}
_OF_ACCOUNT = [(kind, kind.account) for kind in KINDS if kind.account is not None]
_BLIND = [(kind, find) for kind, find in _OF_ACCOUNT if kind.blind]
_OF_PODS = {
    running: [(kind, kind.find) for kind in KINDS if kind.find is not None and kind.running in (running, None)]
    for running in (True, False)
}


OFF_BY_RULE = "off in [alerts]"
"""Why an alert that the user has switched off is not judged."""


class _Judged(NamedTuple):
    """What is judged at every response of an account: it changes only with how the account pays and the API in use.

    off:        subjects of the alerts that are off, by the reason
    of_account: the rows of the account's alerts
    of_pods:    those of a pod's that is on, and of one that is not
    of_pods_by_default: of these, the ones that are on where the user has set nothing
    """

    off: dict[str, tuple[str, ...]]
    of_account: list[tuple[AlertKind, OfAccount]]
    of_pods: dict[bool, list[tuple[AlertKind, OfPod]]]
    of_pods_by_default: dict[bool, list[tuple[AlertKind, OfPod]]]


@lru_cache(16)
def _judged(lacks: frozenset[Feature], postpaid: bool) -> _Judged:
    off: dict[str, tuple[str, ...]] = {}
    dark = {kind.name: why for kind in KINDS if (why := kind.off_for(lacks, postpaid))}
    for kind in KINDS:
        if (why := dark.get(kind.name, "")) and kind.subject:
            off[why] = (*off.get(why, ()), kind.subject)
    of_pods = {on: [row for row in rows if row[0].name not in dark] for on, rows in _OF_PODS.items()}
    return _Judged(
        off,
        [row for row in _OF_ACCOUNT if row[0].name not in dark],
        of_pods,
        {on: [row for row in rows if row[0].by_default] for on, rows in of_pods.items()},
    )


def off(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """The subjects of the alerts that are off, by the reason: what they are judged by is not there, and will not be."""
    return dict(_judged(fleet.lacks, pod_health.is_postpaid(fleet.funds)).off)


def off_text(fleet: Fleet) -> str:
    """The alerts that are off and why, in a sentence; empty if none is."""
    return "; ".join(f"{', '.join(subjects)} ({why})" for why, subjects in off(fleet).items())


def dark_reason(kind: AlertKind, fleet: Fleet, name: str = "") -> str:
    """Why a kind of alert is not judged, for a pod of this name or the account; empty if it is."""
    return kind.off(fleet) or ("" if kind.is_on(fleet.alert_rules, name) else OFF_BY_RULE)


def order(alert: Alert) -> tuple[int, int, str, str]:
    """A key by which alerts are sorted, the worst first."""
    return _GRADES[alert.grade], _KINDS[alert.kind.name], alert.name.lower(), alert.pod


def blind_alerts(fleet: Fleet, now: float) -> tuple[Alert, ...]:
    """The alerts about podtop's own watching, for which no response is needed."""
    judged = (find(kind, fleet, now) for kind, find in _BLIND if not dark_reason(kind, fleet))
    return tuple(alert for alert in judged if alert is not None)


def alerts(fleet: Fleet, now: float, quiet: bool = True) -> tuple[Alert, ...]:
    """All alerts, worst first. A fleet without reported pods has no pod alerts.

    quiet: include GPUs that are idle at this instant, which requires checking the samples of every pod.
    """
    everything = whole(looking(fleet, now, quiet))
    return marked((alert for alert in everything if alert.step >= 0), fleet, now)


def looking(fleet: Fleet, now: float, quiet: bool = True) -> Sliced[tuple[Alert, ...]]:
    """`alerts` in slices, with those that are not bad enough to begin."""
    alerts: list[Alert] = []
    rules = fleet.alert_rules
    judged = _judged(fleet.lacks, pod_health.is_postpaid(fleet.funds))
    if fleet.snapshot.value is not None:
        on = [(kind, find) for kind, find in judged.of_account if kind.is_on(rules)]
        alerts += (alert for kind, find in on if (alert := find(kind, fleet, now)) is not None)
    some_set = bool(rules.general or rules.pods)
    of_pods = judged.of_pods if some_set else judged.of_pods_by_default
    unwatched = fleet.watched.unwatched
    restarted: dict[str, list[float]] = {}
    for event in fleet.events:
        if event.kind is EventKind.RESTART and event.at <= now:
            restarted.setdefault(event.pod, []).append(event.at)
        elif event.kind in ENDS_A_RUN and event.at <= now:
            restarted.pop(event.pod, None)
    for pause, record in sliced(fleet.records.values()):
        if pause:
            yield
        pod = record.pod
        if pod is None or record.unreadable is not None:
            alerts.append(_unreadable(record))
            continue
        restarts = tuple(restarted.get(record.id, ()))
        if record.window.restarts:
            restarts = tuple(sorted({*restarts, *record.window.restarts}))
        view = PodView(record, pod, restarts, now, unwatched, quiet, rules, fleet)
        for kind, find in of_pods[pod_health.is_on(pod)]:
            if some_set and not kind.is_on(rules, record.name):
                continue
            alert = find(kind, view)
            if alert is not None:
                alerts.append(alert)
    return tuple(sorted(alerts, key=order))


def marked(alerts: Iterable[Alert], fleet: Fleet, now: float) -> tuple[Alert, ...]:
    """Alerts, marked if the user has muted them."""
    rules, mutes = fleet.alert_rules, fleet.mutes
    if not mutes and not rules.muted:
        return tuple(alerts)
    return tuple(
        replace(alert, muted=is_muted(alert.pod, alert.name, alert.kind.name, rules, mutes, now)) for alert in alerts
    )


def _unreadable(record: Record) -> Alert:
    return Alert(UNREADABLE, UNREADABLE.grade, record.id, record.name, note=record.unreadable or "")
