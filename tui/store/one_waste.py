"""Of one waste of a run there is one alert: where its GPUs and what it writes say the same, one of the two. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

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

_ENDS = {kind.event for kind in KINDS if kind.name in ("run-error", "run-finished", "run-ended")}


def unsaid(alerts: Iterable[Alert], reported: Mapping[Key, float], is_muted: Callable[[Key], bool]) -> frozenset[Key]:
    """The alerts that another one of the same pod says already, by pod and kind of event.

    reported: since when those last that have begun in the event log and go on, although perhaps nothing shows them now:
    the one that was reported first goes on saying it. One that is muted says nothing.
    """
    by_pod: dict[str, dict[Kind, float | None]] = {}
    for alert in alerts:
        event = alert.kind.event
        if event in _SAME and event is not None and alert.step >= 0:
            by_pod.setdefault(alert.pod, {})[event] = alert.since
    if not by_pod:
        return frozenset()
    begun = {(pod, event): since for (pod, event), since in reported.items() if event in _SAME and pod in by_pod}
    others: set[Key] = set()
    for pod, events in by_pod.items():
        all_of_it = {event: since for (of, event), since in begun.items() if of == pod} | events
        able = [event for event in all_of_it if not is_muted((pod, event))] if len(all_of_it) > 1 else []
        if not able:
            continue
        says = min(able, key=lambda event: ((pod, event) not in begun, _SAME[event]))
        until = (all_of_it[says] or 0.0) + NEAR if says in _ENDS else math.inf
        others |= {(pod, event) for event, since in events.items() if event is not says and (since or 0.0) <= until}
    return frozenset(others)
