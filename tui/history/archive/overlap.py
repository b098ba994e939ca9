"""Time recorded twice because a clock was set back: the earlier data for it give way to the newer data.

Data dated in the future stay until that time has come: either clock may be the right one.
"""

from __future__ import annotations

import sqlite3

from tui.history.archive.checked import LATEST

PODS, MARKET = 0, 1
"""Topics that are polled."""

AFTER = 0.001
"""Seconds after the present at which the state of the earlier data is kept, until the overlap is over."""

_TABLES = {
    PODS: (
        ("state", ("pod",), "data, started"),
        ("funds", (), "balance, spend, ceiling"),
        ("fact", ("pod", "kind"), "value"),
    ),
    MARKET: (("quote", ("offer", "cloud"), "sold, on_demand, spot, stock, rented, total"),),
}
"""What is written on change, by topic: the table, its key columns, its value columns."""


def is_ahead(db: sqlite3.Connection, topic: int, at: float) -> bool:
    """Whether data are recorded for a time after `at`."""
    if db.execute(
        "SELECT 1 FROM span WHERE topic = ? AND last > ? AND last < ? LIMIT 1", (topic, at, LATEST)
    ).fetchone():
        return True
    tables = [table for table, _, _ in _TABLES[topic]] + (["poll"] if topic == PODS else [])
    ahead = "SELECT 1 FROM {} WHERE at > ? AND at < ? LIMIT 1"
    return any(db.execute(ahead.format(table), (at, LATEST)).fetchone() for table in tables)


def begin(db: sqlite3.Connection, topic: int, at: float) -> None:
    """Start recording a time again: the state before `at` continues in the earlier data, just after the new ones."""
    for table, about, says in _TABLES[topic]:
        keys = "".join(f"{key}, " for key in about)
        db.execute(
            f"INSERT OR IGNORE INTO {table} ({keys}at, {says}) SELECT {keys}?1 + {AFTER}, {says} FROM "
            f"(SELECT {keys}max(at), {says} FROM {table} WHERE at >= 0 AND at <= ?1 GROUP BY {keys or 'NULL, '}NULL)",
            (at,),
        )


def give_way(db: sqlite3.Connection, topic: int, last: float, at: float, own: float | None) -> bool:
    """Delete the earlier data from `last` to `at`; the state at its end holds from then on.

    own: the start of the span that is being written. Returns whether more data are dated ahead.
    """
    if topic == PODS:
        db.execute("DELETE FROM poll WHERE at > ? AND at <= ?", (last, at))
    for table, about, _ in _TABLES[topic]:
        keys = ", ".join((*about, "at"))
        latest = ", ".join((*about, "max(at)"))
        db.execute(
            f"DELETE FROM {table} WHERE at > ?1 AND at <= ?2 AND ({keys}) NOT IN (SELECT {latest} FROM {table} "
            f"WHERE at > ?1 AND at <= ?2 GROUP BY {', '.join(about) or 'NULL'})",
            (last, at),
        )
        db.execute(f"UPDATE OR REPLACE {table} SET at = ?2 + {AFTER} WHERE at > ?1 AND at <= ?2", (last, at))
    _cut_spans(db, topic, last, at, own)
    if is_ahead(db, topic, at + AFTER):
        return True
    for table, _, _ in _TABLES[topic]:
        db.execute(f"DELETE FROM {table} WHERE at > ? AND at < ?", (at, LATEST))
    return False


def _cut_spans(db: sqlite3.Connection, topic: int, last: float, at: float, own: float | None) -> None:
    rows = db.execute(
        "SELECT start, last FROM span WHERE topic = ? AND last > ? AND start <= ? AND start IS NOT ?",
        (topic, last, at, own),
    ).fetchall()
    for start, end in rows:
        db.execute("DELETE FROM span WHERE topic = ? AND start = ?", (topic, start))
        if start <= last - AFTER:
            db.execute("INSERT OR REPLACE INTO span VALUES (?, ?, ?)", (topic, start, last - AFTER))
        if end > at + AFTER:
            db.execute("INSERT OR REPLACE INTO span VALUES (?, ?, ?)", (topic, at + AFTER, end))
