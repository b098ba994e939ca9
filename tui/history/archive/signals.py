"""What training runs reported, a row a minute for each pod whose run reports anything; no line of a log.

Its table is one that an earlier podtop leaves alone; a recording that it made has none.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import asdict, replace

from tui.domain.signals.values import LARGEST, LARGEST_COUNT, Values
from tui.history.archive import checked
from tui.history.archive.checked import MOST_NAME, BadRow, storable
from tui.history.archive.schema import DamagedArchive
from tui.turns import give_way

if TYPE_CHECKING:
    from tui.store.run_signals import Run
    from tui.store.signal_series import SignalSeries

EVERY = 60.0
"""Seconds between two rows of a pod."""

REACH = 6 * 3600.0
"""Seconds before an instant whose rows are read for it."""

MOST_VALUE = 1_000
"""Maximum bytes of the values of a row."""

_TABLE = "CREATE TABLE IF NOT EXISTS signal (at REAL, pod TEXT, value BLOB, PRIMARY KEY (at, pod)) WITHOUT ROWID"


class Reported(NamedTuple):
    """What a pod's run reported at an instant."""

    at: float
    pod: str
    values: Values


class SignalsWriter:
    """Writes what runs report. Raises SQLite's exceptions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._written: dict[str, tuple[float, float]] = {}
        db.execute(_TABLE)
        if not are_there(db):
            raise DamagedArchive("its signals have a form that podtop does not create")

    def write(self, runs: Mapping[str, Run], at: float) -> None:
        """Write what is new of each run, once in `EVERY` seconds."""
        for pod, run in runs.items():
            written, values_at = self._written.get(pod, (-math.inf, -math.inf))
            if run.values_at is None or run.values_at <= values_at or EVERY > at - written >= 0:
                continue
            self._written[pod] = at, run.values_at
            value = msgspec.json.encode({name: each for name, each in asdict(run.now).items() if is_said(each)})
            self._db.execute("INSERT OR REPLACE INTO signal VALUES (?, ?, ?)", (at, storable(pod[:MOST_NAME]), value))
        for pod in self._written.keys() - runs.keys():
            del self._written[pod]


def is_said(value: object) -> bool:
    """Whether a value is one, and not the absence of one: 0 is."""
    return value is not None and value is not False and value != ""


def are_there(db: sqlite3.Connection) -> bool:
    """Whether a file has the table of signals, as podtop makes it."""
    described = db.execute("PRAGMA table_xinfo(signal)").fetchall()
    return [name for _, name, _, _, _, _, hidden in described if not hidden] == ["at", "pod", "value"]


def drop(db: sqlite3.Connection, limit: float) -> None:
    """Delete what is from before an instant."""
    if are_there(db):
        db.execute("DELETE FROM signal WHERE at < ?", (limit,))


SELECT = (
    "SELECT at, pod, value FROM signal WHERE at > ? AND at <= ? AND typeof(pod) = 'text' "
    f"AND length(value) <= {MOST_VALUE} ORDER BY at"
)
"""The rows between two instants, oldest first."""


OF_POD = (
    "SELECT at, pod, value FROM signal WHERE pod = ? AND at > ? AND at <= ? "
    f"AND length(value) <= {MOST_VALUE} ORDER BY at"
)
"""The same of one pod."""


def reported(at: Any, pod: Any, value: Any) -> Reported:
    """A row. Raises BadRow for one that podtop cannot have written."""
    try:
        values = msgspec.json.decode(checked.blob(value, MOST_VALUE), type=Values)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        raise BadRow("values of a run") from None
    numbers = [each for each in asdict(values).values() if isinstance(each, int | float)]
    counts = [each for each in (values.step, values.total, values.samples) if each is not None]
    if any(not math.isfinite(each) or abs(each) > LARGEST for each in numbers):
        raise BadRow("a number of a run")
    if any(not 0 <= each <= LARGEST_COUNT for each in counts) or values.not_finite not in ("", "NaN", "Inf"):
        raise BadRow("a count of a run")
    first = 1 if values.counts_from else 0
    return Reported(checked.instant(at), checked.text(pod, MOST_NAME), replace(values, counts_from=first))


def runs(rows: Iterator[Reported]) -> dict[str, Run]:
    """The runs that rows of one or more pods show, oldest first."""
    from tui.store.run_signals import RunTracker

    trackers: dict[str, RunTracker] = {}
    for row in rows:
        give_way()
        trackers.setdefault(row.pod, RunTracker("recording")).take_state(row.at, row.values)
    return {pod: tracker.settle("the recording") for pod, tracker in trackers.items()}


class CurvePoint(NamedTuple):
    """What a run reported: when it began, as far as recorded, and the step over all epochs."""

    at: float
    began: float
    step: int | None
    values: Values


def curve(rows: Iterable[Reported]) -> Iterator[CurvePoint]:
    """What the runs of one pod reported, oldest first, each with the run that it is of."""
    from tui.store.run_history import Boundaries
    from tui.store.run_signals import RunTracker

    boundaries, tracker, began = Boundaries(), RunTracker("recording"), -math.inf
    for row in rows:
        give_way()
        tracker.take_state(row.at, row.values)
        if row.values.is_empty or not len(tracker.run.series):
            continue
        _, (step, *_, done) = tracker.run.series.last_row
        if boundaries.is_another(row.at, step, done) or not math.isfinite(began):
            began = row.at
        yield CurvePoint(row.at, began, None if step is None else int(step), row.values)


def one_after_the_other(rows: Iterator[Reported]) -> tuple[SignalSeries, ...]:
    """The runs that rows of one pod show, oldest first."""
    from tui.store.run_history import RunParts
    from tui.store.run_signals import RunTracker

    parts, tracker = RunParts(), RunTracker("recording")
    for row in rows:
        give_way()
        before = len(tracker.run.series)
        tracker.take_state(row.at, row.values)
        if len(tracker.run.series) != before:
            parts.put(*tracker.run.series.last_row)
    return parts.runs
