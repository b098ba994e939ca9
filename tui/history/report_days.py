"""`ReportDays`: what GPUs did on finished days, as reports have read it: kept beside a recording for the next report.

Each day says what it was made of: the blocks of samples, how they are judged, and the version of podtop. One that says
anything else than the recording does now counts as missing. No price is in it: what time cost is always computed again.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct

from tui import __version__
from tui.domain.pod_bill import STOP_AFTER, Seen
from tui.files import private
from tui.history.archive import activity
from tui.history.archive.schema import bounded, guarded
from tui.store.gpu_activity import LAG, LEAST_TO_LAG
from tui.store.idle_spans import IdleSpan

VERSION = f"{__version__} 1 {activity.VERSION} {STOP_AFTER} {LAG} {LEAST_TO_LAG}"
"""Of how a day is made of its samples."""

KEEP = 40 * 86_400.0
"""Seconds for which days are kept: longer than a report of a month."""

MOST_ROW = 4 * 1024 * 1024
_TABLE = "CREATE TABLE day (pod TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID"

Piece = tuple[float, float, Seen]
"""From an instant to another, and what the GPUs did."""


class Day(Struct, frozen=True, array_like=True):
    """A pod's day of UTC. `mark`: of what it is made."""

    at: float
    mark: bytes
    idle: IdleSpan | None
    pieces: tuple[Piece, ...]


_decoder = msgspec.msgpack.Decoder(tuple[Day, ...])


def mark(*made_of: object) -> bytes:
    """What stands for all that a day is made of."""
    return blake2b(msgspec.msgpack.encode((VERSION, made_of)), digest_size=12).digest()


class ReportDays:
    """The file. It may be missing, damaged or in use: then nothing is kept, which costs time alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._writes = False
        for _ in range(2):
            try:
                self._db = _opened(path)
                return
            except sqlite3.OperationalError:
                # In use, or not to be written.
                return
            except (sqlite3.Error, UnicodeDecodeError):
                with suppress(OSError):
                    path.unlink()
            except OSError:
                return

    def days(self, pod: str) -> tuple[Day, ...]:
        """The days that are kept of a pod."""
        if self._db is None:
            return ()
        try:
            row = bounded(self._db).execute(
                "SELECT data FROM day WHERE pod = ? AND typeof(data) = 'blob' AND length(data) <= ?", (pod, MOST_ROW)
            ).fetchone()  # fmt: skip
            return _decoder.decode(row[0]) if row is not None else ()
        except (sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return ()

    def keep(self, pod: str, days: tuple[Day, ...]) -> None:
        """Keep a pod's days in place of those before."""
        data = msgspec.msgpack.encode(days)
        if len(data) <= MOST_ROW:
            self._write("INSERT OR REPLACE INTO day VALUES (?, ?)", pod, data)

    def forget_all_but(self, pods: frozenset[str]) -> None:
        """Drop what is kept of other pods: they are in the recording no more."""
        if self._db is None:
            return
        try:
            others = [pod for (pod,) in bounded(self._db).execute("SELECT pod FROM day") if pod not in pods]
        except (sqlite3.Error, UnicodeDecodeError):
            return
        for pod in others:
            self._write("DELETE FROM day WHERE pod = ?", pod)

    def close(self) -> None:
        if self._db is None:
            return
        with suppress(sqlite3.Error):
            if self._writes:
                self._db.execute("COMMIT")
        with suppress(sqlite3.Error):
            self._db.close()
        self._db = None

    def _write(self, sql: str, *values: object) -> None:
        if self._db is None:
            return
        try:
            if not self._writes:
                bounded(self._db).execute("BEGIN IMMEDIATE")
                self._writes = True
            bounded(self._db).execute(sql, values)
        except sqlite3.Error:
            # Another report keeps the same, or the disk is full. What is kept already stays.
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _opened(path: Path) -> sqlite3.Connection:
    os.close(private.open_file(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW))
    db = guarded(sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False))
    try:
        tables = bounded(db).execute("SELECT sql FROM sqlite_master LIMIT 9").fetchall()
        if not tables:
            db.execute(_TABLE)
        elif tables != [(_TABLE,)]:
            raise sqlite3.DatabaseError("not made by podtop")
    except BaseException:
        db.close()
        raise
    return db
