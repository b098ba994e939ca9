"""Opens the file: its format, its versions, and its possible faults.

A recording may come from anyone: a file opened for reading is never written, and nothing inside it is executed.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui.api.http.sanitize import clean
from tui.files import presence, private

VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE pod (id INTEGER PRIMARY KEY, pod TEXT NOT NULL UNIQUE);
CREATE TABLE layout (id INTEGER PRIMARY KEY, pods BLOB NOT NULL UNIQUE);
CREATE TABLE poll (at REAL PRIMARY KEY, layout INTEGER, row BLOB);
CREATE TABLE block (pod INTEGER, tier INTEGER, start REAL, brief BLOB NOT NULL, data BLOB NOT NULL,
                    PRIMARY KEY (pod, tier, start));
CREATE INDEX block_age ON block (tier, start);
CREATE TABLE state (pod INTEGER, at REAL, data BLOB, started REAL, PRIMARY KEY (pod, at));
CREATE TABLE funds (at REAL PRIMARY KEY, balance REAL, spend REAL, ceiling REAL);
CREATE TABLE offer (id INTEGER PRIMARY KEY, gpu TEXT NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE quote (offer INTEGER, cloud INTEGER, at REAL, sold INTEGER, on_demand REAL, spot REAL, stock TEXT,
                    rented INTEGER, total INTEGER, PRIMARY KEY (offer, cloud, at));
CREATE TABLE event (id INTEGER PRIMARY KEY, at REAL NOT NULL, pod TEXT NOT NULL, kind TEXT NOT NULL,
                    text TEXT NOT NULL);
CREATE INDEX event_age ON event (at);
CREATE TABLE span (topic INTEGER, start REAL, last REAL NOT NULL, PRIMARY KEY (topic, start));
"""

_MIGRATIONS: Sequence[str] = (_SCHEMA,)
"""The migrations from version n to n + 1; a published one is never changed."""

_COLUMNS: Mapping[str, str] = {
    "meta": "key value",
    "pod": "id pod",
    "layout": "id pods",
    "poll": "at layout row",
    "block": "pod tier start brief data",
    "state": "pod at data started",
    "funds": "at balance spend ceiling",
    "offer": "id gpu data",
    "quote": "offer cloud at sold on_demand spot stock rented total",
    "event": "id at pod kind text",
    "span": "topic start last",
}
"""The columns that are read, by table."""

MOST_BYTES = 32 * 1024 * 1024
"""Maximum bytes of one row; podtop's own rows are far shorter. A longer one is not even read."""

_STEPS, _TURNS = 1_000_000, 1000
"""SQLite instructions between two checks, and checks until a query counts as endless: pages in a cycle."""

_log = logging.getLogger(__name__)


class ArchiveError(Exception):
    """The archive cannot be used. `str()` says why, for users."""


class NewerArchive(ArchiveError):
    """The file was written by a later podtop. It is not touched."""


class EmptyArchive(ArchiveError):
    """A recording that has just been begun: nothing is in it yet."""


class DamagedArchive(ArchiveError):
    """The file is not an archive, or is damaged."""


# SQLite's own codes: https://www.sqlite.org/rescode.html
_INTERRUPT, _CORRUPT, _CANTOPEN, _TOO_BIG, _CONSTRAINT, _NOT_A_DATABASE = 9, 11, 14, 18, 19, 26
_READ_ONLY = 8
_DAMAGE = {_INTERRUPT, _CORRUPT, _TOO_BIG, _CONSTRAINT, _NOT_A_DATABASE}
_WORDS = {_INTERRUPT: "a query of it takes too long", _TOO_BIG: "it has a row larger than any podtop writes"}


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


@contextmanager
def archive_errors() -> Iterator[None]:
    """Turns SQLite's exceptions into ArchiveErrors with messages for users."""
    try:
        yield
    except sqlite3.Error as error:
        code = _code(error)
        text = clean(_WORDS.get(code, str(error)))[:300]
        if code in _DAMAGE:
            raise DamagedArchive(text) from error
        raise ArchiveError(text) from error
    except UnicodeDecodeError as error:
        # SQLite's message about a damaged schema would quote a part of it.
        raise DamagedArchive("its schema is damaged") from error
    except OSError as error:
        raise ArchiveError(error.strerror or str(error)) from error


NO_MEMORY = "not enough memory"
"""For a recording that may be intact: it could not be read for a reason outside of it."""


