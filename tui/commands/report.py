"""`podtop report`: what the last days cost, and what for, from the recording; held against RunPod's charges."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from tui.api.errors import CloudError
from tui.commands import report_tables, tables
from tui.commands.envelope import ProblemItem
from tui.commands.exit_codes import Exit
from tui.commands.report_items import ReportItem, document
from tui.commands.stdio import make_lenient, make_utf8, note, say, width_of_terminal, write
from tui.domain.report import Report
from tui.domain.report_check import Check, held_against
from tui.files import presence
from tui.history.archive.schema import ArchiveError
from tui.services import report_loader
from tui.services.report_loader import Charged
from tui.services.shared_report import SharedReports
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.api.account import Account
    from tui.commands.run_points import RunPointItem
    from tui.config.loader import Config
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles

NO_RUNS = "no runs in this time: podtop reads them of pods that [signals] names (podtop help signals)"
NOTHING = "no recording yet: podtop records while it runs; podtop record does so without the UI"


class Wanted(NamedTuple):
    """What is requested.

    span:  "week" or "month"; since: a date, in place of it.
    by:    pod, gpu, day or run: of runs it is what they reported, and no costs.
    form:  table, markdown, json or csv.
    offline: whether to request nothing from RunPod.
    """

    span: str
    since: datetime | None
    by: str
    form: str
    offline: bool


class Refused(Exception):
    """It is unclear which report is wanted. `str()` says why."""


class _Answer(NamedTuple):
    """What RunPod said."""

    account: Account | None = None
    charged: Charged = Charged(())
    problems: tuple[ProblemItem, ...] = ()


def report(source: Source, config: Config, state: StateFiles, wanted: Wanted, tz: tzinfo | None = None) -> int:
    """Print the report; returns the exit code. `tz`: the time zone of its days, None for the machine's own."""
    try:
        return asyncio.run(_report(source, config, state, wanted, tz))
    except Refused as refusal:
        say(str(refusal))
        return Exit.USAGE
    except (ArchiveError, StoreError) as error:
        say(f"cannot read the recording: {error}")
        return Exit.USAGE


async def _report(source: Source, config: Config, state: StateFiles, wanted: Wanted, tz: tzinfo | None) -> int:
    answer = _Answer() if wanted.offline else await _ask(source, charges=wanted.by != "run")
    path, account_id = await _recording(source, config, state, answer.account)
    now = source.clock()

    def start_of_day(at: float) -> float:
        when = datetime.fromtimestamp(at, tz)
        return when.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    start = _since(wanted.since, tz) if wanted.since else report_loader.begin(wanted.span, now, start_of_day)
    if start >= now:
        raise Refused("--since is in the future")
    if wanted.by == "run":
        return await _print_runs(source, wanted, path, start, now)
    problems = answer.problems
    shared = None if source.demo else config.history
    reports = SharedReports(shared, source.profile, lambda: account_id, source.clock)
    costs = await reports.read(path, start, now, start_of_day, keeps=not source.demo)
    if costs.trouble:
        problems = (*problems, ProblemItem(f"shared history is unavailable: {costs.trouble}", "history", None))
    if answer.account is not None and costs.since is not None:
        costs = replace(costs, volumes=report_loader.volumes(answer.account, costs.mounted))
    knows_volumes = answer.account is not None
    check = held_against(costs, answer.charged.days, now, knows_volumes=knows_volumes)
    _print(source, wanted, costs, check, problems, now, tz)
    for problem in problems:
        note(problem.message)
    if costs.shared:
        note(f"what this podtop did not watch is as {costs.shared} has it, by the minute")
    if not costs.pods and not costs.volumes:
        note(NOTHING if costs.since is None else "no pods in this time")
        return Exit.NOTHING
    return Exit.OK


def _since(date: datetime, tz: tzinfo | None) -> float:
    return date.replace(tzinfo=tz).timestamp()


async def _ask(source: Source, *, charges: bool = True) -> _Answer:
    """The account and its charges; what is not available is a problem, and no reason for no report."""
    cloud = await asyncio.to_thread(source.open)
    problems: list[ProblemItem] = []
    account: Account | None = None
    try:
        try:
            account = await cloud.account()
        except CloudError as error:
            problems.append(ProblemItem(f"network volumes are unavailable: {error}", "account", None))
        charged = await report_loader.charged(cloud) if charges else Charged(())
        if charged.trouble:
            problems.append(ProblemItem(f"RunPod's charges are unavailable: {charged.trouble}", "charges", None))
    finally:
        await cloud.aclose()
    return _Answer(account, charged, tuple(problems))


# Which recording


