"""The report as text: an aligned table for a terminal, Markdown for a message. Pure; no color."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo

from tui.api.enums import ComputeKind
from tui.commands import run_points
from tui.commands.run_points import RunPointItem
from tui.commands.tables import RUN_COLUMNS, Column, aligned
from tui.domain import report_check, report_words
from tui.domain.pod_bill import Part
from tui.domain.report import Report, Row, cents
from tui.domain.report_check import Check
from tui.format import numbers as fmt
from tui.format.width import shown

TITLES = {
    Part.WORKED: ("WORKED", 2), Part.IDLE: ("IDLE", 0), Part.WAITING: ("WAITING", 3),
    Part.UNDER_USED: ("UNDER-USED", 4), Part.BOOT: ("BOOT", 5), Part.DISKS: ("DISKS", 7),
    Part.STOPPED: ("STOPPED", 6), Part.UNWATCHED: ("UNWATCHED", 8),
}  # fmt: skip
"""The title of each part's column, and its rank: when room is short the highest are dropped first."""

FIRST = {"pod": "POD", "gpu": "GPU TYPE", "day": "DAY"}


def columns(report: Report, by: str, tz: tzinfo | None) -> tuple[Column, ...]:
    """The columns; parts that are nothing in all rows are left out."""
    amounts = cents(report.total)
    parts = tuple(
        Column(title, _part(part), rank, right=True) for part, (title, rank) in TITLES.items() if amounts[part]
    )
    first = Column(FIRST[by], lambda row: name(row, tz), flex=True)
    if by == "day":
        return first, Column("PAID", report_words.paid, right=True), *parts
    count = "PODS" if by == "gpu" else ComputeKind.GPU.value
    return (
        first, Column(count, _pods if by == "gpu" else _gpus, 9, right=by == "gpu"),
        Column("PAID", report_words.paid, right=True), *parts,
        *(() if by == "gpu" else (
            Column("WORST HOUR", lambda row: report_words.hour(row.worst, tz), 10),
            Column("NOTE", lambda row: report_words.remark(row, tz), 11),
        )),
    )  # fmt: skip


def name(row: Row, tz: tzinfo | None) -> str:
    """What a row is about."""
    if row.name or not row.key:
        return row.name
    when = datetime.fromtimestamp(float(row.key), tz)
    return f"{when:%a %b} {when.day}"


def _gpus(row: Row) -> str:
    return row.label if row.key and row.gpu != "network volume" else ""


def _pods(row: Row) -> str:
    return str(row.count) if row.gpu != "network volume" else ""


def _part(part: Part) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        amount = cents(row)[part] / 100
        return fmt.money(amount) if amount else ""

    return text


def sentences(report: Report, check: Check | None) -> tuple[str, ...]:
    """What stands below the table."""
    total = report.total
    nothing = f"Did nothing: {fmt.money(total.nothing / 1e6)} ({total.nothing / total.paid:.0%})" if total.paid else ""
    held = f"{report_check.sentence(check)}." if check is not None else ""
    what_if = report_words.what_if(report)
    least = (
        "≥: podtop did not watch all the time, or does not know a price; it may have been more." if total.least else ""
    )
    return tuple(filter(None, (nothing, what_if, held, least)))


def plain(report: Report, by: str, check: Check | None, tz: tzinfo | None, width: int | None) -> Iterator[str]:
    """The lines for a terminal of `width` columns, None for unlimited."""
    rows = (*report.rows(by), report.total)
    yield report_words.period(report, tz)
    yield ""
    yield from aligned(columns(report, by, tz), rows, width)
    yield ""
    for sentence in sentences(report, check):
        yield from textwrap.wrap(sentence, width) if width is not None else (sentence,)


def markdown(report: Report, by: str, check: Check | None, tz: tzinfo | None) -> Iterator[str]:
    """The lines as Markdown."""
    shown_columns = columns(report, by, tz)
    yield f"**{report_words.period(report, tz)}**"
    yield ""
    yield _line(column.title for column in shown_columns)
    yield _line("--:" if column.right else ":--" for column in shown_columns)
    for row in (*report.rows(by), report.total):
        cells = [_escaped(column.text(row)) for column in shown_columns]
        yield _line(f"**{cell}**" if cell and not row.key else cell for cell in cells)
    yield ""
    for sentence in sentences(report, check):
        yield f"- {sentence}"


def runs_markdown(points: Sequence[RunPointItem]) -> Iterator[str]:
    """What runs reported, a row each, as Markdown."""
    if points:
        yield _line(column.title for column in RUN_COLUMNS)
        yield _line("--:" if column.right else ":--" for column in RUN_COLUMNS)
    for run in run_points.summaries(points):
        yield _line(_escaped(column.text(run)) for column in RUN_COLUMNS)


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A text of others, without markup."""
    return "".join(f"\\{ch}" if ch in "\\`*_[]<>|#" else ch for ch in shown(text).replace("\n", " "))
