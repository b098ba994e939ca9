"""The table of alerts: for each its name, grade, condition, texts, and when it is over.

An alert is derived from the state at an instant (`tui.store.alerts`); one with an event kind is reported once when it
begins and once when it ends (`tui.store.alert_tracker`). Pure; instants in epoch seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, Grade, Over, PodView
from tui.store.metrics import UTIL
from tui.store.watched_time import idle_in

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def _cost(alert: Alert) -> str:
    return f"{fmt.money(alert.cost_per_hr)}/h"


def _passed(since: float | None, now: float) -> float | None:
    return None if since is None else max(0.0, now - since)


def _if_readable(why: Callable[[Pod], str | None]) -> Over:
    """Why the alert of a pod is over: the pod is gone, or `why` gives a reason."""

    def over(fleet: Fleet, record: Record | None) -> str | None:
        if record is None:
            return "the pod is no longer on the account"
        return None if record.pod is None or record.unreadable is not None else why(record.pod)

    return over


def _if_running(why: Callable[[Pod], str | None]) -> Over:
    """The same for an alert that only a running pod can have."""

    def over(pod: Pod) -> str | None:
        if not pod_health.is_on(pod):
            return f"the pod is {pod_health.status_word(pod, pod_health.phase(pod))}"
        return why(pod)

    return _if_readable(over)


# Money


def _find_runway(kind: AlertKind, fleet: Fleet) -> Alert | None:
    left = pod_health.runway(fleet.funds)
    if left is None or left >= pod_health.LOW_RUNWAY:
        return None
    grade = Grade.BAD if left < pod_health.SHORT_RUNWAY else kind.grade
    return Alert(kind, grade, lasts=left, cost_per_hr=fleet.funds.spend_per_hr if fleet.funds else None)


def _runway_text(alert: Alert, funds: Funds | None, now: float) -> str:
    balance = fmt.balance(funds.balance if funds else None)
    if alert.lasts is not None and alert.lasts <= 0:
        left = f"the account {balance}" if funds and (funds.balance or 0.0) < 0 else "balance used up"
        return f"{left}, spending {_cost(alert)}: RunPod stops pods; data may be lost"
    lasts = fmt.duration(alert.lasts)
    return f"runway {lasts}: {balance} at {_cost(alert)}. At $0 RunPod stops pods; data may be lost"


def _runway_begins(alert: Alert, now: float) -> str:
    if alert.lasts:
        return f"runway {fmt.duration(alert.lasts)} at {_cost(alert)}"
    return f"balance used up at {_cost(alert)}"


def _runway_over(fleet: Fleet, record: Record | None) -> str | None:
    return None if pod_health.runway(fleet.funds) is None else "runway recovered"


def _find_no_balance(kind: AlertKind, fleet: Fleet) -> Alert | None:
    return Alert(kind, kind.grade) if pod_health.runway(fleet.funds) is None else None


RUNWAY = AlertKind(
    name="runway", grade=Grade.WARN, event=EventKind.RUNWAY, account=_find_runway,
    text=_runway_text, begins=_runway_begins, over=_runway_over,
    needs=frozenset({Feature.BALANCE, Feature.SPEND}), of_prepaid=True, subject="low runway",
)  # fmt: skip
NO_BALANCE = AlertKind(
    name="balance-unknown",
    grade=Grade.WARN,
    event=EventKind.BALANCE,
    account=_find_no_balance,
    text=lambda alert, funds, now: "balance or spend unavailable from RunPod; runway unknown",
    begins=lambda alert, now: "runway unknown (no balance or spend)",
    over=lambda fleet, record: "balance available",
    needs=RUNWAY.needs,
    of_prepaid=True,
)
"""RunPod did not give the balance, so the runway is unknown."""


# Whether the pod runs as intended


def _find_outbid(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.OUTBID:
        return None
    since = view.changed_at
    return kind.alert(view.pod, since=since, lasts=_passed(since, view.now))


def _find_error(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.ERROR:
        return None
    since = view.changed_at
    return kind.alert(view.pod, since=since, lasts=_passed(since, view.now))


def _find_loop(kind: AlertKind, view: PodView) -> Alert | None:
    if view.restarts < pod_health.LOOP_RESTARTS:
        return None
    return kind.alert(view.pod, count=view.restarts, basis=Basis.HISTORY)


def _find_restart(kind: AlertKind, view: PodView) -> Alert | None:
    uptime = view.uptime
    if view.restarts >= pod_health.LOOP_RESTARTS or uptime is None or not 0 < uptime < pod_health.YOUNG:
        return None
    since = view.changed_at
    if since is None or view.now - since <= kind.holds:
        return None
    return kind.alert(view.pod, since=view.now - uptime, lasts=float(uptime))


def _find_boot(kind: AlertKind, view: PodView) -> Alert | None:
    """A container that is not up, or never got beyond its first second, but billed (openai/parameter-golf 821)."""
    pod, uptime = view.pod, view.uptime
    if view.restarts >= pod_health.LOOP_RESTARTS or (pod.runtime is not None and (uptime is None or uptime > 0)):
        return None
    since = view.changed_at
    begun = view.record.seen if since is None else since
    # Whether it was up for a while in unwatched time is unknown.
    lasts = view.now - begun - view.unwatched(begun, view.now)
    if lasts <= kind.holds:
        return None
    return kind.alert(pod, since=begun, lasts=lasts, basis=Basis.HISTORY if since is None else Basis.ANSWER)


def _why_booted(pod: Pod) -> str | None:
    if pod.runtime is None:
        return "restarted"
    if pod.runtime.uptime is None:
        return None
    return "container up" if pod.runtime.uptime > 0 else "restarted"


def _find_no_gpu(kind: AlertKind, view: PodView) -> Alert | None:
    """A pod rented without GPUs is on a machine without any: this one lost the GPUs it had."""
    pod = view.pod
    if pod.gpu_count or pod.machine is None or not pod.machine.gpu_name:
        return None
    since = view.changed_at
    return kind.alert(pod, since=since, lasts=_passed(since, view.now))


OUTBID = AlertKind(
    name="outbid",
    grade=Grade.BAD,
    find=_find_outbid,
    running=False,
    text=lambda alert, funds, now: (
        "outbid"
        + (f" {fmt.duration(alert.lasts)} ago" if alert.lasts is not None else "")
        + ": someone bid more for its machine"
    ),
    needs=frozenset({Feature.STATUS_CHANGE}),
    subject="outbid",
)
"""The event log gets it from the change of the pod's status, as it does a restart."""

