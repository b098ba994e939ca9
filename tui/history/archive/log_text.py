"""Lines of the logs of pods, where [signals] keep_log wants them: of each pod the newest, in packed pieces.

Its table is one that an earlier podtop leaves alone; without lines to keep a recording has none. An export leaves it
out by default.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tui.history.archive import checked
from tui.history.archive.checked import MOST_NAME, BadRow, storable
from tui.history.archive.schema import DamagedArchive
from tui.store.kept_log import LONGEST, WAITING_LINES, KeptLine

if TYPE_CHECKING:
    from tui.store.kept_log import KeptLog

TABLE = "log_text"

MOST_BYTES = 8 << 20
"""Bytes that the lines of one pod take in the file at most."""

ALL_BYTES = 256 << 20
"""The same of all pods, those that are gone among them."""

MOST_PIECE = 1 << 20
"""Maximum bytes of a piece, packed and as text."""

_MAKE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (id INTEGER PRIMARY KEY, pod TEXT, first REAL, last REAL, lines INTEGER, "
    "data BLOB)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_by_pod ON {TABLE} (pod, id, lines, last)",
)
_OF_POD = "AND pod = ?"
_COLUMNS = ["id", "pod", "first", "last", "lines", "data"]


class LogWriter:
    """Writes lines that wait, and drops the oldest of a pod that has too many. Raises SQLite's exceptions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._is_made = False
        self._kept: dict[object, list[int]] = {}
        self._bytes: int | None = None
        self._taken: dict[str, int] | None = None
        self._from: KeptLog | None = None

    def write(self, log: KeptLog) -> None:
        """Write all that wait, once in a transaction."""
        if self._taken is not None:
            return
        self._from, self._taken = log, {}
        for pod, (number, lines) in log.waiting().items():
            self._make()
            self._put(pod, lines, log.most)
            self._taken[pod] = number

    def committed(self) -> None:
        """The transaction is in the file."""
        if self._from is not None and self._taken is not None:
            self._from.written(self._taken)
        self._taken = None

    def forget(self) -> None:
        """The file is another one than it was: a transaction was rolled back, and is written again, or rows dropped."""
        self._taken, self._bytes = None, None
        self._is_made = False
        self._kept.clear()

    def _make(self) -> None:
        if self._is_made:
            return
        for statement in _MAKE:
            self._db.execute(statement)
        if not is_there(self._db):
            raise DamagedArchive("its logs have a form that podtop does not create")
        self._is_made = True

    def _put(self, pod: str, lines: Sequence[KeptLine], most: int) -> None:
        key = storable(pod[:MOST_NAME])
        if key not in self._kept:
            # What was written before podtop was started is read again.
            lines = behind(lines, self._newest(key))
        if not (lines := lines[-most:]):
            return
        data = packed(lines)
        if self._bytes is None:
            self._bytes = _sums(self._db, "")[1]
        if key not in self._kept:
            self._kept[key] = list(_sums(self._db, _OF_POD, key))
        first, last = min(line.at for line in lines), max(line.at for line in lines)
        self._db.execute(
            f"INSERT INTO {TABLE} (pod, first, last, lines, data) VALUES (?, ?, ?, ?, ?)",
            (key, first, last, len(lines), data),
        )
        sums = self._kept[key]
        sums[0] += len(lines)
        sums[1] += len(data)
        self._bytes += len(data)
        while (sums[0] > most or sums[1] > MOST_BYTES) and self._drop_oldest(_OF_POD, key):
            pass
        while self._bytes > ALL_BYTES and self._drop_oldest(""):
            pass

    def _newest(self, pod: object) -> tuple[KeptLine, ...]:
        """The last lines of a pod that are kept."""
        row = self._db.execute(
            f"SELECT {checked.fits('data', MOST_PIECE)} FROM {TABLE} WHERE pod = ? ORDER BY id DESC LIMIT 1", (pod,)
        ).fetchone()
        try:
            return unpacked(row[0]) if row is not None else ()
        except BadRow:
            return ()

    def _drop_oldest(self, which: str, *values: object) -> bool:
        """Delete a piece; returns False if there is none."""
        oldest = self._db.execute(
            f"SELECT id, pod, CAST(lines AS INTEGER), length(data) FROM {TABLE} WHERE 1 {which} ORDER BY id LIMIT 1",
            values,
        ).fetchone()
        if oldest is None:
            return False
        id, pod, lines, length = oldest
        self._db.execute(f"DELETE FROM {TABLE} WHERE id = ?", (id,))
        if pod in self._kept:
            self._kept[pod][0] -= lines or 0
            self._kept[pod][1] -= length or 0
        self._bytes = (self._bytes or 0) - (length or 0)
        return True


def _sums(db: sqlite3.Connection, which: str, *values: object) -> tuple[int, int]:
    """The lines and bytes that are kept."""
    row = db.execute(
        f"SELECT coalesce(sum(lines), 0), coalesce(sum(length(data)), 0) FROM {TABLE} WHERE 1 {which}", values
    ).fetchone()
    return int(row[0]), int(row[1])


SAME = 5
"""Lines by which the place is found up to which lines are known."""


def behind(lines: Sequence[KeptLine], known: Sequence[KeptLine]) -> Sequence[KeptLine]:
    """The lines that follow the last known ones; all, if these are not among them."""
    last = [line.text for line in known[-SAME:]]
    if not last:
        return lines
    texts = [line.text for line in lines]
    for end in range(len(texts), len(last) - 1, -1):
        if texts[end - len(last) : end] == last:
            return lines[end:]
    return lines


def packed(lines: Iterable[KeptLine]) -> bytes:
    """Lines as a piece; a lone surrogate is replaced."""
    rows = [[line.at, storable(line.text)] for line in lines]
    return zlib.compress(msgspec.json.encode(rows), 6)


def unpacked(data: Any) -> tuple[KeptLine, ...]:
    """The lines of a piece. Raises BadRow for one that podtop cannot have written."""
    try:
        text = zlib.decompressobj().decompress(checked.blob(data, MOST_PIECE), MOST_PIECE)
        rows = msgspec.json.decode(text, type=list[tuple[float, str]])
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        raise BadRow("lines of a log") from None
    if len(rows) > WAITING_LINES:
        raise BadRow("lines of a log")
    return tuple(KeptLine(checked.instant(at), checked.text(text, LONGEST)) for at, text in rows)


def is_there(db: sqlite3.Connection) -> bool:
    """Whether a file has the table, as podtop makes it."""
    described = db.execute(f"PRAGMA table_xinfo({TABLE})").fetchall()
    return [name for _, name, _, _, _, _, hidden in described if not hidden] == _COLUMNS


def drop(db: sqlite3.Connection, limit: float) -> None:
    """Delete pieces that ended before an instant."""
    if is_there(db):
        db.execute(f"DELETE FROM {TABLE} WHERE last < ?", (limit,))


BEFORE = (
    f"SELECT data FROM {TABLE} WHERE pod = ? AND first <= ? AND length(data) <= {MOST_PIECE} ORDER BY id DESC LIMIT ?"
)
BEHIND = f"SELECT data FROM {TABLE} WHERE pod = ? AND first > ? AND length(data) <= {MOST_PIECE} ORDER BY id LIMIT ?"
"""A pod's pieces around an instant, those nearest to it first."""

PIECES = 2_000
"""Pieces that are read for one pod on either side at most."""
