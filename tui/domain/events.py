"""Events: what happened to a pod between two polls. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import pod_health

if TYPE_CHECKING:
    from tui.api.models import Pod

RESET_SLACK = 60.0
"""Seconds by which an uptime may fall short of the expected one: RunPod's clocks differ, and a poll takes a while."""


class Kind(StrEnum):
    """The kind of an event, as files and filters have it; lasting conditions have one for beginning and end each."""

    NEW = "new"
    RUNNING = "running"
    UP = "up"
    DOWN = "down"
    RESTART = "restart"
    STOPPED = "stopped"
    OUTBID = "outbid"
    FAILED = "pod error"
    STATUS = "status"
    GONE = "gone"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    TROUBLE = "trouble"
    PRICE = "price"
    IDLE = "idle"
    IDLE_OVER = "idle over"
    LOOP = "crash loop"
    LOOP_OVER = "loop over"
    BOOT = "slow boot"
    BOOT_OVER = "boot over"
    ZERO_GPU = "no gpus"
    ZERO_GPU_OVER = "gpus back"
    MAINTENANCE = "maintenance"
    MAINTENANCE_OVER = "maint. over"
    RUNWAY = "low runway"
    RUNWAY_OVER = "runway over"
    BALANCE = "no balance"
    BALANCE_OVER = "balance told"
    UNREADABLE = "unreadable"
    UNREADABLE_OVER = "readable"
    OUTAGE = "outage"
    OUTAGE_OVER = "outage over"
    THROTTLED = "throttled"
    THROTTLED_OVER = "at ease"
    ENDED = "run ended"
    ENDED_OVER = "new run"
    HUNG = "hung"
    HUNG_OVER = "hung over"
    LATCHED = "latched"
    LATCHED_OVER = "latched over"
    WAITING = "waiting"
    WAITING_OVER = "waiting over"
    STRAGGLER = "straggler"
    STRAGGLER_OVER = "straggler over"
    UNUSED = "unused gpu"
    UNUSED_OVER = "gpu used"
    UNDER = "under-used"
    UNDER_OVER = "well used"
    MISSING = "missing gpu"
    MISSING_OVER = "gpu found"
    VRAM = "gpu memory"
    VRAM_OVER = "gpu memory ok"
    HOT = "hot"
    HOT_OVER = "cooled"
    CAPPED = "power limit"
    CAPPED_OVER = "full power"
    MEMORY = "memory"
    MEMORY_OVER = "memory ok"
    LOST = "lost"
    LOST_OVER = "found"
    SPEND_JUMP = "spend jump"
    SPEND_LIMIT = "spend limit"
    SPEND_LIMIT_OVER = "limit ok"
    UNWATCHED = "cannot watch"
    UNWATCHED_OVER = "watching"
    KEY_REFUSED = "key refused"
    KEY_REFUSED_OVER = "key accepted"
    LEASE_DUE = "lease due"
    LEASE_DUE_OVER = "lease over"
    IDLE_STOP = "idle stop"
    IDLE_STOP_OVER = "idle stop over"
    ZOMBIE = "zombie"
    FORGOTTEN = "forgotten"
    CHEAPER = "cheaper"
    ORPHAN = "orphan volume"
    NOT_FINITE = "loss nan"
    NOT_FINITE_OVER = "loss ok"
    DIVERGED = "diverged"
    DIVERGED_OVER = "loss normal"
    PLATEAU = "plateau"
    PLATEAU_OVER = "improves"
    STALLED = "stalled"
    STALLED_OVER = "writes again"
    RUN_ERROR = "run error"
    RUN_ERROR_OVER = "run works"
    FINISHED = "run finished"
    FINISHED_OVER = "runs again"
    DISK = "disk full"
    DISK_OVER = "disk ok"
    ALERTS_OFF = "alerts off"
    ALERTS_ON = "alerts on"
    API = "api change"
    REPORT = "report"

    @property
    def word(self) -> str:
        """The kind on the screen, in at most 12 characters."""
        return _WORDS.get(self, self.value)


