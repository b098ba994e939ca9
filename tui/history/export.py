"""Exports a recording as one file that can be handed over: complete, private, readable anywhere. Blocking."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from tui.files import presence, private
from tui.history.archive import checked, compaction, log_text, signals
from tui.history.archive.checked import BadRow
from tui.history.archive.entries import ALERTS
from tui.history.archive.facts import IDLE, JUDGED
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, archive_errors, connect, size

_PAGES = 2_000
"""Pages that are copied in one piece: 32 MB, during which the writer may have to wait."""


class Exported(Struct, frozen=True):
    """What the new file has: its pods and bytes, and the first and last instant recorded; None if nothing is."""

    pods: int
    bytes: int
    first: float | None
    last: float | None


def export(
    source: Path, target: Path, *, pods: str | None = None, since: float | None = None, logs: bool = False
) -> Exported:
    """Copy a recording, also one that is being written, to a new private file.

    pods:  a pattern of names or ids: other pods are left out, and with them the account's money and own events.
    since: an instant before which all is left out.
    logs:  whether the lines of logs that it has are copied too.
    Raises ArchiveError, and OSError: FileExistsError if there is something at `target` already.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "exists already", str(target))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(private.open_file(part, os.O_CREAT | os.O_EXCL | os.O_RDWR))
        _copy(source, part)
        _reduce(part, pods, since, logs=logs)
        with closing(Recording(part)) as recording:
            spans = recording.spans()
            names = recording.pods()
        _put(part, target)
    finally:
        for tail in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                part.with_name(part.name + tail).unlink()
    ends = (spans[0][0], spans[-1][1]) if spans else (None, None)
    return Exported(len(names), size(target), *ends)


def _copy(source: Path, part: Path) -> None:
    with closing(connect(source, write=False)) as there, archive_errors(), closing(sqlite3.connect(part)) as here:
        there.backup(here, pages=_PAGES)


def _put(part: Path, target: Path) -> None:
    """Give a complete file its name, unless something has that name by now."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(part, target)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, "exists already", str(target)) from None
    except OSError:
        # A file system without links.
        if presence.is_there(target):
            raise FileExistsError(errno.EEXIST, "exists already", str(target)) from None
        part.rename(target)


def _reduce(part: Path, pods: str | None, since: float | None, *, logs: bool) -> None:
    with archive_errors(), closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        # No file beside it, and no trace of what is deleted.
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA secure_delete = ON")
        # Made of the samples: whoever reports about the part makes it again.
        db.execute("DROP TABLE IF EXISTS activity")
        if not logs:
            db.execute("DROP TABLE IF EXISTS log_text")
        if pods is not None or since is not None:
            has_facts = bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fact'").fetchone())
            db.execute("BEGIN IMMEDIATE")
            compaction.pack_all(db)
            if pods is not None:
                _only(db, _keys(db, pods), has_facts)
            if since is not None:
                _from(db, since, has_facts)
            db.execute("COMMIT")
        db.execute("VACUUM")


def _keys(db: sqlite3.Connection, pattern: str) -> set[int]:
    """The keys of the pods whose id, or a name that they had, matches. Raises ArchiveError if none does."""
    keys = {key for key, pod in db.execute("SELECT id, pod FROM pod") if fnmatchcase(str(pod), pattern)}
    for key, data in db.execute("SELECT pod, data FROM state WHERE data IS NOT NULL"):
        if key not in keys:
            with suppress(BadRow):
                keys |= {key} if fnmatchcase(checked.name_of(data), pattern) else set()
    if not keys:
        raise ArchiveError(f"no recorded pod matches {pattern}")
    return keys


def _only(db: sqlite3.Connection, keys: set[int], has_facts: bool) -> None:
    """Delete all other pods, and what is the account's own."""
    db.execute("CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY, pod TEXT)")
    db.executemany("INSERT INTO chosen SELECT id, pod FROM pod WHERE id = ?", ((key,) for key in sorted(keys)))
    db.execute("DELETE FROM block WHERE pod NOT IN (SELECT id FROM chosen)")
    db.execute("DELETE FROM state WHERE pod NOT IN (SELECT id FROM chosen)")
    db.execute("DELETE FROM event WHERE pod NOT IN (SELECT pod FROM chosen)")
    if has_facts:
        # That facts are known is of no pod.
        others = "DELETE FROM fact WHERE pod NOT IN (SELECT pod FROM chosen) AND NOT (pod = '' AND kind IN (?, ?))"
        db.execute(others, (IDLE, JUDGED))
    if signals.are_there(db):
        db.execute("DELETE FROM signal WHERE pod NOT IN (SELECT pod FROM chosen)")
    if log_text.is_there(db):
        db.execute("DELETE FROM log_text WHERE pod NOT IN (SELECT pod FROM chosen)")
    db.execute("DELETE FROM pod WHERE id NOT IN (SELECT id FROM chosen)")
    db.execute("DELETE FROM funds")
    db.execute("DELETE FROM meta WHERE key = ?", (ALERTS,))
    db.execute("DROP TABLE chosen")


def _from(db: sqlite3.Connection, since: float, has_facts: bool) -> None:
    """Delete what was before an instant. What held at that instant is dated to it.

    Raises ArchiveError if nothing was recorded from then on.
    """
    if not db.execute("SELECT 1 FROM span WHERE last >= ? LIMIT 1", (since,)).fetchone():
        raise ArchiveError("nothing was recorded from then on")
    compaction.drop(db, since, facts=has_facts)
    compaction.trim(db, since)
    # What began at that very instant is newer than what held before it.
    db.execute("UPDATE OR IGNORE state SET at = ?1 WHERE at < ?1", (since,))
    db.execute("UPDATE OR IGNORE funds SET at = ?1 WHERE at = (SELECT max(at) FROM funds WHERE at < ?1)", (since,))
    db.execute("UPDATE OR IGNORE quote SET at = ?1 WHERE at < ?1", (since,))
    for delete in (
        "DELETE FROM state WHERE at < ?",
        "DELETE FROM funds WHERE at < ?",
        "DELETE FROM quote WHERE at < ?",
    ):
        db.execute(delete, (since,))
    db.execute("UPDATE OR REPLACE span SET start = ?1 WHERE start < ?1", (since,))
