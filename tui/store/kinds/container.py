"""Alerts about whether a pod runs as intended. Pure; instants in epoch seconds."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_costs, pod_health
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, PodView
from tui.store.kinds.parts import (
    cost,
    has_held,
    if_running,
    if_seen,
    passed,
    price,
    run_so_far,
    so_far,
    spent,
    up_since,
)
from tui.store.minutes import MEMORY_SPAN
from tui.store.series import GAP
from tui.store.windows import LOOPS_SPAN, LOST_AFTER, MEMORY_AFTER

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

SIMILAR = 1.3
"""Times between restarts are similar if the longest is at most 1.3 times the shortest."""

HALF = 50 * 2
"""Container memory up to which it is free again, whether it grows or not."""

FRESH = 86_400.0
"""Seconds for which the end of a pod is worth a notification."""


def _find_outbid(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.OUTBID:
        return None
    since = view.changed_at
    lasts = passed(since, view.now)
    # What happened long ago is no news to a podtop that starts now.
    step = int(lasts is None or lasts < FRESH)
    return kind.alert(view.pod, since=since, lasts=lasts, step=step, note=_lost(view.pod))


def _lost(pod: Pod) -> str:
    """What an outbid pod has lost, and what it keeps."""
    if pod.network_volume_id:
        return "container disk lost, network volume kept"
    if pod.volume_gb is None:
        return "container disk lost"
    if not pod.volume_gb:
        return "it had no volume: ALL its data is lost"
    per_hr = pod_costs.storage_per_hr(pod, running=False)
    return f"container disk lost, volume kept ({pod.volume_gb:g} GB, {fmt.money(per_hr, 3)}/h)"


def _find_error(kind: AlertKind, view: PodView) -> Alert | None:
    if pod_health.phase(view.pod) is not pod_health.Phase.ERROR:
        return None
    since = view.changed_at
    lasts = passed(since, view.now)
    return kind.alert(view.pod, since=since, lasts=lasts, step=int(lasts is None or lasts < FRESH))


def _at_most(alert: Alert) -> str:
    """What a pod has cost if it is still billed."""
    most = None if alert.lasts is None or alert.cost_per_hr is None else spent(alert.cost_per_hr, alert.lasts)
    return "" if most is None else f": at most {fmt.money(most)} so far"


def _find_loop(kind: AlertKind, view: PodView) -> Alert | None:
    recent = [at for at in view.restarts if view.now - at < pod_health.LOOP_SPAN]
    note, count, since = "", len(recent), _unbroken_since(view.restarts)
    if count < pod_health.LOOP_RESTARTS:
        loop = looping(view.restarts, view.now)
        if loop is None:
            return None
        count, usual = loop
        note, since = fmt.duration(usual), view.restarts[-count]
    lasts = view.now - since - view.unwatched(since, view.now)
    wasted = price(view.pod)
    return kind.alert(
        view.pod, count=count, note=note, since=since, lasts=lasts, basis=Basis.HISTORY, wasted_per_hr=wasted,
        so_far=spent(wasted, lasts),
    )  # fmt: skip


def _unbroken_since(restarts: tuple[float, ...]) -> float:
    """The first of the last restarts that came within an hour of each other; inf without any."""
    since = math.inf
    for at in reversed(restarts):
        if since - at >= pod_health.LOOP_SPAN and not math.isinf(since):
            break
        since = at
    return since


def looping(restarts: tuple[float, ...], now: float) -> tuple[int, float] | None:
    """How many restarts, and after how many seconds each, if the last ones came after similar times; else None."""
    recent = [at for at in restarts if now - at < LOOPS_SPAN]
    for count in range(len(recent), pod_health.LOOP_RESTARTS - 1, -1):
        uptimes = [after - before for before, after in pairwise(recent[-count:])]
        longest, shortest = max(uptimes), min(uptimes)
        # Once it has been up for far longer than it used to be, it loops no more.
        if longest <= SIMILAR * shortest and now - recent[-1] <= 2 * longest:
            return count, sum(uptimes) / len(uptimes)
    return None


def _loop_text(alert: Alert) -> str:
    span = f", each time after some {alert.note}" if alert.note else " in an hour"
    return f"container restarted {alert.count} times{span}"


def _find_restart(kind: AlertKind, view: PodView) -> Alert | None:
    uptime = view.uptime
    if len(view.restarts) >= pod_health.LOOP_RESTARTS or uptime is None or not 0 < uptime < pod_health.YOUNG:
        return None
    since = view.changed_at
    if since is None or view.now - since <= kind.holds:
        return None
    return kind.alert(view.pod, since=view.now - uptime, lasts=float(uptime))


def _find_boot(kind: AlertKind, view: PodView) -> Alert | None:
    """A container that never came up since the pod was started, but billed (openai/parameter-golf 821)."""
    pod, uptime, window = view.pod, view.uptime, view.window
    if pod.runtime is not None and (uptime is None or uptime > 0):
        return None
    since = view.changed_at
    begun = view.record.seen if since is None else since
    if window.up_at is not None and (since is None or window.up_at >= since):
        return None
    if not view.quiet and since is not None and since < view.record.seen and not _is_surely_down(view):
        # It may have been up before podtop looked: one response without a container says nothing.
        return None
    # Whether it was up for a while in unwatched time is unknown.
    lasts = view.now - begun - view.unwatched(begun, view.now)
    if lasts <= view.hold(kind):
        return None
    wasted = price(pod)
    return kind.alert(
        pod, since=begun, lasts=lasts, basis=Basis.HISTORY if since is None else Basis.ANSWER,
        wasted_per_hr=wasted, so_far=spent(wasted, lasts),
    )  # fmt: skip


def _is_surely_down(view: PodView) -> bool:
    return view.window.unseen.is_settled


def _find_lost(kind: AlertKind, view: PodView) -> Alert | None:
    """A container that was up since the pod was started, and is gone."""
    down, since = view.window.down, view.changed_at
    if down.since is None or down.best < view.hold(kind) or down.samples < down.least:
        return None
    if since is not None and view.window.up_at is not None and view.window.up_at < since:
        return None
    wasted = price(view.pod)
    return kind.alert(
        view.pod, since=down.since, lasts=down.total, basis=Basis.HISTORY, wasted_per_hr=wasted,
        so_far=spent(wasted, down.total),
    )  # fmt: skip


def _find_memory(kind: AlertKind, view: PodView) -> Alert | None:
    """The container's memory is nearly full, or grows in a straight line and will be."""
    window = view.window
    if window.memory.since is not None and window.memory.best >= view.hold(kind) and window.memory_now != GAP:
        percent = window.memory_now / 2
        # Memory goes up and down: what wavers about the step has not fallen from it.
        step = 1 if view.now - window.nearly_full_at <= MEMORY_AFTER else 0
        return kind.alert(
            view.pod, grade=Grade.BAD if step else kind.grade, step=step, since=view.now - window.memory.total,
            lasts=window.memory.total, note=f"container memory {percent:.0f}% full", basis=Basis.HISTORY,
            up_since=up_since(view),
        )  # fmt: skip
    growth = window.growth
    if growth is None or window.growing.since is None or growth.per_hr <= 0:
        return None
    left = max(0.0, (100.0 - growth.now) / growth.per_hr * 3600.0)
    note = f"container memory grows {growth.per_hr:.1f} points/h: full in about {fmt.short_duration(left)}"
    return kind.alert(view.pod, note=note, until=view.now + left, basis=Basis.HISTORY, up_since=up_since(view))