_WORDS = {
    Kind.TROUBLE: "error", Kind.PRICE: "watch",
    Kind.IDLE_OVER: "idle ended", Kind.LOOP_OVER: "loop ended", Kind.BOOT_OVER: "boot ended",
    Kind.ZERO_GPU: "no GPUs", Kind.ZERO_GPU_OVER: "GPUs back", Kind.MAINTENANCE_OVER: "maint. ended",
    Kind.RUNWAY_OVER: "runway ok", Kind.BALANCE: "balance n/a", Kind.BALANCE_OVER: "balance ok",
    Kind.OUTAGE_OVER: "outage ended", Kind.THROTTLED: "rate limited", Kind.THROTTLED_OVER: "rate ok",
    Kind.API: "API change", Kind.HUNG_OVER: "hang ended", Kind.LATCHED_OVER: "latch ended",
    Kind.WAITING_OVER: "wait ended", Kind.STRAGGLER_OVER: "caught up", Kind.UNUSED: "unused GPU",
    Kind.UNUSED_OVER: "GPU used", Kind.MISSING: "missing GPU", Kind.MISSING_OVER: "GPU back", Kind.VRAM: "GPU memory",
    Kind.VRAM_OVER: "GPU mem. ok", Kind.LOST: "no container", Kind.LOST_OVER: "back up",
    Kind.LEASE_DUE: "timer due", Kind.LEASE_DUE_OVER: "timer over", Kind.IDLE_STOP: "auto-stop",
    Kind.IDLE_STOP_OVER: "stop over", Kind.ZOMBIE: "old stopped", Kind.ORPHAN: "orphan vol.",
    Kind.NOT_FINITE: "loss NaN",
}  # fmt: skip
"""Kinds that the screen words differently: files keep the value that they were written with."""


ENDS = {
    Kind.IDLE: Kind.IDLE_OVER, Kind.LOOP: Kind.LOOP_OVER, Kind.BOOT: Kind.BOOT_OVER,
    Kind.ZERO_GPU: Kind.ZERO_GPU_OVER, Kind.MAINTENANCE: Kind.MAINTENANCE_OVER, Kind.RUNWAY: Kind.RUNWAY_OVER,
    Kind.BALANCE: Kind.BALANCE_OVER, Kind.UNREADABLE: Kind.UNREADABLE_OVER, Kind.OUTAGE: Kind.OUTAGE_OVER,
    Kind.THROTTLED: Kind.THROTTLED_OVER, Kind.ALERTS_OFF: Kind.ALERTS_ON, Kind.ENDED: Kind.ENDED_OVER,
    Kind.HUNG: Kind.HUNG_OVER, Kind.LATCHED: Kind.LATCHED_OVER, Kind.WAITING: Kind.WAITING_OVER,
    Kind.STRAGGLER: Kind.STRAGGLER_OVER, Kind.UNUSED: Kind.UNUSED_OVER, Kind.UNDER: Kind.UNDER_OVER,
    Kind.MISSING: Kind.MISSING_OVER, Kind.VRAM: Kind.VRAM_OVER, Kind.HOT: Kind.HOT_OVER,
    Kind.CAPPED: Kind.CAPPED_OVER, Kind.MEMORY: Kind.MEMORY_OVER, Kind.LOST: Kind.LOST_OVER,
    Kind.SPEND_LIMIT: Kind.SPEND_LIMIT_OVER, Kind.UNWATCHED: Kind.UNWATCHED_OVER,
    Kind.KEY_REFUSED: Kind.KEY_REFUSED_OVER, Kind.LEASE_DUE: Kind.LEASE_DUE_OVER,
    Kind.IDLE_STOP: Kind.IDLE_STOP_OVER,
    Kind.NOT_FINITE: Kind.NOT_FINITE_OVER, Kind.DIVERGED: Kind.DIVERGED_OVER, Kind.PLATEAU: Kind.PLATEAU_OVER,
    Kind.STALLED: Kind.STALLED_OVER, Kind.RUN_ERROR: Kind.RUN_ERROR_OVER, Kind.FINISHED: Kind.FINISHED_OVER,
    Kind.DISK: Kind.DISK_OVER,
}  # fmt: skip
"""Lasting conditions, and the kind that reports their end."""


