"""What several rows of the table of alerts have in common. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.store.alert import Alert, Over

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def cost(alert: Alert) -> str:
    """What the pod, or the account, costs."""
    return f"{fmt.money(alert.cost_per_hr)}/h"


def passed(since: float | None, now: float) -> float | None:
    """Seconds since an instant; 0 if that is still to come."""
    return None if since is None else max(0.0, now - since)


def if_readable(why: Callable[[Pod], str | None]) -> Over:
    """Why the alert of a pod is over: the pod is gone, or `why` gives a reason."""

    def over(fleet: Fleet, record: Record | None) -> str | None:
        if record is None:
            return "the pod is no longer on the account"
        return None if record.pod is None or record.unreadable is not None else why(record.pod)

    return over


def if_running(why: Callable[[Pod], str | None]) -> Over:
    """The same for an alert that only a running pod can have."""

    def over(pod: Pod) -> str | None:
        if not pod_health.is_on(pod):
            return f"the pod is {pod_health.status_word(pod, pod_health.phase(pod))}"
        return why(pod)

    return if_readable(over)
