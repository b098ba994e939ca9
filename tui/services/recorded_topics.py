"""The topics that come from the recording and not from RunPod: the spend, and the report of a week and of a month."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tui.domain.report import Report
    from tui.history.queries import HistoryQueries
    from tui.services.shared_report import SharedReports
    from tui.store.fleet import Fleet


class RecordedTopics:
    """Reads them for a fleet's account.

    past:    the recording, None while there is none; `opened`: its file, once it can be read, None if it never can.
    reports: reads the reports.
    keeps:   whether the recording is podtop's own, as of `report_loader.read`.
    start_of_day, start_of_month: when the local day and month of an instant began.
    """

    def __init__(
        self,
        fleet: Fleet,
        past: Callable[[], HistoryQueries | None],
        opened: Callable[[], Awaitable[Path | None]],
        reports: SharedReports,
        clock: Callable[[], float],
        start_of_day: Callable[[float], float],
        start_of_month: Callable[[float], float],
        *,
        keeps: bool,
    ) -> None:
        self._fleet = fleet
        self._past = past
        self._opened = opened
        self._reports = reports
        self._clock = clock
        self._start_of_day = start_of_day
        self._start_of_month = start_of_month
        self._keeps = keeps

    async def read(self, topic: str) -> object:
        """The value of a topic. Raises CloudError if it cannot be read."""
        if topic == "books":
            from tui.services import spend_loader

            now = self._clock()
            return await spend_loader.read(
                self._past(), tuple(self._fleet.records), now, self._start_of_day(now), self._start_of_month(now)
            )
        return await self._report(topic)

    async def _report(self, span: str) -> Report:
        from tui.api.errors import Unreachable
        from tui.history.archive.schema import ArchiveError
        from tui.services import report_loader

        past = self._past()
        path = past.path if past is not None else await self._opened()
        now = self._clock()
        start = report_loader.begin(span, now, self._start_of_day)
        try:
            return await self._reports.read(path, start, now, self._start_of_day, keeps=self._keeps)
        except ArchiveError as error:
            raise Unreachable(f"the recording cannot be read: {error}", sent=False) from error
