"""Events as rows: the timeline of a pod, and the log of all events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.events import Event, Kind
from tui.format import numbers as fmt
from tui.format.width import wrapped
from tui.store.views.event_log import subject_of
from tui.store.views.joined_events import Joined
from tui.store.views.pods import gpu_name
from tui.ui.charts.event_signs import glyph_of, hue_of, role
from tui.ui.primitives.cells import Cell, width_of
from tui.ui.render.attention import MUTED
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.store.fleet_state import Record

COLUMNS = (
    Column("when", "TIME", 15, 0),
    Column("what", "EVENT", 14, 0),
    Column("text", "", 12, 1, flex=True),
)
SHORT_COLUMNS = (Column("short", "TIME", 6, 0), *COLUMNS[1:])
LOG_COLUMNS = (
    Column("when", "TIME", 15, 0, sort="time"),
    Column("what", "EVENT", 14, 1, sort="kind"),
    Column("pod", "POD", 22, 2, sort="pod"),
    Column("told", "DETAILS", 12, 0, flex=True),
    Column("ago", "AGO", 4, 3, right=True),
)
MIDDLE = (
    Column("short", "TIME", 6, 0, sort="time", label="SHORT TIME"),
    Column("what", "EVENT", 14, 1, sort="kind"),
    Column("pod", "POD", 16, 2, sort="pod"),
    Column("told", "DETAILS", 12, 0, flex=True),
)
NARROW = (
    Column("short", "TIME", 6, 0),
    Column("glyph", "", 1, 0),
    Column("brief", "EVENT", 12, 0, flex=True),
)
"""For panes in which the columns of the log leave little or no room for the event's text."""


def timeline_columns(width: int, rows: Iterable[Cells] = ()) -> tuple[Column, ...]:
    """The columns of a pod's events in a pane this wide: what an event is called takes no room from its text."""
    when, what, text = SHORT_COLUMNS if width < 70 else COLUMNS
    longest = max((width_of(row.get("what", ())) for row in rows), default=what.width)
    return when, replace(what, width=min(what.width, longest)), text


def log_columns(width: int, widest: int = 0) -> tuple[Column, ...]:
    """The columns of the log in a pane this wide: the text of the most frequent events is never cut for another one.

    widest: cells of the longest name of a pod; 0 if it is not known. What names do not take is left to the texts.
    """
    columns = NARROW if width < 70 else MIDDLE if width < 104 else LOG_COLUMNS
    return tuple(
        replace(column, width=min(column.width, max(_LEAST_POD, widest))) if column.key == "pod" and widest else column
        for column in columns
    )


_LEAST_POD = 8
"""Cells of the column of pods, which also has "account" and "RunPod"."""

DAY = 86_400.0
"""Seconds within which the clock time of an event is enough."""


def subject(event: Event, names: Mapping[str, str]) -> Cell:
    """The subject of an event: a pod by its name, the account, RunPod."""
    if event.pod:
        return ((names.get(event.pod) or event.pod, "text"),)
    return ((subject_of(event) or fmt.UNKNOWN, "muted"),)


def row(
    joined: Joined, now: float, tz: tzinfo | None, names: Mapping[str, str], ahead: bool = False, muted: bool = False
) -> Cells:
    """The cells of what happened. `ahead`: after the viewed instant; `muted`: the user mutes such alerts."""
    event = joined.head
    when = datetime.fromtimestamp(event.at, tz)
    hue, text = ("quiet", "quiet") if ahead else ("muted", "muted") if muted else (_hue(joined), "text")
    age = now - event.at
    ago = f"+{fmt.short_duration(-age)}" if age < 0 else f"{fmt.short_duration(age)} ago"
    about = subject(event, names)
    glyph = MUTED if muted else glyph_of(event)
    return {
        "when": ((f"{when:%d %b %H:%M:%S}", "muted"),),
        "short": ((f"{when:%H:%M}" if abs(age) < DAY else f"{when:%d %b}", "muted"),),
        "glyph": ((glyph, hue),),
        "pod": ((about[0][0], text),) if ahead or muted else about,
        "what": ((f"{glyph} ", hue), (event.word, hue)),
        "text": ((joined.text, text), (f"  {ago}", "quiet")),
        "told": ((joined.text, text),),
        "ago": ((ago.removesuffix(" ago"), "quiet"),),
        "brief": ((f"{about[0][0]} ", "muted"), (f"{event.word}: {joined.text}", text)),
    }


def _hue(joined: Joined) -> str:
    """That of the event; what podtop did itself needs nobody."""
    return role(Kind.DONE) if joined.is_own else hue_of(joined.head)


