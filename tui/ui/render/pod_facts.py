"""All data RunPod has about one pod, in words: sections of facts. Pure; `now` and the time zone are arguments.

RunPod's values are data and shown as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import ComputeKind, PodStatus
from tui.api.features import Feature
from tui.config.settings import Ssh
from tui.domain import offered
from tui.domain.pod_costs import MONTH_HOURS, network_volume_per_hr, storage_per_hr
from tui.domain.pod_health import Phase
from tui.format import numbers as fmt
from tui.ui.primitives.facts import MASKED, Fact, Section
from tui.ui.render.facts import LACKING, NOTHING, Clock, copyable, dollars, number, per_hour, rate, text, yes
from tui.ui.render.gpu_figures import sample
from tui.ui.render.pod_connection import reach
from tui.ui.render.pod_machine import extras_of, machine
from tui.ui.render.pod_status import per_gpu, status

if TYPE_CHECKING:
    from tui.api.models import Pod, Problem
    from tui.api.pod_detail import EnvVar, PodDetail, PodExtras
    from tui.ui.primitives.cells import Cell

ENVIRONMENT = "Environment"
"""The section whose values are hidden."""


class Spent(NamedTuple):
    """Dollars for a pod's running time, None if unknown (see `tui.domain.pod_costs`)."""

    today: float | None
    since_start: float | None


def sections(
    pod: Pod,
    detail: PodDetail | None,
    now: float,
    *,
    spent: Spent,
    revealed: bool = False,
    tz: tzinfo | None = None,
    phase: Phase,
    is_loaded: bool = True,
    extras: PodExtras | None = None,
    ssh: Ssh = Ssh(),  # noqa: B008
    lacks: frozenset[Feature] = offered.NOTHING,
    boot: str = "",
    lockable: bool = False,
) -> tuple[Section, ...]:
    """All facts of a pod; a section that would have nothing but dashes is left out.

    pod:       from the fleet poll; newer than the copy in `detail`, which is not read.
    detail:    None until it is loaded: facts that only it has are left out until then.
    revealed:  show the values of environment variables, and let them be copied.
    is_loaded: False if no detail will be loaded (the request failed, history is shown): nothing is then shown as
               loading.
    extras:    data requested separately; None if RunPod does not return it.
    ssh:       how to connect to pods.
    lacks:     what the API does not offer.
    boot:      the last line of RunPod's log about a pod that boots.
    lockable:  whether the pod can be locked at RunPod from here.
    """
    clock = Clock(now, tz)
    sections_of = (
        Section("Status", tuple(status(pod, detail, phase, clock, lacks, boot, lockable))),
        Section("Connect", tuple(reach(pod, ssh))),
        Section("Cost", tuple(_cost(pod, detail, spent, lacks))),
        Section("Container", tuple(_container(pod, detail))),
        Section(ENVIRONMENT, _environment(detail, revealed, is_loaded)),
        Section("Storage", tuple(_storage(pod, detail, lacks))),
        Section("Machine", tuple(machine(pod, detail, lacks))),
        Section("GPUs", tuple(per_gpu(pod))),
        Section("Latest sample", tuple(sample(pod, detail, clock, lacks))),
        Section("Other", tuple(extras_of(extras)) if extras is not None else ()),
        Section("Unavailable", tuple(_problem(problem) for problem in (detail.problems if detail else ()))),
    )
    offered_of = (Section(title, tuple(_as_offered(facts, lacks))) for title, facts in sections_of)
    return tuple(section for section in offered_of if any(fact.value != NOTHING for fact in section.facts))


_OF_HOST = frozenset({
    "Power limit", ComputeKind.CPU, "Disk speed", "Disk free", "Network", "Machine ID", "Public IP", "OS", "Kernel",
    "Docker", "Note",
})  # fmt: skip
"""Facts that one line, "Host specs", stands for where the API reports none of them."""

_OF_POD = frozenset({
    "Owner ID", "Adjusted price", "Multiplier", "Machine price", "Main port", "Registry", "Registry user", "Docker ID",
    "Version", "CPU load", "Memory load",
})  # fmt: skip


def _as_offered(facts: Sequence[Fact], lacks: frozenset[Feature]) -> Iterator[Fact]:
    """The facts, of which those that are not offered say so."""
    for fact in facts:
        if fact.value == NOTHING and fact.label in _OF_HOST and Feature.HOST_SPECS in lacks:
            continue
        is_absent = fact.value == NOTHING and fact.label in _OF_POD and Feature.POD_DETAILS in lacks
        yield Fact(fact.label, LACKING) if is_absent else fact


# Cost