def _why_booted(pod: Pod) -> str | None:
    if pod.runtime is None or pod.runtime.uptime is None:
        return None
    return "container up" if pod.runtime.uptime > 0 else None


def _why_steady(fleet: Fleet, record: Record | None) -> str | None:
    """Why a crash loop is over: it was watched for longer than it used to be up, and gaps do not count."""
    if record is not None and record.pod is not None and pod_health.is_on(record.pod):
        reported = (event.at for event in fleet.events if event.kind is EventKind.RESTART and event.pod == record.id)
        restarts = sorted({*record.window.restarts, *reported})
        usual = restarts[-1] - restarts[-2] if len(restarts) > 1 else 0.0
        if restarts:
            steady = record.told_at - restarts[-1] - fleet.watched.unwatched(restarts[-1], record.told_at)
            if steady < max(pod_health.LOOP_SPAN, 1.5 * usual):
                return None
    return if_running(lambda pod: "no more restarts")(fleet, record)


def _why_free(record: Record) -> str | None:
    window = record.window
    age = window.started and record.told_at - window.started
    if window.growth is None and window.memory_now >= HALF and not (age and age < MEMORY_SPAN * 60.0):
        # Whether it grows takes hours to see, after a restart of podtop as well.
        return None
    is_over = has_held(record, window.memory) and has_held(record, window.growing) and window.memory_now != GAP
    return "container memory free again" if is_over else None


