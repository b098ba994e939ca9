"""The report in sentences, the same on the screen, in a terminal and in Markdown. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from tui.domain.pod_bill import STOP_AFTER
from tui.domain.report import Report, Row, dollars
from tui.format import numbers as fmt


def period(report: Report, tz: tzinfo | None = None) -> str:
    """The time of the report, and how much of it podtop watched."""
    first, last = (datetime.fromtimestamp(at, tz) for at in (report.start, report.end))
    whole = report.end - report.start
    share = report.watched / whole if whole > 0 else 0.0
    watched = "" if share >= 0.995 else f" · watched {share:.0%}"
    return f"{first:%a %b} {first.day} {first:%H:%M} to {last:%a %b} {last.day} {last:%H:%M}{watched}{shared(report)}"


def shared(report: Report) -> str:
    """Whose history is a part of the report; empty if it is podtop's own recording only."""
    if report.trouble:
        return " · shared history unavailable"
    return f" · with {report.shared}" if report.shared else ""


def what_if(report: Report) -> str:
    """What less would have been paid; empty if nothing."""
    saved = report.total.saved
    if saved < 5000:
        return ""
    return f"-{fmt.money(dollars(saved))} if idle pods had stopped after {STOP_AFTER / 60:.0f} min"


def paid(row: Row) -> str:
    """What was paid for a row; a lower bound where podtop did not watch."""
    if row.unknown and not row.paid:
        return fmt.UNKNOWN
    return f"{'≥ ' if row.least or row.unknown else ''}{fmt.money(dollars(row.paid))}"


def since_stopped(row: Row, tz: tzinfo | None = None) -> str:
    """What the disks of a stopped pod have cost since it stopped; empty if that is unknown."""
    if row.stopped_at is None or row.stored is None:
        return ""
    when = datetime.fromtimestamp(row.stopped_at, tz)
    return f"stopped since {when:%b} {when.day}: {fmt.money(dollars(row.stored))}"


def remark(row: Row, tz: tzinfo | None = None) -> str:
    """What else there is to say about a row."""
    parts = []
    if row.lagging is not None:
        parts.append(f"GPU {row.lagging} lags")
    if row.unknown:
        parts.append("price unknown")
    return "; ".join(filter(None, (*parts, since_stopped(row, tz))))


def hour(at: float | None, tz: tzinfo | None = None) -> str:
    """An hour by its beginning: Mon Nov 23 03:00."""
    if at is None:
        return ""
    when = datetime.fromtimestamp(at, tz)
    return f"{when:%a %b} {when.day} {when:%H:%M}"
