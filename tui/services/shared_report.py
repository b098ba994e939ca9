"""What others saw of an account, for its report: where its own recording did not watch."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NamedTuple
from weakref import finalize

from msgspec.structs import replace

from tui.api.http.endpoint import host_of
from tui.services import report_loader

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.config.settings import History
    from tui.domain.report import Report

MINUTE = 60.0

Spans = tuple[tuple[float, float], ...]

DEFAULT = "default"
"""The name of an account without a profile, where it is exported."""

AGAIN, LATEST = 3600.0, 6 * 3600.0
"""Seconds after which what others saw is requested again: if podtop has watched on since, and at the latest."""


class NoSharedReport(Exception):
    """It cannot be had. `str()` is a sentence."""


class SeenElsewhere(NamedTuple):
    """What others saw of an account: its gaps, until when, and since when it is known. No recording: nothing."""

    account_id: str
    gaps: Spans
    end: float
    at: float
    recording: Path | None

    def serves(self, account_id: str, gaps: Spans, now: float) -> bool:
        """Whether it has what gaps need. Of the time since its end it has nothing, and that can wait."""

        def has(begin: float, until: float) -> bool:
            return any(first <= begin and until <= last for first, last in self.gaps)

        latest = self.end - MINUTE
        waits = LATEST if all(has(*gap) for gap in gaps) else AGAIN
        return (
            account_id == self.account_id
            and 0 <= now - self.at < waits
            and all(has(begin, min(until, latest)) for begin, until in gaps if begin < latest)
        )


class SharedReports:
    """Reports of an account, with what others saw of it where podtop did not watch.

    settings: None if nobody else's history is to be read; profile: of the account, empty without one.
    account_id: its id, empty while that is unknown.
    """

    def __init__(
        self, settings: History | None, profile: str, account_id: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self._settings = settings if settings is not None and settings.url else None
        self._profile = profile
        self._account_id = account_id
        self._clock = clock
        self._kept: list[SeenElsewhere] = []
        self._folder: Path | None = None
        self._read = 0
        self._one_at_a_time = asyncio.Lock()

    async def read(
        self,
        own: Path | None,
        start: float,
        end: float,
        start_of_day: Callable[[float], float],
        *,
        keeps: bool = False,
    ) -> Report:
        """The report; `shared` and `trouble` say who else saw it, and why more cannot be had.

        keeps: as of `report_loader.read`. Raises ArchiveError.
        """
        if self._settings is None:
            return await report_loader.read(own, start, end, start_of_day, keeps=keeps)
        from tui.history.archive.schema import ArchiveError

        async with self._one_at_a_time:
            beside, trouble = None, ""
            try:
                beside = await self._beside(self._settings, own, start, end)
            except NoSharedReport as error:
                trouble = str(error)
                # Of times that are over what it had stays true.
                last = self._kept[0] if self._kept and self._kept[0].account_id == self._account_id() else None
                beside = last.recording if last is not None else None
            try:
                report = await report_loader.read(own, start, end, start_of_day, beside, keeps=keeps)
            except ArchiveError as error:
                if beside is None:
                    raise
                # One of the two: if it is the own one, that is raised now.
                report = await report_loader.read(own, start, end, start_of_day, keeps=keeps)
                self._forget([seen for seen in self._kept if seen.recording == beside])
                beside, trouble = None, f"its temporary file cannot be read ({error})"
        return replace(report, shared=host_of(self._settings.url) if beside is not None else "", trouble=trouble)

    async def _beside(self, settings: History, own: Path | None, start: float, end: float) -> Path | None:
        id, now = self._account_id(), self._clock()
        gaps = await _gaps(own, start, end)
        if not gaps:
            return None
        for seen in self._kept:
            if seen.serves(id, gaps, now):
                return seen.recording
        if self._folder is None:
            try:
                self._folder = Path(mkdtemp(prefix="podtop-"))
            except OSError as error:
                raise NoSharedReport(f"there is no temporary folder for it ({error.strerror or error})") from None
            finalize(self, rmtree, self._folder, ignore_errors=True)
        self._read += 1
        into = self._folder / f"{self._read}.sqlite"
        has_any = await seen_by_others(settings, self._profile or DEFAULT, id, own, start, end, into)
        # A week and a month.
        self._forget(self._kept[1:])
        self._kept.insert(0, SeenElsewhere(id, gaps, end, now, into if has_any else None))
        return self._kept[0].recording

    def _forget(self, seen: list[SeenElsewhere]) -> None:
        from tui.history.recording_files import remove

        for each in seen:
            self._kept.remove(each)
            if each.recording is not None:
                remove(each.recording)


async def seen_by_others(
    settings: History, account: str, account_id: str, own: Path | None, start: float, end: float, into: Path
) -> bool:
    """Write to the recording `into` what the server of the settings has; returns whether it has anything.

    account, account_id: the name of the account, and its id, empty if that is unknown. own: its recording.
    Raises NoSharedReport, and ArchiveError if its own recording cannot be read.
    """
    from tui.domain.recorders import key_of
    from tui.history.archive.schema import ArchiveError
    from tui.history.engine_account import accounts_of, write_unwatched
    from tui.history.recording_files import remove
    from tui.history.remote import HistoryUnavailable
    from tui.services.shared_history import remote_history

    gaps = await _gaps(own, start, end)
    if not gaps:
        return False
    troubles: list[str] = []
    remote = remote_history(settings, lambda message: troubles.append(message.text))
    if remote is None:
        raise NoSharedReport(troubles[0] if troubles else "[history] cannot be used")
    try:
        key = key_of(account_id) if account_id else ""
        names = await accounts_of(remote, key, account, start, end)
        return await write_unwatched(remote, names, gaps, into)
    except HistoryUnavailable as error:
        raise NoSharedReport(str(error)) from None
    except ArchiveError as error:
        raise NoSharedReport(f"it cannot be written to a temporary file ({error})") from None
    finally:
        try:
            await remote.close()
        except BaseException:
            remove(into)
            raise


async def _gaps(own: Path | None, start: float, end: float) -> Spans:
    """The whole minutes between start and end in which a recording has nothing. Raises ArchiveError."""
    from tui.history.archive.reader import Recording
    from tui.history.archive.schema import answered
    from tui.history.engine_account import unwatched

    def spans() -> Spans:
        if own is None:
            return ()
        with answered(), closing(Recording(own)) as recording:
            return tuple(recording.spans())

    return tuple(unwatched(await asyncio.to_thread(spans), start, end))
