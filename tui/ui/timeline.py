"""The timeline of a pod: what happened, newest first, as rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from tui.store.events import Event, Kind
from tui.ui import format as fmt
from tui.ui.charts import GLYPHS
from tui.ui.widgets.table import Cells, Column

COLUMNS = (
    Column("when", "WHEN", 15, 0),
    Column("what", "WHAT", 11, 0),
    Column("text", "", 12, 1, flex=True),
)
LOG_COLUMNS = (
    Column("when", "WHEN", 15, 0),
    Column("what", "WHAT", 11, 1),
    Column("pod", "POD", 22, 2),
    Column("text", "", 12, 0, flex=True),
)

_ROLES = {
    Kind.UP: "good", Kind.RUNNING: "good", Kind.NEW: "good", Kind.DOWN: "bad", Kind.RESTART: "warn",
    Kind.OUTBID: "bad", Kind.STOPPED: "muted", Kind.GONE: "bad", Kind.STATUS: "accent", Kind.DONE: "good",
    Kind.REFUSED: "bad", Kind.UNKNOWN: "warn", Kind.TROUBLE: "warn", Kind.PRICE: "accent",
}  # fmt: skip


def rows(
    events: Sequence[Event], now: float, tz: tzinfo | None, names: Mapping[str, str] | None = None
) -> dict[str, Cells]:
    """Cells by key, newest first. `names` of the pods by id, where they are told."""
    made: dict[str, Cells] = {}
    for number, event in reversed(list(enumerate(events))):
        when = datetime.fromtimestamp(event.at, tz)
        role = _ROLES[event.kind]
        made[str(number)] = {
            "when": ((f"{when:%d %b %H:%M:%S}", "muted"),),
            "pod": (((names or {}).get(event.pod, event.pod), "text"),),
            "what": ((f"{GLYPHS[event.kind]} ", role), (event.kind.value, role)),
            "text": ((event.text, "text"), (f"  {fmt.short_duration(now - event.at)} ago", "quiet")),
        }
    return made