def _find_no_gpu(kind: AlertKind, view: PodView) -> Alert | None:
    """A pod rented without GPUs is on a machine without any: this one lost the GPUs it had."""
    pod = view.pod
    if pod.gpu_count or pod.machine is None or not pod.machine.gpu_name:
        return None
    since = view.changed_at
    lasts = passed(since, view.now)
    wasted = price(pod)
    return kind.alert(
        pod, since=since, lasts=lasts, wasted_per_hr=wasted, so_far=None if lasts is None else spent(wasted, lasts)
    )


OUTBID = AlertKind(
    name="outbid",
    grade=Grade.BAD,
    find=_find_outbid,
    running=False,
    text=lambda alert, funds, now: (
        "outbid"
        + (f" {fmt.lasting(alert.lasts)} ago" if alert.lasts is not None else "")
        + f": someone bid more for its machine; {alert.note}"
    ),
    topic=Topic.RUNS,
    ring=Ring.AT_ONCE,
    ring_from=1,
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
        + (f" since {fmt.lasting(alert.lasts)}" if alert.lasts is not None else "")
        + f"; whether the pod is still billed {cost(alert)} is unknown{_at_most(alert)}"
    ),
    topic=Topic.TROUBLE,
    ring=Ring.AT_ONCE,
    ring_from=1,
)
"""As for an outbid pod, the event log has the change of its status."""

LOOP = AlertKind(
    name="crash-loop",
    word="crash loop",
    grade=Grade.BAD,
    event=EventKind.LOOP,
    find=_find_loop,
    running=True,
    topic=Topic.RUNS,
    ring=Ring.AT_ONCE,
    rearm=0.0,
    text=lambda alert, funds, now: f"{_loop_text(alert)} ({cost(alert)}){so_far(alert)}",
    begins=lambda alert, now: f"{_loop_text(alert)} ({cost(alert)}){so_far(alert)}",
    over=_why_steady,
)
"""Its container was restarted repeatedly: in an hour, or after similar times in half a day."""

RESTART = AlertKind(
    name="restarted",
    topic=Topic.RUNS,
    grade=Grade.NOTICE,
    holds=pod_health.BOOT_PATIENCE + pod_health.YOUNG,
    find=_find_restart,
    running=True,
    text=lambda alert, funds, now: (
        f"container up for {fmt.lasting(alert.lasts)}, pod for longer: restarted at least once"
    ),
    needs=frozenset({Feature.STATUS_CHANGE}),
    subject="earlier restarts",
)
"""Its container has a short uptime, but its pod is older."""

BOOT = AlertKind(
    name="boot", word="slow boot", grade=Grade.WARN, holds=pod_health.BOOT_PATIENCE, event=EventKind.BOOT,
    find=_find_boot, running=True, topic=Topic.MONEY, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: (
        f"still booting after {fmt.lasting(alert.lasts)}, billing {cost(alert)}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"still booting after {fmt.short_duration(alert.lasts)} ({cost(alert)}){so_far(alert)}"
    ),
    over=if_running(_why_booted),
)  # fmt: skip
"""It is billed, but its container did not come up since the pod was started."""

LOST = AlertKind(
    name="lost-container", word="no container", grade=Grade.WARN, holds=LOST_AFTER, event=EventKind.LOST,
    find=_find_lost, running=True, topic=Topic.TROUBLE, ring=Ring.BY_MONEY, rearm=0.0,
    text=lambda alert, funds, now: (
        f"container gone for {fmt.lasting(alert.lasts)}, still billed {cost(alert)}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"container gone for {fmt.short_duration(alert.lasts)}, still billed {cost(alert)}{so_far(alert)}"
    ),
    over=if_running(lambda pod: None if pod.runtime is None else "container up again"),
)  # fmt: skip
"""Its container was up, and is gone."""

MEMORY = AlertKind(
    name="memory", grade=Grade.WARN, holds=MEMORY_AFTER, event=EventKind.MEMORY, find=_find_memory, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, ring_from=1, rearm=0.0,
    text=lambda alert, funds, now: f"{alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    begins=lambda alert, now: f"{alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    over=if_seen(_why_free),
)  # fmt: skip
"""A container out of memory is killed."""

NO_GPU = AlertKind(
    name="zero-gpu", word="no GPUs", grade=Grade.WARN, event=EventKind.ZERO_GPU, find=_find_no_gpu, running=True,
    topic=Topic.TROUBLE, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: f"running with NO GPU, for data access only ({cost(alert)}){so_far(alert)}",
    begins=lambda alert, now: (
        f"running with no GPUs: others rented them while it was stopped ({cost(alert)}){so_far(alert)}"
    ),
    over=if_running(lambda pod: None if pod.machine is None else "GPUs available again"),
)  # fmt: skip
