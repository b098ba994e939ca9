"""Waste: the dollars per hour that do nothing, and what they consist of. Pure.

Alerts say what they waste: idle pods, GPUs that are idle inside pods, boots that take too long. The disks of stopped
pods are billed on top. Unknown in, unknown out: a part whose price is unknown makes the sum a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import costs, pod_costs
from tui.domain.action import State
from tui.domain.attention import Attention

if TYPE_CHECKING:
    from tui.api.models import Pod

DISKS = "stopped disk"
"""The kind of a part that no alert is about."""

WHOLE = frozenset({"idle", "run-ended", "hung", "latched", "boot", "zero-gpu", "lost-container", "crash-loop"})
"""Kinds of alerts during which all that a pod costs is wasted, so that an unknown price is unknown waste."""


class Part(Struct, frozen=True, gc=False):
    """One part of the waste.

    kind:   in words.
    per_hr: dollars per hour; None if unknown.
    so_far: dollars since it began; `since`: when that was. None if unknown.
    muted:  whether the user has muted it: it is no part of the sum.
    """

    pod: str
    name: str
    kind: str
    per_hr: float | None
    so_far: float | None = None
    since: float | None = None
    muted: bool = False


class Waste(Struct, frozen=True):
    """All parts, the largest first.

    per_hr:   dollars per hour of the known parts that are not muted; `at_least`: whether others are unknown.
    so_far:   dollars of those parts since each began, as far as known.
    muted_per_hr: dollars per hour of muted parts, as far as known.
    """

    parts: tuple[Part, ...] = ()
    per_hr: float = 0.0
    at_least: bool = False
    so_far: float = 0.0
    muted_per_hr: float = 0.0

    def __bool__(self) -> bool:
        return self.at_least or self.per_hr >= costs.NOTHING


def of_alerts(alerts: Iterable[Attention]) -> tuple[Part, ...]:
    """What alerts waste, worst first: of one pod together at most what it costs."""
    left: dict[str, float | None] = {}
    parts: list[Part] = []
    for alert in alerts:
        if alert.wasted_per_hr is None and (not alert.pod or alert.kind not in WHOLE):
            continue
        wasted = alert.cost_per_hr if alert.wasted_per_hr is None else alert.wasted_per_hr
        rest = left.get(alert.pod, alert.cost_per_hr)
        if wasted is not None and rest is not None:
            wasted = min(wasted, rest)
            left[alert.pod] = rest - wasted
            if wasted < costs.NOTHING:
                continue
        elif alert.pod in left:
            # Its price is unknown, and one part of it says so.
            continue
        else:
            left[alert.pod] = None if wasted is None else rest
        parts.append(Part(alert.pod, alert.name, alert.word, wasted, alert.so_far, alert.since, alert.muted))
    return tuple(parts)


def of_disks(pods: Iterable[Pod], now: float) -> tuple[Part, ...]:
    """The volume disks of stopped pods, which are billed for as long as the pods exist."""
    parts: list[Part] = []
    for pod in pods:
        if costs.state(pod) is not State.STOPPED:
            continue
        per_hr = pod_costs.storage_per_hr(pod, running=False)
        if per_hr is not None and per_hr < costs.NOTHING:
            continue
        change = pod.status_change
        since = change.at if change else None
        so_far = None if since is None or per_hr is None else max(0.0, now - since) / 3600.0 * per_hr
        parts.append(Part(pod.id, pod.name, DISKS, per_hr, so_far, since))
    return tuple(parts)


def summed(parts: Sequence[Part]) -> Waste:
    """The sum of these parts."""
    counted = [part for part in parts if not part.muted]
    return Waste(
        tuple(sorted(parts, key=lambda part: (part.muted, -(part.per_hr or 0.0), part.name.lower(), part.pod))),
        sum(part.per_hr for part in counted if part.per_hr is not None),
        any(part.per_hr is None for part in counted),
        sum(part.so_far for part in counted if part.so_far is not None),
        sum(part.per_hr for part in parts if part.muted and part.per_hr is not None),
    )