UNJUDGED = "no longer judged"
"""How the text of such an end begins."""

BY_STATUS = "pod "
"""How the text of such an end begins if another status of the pod brought it about."""

TIMER = "auto-stop timer"
"""What the text of an action begins with, before its verb, if podtop's timer requested it."""

ENDS_A_RUN = (Kind.STOPPED, Kind.OUTBID, Kind.GONE)
"""Events after which restarts of a pod's container before them are no longer a crash loop."""


class Event(Struct, frozen=True, gc=False):
    """One thing that happened to a pod, in words, at an instant (epoch seconds)."""

    at: float
    pod: str
    kind: Kind
    text: str

    @property
    def is_unjudged(self) -> bool:
        """Whether it is the end of an alert that is not judged any more: what it warned of may last."""
        return self.text.startswith(UNJUDGED)

    @property
    def word(self) -> str:
        """What happened, on the screen, in at most 12 characters."""
        return "not judged" if self.is_unjudged else self.kind.word


def between(key: str, old: Pod | None, new: Pod | None, before: float, at: float) -> tuple[Event, ...]:
    """The events of a pod from `before`, when it was `old`, to `at`; None is a pod that does not exist."""
    if new is None:
        return () if old is None else (Event(at, key, Kind.GONE, "no longer on the account"),)
    if old is None:
        when, reason = _said(new, before, at)
        return (Event(when, key, Kind.NEW, reason or "first seen"),)
    if old.status != new.status and not (pod_health.is_on(old) and pod_health.is_on(new)):
        when, reason = _said(new, before, at)
        return (Event(when, key, _kind(new), reason or f"{old.status.lower()} to {new.status.lower()}"),)
    if not pod_health.is_on(new):
        return ()
    if old.runtime is None and new.runtime is not None:
        return (Event(at, key, Kind.UP, "container started"),)
    if old.runtime is not None and new.runtime is None:
        return (Event(at, key, Kind.DOWN, "container down (still billed)"),)
    if is_reset(old, new, at - before):
        return (Event(at, key, Kind.RESTART, "container restarted"),)
    return ()


def is_reset(old: Pod, new: Pod, passed: float) -> bool:
    """True when the uptime fell back though the pod kept running: a crash, or a restart by hand."""
    if old.runtime is None or new.runtime is None or old.runtime.uptime is None or new.runtime.uptime is None:
        return False
    # RunPod gives a container that does not run yet a negative uptime, another one in each response.
    return old.runtime.uptime > 0 and new.runtime.uptime + RESET_SLACK < old.runtime.uptime + passed


def _kind(pod: Pod) -> Kind:
    match pod_health.phase(pod):
        case pod_health.Phase.OUTBID:
            return Kind.OUTBID
        case pod_health.Phase.STOPPED:
            return Kind.STOPPED
        case pod_health.Phase.ERROR:
            return Kind.FAILED
        case pod_health.Phase.ENDED:
            return Kind.GONE
        case pod_health.Phase.RUNNING | pod_health.Phase.BOOTING:
            return Kind.RUNNING
        case _:
            return Kind.STATUS


def _said(pod: Pod, before: float, at: float) -> tuple[float, str]:
    """When and why, by RunPod's status change if it is of this time, else the instant of the poll."""
    change = pod.status_change
    if change is None:
        return at, ""
    if change.at is not None and before < change.at <= at:
        return change.at, change.what
    return at, change.what
