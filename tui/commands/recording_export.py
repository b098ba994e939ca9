"""`podtop record --export FILE`: an account's recording as one file that can be handed over."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.commands.exit_codes import Exit
from tui.commands.stdio import is_quiet, write
from tui.commands.stdio import say as warn
from tui.domain import time_text
from tui.files import paths, presence
from tui.history.archive.schema import ArchiveError
from tui.history.export import Exported, export
from tui.history.recording_files import NoRecordings, archive_path, recordings_in
from tui.storage.account_file import AccountFile
from tui.storage.clock_file import now_at
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.config.loader import Config
    from tui.storage.state_files import StateFiles


class Wanted(NamedTuple):
    """The flags. `recording`: the file to export; empty for that of the account."""

    target: str
    recording: str = ""
    pods: str | None = None
    since: str | None = None
    logs: bool = False


class Refused(Exception):
    """Why nothing is exported."""


def show(wanted: Wanted, config: Config, state: StateFiles, profile: str, tz: tzinfo | None = None) -> int:
    """Export, and print what the file has; returns the exit code."""
    try:
        since = None if wanted.since is None else time_text.instant(wanted.since, now_at(state.clock()), tz)
    except time_text.NotATime as error:
        warn(f"--since {wanted.since}: {error}")
        return Exit.USAGE
    target = paths.expanded(wanted.target)
    try:
        source = paths.expanded(wanted.recording) if wanted.recording else _recording(config, state, profile)
        exported = export(source, target, pods=wanted.pods, since=since, logs=wanted.logs)
    except FileExistsError:
        warn(f"{target} exists already; nothing was written. Choose another name")
        return Exit.REFUSED
    except (Refused, ArchiveError, NoRecordings, StoreError) as error:
        warn(f"nothing was exported: {error}")
        return Exit.NOTHING
    except OSError as error:
        warn(f"{target} cannot be written: {error.strerror or error}")
        return Exit.REFUSED
    if not is_quiet():
        write(f"{target}: {_what(exported, tz)}\n")
    return Exit.OK


def _what(exported: Exported, tz: tzinfo | None) -> str:
    pods = f"{exported.pods:,} pod{'' if exported.pods == 1 else 's'}"
    if exported.first is None or exported.last is None:
        return f"{pods}, {_megabytes(exported.bytes)}"
    first, last = (datetime.fromtimestamp(at, tz) for at in (exported.first, exported.last))
    return f"{pods}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, {_megabytes(exported.bytes)}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _recording(config: Config, state: StateFiles, profile: str) -> Path:
    """The recording of the profile's account, or the only one. Raises Refused."""
    if (path := recording_of(config, state, profile)) is not None:
        return path
    folder = state.directory() / "archive"
    recordings = recordings_in(state.directory())
    if not recordings:
        raise Refused(f"no recording in {folder}; podtop creates one while it runs")
    if len(recordings) > 1:
        raise Refused(f"{len(recordings)} accounts are recorded in {folder}; choose one with --from FILE")
    return recordings[0]


def recording_of(config: Config, state: StateFiles, profile: str) -> Path | None:
    """The recording of a profile's account; None if there is none, or the account is unknown."""
    known = AccountFile(state.accounts()).all().get(state.profile_name(profile))
    path = archive_path(state.directory(), config.api_url, known.id) if known is not None else None
    return path if path is not None and presence.is_file(path) else None
