"""The report as a document for scripts. Names and units as in `items`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from tui.commands.envelope import Document, ProblemItem
from tui.commands.items import iso
from tui.domain.charges import KINDS
from tui.domain.pod_bill import STOP_AFTER, Part
from tui.domain.report import Report, Row, dollars
from tui.domain.report_check import Check, reasons

if TYPE_CHECKING:
    from collections.abc import Callable

BY = ("pod", "gpu", "day")


class ReportItem(Struct, frozen=True, kw_only=True):
    """What one pod, GPU type, day or network volume cost, and what for.

    pod_id, network_volume_id, day: which it is; of a GPU type only `name`, and `pods`, the number of its pods.
    paid_usd: the sum of the eight that follow, to the millionth; null if nothing is known of the cost.
    nothing_usd: what did nothing: idle, waiting, boot and stopped.
    at_least: whether it may have been more, because podtop did not watch all the time or does not know a price.
    worst_hour: the hour in which most did nothing, by its start.
    lagging_gpu: the GPU for which the others waited.
    saved_usd: less, if it had been stopped after half an hour of idleness.
    stopped_at, stopped_since_usd: when a stopped pod stopped, and what its disks have cost since.
    """

    pod_id: str | None
    network_volume_id: str | None
    day: str | None
    name: str | None
    gpu_type: str | None
    gpu_count: int | None
    pods: int | None
    paid_usd: float | None
    worked_usd: float | None
    idle_usd: float | None
    waiting_usd: float | None
    under_used_usd: float | None
    boot_usd: float | None
    disks_usd: float | None
    stopped_usd: float | None
    unwatched_usd: float | None
    nothing_usd: float | None
    at_least: bool
    worst_hour: str | None
    lagging_gpu: int | None
    saved_usd: float | None
    stopped_at: str | None
    stopped_since_usd: float | None


class ChargesItem(Struct, frozen=True, kw_only=True):
    """RunPod's own charges in the whole days of the time, in UTC, and what podtop counted in these days.

    volumes_usd: podtop's own figure for network volumes, null if it does not know them.
    difference_usd: what was charged and podtop did not count; `reasons`: probable ones, in words.
    """

    start: str | None
    end: str | None
    days: int
    charged_usd: float
    pods_usd: float
    storage_usd: float
    serverless_usd: float
    api_usd: float
    savings_plan_usd: float
    other_usd: float
    counted_usd: float
    volumes_usd: float | None
    watched_s: float
    difference_usd: float
    reasons: tuple[str, ...]


class ReportDocument(Document, frozen=True, kw_only=True):
    """The report.

    start, end: of the time; recorded_since: when the recording begins; watched_s: seconds that podtop watched.
    by:      what the items are: pod, gpu or day.
    sum:     of all items.
    stop_after_s: the idleness after which pods stop in `saved_usd`.
    charges: null if they were not requested, or no day is complete.
    """

    start: str | None
    end: str | None
    recorded_since: str | None
    watched_s: float
    by: str
    sum: ReportItem
    stop_after_s: float
    charges: ChargesItem | None


def item(row: Row, by: str, day_of: Callable[[float], str]) -> ReportItem:
    """day_of: the local day of an instant, as a date."""
    is_volume = row.gpu == "network volume"
    is_pod = by == "pod" and not is_volume and bool(row.key)
    amounts = {
        f"{part.name.lower()}_usd": None if row.unknown and not row.paid else dollars(row.amounts[part])
        for part in Part
    }  # fmt: skip
    known = not (row.unknown and not row.paid)
    return ReportItem(
        pod_id=row.key if is_pod else None,
        network_volume_id=row.key if is_volume else None,
        day=day_of(float(row.key)) if by == "day" and row.key else None,
        name=row.name or None,
        gpu_type=(row.gpu or None) if is_pod else None,
        gpu_count=row.count if is_pod else None,
        pods=row.count if by == "gpu" and not is_volume else None,
        paid_usd=dollars(row.paid) if known else None,
        **amounts,
        nothing_usd=dollars(row.nothing) if known else None,
        at_least=row.least or row.unknown,
        worst_hour=iso(row.worst),
        lagging_gpu=row.lagging,
        saved_usd=None if by == "day" and row.key else dollars(row.saved),
        stopped_at=iso(row.stopped_at),
        stopped_since_usd=None if row.stored is None else dollars(row.stored),
    )


def charges(check: Check | None) -> ChargesItem | None:
    if check is None:
        return None
    by_kind = {f"{kind.lower().replace(' ', '_')}_usd": round(check.kind(kind), 4) for kind in KINDS}
    return ChargesItem(
        start=iso(check.start), end=iso(check.end), days=check.days, charged_usd=round(check.total, 4), **by_kind,
        counted_usd=round(check.counted, 4), volumes_usd=None if check.volumes is None else round(check.volumes, 4),
        watched_s=round(check.watched), difference_usd=round(check.difference, 4), reasons=reasons(check),
    )  # fmt: skip


def document(
    report: Report,
    by: str,
    check: Check | None,
    at: float,
    day_of: Callable[[float], str],
    *,
    source: str,
    profile: str = "",
    problems: tuple[ProblemItem, ...] = (),
) -> ReportDocument:
    """at: now. source, profile, problems: as in every document."""
    items = tuple(item(row, by, day_of) for row in report.rows(by))
    return ReportDocument(
        kind="report", at=iso(at) or "", source=source, profile=profile or UNSET, total=len(items), items=items,
        problems=problems, start=iso(report.start), end=iso(report.end), recorded_since=iso(report.since),
        watched_s=round(report.watched), by=by, sum=item(report.total, by, day_of), stop_after_s=STOP_AFTER,
        charges=charges(check),
    )  # fmt: skip
