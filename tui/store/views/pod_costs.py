"""The cost of each pod, for the account: from its price, its disks and the recording. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tui.api.enums import PodStatus
from tui.domain import costs, pod_health
from tui.domain import pod_costs as spending
from tui.domain.runway import ENDS, STAYS, STOPS, fate
from tui.store.slices import Sliced, sliced, whole

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet_state import Record
    from tui.store.spend import SpendHistory


class PodCost(Struct, frozen=True):
    """The cost of one pod. Dollars.

    per_hr:         its price while it runs, the cost of its volume disk while it is stopped.
    storage_per_hr: the cost of its disks now, besides that price.
    today, month: for its running time; `least`: podtop did not watch all of the month, so that it may have been more.
    stopped_at:   since when it is stopped, None while it runs or if RunPod does not say.
    stored:       dollars for its volume disk since then: the cost of a forgotten pod.
    network:      whether it has a network volume, through which its data outlive it.
    """

    id: str
    name: str
    word: str
    gpu: str
    running: bool
    per_hr: float | None
    run_per_hr: float | None
    storage_per_hr: float | None
    today: float | None
    month: float | None
    least: bool
    stopped_at: float | None
    stored: float | None
    network: bool
    fate: str
    reason: str = ""


def pod_costs(records: Mapping[str, Record], books: SpendHistory | None, now: float) -> tuple[PodCost, ...]:
    """The cost of each pod, most expensive first; unreadable pods come last."""
    return whole(costing(records, books, now))


def costing(records: Mapping[str, Record], books: SpendHistory | None, now: float) -> Sliced[tuple[PodCost, ...]]:
    """The same, a slice at a time: there may be thousands of pods."""
    costs: list[PodCost] = []
    for pause, record in sliced(records.values()):
        if pause:
            yield
        costs.append(_pod_cost(record, books, now))
    return tuple(sorted(costs, key=lambda row: (row.per_hr is None, -(row.per_hr or 0.0), row.name, row.id)))


def _pod_cost(record: Record, books: SpendHistory | None, now: float) -> PodCost:
    pod = record.pod
    if pod is None:
        return PodCost(
            record.id, record.name, "unreadable", "", False, None, None, None, None, None, False, None, None, False, "",
            record.unreadable or "",
        )  # fmt: skip
    running, state = pod_health.is_on(pod), costs.state(pod)
    # What is billed in a status unknown to podtop is unknown too.
    storage = None if state is None else spending.storage_per_hr(pod, running=running)
    # Parsing the text of a change is the most expensive part: only where it is needed.
    change = pod.status_change if pod.status == PodStatus.EXITED else None
    stopped_at = change.at if change else None
    stored = None
    if stopped_at is not None and storage is not None:
        stored = max(0.0, now - stopped_at) / 3600.0 * storage
    today, month, least = _spent(record.id, pod, books, now)
    per_hr = pod.cost_per_hr if running else storage
    if pod.status == PodStatus.TERMINATED:
        per_hr = storage = 0.0
    return PodCost(
        id=record.id,
        name=record.name or record.id,
        word=pod_health.status_word(pod, pod_health.phase(pod, record.idle_for(now))),
        gpu=f"{pod.gpu_count}×{pod.machine.gpu_name}" if pod.machine and pod.machine.gpu_name and pod.gpu_count else "",
        running=running,
        per_hr=per_hr,
        run_per_hr=pod.cost_per_hr,
        storage_per_hr=storage,
        today=today,
        month=month,
        least=least,
        stopped_at=stopped_at,
        stored=stored,
        network=bool(pod.network_volume_id),
        fate=fate(pod),
    )


def _spent(key: str, pod: Pod, books: SpendHistory | None, now: float) -> tuple[float | None, float | None, bool]:
    """Dollars today and this month, and whether it may have been more.

    From the recording and the uptime of the present run, each of which covers a part.
    """
    run = spending.since_start(pod)
    cost = pod.cost_per_hr
    if books is None:
        return None, None, False
    recorded_today, recorded_month = books.spent.get(key, (None, None))

    def best(recorded: float | None, start: float) -> float | None:
        if run is None or cost is None:
            return recorded
        ran = min(run, cost * max(0.0, now - start) / 3600.0)
        return ran if recorded is None else max(recorded, ran)

    month = best(recorded_month, books.month)
    whole = books.watched >= 0.99 * max(1.0, books.at - books.month)
    since = None if pod.runtime is None or pod.runtime.uptime is None else now - pod.runtime.uptime
    covered = whole or (since is not None and since <= books.month)
    return best(recorded_today, books.today), month, month is not None and not covered


class Totals(NamedTuple):
    """What happens at $0, counted: pods that stop, pods that end with their data, pods podtop cannot read."""

    stops: tuple[PodCost, ...]
    ends: tuple[PodCost, ...]
    stays: tuple[PodCost, ...]
    unknown: int


def at_zero(rows: Iterable[PodCost]) -> Totals:
    by: dict[str, list[PodCost]] = {STOPS: [], ENDS: [], STAYS: [], "": []}
    for row in rows:
        by[row.fate].append(row)
    return Totals(tuple(by[STOPS]), tuple(by[ENDS]), tuple(by[STAYS]), len(by[""]))
