"""The effects of an action, in words for its dialog: on money, on data, on what can be done later. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui.api.enums import ComputeKind
from tui.api.features import Feature
from tui.domain import offered, pod_health, upkeep
from tui.domain.action import Command, Consent, PodAction, Point, is_spot
from tui.domain.effects import bid_text, free_gpus, names_of
from tui.format import numbers as fmt
from tui.format.digits import whole_number

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.domain.operations import Operation


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
        return (*self.key, *(_within(free_gpus(subject.pod), counts.get(subject.pod.id)) for subject in self.subjects))


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
    bid = bid_text(alone.lowest_bid_to_resume) if alone and "bid" in action.asks else ""
    name = alone.name if alone and "name" in action.asks else ""
    draft = Case(action, tuple(subjects), tuple(skipped), (), typed, count, bid, name, fixed)
    return replace(draft, points=points(draft, commands(draft, count, bid), funds)) if chosen else draft


def _key(action: PodAction, pod: Pod) -> tuple[object, ...]:
    return (
        pod.id, pod.name, pod.status, pod.kind, pod.gpu_count, pod.cost_per_hr, pod.locked, pod.volume_gb,
        pod.network_volume_id, pod.status_change,
        (_within(free_gpus(pod), pod.gpu_count), pod.lowest_bid_to_resume) if action.starts else None,
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


def _whole(text: str) -> int | None:
    return whole_number(text.strip(), 3)


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
        number, most = _whole(count), max(case.subjects[0].pod.gpu_count, free_gpus(case.subjects[0].pod) or 0, 1)
        least = 1 if "bid" in case.action.asks else 0
        if number is None or not least <= number <= max(most, 8):
            by_input["gpus"] = f"GPUs: enter a whole number from {least} to {max(most, 8)}"
    if "bid" in case.action.asks and len(case.subjects) == 1:
        dollars, lowest = _dollars(bid), case.subjects[0].pod.lowest_bid_to_resume
        if dollars is None:
            by_input["bid"] = "Bid: enter dollars per GPU per hour, such as 0.25"
        elif lowest is not None and dollars < lowest:
            by_input["bid"] = f"Bid: RunPod requires at least ${bid_text(lowest)}"
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
            offer = _dollars(bid) if alone else _dollars(bid_text(pod.lowest_bid_to_resume))
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
    return (Point("hidden", f"{which} selected but hidden by the filter: {names_of(pods)}.", "bad"),)
