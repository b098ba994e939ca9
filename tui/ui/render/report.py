"""The report in cells and facts. Pure; dollars in whole cents that add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from tui.domain import report_check, report_words
from tui.domain.pod_bill import NOTHING, Part
from tui.domain.report import Report, Row, cents, dollars
from tui.domain.report_check import Check
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render import list_rows
from tui.ui.widgets.table import Column

WORDS = {
    Part.WORKED: "worked", Part.IDLE: "idle", Part.WAITING: "waiting", Part.UNDER_USED: "under-used",
    Part.BOOT: "boot", Part.DISKS: "disks", Part.STOPPED: "stopped", Part.UNWATCHED: "unwatched",
}  # fmt: skip
RANKS = {
    Part.IDLE: 1, Part.WORKED: 2, Part.WAITING: 3, Part.UNDER_USED: 4, Part.STOPPED: 5, Part.BOOT: 6, Part.DISKS: 7,
    Part.UNWATCHED: 8,
}  # fmt: skip
COLUMNS = (
    Column("name", "POD", 16, 0, flex=True, sort="name"),
    Column("gpu", "GPU", 12, 9),
    Column("paid", "PAID", 11, 0, right=True, sort="paid"),
    *(
        Column(word, word.upper(), max(9, len(word)), RANKS[part], right=True, sort=word)
        for part, word in WORDS.items()
    ),
    Column("worst", "WORST HOUR", 16, 10),
)
SORTS = ("paid", "did nothing", *WORDS.values(), "name")
TOTAL = "total"


def columns(report: Report) -> tuple[Column, ...]:
    """The columns, without parts that are nothing in all rows."""
    amounts = cents(report.total)
    absent = {word for part, word in WORDS.items() if not amounts[part]}
    return tuple(column for column in COLUMNS if column.key not in absent)


def rows(report: Report, tz: tzinfo | None) -> dict[str, list_rows.Row]:
    """Pods and network volumes, the dearest first."""
    return {row.key: _row(row, tz) for row in report.rows("pod")}


def _row(row: Row, tz: tzinfo | None) -> list_rows.Row:
    order = {word: row.amounts[part] for part, word in WORDS.items()}
    return list_rows.Row(
        partial(_cells, row, tz),
        {"paid": row.paid, "name": row.name.lower(), "did nothing": row.nothing, **order},
    )


def _cells(row: Row, tz: tzinfo | None) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "name": ((row.name, "text"),),
        "gpu": ((row.label if row.count else "", "muted"),),
        "paid": ((report_words.paid(row), "strong"),),
        "worst": ((report_words.hour(row.worst, tz), "muted"),),
    }
    for part, amount in zip(Part, cents(row), strict=True):
        role = "warn" if part in NOTHING else "muted" if part in (Part.DISKS, Part.UNWATCHED) else "text"
        cells[WORDS[part]] = ((fmt.money(amount / 100), role),) if amount else (("·", "quiet"),)
    return cells


def facts(report: Report, check: Check | None, key: str | None, tz: tzinfo | None) -> tuple[Section, ...]:
    """All of it, and the row under the cursor."""
    total = report.total
    sections = [Section("All", tuple(_sums(total, report, check)))]
    row = next((row for row in report.rows("pod") if row.key == key), None)
    if row is not None:
        sections.append(Section(row.name, tuple(_about(row, tz))))
    return tuple(section for section in sections if section.facts)


def _sums(total: Row, report: Report, check: Check | None) -> Iterator[Fact]:
    yield Fact("Paid", ((report_words.paid(total), "strong"),))
    yield from _parts(total)
    if total.paid:
        share = f"  {_share(total.nothing, total.paid)}"
        yield Fact("Did nothing", ((fmt.money(dollars(total.nothing)), "warn"), (share, "muted")))
    if what_if := report_words.what_if(report):
        yield Fact("What if", ((what_if, "text"),))
    if check is not None:
        yield Fact("Charges", ((report_check.sentence(check), "text"),))
    yield Fact("Time", ((report_words.period(report), "muted"),))


def _about(row: Row, tz: tzinfo | None) -> Iterator[Fact]:
    yield Fact("Paid", ((report_words.paid(row), "strong"),))
    yield from _parts(row)
    if row.worst is not None:
        yield Fact("Worst hour", ((report_words.hour(row.worst, tz), "text"),))
    if row.saved:
        yield Fact("What if", ((f"-{fmt.money(dollars(row.saved))} if stopped after 30 min idle", "text"),))
    if remark := report_words.remark(row, tz):
        yield Fact("Note", ((remark, "text"),))


def _parts(row: Row) -> Iterator[Fact]:
    for part, amount in zip(Part, cents(row), strict=True):
        if amount:
            share = f"  {_share(row.amounts[part], row.paid)}" if row.paid else ""
            yield Fact(f"  {WORDS[part]}", ((fmt.money(amount / 100), "text"), (share, "muted")))


def _share(amount: int, whole: int) -> str:
    """A part in percent; what is not nothing is not shown as 0%."""
    share = 100 * amount / whole
    return "<1%" if 0 < share < 0.5 else f"{share:.0f}%"
