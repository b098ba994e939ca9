"""`Weekly`: posts the report of the last week in a line, once a week, from whichever podtop of the account runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tui.clocks import instant
from tui.domain.events import Event, Kind
from tui.domain.report import weekly_line
from tui.domain.report_words import shared
from tui.domain.user_message import Level, UserMessage
from tui.files import presence
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.domain.report import Report
    from tui.services.messages import Messages
    from tui.services.shared_report import SharedReports
    from tui.storage.weekly_file import WeeklyFile

HOUR = 9
"""The local hour of Monday at which the report is due."""

LATE = 3 * 86_400.0
"""Seconds after which a report that nobody could post is old news."""

LOOK = 60.0
"""Seconds between two looks at the clock."""

TITLE = "podtop: last week"


def latest_due(now: float, tz: tzinfo | None) -> tuple[float, float, float]:
    """The last Monday at nine, and the local midnights at which its week began and ended."""
    local = datetime.fromtimestamp(now, tz)
    monday = (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    due = monday.replace(hour=HOUR)
    if instant(due) > now:
        monday, due = monday - timedelta(days=7), due - timedelta(days=7)
    return instant(due), instant(monday - timedelta(days=7)), instant(monday)


class Weekly:
    """Looks at the clock now and then.

    file:      the account's state; None while the account is unknown.
    recording: the account's recording; None while there is none. `reports`: reads it, and what others saw.
    start_of_day: when the local day of an instant began.
    notifies:  whether the line is a notification too; it is always an event.
    """

    def __init__(
        self,
        file: Callable[[], WeeklyFile | None],
        recording: Callable[[], Path | None],
        reports: Callable[[], SharedReports],
        messages: Messages,
        clock: Callable[[], float],
        start_of_day: Callable[[float], float],
        tz: tzinfo | None,
        *,
        notifies: bool = True,
    ) -> None:
        self._file = file
        self._recording = recording
        self._reports = reports
        self._messages = messages
        self._clock = clock
        self._start_of_day = start_of_day
        self._tz = tz
        self._notifies = notifies
        self._done = 0.0

    async def run(self, interval: float = LOOK) -> None:
        """Post when it is due, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(interval)

    async def look(self) -> None:
        """Look once."""
        now = self._clock()
        if now < self._done:
            return
        due, start, end = latest_due(now, self._tz)
        file, path = self._file(), self._recording()
        if file is None or path is None or not presence.is_file(path):
            return
        self._done = due + 6 * 86_400.0
        if now - due > LATE:
            return
        try:
            if not await asyncio.to_thread(file.take, due):
                return
        except StoreError as error:
            # Whether it was posted is unknown: better not than every hour.
            self._messages.post(UserMessage(f"no weekly report: {error}"))
            return
        result = await self._read(path, start, end)
        if result is not None and result.watched and result.total.paid:
            self._post(weekly_line(result) + shared(result), now)

    async def _read(self, path: Path, start: float, end: float) -> Report | None:
        from tui.history.archive.schema import ArchiveError

        try:
            return await self._reports().read(path, start, end, self._start_of_day, keeps=True)
        except ArchiveError as error:
            self._messages.post(UserMessage(f"no weekly report: the recording cannot be read: {error}"))
            return None

    def _post(self, line: str, now: float) -> None:
        event = Event(now, "", Kind.REPORT, line)
        if self._notifies:
            self._messages.post(UserMessage(line, Level.CALL, TITLE, "money", event))
        else:
            self._messages.post(UserMessage(line, Level.INFO, event=event))
