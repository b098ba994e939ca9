"""Views of what needs attention: which alerts count, which pods they are about, what is wasted. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.domain.attention import Attention, Grade

if TYPE_CHECKING:
    from tui.domain.waste import Waste
    from tui.store.fleet import Fleet

LOUD = frozenset((Grade.BAD, Grade.WARN))
"""Grades that need attention; a notice is shown where one looks for it."""


def counts(alert: Attention) -> bool:
    """Whether an alert needs attention: a muted one, or a notice, does not."""
    return not alert.muted and alert.grade in LOUD


def loud(alerts: Iterable[Attention]) -> tuple[Attention, ...]:
    """The alerts that need attention, worst first."""
    return tuple(alert for alert in alerts if counts(alert))


def needing(fleet: Fleet) -> tuple[Attention, ...]:
    """The alerts of a fleet that need attention, worst first."""
    return fleet.judged("needing", lambda: loud(fleet.attention))


def worst(fleet: Fleet) -> Mapping[str, Attention]:
    """The alert of each pod that is shown beside it: the worst that needs attention, else the worst muted one."""

    def of_pods() -> dict[str, Attention]:
        by_pod: dict[str, Attention] = {}
        for alert in fleet.attention:
            old = by_pod.get(alert.pod)
            if alert.pod and alert.grade in LOUD and (old is None or (old.muted and not alert.muted)):
                by_pod[alert.pod] = alert
        return by_pod

    return fleet.judged("worst", of_pods)


def kinds_of(fleet: Fleet) -> Mapping[str, Mapping[str, Attention]]:
    """The alerts of each pod by their kind, also those that the user has muted."""

    def by_kind() -> dict[str, dict[str, Attention]]:
        pods: dict[str, dict[str, Attention]] = {}
        for alert in fleet.attention:
            if alert.pod:
                pods.setdefault(alert.pod, {}).setdefault(alert.kind, alert)
        return pods

    return fleet.judged("kinds", by_kind)


def ranks(fleet: Fleet) -> Mapping[str, int]:
    """The pods that need attention, with their places: the worst is 0."""

    def places() -> dict[str, int]:
        rank: dict[str, int] = {}
        for alert in loud(fleet.attention):
            if alert.pod:
                rank.setdefault(alert.pod, len(rank))
        return rank

    return fleet.judged("ranks", places)


def has_needy_gpus(fleet: Fleet) -> bool:
    """Whether a pod that needs attention has GPUs now."""
    pods = (record.pod for pod in ranks(fleet) if (record := fleet.records.get(pod)) is not None)
    return any(pod is not None and pod_health.gpus_now(pod) for pod in pods)


def next_pod(needing: Iterable[str], shown: Sequence[str], here: str | None, step: int) -> str | None:
    """The next, or with a negative step the previous, of the shown pods that needs attention, round the end.

    needing: the pods that need attention. None if none of them is shown.
    """
    places = {key: place for place, key in enumerate(shown)}
    order = sorted((key for key in needing if key in places), key=places.__getitem__)
    if not order:
        return None
    if here in order:
        return order[(order.index(here) + step) % len(order)]
    at = places.get(here or "", -1 if step > 0 else len(shown))
    beyond = [key for key in order if (places[key] > at if step > 0 else places[key] < at)]
    return (beyond or order)[0 if step > 0 else -1]


def wasted(fleet: Fleet, now: float) -> Waste:
    """What is wasted, as of the last response about the pods."""
    from tui.domain import waste

    at = now if fleet.pods_at is None else min(now, fleet.pods_at)
    disks = fleet.derived(
        "disks", math.inf, lambda: waste.of_disks((r.pod for r in fleet.records.values() if r.pod is not None), at)
    )
    return fleet.judged("waste", lambda: waste.summed((*waste.of_alerts(fleet.attention), *disks)))
