"""What stopping, terminating and starting pods does: to money, to data, to what can be done later. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.domain import costs, offered, pod_costs, pod_health
from tui.domain.action import Command, Point, State, has_bids, is_spot
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod

# Pods do not report its size.
_NETWORK = f" (${pod_costs.NETWORK_FIRST_TB:.2f}/GB/month)"


def bid_text(lowest: float | None) -> str:
    """The lowest bid as it is put into the input, rounded up; empty if there is none."""
    return "" if lowest is None or not math.isfinite(lowest) else f"{math.ceil(lowest * 10_000 - 1e-6) / 10_000:g}"


def _runway(funds: Funds | None, change: float | None) -> str:
    """The effect on the runway when spending changes by `change` dollars per hour."""
    if pod_health.is_postpaid(funds):
        return f" {offered.AFTERWARDS.capitalize()}: no runway."
    now = pod_health.runway(funds)
    if funds is None or funds.balance is None or now is None:
        return ""
    if funds.balance < 0:
        return f" The account {fmt.balance(funds.balance)}."
    after = costs.runway(funds, change)
    return f" Runway {fmt.runway(now)} → {'unknown' if after is None else fmt.runway(after)}."


def _saves(change: float | None, pods: Sequence[Pod]) -> str:
    """By how much spending falls, or rises; what is unknown is reported as such, and is no zero."""
    if change is None:
        gpus = costs.total(pod.cost_per_hr for pod in _running(pods))
        if gpus is None:
            return "Saves an unknown amount: RunPod does not report the price."
        alone = f": {_hourly(gpus)} for GPUs, but RunPod does not report all disk sizes" if gpus else ""
        return f"Saves an unknown amount{alone}."
    return f"Costs {_hourly(change)} more." if change > 0 else f"Saves {_hourly(-change)}, disks included."


def _hourly(value: float | None) -> str:
    if value is None:
        return "an unknown price"
    return f"{fmt.money(value, 3 if 0 < value < 0.1 else 2)}/h"


def _running(pods: Iterable[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod_health.is_on(pod)]


def _stop_money(pods: Sequence[Pod], funds: Funds | None) -> tuple[Point, ...]:
    storage = costs.total(costs.per_hr(pod, State.STOPPED) for pod in pods)
    size = costs.total(pod.volume_gb for pod in pods)
    change = costs.change(pods, State.STOPPED)
    first = Point("money", f"{_saves(change, pods)}{_runway(funds, change)}")
    if size == 0:
        volumes = "network volume" if len(pods) == 1 else "network volumes"
        rest = f"{volumes} still billed{_NETWORK}." if any(p.network_volume_id for p in pods) else ""
        rest = rest or "nothing is billed while stopped."
        return (first, Point("", f"No volume disk; {rest}", "muted"))
    volume, stay, cost = ("The volume disk", "stays", "costs") if len(pods) == 1 else ("Volume disks", "stay", "cost")
    gigabytes = "" if size is None else f" ({size:,.0f} GB)"
    month = "" if storage is None else f" ({fmt.money(storage * pod_costs.MONTH_HOURS)}/month)"
    return (
        first,
        Point("", f"{volume}{gigabytes} {stay} and {cost} {_hourly(storage)}{month} while stopped.", "warn"),
    )


def _stop_data(pods: Sequence[Pod]) -> tuple[Point, ...]:
    without = [pod for pod in pods if pod.volume_gb == 0 and not pod.network_volume_id]
    if without:
        none = "No volume" if len(pods) == 1 else f"No volume on {names_of(without)}"
        survives = "NOTHING on it survives." if len(without) == 1 else "NOTHING on them survives."
        return (Point("data", f"{_wiped(pods)}. {none}: {survives}", "bad"),)
    return (Point("data", f"{_wiped(pods)}; volumes stay." if len(pods) > 1 else _stays(pods[0])),)


def _wiped(pods: Sequence[Pod]) -> str:
    return "The container disk is wiped" if len(pods) == 1 else "The container disks are wiped"


def _stays(pod: Pod) -> str:
    disk = "the network volume" if pod.network_volume_id else "the volume disk"
    return f"{_wiped((pod,))}; {disk} stays."


def _together(pods: Sequence[Pod]) -> tuple[Point, ...]:
    """That a member of a cluster is not deleted alone: RunPod answers 409 (REST v2)."""
    members = [pod for pod in pods if pod.cluster_id]
    if not members:
        return ()
    which = f"Member of cluster {members[0].cluster_id}" if len(pods) == 1 else f"{names_of(members)}: in a cluster"
    return (Point("cluster", f"{which}: RunPod will refuse; terminate the cluster in its console.", "bad"),)


_NO_BIDS = "this API has no bids; RunPod may refuse to resume it, or start it at the price on demand."


def _stop_later(pods: Sequence[Pod]) -> tuple[Point, ...]:
    free = free_gpus(pods[0]) if len(pods) == 1 else None
    host = f" Its host has {free or 'no'} other free GPU{'s' * (free != 1)} now." if free is not None else ""
    text = f"Others may rent the GPUs; resuming may then fail or start with no GPU.{host}"
    points = [Point("later", text, "muted")]
    if any(is_spot(pod) for pod in pods):
        bids = any(has_bids(pod) for pod in pods)
        text = "Spot: resuming requires a new bid (B)." if bids else f"Spot: {_NO_BIDS}"
        points.append(Point("", text, "muted" if bids else "warn"))
    elif any(pod.kind is None for pod in pods):
        points.append(Point("", "Spot or on demand is not known: a spot pod resumes with a new bid only.", "muted"))
    if any(pod.locked and pod.verbs is None for pod in pods):
        # Where RunPod reports what it accepts, it is known that it will.
        points.append(Point("", "Locked on RunPod, which may refuse.", "warn"))
    if booting := [pod for pod in pods if pod_health.is_booting(pod)]:
        points.append(Point("", f"{names_of(booting)}: still booting (billed).", "warn"))
    if moving := [pod for pod in pods if not pod_health.is_on(pod)]:
        points.append(
            Point("", f"{names_of(moving)}: {moving[0].status.lower()} now; that may end on its own.", "warn")
        )
    return tuple(points)


def _terminate_money(pods: Sequence[Pod], funds: Funds | None) -> tuple[Point, ...]:
    change = costs.change(pods, State.GONE)
    return (Point("money", f"{_saves(change, pods)}{_runway(funds, change)}"),)


def _terminate_data(pods: Sequence[Pod]) -> tuple[Point, ...]:
    size = costs.total(pod.volume_gb for pod in pods)
    if size == 0:
        first = "The container disk is destroyed." if len(pods) == 1 else "The container disks are destroyed."
    else:
        which, them = ("Its volume disk", "it") if len(pods) == 1 else ("Their volume disks", "them")
        gigabytes = "" if size is None else f" ({size:,.0f} GB)"
        first = f"{which}{gigabytes} and all data on {them} are DESTROYED."
    networked = [pod for pod in pods if pod.network_volume_id]
    points = [Point("data", f"{first} This cannot be undone.", "bad")]
    if len(networked) < len(pods):
        bare = [pod for pod in pods if not pod.network_volume_id]
        who = "It has" if len(pods) == 1 else "None has" if len(bare) == len(pods) else f"{names_of(bare)}:"
        none = "no network volume" if len(pods) == 1 or len(bare) < len(pods) else "a network volume"
        points.append(Point("", f"{who} {none}; nothing will remain.", "bad"))
    if networked:
        alone = f"Its network volume stays and is billed{_NETWORK}."
        several = f"The network volumes of {names_of(networked)} stay and are billed{_NETWORK}."
        points.append(Point("", alone if len(pods) == 1 else several, "warn"))
    return tuple(points)


def _start_money(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    prices = [start_cost(pod, command) for pod, command in zip(pods, asked, strict=True)]
    gpus = costs.total(prices)
    if gpus is None:
        return (Point("money", "Cost unknown: RunPod does not report it.", "warn"),)
    change = costs.change(pods, State.RUNNING, prices)
    cost = costs.total(costs.per_hr(pod, State.RUNNING, price) for pod, price in zip(pods, prices, strict=True))
    if cost is None:
        text = f"Costs {_hourly(gpus)} for GPUs; the disk cost is unknown.{_runway(funds, None)}"
        points = [Point("money", text, "warn")]
    else:
        text = f"Costs {_hourly(cost)} ({fmt.money(cost * 24)}/day), disks included.{_runway(funds, change)}"
        points = [Point("money", text)]
    if funds is not None and costs.is_short(funds, gpus):
        short = f"The balance ({fmt.balance(funds.balance)}) covers less than 1 h: RunPod will refuse."
        points.append(Point("", short, "bad"))
    return tuple(points)


def start_cost(pod: Pod, command: Command) -> float | None:
    """Dollars per hour that starting a pod costs for its GPUs; None if unknown."""
    if command.bid is not None:
        return command.bid * command.gpu_count if command.gpu_count is not None else None
    if command.gpu_count == 0:
        return 0.0
    if not pod.cost_per_hr or not pod.gpu_count or command.gpu_count is None:
        return None
    return pod.cost_per_hr / pod.gpu_count * command.gpu_count


def free_gpus(pod: Pod) -> int | None:
    """How many of its GPUs are free on its machine; None if unknown."""
    return pod.machine.gpu_available if pod.machine else None


def _start_later(pods: Sequence[Pod], asked: Sequence[Command]) -> tuple[Point, ...]:
    points: list[Point] = []
    for pod, command in zip(pods, asked, strict=True):
        who = "Its host" if len(pods) == 1 else f"{pod.name}: its host"
        free, count = free_gpus(pod), command.gpu_count
        if command.bid is not None:
            lowest = pod.lowest_bid_to_resume
            text = "RunPod reports no lowest bid." if lowest is None else ""
            points.append(
                Point("", text or f"Lowest bid now: ${bid_text(lowest)}/h per GPU.", "text" if lowest else "warn")
            )
        elif count == 0:
            points.append(Point("risk", "With 0 GPUs it starts for data access only.", "warn"))
        elif free is None:
            points.append(Point("risk", f"{who} may have no free GPU: RunPod does not report the number.", "muted"))
        elif count is not None and free < count:
            short = f"{who} has {free} of {count} GPUs free: RunPod will refuse or start it with no GPU."
            points.append(Point("risk", short, "bad"))
        else:
            points.append(Point("now", f"{who} has {free} GPU{'s' * (free != 1)} free: enough for now.", "good"))
    if any(is_spot(pod) and command.bid is None for pod, command in zip(pods, asked, strict=True)):
        points.append(Point("", f"Rented as spot: {_NO_BIDS}", "warn"))
    if any(command.bid is not None for command in asked):
        points.append(Point("later", "Anyone who outbids you can take the GPUs at any time.", "muted"))
    return tuple(points)


def names_of(pods: Sequence[Pod]) -> str:
    """The names of pods; of many, the first."""
    shown = ", ".join(pod.name or pod.id for pod in pods[:3])
    return shown if len(pods) <= 3 else f"{shown} and {len(pods) - 3} more"


def of_stopping(pods: Sequence[Pod], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of stopping these pods."""
    return (*_stop_money(pods, funds), *_stop_data(pods), *_stop_later(pods))


def of_terminating(pods: Sequence[Pod], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of terminating these pods."""
    return (*_together(pods), *_terminate_money(pods, funds), *_terminate_data(pods))


def of_starting(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of starting these pods, with what is requested for each."""
    return (*_start_money(pods, asked, funds), *_start_later(pods, asked))
