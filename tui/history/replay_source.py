"""Choice of what to replay: which recording, and from when. Blocking; for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path

from msgspec import Struct

from tui.domain import time_text
from tui.files import paths, presence
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, answered
from tui.history.archive.writer import MARKET
from tui.history.recording_files import NoRecordings, recordings_in

ACCEPTED = "14:30, 14:30:05, 2026-11-23 14:30, or a time before its end: 2h, 90m, 3d"


class ReplayError(Exception):
    """There is nothing to replay. `str()` says why, and what is available."""


class Tape(Struct, frozen=True):
    """A recording and where to begin: `at` in epoch seconds; `origin` is the host of the API."""

    path: Path
    at: float
    origin: str


def latest(directory: Path) -> Path:
    """The most recently written recording in podtop's state directory."""
    try:
        recordings = recordings_in(directory)
    except NoRecordings as error:
        raise ReplayError(str(error)) from None
    if not recordings:
        raise ReplayError(f"no recording in {directory / 'archive'}; podtop creates one while it runs")
    return max(recordings, key=_written)


def _written(path: Path) -> float:
    """When a file, or its write-ahead log, was last written."""
    log = path.with_name(path.name + "-wal")
    return max((p.stat().st_mtime for p in (path, log) if presence.is_there(p)), default=0.0)


def choose(name: str, at: str | None, directory: Path, tz: tzinfo | None = None) -> Tape:
    """The recording of that name ("latest" or a file) at that time, or at its end if no time is given.

    Raises ReplayError.
    """
    path = latest(directory) if name == "latest" else paths.expanded(name)
    try:
        with answered(), closing(Recording(path)) as recording:
            spans, origin = recording.spans() or recording.spans(MARKET), recording.origin
            left = f" that can be read (damaged rows: {recording.damaged})" if recording.damaged else ""
    except ArchiveError as error:
        reason = str(error)
        raise ReplayError(reason if str(path) in reason else f"{path}: {reason}") from None
    if not spans:
        raise ReplayError(f"{path} has no data{left}")
    return Tape(path, spans[-1][1] if at is None else _within(instant(at, spans[-1][1], tz), at, spans, tz), origin)


def _within(at: float, text: str, spans: Sequence[tuple[float, float]], tz: tzinfo | None) -> float:
    first, last = spans[0][0], spans[-1][1]
    if first - 1 <= at <= last + 1:
        return at
    there = " to ".join(f"{datetime.fromtimestamp(t, tz):%Y-%m-%d %H:%M:%S}" for t in (first, last))
    raise ReplayError(f"--at {text} is outside the recording ({there})")


def instant(text: str, end: float, tz: tzinfo | None = None) -> float:
    """Parse an instant: a time of day is the last one before `end`. Raises ReplayError if invalid."""
    try:
        return time_text.instant(text, end, tz, last=end)
    except time_text.NotATime:
        raise ReplayError(f"invalid --at {text!r}; expected {ACCEPTED}") from None
