"""Compaction: polls to blocks, blocks to minutes, old minutes dropped; each step is a small transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from tui.history.archive import activity, codec, log_text, overlap, signals
from tui.history.archive.checked import EARLIEST, LATEST, MOST_BLOCK, BadRow, fits, seconds
from tui.history.archive.codec import MINUTE, RAW
from tui.history.archive.rows import POLLS, layouts_of, polls_of, readable, stretches
from tui.store.series import Samples
from tui.store.stretches import cut, join, reduced, splice
from tui.turns import give_way

RAW_BLOCK = 900.0
BRIEF = 900.0
"""Seconds of one brief sample: no longer than the shortest block."""

MINUTE_BLOCK = 21_600.0
KEEP_RAW = 48 * 3600.0
KEEP = 30 * 86_400.0
AWAY = 86_400.0
"""Maximum seconds without a poll that count towards age: after a longer gap the clock may have been set."""

SILENCE = 60.0
"""Seconds between two polls beyond which that time was not watched, if the file does not specify it."""

LONGEST_SILENCE = 86_400.0
"""Maximum silence that a file may specify."""


def silence_of(db: sqlite3.Connection, bad: Callable[[], object] = lambda: None) -> float:
    """Seconds between two polls of this file beyond which that time was not watched. `bad` is called if invalid."""
    row = db.execute("SELECT value FROM meta WHERE key = 'silence'").fetchone()
    try:
        return seconds(row[0], 1.0, LONGEST_SILENCE) if row else SILENCE
    except BadRow:
        bad()
        return SILENCE


def steps(db: sqlite3.Connection, now: float) -> Iterator[Callable[[], None]]:
    """All pending steps, in order: each is determined when the one before is done.

    Rows that podtop cannot have written are skipped, so that each step makes progress.
    """
    present = now // RAW_BLOCK * RAW_BLOCK
    oldest = "SELECT min(at) FROM poll WHERE at >= ? AND at < ?"
    begin = EARLIEST
    while (at := db.execute(oldest, (begin, present)).fetchone()[0]) is not None:
        yield partial(_pack, db, at // RAW_BLOCK * RAW_BLOCK)
        begin = (at // RAW_BLOCK + 1) * RAW_BLOCK
    limit = kept_since(db, now, KEEP_RAW) // MINUTE_BLOCK * MINUTE_BLOCK
    raw = "SELECT pod, start FROM block WHERE tier = 0 AND start >= ? AND start < ? AND typeof(pod) = 'integer' LIMIT 1"
    while row := db.execute(raw, (EARLIEST, limit)).fetchone():
        yield partial(_thin, db, row[0], row[1] // MINUTE_BLOCK * MINUTE_BLOCK)
    old = kept_since(db, now, KEEP)
    if db.execute("SELECT 1 FROM block WHERE tier = 1 AND start < ? LIMIT 1", (old - MINUTE_BLOCK,)).fetchone() or (
        db.execute("SELECT 1 FROM span WHERE last < ? LIMIT 1", (old,)).fetchone()
    ):
        yield partial(drop, db, old)


def pack_all(db: sqlite3.Connection) -> None:
    """Pack all polls, also those of a quarter of an hour that is not over: for a file that nobody goes on writing."""
    while (at := db.execute("SELECT min(at) FROM poll WHERE at >= ?", (EARLIEST,)).fetchone()[0]) is not None:
        _pack(db, at // RAW_BLOCK * RAW_BLOCK)


def kept_since(db: sqlite3.Connection, now: float, keep: float) -> float:
    """The instant before which rows are older than `keep` seconds; `EARLIEST` if there are none.

    Time without a poll counts up to `AWAY` per gap: a clock that is wrong by weeks leaves such a gap, and must not make
    earlier recordings look old. The file does not grow by that: it still holds `keep` seconds of recording.
    """
    left, edge = keep, now
    spans: Iterator[tuple[float, float]] = db.execute(
        "SELECT start, last FROM span WHERE start >= ? AND start <= ? AND last >= start AND last < ? "
        "ORDER BY last DESC",
        (EARLIEST, now, LATEST),
    )
    for start, last in spans:
        # Spans of pods and of the market overlap.
        last = min(last, edge)
        gap = edge - last
        passed = gap if gap <= AWAY else 0.0
        if left <= passed:
            return edge - left
        left -= passed
        edge = min(start, last)
        if left <= last - edge:
            return last - left
        left -= last - edge
    return EARLIEST


def _pack(db: sqlite3.Connection, start: float) -> None:
    """Pack the polls of 15 minutes into one block per pod."""
    end = start + RAW_BLOCK
    silence = silence_of(db)
    polls = polls_of(db.execute(f"{POLLS} WHERE at >= ? AND at < ? ORDER BY at", (start, end)))
    spans = "SELECT start FROM span WHERE topic = ? AND start >= ? AND start < ? ORDER BY start"
    borders = [at for (at,) in db.execute(spans, (overlap.PODS, start, end))]
    judged = activity.are_there(db)
    for pod, stretch in stretches(polls, layouts_of(db, {poll[1] for poll in polls})).items():
        # A clock that was set back brings samples of a time that is already packed: the latest data win.
        before = db.execute(
            f"SELECT start, {fits('data', MOST_BLOCK)} FROM block WHERE pod = ? AND tier = 0 AND start = ?",
            (pod, start),
        )
        whole = splice(join(readable(before.fetchall())), stretch, silence, borders)
        _put(db, pod, RAW, start, whole, silence if judged else None)
    db.execute("DELETE FROM poll WHERE at >= ? AND at < ?", (start, end))
    db.execute("DELETE FROM layout WHERE id NOT IN (SELECT layout FROM poll WHERE layout IS NOT NULL)")


def trim(db: sqlite3.Connection, since: float) -> None:
    """Leave out of all blocks the samples before an instant."""
    for tier, length in ((RAW, RAW_BLOCK), (MINUTE, MINUTE_BLOCK)):
        db.execute("DELETE FROM block WHERE tier = ? AND start <= ?", (tier, since - length))
        rows = f"SELECT pod, start, {fits('data', MOST_BLOCK)} FROM block WHERE tier = ? AND start < ?"
        for pod, start, data in db.execute(rows, (tier, since)).fetchall():
            rest = cut(join(readable([(start, data)])), since, LATEST)
            if rest.times:
                _put(db, pod, tier, start, rest, None)
            else:
                db.execute("DELETE FROM block WHERE pod = ? AND tier = ? AND start = ?", (pod, tier, start))


def _put(db: sqlite3.Connection, pod: int, tier: int, start: float, stretch: Samples, silence: float | None) -> None:
    """Write a block, its brief form for charts of weeks: 15-minute samples, and what its GPUs did, for reports.

    silence: of the file; None if it does not keep what GPUs did.
    """
    give_way()
    brief = codec.encode(reduced(stretch, BRIEF, BRIEF), start, MINUTE)
    data = codec.encode(stretch, start, tier)
    db.execute("INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)", (pod, tier, start, brief, data))
    if silence is not None:
        length = RAW_BLOCK if tier == RAW else MINUTE_BLOCK
        activity.put(db, pod, tier, start, length, len(data), stretch, silence)


def _thin(db: sqlite3.Connection, pod: int, start: float) -> None:
    """Reduce six hours of a pod's blocks to one block of minutes, and the balance of that time to one per minute."""
    span = (start, start + MINUTE_BLOCK)
    rows = db.execute(
        f"SELECT start, {fits('data', MOST_BLOCK)} FROM block "
        "WHERE pod = ? AND tier = 0 AND start >= ? AND start < ? ORDER BY start",
        (pod, *span),
    ).fetchall()
    silence, judged = silence_of(db), activity.are_there(db)
    minutes = reduced(join(readable(rows)), codec.MINUTES, silence)
    if minutes.times:
        before = db.execute(
            f"SELECT start, {fits('data', MOST_BLOCK)} FROM block WHERE pod = ? AND tier = ? AND start = ?",
            (pod, MINUTE, start),
        )
        reach = max(silence, 1.5 * codec.MINUTES)
        minutes = splice(join(readable(before.fetchall())), minutes, reach)
        _put(db, pod, MINUTE, start, minutes, silence if judged else None)
    tables = ("block", "activity") if judged else ("block",)
    for table in tables:
        db.execute(f"DELETE FROM {table} WHERE pod = ? AND tier = 0 AND start >= ? AND start < ?", (pod, *span))
    db.execute(
        "DELETE FROM funds WHERE at >= ?1 AND at < ?2 AND at NOT IN "
        "(SELECT max(at) FROM funds WHERE at >= ?1 AND at < ?2 GROUP BY CAST(at / 60 AS INTEGER))",
        span,
    )


