"""The account's money: when it runs out, what happens then, what stopping something changes. Pure.

At $0 RunPod stops pods, and terminates those that have no network volume, with their data (docs,
`accounts-billing/billing.mdx`). It settles every five minutes: all of this may come that much earlier or later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.api.enums import ENDED, PodStatus
from tui.domain import costs, pod_health
from tui.domain.action import State

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod

STOPS, ENDS, STAYS = "stops", "ends", "stays"
"""A pod's fate at $0: it stops and keeps its network volume; it is terminated; it stays as it is."""


def fate(pod: Pod) -> str:
    """What happens to a pod when the balance reaches zero. A volume disk does not save it: it is the pod's own."""
    if pod.status == PodStatus.TERMINATED:
        return STAYS
    if not pod.network_volume_id:
        return ENDS
    return STAYS if pod.status in ENDED else STOPS


def change_by_stopping(pods: Iterable[Pod]) -> float | None:
    """The change of spending in dollars per hour when these are stopped, as far as they run; None where unknown."""
    return costs.change((pod for pod in pods if pod_health.is_on(pod)), State.STOPPED)


def ends_at(funds: Funds | None, now: float) -> float | None:
    """The instant at which the balance reaches zero; infinite when nothing is spent, None if unknown."""
    left = pod_health.runway(funds)
    return None if left is None else now + left


def balance_at(funds: Funds, now: float, at: float) -> float | None:
    """The balance at a later instant, at the current spend; nothing below zero, but for an existing debt.

    None if unknown, and for an account that is billed afterwards.
    """
    if pod_health.is_postpaid(funds) or funds.balance is None or funds.spend_per_hr is None:
        return None
    return max(min(0.0, funds.balance), funds.balance - max(0.0, funds.spend_per_hr) * (at - now) / 3600.0)
