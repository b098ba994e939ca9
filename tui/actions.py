"""What can be done to a pod: one table of which keys, footer, help, palette, dialogs and calls are made."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.api.models import Pod

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Pod
    from tui.api.orders import Receipt


class State(StrEnum):
    """What a pod can be led into, as far as money is concerned."""

    RUNNING = "running"
    STOPPED = "stopped"
    GONE = "gone"


class Consent(StrEnum):
    """How much a person has to do before an action is sent."""

    PRESS = "press"
    NAME = "name"


class Command(Struct, frozen=True):
    """One action on one pod, with all that is sent for it. `bid` is in dollars per GPU and hour."""

    action: str
    pod: str
    name: str
    gpu_count: int | None = None
    bid: float | None = None

    @property
    def inputs(self) -> dict[str, object]:
        """What is sent beside the pod's id."""
        values: dict[str, object] = {"gpuCount": self.gpu_count, "bidPerGpu": self.bid}
        return {name: value for name, value in values.items() if value is not None}


class Action(Struct, frozen=True):
    """One thing that can be done to a pod.

    id:      also the stable id of its binding, after "act.".
    doing:   what a row says while it is under way.
    done:    what is said when it is over, of the pod.
    help:    a sentence for the help.
    leads:   what the pod is billed as afterwards: by it dialogs tell what becomes of money and data.
    consent: how it is confirmed.
    asks:    what the dialog lets a person choose: "gpus", "bid".
    refuse:  why it makes no sense for a pod now, in words; None where it does.
    reached: whether a pod, or its absence, is what the action leads to.
    call:    the one request that does it.
    """

    id: str
    key: str
    verb: str
    doing: str
    done: str
    help: str
    leads: State
    consent: Consent
    asks: tuple[str, ...]
    refuse: Callable[[Pod], str | None]
    reached: Callable[[Pod | None], bool]
    call: Callable[[Cloud, Command], Awaitable[Receipt | None]]


SPOT = ("INTERRUPTABLE", "BID")
_OVER = ("EXITED", "DEAD", "TERMINATED")


def is_spot(pod: Pod) -> bool:
    """Whether a pod is interruptible: it runs for a bid."""
    return pod.kind in SPOT


def _not_stop(pod: Pod) -> str | None:
    if pod.status == "TERMINATED":
        return "it is terminated"
    return "it is stopped already" if pod.status in _OVER else None


def _not_start(pod: Pod) -> str | None:
    if pod.status == "TERMINATED":
        return "it is terminated"
    if pod.status == "RUNNING":
        return "it runs already"
    return None if pod.status in _OVER else f"it is in transition ({pod.status.lower()}): wait until it is stopped"


def _not_resume(pod: Pod) -> str | None:
    return _not_start(pod) or ("it is interruptible: it is resumed with a bid" if is_spot(pod) else None)


def _not_bid(pod: Pod) -> str | None:
    return _not_start(pod) or (None if is_spot(pod) else "it is on demand and takes no bid: it is resumed without one")


def _not_terminate(pod: Pod) -> str | None:
    if pod.status == "TERMINATED":
        return "it is terminated already"
    return "RunPod holds it locked: unlock it in RunPod's console first" if pod.locked else None


def _stopped(pod: Pod | None) -> bool:
    return pod is None or pod.status in _OVER


def _runs(pod: Pod | None) -> bool:
    return pod is not None and pod.status == "RUNNING"


def _gone(pod: Pod | None) -> bool:
    return pod is None or pod.status == "TERMINATED"


async def _stop(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.stop(command.pod)


async def _resume(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.resume(command.pod, command.gpu_count)


async def _bid(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.bid_resume(command.pod, command.gpu_count or 1, command.bid or 0.0)


async def _terminate(cloud: Cloud, command: Command) -> None:
    await cloud.terminate(command.pod)


ACTIONS = (
    Action(
        "stop", "S", "stop", "stopping", "stopped",
        "Stop; the volume stays, and is billed",
        State.STOPPED, Consent.PRESS, (), _not_stop, _stopped, _stop,
    ),
    Action(
        "resume", "R", "resume", "resuming", "resumed",
        "Resume a stopped pod",
        State.RUNNING, Consent.PRESS, ("gpus",), _not_resume, _runs, _resume,
    ),
    Action(
        "bid", "B", "bid", "bidding", "resumed",
        "Resume a stopped spot pod with a bid",
        State.RUNNING, Consent.PRESS, ("gpus", "bid"), _not_bid, _runs, _bid,
    ),
    Action(
        "terminate", "T", "terminate", "terminating", "terminated",
        "Terminate: all on it is destroyed",
        State.GONE, Consent.NAME, (), _not_terminate, _gone, _terminate,
    ),
)  # fmt: skip

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}