def drop(db: sqlite3.Connection, limit: float, facts: bool = True) -> None:
    """Delete what ended before `limit`; of values that still held then, the last one stays.

    facts: whether the file has facts, which an earlier podtop does not write.
    """
    db.execute("DELETE FROM block WHERE tier = 1 AND start < ?", (limit - MINUTE_BLOCK,))
    db.execute("DELETE FROM span WHERE last < ?", (limit,))
    db.execute("DELETE FROM event WHERE at < ?", (limit,))
    if activity.are_there(db):
        activity.drop(db, limit - MINUTE_BLOCK)
    if facts:
        db.execute("DELETE FROM fact WHERE at < ?", (limit,))
        signals.drop(db, limit)
        log_text.drop(db, limit)
    db.execute("DELETE FROM funds WHERE at < (SELECT max(at) FROM funds WHERE at < ?)", (limit,))
    db.execute(
        "DELETE FROM state WHERE at < ?1 AND (pod, at) NOT IN "
        "(SELECT pod, max(at) FROM state WHERE at < ?1 GROUP BY pod)",
        (limit,),
    )
    db.execute("DELETE FROM state WHERE at < ? AND data IS NULL", (limit,))
    db.execute(
        "DELETE FROM quote WHERE at < ?1 AND (offer, cloud, at) NOT IN "
        "(SELECT offer, cloud, max(at) FROM quote WHERE at < ?1 GROUP BY offer, cloud)",
        (limit,),
    )
