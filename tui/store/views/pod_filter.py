"""The fields that pods are filtered by: the columns of the Fleet screen, as values. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tui.api.enums import INTERRUPTIBLE
from tui.domain import pod_costs, pod_health
from tui.domain.filter_units import MONEY, PERCENT, RATE
from tui.domain.filters import TEXT, Field, Kind, Readers, Vocabulary
from tui.domain.lease import acts_at
from tui.domain.pod_health import Phase
from tui.store import metrics
from tui.store.metrics import METRICS
from tui.store.run_signals import eta
from tui.store.views.attention import worst
from tui.store.views.sparkline import sparkline

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.metrics import Metric

_ALIASES = {"util": ("mean",), "memory": ("mem",), "vram": ("gpu-memory",)}

VOCABULARY = Vocabulary(
    {
        "status": Field(Kind.WORDS, "part of a status, such as idle", ("state",)),
        "name": Field(Kind.WORDS, "part of a name"),
        "gpu": Field(Kind.WORDS, "part of a GPU type, such as h100"),
        "gpus": Field(Kind.NUMBER, "number of GPUs", ("count",)),
        **{
            metric.name: Field(
                Kind.NUMBER, f"{metric.title} in {metric.unit}", _ALIASES.get(metric.name, ()), unit=metric.unit
            )
            for metric in METRICS
        },
        "lowest": Field(Kind.NUMBER, "utilization in % of the GPU that works least", ("low",), unit=PERCENT),
        "10min": Field(Kind.NUMBER, "mean GPU util of the last 10 minutes in %", unit=PERCENT),
        "price": Field(Kind.NUMBER, "$/h while it runs", ("cost", "$/h"), unit=RATE),
        "uptime": Field(Kind.SECONDS, "time since it started", ("up",)),
        "idle": Field(Kind.SECONDS, "time without GPU load"),
        "lease": Field(Kind.SECONDS, "time until its lease or idle stop"),
        "spent": Field(Kind.NUMBER, "$ of the current run", unit=MONEY),
        "dc": Field(Kind.WORDS, "part of a data center or location, such as EU", ("location", "region")),
        "id": Field(Kind.WORDS, "part of an ID"),
        "image": Field(Kind.WORDS, "part of an image's name"),
        "ports": Field(Kind.WORDS, "a port inside the pod", ("port",)),
        "alert": Field(Kind.WORDS, "part of an alert, such as hung"),
        "cluster": Field(Kind.WORDS, "part of a cluster's ID"),
        "loss": Field(Kind.NUMBER, "loss of its training run"),
        "step": Field(Kind.NUMBER, "step of its training run"),
        "eta": Field(Kind.SECONDS, "time until its training run ends"),
        "spot": Field(Kind.FLAG, "whether others may outbid it"),
    },
    {**{phase.value: ("status", phase.value) for phase in Phase if phase is not Phase.OTHER}, "spot": ("spot", "yes")},
)


def readers(fleet: Fleet, now: float) -> Readers[Record]:
    """Reads the fields of the pods at an instant. Of a pod that is not live there are no figures."""
    phases, alerts = fleet.phases(now), worst(fleet)

    def text(record: Record) -> str:
        # An alert stands in place of the status: it is a text of the row, and no status that a comparison means.
        matches = alerts.get(record.id)
        return texts[record.id] if matches is None else f"{texts[record.id]} {matches.word.lower()}"

    def status(record: Record) -> str | tuple[str, ...]:
        at = phases[record.id]
        if at is not Phase.OTHER or record.pod is None:
            return at.value
        return (at.value, pod_health.status_word(record.pod, at))

    def idle(record: Record) -> float | None:
        return record.idle_for(now) if record.pod is not None else None

    def lease(record: Record) -> float | None:
        timers = (fleet.leases.get(record.id), fleet.idle_stops.get(record.id))
        return min((acts_at(timer) - now for timer in timers if timer is not None), default=None)

    def loss(record: Record) -> float | None:
        run = fleet.runs.get(record.id)
        return run.now.loss if run is not None else None

    def step(record: Record) -> float | None:
        run = fleet.runs.get(record.id)
        return run.now.step if run is not None else None

    def ends(record: Record) -> float | None:
        run = fleet.runs.get(record.id)
        left = eta(run, now) if run is not None else None
        return left.seconds if left is not None else None

    def alert(record: Record) -> tuple[str, ...]:
        matches = alerts.get(record.id)
        return (matches.kind, matches.word, matches.text) if matches is not None else ()

    by_name: dict[str, Callable[[Record], Any]] = {
        TEXT: text,
        "status": status,
        "name": lambda record: record.name,
        "id": lambda record: record.id,
        "idle": idle,
        "lease": lease,
        "alert": alert,
        "loss": loss,
        "step": step,
        "eta": ends,
        "10min": lambda record: _lately(record, now),
        **{metric.name: _figure(metric, now) for metric in METRICS},
        **{name: _of_pod(read) for name, read in _POD.items()},
    }
    texts = fleet.derived("texts", now, lambda: {r.id: _text(r, phases[r.id]) for r in fleet.records.values()})
    return by_name.__getitem__


def _figure(metric: Metric, now: float) -> Callable[[Record], float | None]:
    if metric.always:
        read, pooled = metrics.reader(metric), metric.pooled if metric.per_gpu else None

        def figure(pod: Pod) -> float | None:
            runtime = pod.runtime
            if runtime is None or not pod_health.is_live(pod):
                return None
            return read(runtime) if pooled is None else pooled(map(read, runtime.gpus))

        return _of_pod(figure)
    return _of_pod(lambda pod: metrics.figures(pod, now)[metric.name])


def _lately(record: Record, now: float) -> float | None:
    """The mean of what the column of the last minutes draws."""
    pod = record.pod
    if pod is None or pod.runtime is None or not pod_health.is_live(pod):
        return None
    known = [value for value in sparkline(record, now, 10) if value is not None]
    return sum(known) / len(known) if known else None


def _of_pod(read: Callable[[Pod], Any]) -> Callable[[Record], Any]:
    return lambda record: read(record.pod) if record.pod is not None else None


@lru_cache(maxsize=1_024)
def _gpu_words(count: int, name: str) -> tuple[str, ...]:
    return (name, f"{count}×{name}", f"{count}x{name}")


def _gpu(pod: Pod) -> tuple[str, ...]:
    name = pod.machine.gpu_name if pod.machine else None
    return _gpu_words(pod.gpu_count, name) if name else ()


def _lowest(pod: Pod) -> float | None:
    if pod.runtime is None or not pod_health.is_live(pod):
        return None
    return min((gpu.util for gpu in pod.runtime.gpus if gpu.util is not None), default=None)


def _uptime(pod: Pod) -> int | None:
    return pod.runtime.uptime if pod.runtime and pod_health.is_live(pod) else None


def _places(pod: Pod) -> tuple[str, ...]:
    machine = pod.machine
    return tuple(word for word in (machine.data_center, machine.location) if word) if machine else ()


def _ports(pod: Pod) -> tuple[str, ...]:
    if pod.runtime is None or not pod_health.is_live(pod):
        return ()
    return tuple(str(port.private) for port in pod.runtime.ports if port.private is not None)


_POD: dict[str, Callable[[Pod], Any]] = {
    "gpu": _gpu,
    "gpus": lambda pod: pod.gpu_count,
    "lowest": _lowest,
    "price": lambda pod: pod.cost_per_hr,
    "uptime": _uptime,
    "spent": pod_costs.since_start,
    "dc": _places,
    "image": lambda pod: pod.image,
    "ports": _ports,
    "cluster": lambda pod: pod.cluster_id,
    "spot": lambda pod: None if pod.kind is None else pod.kind in INTERRUPTIBLE,
}


def _text(record: Record, at: Phase) -> str:
    """What words are looked for in: all the texts of a pod's row, without its alert."""
    pod = record.pod
    if pod is None:
        return f"{record.name} {record.id} {at.value} {record.unreadable or ''}".lower()
    word = pod_health.status_word(pod, at)
    return " ".join((
        record.name, record.id, *_gpu(pod)[1:], word, pod.image or "", *_places(pod), pod.cluster_id or "",
    )).lower()  # fmt: skip
