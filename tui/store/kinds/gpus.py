"""Alerts about the work of GPUs: an unknown value never counts as idle. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.domain.attention import Grade
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, PodView
from tui.store.kinds.parts import cost, if_running
from tui.store.metrics import UTIL
from tui.store.watched_time import idle_in

if TYPE_CHECKING:
    from tui.api.models import Pod


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
    text=lambda alert, funds, now: f"all GPUs idle for at least {fmt.duration(alert.lasts)} ({cost(alert)})",
    begins=lambda alert, now: f"all GPUs idle for {fmt.short_duration(alert.lasts)} ({cost(alert)})",
    over=if_running(_why_busy),
)
QUIET = AlertKind(
    name="quiet",
    grade=Grade.NOTICE,
    holds=pod_health.IDLE_AFTER,
    find=_find_quiet,
    running=True,
    text=lambda alert, funds, now: f"no GPU busy now; idle time unknown ({cost(alert)})",
)
"""No GPU is busy right now; whether that has lasted long enough is unknown."""
