"""What podtop concluded when something was recorded: idle times, alerts. Written where it changes, and now and then.

They are rows of a table that an earlier podtop leaves alone; a recording that it made has none. A fact is renewed every
`RENEWED` seconds while it holds, so that a reader finds all that held at an instant in a short range before it.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.domain.attention import Grade
from tui.history.archive import checked
from tui.history.archive.checked import BadRow, storable
from tui.history.archive.schema import DamagedArchive
from tui.store.alert import Alert, Basis
from tui.store.alert_kinds import KINDS
from tui.turns import give_way

if TYPE_CHECKING:
    from tui.store.fleet_state import Record
    from tui.store.kept_log import KeptLog
    from tui.store.run_signals import Run

RENEWED = 900.0

SOFT = 60.0
"""Seconds after which a change of an alert's details alone is written; one of its gravity is written at once."""

IDLE = "idle since"
"""The kind of the instant since which a pod has been idle, watched time alone counted."""

LEAST_IDLE = 60.0
"""Seconds from which idleness is written: pods of which each sample differs would fill the file."""

DRIFT, DRIFT_MONEY = 1.0, 0.01
"""Seconds and dollars by which what grows with time may differ before it is written again."""

JUDGED = "judged"
"""The kind of the fact, of no pod, that alerts were judged: without it, that there are none says nothing."""

MOST_FACT = 16_000
"""Maximum bytes of one."""

_TABLE = """CREATE TABLE IF NOT EXISTS fact (at REAL, pod TEXT, kind TEXT, value, PRIMARY KEY (at, pod, kind))
WITHOUT ROWID"""

_KINDS = {kind.name: kind for kind in KINDS}

Key = tuple[str, str]
"""A pod, empty for the account, and the kind of fact."""


class Facts(Struct, frozen=True):
    """What was concluded from one response.

    records: the pods since then; None if they were not reported.
    alerts: all that were shown; None if they were not judged.
    runs:   the runs as they were then.
    log:    lines of logs that wait to be recorded; None where none are kept.
    """

    records: Mapping[str, Record] | None = None
    alerts: tuple[Alert, ...] | None = None
    runs: Mapping[str, Run] = {}
    log: KeptLog | None = None


class _Saved(Struct, omit_defaults=True, frozen=True):
    """An alert at one instant. `begun`: the instant that lies `lasts` seconds before it."""

    grade: str
    name: str = ""
    since: float | None = None
    begun: float | None = None
    until: float | None = None
    count: int | None = None
    cost: float | None = None
    note: str = ""
    basis: str = Basis.ANSWER.value
    so_far: float | None = None
    wasted: float | None = None
    step: int = 0
    muted: bool = False
    up: float | None = None


def _saved(alert: Alert, at: float) -> _Saved:
    return _Saved(
        alert.grade.value, alert.name, alert.since, None if alert.lasts is None else at - alert.lasts, alert.until,
        alert.count, alert.cost_per_hr, alert.note, alert.basis.value, alert.so_far, alert.wasted_per_hr, alert.step,
        alert.muted, alert.up_since,
    )  # fmt: skip


def _then(saved: _Saved, seconds: float) -> float | None:
    """The dollars of an alert some seconds later."""
    return None if saved.so_far is None else saved.so_far + (saved.wasted or 0.0) * seconds / 3600.0


def _gravity(saved: _Saved) -> tuple[object, ...]:
    return saved.grade, saved.step, saved.muted, saved.cost, saved.wasted, saved.so_far is None


def _differs(old: _Saved, new: _Saved, seconds: float) -> bool:
    """Whether an alert is to be written again, some seconds after it was."""
    if seconds >= RENEWED or _gravity(old) != _gravity(new):
        return True
    if new.so_far is not None and abs((_then(old, seconds) or 0.0) - new.so_far) > DRIFT_MONEY:
        return True
    return seconds >= SOFT and replace(old, so_far=None) != replace(new, so_far=None)


