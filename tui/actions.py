"""Actions on pods: one table from which keys, footer, help, palette, dialogs, commands and calls are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.cloud import Capability
from tui.api.enums import ENDED, STARTING, PodStatus
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
    is_spot,
)

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Funds, Pod
    from tui.api.orders import DeployOrder, Receipt, RentOrder

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
    return _not_start(pod) or ("a spot pod; resume it with a bid" if is_spot(pod) else None)


def _not_bid(pod: Pod) -> str | None:
    known = "on demand" if pod.kind is not None else "not known to be spot"
    return _not_start(pod) or (None if is_spot(pod) else f"{known}; resume it without a bid")


def _not_terminate(pod: Pod) -> str | None:
    if pod.status == PodStatus.TERMINATED:
        return "already terminated"
    return "locked on RunPod; unlock it in the RunPod console first" if pod.locked else None


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


# What is sent


async def _stop(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.stop(command.pod)


async def _resume(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.resume(command.pod, command.gpu_count)


async def _bid(cloud: Cloud, command: Command) -> Receipt:
    return await cloud.bid_resume(command.pod, command.gpu_count or 1, command.bid or 0.0)


async def _terminate(cloud: Cloud, command: Command) -> None:
    await cloud.terminate(command.pod)


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
    from tui.domain import consequences

    return consequences.of_stopping(pods, funds)


def _start_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import consequences

    return consequences.of_starting(pods, asked, funds)


def _end_consequences(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    from tui.domain import consequences

    return consequences.of_terminating(pods, funds)


ACTIONS = (
    PodAction(
        id="stop", key="S", verb="stop", doing="stopping", done="stopped",
        help="Stop pod (volume stays, billed)",
        command="stop pods (asks for confirmation)",
        leads=State.STOPPED, consent=Consent.PRESS,
        refuse=_not_stop, consequences=_stop_consequences, call=_stop, reached=of_pod(_stopped),
    ),
    PodAction(
        id="resume", key="R", verb="resume", doing="resuming", done="resumed",
        help="Resume stopped pod",
        command="resume stopped pods (asks for confirmation)",
        leads=State.RUNNING, consent=Consent.PRESS, asks=("gpus",),
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
        id="terminate", key="T", verb="terminate", doing="terminating", done="terminated",
        help="Terminate pod (destroys its disks)",
        command="terminate pods and destroy their disks (asks for confirmation)",
        leads=State.GONE, consent=Consent.NAME,
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


def rental(order: DeployOrder | RentOrder) -> Command:
    """The command that rents a pod. Its name must be unique: by it the pod is found when the response is lost."""
    from tui.api.orders import RentOrder

    return Command("rent" if isinstance(order, RentOrder) else "deploy", NEW_POD, order.name, order=order)
