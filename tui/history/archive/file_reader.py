"""`FileReader`: an open recording whose rows may be anything: those podtop cannot have written are left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tui.history.archive import checked
from tui.history.archive.checked import BadRow
from tui.history.archive.compaction import silence_of
from tui.history.archive.overlap import PODS
from tui.history.archive.schema import answered, archive_errors, bounded, connect, is_alone
from tui.turns import give_way

T = TypeVar("T")

MOST_ROWS = 100_000
MOST_READ = 256 * 1024 * 1024
"""Maximum rows and bytes that are read for one query: more than podtop ever writes for one."""

MOST_SPANS, MOST_PODS = 5000, 50_000


class FileReader:
    """The file of a recording. Raises ArchiveError; not safe for two threads at once.

    Its rows may be anything: those that podtop cannot have written are left out, and counted.

    silence: seconds between two polls beyond which that time was not watched.
    origin:  the host of the API.
    until:   the present: later rows are not read, because a clock was ahead when they were written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.until = math.inf
        self._bad: set[tuple[str, object]] = set()
        self._alone = is_alone(path)
        self._db = connect(path, write=False)
        try:
            with answered():
                self.silence = silence_of(self._db, lambda: self._is_bad("meta", "silence"))
                row = self._db.execute("SELECT value FROM meta WHERE key = 'origin'").fetchone()
                self.origin = checked.text(row[0], 300) if row and isinstance(row[0], str) else ""
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    @property
    def outdated(self) -> bool:
        """Whether somebody writes to the file that was opened as one without a writer."""
        return self._alone and not is_alone(self.path)

    @property
    def damaged(self) -> int:
        """How many rows were left out so far, as podtop cannot have written them."""
        return len(self._bad)

    def _is_bad(self, table: str, key: object) -> None:
        if len(self._bad) < MOST_ROWS:
            self._bad.add((table, key))

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        # There is one query for each of very many pods, or of prices.
        give_way()
        rows: list[tuple[Any, ...]] = []
        length = 0
        with archive_errors():
            for row in bounded(self._db).execute(sql, values):
                for value in row:
                    if type(value) is bytes or type(value) is str:
                        length += len(value)
                if len(rows) >= MOST_ROWS or length > MOST_READ:
                    self._is_bad("the rest of", sql)
                    break
                rows.append(row)
        return rows

    def _good(
        self,
        table: str,
        read: Callable[..., T],
        rows: Iterable[tuple[Any, ...]],
        key: Callable[..., object] | None = None,
    ) -> Iterator[T]:
        """The values of rows, without the damaged ones."""
        for row in rows:
            try:
                yield read(*row)
            except BadRow:
                self._is_bad(table, row if key is None else key(*row))

    def _told_by(self, end: float) -> float:
        """The end of a requested range, limited to the present (included)."""
        return min(end, self.until + 1e-6)

    # Recorded time

    def spans(self, topic: int = PODS) -> tuple[tuple[float, float], ...]:
        """The recorded time spans, oldest first."""
        rows = self._all(
            "SELECT start, last FROM span WHERE topic = ? AND typeof(start) != 'null' AND (start <= ? OR "
            "typeof(start) NOT IN ('real', 'integer')) ORDER BY start DESC LIMIT ?",
            topic, self.until, MOST_SPANS,
        )  # fmt: skip
        spans = self._good("span", checked.span, rows)
        return tuple(reversed([(start, min(last, self.until)) for start, last in spans]))

    # Samples

    def _key(self, pod: str) -> int | None:
        rows = self._all("SELECT id FROM pod WHERE pod = ? LIMIT 1", pod)
        return rows[0][0] if rows else None

    def has(self, pod: str) -> bool:
        """Whether a pod was recorded."""
        return self._key(pod) is not None

    def _pods(self) -> list[tuple[int, str]]:
        """The keys and ids of all recorded pods."""
        rows = self._all("SELECT id, pod FROM pod ORDER BY id DESC LIMIT ?", MOST_PODS)
        named = self._good("pod", lambda key, pod: (key, checked.text(pod, checked.MOST_NAME)), rows)
        return list(reversed(list(named)))

    def pods(self) -> tuple[str, ...]:
        """The ids of all recorded pods."""
        return tuple(pod for _, pod in self._pods())
