"""All data RunPod has about one pod, in words: sections of facts. Pure; `now` and the time zone are arguments.

RunPod's values are data and shown as such. A command for the clipboard is made only from parts that cannot be anything
but a host, an id or a port: a pod's name or an invalid response must not become a command in a shell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import INTERRUPTIBLE, ComputeKind, PodKind, PodStatus
from tui.api.features import Feature
from tui.api.models import PodVerb
from tui.config.settings import Ssh
from tui.domain import offered, pod_health, upkeep
from tui.domain.pod_costs import MONTH_HOURS, network_volume_per_hr, storage_per_hr
from tui.domain.pod_health import Phase
from tui.format import numbers as fmt
from tui.store.metrics import METRICS
from tui.system import ssh as ways
from tui.ui.primitives.facts import MASKED, Fact, Section
from tui.ui.render.facts import (
    LACKING,
    NOTHING,
    Clock,
    copyable,
    day,
    dollars,
    instant,
    number,
    or_lacking,
    per_hour,
    rate,
    text,
    yes,
)

if TYPE_CHECKING:
    from tui.api.models import GpuReading, Placement, Pod, Port, Problem
    from tui.api.pod_detail import EnvVar, Machine, PodDetail, PodExtras
    from tui.ui.primitives.cells import Cell, Part

LABEL_WIDTH = 14
"""Maximum characters of a label, except names of environment variables, which are shown in full."""


ENVIRONMENT = "Environment"
"""The section whose values are hidden."""

_ROLES = {
    Phase.RUNNING: "good",
    Phase.IDLE: "warn",
    Phase.BOOTING: "accent",
    Phase.OUTBID: "bad",
    Phase.ERROR: "bad",
    Phase.UNREADABLE: "bad",
    Phase.OTHER: "accent",
}
_KINDS = {PodKind.ON_DEMAND: "on-demand", PodKind.SPOT: "spot", PodKind.BID: "spot"}


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
        Section("Status", tuple(_status(pod, detail, phase, clock, lacks, boot, lockable))),
        Section("Cost", tuple(_cost(pod, detail, spent, lacks))),
        Section("Connect", tuple(_reach(pod, ssh))),
        Section("Container", tuple(_container(pod, detail))),
        Section(ENVIRONMENT, _environment(detail, revealed, is_loaded)),
        Section("Storage", tuple(_storage(pod, detail, lacks))),
        Section("Machine", tuple(_machine(pod, detail, lacks))),
        Section("Latest sample", tuple(_sample(pod, detail, clock, lacks))),
        Section("Other", tuple(_extras(extras)) if extras is not None else ()),
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


# Status


def _status(
    pod: Pod,
    detail: PodDetail | None,
    phase: Phase,
    clock: Clock,
    lacks: frozenset[Feature],
    boot: str,
    lockable: bool,
) -> Iterator[Fact]:
    live = pod.runtime if pod_health.is_live(pod) else None
    change = pod.status_change
    word: Part = (pod_health.status_word(pod, phase) or fmt.UNKNOWN, _ROLES.get(phase, "muted"))
    yield Fact("Status", (word, (f"  {change.what}", "muted")) if change and change.what else (word,))
    if boot:
        yield Fact("Booting", ((boot, "accent"),))
    changed = instant(change.at if change else None, clock)
    yield Fact("Changed", or_lacking(changed, Feature.STATUS_CHANGE, lacks))
    yield copyable("Name", pod.name)
    yield copyable("Pod ID", pod.id)
    yield Fact("Uptime", text(None if live is None or live.uptime is None else fmt.duration(live.uptime)))
    if live is not None:
        yield Fact("Usage", _load(live.cpu, live.memory, live.gpus))
    if detail is not None:
        yield Fact("Started", instant(detail.started_at, clock))
        yield Fact("Created", instant(detail.created_at, clock))
    pricing = text(_KINDS.get(pod.kind, pod.kind.lower()) if pod.kind else None)
    yield Fact("Pricing", or_lacking(pricing, Feature.POD_KIND, lacks))
    if pod.cluster_id:
        whole: Cell = ((pod.cluster_id, "text"), ("  changed as a whole in the console", "muted"))
        yield Fact("Cluster", whole, pod.cluster_id)
    why = upkeep.worth_locking(pod) if lockable else ""
    yield Fact("RunPod lock", (("unlocked", "text"), (f"; K locks it: {why}", "muted")) if why else yes(pod.locked))
    if pod.verbs is not None:
        allowed = [verb.value for verb in PodVerb if verb in pod.verbs]
        yield Fact("RunPod allows", text(", ".join(allowed) or "nothing now"))
    maintenance = _maintenance(pod.machine, clock) if pod.machine else ()
    if maintenance or Feature.MAINTENANCE in lacks:
        yield Fact("Maintenance", maintenance or LACKING)
    if pod.status in (PodStatus.EXITED, PodStatus.ERROR):
        free = pod.machine.gpu_available if pod.machine else None
        yield Fact("Can resume?", LACKING if free is None and Feature.FREE_GPUS in lacks else _can_resume(pod))
        if pod.lowest_bid_to_resume is not None or pod.kind in INTERRUPTIBLE:
            yield Fact("Lowest bid", or_lacking(rate(pod.lowest_bid_to_resume), Feature.SPOT_PRICE, lacks))
    if detail is not None:
        yield copyable("Owner ID", detail.owner_id)


def _load(cpu: float | None, memory: float | None, gpus: tuple[GpuReading, ...]) -> Cell:
    """The current activity of the container and its GPUs, in one line."""
    parts = [*_figure("CPU ", cpu, "%"), *_figure("memory ", memory, "%")]
    if any(gpu.util is not None for gpu in gpus):
        parts.append(("  GPU ", "muted"))
        parts.append((" ".join(f"{fmt.percent(gpu.util)}%" for gpu in gpus), "text"))
    if any(gpu.memory is not None for gpu in gpus):
        parts.append(("  VRAM ", "muted"))
        parts.append((" ".join(f"{fmt.percent(gpu.memory)}%" for gpu in gpus), "text"))
    return _trimmed(parts)


def _maintenance(machine: Placement, clock: Clock) -> Cell:
    """RunPod's maintenance window: its start, the time left, or nothing if none is ahead."""
    start, end = machine.maintenance_start, machine.maintenance_end
    if start is None and end is None:
        return ()
    if end is not None and end <= clock.now:
        return ()
    if start is not None and start > clock.now:
        parts: Cell = ((f"in {fmt.duration(start - clock.now)}", "warn"),)
        if end is not None and end > start:
            parts = (*parts, (f" for {fmt.duration(end - start)}", "warn"))
        parts = (*parts, (f"  {day(start, clock.tz) or fmt.UNKNOWN}", "muted"))
    else:
        parts = (("in progress" if start is not None else "start unknown", "bad" if start is not None else "warn"),)
        if end is not None:
            parts = (*parts, (f", ends in {fmt.duration(end - clock.now)}", "warn"))
    return (*parts, (f"  {machine.maintenance_note}", "muted")) if machine.maintenance_note else parts


