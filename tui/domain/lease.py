"""podtop's own lease: stop or terminate a pod at an instant, since RunPod does not enforce its own timers. Pure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

WARNING = 600.0
"""Seconds between a warning and the end it warns of: also if the time ran out while nobody watched."""

LOST_AFTER = 300.0
"""Seconds after which an action that was sent and does not show has to be reported."""


class Lease(Struct, frozen=True):
    """The action scheduled for one pod, and when.

    action:    "stop" or "terminate".
    ends:      the instant; never sooner than `WARNING` after the user was warned.
    warned_at: when the user was warned of this end; None if not yet.
    sent_at:   when the action was sent: it is never sent again.
    """

    pod: str
    name: str
    action: str
    ends: float
    set_at: float
    warned_at: float | None = None
    sent_at: float | None = None


class Step(StrEnum):
    """The next step for a lease."""

    WAIT = "wait"
    WARN = "warn"
    ACT = "act"
    LOST = "lost"
    OVER = "over"


def begun(pod: str, name: str, action: str, ends: float, now: float) -> Lease:
    """A lease that the user sets, who knows of an end that is near: no warning is needed then. For one that is over by
    now, as when podtop was not running, a warning follows."""
    return Lease(pod, name, action, ends, now, ends - WARNING if 0 < ends - now <= WARNING else None)


def step(lease: Lease, is_over: bool, is_readable: bool, now: float) -> Step:
    """The next step, by a fresh response of RunPod.

    is_over:     whether the pod is gone, or in the state that the lease's action leads to.
    is_readable: whether RunPod showed the pod in a form that podtop knows.
    """
    if is_over:
        return Step.OVER
    if not is_readable:
        return Step.WAIT
    if lease.sent_at is not None:
        return Step.LOST if now - lease.sent_at >= LOST_AFTER else Step.WAIT
    if lease.warned_at is None:
        return Step.WARN if now >= lease.ends - WARNING else Step.WAIT
    return Step.ACT if now >= acts_at(lease) else Step.WAIT


def acts_at(lease: Lease) -> float:
    """The instant at which it acts, as things are."""
    return lease.ends if lease.warned_at is None else max(lease.ends, lease.warned_at + WARNING)
