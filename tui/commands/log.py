"""`podtop log`: the operations that podtop was to carry out, and their outcomes, as a table or as raw lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tui.api.errors import CloudError
from tui.commands.stdio import make_utf8, say, shown, visible, write
from tui.storage.audit_log import AuditLogError, Entry, entries

if TYPE_CHECKING:
    from tui.services.hub.client import HubCloud


def rows(entries_of: Iterable[Entry], tz: tzinfo | None = None) -> tuple[tuple[str, ...], ...]:
    """One row for each intent, oldest first: when, who, what, to which pod, its outcome, and the message."""
    intents: dict[str, Entry] = {}
    outcomes: dict[str, Entry] = {}
    for entry in entries_of:
        if entry.phase == "intent":
            intents[entry.id] = entry
        elif entry.phase == "outcome":
            outcomes[entry.id] = entry
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
        logged = list(entries(path))
    except AuditLogError as error:
        say(str(error))
        return 1
    return _print(logged, str(path), last, pod, as_json=as_json, tz=tz)


def show_of_hub(cloud: HubCloud, *, last: int | None, pod: str | None, as_json: bool, tz: tzinfo | None = None) -> int:
    """Print the log of a recorder's host, of its account; 0, or 1 when it cannot be read."""

    async def read() -> tuple[Entry, ...]:
        try:
            return await cloud.action_log()
        finally:
            await cloud.aclose()

    try:
        logged = asyncio.run(read())
    except CloudError as error:
        say(str(error))
        return 1
    return _print(logged, f"hub {cloud.name}", last, pod, as_json=as_json, tz=tz)


def _print(
    all_of_it: Sequence[Entry], source: str, last: int | None, pod: str | None, *, as_json: bool, tz: tzinfo | None
) -> int:
    wanted = {entry.id for entry in all_of_it if _is_of(entry, pod)}
    logged = [entry for entry in all_of_it if entry.id in wanted]
    if as_json:
        make_utf8(sys.stdout)
        write(_as_json(logged, last))
    else:
        write(_as_table(rows(logged, tz), last, source, pod))
    return 0


def _is_of(entry: Entry, pod: str | None) -> bool:
    return pod is None or pod.lower() in f"{entry.pod} {entry.name}".lower()


def _as_json(logged: list[Entry], last: int | None) -> str:
    import msgspec

    ids = list(dict.fromkeys(entry.id for entry in logged))
    wanted = set(ids if last is None else ids[-last:])
    return "".join(msgspec.json.encode(entry).decode() + "\n" for entry in logged if entry.id in wanted)


def _as_table(table: tuple[tuple[str, ...], ...], last: int | None, source: str, pod: str | None) -> str:
    latest = table if last is None else table[-last:]
    if not latest:
        reason = "no actions logged yet" if pod is None else f"no actions logged for {pod!r}"
        return shown(f"{reason} ({source})\n")
    widths = [max(len(row[n]) for row in latest) for n in range(5)]
    lines = []
    for row in latest:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(visible("  ".join((*cells, row[5])).rstrip()).replace("\n", "?") + "\n")
    return "".join(lines)
