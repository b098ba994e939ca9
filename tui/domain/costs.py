"""The cost of pods in a state, and its change when they are led into another: the one rule of all such sums. Pure.

Unknown in, unknown out: a price or a size that RunPod does not report is never taken for zero. A pod's `costPerHr` is
read as the price of its GPUs (or CPUs), with its disks on top: no document says so, but the account's spend is reported
in these two parts (`SpendDetails`), and the pricing page separates them. A network volume is the account's, and is
billed whatever happens to a pod. Dollars per hour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.enums import PodStatus
from tui.domain import pod_costs, pod_health
from tui.domain.action import State

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod

NOTHING = 0.0005
"""Dollars per hour below which nothing is spent."""


_STATES = {
    PodStatus.RUNNING: State.RUNNING,
    PodStatus.PROVISIONING: State.RUNNING,
    PodStatus.STARTING: State.RUNNING,
    PodStatus.EXITED: State.STOPPED,
    PodStatus.DEAD: State.STOPPED,
    PodStatus.TERMINATED: State.GONE,
}


def state(pod: Pod) -> State | None:
    """The billing state of a pod now; None for a status whose billing is unknown."""
    return _STATES.get(pod.status)


def total(values: Iterable[float | None]) -> float | None:
    """The sum, None as soon as one part is unknown."""
    total = 0.0
    for value in values:
        if value is None or not math.isfinite(value):
            return None
        total += value
    return total


def per_hr(pod: Pod, then: State | None, price: float | None = None) -> float | None:
    """The cost of a pod in a state, with its disks; None if a part of that is unknown.

    price: of its GPUs while it runs, if that is not the current price.
    """
    match then:
        case State.RUNNING:
            return total((pod.cost_per_hr if price is None else price, pod_costs.storage_per_hr(pod, running=True)))
        case State.STOPPED:
            return pod_costs.storage_per_hr(pod, running=False)
        case State.GONE:
            return 0.0
        case None:
            return None


def change(pods: Iterable[Pod], then: State, prices: Sequence[float | None] | None = None) -> float | None:
    """The change of the account's spend when pods are led into a state; None if a part is unknown.

    prices: of the GPUs of each once it runs; the current ones if left out.
    """
    pods = tuple(pods)
    parts: list[float | None] = []
    for index, pod in enumerate(pods):
        now = state(pod)
        if now is then and prices is None:
            parts.append(0.0)
            continue
        price = None if prices is None else prices[index]
        if prices is not None and price is None:
            return None
        parts.append(_less(per_hr(pod, then, price), per_hr(pod, now)))
    return total(parts)


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def changed(funds: Funds | None, by: float | None) -> Funds | None:
    """The account's money if spending changed by `by`; None if unknown."""
    if funds is None or by is None or funds.spend_per_hr is None or not math.isfinite(funds.spend_per_hr + by):
        return None
    spend = max(0.0, funds.spend_per_hr + by)
    return replace(funds, spend_per_hr=0.0 if spend < NOTHING else spend)


def runway(funds: Funds | None, by: float | None = 0.0) -> float | None:
    """Seconds until the balance reaches zero if spending changed by `by`; None if unknown."""
    return pod_health.runway(changed(funds, by))


def is_short(funds: Funds | None, *parts: float | None) -> bool:
    """Whether the balance is known to be less than an hour of the known parts of a price, and RunPod minds."""
    if pod_health.is_postpaid(funds):
        return False
    least = sum(part for part in parts if part is not None)
    return funds is not None and funds.balance is not None and funds.balance < least
