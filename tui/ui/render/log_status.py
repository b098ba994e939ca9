"""The Logs screen in words: the state of each stream, what is kept, why there are no lines. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api.capabilities import Capability, not_offered
from tui.api.errors import CloudError, NotOffered, ReadOnly
from tui.api.features import NOT_OFFERED
from tui.api.pod_logs import LogSource
from tui.services.log_connection import requested_wait
from tui.services.log_stream import Earlier, Stage, StreamState
from tui.store.log_buffer import LogEntry
from tui.ui.primitives.cells import Cell, Part
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render.empty_states import hidden_by_filter
from tui.ui.widgets.status_lines import taken

if TYPE_CHECKING:
    from tui.api.listener import Api
    from tui.store.views.log_lines import LogLines

INSTEAD = 'Set api = "auto" or "rest", with a key that REST v2 accepts.'
"""How to get logs where an API has none."""


def state(stream: StreamState, now: float) -> Part:
    """The state of a stream, in a few words. `now`: by the clock of the streams."""
    match stream.stage:
        case Stage.LIVE:
            return "live", "good"
        case Stage.WAITING:
            return "waiting for lines", "muted"
        case Stage.BROKEN:
            left = max(0.0, (stream.retry_at or now) - now)
            return f"reconnecting in {math.ceil(left)} s", "warn"
        case Stage.ENDED:
            return ("not offered", "muted") if isinstance(stream.error, NotOffered) else ("ended", "bad")


def streams(
    states: Mapping[str, StreamState], names: Mapping[str, tuple[str, int]], now: float
) -> tuple[Cell, ...]:  # fmt: skip
    """Each pod with the state of its stream: one after the other, those with trouble first."""
    several = len(names) > 1
    cells: list[tuple[bool, Cell]] = []
    for pod, (name, number) in names.items():
        stream = states.get(pod, StreamState())
        marker: Cell = (("▪ ", f"pod-{number}"),) if several else ()
        cells.append((stream.error is None, (*marker, (f"{name} ", "text"), state(stream, now))))
    return tuple(cell for _, cell in sorted(cells, key=lambda item: item[0]))


def within(streams: Sequence[Cell], room: int) -> tuple[Cell, ...]:
    """As many of these as there is room for, and how many more there are: none is left out without a word."""
    for count in range(len(streams), 0, -1):
        left = len(streams) - count
        shown = (*streams[:count], *(((f"+{left}", "muted"),),) * (left > 0))
        if taken(shown) <= room:
            return shown
    return tuple(streams[:1])


def recorded(names: Mapping[str, tuple[str, int]], of: Collection[str]) -> tuple[Cell, ...]:
    """Each pod with where its lines are from, where they are those of the recording. `of`: the pods that have any."""
    several = len(names) > 1
    return tuple(
        (
            *(((("▪ ", f"pod-{number}"),)) if several else ()),
            (f"{name} ", "text"),
            ("recorded" if pod in of else "none recorded", "muted"),
        )
        for pod, (name, number) in names.items()
    )


def reason(error: CloudError, api: Api | None) -> str:
    """Why a stream is broken or has ended, with what the user can do."""
    if isinstance(error, NotOffered):
        return ". ".join(_not_offered(error, api))
    return f"▲ {error}"


def _not_offered(error: NotOffered, api: Api | None) -> tuple[str, str]:
    """A title, and the reason or what to do."""
    if str(error) == str(not_offered(Capability.LOGS)):
        return f"{NOT_OFFERED} Logs are not offered by {api.label if api is not None else 'this API'}", INSTEAD
    return f"{NOT_OFFERED} Logs are not offered", str(error)


def trouble(states: Sequence[StreamState], api: Api | None) -> str:
    """The first error of the streams; empty if there is none."""
    return next((reason(each.error, api) for each in states if each.error is not None), "")


def heading(lines: LogLines, dropped: int, source: LogSource | None, typed: Mapping[str, str], pods: int = 1) -> str:
    """The title above the lines: how many there are, and which of them are shown."""
    shown, total = len(lines.entries), lines.total
    kind = f"{source.value} " if source is not None else ""
    parts = [f"{total:,} {kind}lines" if total != 1 else f"1 {kind}line"]
    if pods > 1:
        parts.insert(0, f"{pods} pods")
    if dropped:
        parts.append(f"{dropped:,} older dropped")
    if typed.get("filter"):
        parts.append(f"&{typed['filter']}  {shown:,} shown")
    if typed.get("search"):
        parts.append(f"/{typed['search']}  {len(lines.found):,} found")
    return "  ".join(parts)


def earlier(states: Sequence[StreamState], is_first: bool) -> str:
    """What is known of lines before the first. `is_first`: whether that is under the cursor."""
    if any(each.earlier is Earlier.LOADING for each in states):
        return "◌ Loading earlier lines…"
    failed = next((each.trouble for each in states if each.earlier is Earlier.FAILED), None)
    if failed is not None:
        return f"▲ Earlier lines could not be loaded: {failed}"
    if is_first and states:
        if all(each.earlier is Earlier.NONE for each in states):
            return "start of the log"
        if all(each.earlier in (Earlier.NONE, Earlier.NO_MORE) for each in states):
            return "RunPod sends at most 5,000 earlier lines"
    return ""


def gaps(states: Sequence[StreamState], tz: tzinfo | None) -> str:
    """Where lines are missing."""
    times = sorted(at for each in states for at in each.gaps)
    if not times:
        return ""
    return f"▲ Lines are missing after {datetime.fromtimestamp(times[0], tz):%d %b %H:%M:%S}"


def place(entry: LogEntry, index: int, total: int, tz: tzinfo | None) -> str:
    """Where the line under the cursor stands, and when it was written."""
    at = entry.line.at
    when = f"{datetime.fromtimestamp(at, tz):%a %d %b %H:%M:%S}" if at is not None else "time unknown"
    return f"{when} · {entry.line.source.value} · line {index + 1:,} of {total:,}"


def empty(lines: LogLines, states: Sequence[StreamState], api: Api | None, *, is_recorded: bool = False) -> EmptyState:
    """Why no line is shown."""
    if lines.total:
        return EmptyState("No lines match", (hidden_by_filter(lines.total),))
    if is_recorded:
        return EmptyState("No log was recorded", ("[signals] keep_log makes podtop record lines of logs.",))
    errors = [each.error for each in states if each.error is not None]
    if errors and all(each.stage is Stage.ENDED for each in states):
        error = errors[0]
        if isinstance(error, NotOffered):
            title, line = _not_offered(error, api)
            return EmptyState(title, (line,))
        again = () if isinstance(error, ReadOnly) else ("ctrl+r tries again.",)
        return EmptyState("✕ No logs", (str(error), *again), "bad")
    if errors:
        is_fixed = requested_wait(errors[0]) > 0
        then = "podtop waits that long; ctrl+r cannot shorten it." if is_fixed else (
            "Retrying with back-off; ctrl+r retries now."
        )  # fmt: skip
        return EmptyState("▲ No logs yet", (str(errors[0]), then), "warn")
    if states and all(each.backfilled for each in states):
        return EmptyState("No log lines yet", ("They appear here as they are written.",))
    return EmptyState("◌ Loading logs…")
