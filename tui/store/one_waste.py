"""Of one waste of a run there is one alert: where its GPUs and what it writes say the same, one of the two. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tui.domain.attention import Grade
from tui.domain.events import Kind
from tui.store.alert import Alert
from tui.store.alert_kinds import KINDS

_SAME = {
    kind.event: rank
    for rank, kind in enumerate(KINDS)
    if kind.name in ("hung", "latched", "stalled", "run-error", "run-finished", "run-ended") and kind.event is not None
}
"""Alerts about a run that does nothing any more, by the kind of their event. All are notified at once, as one topic."""

Key = tuple[str, Kind]


NEAR = 3600.0
"""Seconds after the end of a run within which its GPUs begin to show it: later, it is another run that stands still."""

_GRAVITY = tuple(Grade)
"""From the gravest on."""

_ENDS = {kind.event for kind in KINDS if kind.name in ("run-error", "run-finished", "run-ended")}


class Reported(NamedTuple):
    """An alert that has begun in the event log and goes on, although perhaps nothing shows it now.

    grade: as it was last found; the gravest where that is unknown, as after a restart.
    """

    since: float
    grade: Grade = Grade.BAD


def unsaid(
    alerts: Iterable[Alert], reported: Mapping[Key, Reported], is_muted: Callable[[Key], bool]
) -> frozenset[Key]:
    """The alerts that another one of the same pod says already, by pod and kind of event.

    The one that was reported first goes on saying it. One that is muted says nothing; nor does a notice, or one that
    nothing shows now, where a graver one is found.
    """
    by_pod: dict[str, dict[Kind, Alert]] = {}
    for alert in alerts:
        event = alert.kind.event
        if event in _SAME and event is not None and alert.step >= 0:
            by_pod.setdefault(alert.pod, {})[event] = alert
    begun_of: dict[str, dict[Kind, Reported]] = {}
    for (pod, event), report in reported.items():
        if event in _SAME and pod in by_pod:
            begun_of.setdefault(pod, {})[event] = report
    others: set[Key] = set()
    for pod, current in by_pod.items():
        begun = begun_of.get(pod, {})
        if len(begun | current) < 2:
            continue
        grades = {event: alert.grade for event, alert in current.items() if not is_muted((pod, event))}
        worst = min(map(_GRAVITY.index, grades.values()), default=len(_GRAVITY))
        for event, report in begun.items():
            if event not in current and _GRAVITY.index(report.grade) <= worst and not is_muted((pod, event)):
                grades[event] = report.grade
        if not grades:
            continue
        says = min(grades, key=lambda event: (grades[event] is Grade.NOTICE, event not in begun, _SAME[event]))
        since = current[says].since if says in current else begun[says].since
        until = (since or 0.0) + NEAR if says in _ENDS else math.inf
        others |= {
            (pod, event) for event, alert in current.items() if event is not says and (alert.since or 0.0) <= until
        }
    return frozenset(others)
