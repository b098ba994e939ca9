"""`DayMeans`: the mean utilisation of pods that have been up for long, over a day. Pure; instants in epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.domain import pod_health

if TYPE_CHECKING:
    from tui.api.models import Pod

HOUR = 3600.0
HOURS = 24

LEAST_WATCHED = 0.5
"""The share of the day that must have been watched."""

LONGEST_STEP = 180.0
"""Seconds between two responses beyond which the time between them was not watched."""

OLD = 7 * 86_400.0
"""Seconds of running from which a pod is followed: of younger ones nobody asks."""


class DayMeans:
    """Seconds, and percent times seconds, by hour, of each followed pod."""

    def __init__(self) -> None:
        self._hours: dict[str, dict[int, tuple[float, float]]] = {}
        self._fed: dict[str, float] = {}

    def feed(self, pods: Iterable[Pod], at: float) -> None:
        """Take in a response about the pods, at `at`."""
        fed: dict[str, float] = {}
        for pod in pods:
            if pod.runtime is None or not pod_health.is_live(pod) or _age(pod, at) < OLD:
                continue
            util = pod_health.gpu_util(pod.runtime.gpus)
            if util is None:
                continue
            fed[pod.id] = at
            step = at - self._fed.get(pod.id, at)
            if 0 < step <= LONGEST_STEP:
                hour = int(at // HOUR)
                hours = self._hours.setdefault(pod.id, {})
                seconds, work = hours.get(hour, (0.0, 0.0))
                hours[hour] = seconds + step, work + util * step
                if len(hours) > HOURS + 1:
                    del hours[min(hours)]
        self._fed = fed
        if len(self._hours) > 2 * len(fed) + 100:
            self._hours = {pod: hours for pod, hours in self._hours.items() if pod in fed}

    def mean(self, pod: str, now: float) -> float | None:
        """Percent over the last day; None if less than half of it was watched."""
        first = int(now // HOUR) - HOURS
        known = [value for hour, value in self._hours.get(pod, {}).items() if hour > first]
        seconds = sum(value[0] for value in known)
        if seconds < LEAST_WATCHED * HOURS * HOUR:
            return None
        return sum(value[1] for value in known) / seconds


def _age(pod: Pod, at: float) -> float:
    uptime = pod.runtime.uptime if pod.runtime is not None else None
    changed = pod.status_change.at if pod.status_change is not None else None
    return max(float(uptime or 0), 0.0 if changed is None else at - changed)