ERROR = AlertKind(
    name="pod-error",
    grade=Grade.BAD,
    find=_find_error,
    running=False,
    text=lambda alert, funds, now: (
        "RunPod reports an error"
        + (f" since {fmt.duration(alert.lasts)}" if alert.lasts is not None else "")
        + "; whether the pod is billed is unknown"
    ),
)
"""As for an outbid pod, the event log has the change of its status."""

LOOP = AlertKind(
    name="crash-loop",
    grade=Grade.BAD,
    event=EventKind.LOOP,
    find=_find_loop,
    running=True,
    text=lambda alert, funds, now: f"container restarted {alert.count} times in an hour ({_cost(alert)})",
    begins=lambda alert, now: f"container restarted {alert.count} times in an hour",
    over=_if_running(lambda pod: "no more restarts"),
)
"""Its container was restarted repeatedly."""

RESTART = AlertKind(
    name="restarted",
    grade=Grade.NOTICE,
    holds=pod_health.BOOT_PATIENCE + pod_health.YOUNG,
    find=_find_restart,
    running=True,
    text=lambda alert, funds, now: (
        f"container up for {fmt.duration(alert.lasts)}, pod for longer: restarted at least once"
    ),
    needs=frozenset({Feature.STATUS_CHANGE}),
    subject="earlier restarts",
)
"""Its container has a short uptime, but its pod is older."""

BOOT = AlertKind(
    name="boot",
    grade=Grade.WARN,
    holds=pod_health.BOOT_PATIENCE,
    event=EventKind.BOOT,
    find=_find_boot,
    running=True,
    text=lambda alert, funds, now: f"still booting after {fmt.duration(alert.lasts)}, billing {_cost(alert)}",
    begins=lambda alert, now: f"still booting after {fmt.short_duration(alert.lasts)} ({_cost(alert)})",
    over=_if_running(_why_booted),
)
"""It is billed, but its container did not come up."""

NO_GPU = AlertKind(
    name="zero-gpu",
    grade=Grade.WARN,
    event=EventKind.ZERO_GPU,
    find=_find_no_gpu,
    running=True,
    text=lambda alert, funds, now: f"running with NO GPU, for data access only ({_cost(alert)})",
    begins=lambda alert, now: "running with no GPUs: others rented them while it was stopped",
    over=_if_running(lambda pod: None if pod.machine is None else "GPUs available again"),
)


# Whether its GPUs work. A value that RunPod does not report never counts as idle.


def _idle_for(view: PodView) -> float | None:
    """Seconds without work; None if it works, or that is unknown."""
    return None if any(pod_health.activity(view.pod)) else view.record.idle_for(view.now)


