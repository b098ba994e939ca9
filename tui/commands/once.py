"""`podtop once`: RunPod's current data, printed once or at an interval."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.api import log_lines
from tui.api.errors import CloudError, NotOffered, Unauthorized
from tui.api.models import PARTIAL
from tui.commands.api_news import ApiNews
from tui.commands.envelope import OF_PODS, Desk, Incomplete
from tui.commands.exit_codes import Exit, code_of
from tui.commands.market import ALL, Selection
from tui.commands.outlet import Outlet
from tui.commands.printer import NOTHING, Printer
from tui.commands.stdio import ReaderGone, note, say
from tui.domain.patterns import TooComplex
from tui.services.account_check import AccountCheck
from tui.services.barrier import own_fault
from tui.services.poller import Failed, Poller
from tui.system.signals import cancel_on_signals

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.commands.envelope import Document
    from tui.domain.alert_rules import AlertRules, Mute
    from tui.services.source import Source

CURVES = 86_400.0
"""Seconds of the curves of runs that are printed."""

ALONE = 30.0
"""Poll interval assumed to judge the age of a single response, in seconds."""


Past = Callable[[str], Path | None]
"""The recording of an account by its id, if there is one."""

Muted = Callable[[str], tuple["Mute", ...]]
"""The mutes of an account by its id. Blocks."""


class AccountData(NamedTuple):
    """An account to print: its recording, the user's rules for alerts, and its mutes."""

    source: Source
    past: Past
    rules: AlertRules | None = None
    mutes: Muted = lambda account: ()


def once(
    accounts: Sequence[AccountData], kind: str, form: str, text: str, interval: float | None, market: Selection = ALL
) -> int:
    """Request and print; returns the exit code. Of several accounts each document, table and row names its own.

    text:     a filter, as typed.
    interval: seconds between two requests; None for a single one.
    market:   the part of the market that is requested and printed.
    """
    several = len(accounts) > 1
    printer = Printer(form, interval is not None or several, sys.stdout, named=several)
    tellers = []
    for asked in accounts:
        source = asked.source
        desk = Desk(kind, source.badge, text, (interval or ALONE) * source.pace, source.profile, market)
        if asked.rules is not None:
            desk.fleet.alert_rules = asked.rules
        tellers.append(_Teller(desk, printer, source, asked.past, asked.mutes, source.profile if several else ""))
    return asyncio.run(_run(tellers, interval))


async def _run(tellers: Sequence[_Teller], interval: float | None) -> int:
    asking = asyncio.ensure_future(_ask_all(tellers, interval))
    signalled = cancel_on_signals(asking)
    try:
        return await asking
    except asyncio.CancelledError:
        # A signal to stop is the normal end of a repeated run.
        return signalled[0] if interval is None else Exit.OK
    except ReaderGone:
        return Exit.OK


async def _ask_all(tellers: Sequence[_Teller], interval: float | None) -> int:
    if interval is None:
        return _together([await teller.ask(None, None) for teller in tellers])
    # One output: texts of several accounts follow each other, and are never mixed.
    out = Outlet()
    return _together(await asyncio.gather(*(teller.ask(interval, out) for teller in tellers)))


def _together(codes: Sequence[int]) -> int:
    """The exit code of several accounts: the worst error; without one, whether any of them has anything."""
    errors = [code for code in codes if code not in (Exit.OK, Exit.NOTHING)]
    return max(errors) if errors else min(codes)