@contextmanager
def answered() -> Iterator[None]:
    """Turns any exception of a query on a recording into an ArchiveError: its content may be anything."""
    try:
        with archive_errors():
            yield
    except ArchiveError:
        raise
    except MemoryError as error:
        raise ArchiveError(NO_MEMORY) from error
    # A recording is external data: no row of it, however odd, may end podtop.
    except Exception as error:
        _log.exception("a query of a recording failed")
        raise ArchiveError(f"it contains data that podtop cannot read ({type(error).__name__})") from error


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file at `path`, and migrate it to this version if it is to be written.

    Raises NewerArchive, DamagedArchive, ArchiveError.
    """
    with archive_errors():
        if not write:
            if not presence.is_file(path):
                raise ArchiveError(f"no such file: {path}")
            db = _to_read(path)
            try:
                _check(db, path, empty=False)
            except BaseException:
                db.close()
                raise
            return db
        private.folder(path.parent)
        # SQLite creates the files beside it with the same mode.
        os.close(private.open_file(path, os.O_CREAT | os.O_RDWR))
        db = guarded(sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False))
        try:
            version = _check(db, path, empty=True)
            # Blocks have some 2 kB: small pages would stay half empty.
            db.execute("PRAGMA page_size = 16384")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            # The writer checkpoints the whole log itself: after a partial one the file alone would be inconsistent.
            db.execute("PRAGMA wal_autocheckpoint = 0")
            _migrate(db, version)
        except BaseException:
            db.close()
            raise
        return db


def log_of(path: Path) -> Path:
    """The path of SQLite's write-ahead log, for what is not yet in the file itself."""
    return path.with_name(f"{path.name}-wal")


def size(path: Path) -> int:
    """Bytes of a recording, including its write-ahead log."""
    total = 0
    for part in (path, log_of(path), path.with_name(f"{path.name}-shm")):
        try:
            total += part.stat().st_size
        except OSError:
            continue
    return total


def is_alone(path: Path) -> bool:
    """Whether no other files lie beside the file, so that it can be read without creating any."""
    try:
        return log_of(path).stat().st_size == 0
    except FileNotFoundError:
        return True


def _to_read(path: Path) -> sqlite3.Connection:
    alone = is_alone(path)
    how = "mode=ro&immutable=1" if alone else "mode=ro"
    db = guarded(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=5.0, check_same_thread=False))
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except sqlite3.Error as error:
        db.close()
        if _code(error) in (_CANTOPEN, _READ_ONLY) and not alone:
            raise ArchiveError(
                f"part of it is in {log_of(path).name}, which cannot be read in a read-only directory: "
                "copy both to a writable one"
            ) from error
        raise
    except BaseException:
        db.close()
        raise
    return db


def guarded(db: sqlite3.Connection) -> sqlite3.Connection:
    """Restrict a connection: no function, view or trigger of the file is trusted; row size and queries are bounded."""
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)
    if hasattr(db, "setconfig"):  # Python 3.12
        for name, on in (
            ("DEFENSIVE", True), ("TRUSTED_SCHEMA", False), ("ENABLE_TRIGGER", False), ("ENABLE_VIEW", False),
        ):  # fmt: skip
            db.setconfig(getattr(sqlite3, f"SQLITE_DBCONFIG_{name}"), on)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return db


def bounded(db: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, with a new allowance for the next query."""
    turns = 0

    def turn() -> bool:
        nonlocal turns
        turns += 1
        return turns > _TURNS

    db.set_progress_handler(turn, _STEPS)
    return db


def _check(db: sqlite3.Connection, path: Path, *, empty: bool) -> int:
    """The version of a file that contains only what podtop creates, and nothing that executes automatically.

    empty: whether the file may still be empty.
    """
    bounded(db)
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerArchive(f"{path} was written by a newer podtop (format {version}; this one knows {VERSION})")
    parts = db.execute("SELECT type, name, rootpage FROM sqlite_master LIMIT 1000").fetchall()
    if version <= 0:
        if version == 0 and not parts:
            if empty:
                return 0
            raise EmptyArchive(f"{path} has nothing recorded yet")
        raise DamagedArchive(f"{path} is not a podtop recording")
    for kind, name, page in parts:
        if kind not in ("table", "index") or not page:
            reason = f"a {clean(str(kind))[:20]} in it ({clean(str(name))[:60]})"
            raise DamagedArchive(f"{path} has {reason} that podtop does not create")
    tables = {name for kind, name, _ in parts if kind == "table"}
    for table, columns in _COLUMNS.items():
        described = db.execute(f"PRAGMA table_xinfo({table})").fetchall() if table in tables else []
        plain = {name for _, name, _, _, _, _, hidden in described if not hidden}
        if missing := [column for column in columns.split() if column not in plain]:
            raise DamagedArchive(f"{path} lacks {table}.{missing[0]}")
    return version


def _migrate(db: sqlite3.Connection, version: int) -> None:
    for step in range(version, VERSION):
        script = f"BEGIN IMMEDIATE; {_MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;"
        db.executescript(script)
