"""Rules of money and health: functions of values, with time as an argument."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import STARTING, BillingMode, PodStatus

if TYPE_CHECKING:
    from tui.api.models import Funds, GpuReading, Pod

BUSY_PERCENT = 5.0
"""A GPU at or above this utilisation is doing work; below it is noise."""

IDLE_AFTER = 600.0
"""Seconds without any busy GPU after which a running pod is called idle: longer than a checkpoint or an evaluation."""

BOOT_PATIENCE = 1200.0
"""Seconds after which booting is suspicious: a large image is pulled in less, and the pod bills in the meantime."""

LOW_RUNWAY = 24 * 3600.0
SHORT_RUNWAY = 6 * 3600.0
"""Below these the runway is a warning, then an alarm: a night, a working morning."""

LOOP_RESTARTS = 3
LOOP_SPAN = 3600.0
"""This many restarts of a container within this many seconds are a crash loop: nobody does that by hand."""

YOUNG = 300.0
"""Seconds of uptime below which a container is young: in a long-running pod, it was restarted."""

MAINTENANCE_NEAR = 86_400.0
"""Seconds before a maintenance of its machine within which a pod's work should be saved."""


class Phase(StrEnum):
    """The phase of a pod, in one word for the screen."""

    RUNNING = "running"
    IDLE = "idle"
    BOOTING = "booting"
    STOPPED = "stopped"
    OUTBID = "outbid"
    ERROR = "error"
    ENDED = "terminated"
    UNREADABLE = "unreadable"
    OTHER = "other"


def phase(pod: Pod, idle_for: float | None = None) -> Phase:
    """The phase of a pod. RUNNING without a runtime is booting, not up; EXITED ignores its stale runtime."""
    match pod.status:
        case PodStatus.RUNNING:
            if pod.runtime is None:
                return Phase.BOOTING
            return Phase.IDLE if idle_for is not None and idle_for >= IDLE_AFTER else Phase.RUNNING
        case PodStatus.PROVISIONING | PodStatus.STARTING:
            return Phase.BOOTING
        case PodStatus.EXITED:
            return Phase.OUTBID if pod.status_change is not None and pod.status_change.is_outbid else Phase.STOPPED
        case PodStatus.ERROR:
            return Phase.ERROR
        case PodStatus.TERMINATED:
            return Phase.ENDED
        case _:
            return Phase.OTHER


def status_word(pod: Pod, at: Phase) -> str:
    """The word for a phase; a status newer than podtop is shown as RunPod spells it."""
    return pod.status.lower() if at is Phase.OTHER else at.value


_ON = STARTING | {PodStatus.RUNNING}


def is_on(pod: Pod) -> bool:
    """Whether a pod runs or boots: it is billed as running either way."""
    return pod.status in _ON


def gpus_now(pod: Pod) -> int:
    """The number of GPUs that a pod has now: none if it is stopped."""
    if not is_on(pod):
        return 0
    return max(pod.gpu_count, len(pod.runtime.gpus) if pod.runtime else 0)


def is_booting(pod: Pod) -> bool:
    """Whether a pod is billed as running, and its container is not up."""
    return pod.status in STARTING or (pod.status == PodStatus.RUNNING and pod.runtime is None)


def is_live(pod: Pod) -> bool:
    """True when the pod's telemetry is current: a stopped pod keeps a stale runtime for a while."""
    return pod.status == PodStatus.RUNNING and pod.runtime is not None


def ssh_ports(pod: Pod) -> tuple[tuple[str | None, int | None], ...]:
    """Public addresses of a pod's port 22, as RunPod reports them."""
    ports = pod.runtime.ports if pod.runtime else ()
    return tuple((port.ip, port.public) for port in ports if port.private == 22 and port.is_public)


def has_moved(old: Pod, new: Pod) -> bool:
    """Whether ssh has another address than before; no address at all is no other one."""
    if old.runtime is None or new.runtime is None or old.runtime.ports == new.runtime.ports:
        return False
    before, after = ssh_ports(old), ssh_ports(new)
    return bool(before and after) and before != after


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the known values; None if there is none."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def gpu_util(gpus: tuple[GpuReading, ...]) -> float | None:
    return mean(g.util for g in gpus)


def gpu_memory(gpus: tuple[GpuReading, ...]) -> float | None:
    return mean(g.memory for g in gpus)


def activity(pod: Pod) -> tuple[int, int]:
    """The numbers of a live pod's GPUs that are busy, and of those without data from RunPod."""
    if pod.runtime is None or pod.status != PodStatus.RUNNING:
        return 0, 0
    known = [util for gpu in pod.runtime.gpus if (util := gpu.util) is not None]
    return len([util for util in known if util >= BUSY_PERCENT]), max(0, pod.gpu_count - len(known))


def busy_gpus(pod: Pod) -> int:
    """The number of a live pod's GPUs that are busy."""
    return activity(pod)[0]


def is_postpaid(funds: Funds | None) -> bool:
    """Whether the account is billed afterwards: a low balance ends nothing, so that there is no runway."""
    return funds is not None and funds.billing_mode == BillingMode.POSTPAID


def runway(funds: Funds | None) -> float | None:
    """Seconds until the balance reaches zero at the current spend; infinite when nothing is spent, None when unknown.

    None also for an account that is billed afterwards. RunPod settles every five minutes and stops pods at $0, so this
    is an upper bound by that much.
    """
    if is_postpaid(funds):
        return None
    if funds is None or funds.balance is None or funds.spend_per_hr is None:
        return None
    if funds.balance <= 0:
        return 0.0
    if funds.spend_per_hr <= 0:
        return math.inf
    return funds.balance / funds.spend_per_hr * 3600.0


def unread_gpus(pod: Pod) -> int:
    """The number of a live pod's GPUs without data from RunPod: not to be taken for idle ones."""
    return activity(pod)[1]


class Totals(NamedTuple):
    """The fleet in numbers: pods running of all, GPUs busy of those rented and running; of those, how many have no data
    from RunPod, and how many are in pods that still boot.
    """

    running: int
    pods: int
    gpus_busy: int
    gpus: int
    gpus_unread: int
    gpus_booting: int = 0

    @property
    def known(self) -> bool:
        """Whether anything is known of GPU activity; without a GPU there is nothing to be known."""
        return not self.gpus or self.gpus_unread + self.gpus_booting < self.gpus


def totals(pods: Iterable[Pod], unreadable: int = 0) -> Totals:
    running = count = busy = gpus = unread = booting = 0
    for pod in pods:
        count += 1
        if is_on(pod):
            running += 1
            gpus += pod.gpu_count
            of_pod = activity(pod)
            busy += of_pod[0]
            unread += of_pod[1]
            booting += pod.gpu_count if is_booting(pod) else 0
    return Totals(running, count + unreadable, busy, gpus, unread, booting)
