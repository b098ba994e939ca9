"""The facts of a pod's status: since when, how it may be used, maintenance, whether it can resume. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.api.enums import INTERRUPTIBLE, PodKind, PodStatus
from tui.api.features import Feature
from tui.api.models import PodVerb
from tui.domain import pod_health, upkeep
from tui.domain.pod_health import Phase
from tui.format import numbers as fmt
from tui.ui.primitives.facts import Fact
from tui.ui.render.facts import LACKING, Clock, copyable, day, instant, or_lacking, rate, text, yes
from tui.ui.render.gpu_figures import figure, trimmed

if TYPE_CHECKING:
    from tui.api.models import Placement, Pod
    from tui.api.pod_detail import PodDetail
    from tui.ui.primitives.cells import Cell, Part

_ROLES = {
    Phase.RUNNING: "text",
    Phase.IDLE: "warn",
    Phase.BOOTING: "accent",
    Phase.OUTBID: "bad",
    Phase.ERROR: "bad",
    Phase.UNREADABLE: "bad",
    Phase.OTHER: "accent",
}
_KINDS = {PodKind.ON_DEMAND: "on-demand", PodKind.SPOT: "spot", PodKind.BID: "spot"}


def status(
    pod: Pod,
    detail: PodDetail | None,
    phase: Phase,
    clock: Clock,
    lacks: frozenset[Feature],
    boot: str,
    lockable: bool,
) -> Iterator[Fact]:
    """The status of a pod, since when, its times, and what RunPod allows. `boot`: see `pod_facts.sections`."""
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
        yield Fact("Usage", trimmed([*figure("CPU ", live.cpu, "%"), *figure("memory ", live.memory, "%")]))
    if detail is not None:
        yield Fact("Started", instant(detail.started_at, clock))
        yield Fact("Created", instant(detail.created_at, clock))
    pricing = text(_KINDS.get(pod.kind, pod.kind.lower()) if pod.kind else None)
    if pod.kind is not None and Feature.POD_KIND in lacks:
        pricing = (*pricing, ("  reported before", "muted"))
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


def per_gpu(pod: Pod) -> Iterator[Fact]:
    """The utilization and the memory of each GPU of a live pod, as far as known; on the screen they have rows too."""
    live = pod.runtime if pod_health.is_live(pod) else None
    gpus = live.gpus if live is not None else ()
    for label, values in (("GPU util", [gpu.util for gpu in gpus]), ("GPU memory", [gpu.memory for gpu in gpus])):
        if any(value is not None for value in values):
            yield Fact(label, text(" ".join(f"{fmt.percent(value)}%" for value in values)))


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