def _can_resume(pod: Pod) -> Cell:
    """Whether the GPUs of a stopped pod are free on its machine: a hint, as another user may take them first."""
    free = pod.machine.gpu_available if pod.machine else None
    if free is None or pod.gpu_count <= 0:
        return (("unknown", "muted"),)
    if free <= 0:
        return (("no GPU free now", "bad"),)
    if free < pod.gpu_count:
        return (("no", "bad"), (f", {free} of {pod.gpu_count} GPUs free now", "text"))
    return (("yes", "good"), (f", {free} GPU{'s' if free > 1 else ''} free now", "muted"))


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


# Connection


def _reach(pod: Pod, settings: Ssh) -> Iterator[Fact]:
    """How to connect to a live pod; the ports of one that is not live are leftovers."""
    if not pod_health.is_live(pod) or pod.runtime is None:
        return
    fresh = pod.runtime.uptime is not None and pod.runtime.uptime < ways.PORT_SETTLES
    for port in pod.runtime.ports:
        yield _port(pod, port, fresh, settings)
    host = pod.machine.host_id if pod.machine else None
    if host:
        route = ways.proxied(pod.machine, settings)
        command = ways.line(route, settings) if route is not None else ""
        shown: Part = (command, "text") if command else (f"{host}@{settings.proxy_host}", "muted")
        yield Fact("ssh proxy", (shown, ("  no scp", "quiet")), command)