def _find_idle(kind: AlertKind, view: PodView) -> Alert | None:
    idle_for = view.record.idle_for(view.now)
    if idle_for is None or idle_for < kind.holds or any(pod_health.activity(view.pod)):
        return None
    return kind.alert(view.pod, since=view.now - idle_for, lasts=idle_for, basis=Basis.HISTORY)


def _find_quiet(kind: AlertKind, view: PodView) -> Alert | None:
    if not view.quiet or (view.uptime is not None and view.uptime < kind.holds):
        return None
    idle_for = _idle_for(view)
    if idle_for is None or idle_for >= kind.holds:
        return None
    series = view.record.series
    _, worked = idle_in(series.stretch(view.now - kind.holds, UTIL.series_in(series.names)), 0.0)
    return None if worked else kind.alert(view.pod)


def _why_busy(pod: Pod) -> str | None:
    """Why a pod is no longer idle. Too short a time of watching is no reason."""
    if pod.runtime is None:
        return "container down"
    if pod_health.busy_gpus(pod):
        return "GPU active again"
    uptime = pod.runtime.uptime
    if uptime is not None and uptime < pod_health.IDLE_AFTER:
        return "container restarted"
    return None if pod.gpu_count else "no GPU left"


IDLE = AlertKind(
    name="idle",
    grade=Grade.WARN,
    holds=pod_health.IDLE_AFTER,
    event=EventKind.IDLE,
    find=_find_idle,
    running=True,
    text=lambda alert, funds, now: f"all GPUs idle for at least {fmt.duration(alert.lasts)} ({_cost(alert)})",
    begins=lambda alert, now: f"all GPUs idle for {fmt.short_duration(alert.lasts)} ({_cost(alert)})",
    over=_if_running(_why_busy),
)
QUIET = AlertKind(
    name="quiet",
    grade=Grade.NOTICE,
    holds=pod_health.IDLE_AFTER,
    find=_find_quiet,
    running=True,
    text=lambda alert, funds, now: f"no GPU busy now; idle time unknown ({_cost(alert)})",
)
"""No GPU is busy right now; whether that has lasted long enough is unknown."""


# RunPod's maintenance, and unreadable pods


def _find_maintenance(kind: AlertKind, view: PodView) -> Alert | None:
    machine = view.pod.machine
    if machine is None or (machine.maintenance_start is None and machine.maintenance_end is None):
        return None
    start, end = machine.maintenance_start, machine.maintenance_end
    if end is not None and end <= view.now:
        return None
    near = start is None or start - view.now <= pod_health.MAINTENANCE_NEAR
    grade = Grade.WARN if near else kind.grade
    return kind.alert(view.pod, grade=grade, since=start, until=end, note=machine.maintenance_note or "")


def _maintenance_text(alert: Alert, funds: Funds | None, now: float) -> str:
    if alert.since is not None and alert.since > now:
        when = f"in {fmt.duration(alert.since - now)}"
        if alert.until is not None and alert.until > alert.since:
            when += f", for {fmt.duration(alert.until - alert.since)}"
    else:
        when = "in progress" if alert.since is not None else "announced"
        if alert.until is not None:
            when += f", ends in {fmt.duration(alert.until - now)}"
    return f"host maintenance {when}" + (f": {alert.note}" if alert.note else "")


def _maintenance_begins(alert: Alert, now: float) -> str:
    if alert.since is None:
        window = "announced"
    else:
        window = "in progress" if alert.since <= now else f"in {fmt.duration(alert.since - now)}"
    return f"host maintenance {window}{': ' if alert.note else ''}{alert.note}"


MAINTENANCE = AlertKind(
    name="maintenance",
    grade=Grade.NOTICE,
    event=EventKind.MAINTENANCE,
    find=_find_maintenance,
    text=_maintenance_text,
    begins=_maintenance_begins,
    over=_if_readable(lambda pod: None if pod.machine is None else "ended or canceled"),
    needs=frozenset({Feature.MAINTENANCE}),
    subject="host maintenance",
)
UNREADABLE = AlertKind(
    name="unreadable",
    grade=Grade.WARN,
    event=EventKind.UNREADABLE,
    text=lambda alert, funds, now: f"podtop cannot read RunPod's data: {alert.note}",
    begins=lambda alert, now: f"podtop cannot read RunPod's data: {alert.note or 'reason unknown'}",
    over=lambda fleet, record: "the pod is no longer on the account" if record is None else "readable again",
)
"""Nothing else is known of an unreadable pod."""

KINDS = (
    RUNWAY, NO_BALANCE, OUTBID, ERROR, LOOP, RESTART, BOOT, NO_GPU, IDLE, QUIET, MAINTENANCE, UNREADABLE,
)  # fmt: skip
"""In display order within the same grade."""
