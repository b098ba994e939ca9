"""A log as a file: its lines as text, written once to a path that the user typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tui.files import atomic, presence
from tui.files.paths import expanded

if TYPE_CHECKING:
    from tui.store.log_buffer import LogEntry


def suggested(names: Sequence[str], now: float, tz: tzinfo | None) -> str:
    """The name of a file for the logs of these pods."""
    stem = re.sub(r"[^\w.-]+", "-", names[0], flags=re.ASCII).strip("-.") if len(names) == 1 else ""
    when = datetime.fromtimestamp(now, tz)
    return f"{stem[:60] or 'pods'}-{when:%Y%m%d-%H%M%S}.log"


def content(entries: Sequence[LogEntry], names: Mapping[str, str], tz: tzinfo | None) -> bytes:
    """The lines, each with its time, the pod if there are several, its source and its whole text."""
    return "".join(line(entry, names, tz) for entry in entries).encode("utf-8", "replace")


def line(entry: LogEntry, names: Mapping[str, str], tz: tzinfo | None) -> str:
    """One line of the file."""
    at = entry.line.at
    when = datetime.fromtimestamp(at, tz).isoformat(timespec="milliseconds") if at is not None else "-"
    pod = f"{names.get(entry.pod, entry.pod)} " if len(names) > 1 else ""
    return f"{when} {pod}{entry.line.source.value} {entry.line.text}\n"


def save(typed: str, entries: Sequence[LogEntry], names: Mapping[str, str], tz: tzinfo | None) -> str:
    """Write a file that only its owner can read, and replace none; returns the message for the user. It blocks."""
    path = Path.cwd() / expanded(typed.strip())
    if not presence.is_folder(path.parent):
        return f"Not saved: there is no folder {path.parent}"
    try:
        atomic.write(path, content(entries, names, tz), over=False, own=False)
    except FileExistsError:
        return f"Not saved: {path} exists; podtop never overwrites a file"
    except OSError as error:
        return f"Not saved: {path}: {error.strerror or error}"
    count = len(entries)
    return f"Saved {count:,} {'line' if count == 1 else 'lines'} to {path}"
