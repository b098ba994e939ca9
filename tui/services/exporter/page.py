"""The page that is scraped: the fleet as of the last response, as text. Pure.

Written by hand: a page of 72,000 samples must cost less than a poll. What is unknown is absent, so that it makes a gap;
once RunPod's last answer is stale, everything about pods and money is absent, and only the polls are described.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tui import __version__
from tui.api.enums import INTERRUPTIBLE
from tui.domain import pod_costs, pod_health
from tui.domain.action import State
from tui.domain.costs import state as billing_state
from tui.domain.pod_health import Phase
from tui.services.exporter import families
from tui.services.exporter.families import Family
from tui.store.metrics import fresh
from tui.store.views.offer_rows import stock_rank

if TYPE_CHECKING:
    from tui.api.enums import PodKind
    from tui.api.models import Market, Placement, Pod
    from tui.domain.recorders import AccountRecorder
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Lines = dict[Family, list[str]]
"""The samples of each family, a line each, or several in one text."""


class Counts(NamedTuple):
    """What only the exporter counts: requests sent, and polls about the pods that failed, by reason."""

    requests: int = 0
    failures: Mapping[str, int] = {}


class View(NamedTuple):
    """One account to export: its name, its fleet, and its counts. `offers`: whether to export the market too.

    recorder: this podtop, for recorders of the same account on other hosts.
    """

    account: str
    fleet: Fleet
    counts: Counts = Counts()
    offers: bool = False
    recorder: AccountRecorder | None = None


@lru_cache(4096)
def escaped(text: str) -> str:
    """A label's value, on one line: control characters other than line feeds are dropped."""
    text = "".join(ch for ch in text if ch.isprintable() or ch == "\n")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labels(**values: object) -> str:
    """Labels as they are written; those without a value are left out."""
    return "{" + ",".join(f'{key}="{escaped(str(value))}"' for key, value in values.items() if value is not None) + "}"


@lru_cache(4096)
def number(value: float) -> str:
    """A value in as few characters as it needs; ten digits, for times to the tenth of a second."""
    return f"{value:.11g}"


@lru_cache(4096)
def ratio(percent: float) -> str:
    """Percent as a ratio of 0 to 1."""
    return f"{percent / 100:.5g}"


def line(family: Family, labelled: str, value: str) -> str:
    """One sample. `labelled`: its labels, with their braces."""
    return f"{sample_name(family)}{labelled} {value}"


def sample_name(family: Family) -> str:
    """The name of a family's samples."""
    return f"{family.name}_total" if family.kind == "counter" else family.name


def page(views: Iterable[View], now: float, openmetrics: bool = False) -> str:
    """The whole page for one or more accounts."""
    lines: Lines = {family: [] for family in families.ALL}
    for view in views:
        _polls(view, lines)
        if view.recorder is not None:
            for family, text in _recorder(view.account, view.recorder):
                lines[family].append(text)
        if view.fleet.pods_at is not None and not view.fleet.pods_stale(now):
            _pods(view, now, lines)
        if not view.fleet.stale(now):
            _money(view, lines)
        if view.offers and not view.fleet.market_stale(now):
            _offers(view, view.fleet.market.value, lines)
    lines[families.BUILD].append(line(families.BUILD, labels(version=__version__), "1"))
    blocks = [text for family, samples in lines.items() if samples for text in (*head(family, openmetrics), *samples)]
    return "\n".join([*blocks, "# EOF", ""] if openmetrics else [*blocks, ""])


def head(family: Family, openmetrics: bool) -> Iterator[str]:
    """The lines before the samples of a family."""
    name = family.name if openmetrics else sample_name(family)
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {family.kind}"
    if openmetrics and family.unit:
        yield f"# UNIT {name} {family.unit}"


