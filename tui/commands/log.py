"""`podtop log`: the operations that podtop was to carry out, and their outcomes, as a table or as raw lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path

from tui.commands.stdio import make_utf8, say, shown, visible, write
from tui.storage.audit_log import AuditLogError, Entry, entries


def rows(entries_of: Iterable[Entry], tz: tzinfo | None = None) -> tuple[tuple[str, ...], ...]:
    """One row for each intent, oldest first: when, who, what, to which pod, its outcome, and the message."""
    intents: dict[str, Entry] = {}
    outcomes: dict[str, Entry] = {}
    for entry in entries_of:
        (intents if entry.phase == "intent" else outcomes)[entry.id] = entry
    cells = []
    for key, intent in intents.items():
        end = outcomes.get(key)
        pod = intent.pod or (end.pod if end is not None else "")
        name = f"{intent.name} ({pod})" if intent.name and pod else intent.name or pod
        who = intent.user if intent.by == "keys" else f"{intent.user}, {intent.by}"
        action = intent.action + _inputs(intent)
        outcome = end.outcome if end is not None else "unknown outcome"
        cells.append((_when(intent.time, tz), who, action, name, outcome, end.message if end is not None else ""))
    return tuple(cells)


def _inputs(intent: Entry) -> str:
    count, bid = intent.inputs.get("gpuCount"), intent.inputs.get("bidPerGpu")
    parts = [] if count is None else [f"{count} GPU{'' if count == 1 else 's'}"]
    parts += [] if bid is None else [f"${bid}/GPU/h"]
    return f" {', '.join(parts)}" if parts else ""


def _when(text: str, tz: tzinfo | None) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone(tz):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text


def show(
    path: Path,
    *,
    last: int | None = None,
    pod: str | None = None,
    as_json: bool = False,
    tz: tzinfo | None = None,
) -> int:
    """Print the log; 0, or 1 when it cannot be read."""
    try:
        logged = _of(path, pod)
    except AuditLogError as error:
        say(str(error))
        return 1
    if as_json:
        make_utf8(sys.stdout)
        write(_as_json(logged, last))
    else:
        write(_as_table(rows(logged, tz), last, path, pod))
    return 0


def _is_of(entry: Entry, pod: str | None) -> bool:
    return pod is None or pod.lower() in f"{entry.pod} {entry.name}".lower()


def _of(path: Path, pod: str | None) -> list[Entry]:
    """The entries of one pod, or of all: its intents, and their outcomes."""
    all_entries = list(entries(path))
    wanted = {entry.id for entry in all_entries if _is_of(entry, pod)}
    return [entry for entry in all_entries if entry.id in wanted]


def _as_json(logged: list[Entry], last: int | None) -> str:
    import msgspec

    ids = list(dict.fromkeys(entry.id for entry in logged))
    wanted = set(ids if last is None else ids[-last:])
    return "".join(msgspec.json.encode(entry).decode() + "\n" for entry in logged if entry.id in wanted)


def _as_table(table: tuple[tuple[str, ...], ...], last: int | None, path: Path, pod: str | None) -> str:
    latest = table if last is None else table[-last:]
    if not latest:
        reason = "no actions logged yet" if pod is None else f"no actions logged for {pod!r}"
        return shown(f"{reason} ({path})\n")
    widths = [max(len(row[n]) for row in latest) for n in range(5)]
    lines = []
    for row in latest:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(visible("  ".join((*cells, row[5])).rstrip()).replace("\n", "?") + "\n")
    return "".join(lines)
