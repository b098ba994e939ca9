"""Writing: polls as they arrive, and everything else when it changes."""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from tui.api.models import Funds, Pod, Snapshot
from tui.domain import pod_health
from tui.domain.events import Event
from tui.history.archive import activity, compaction, overlap
from tui.history.archive.checked import (
    MOST_GPUS,
    MOST_LAYOUT,
    MOST_NAME,
    MOST_STATE,
    MOST_TEXT,
    fits,
)
from tui.history.archive.compaction import SILENCE
from tui.history.archive.entries import ALERTS, encoded, started_at, unread
from tui.history.archive.entries import NO_SAMPLES as NO_SAMPLES
from tui.history.archive.entries import Entry as Entry
from tui.history.archive.entries import Happened as Happened
from tui.history.archive.entries import Polled as Polled
from tui.history.archive.entries import Priced as Priced
from tui.history.archive.entries import Samples as Samples
from tui.history.archive.facts import FactsWriter
from tui.history.archive.log_text import LogWriter
from tui.history.archive.market_writer import MarketWriter, run
from tui.history.archive.overlap import MARKET as MARKET
from tui.history.archive.overlap import PODS as PODS
from tui.history.archive.schema import ArchiveError, archive_errors, bounded
from tui.history.archive.signals import SignalsWriter
from tui.history.archive.terms import Terms, written
from tui.store.metrics import most_values
from tui.store.packed_samples import PackedSample, packed_sample
from tui.turns import give_way

STARTED_SLACK = 10.0
"""Seconds by which a start, computed from an uptime, may vary without being a new one."""


MOST_VALUES = 500_000
"""Maximum values of one poll that are kept: those of 20,000 pods of eight GPUs."""

DIGITS = "0123456789"

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1024)
def _joined(names: tuple[str, ...]) -> str:
    return ",".join(names)


def _gpu_of(name: str) -> int:
    """The number of the GPU of a series; 0 for those of the whole pod."""
    return int(name[len(name.rstrip(DIGITS)) :] or 0)