def _polls(view: View, lines: Lines) -> None:
    fleet, account = view.fleet, view.account
    for what, feed, at in (("pods", fleet.snapshot, fleet.pods_at), ("market", fleet.market, fleet.market.at)):
        if at is None and feed.error is None:
            continue
        label = labels(account=account, what=what)
        if at is not None:
            lines[families.POLL_AT].append(line(families.POLL_AT, label, number(at)))
        lines[families.POLL_OK].append(line(families.POLL_OK, label, "0" if feed.error is not None else "1"))
    lines[families.REQUESTS].append(line(families.REQUESTS, labels(account=account), str(view.counts.requests)))
    for reason, count in view.counts.failures.items():
        lines[families.FAILURES].append(line(families.FAILURES, labels(account=account, reason=reason), str(count)))


@lru_cache(16)
def _recorder(account: str, recorder: AccountRecorder) -> tuple[tuple[Family, str], ...]:
    """Who records, and what it does and leaves alone."""
    known = {
        "account": account,
        "key": recorder.key,
        "host": recorder.host,
        "pid": recorder.pid,
        "files": recorder.files or None,
    }
    held, since, family = recorder.holdings, number(recorder.since), families.RECORDER_DUTY
    duties: list[tuple[dict[str, object], str]] = [({"duty": "idle stop", "pod": pod}, since) for pod in held.idle]
    for each in held.watches:
        duties.append(({"duty": "watch", "watch": each.watch, "progress": each.progress.value}, number(each.at)))
    for keep in held.keeps:
        duties.append(({"duty": "keep", "pod": keep.pod}, "+Inf" if keep.until is None else number(keep.until)))
    whole = line(families.RECORDER, labels(**known, duties=",".join(recorder.duties)), since)
    return (families.RECORDER, whole), *((family, line(family, labels(**known, **what), at)) for what, at in duties)


def _money(view: View, lines: Lines) -> None:
    funds, label = view.fleet.funds, labels(account=view.account)
    if funds is not None:
        runway = pod_health.runway(funds)
        for family, value in (
            (families.BALANCE, funds.balance),
            (families.SPEND, funds.spend_per_hr),
            (families.SPEND_LIMIT, funds.spend_limit),
            (families.RUNWAY, runway if runway is not None and math.isfinite(runway) else None),
        ):
            if value is not None:
                lines[family].append(line(family, label, number(value)))
    for alert in view.fleet.attention:
        if not alert.muted:
            shown = labels(account=view.account, pod=alert.pod or None, alert=alert.kind, grade=alert.grade.value)
            lines[families.ALERT].append(line(families.ALERT, shown, "1"))


def _pods(view: View, now: float, lines: Lines) -> None:
    pods_at = view.fleet.pods_at
    for record in view.fleet.records.values():
        if pods_at is not None and record.told_at >= pods_at:
            _pod(view.account, record, now, lines)


CACHED = 16_384
"""Pods whose labels are kept as text: they are most of a page, and change only with the pod."""


@lru_cache(CACHED)
def _phases(account: str, pod: str, phase: Phase) -> str:
    return "\n".join(
        line(families.POD_PHASE, labels(account=account, pod=pod, phase=each.value), "1" if each is phase else "0")
        for each in Phase
    )


@lru_cache(CACHED)
def _of_pod(family: Family, account: str, pod: str) -> str:
    return line(family, labels(account=account, pod=pod), "")


@lru_cache(4 * CACHED)
def _of_gpus(family: Family, account: str, pod: str, count: int) -> tuple[str, ...]:
    return tuple(line(family, labels(account=account, pod=pod, gpu=index), "") for index in range(count))


@lru_cache(CACHED)
def costs(account: str, pod: str, compute: float | None, storage: float | None) -> str:
    """The samples of a pod's price; empty if nothing of it is known."""
    return "\n".join(
        line(families.POD_PRICE, labels(account=account, pod=pod, kind=kind), number(cost))
        for kind, cost in (("compute", compute), ("storage", storage))
        if cost is not None
    )


