"""What several rows of the table of alerts have in common. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.store.alert import Alert, Over, PodView

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.holds import Hold

RESTARTED = 600.0
"""Seconds after a restart of a container in which it explains what is over."""


def cost(alert: Alert) -> str:
    """What the pod, or the account, costs."""
    return f"{fmt.money(alert.cost_per_hr)}/h"


def price(pod: Pod, share: float = 1.0) -> float | None:
    """Dollars per hour of a share of a pod."""
    return None if pod.cost_per_hr is None else pod.cost_per_hr * share


def spent(per_hr: float | None, seconds: float) -> float | None:
    """Dollars in `seconds`."""
    return None if per_hr is None else per_hr * seconds / 3600.0


def so_far(alert: Alert) -> str:
    """What it has wasted since it began, as the end of a sentence; empty if unknown."""
    return "" if alert.so_far is None else f"; {fmt.money(alert.so_far)} so far"


STARTED_STEP = 10.0
"""Seconds to which the start of a container is rounded: each response gives another fraction of it."""


def up_since(view: PodView) -> float | None:
    """When the container of a pod was started; None if unknown."""
    if not view.uptime or view.uptime < 0:
        return None
    return round((view.now - view.uptime) / STARTED_STEP) * STARTED_STEP


def run_so_far(alert: Alert, now: float) -> str:
    """What its run has cost, as the end of a sentence; empty if unknown. None of it is wasted as long as the run is not
    lost."""
    if alert.up_since is None or alert.cost_per_hr is None:
        return ""
    return f"; this run {fmt.money(alert.cost_per_hr * max(0.0, now - alert.up_since) / 3600.0)} so far"


def any_so_far(alert: Alert, now: float) -> str:
    """What it has wasted, or without that what its run has cost: another alert may count the waste."""
    return so_far(alert) or run_so_far(alert, now)


def clock(at: float, tz: tzinfo | None) -> str:
    """A time of day within the week: Mon 18:20."""
    return f"{datetime.fromtimestamp(at, tz):%a %H:%M}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"


def passed(since: float | None, now: float) -> float | None:
    """Seconds since an instant; 0 if that is still to come."""
    return None if since is None else max(0.0, now - since)


def if_readable(why: Callable[[Pod], str | None]) -> Over:
    """Why the alert of a pod is over: the pod is gone, or `why` gives a reason."""

    def over(fleet: Fleet, record: Record | None) -> str | None:
        if record is None:
            return "pod no longer on the account"
        return None if record.pod is None or record.unreadable is not None else why(record.pod)

    return over


def if_running(why: Callable[[Pod], str | None]) -> Over:
    """The same for an alert that only a running pod can have."""

    def over(pod: Pod) -> str | None:
        if not pod_health.is_on(pod):
            return f"pod {pod_health.status_word(pod, pod_health.phase(pod))}"
        return why(pod)

    return if_readable(over)


def if_seen(why: Callable[[Record], str | None]) -> Over:
    """The same for an alert that is judged by a window of samples: unknown values end nothing."""

    def over(fleet: Fleet, record: Record | None) -> str | None:
        if record is None or record.pod is None or record.unreadable is not None:
            return if_running(lambda pod: None)(fleet, record)
        if not pod_health.is_on(record.pod):
            return if_running(lambda pod: None)(fleet, record)
        window = record.window
        if window.down.is_settled:
            return "container down"
        if window.restarts and record.told_at - window.restarts[-1] < RESTARTED:
            return "container restarted"
        if record.pod.runtime is None or window.fed_at != record.told_at:
            return None
        return why(record)

    return over


def if_held(of: Callable[[Record], Hold], reason: str, hourly: bool = False) -> Over:
    """The same for one condition: its opposite has held, or there is a more precise alert.

    hourly: whether it is judged by an hour: as long as none was, as after a restart of podtop, nothing is known of it.
    """

    def why(record: Record) -> str | None:
        if not has_held(record, of(record)) or (hourly and not record.window.hour_judged_at):
            return None
        if record.window.work.idle.is_settled:
            return "all GPUs idle"
        return "GPUs hang" if record.window.watts.hung.is_settled else reason

    return if_seen(why)


def has_held(record: Record, hold: Hold) -> bool:
    """Whether the opposite of a condition has held for so long that it is over."""
    return hold.since is None and record.told_at - record.window.first_at >= hold.rearm