class _Teller:
    """Sends the requests, and prints the responses."""

    def __init__(self, desk: Desk, printer: Printer, source: Source, past: Past, mutes: Muted, name: str) -> None:
        """`name`: before what is said about the account; empty for the only one."""
        self._desk = desk
        self._name = f"{name}: " if name else ""
        self._printer = printer
        self._source = source
        self._past = past
        self._mutes = mutes
        self._account = AccountCheck(desk.fleet, source.clock)
        self._recalled = False
        self._trouble = ""
        self._dark = ""
        self._blanks = ""
        self._beside: Outlet | None = None
        self.news: ApiNews | None = None

    async def ask(self, interval: float | None, out: Outlet | None) -> int:
        """Request and print, once or at an interval, to `out`; returns the exit code."""
        cloud = await asyncio.to_thread(self._source.open)
        self.news = ApiNews(cloud, self._source)
        try:
            return await (self._once(cloud) if interval is None or out is None else self._watch(cloud, interval, out))
        finally:
            await cloud.aclose()

    async def _once(self, cloud: Cloud) -> int:
        try:
            answer = await self._desk.question(cloud)()
            document = await self._document(answer)
        except CloudError as error:
            say(f"{self._name}{error}")
            return code_of(error)
        except Incomplete as error:
            say(f"{self._name}{error}")
            return Exit.UNREACHABLE
        self._printer.show(document)
        if blanks := self._printer.blanks(document):
            note(f"{self._name}{blanks}")
        if dark := _dark(document):
            note(f"{self._name}{dark}")
        if lacking := _lacking(document):
            say(f"{self._name}{lacking}")
        if document.items:
            return Exit.OK
        nothing = NOTHING[document.kind]
        note(f"{self._name}{nothing.replace('no ', 'no matching ') if document.total else nothing}")
        return Exit.NOTHING

    async def _watch(self, cloud: Cloud, interval: float, out: Outlet) -> int:
        """Run until stopped. A failure is reported once, and the request retried with back-off.

        A slow reader delays the next request, and nothing else: signals are always handled.
        """
        self._beside = Outlet(sys.stderr)
        async for reading in Poller(self._desk.question(cloud), interval):
            if isinstance(reading, Failed):
                if isinstance(reading.error, NotOffered | Unauthorized):
                    self._say_once(str(reading.error))
                    await self._beside.close()
                    return code_of(reading.error)
                self._say_once(f"{reading.error} Retrying.")
                continue
            try:
                document = await self._document(reading.value, reading.took)
            except Incomplete as error:
                self._say_once(f"{error}. Retrying.")
                continue
            except TooComplex:
                raise
            except Exception as error:
                # Whatever is invalid in one response, the next one is requested.
                self._say_once(f"{own_fault(error, 'reading the response')} Retrying.")
                continue
            await out.written(self._printer.text(document))
            if (blanks := self._printer.blanks(document)) != self._blanks:
                self._blanks = blanks
                self._beside.write(f"podtop: {self._name}{blanks or 'all columns are offered again'}\n")
            if (dark := _dark(document)) != self._dark:
                self._dark = dark
                self._beside.write(f"podtop: {self._name}{dark or 'all alerts are judged again'}\n")
            self._say_once(_lacking(document))
        raise AssertionError("a poller never ends")

    async def _document(self, answer: Any, took: float = 0.0) -> Document:
        clocks = self._source.clocks
        at = self._source.clock()
        if self.news is not None:
            self.news.answered()
        answer = self._desk.dated(answer, 0.0 if clocks is None else clocks.skew)
        if self._desk.kind in ("alerts", "rules") and self._desk.cloud is not None:
            # Auto-pay decides whether a low runway matters.
            await self._account.look(answer, self._desk.cloud)
        self._desk.take(answer, at, took)
        if self._desk.kind in ("alerts", "rules") and answer.funds is not None and answer.funds.account_id:
            self._desk.fleet.mutes = await asyncio.to_thread(self._mutes, answer.funds.account_id)
        if self._desk.kind == "runs" or (not self._recalled and self._desk.kind in OF_PODS):
            self._recalled = True
            await self._recall(answer, at)
        return self._desk.document(answer, at)

    async def _recall(self, answer: Any, at: float) -> None:
        """Load recorded history behind the first response."""
        account = answer.funds.account_id if answer.funds is not None else None
        path = self._past(account) if account is not None else None
        if path is None:
            return
        from tui.commands.recall import recall, recall_curves
        from tui.history.archive.schema import ArchiveError, EmptyArchive

        try:
            if self._desk.kind == "runs":
                pods = tuple(self._desk.fleet.records)
                self._desk.points = await asyncio.to_thread(recall_curves, path, at - CURVES, at, pods)
                return
            await asyncio.to_thread(recall, self._desk.fleet, path, at, self._desk.tracker)
        except EmptyArchive:
            return
        except ArchiveError as error:
            say(f"cannot read the recording; earlier idle times and restarts are unknown: {error}")

    def _say_once(self, trouble: str) -> None:
        if trouble and trouble != self._trouble and self._beside is not None:
            log_lines.event("once", "told", text=trouble)
            self._beside.write(f"podtop: {self._name}{trouble}\n")
        self._trouble = trouble


def _dark(document: Document) -> str:
    """The alerts that are off, of a document of alerts: that there are none is no proof that all is well."""
    if not document.alerts_off:
        return ""
    reasons: dict[str, list[str]] = {}
    for item in document.alerts_off:
        reasons.setdefault(item.reason, []).append(item.alert)
    listed = (f"{', '.join(names)} ({why})" for why, names in reasons.items())
    return f"alerts off: {'; '.join(listed)}"


def _lacking(document: Document) -> str:
    lacks = "; ".join(problem.message for problem in document.problems if problem.code != PARTIAL)
    cut = "; ".join(problem.message for problem in document.problems if problem.code == PARTIAL)
    sentences = (
        f"incomplete response: {lacks}" if lacks else "",
        f"not all is shown: {cut}" if cut else "",
    )
    return ". ".join(filter(None, sentences))