def _port(pod: Pod, port: Port, fresh: bool, settings: Ssh) -> Fact:
    number = "?" if port.private is None else str(port.private)
    label = fmt.clip(f"{number}/{port.kind or '?'}", LABEL_WIDTH)
    if port.kind == "http":
        # RunPod's proxy forwards to the private port, whatever it is mapped to. 100 s, then Cloudflare returns 524.
        sound = ways.proxy_url(pod.id, port.private)
        url = sound or f"https://{pod.id}-{number}.proxy.runpod.net"
        where = "public" if port.is_public else "internal"
        mapped: Cell = ((f"  {_address(port)} {where}", "quiet"),) if port.ip and port.public is not None else ()
        return Fact(label, ((url, "text" if sound else "muted"), *mapped), sound)
    if not port.ip or not ways.is_port(port.public):
        return Fact(label, (("not mapped yet", "muted"),))
    route = ways.direct(port, settings)
    text = ways.line(route, settings) if route is not None else _address(port)
    tail: Cell = () if port.is_public else (("  not public", "quiet"),)
    if fresh:
        tail = (*tail, ("  just started, may change", "warn"))
    usable = port.is_public and ways.address(port.ip) is not None
    return Fact(label, ((text, "text" if usable else "muted"), *tail), text if usable else "")


def _address(port: Port) -> str:
    ip = f"[{port.ip}]" if port.ip and ":" in port.ip else port.ip
    return f"{ip}:{port.public}"


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


# Machine


def _machine(pod: Pod, detail: PodDetail | None, lacks: frozenset[Feature]) -> Iterator[Fact]:
    place = pod.machine
    machine = detail.machine if detail else None
    yield Fact("GPU", _gpu(pod))
    if detail is not None:
        yield Fact("Power limit", text(number(detail.gpu_power_limit_percent, "%")))
        for index, gpu_id in enumerate(detail.gpu_ids):
            yield copyable(f"GPU {index} ID", gpu_id)
    if machine is not None:
        yield copyable("GPU type ID", machine.gpu_type_id)
        yield Fact("CPU", _cpu(machine))
    yield Fact("vCPUs", _of(number(pod.vcpus), number(machine.vcpus) if machine else None))
    yield Fact("Memory", _of(number(pod.memory_gb, " GB"), number(machine.memory_gb, " GB") if machine else None))
    if machine is not None:
        yield from _speeds(machine)
    if Feature.HOST_SPECS in lacks:
        yield Fact("Host specs", LACKING)
    if place is not None:
        yield Fact("GPUs free", or_lacking(text(number(place.gpu_available)), Feature.FREE_GPUS, lacks))
        yield Fact("Location", or_lacking(text(place.location), Feature.LOCATION, lacks))
        yield Fact("Data center", text(place.data_center))
        cloud = None if place.secure is None else "secure" if place.secure else "community"
        yield Fact("Cloud", text(cloud))
        yield copyable("Host ID", place.host_id)
    if detail is not None:
        yield from _machine_ids(detail)
    if machine is not None:
        yield Fact("Public IP", yes(machine.public_ip))
        yield Fact("OS", text(machine.os))
        yield Fact("Kernel", text(machine.kernel))
        yield Fact("CUDA", text(machine.cuda))
        yield Fact("Docker", text(machine.docker))
        yield Fact("Note", text(machine.note))


def _gpu(pod: Pod) -> Cell:
    name = pod.machine.gpu_name if pod.machine else None
    if pod.gpu_count <= 0 and not name:
        return (("none", "muted"),)
    return ((f"{pod.gpu_count} × ", "muted"), *text(name))


def _cpu(machine: Machine) -> Cell:
    """CPU name and, of the machine, its number of CPUs."""
    count = number(machine.cpu_count, " CPUs")
    if not machine.cpu_name:
        return text(count)
    return ((machine.cpu_name, "text"), *(((f"  {count}", "muted"),) if count else ()))


def _speeds(machine: Machine) -> Iterator[Fact]:
    yield Fact("Disk speed", text(number(machine.disk_mb_per_s, " MB/s")))
    free, total = number(machine.disk_free_gb, " GB"), number(machine.disk_total_gb, " GB")
    yield Fact("Disk free", _of(free, total))
    down, up = number(machine.download_mbps, " Mbit/s"), number(machine.upload_mbps, " Mbit/s")
    if down or up:
        value: Cell = (("down ", "muted"), *text(down), ("  up ", "muted"), *text(up))
        yield Fact("Network", value)
    else:
        yield Fact("Network", NOTHING)


def _machine_ids(detail: PodDetail) -> Iterator[Fact]:
    """The machine's id, reported in two places by RunPod; both if they differ."""
    other = detail.machine.id if detail.machine else None
    yield copyable("Machine ID", detail.machine_id or other)
    if detail.machine_id and other and other != detail.machine_id:
        yield copyable("Machine ID 2", other)


# Values from few sources


