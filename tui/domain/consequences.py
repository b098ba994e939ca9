"""The effects of an action, in words for its dialog: on money, on data, on what can be done later. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui.api.enums import ComputeKind
from tui.api.features import Feature
from tui.domain import costs, offered, pod_costs, pod_health, upkeep
from tui.domain.action import Command, Consent, PodAction, Point, State, is_spot
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.domain.operations import Operation


# Pods do not report its size.
_NETWORK = f" (${pod_costs.NETWORK_FIRST_TB:.2f}/GB/month)"


class Subject(Struct, frozen=True):
    """One pod of a dialog.

    line: what it is and does now.
    key:  everything on which the decision rests: when this has changed, the user is asked again.
    """

    pod: Pod
    line: str
    key: tuple[object, ...]


class Case(Struct, frozen=True):
    """The content of a dialog.

    skipped: pods that it leaves out, and why.
    typed:   what has to be typed; empty if a key is enough.
    count, bid, name: what is proposed where the user can choose, as text.
    fixed:   whether the API starts pods only with the GPUs that they had: there is no count to choose.
    """

    action: PodAction
    subjects: tuple[Subject, ...]
    skipped: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]
    typed: str
    count: str = ""
    bid: str = ""
    name: str = ""
    fixed: bool = False

    @property
    def title(self) -> str:
        verb = self.action.verb.capitalize()
        return f"{verb} {self.subjects[0].pod.name}" if len(self.subjects) == 1 else f"{verb} {len(self.subjects)} pods"

    @property
    def key(self) -> tuple[object, ...]:
        return tuple(subject.key for subject in self.subjects)

    def key_for(self, asked: Sequence[Command]) -> tuple[object, ...]:
        """On what the decision to send exactly this rests: also on how many of the requested GPUs are free."""
        counts = {command.pod: command.gpu_count for command in asked}
        return (*self.key, *(_within(_free(subject.pod), counts.get(subject.pod.id)) for subject in self.subjects))


def case(
    action: PodAction,
    ids: Sequence[str],
    pods: Mapping[str, Pod | None],
    operations: Mapping[str, Operation],
    funds: Funds | None,
    lacks: frozenset[Feature] = offered.NOTHING,
) -> Case:
    """The dialog of an action on these pods as they are now; those it makes no sense for are left out, and named.

    pods: what is known of each; None for an unreadable one. lacks: what the API does not offer.
    """
    fixed = "gpus" in action.asks and Feature.GPU_COUNT in lacks
    subjects: list[Subject] = []
    skipped: list[tuple[str, str]] = []
    for key in ids:
        pod = pods.get(key)
        if key in operations:
            skipped.append((operations[key].name or key, f"already {operations[key].word}; wait for that to finish"))
        elif key not in pods:
            skipped.append((key, "no longer on the account"))
        elif pod is None:
            skipped.append((key, "unreadable in RunPod's response; podtop does not act on it"))
        elif (why := action.refuse(pod)) is not None:
            skipped.append((pod.name or key, why))
        else:
            subjects.append(Subject(pod, describe(pod), (*_key(action, pod), fixed)))
    chosen = [subject.pod for subject in subjects]
    alone = chosen[0] if len(chosen) == 1 else None
    typed = ""
    if action.consent is Consent.NAME and chosen:
        typed = (alone.name.strip() or alone.id) if alone else str(len(chosen))
    count = str(alone.gpu_count or 1) if alone and "gpus" in action.asks and not fixed else ""
    bid = _bid_text(alone.lowest_bid_to_resume) if alone and "bid" in action.asks else ""
    name = alone.name if alone and "name" in action.asks else ""
    draft = Case(action, tuple(subjects), tuple(skipped), (), typed, count, bid, name, fixed)
    return replace(draft, points=points(draft, commands(draft, count, bid), funds)) if chosen else draft


def _key(action: PodAction, pod: Pod) -> tuple[object, ...]:
    return (
        pod.id, pod.name, pod.status, pod.kind, pod.gpu_count, pod.cost_per_hr, pod.locked, pod.volume_gb,
        pod.network_volume_id, pod.status_change,
        (_within(_free(pod), pod.gpu_count), pod.lowest_bid_to_resume) if action.starts else None,
        upkeep.will_refuse(action, pod),
    )  # fmt: skip


def _within(free: int | None, wanted: int | None) -> int | None:
    """How many of the wanted GPUs are free; None if that is unknown, or none is wanted."""
    return None if free is None or wanted is None else min(free, wanted)


def describe(pod: Pod) -> str:
    """A pod in one line: what it is, what it does, its cost."""
    gpu = pod.machine.gpu_name if pod.machine and pod.machine.gpu_name else ComputeKind.GPU
    hardware = f"{pod.gpu_count}×{gpu}" if pod.gpu_count else "no GPU"
    word = pod_health.status_word(pod, pod_health.phase(pod))
    up = pod.runtime.uptime if pod_health.is_live(pod) and pod.runtime else None
    parts = [hardware, f"{word} {fmt.duration(up)}" if up is not None else word]
    parts += [f"{fmt.money(pod.cost_per_hr)}/h"] if pod_health.is_on(pod) else []
    parts += ["spot"] if is_spot(pod) else []
    parts += [f"cluster {pod.cluster_id}"] if pod.cluster_id else []
    return " · ".join((*parts, "LOCKED") if pod.locked else parts)


def _bid_text(lowest: float | None) -> str:
    return "" if lowest is None or not math.isfinite(lowest) else f"{math.ceil(lowest * 10_000 - 1e-6) / 10_000:g}"


def _whole(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 4 else None


def _dollars(text: str) -> float | None:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 < value < 1000 else None


def faults(case: Case, count: str, bid: str, name: str = "") -> dict[str, str]:
    """The faults in what was typed, by input."""
    by_input: dict[str, str] = {}
    if "name" in case.action.asks and (fault := upkeep.name_fault(name, case.name)):
        by_input["name"] = fault
    if case.count and len(case.subjects) == 1:
        number, most = _whole(count), max(case.subjects[0].pod.gpu_count, _free(case.subjects[0].pod) or 0, 1)
        least = 1 if "bid" in case.action.asks else 0
        if number is None or not least <= number <= max(most, 8):
            by_input["gpus"] = f"GPUs: enter a whole number from {least} to {max(most, 8)}"
    if "bid" in case.action.asks and len(case.subjects) == 1:
        dollars, lowest = _dollars(bid), case.subjects[0].pod.lowest_bid_to_resume
        if dollars is None:
            by_input["bid"] = "Bid: enter dollars per GPU per hour, such as 0.25"
        elif lowest is not None and dollars < lowest:
            by_input["bid"] = f"Bid: RunPod requires at least ${_bid_text(lowest)}"
    elif "bid" in case.action.asks and any(s.pod.lowest_bid_to_resume is None for s in case.subjects):
        by_input["bid"] = "RunPod reports no lowest bid; bid for one pod at a time"
    return by_input


def commands(case: Case, count: str, bid: str, name: str = "") -> tuple[Command, ...]:
    """The commands as chosen; several pods keep their numbers of GPUs, and bid what each requires."""
    alone = len(case.subjects) == 1
    list_of_commands = []
    for subject in case.subjects:
        pod = subject.pod
        gpus = offer = None
        if "gpus" in case.action.asks:
            gpus = _whole(count) if alone and not case.fixed else pod.gpu_count or 1
        if "bid" in case.action.asks:
            offer = _dollars(bid) if alone else _dollars(_bid_text(pod.lowest_bid_to_resume))
        text = name.strip() if "name" in case.action.asks else None
        list_of_commands.append(Command(case.action.id, pod.id, pod.name, gpus, offer, text=text))
    return tuple(list_of_commands)


def points(case: Case, asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """All consequences, those for money first."""
    pods = [subject.pod for subject in case.subjects]
    had = upkeep.of_fixed_gpus(pods) if case.fixed else ()
    return (*case.action.consequences(pods, asked, funds), *had, *upkeep.refusals(case.action, pods))


def unseen(case: Case, hidden: Collection[str]) -> tuple[Point, ...]:
    """The notice that some of the pods were selected before a filter hid them, and which."""
    pods = [subject.pod for subject in case.subjects if subject.pod.id in hidden]
    if not pods:
        return ()
    which = "This pod is" if len(case.subjects) == 1 else f"{len(pods)} of these are"
    return (Point("hidden", f"{which} selected but hidden by the filter: {_names(pods)}.", "bad"),)


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
        none = "No volume" if len(pods) == 1 else f"No volume on {_names(without)}"
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
    which = f"Member of cluster {members[0].cluster_id}" if len(pods) == 1 else f"{_names(members)}: in a cluster"
    return (Point("cluster", f"{which}: RunPod will refuse; terminate the cluster in its console.", "bad"),)


def _stop_later(pods: Sequence[Pod]) -> tuple[Point, ...]:
    free = _free(pods[0]) if len(pods) == 1 else None
    host = f" Its host has {free or 'no'} other free GPU{'s' * (free != 1)} now." if free is not None else ""
    text = f"Others may rent the GPUs; resuming may then fail or start with no GPU.{host}"
    points = [Point("later", text, "muted")]
    if any(is_spot(pod) for pod in pods):
        points.append(Point("", "Spot: resuming requires a new bid (B).", "muted"))
    elif any(pod.kind is None for pod in pods):
        points.append(Point("", "Spot or on demand is not known: a spot pod resumes with a new bid only.", "muted"))
    if any(pod.locked for pod in pods):
        points.append(Point("", "Locked on RunPod, which may refuse.", "warn"))
    if booting := [pod for pod in pods if pod_health.is_booting(pod)]:
        points.append(Point("", f"{_names(booting)}: still booting (billed).", "warn"))
    if moving := [pod for pod in pods if not pod_health.is_on(pod)]:
        points.append(Point("", f"{_names(moving)}: {moving[0].status.lower()} now; that may end on its own.", "warn"))
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
        who = "It has" if len(pods) == 1 else "None has" if len(bare) == len(pods) else f"{_names(bare)}:"
        none = "no network volume" if len(pods) == 1 or len(bare) < len(pods) else "a network volume"
        points.append(Point("", f"{who} {none}; nothing will remain.", "bad"))
    if networked:
        alone = f"Its network volume stays and is billed{_NETWORK}."
        several = f"The network volumes of {_names(networked)} stay and are billed{_NETWORK}."
        points.append(Point("", alone if len(pods) == 1 else several, "warn"))
    return tuple(points)


def _start_money(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    prices = [_start_cost(pod, command) for pod, command in zip(pods, asked, strict=True)]
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


def _start_cost(pod: Pod, command: Command) -> float | None:
    if command.bid is not None:
        return command.bid * command.gpu_count if command.gpu_count is not None else None
    if command.gpu_count == 0:
        return 0.0
    if not pod.cost_per_hr or not pod.gpu_count or command.gpu_count is None:
        return None
    return pod.cost_per_hr / pod.gpu_count * command.gpu_count


def _free(pod: Pod) -> int | None:
    return pod.machine.gpu_available if pod.machine else None


def _start_later(pods: Sequence[Pod], asked: Sequence[Command]) -> tuple[Point, ...]:
    points: list[Point] = []
    for pod, command in zip(pods, asked, strict=True):
        who = "Its host" if len(pods) == 1 else f"{pod.name}: its host"
        free, count = _free(pod), command.gpu_count
        if command.bid is not None:
            lowest = pod.lowest_bid_to_resume
            text = "RunPod reports no lowest bid." if lowest is None else ""
            points.append(
                Point("", text or f"Lowest bid now: ${_bid_text(lowest)}/h per GPU.", "text" if lowest else "warn")
            )
        elif count == 0:
            points.append(Point("later", "With 0 GPUs it starts for data access only.", "warn"))
        elif free is None:
            points.append(Point("later", f"{who} may have no free GPU: RunPod does not report the number.", "muted"))
        elif count is not None and free < count:
            short = f"{who} has {free} of {count} GPUs free: RunPod will refuse or start it with no GPU."
            points.append(Point("later", short, "bad"))
        else:
            points.append(Point("later", f"{who} has {free} GPU{'s' * (free != 1)} free: enough for now.", "good"))
    if any(command.bid is not None for command in asked):
        points.append(Point("later", "Anyone who outbids you can take the GPUs at any time.", "muted"))
    return tuple(points)


def _names(pods: Sequence[Pod]) -> str:
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