async def _recording(
    source: Source, config: Config, state: StateFiles, account: Account | None
) -> tuple[Path | None, str]:
    """The file of the account, None without one; and its id, empty if it is unknown. Raises Refused."""
    from tui.history.recording_files import NoRecordings, archive_path, recordings_in

    if source.demo:
        return await _demo(source, state.directory()), ""
    id = await asyncio.to_thread(_account_id, state, source.profile, account)
    if id:
        path = archive_path(state.directory(), config.api_url, id)
        return path if presence.is_file(path) else None, id
    try:
        recordings = [path for path in recordings_in(state.directory()) if _is_of(path, state.origin)]
    except NoRecordings as error:
        raise Refused(str(error)) from None
    if len(recordings) > 1:
        raise Refused("several accounts are recorded, and which one this is is unknown: drop --offline")
    return recordings[0] if recordings else None, ""


def _account_id(state: StateFiles, profile: str, account: Account | None) -> str:
    """The id of the account as its files have it; empty if it is unknown."""
    from tui.storage.account_file import AccountFile

    known = AccountFile(state.accounts()).all().get(state.profile_name(profile))
    reported = (account.funds.account_id if account is not None else None) or ""
    if known is not None and (not reported or reported in (known.id, *known.aliases)):
        return known.id
    return reported


def _is_of(path: Path, origin: str) -> bool:
    """Whether a recording is of this host."""
    from tui.history.archive.reader import Recording

    try:
        with closing(Recording(path)) as recording:
            return recording.origin == origin
    except ArchiveError:
        return False


async def _demo(source: Source, directory: Path) -> Path | None:
    """A recording of the demo's hour before it was opened."""
    from tui.demo.source import COARSE_STEP
    from tui.history.archive.schema import connect
    from tui.history.archive.writer import Polled, Writer

    path = directory / "report.sqlite"
    if source.history is None:
        return None
    cloud = await asyncio.to_thread(source.open)
    writer: Writer | None = None
    try:
        async for at, snapshot in source.history(cloud):
            if writer is None:
                writer = Writer(connect(path, write=True), at - 0.001, origin="demo", silence=2 * COARSE_STEP)
            writer.write([Polled(at, snapshot)])
    finally:
        await cloud.aclose()
        if writer is not None:
            writer.close()
    return path if writer is not None else None


# Output


async def _print_runs(source: Source, wanted: Wanted, path: Path | None, start: float, now: float) -> int:
    from tui.commands.envelope import Document
    from tui.commands.items import iso
    from tui.commands.recall import recall_curves
    from tui.commands.run_points import RunPointItem

    points = () if path is None else await asyncio.to_thread(recall_curves, path, start, now)
    (make_utf8 if wanted.form in ("json", "csv") else make_lenient)(sys.stdout)
    whole = Document(
        kind="runs", at=iso(now) or "", source=source.badge, profile=source.profile or msgspec.UNSET,
        total=len(points), items=points,
    )  # fmt: skip
    if wanted.form == "json":
        write(msgspec.json.encode(whole).decode() + "\n")
    elif wanted.form == "csv":
        write(tables.csv_header("runs", RunPointItem) + tables.csv_rows("runs", whole.at, points))
    else:
        make = report_tables.runs_markdown if wanted.form == "markdown" else _runs_plain
        write("".join(f"{line}\n" for line in make(points)))
    if not points:
        note(NOTHING if path is None else NO_RUNS)
        return Exit.NOTHING
    return Exit.OK


def _runs_plain(points: Sequence[RunPointItem]) -> list[str]:
    return tables.table("runs", points, width_of_terminal(sys.stdout))


def _print(
    source: Source,
    wanted: Wanted,
    costs: Report,
    check: Check | None,
    problems: tuple[ProblemItem, ...],
    now: float,
    tz: tzinfo | None,
) -> None:
    (make_utf8 if wanted.form in ("json", "csv") else make_lenient)(sys.stdout)
    if wanted.form in ("json", "csv"):
        whole = document(
            costs, wanted.by, check, now, lambda at: f"{datetime.fromtimestamp(at, tz):%Y-%m-%d}",
            source=source.badge, profile=source.profile, problems=problems,
        )  # fmt: skip
        if wanted.form == "json":
            write(msgspec.json.encode(whole).decode() + "\n")
        else:
            write(tables.csv_header("report", ReportItem) + tables.csv_rows("report", whole.at, whole.items))
        return
    if not costs.rows("pod"):
        return
    make = report_tables.markdown if wanted.form == "markdown" else _plain
    write("".join(f"{line}\n" for line in make(costs, wanted.by, check, tz)))


def _plain(costs: Report, by: str, check: Check | None, tz: tzinfo | None) -> Iterator[str]:
    return report_tables.plain(costs, by, check, tz, width_of_terminal(sys.stdout))
