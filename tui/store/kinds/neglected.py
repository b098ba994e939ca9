"""Alerts about what costs money for weeks without anybody looking: they are repeated at most weekly. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain import pod_costs, pod_health
from tui.domain.attention import Grade, Topic
from tui.domain.costs import total
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, PodView
from tui.store.kinds.parts import if_readable, if_running, listed

if TYPE_CHECKING:
    from tui.api.pod_detail import NetworkVolume
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

DAY = 86_400.0
WEEK = 7 * DAY

UP_FOR = 14 * DAY
"""Seconds for which a pod must have been up to be forgotten."""

LITTLE = 15.0
"""The mean utilisation of a day below which nobody seems to need it, in percent."""


def _find_zombie(kind: AlertKind, view: PodView) -> Alert | None:
    pod, since = view.pod, view.changed_at
    if since is None or not pod.volume_gb or pod.network_volume_id:
        return None
    if pod_health.phase(pod) not in (pod_health.Phase.STOPPED, pod_health.Phase.OUTBID):
        return None
    lasts = view.now - since
    if lasts < view.hold(kind):
        return None
    per_hr = pod_costs.storage_per_hr(pod, running=False)
    # RunPod bills it whether podtop watches or not.
    spent = None if per_hr is None else per_hr * lasts / 3600.0
    return kind.alert(pod, since=since, lasts=lasts, cost_per_hr=per_hr, wasted_per_hr=per_hr, so_far=spent)


def _zombie_text(alert: Alert) -> str:
    return (
        f"stopped for {fmt.duration(alert.lasts)}, its volume is billed: {fmt.money(alert.so_far)} so far, "
        f"{fmt.price(alert.wasted_per_hr)} $/h"
    )


def _up_for(view: PodView) -> float | None:
    """Seconds that a pod has run, by its container's uptime or its last change of status, whichever is longer."""
    known = [float(view.uptime)] if view.uptime is not None else []
    known += [] if view.changed_at is None else [view.now - view.changed_at]
    return max(known, default=None)


def _find_forgotten(kind: AlertKind, view: PodView) -> Alert | None:
    up, fleet = _up_for(view), view.fleet
    if up is None or up < view.hold(kind) or fleet is None or not view.pod.gpu_count:
        return None
    mean = fleet.day_means.mean(view.pod.id, view.now)
    if mean is None or mean >= LITTLE:
        return None
    return kind.alert(
        view.pod, since=view.now - up, lasts=up, note=f"{mean:.0f} % in a day", basis=Basis.HISTORY
    )  # fmt: skip


def _not_forgotten(fleet: Fleet, record: Record | None) -> str | None:
    if record is None or record.pod is None:
        return if_running(lambda pod: None)(fleet, record)
    mean = fleet.day_means.mean(record.id, record.told_at)
    return "used again" if mean is not None and mean >= LITTLE else if_running(lambda pod: None)(fleet, record)


def _forgotten_text(alert: Alert) -> str:
    paid = None if alert.cost_per_hr is None or alert.lasts is None else alert.cost_per_hr * alert.lasts / 3600.0
    return f"up for {fmt.duration(alert.lasts)}, GPUs at {alert.note}: {fmt.money(paid)} so far"


def _unmounted(fleet: Fleet) -> tuple[NetworkVolume, ...]:
    """The account's network volumes that no pod mounts; none while that is unknown."""
    account = fleet.account.value
    if account is None or fleet.is_cut or any(record.pod is None for record in fleet.records.values()):
        return ()
    mounted = {record.pod.network_volume_id for record in fleet.records.values() if record.pod is not None}
    return tuple(volume for volume in account.network_volumes if volume.id not in mounted)


def _find_orphan(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    volumes = _unmounted(fleet)
    if not volumes:
        return None
    sizes = [volume.size_gb for volume in volumes]
    known = [size for size in sizes if size is not None]
    per_hr = total(pod_costs.network_volume_per_hr(size) for size in sizes)
    size = f"{sum(known):,} GB" if len(known) == len(sizes) else f"at least {sum(known):,} GB"
    month = fmt.money(None if per_hr is None else per_hr * pod_costs.MONTH_HOURS)
    names = listed(sorted(volume.name or volume.id for volume in volumes))
    count = "a network volume" if len(volumes) == 1 else f"{len(volumes)} network volumes"
    note = f"{size} in {count} that no pod mounts ({names}): {month}/month"
    return Alert(kind, kind.grade, cost_per_hr=per_hr, wasted_per_hr=per_hr, note=note)


def _mounted(fleet: Fleet, record: Record | None) -> str | None:
    return None if fleet.account.value is None or _unmounted(fleet) else "mounted again"


ZOMBIE = AlertKind(
    name="zombie", word="old stopped", grade=Grade.NOTICE, holds=WEEK, event=EventKind.ZOMBIE, find=_find_zombie,
    running=False, text=lambda alert, funds, now: _zombie_text(alert), begins=lambda alert, now: _zombie_text(alert),
    over=if_readable(lambda pod: "no longer stopped"), again=WEEK, topic=Topic.MONEY,
)  # fmt: skip
"""A pod that was stopped long ago, and whose volume is billed."""

FORGOTTEN = AlertKind(
    name="forgotten", grade=Grade.NOTICE, holds=UP_FOR, event=EventKind.FORGOTTEN, find=_find_forgotten, running=True,
    text=lambda alert, funds, now: _forgotten_text(alert), begins=lambda alert, now: _forgotten_text(alert),
    over=_not_forgotten, again=WEEK, topic=Topic.MONEY,
)  # fmt: skip
"""A pod that has been up for weeks, and does little."""

ORPHAN = AlertKind(
    name="orphan-volume", word="orphan vol.", grade=Grade.NOTICE, event=EventKind.ORPHAN, account=_find_orphan,
    text=lambda alert, funds, now: alert.note, begins=lambda alert, now: alert.note, over=_mounted, again=WEEK,
    topic=Topic.MONEY,
)  # fmt: skip
"""A network volume that is billed, and that no pod mounts."""
