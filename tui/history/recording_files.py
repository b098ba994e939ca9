"""The files of recordings: where an account's is, and where a damaged one goes."""

from __future__ import annotations

import errno
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tui.api.addresses import file_name
from tui.files import presence


def archive_path(directory: Path, api_url: str, account_id: str) -> Path:
    """The file of an account at a host, over either of its APIs; its name reveals neither."""
    return directory / "archive" / f"{file_name(api_url, account_id)}.sqlite"


def days_of(recording: Path) -> Path:
    """The file of `ReportDays` beside a recording."""
    return recording.with_name(f"{recording.name}-report")


def parts(recording: Path) -> tuple[Path, ...]:
    """The file of a recording, and those that SQLite may keep beside it."""
    return tuple(recording.with_name(f"{recording.name}{tail}") for tail in ("", "-wal", "-shm"))


def remove(recording: Path) -> None:
    """Remove a recording that was made for a moment; what cannot be removed stays."""
    for part in parts(recording):
        with suppress(OSError):
            part.unlink(missing_ok=True)


class NoRecordings(Exception):
    """The recordings cannot be listed. `str()` says why, for users."""


def recordings_in(directory: Path) -> list[Path]:
    """The recordings in podtop's state directory, by name. Raises NoRecordings where it may not look."""
    folder = directory / "archive"
    try:
        return sorted(folder.glob("*.sqlite"))
    except OSError as error:
        raise NoRecordings(f"cannot read {folder}: {error.strerror or error}") from None


def set_aside(path: Path, at: float) -> Path:
    """Rename a damaged recording, with its log, so that a new one can begin: it is never deleted. Raises OSError.

    at: now. Returns its new path.
    """
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    if presence.is_there(aside):
        raise FileExistsError(errno.EEXIST, "a copy from this second exists already")
    for part, new in zip(parts(path), parts(aside), strict=True):
        if presence.is_there(part):
            part.rename(new)
    # It was made of that recording, and is made again of the next one.
    days_of(path).unlink(missing_ok=True)
    return aside


def length(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
