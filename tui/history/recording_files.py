"""The files of recordings: where an account's is, and where a damaged one goes."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

from tui.api.addresses import file_name


def archive_path(directory: Path, api_url: str, account_id: str) -> Path:
    """The file of an account at a host, over either of its APIs; its name reveals neither."""
    return directory / "archive" / f"{file_name(api_url, account_id)}.sqlite"


def days_of(recording: Path) -> Path:
    """The file of `ReportDays` beside a recording."""
    return recording.with_name(f"{recording.name}-report")


def set_aside(path: Path, at: float) -> Path:
    """Rename a damaged recording, with its log, so that a new one can begin: it is never deleted. Raises OSError.

    at: now. Returns its new path.
    """
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    if aside.exists():
        raise FileExistsError(errno.EEXIST, "a copy from this second exists already")
    for tail in ("", "-wal", "-shm"):
        part = path.with_name(path.name + tail)
        if part.exists():
            part.rename(aside.with_name(aside.name + tail))
    # It was made of that recording, and is made again of the next one.
    days_of(path).unlink(missing_ok=True)
    return aside


def length(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
