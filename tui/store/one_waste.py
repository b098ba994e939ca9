"""Of one waste of a run there is one alert: where its GPUs and what it writes say the same, one of the two. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

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


def unsaid(alerts: Iterable[Alert], reported: Collection[Key], is_muted: Callable[[Key], bool]) -> frozenset[Key]:
    """The alerts that another one of the same pod says already, by pod and kind of event.

    reported: those that have begun in the event log and go on, although perhaps nothing shows them now: the one that
    was reported first goes on saying it. One that is muted says nothing.
    """
    by_pod: dict[str, list[Kind]] = {}
    for alert in alerts:
        event = alert.kind.event
        if event in _SAME and event is not None and alert.step >= 0:
            by_pod.setdefault(alert.pod, []).append(event)
    if not by_pod:
        return frozenset()
    begun = {(pod, event) for pod, event in reported if event in _SAME and pod in by_pod}
    others: set[Key] = set()
    for pod, events in by_pod.items():
        all_of_it = {*events, *(event for of, event in begun if of == pod)}
        if len(all_of_it) < 2:
            continue
        able = [event for event in all_of_it if not is_muted((pod, event))]
        if able:
            says = min(able, key=lambda event: ((pod, event) not in begun, _SAME[event]))
            others |= {(pod, event) for event in events if event is not says}
    return frozenset(others)