def write_events(db: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Add events. Raises SQLite's exceptions."""
    for event in events:
        if math.isfinite(event.at):
            run(db, "INSERT INTO event (at, pod, kind, text) VALUES (?, ?, ?, ?)",
                event.at, event.pod[:MOST_NAME], event.kind.value, event.text[:MOST_TEXT])  # fmt: skip


class Writer:
    """Writes one account's history. Not safe for two threads at once; a lock outside keeps two processes apart."""

    def __init__(self, db: sqlite3.Connection, at: float, *, silence: float = SILENCE, origin: str = "") -> None:
        """`at`: now. `silence`: seconds between polls beyond which time is unwatched. `origin`: the host of the API."""
        self._db = db
        self._silence = silence
        self._pods: dict[str, int] = {}
        self._layouts: dict[bytes, int] = {}
        self._states: dict[int, tuple[bytes | None, float | None]] = {}
        self._market = MarketWriter(db)
        self._funds: tuple[float | None, ...] | None = None
        self._terms: dict[int, Terms] = {}
        self._spans: dict[int, tuple[float, float]] = {}
        self._news: list[str] = []
        self._capped: set[str] = set()
        self._told = {PODS: at, MARKET: at}
        self._ahead = {PODS: False, MARKET: False}
        with archive_errors():
            self._facts = FactsWriter(db)
            self._signals = SignalsWriter(db)
            self._log_text = LogWriter(db)
            activity.create(db)
            self._remember()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for topic in (PODS, MARKET):
                    self._look_ahead(topic, at)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            # The time since the last poll was not watched, however short it was.
            run(db, "INSERT OR IGNORE INTO poll (at) VALUES (?)", at)
            for name, value in {"silence": max(silence, compaction.silence_of(db)), "origin": origin}.items():
                run(db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value)

    def close(self) -> None:
        self._db.close()

    def news(self) -> list[str]:
        """Messages for the user about what was left out since the last call."""
        news, self._news = self._news, []
        return news

    def fold(self, patience: float) -> bool:
        """Checkpoint everything into the file itself, so that it is complete without its write-ahead log.

        patience: seconds to wait for readers. Returns whether all was folded. Raises ArchiveError.
        """
        with archive_errors():
            self._db.execute(f"PRAGMA busy_timeout = {round(1000 * patience)}")
            try:
                busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._db.execute("PRAGMA busy_timeout = 5000")
        return not busy

    def _remember(self) -> None:
        """Read the file's state as of the last recorded time: what is dated later is not known yet."""
        db = bounded(self._db)
        self._pods = {pod: key for key, pod in db.execute("SELECT id, pod FROM pod") if isinstance(pod, str)}
        self._layouts = _layouts(db)
        self._market.remember(self._told[MARKET])
        self._terms.pop(MARKET, None)
        self._remember_states(self._told[PODS])

    def _remember_states(self, at: float) -> None:
        # SQLite gives the other columns of the row that has the maximum: https://www.sqlite.org/lang_select.html#bareagg
        latest = f"SELECT pod, max(at), {fits('data', MOST_STATE)}, started FROM state WHERE at <= ? GROUP BY pod"
        self._states = {
            pod: (data, float(started) if isinstance(started, int | float) else None)
            for pod, _, data, started in self._db.execute(latest, (at,))
        }
        self._funds = None
        self._terms.pop(PODS, None)
        self._facts.remember(at)

    def _look_ahead(self, topic: int, at: float) -> None:
        self._ahead[topic] = overlap.is_ahead(bounded(self._db), topic, at)
        if self._ahead[topic]:
            overlap.begin(self._db, topic, at)

    def _come_to(self, topic: int, at: float) -> None:
        """Advance the recorded time to `at`. If it was recorded before, the new data win."""
        last, self._told[topic] = self._told[topic], at
        if at < last or (self._ahead[topic] and at - last > 3 * self._silence):
            if topic == PODS:
                self._remember_states(at)
            else:
                self._market.remember_quotes(at)
                self._terms.pop(MARKET, None)
            self._spans.pop(topic, None)
            last = at - overlap.AFTER
            self._look_ahead(topic, last)
        if self._ahead[topic]:
            span = self._spans.get(topic)
            self._ahead[topic] = overlap.give_way(self._db, topic, last, at, span[0] if span else None)

    def write(self, entries: Iterable[Entry]) -> None:
        """Write these in one transaction: all of them, or none if it raises ArchiveError.

        An entry that cannot be written because of its content, not because of the file, is left out and reported in
        `news`.
        """
        rest, begun = iter(entries), []

        def every() -> Iterator[Entry]:
            for entry in rest:
                begun.append(entry)
                yield entry

        try:
            self._write_all(every())
        except ArchiveError:
            raise
        # Entries are external data: whatever one of them contains, the others are written.
        except Exception:
            for entry in (*begun, *rest):
                self._write_one(entry)

    def _write_one(self, entry: Entry) -> None:
        try:
            self._write_all((entry,))
        except ArchiveError:
            raise
        # As above.
        except Exception as error:
            _log.exception("an entry could not be recorded")
            self._news.append(f"a poll could not be recorded ({type(error).__name__}); it leaves a gap")

    def _write_all(self, entries: Iterable[Entry]) -> None:
        before = dict(self._told), dict(self._ahead)
        with archive_errors():
            bounded(self._db).execute("BEGIN IMMEDIATE")
            try:
                for entry in entries:
                    if isinstance(entry, Polled):
                        self._write_poll(entry)
                    elif isinstance(entry, Priced):
                        self._write_market(entry)
                    else:
                        self._write_events(entry.events)
                self._db.execute("COMMIT")
                self._log_text.committed()
            except BaseException:
                self._told, self._ahead = before
                self._give_up()
                raise

    def _give_up(self) -> None:
        """Roll back, and read the file's state again: memory is ahead of it."""
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._spans.clear()
            self._log_text.forget()
            self._remember()
        except sqlite3.Error:
            pass  # The original error is already being raised.

    def _pod(self, pod: str) -> int:
        key = self._pods.get(pod)
        if key is None:
            key = self._pods[pod] = self._new("INSERT INTO pod (pod) VALUES (?)", pod)
        return key

    def _new(self, sql: str, *values: object) -> int:
        return int(run(self._db, sql, *values).lastrowid or 0)

    def _write_poll(self, polled: Polled) -> None:
        at, snapshot = polled.at, polled.snapshot
        if not math.isfinite(at):
            return
        self._come_to(PODS, at)
        if snapshot is None or snapshot.pods is None:
            run(self._db, "INSERT OR IGNORE INTO poll (at) VALUES (?)", at)
        else:
            self._write_samples(snapshot.pods, polled.samples, at)
            self._write_states(snapshot, at)
            self._reach(PODS, at)
        if snapshot is not None:
            self._write_funds(snapshot.funds, at)
            mode = snapshot.funds.billing_mode if snapshot.funds is not None else None
            self._write_terms(PODS, Terms(snapshot.lacks, mode, snapshot.is_cut), at)
        self._write_events(polled.events)
        if polled.facts is not None:
            self._facts.write(polled.facts, at)
            self._signals.write(polled.facts.runs, at)
            if polled.facts.log is not None:
                self._log_text.write(polled.facts.log)
        if polled.alerts is not None:
            run(self._db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", ALERTS, polled.alerts)

    def _write_events(self, events: tuple[Event, ...]) -> None:
        write_events(self._db, events)

    def _write_samples(self, pods: Sequence[Pod], samples: Samples, at: float) -> None:
        layout: list[tuple[int, str]] = []
        rows: list[bytes] = []
        count = 0
        for pod in pods:
            give_way()
            if pod_health.is_live(pod):
                sample = samples.get(pod.id) or packed_sample(pod, at)
                if len(sample.names) > most_values(MOST_GPUS):
                    sample = self._cap(pod, sample)
                count += len(sample.row)
                if count > MOST_VALUES:
                    self._say_once("", f"{len(pods):,} pods are too many to record; some have a gap")
                    break
                layout.append((self._pod(pod.id), _joined(sample.names)))
                rows.append(sample.row)
        key = msgspec.msgpack.encode(layout)
        number = self._layouts.get(key)
        if number is None:
            number = self._layouts[key] = self._new("INSERT INTO layout (pods) VALUES (?)", key)
        run(self._db, "INSERT OR REPLACE INTO poll (at, layout, row) VALUES (?, ?, ?)", at, number, b"".join(rows))

    def _cap(self, pod: Pod, sample: PackedSample) -> PackedSample:
        """Only the values of a pod's first GPUs; the mean of all GPUs is kept, whatever their number."""
        count = len(pod.runtime.gpus) if pod.runtime is not None else 0
        self._say_once(pod.id, f"{pod.name or pod.id} reports {count:,} GPUs; only the first {MOST_GPUS} are recorded")
        stored = [index for index, name in enumerate(sample.names) if _gpu_of(name) < MOST_GPUS]
        return PackedSample(
            tuple(sample.names[index] for index in stored), bytes(sample.row[index] for index in stored)
        )

    def _say_once(self, about: str, text: str) -> None:
        if about not in self._capped:
            self._capped.add(about)
            self._news.append(text)

    def _write_states(self, snapshot: Snapshot, at: float) -> None:
        present = {broken.id for broken in snapshot.unreadable}
        for pod in snapshot.pods or ():
            give_way()
            present.add(pod.id)
            self._write_state(self._pod(pod.id), encoded(pod), started_at(pod, at), at)
        for name, key in self._pods.items():
            if name in present or (old := self._states.get(key, (None, None))[0]) is None:
                continue
            # Where there are more pods than were read, nobody knows that this one is gone.
            self._write_state(key, unread(old) if snapshot.is_cut else None, None, at)

    def _write_state(self, pod: int, data: bytes | None, started: float | None, at: float) -> None:
        old = self._states.get(pod)
        if old is not None and old[0] == data:
            if old[1] == started:
                return
            if old[1] is not None and started is not None and abs(old[1] - started) <= STARTED_SLACK:
                return
        self._states[pod] = (data, started)
        run(self._db, "INSERT OR REPLACE INTO state (pod, at, data, started) VALUES (?, ?, ?, ?)",
            pod, at, data, started)  # fmt: skip

    def _write_funds(self, funds: Funds | None, at: float) -> None:
        row = (None, None, None) if funds is None else (funds.balance, funds.spend_per_hr, funds.spend_limit)
        if row == self._funds:
            return
        self._funds = row
        run(self._db, "INSERT OR REPLACE INTO funds VALUES (?, ?, ?, ?)", at, *row)

    def _write_terms(self, topic: int, terms: Terms, at: float) -> None:
        if self._terms.get(topic) != terms:
            self._terms[topic] = terms
            written(self._db, topic, at, terms)

    def _write_market(self, priced: Priced) -> None:
        if not math.isfinite(priced.at):
            return
        self._come_to(MARKET, priced.at)
        self._write_terms(MARKET, Terms(priced.market.lacks, is_cut=priced.market.is_cut), priced.at)
        self._market.write(priced.market.offers, priced.at)
        self._reach(MARKET, priced.at)

    def _reach(self, topic: int, at: float) -> None:
        """Extend the present span up to now, or begin a new one."""
        span = self._spans.get(topic)
        if span is None or not span[1] <= at <= span[1] + 3 * self._silence:
            self._spans[topic] = (at, at)
            run(self._db, "INSERT OR REPLACE INTO span VALUES (?, ?, ?)", topic, at, at)
            return
        self._spans[topic] = (span[0], at)
        run(self._db, "UPDATE span SET last = ? WHERE topic = ? AND start = ?", at, topic, span[0])

    def tidy(self, now: float, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Pack what is complete, thin what is old, drop what is too old; in small transactions.

        go_on: called before each step; if it returns False, the rest waits for the next call.
        Returns whether all is done.
        """
        with archive_errors():
            for step in compaction.steps(self._db, now):
                if not go_on():
                    return False
                bounded(self._db)
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    step()
                    self._db.execute("COMMIT")
                except BaseException:
                    self._give_up()
                    raise
                self._layouts = _layouts(self._db)
                self._log_text.forget()
        return True


def _layouts(db: sqlite3.Connection) -> dict[bytes, int]:
    rows = db.execute(f"SELECT id, {fits('pods', MOST_LAYOUT)} FROM layout")
    return {pods: key for key, pods in rows if pods is not None}
