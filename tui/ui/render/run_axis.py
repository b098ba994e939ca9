"""The axis of charts in words, where it counts steps, or the time since the start of runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.views import run_lines
from tui.store.views.run_chart_kinds import Scale

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def words(fleet: Fleet, records: Sequence[Record], scale: Scale, cursor: float | None, tz: tzinfo | None) -> str:
    """What the axis counts, and the place of the cursor on it."""
    shown = run_lines.shown(fleet, records, scale)
    runs = [each.run for each in shown if each.run is not None and len(each.run.series)]
    alone = len(shown) == 1 and len(runs) == 1
    if scale is Scale.STEP:
        text = "by step"
        read = "" if cursor is None else f"{cursor:,.0f}"
    else:
        # What a run did before podtop read it is unknown: its start is that of its first line here.
        first = run_lines.began(runs[0]) if runs else 0.0
        text = f"since its first line, {datetime.fromtimestamp(first, tz):%a %H:%M}" if alone else "since first lines"
        read = "" if cursor is None else f"+{fmt.duration(cursor - first if alone else cursor)}"
    return f"◂ {read} ▸  {text}" if read else text