def _extras(extras: PodExtras) -> Iterator[Fact]:
    """Only existing values: most pods have few of them."""
    memory, rented = number(extras.gpu_memory_gb, " GB"), number(extras.machine_memory_rented_gb, " GB")
    labels = (
        Fact("Kind", text(extras.kind)),
        Fact("CPU flavor", text(extras.cpu_flavor)),
        copyable("Endpoint ID", extras.serverless_id),
        Fact("Endpoint ver.", text(number(extras.serverless_version))),
        copyable("Cluster ID", extras.cluster_id),
        copyable("Cluster IP", extras.cluster_ip),
        copyable("IP address", extras.ip),
        copyable("IP ID", extras.ip_id),
        Fact(
            "Volume region",
            text(" ".join(part for part in (extras.volume_center, extras.volume_location) if part) or None),
        ),
        Fact("GPU type", text(" ".join(part for part in (extras.gpu_name, memory) if part) or None)),
        Fact("Host kind", text(extras.machine_kind)),
        Fact("Host listed", yes(extras.machine_listed)),
        Fact("Min GPUs", text(number(extras.machine_least_gpus))),
        Fact("vCPUs rented", text(number(extras.machine_vcpus_rented))),
        Fact("Memory rented", text(rented)),
        Fact("Global network", yes(extras.machine_global_network)),
    )
    return (fact for fact in labels if fact.value != NOTHING)


# RunPod's own sample


def _sample(pod: Pod, detail: PodDetail | None, clock: Clock, lacks: frozenset[Feature]) -> Iterator[Fact]:
    sample = pod.telemetry
    for metric in METRICS:
        if metric.feature is not None and metric.feature in lacks:
            yield Fact(metric.title, LACKING)
    if sample is not None:
        since = instant(detail.state_since, clock) if detail and detail.state_since is not None else ()
        state = text(sample.state)
        yield Fact("State", (*state, ("  ", "muted"), *since) if since else state)
        yield Fact("Sampled", instant(sample.at, clock))
        for index, gpu in enumerate(sample.gpus):
            yield Fact(f"GPU {index}", _gpu_reading(gpu))
    if detail is None:
        return
    if detail.gpu_average is not None:
        yield Fact("GPU average", _gpu_reading(detail.gpu_average))
    # Percent or fraction: RunPod does not document which, so the figure is shown unchanged.
    for label, load in (("CPU load", detail.cpu_load), ("Memory load", detail.memory_load)):
        figure = number(load)
        yield Fact(label, ((figure, "text"), ("  unit not documented", "quiet")) if figure else NOTHING)


def gpu_figures(gpu: GpuReading) -> Iterator[tuple[str, float | None, str]]:
    """The known figures of a GPU: the label of each, the figure, its unit, which suffices as label for all but %."""
    for metric in METRICS:
        if metric.per_gpu:
            percent = metric.unit == "%"
            before, after = (f"{metric.label} ", "%") if percent else ("", f" {metric.unit}")
            yield before, getattr(gpu, metric.field), after


def _gpu_reading(gpu: GpuReading) -> Cell:
    return _trimmed([part for figure in gpu_figures(gpu) for part in _figure(*figure)])


def _problem(problem: Problem) -> Fact:
    """The parts that the server failed to return, in its own words."""
    where = ".".join(str(step) for step in problem.path)
    code = ((f"  {problem.code}", "muted"),) if problem.code else ()
    return Fact(
        "Error", ((problem.message or fmt.UNKNOWN, "warn"), *code, *(((f"  {where}", "quiet"),) if where else ()))
    )


# Wording


def _of(part: str | None, whole: str | None) -> Cell:
    """The pod's share, and the total it is part of."""
    return (*text(part), (f" of {whole}", "muted")) if whole else text(part)


def _figure(before: str, value: float | None, after: str) -> list[Part]:
    """One of several figures of a line, separated from the one before; empty if unknown."""
    if value is None or not math.isfinite(value):
        return []
    return [(f"  {before}", "muted"), (f"{value:.0f}{after}", "text")]


def _trimmed(parts: list[Part]) -> Cell:
    """Figures as a cell, without the gap before the first; a dash if there are none."""
    if not parts:
        return NOTHING
    first, role = parts[0]
    return tuple(part for part in ((first.removeprefix("  "), role), *parts[1:]) if part[0])


def _rate_and_month(value: float | None) -> Cell:
    if value is None or not math.isfinite(value):
        return NOTHING
    return ((per_hour(value), "text"), (f"  {fmt.money(value * MONTH_HOURS)}/month", "muted"))