def rows(events: Sequence[Joined], now: float, tz: tzinfo | None) -> dict[str, Cells]:
    """Cells by key, newest first."""
    numbered = reversed(list(enumerate(events)))
    return {str(number): row(event, now, tz, {}) for number, event in numbered}


def keyed(events: Iterable[Joined]) -> dict[str, Joined]:
    """What happened by keys that stay the same when older events are loaded: newest first."""
    by_key: dict[str, Joined] = {}
    for each in events:
        event = each.head
        key = base = f"{event.at} {event.pod} {event.kind}"
        number = 1
        while key in by_key:
            number += 1
            key = f"{base} {number}"
        by_key[key] = each
    return dict(reversed(by_key.items()))


def ordered(
    events: Mapping[str, Joined], sort: str, inverted: bool, name_of: Callable[[Event], str]
) -> dict[str, Joined]:
    """What happened by its keys, given newest first, sorted by time, kind or pod; within these the newest first."""
    if sort == "time":
        return dict(reversed(list(events.items()))) if inverted else dict(events)
    by_kind = sort == "kind"
    matches = sorted(
        events.items(),
        reverse=inverted,
        key=lambda item: item[1].head.word if by_kind else name_of(item[1].head).lower(),
    )
    return dict(matches)


ABOUT_COLUMNS = (Column("when", "", 15, 0), Column("text", "", 20, 0, flex=True))
OTHERS = 40
"""Maximum number of other things that happened to the same pod that are shown beside one."""


def about(
    joined: Joined, record: Record | None, names: Mapping[str, str], now: float, tz: tzinfo | None, width: int
) -> dict[str, dict[str, Cell]]:
    """What happened in detail: all fields of its events, and the pod's state at `now`. `width`: cells of the pane."""
    event = joined.head
    cells: dict[str, dict[str, Cell]] = {}

    def line(label: str, value: Cell, tone: str = "muted") -> None:
        cells[str(len(cells))] = {"when": ((label, tone),), "text": value}

    line("Event" if len(joined.events) == 1 else "Events", (), "key")
    for number, part in enumerate(joined.events):
        line("Kind", ((f"{glyph_of(part)} {part.word}", hue_of(part)),))
        if not number or part.at != event.at:
            when = datetime.fromtimestamp(part.at, tz)
            line("Time", ((f"{when:%a %d %b %Y %H:%M:%S}", "text"), (f"  {_ago(now - part.at)}", "quiet")))
        for row, text in enumerate(wrapped(part.text, max(10, width - ABOUT_COLUMNS[0].width - 2))):
            line("" if row else "Details", ((text, "text"),))
    if event.pod:
        line("", ())
        line("Pod", (), "key")
        line("Name", subject(event, names))
        line("ID", ((event.pod, "text"),))
        line("State", _state(record, now))
        if record is not None and record.pod is not None:
            line("GPU", ((f"{record.pod.gpu_count} × ", "muted"), (gpu_name(record) or fmt.UNKNOWN, "text")))
            line("Price", ((f"{fmt.money(record.pod.cost_per_hr)}/h", "text"),))
    return cells


def others(events: Sequence[Joined], now: float, tz: tzinfo | None, width: int) -> dict[str, dict[str, Cell]]:
    """What else happened to a pod, newest first, with whole texts. `events`: oldest first; `width`: of the pane."""
    cells: dict[str, dict[str, Cell]] = {}
    room = max(10, width - ABOUT_COLUMNS[0].width - _KIND - 2)
    for each in reversed(events[-OTHERS:]):
        event = each.head
        kind = f"{glyph_of(event)} {event.word}"
        for number, part in enumerate(wrapped(each.text, room)):
            at = f"{datetime.fromtimestamp(event.at, tz):%d %b %H:%M:%S}" if not number else ""
            tone = "quiet" if event.at > now else "muted"
            word = kind if not number else ""
            cells[str(len(cells))] = {
                "when": ((at, "muted"),),
                "text": ((word.ljust(_KIND), _hue(each)), (part, tone)),
            }
    return cells


_KIND = 15
"""Cells of the kind of an event and the space behind it."""


def _ago(age: float) -> str:
    return f"in {fmt.duration(-age)}" if age < 0 else f"{fmt.duration(age)} ago"


def _state(record: Record | None, now: float) -> Cell:
    if record is None:
        return (("not on the account", "muted"),)
    phase = record.phase(now)
    return ((pod_health.status_word(record.pod, phase) if record.pod else phase.value, "text"),)
