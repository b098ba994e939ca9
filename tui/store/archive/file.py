"""Opening the file: its format, its versions, and what can be wrong with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui import private

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
"""What leads from version n to n + 1; a published one is never changed."""


class ArchiveError(Exception):
    """The archive cannot be used. `str()` says what is the matter, for people."""


class NewerArchive(ArchiveError):
    """The file was written by a later podtop. It is not touched."""


class DamagedArchive(ArchiveError):
    """The file is no archive, or broken."""


# SQLite's own codes: https://www.sqlite.org/rescode.html
_DAMAGE = {11, 26}


@contextmanager
def told() -> Iterator[None]:
    """Turns what SQLite raises into what can be told."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _DAMAGE:
            raise DamagedArchive(str(error)) from error
        raise ArchiveError(str(error)) from error
    except OSError as error:
        raise ArchiveError(error.strerror or str(error)) from error


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file at `path`, and bring it to this version when it is to be written.

    Raises NewerArchive, DamagedArchive, ArchiveError.
    """
    with told():
        if write:
            private.folder(path.parent)
            # SQLite makes the files beside it with the same mode.
            os.close(private.open_file(path, os.O_CREAT | os.O_RDWR))
        elif not path.is_file():
            raise ArchiveError(f"there is no file {path}")
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0, check_same_thread=False)
        try:
            version = _version(db, path)
            if write:
                db.close()
                db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
                # Blocks are some 2 kB: of small pages half would stay empty.
                db.execute("PRAGMA page_size = 16384")
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA wal_autocheckpoint = 1000")
                _migrate(db, version)
        except BaseException:
            db.close()
            raise
        return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerArchive(f"{path} was written by a newer podtop (format {version}; this one knows {VERSION})")
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0 and tables:
        raise DamagedArchive(f"{path} is not an archive of podtop")
    return version


def _migrate(db: sqlite3.Connection, version: int) -> None:
    for step in range(version, VERSION):
        script = f"BEGIN IMMEDIATE; {_MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;"
        db.executescript(script)