class FactsWriter:
    """Knows which facts the file has, and writes what differs. Raises SQLite's exceptions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._idle: dict[str, tuple[float, float]] = {}
        self._alerts: dict[Key, tuple[float, _Saved | None]] = {}
        self._told: dict[str, float] = {}
        db.execute(_TABLE)
        if not are_there(db):
            raise DamagedArchive("its facts have a form that podtop does not create")

    def remember(self, at: float) -> None:
        """Read what the file says of an instant: what no longer holds is ended with the next response."""
        self._idle, self._alerts, self._told = {}, {}, {}
        # Dated back, so that all is written again with the next response.
        for pod, kind, _, _ in _rows(self._db, at, RENEWED):
            if kind == IDLE:
                self._idle[pod] = (-math.inf, 0.0)
            elif kind != JUDGED:
                self._alerts[pod, kind] = (-math.inf, None)

    def write(self, facts: Facts, at: float) -> None:
        """Write what differs from the file."""
        if facts.records is not None:
            self._tell(IDLE, at)
            self._write_idle(facts.records, at)
        if facts.alerts is not None:
            self._tell(JUDGED, at)
            self._write_alerts(facts.alerts, at)

    def _tell(self, kind: str, at: float) -> None:
        """That facts of this kind are known, even if there are none."""
        if at - self._told.get(kind, -math.inf) >= RENEWED:
            self._told[kind] = at
            self._put(at, "", kind, at)

    def _write_idle(self, records: Mapping[str, Record], at: float) -> None:
        for pod, record in records.items():
            give_way()
            known, seconds = self._idle.get(pod), record.idle_for(at)
            if seconds is None or seconds < LEAST_IDLE:
                if known is not None:
                    del self._idle[pod]
                    self._put(at, pod, IDLE, None)
                continue
            since = at - seconds
            if known is None or abs(known[1] - since) > DRIFT or at - known[0] >= RENEWED:
                self._idle[pod] = (at, since)
                self._put(at, pod, IDLE, since)
        for pod in self._idle.keys() - records.keys():
            del self._idle[pod]
            self._put(at, pod, IDLE, None)

    def _write_alerts(self, alerts: Iterable[Alert], at: float) -> None:
        current: set[Key] = set()
        for alert in alerts:
            give_way()
            key = alert.pod, alert.kind.name
            current.add(key)
            saved, known = _saved(alert, at), self._alerts.get(key)
            if known is not None and known[1] is not None and not _differs(known[1], saved, at - known[0]):
                continue
            data = msgspec.json.encode(saved)
            if len(data) > MOST_FACT:
                data = msgspec.json.encode(replace(saved, note="", name=saved.name[:100]))
            self._alerts[key] = (at, saved)
            self._put(at, *key, data)
        for key in self._alerts.keys() - current:
            del self._alerts[key]
            self._put(at, *key, None)

    def _put(self, at: float, pod: str, kind: str, value: object) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?)", (at, storable(pod[: checked.MOST_NAME]), kind, value)
        )


def are_there(db: sqlite3.Connection) -> bool:
    """Whether a file has the table of facts, as podtop makes it."""
    described = db.execute("PRAGMA table_xinfo(fact)").fetchall()
    return [name for _, name, _, _, _, _, hidden in described if not hidden] == ["at", "pod", "kind", "value"]


def _rows(db: sqlite3.Connection, at: float, reach: float) -> list[tuple[str, str, Any, Any]]:
    """The facts that held at an instant: pod, kind, when it was written, and value; the oldest first."""
    held: dict[Key, tuple[Any, Any]] = {}
    for written, pod, kind, value in db.execute(
        f"SELECT at, pod, kind, value FROM fact WHERE at > ? AND at <= ? AND typeof(pod) = 'text' "
        f"AND typeof(kind) = 'text' AND (value IS NULL OR typeof(value) = 'real' OR length(value) <= {MOST_FACT}) "
        "ORDER BY at",
        (at - reach, at),
    ):
        held.pop((pod, kind), None)
        if value is not None:
            held[pod, kind] = written, value
    return [(*key, *fact) for key, fact in held.items()]


class Then(Struct, frozen=True):
    """What was concluded at an instant, as far as recorded.

    idle_since: since when pods were idle; None if unknown. alerts: in no order; None if unknown.
    bad:        how many rows podtop cannot have written.
    """

    idle_since: Mapping[str, float] | None = None
    alerts: tuple[Alert, ...] | None = None
    bad: int = 0


def at_instant(db: sqlite3.Connection, at: float, silence: float) -> Then:
    """The facts at the instant of a response. `silence`: seconds between two responses at most.

    Its rows may be anything: what podtop cannot have written, and alerts of kinds newer than it, are left out.
    """
    if not are_there(db):
        return Then()
    idle: dict[str, float] = {}
    alerts: list[Alert] = []
    is_judged = False
    bad = 0
    for pod, kind, written, value in _rows(db, at, RENEWED + 2 * silence):
        give_way()
        try:
            name = checked.text(pod, checked.MOST_NAME)
            if kind == IDLE:
                idle[name] = checked.instant(value)
            elif kind == JUDGED:
                is_judged = True
            elif kind in _KINDS:
                alerts.append(_alert(name, kind, value, checked.instant(written), at))
        except BadRow:
            bad += 1
    known = idle.pop("", None) is not None
    return Then(idle if known else None, tuple(alerts) if is_judged else None, bad)


def _alert(pod: str, kind: str, data: object, written: float, at: float) -> Alert:
    try:
        saved = msgspec.json.decode(checked.blob(data, MOST_FACT), type=_Saved)
        grade, basis = Grade(saved.grade), Basis(saved.basis)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        raise BadRow("an alert") from None
    since, begun, until, up = map(checked.maybe_instant, (saved.since, saved.begun, saved.until, saved.up))
    count = checked.maybe_count(saved.count)
    return Alert(
        _KINDS[kind], grade, pod, checked.text(saved.name, checked.MOST_NAME), since,
        None if begun is None else at - begun, until, count, checked.money(saved.cost), checked.text(saved.note),
        basis, checked.money(_then(saved, at - written)), checked.money(saved.wasted),
        checked.maybe_count(abs(saved.step)) or 0, saved.muted, up_since=up,
    )  # fmt: skip
