"""Alerts about prices. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.enums import PodKind
from tui.domain.attention import Grade, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, PodView
from tui.store.kinds.parts import if_running

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

LESS_SHARE, LESS_PER_HR = 0.20, 0.20
"""A price is lower if it is so by at least this share, and by at least this many dollars per hour for the whole pod."""

STEADY = 1800.0
"""Seconds for which it must have been lower at every poll."""

SCARCE = "Low"
"""RunPod's word for a stock that may be gone before a move is done."""


def _saving(pod: Pod, fleet: Fleet) -> float | None:
    """Dollars per hour by which the pod's GPUs are cheaper now, in its cloud and in this number; None if unknown."""
    machine, price = pod.machine, pod.cost_per_hr
    if machine is None or machine.secure is None or price is None or pod.kind != PodKind.ON_DEMAND:
        return None
    if fleet.market.error is not None or not pod.gpu_count or (offer := fleet.offer(machine.gpu_name or "")) is None:
        return None
    quote = offer.secure if machine.secure else offer.community
    if quote is None or quote.on_demand is None or quote.stock in (None, SCARCE):
        return None
    if offer.max_count is not None and offer.max_count < pod.gpu_count:
        return None
    return price - quote.on_demand * pod.gpu_count


def _is_cheaper(pod: Pod, saving: float) -> bool:
    return saving >= max(LESS_PER_HR, LESS_SHARE * (pod.cost_per_hr or 0.0))


def _find_cheaper(kind: AlertKind, view: PodView) -> Alert | None:
    saving = None if view.fleet is None else _saving(view.pod, view.fleet)
    if saving is None or not _is_cheaper(view.pod, saving):
        return None
    new = (view.pod.cost_per_hr or 0.0) - saving
    note = f"the same GPU is {fmt.money(new / view.pod.gpu_count)}/h now, {fmt.money(24 * saving)}/day less"
    return kind.alert(view.pod, note=note)


def _not_cheaper(fleet: Fleet, record: Record | None) -> str | None:
    def why(pod: Pod) -> str | None:
        saving = _saving(pod, fleet)
        return None if saving is None or _is_cheaper(pod, saving) else "no longer cheaper"

    return if_running(why)(fleet, record)


CHEAPER = AlertKind(
    name="cheaper", grade=Grade.NOTICE, settles=STEADY, event=EventKind.CHEAPER, find=_find_cheaper, running=True,
    text=lambda alert, funds, now: alert.note, begins=lambda alert, now: alert.note, over=_not_cheaper,
    again=86_400.0, topic=Topic.MONEY,
)  # fmt: skip
"""Its GPUs cost less on the market than when it was rented."""
