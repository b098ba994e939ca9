"""Formatting of values in facts: a dash for unknown, figures with their units, instants. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime, tzinfo

from msgspec import Struct

from tui.api.features import NOT_OFFERED, Feature
from tui.domain import offered
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact

LABEL_WIDTH = 14
"""Maximum characters of a label, except names of environment variables, which are shown in full."""

NOTHING: Cell = ((fmt.UNKNOWN, "quiet"),)
"""The placeholder of an unknown value."""

LACKING: Cell = ((offered.MARKED, "quiet"),)
"""In place of a value that the API does not offer."""

LACKING_CELL: Cell = ((NOT_OFFERED, "quiet"),)
"""The same in a table: the help explains the symbol."""


def or_lacking(value: Cell, feature: Feature, lacks: Collection[Feature]) -> Cell:
    """A value; if there is none, whether it is unknown or not offered."""
    return LACKING if value == NOTHING and feature in lacks else value


def cell_or_lacking(value: Cell, is_known: bool, feature: Feature, lacks: Collection[Feature]) -> Cell:
    """The same for a cell of a table."""
    return LACKING_CELL if not is_known and feature in lacks else value


class Clock(Struct, frozen=True):
    """The viewed instant, and the time zone for other instants."""

    now: float
    tz: tzinfo | None


def text(value: str | None, role: str = "text") -> Cell:
    return ((value, role),) if value else NOTHING


def copyable(label: str, value: str | None) -> Fact:
    """A fact whose exact text is worth copying."""
    return Fact(label, text(value), value or "")


def yes(value: bool | None) -> Cell:
    return NOTHING if value is None else (("yes", "text"),) if value else (("no", "muted"),)


def number(value: float | None, after: str = "", before: str = "") -> str | None:
    """A figure with its unit: whole if it is a whole number, else at most two decimal places. None if there is none."""
    if value is None or not math.isfinite(value):
        return None
    figure = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return f"{before}{figure}{after}"


def dollars(value: float | None) -> str | None:
    return None if value is None else fmt.money(value)


def money(value: float | None, role: str = "text", places: int = 2) -> Cell:
    return NOTHING if value is None or not math.isfinite(value) else ((fmt.money(value, places), role),)


def per_hour(value: float | None) -> str:
    """$2.99/h; three decimal places below a dime, as for disks."""
    if value is None or not math.isfinite(value):
        return fmt.UNKNOWN
    return f"{fmt.money(value, 3 if 0 < abs(value) < 0.1 else 2)}/h"


def rate(value: float | None, of: str = "") -> Cell:
    """Dollars per hour. `of`: the unit it is for, placed behind it."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return ((per_hour(value), "text"), *(((f"  {of}", "muted"),) if of else ()))


def day(at: float | None, tz: tzinfo | None, form: str = "%Y-%m-%d %H:%M") -> str | None:
    """An instant as a date; None if it is outside the calendar."""
    try:
        return None if at is None else datetime.fromtimestamp(at, tz).strftime(form)
    except (ValueError, OverflowError, OSError):
        return None


def date(at: float | None, tz: tzinfo | None) -> str:
    """A date; a dash if unknown."""
    return day(at, tz, "%Y-%m-%d") or fmt.UNKNOWN


def instant(at: float | None, clock: Clock, form: str = "%Y-%m-%d %H:%M") -> Cell:
    """The elapsed time, and the date."""
    date = day(at, clock.tz, form)
    if at is None or date is None:
        return NOTHING
    age = clock.now - at
    # Clocks differ by a little; more than that is a future date.
    distance = f"in {fmt.duration(-age)}" if age < -60 else f"{fmt.duration(age)} ago"
    return ((distance, "text"), (f"  {date}", "muted"))