def _cost(pod: Pod, detail: PodDetail | None, spent: Spent, lacks: frozenset[Feature]) -> Iterator[Fact]:
    yield Fact("Now", _cost_now(pod, lacks))
    yield Fact("Today", text(dollars(spent.today)))
    yield Fact("Cost this run", text(dollars(spent.since_start)))
    yield Fact("Disks running", _rate_and_month(storage_per_hr(pod, running=True)))
    yield Fact("Disks stopped", _rate_and_month(storage_per_hr(pod, running=False)))
    if detail is None:
        return
    if detail.network_volume is not None:
        yield Fact("Network volume", _rate_and_month(network_volume_per_hr(detail.network_volume.size_gb)))
    yield Fact("Adjusted price", rate(detail.adjusted_cost_per_hr))
    yield Fact("Multiplier", text(number(detail.cost_multiplier, before="×")))
    if detail.machine is not None:
        per_gpu = detail.machine.price_per_gpu
        tail: Cell = ((f"  {per_hour(per_gpu)} per GPU", "muted"),) if per_gpu is not None else ()
        value = (*rate(detail.machine.price_per_hr), *tail)
        yield Fact("Machine price", value)


def _cost_now(pod: Pod, lacks: frozenset[Feature]) -> Cell:
    """The pod's cost per hour in its current status; its cost if it ran is shown separately."""
    running = f"  {per_hour(pod.cost_per_hr)} running"
    if pod.cost_per_hr is None and Feature.STOPPED_COST in lacks:
        running = f"  running: {offered.MARKED}"
    match pod.status:
        case PodStatus.RUNNING | PodStatus.PROVISIONING | PodStatus.STARTING:
            disks = storage_per_hr(pod, running=True)
            known = "unknown" if disks is None else per_hour(disks)
            tail: Cell = ((f"  + disks {known}", "muted"),)
            return (*rate(pod.cost_per_hr), *tail)
        case PodStatus.EXITED:
            return (*rate(storage_per_hr(pod, running=False)), ("  disks only", "muted"), (running, "quiet"))
        case PodStatus.TERMINATED:
            return (("nothing", "muted"), (f"  was {per_hour(pod.cost_per_hr)}", "quiet"))
        case _:
            # RunPod's billing in its other states is not documented.
            return (*NOTHING, (running, "quiet"))


# Container and environment


def _container(pod: Pod, detail: PodDetail | None) -> Iterator[Fact]:
    yield copyable("Image", pod.image)
    if detail is None:
        return
    yield copyable("Command", detail.docker_args)
    yield copyable("Exposed ports", detail.exposed_ports)
    yield Fact("Main port", text(None if detail.port is None else str(detail.port)))
    yield copyable("Registry", detail.registry_url)
    yield copyable("Registry user", detail.registry_user)
    yield copyable("Registry login", detail.registry_auth_id)
    yield copyable("Template ID", detail.template_id)
    yield copyable("Docker ID", detail.docker_id)
    yield Fact("Version", text(number(detail.version)))


def _environment(detail: PodDetail | None, revealed: bool, is_loaded: bool) -> tuple[Fact, ...]:
    if detail is None:
        return (Fact("Variables", (("loading…" if is_loaded else "unavailable", "muted"),)),)
    return tuple(_variable(variable, revealed) for variable in detail.env)


def _variable(variable: EnvVar, revealed: bool) -> Fact:
    if not revealed:
        return Fact(variable.name, ((MASKED, "quiet"),))
    value = variable.value.reveal()
    return Fact(variable.name, ((value, "text") if value else ("empty", "quiet"),), value)


# Storage


def _storage(pod: Pod, detail: PodDetail | None, lacks: frozenset[Feature]) -> Iterator[Fact]:
    yield Fact("Container disk", text(number(pod.container_disk_gb, " GB")))
    yield Fact("Volume", text(number(pod.volume_gb, " GB")))
    if detail is not None:
        yield copyable("Mount path", detail.volume_mount_path)
        yield Fact("Encrypted", LACKING if Feature.ENCRYPTION in lacks else yes(detail.volume_encrypted))
    volume = detail.network_volume if detail else None
    if volume is None:
        yield copyable("Network volume", pod.network_volume_id)
        return
    size = number(volume.size_gb, " GB")
    details = [part for part in (size, volume.data_center, volume.id if volume.id != volume.name else None) if part]
    tail = tuple((f"  {part}", "muted") for part in details)
    yield Fact("Network volume", ((volume.name or fmt.UNKNOWN, "text"), *tail), volume.id)


def _problem(problem: Problem) -> Fact:
    """The parts that the server failed to return, in its own words."""
    where = ".".join(str(step) for step in problem.path)
    code = ((f"  {problem.code}", "muted"),) if problem.code else ()
    return Fact(
        "Error", ((problem.message or fmt.UNKNOWN, "warn"), *code, *(((f"  {where}", "quiet"),) if where else ()))
    )


# Wording


def _rate_and_month(value: float | None) -> Cell:
    if value is None or not math.isfinite(value):
        return NOTHING
    return ((per_hour(value), "text"), (f"  {fmt.money(value * MONTH_HOURS)}/month", "muted"))