def _pod(account: str, record: Record, now: float, lines: Lines) -> None:
    phase, pod, id = record.phase(now), record.pod, record.id
    lines[families.POD_PHASE].append(_phases(account, id, phase))
    if pod is None or phase is Phase.UNREADABLE:
        shown = labels(account=account, pod=id, name=record.name)
        lines[families.POD_INFO].append(line(families.POD_INFO, shown, "1"))
        return
    lines[families.POD_INFO].append(info(account, id, pod.name, pod.kind, pod.machine, pod.network_volume_id))
    lines[families.POD_GPUS].append(_of_pod(families.POD_GPUS, account, id) + str(pod.gpu_count))
    if price := costs(account, id, *billed(pod)):
        lines[families.POD_PRICE].append(price)
    runtime = pod.runtime
    if runtime is None or not pod_health.is_live(pod):
        return
    idle = 0.0 if pod_health.busy_gpus(pod) else None if pod_health.unread_gpus(pod) else record.idle_for(now)
    for family, text in (
        (families.POD_UPTIME, None if runtime.uptime is None else number(runtime.uptime)),
        (families.POD_IDLE, None if idle is None else number(idle)),
        (families.POD_CPU, None if runtime.cpu is None else ratio(runtime.cpu)),
        (families.POD_MEMORY, None if runtime.memory is None else ratio(runtime.memory)),
    ):
        if text is not None:
            lines[family].append(_of_pod(family, account, id) + text)
    latest = fresh(pod, now)
    for family, gpus, name, shown_as in (
        (families.GPU_UTIL, runtime.gpus, "util", ratio),
        (families.GPU_MEMORY, runtime.gpus, "memory", ratio),
        (families.GPU_TEMPERATURE, latest, "temperature_c", number),
        (families.GPU_POWER, latest, "power_w", number),
    ):
        if gpus:
            prefixes, into = _of_gpus(family, account, id, len(gpus)), lines[family]
            for prefix, gpu in zip(prefixes, gpus, strict=True):
                value = getattr(gpu, name)
                if value is not None:
                    into.append(prefix + shown_as(value))


def billed(pod: Pod) -> tuple[float | None, float | None]:
    """What a pod costs per hour for its GPUs, and for its disks: None where that is unknown, as after an error."""
    state = billing_state(pod)
    if state is None:
        return None, None
    runs = state is State.RUNNING
    return pod.cost_per_hr if runs else 0.0, pod_costs.storage_per_hr(pod, runs)


@lru_cache(CACHED)
def info(
    account: str, pod: str, name: str, kind: PodKind | None, machine: Placement | None, network_volume: str | None
) -> str:
    """The sample that says what a pod is."""
    secure = machine.secure if machine is not None else None
    shown = labels(
        account=account, pod=pod, name=name,
        gpu_type=machine.gpu_name if machine is not None else None,
        cloud=None if secure is None else "secure" if secure else "community",
        location=(machine.data_center or machine.location) if machine is not None else None,
        spot=None if kind is None else "true" if kind in INTERRUPTIBLE else "false",
        network_volume=network_volume,
    )  # fmt: skip
    return line(families.POD_INFO, shown, "1")


def _offers(view: View, market: Market | None, lines: Lines) -> None:
    for offer in market.offers if market is not None else ():
        for cloud, quote in (("secure", offer.secure), ("community", offer.community)):
            if quote is None:
                continue
            for kind, price in (("on-demand", quote.on_demand), ("spot", quote.spot)):
                if price is not None:
                    label = labels(account=view.account, gpu_type=offer.name, gpu=offer.gpu_id, cloud=cloud, kind=kind)
                    lines[families.OFFER_PRICE].append(line(families.OFFER_PRICE, label, number(price)))
            label = labels(account=view.account, gpu_type=offer.name, gpu=offer.gpu_id, cloud=cloud)
            lines[families.OFFER_STOCK].append(line(families.OFFER_STOCK, label, str(stock_rank(quote.stock))))
