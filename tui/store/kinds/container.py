"""Alerts about whether a pod runs as intended. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health
from tui.domain.attention import Grade
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, PodView
from tui.store.kinds.parts import cost, if_running, passed

if TYPE_CHECKING:
    from tui.api.models import Pod


def _find_outbid(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.OUTBID:
        return None
    since = view.changed_at
    return kind.alert(view.pod, since=since, lasts=passed(since, view.now))


def _find_error(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.ERROR:
        return None
    since = view.changed_at
    return kind.alert(view.pod, since=since, lasts=passed(since, view.now))


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
    return kind.alert(pod, since=since, lasts=passed(since, view.now))


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
    text=lambda alert, funds, now: f"container restarted {alert.count} times in an hour ({cost(alert)})",
    begins=lambda alert, now: f"container restarted {alert.count} times in an hour",
    over=if_running(lambda pod: "no more restarts"),
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
    text=lambda alert, funds, now: f"still booting after {fmt.duration(alert.lasts)}, billing {cost(alert)}",
    begins=lambda alert, now: f"still booting after {fmt.short_duration(alert.lasts)} ({cost(alert)})",
    over=if_running(_why_booted),
)
"""It is billed, but its container did not come up."""

NO_GPU = AlertKind(
    name="zero-gpu",
    grade=Grade.WARN,
    event=EventKind.ZERO_GPU,
    find=_find_no_gpu,
    running=True,
    text=lambda alert, funds, now: f"running with NO GPU, for data access only ({cost(alert)})",
    begins=lambda alert, now: "running with no GPUs: others rented them while it was stopped",
    over=if_running(lambda pod: None if pod.machine is None else "GPUs available again"),
)
