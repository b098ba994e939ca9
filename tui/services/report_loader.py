"""Reads the report of an account in a thread of its own, and RunPod's charges beside it. It knows no screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.api.errors import CloudError, NotOffered
from tui.domain import charges, pod_costs, report_check
from tui.domain.report import Report, Volume

if TYPE_CHECKING:
    from tui.api.account import Account
    from tui.api.cloud import Cloud
    from tui.domain.charges import Day

DAY = 86_400.0
SPANS = {"week": 7, "month": 30}
"""Days of the reports, the present one among them."""


def begin(span: str, now: float, start_of_day: Callable[[float], float]) -> float:
    """The local midnight at which a report begins."""
    # From noon to noon no change of the clock leads into another day.
    return start_of_day(start_of_day(now) + DAY / 2 - (SPANS[span] - 1) * DAY)


async def read(
    path: Path | None,
    start: float,
    end: float,
    start_of_day: Callable[[float], float],
    beside: Path | None = None,
    *,
    keeps: bool = False,
) -> Report:
    """The report of a recording, read in a thread that ends soon after this is cancelled. Raises ArchiveError.

    beside: a recording of what others saw while the first did not watch.
    keeps:  whether the recording is podtop's own: what GPUs did on finished days is kept beside it.
    """
    from tui.history import report_reader
    from tui.history.archive.reader import Recording
    from tui.history.archive.schema import answered
    from tui.history.recording_files import days_of
    from tui.history.report_days import ReportDays

    wanted = True

    def work() -> Report:
        with answered(), ExitStack() as opened:
            both = [
                opened.enter_context(closing(Recording(each))) if each is not None else None for each in (path, beside)
            ]
            for each in both:
                if each is not None:
                    each.until = end
            stored = opened.enter_context(closing(ReportDays(days_of(path)))) if keeps and path is not None else None
            return report_reader.read(both[0], start, end, start_of_day, lambda: wanted, both[1], stored)

    try:
        return await asyncio.to_thread(work)
    finally:
        wanted = False


def volumes(account: Account, mounted: frozenset[str]) -> tuple[Volume, ...]:
    """The network volumes of an account. `mounted`: the ids of those that pods use."""
    return tuple(
        Volume(each.id, each.name or each.id, pod_costs.network_volume_per_hr(each.size_gb), each.id in mounted)
        for each in account.network_volumes
    )


class Charged(NamedTuple):
    """What RunPod says about the account's money: its charges by day, or why they are unknown."""

    days: tuple[Day, ...]
    trouble: str = ""


async def charged(cloud: Cloud) -> Charged:
    """Charges by day; bills by day where the API gives no charges."""
    try:
        return Charged(charges.days((await cloud.ledger()).charges))
    except NotOffered:
        pass
    except CloudError as error:
        return Charged((), str(error))
    try:
        return Charged(report_check.days_of_bills(await cloud.billing()))
    except CloudError as error:
        return Charged((), str(error))
