"""Actions on pods: one table from which keys, footer, help, palette, dialogs, commands and calls are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.capabilities import Capability
from tui.api.enums import ENDED, STARTING, PodStatus
from tui.api.models import PodVerb
from tui.domain import pod_health
from tui.domain.action import (
    NEW_POD,
    Action,
    Command,
    Consent,
    PodAction,
    Point,
    Seen,
    State,
    Target,
    has_bids,
    is_spot,
)

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Funds, Pod
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.domain.operations import Operation

# Why an action makes no sense


def _not_stop(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "terminated"
    if pod.status == PodStatus.ERROR:
        return "not running (error)"
    return "already stopped" if pod.status in ENDED else None


def _not_start(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "terminated"
    if pod.status in STARTING:
        return "already starting"
    if pod.status == PodStatus.RUNNING:
        return "already running"
    return None if pod.status in ENDED else f"in transition ({pod.status.lower()}); wait until it stops"


def _not_resume(pod: Pod) -> str | None:
    return _not_start(pod) or ("a spot pod; resume it with a bid" if is_spot(pod) and has_bids(pod) else None)


def _not_bid(pod: Pod) -> str | None:
    known = "on demand" if pod.kind is not None else "not known to be spot"
    return _not_start(pod) or (None if is_spot(pod) else f"{known}; resume it without a bid")


def _not_terminate(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "already terminated"
    return "locked on RunPod; unlock it first (U, or in the RunPod console)" if pod.locked else None


def _not_restart(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "terminated"
    if pod.status in ENDED:
        return "stopped; resume it"
    return "still starting" if pod.status in STARTING else None


def _not_patch(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "terminated"
    return "a member of a cluster; RunPod changes it with its cluster only" if pod.cluster_id else None


def _not_lock(pod: Pod) -> str | None:
    return _not_patch(pod) or ("already locked on RunPod" if pod.locked else None)


def _not_unlock(pod: Pod) -> str | None:
    return _not_patch(pod) or (None if pod.locked else "not locked on RunPod")


# Whether it happened


def of_pod(reached: Callable[[Pod | None], bool]) -> Callable[[Seen | None], bool]:
    """A rule for what RunPod shows of a pod, or of none: what cannot be read has reached nothing."""

    def shows(seen: Seen | None) -> bool:
        return reached(None) if seen is None else seen.pod is not None and reached(seen.pod)

    return shows


def _stopped(pod: Pod | None) -> bool:
    return pod is None or pod.status in ENDED


def _runs(pod: Pod | None) -> bool:
    return pod is not None and pod_health.is_on(pod)


def _gone(pod: Pod | None) -> bool:
    return pod is None or pod.status == PodStatus.TERMINATED


def _there(seen: Seen | None) -> bool:
    return seen is not None


def _never(seen: Seen | None) -> bool:
    return False


def _locked(pod: Pod | None) -> bool:
    return pod is not None and pod.locked


def _unlocked(pod: Pod | None) -> bool:
    return pod is not None and not pod.locked


def _restarted(pod: Pod, operation: Operation, seen: float) -> bool:
    """Whether the container is being started, or has been up for less time than has passed since the request."""
    if pod.status in STARTING:
        return True
    if pod.status != PodStatus.RUNNING:
        return False
    if pod.runtime is None or pod.runtime.uptime is None:
        return pod.runtime is None
    # RunPod gives whole seconds.
    return pod.runtime.uptime + 1 < seen - (operation.since or operation.at)


def _renamed(pod: Pod, operation: Operation, seen: float) -> bool:
    return pod.name == operation.text


# What is sent


async def _stop(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.stop(command.pod)


async def _resume(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.resume(command.pod, command.gpu_count)


async def _bid(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.bid_resume(command.pod, command.gpu_count or 1, command.bid or 0.0)


async def _terminate(cloud: Cloud, command: Command) -> None:
    await cloud.terminate(command.pod)


async def _restart(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.restart(command.pod)


async def _lock(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.set_locked(command.pod, True)


async def _unlock(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.set_locked(command.pod, False)


async def _rename(cloud: Cloud, command: Command) -> Receipt:
    if not command.text:
        raise ValueError("the command has no name")
    return await cloud.rename(command.pod, command.text)


async def _order(cloud: Cloud, command: Command) -> Receipt:
    from tui.api.orders import DeployOrder, RentOrder

    match command.order:
        case RentOrder() as order:
            return await cloud.rent(order)
        case DeployOrder() as order:
            return await cloud.deploy(order)
        case None:
            raise ValueError("the command has no order")


# Effects on money and data: texts that only dialogs need, and not the start


def _stop_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import effects

    return effects.of_stopping(pods, funds)


def _start_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import effects

    return effects.of_starting(pods, asked, funds)


def _end_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import effects

    return effects.of_terminating(pods, funds)


def _restart_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import upkeep

    return upkeep.of_restarting(pods, asked, funds)


def _lock_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import upkeep

    return upkeep.of_locking(pods, asked, funds)


def _unlock_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import upkeep

    return upkeep.of_unlocking(pods, asked, funds)


def _rename_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import upkeep

    return upkeep.of_renaming(pods, asked, funds)


ACTIONS = (
    PodAction(
        id="stop", key="S", verb="stop", doing="stopping", done="stopped",
        help="Stop pod (volume stays, billed)",
        command="stop pods (asks for confirmation)",
        leads=State.STOPPED, consent=Consent.PRESS, verb_at_runpod=PodVerb.STOP,
        refuse=_not_stop, consequences=_stop_consequences, call=_stop, reached=of_pod(_stopped),
    ),
    PodAction(
        id="resume", key="R", verb="resume", doing="resuming", done="resumed",
        help="Resume stopped pod",
        command="resume stopped pods (asks for confirmation)",
        leads=State.RUNNING, consent=Consent.PRESS, asks=("gpus",), verb_at_runpod=PodVerb.START,
        refuse=_not_resume, consequences=_start_consequences, call=_resume, reached=of_pod(_runs),
    ),
    PodAction(
        id="bid", key="B", verb="bid", doing="bidding", done="resumed",
        help="Resume stopped spot pod with a bid",
        command="",
        leads=State.RUNNING, consent=Consent.PRESS, asks=("gpus", "bid"), needs=Capability.BID_RESUME,
        refuse=_not_bid, consequences=_start_consequences, call=_bid, reached=of_pod(_runs),
    ),
    PodAction(
        id="restart", key="E", verb="restart", doing="restarting", done="restarted",
        help="Restart pod (wipes the container disk)",
        command="restart running pods (asks for confirmation)",
        leads=None, consent=Consent.PRESS, needs=Capability.RESTART, footer=False, verb_at_runpod=PodVerb.RESTART,
        refuse=_not_restart, consequences=_restart_consequences, call=_restart, reached=_never, shown=_restarted,
    ),
    PodAction(
        id="lock-pod", key="K", verb="lock", doing="locking", done="locked on RunPod",
        help="Lock pod against stop and terminate",
        command="lock pods on RunPod against stop and terminate (asks for confirmation)",
        leads=None, consent=Consent.PRESS, needs=Capability.SET_LOCKED, footer=False,
        refuse=_not_lock, consequences=_lock_consequences, call=_lock, reached=of_pod(_locked),
    ),
    PodAction(
        id="unlock-pod", key="U", verb="unlock", doing="unlocking", done="unlocked on RunPod",
        help="Unlock pod on RunPod",
        command="unlock pods on RunPod (asks for confirmation)",
        leads=None, consent=Consent.PRESS, needs=Capability.SET_LOCKED, footer=False,
        refuse=_not_unlock, consequences=_unlock_consequences, call=_unlock, reached=of_pod(_unlocked),
    ),
    PodAction(
        id="rename", key="f2", verb="rename", doing="renaming", done="renamed",
        help="Rename pod",
        command="",
        leads=None, consent=Consent.TEXT, asks=("name",), needs=Capability.RENAME, footer=False,
        refuse=_not_patch, consequences=_rename_consequences, call=_rename, reached=_never, shown=_renamed,
    ),
    PodAction(
        id="terminate", key="T", verb="terminate", doing="terminating", done="terminated",
        help="Terminate pod (destroys its disks)",
        command="terminate pods and destroy their disks (asks for confirmation)",
        leads=State.GONE, consent=Consent.NAME, verb_at_runpod=PodVerb.TERMINATE,
        refuse=_not_terminate, consequences=_end_consequences, call=_terminate, reached=of_pod(_gone),
    ),
)  # fmt: skip
"""Actions on an existing pod."""

ORDERS = (
    Action(
        id="deploy", target=Target.NEW, verb="deploy", doing="deploying", done="deployed",
        leads=State.RUNNING, call=_order, reached=_there, needs=Capability.DEPLOY,
    ),
    Action(
        id="rent", target=Target.NEW, verb="deploy", doing="deploying", done="deployed",
        leads=State.RUNNING, call=_order, reached=_there, needs=Capability.RENT,
    ),
)  # fmt: skip
"""Actions that create a pod, on demand and with a bid. The form and its question request them."""

BY_ID: Mapping[str, PodAction] = {action.id: action for action in ACTIONS}
EVERY: Mapping[str, Action] = {action.id: action for action in (*ACTIONS, *ORDERS)}


def rental(order: DeployOrder | RentOrder, agreed: float | None = None) -> Command:
    """The command that rents a pod. Its name must be unique: by it the pod is found when the response is lost.

    agreed: dollars per hour that the user was shown; None if no price is known.
    """
    from tui.api.orders import RentOrder

    return Command(
        "rent" if isinstance(order, RentOrder) else "deploy", NEW_POD, order.name, order=order, agreed=agreed
    )
