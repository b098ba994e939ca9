"""Reading: the state at an instant, and samples over a time range."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from tui.api.models import Funds, Market, Pod, Quote, Snapshot, Unreadable
from tui.domain.events import Event, Kind
from tui.history.archive import checked, codec
from tui.history.archive.checked import LATEST, MOST_BLOCK, MOST_STATE, BadRow, fits
from tui.history.archive.codec import MINUTE, RAW, Wanted
from tui.history.archive.compaction import BRIEF, MINUTE_BLOCK, RAW_BLOCK, silence_of
from tui.history.archive.entries import ALERTS
from tui.history.archive.rows import POLLS, as_of, layouts_of, polls_of, price_change, readable, stretches
from tui.history.archive.schema import answered, archive_errors, bounded, connect, is_alone
from tui.history.archive.terms import Terms, latest
from tui.history.archive.writer import MARKET, PODS
from tui.store.metrics import Metric
from tui.store.price_history import CLOUDS, Prices
from tui.store.series import EMPTY, Samples
from tui.store.stretches import cut, join, reduced, splice
from tui.turns import give_way

T = TypeVar("T")

_LENGTH = {RAW: RAW_BLOCK, MINUTE: MINUTE_BLOCK}

MOST_ROWS = 100_000
MOST_READ = 256 * 1024 * 1024
"""Maximum rows and bytes that are read for one query: more than podtop ever writes for one."""

MOST_SPANS, MOST_PODS, MOST_CHANGES = 5000, 50_000, 5000
MOST_INFLATED = 512 * 1024 * 1024

_BLOCK, _BRIEF, _STATE = fits("data", MOST_BLOCK), fits("brief", MOST_BLOCK), fits("data", MOST_STATE)


class Stay(msgspec.Struct, frozen=True):
    """A pod's status and price from an instant until the next one."""

    at: float
    status: str | None
    cost_per_hr: float | None


class State(msgspec.Struct, frozen=True):
    """A pod from an instant until its next state: None if it did not exist, or cannot be read (`damaged`).

    started: when its container started.
    """

    at: float
    pod: Pod | None
    started: float | None
    damaged: bool = False


class Recording:
    """An account's history. Raises ArchiveError; not safe for two threads at once.

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
                length += sum(len(value) for value in row if isinstance(value, bytes | str))
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

    def _stretches(
        self, rows: Iterable[tuple[Any, Any]], names: Sequence[str] | None, room: list[int]
    ) -> list[Samples]:
        """The samples of blocks, up to the limit of `room`."""
        parts = []
        for row in rows:
            if room[0] <= 0:
                self._is_bad("the rest of", "block")
                break
            for stretch in readable([row], names, self._is_bad):
                room[0] -= len(stretch.times) * (8 + 3 * len(stretch.columns))
                parts.append(stretch)
        return parts

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

    def samples(
        self,
        pod: str,
        start: float,
        end: float,
        names: Sequence[str] | None = None,
        recent: Mapping[int, Samples] | None = None,
    ) -> Samples:
        """One pod's samples in start <= instant < end; only the named values if names are given.

        recent: the result of `recent` for a range around this one, where many pods are read one after the other.
        """
        key = self._key(pod)
        if key is None:
            return EMPTY
        samples, end = EMPTY, self._told_by(end)
        room = [MOST_INFLATED]
        for tier in (MINUTE, RAW):
            rows = self._all(
                f"SELECT start, {_BLOCK} FROM block WHERE pod = ? AND tier = ? AND start > ? AND start < ? "
                "ORDER BY start",
                key, tier, start - _LENGTH[tier], end,
            )  # fmt: skip
            samples = self._spliced(samples, join(self._stretches(rows, names, room)))
        if recent is None:
            recent = self._polls(start, end, (key,))
        samples = self._spliced(samples, _named(cut(recent.get(key, EMPTY), start, end), names))
        return cut(samples, start, end)

    def recent(self, pods: Iterable[str], start: float, end: float, *metrics: Metric) -> Mapping[int, Samples]:
        """The samples of some metrics of these pods that are not yet in a block, by the pods' keys, for `samples`.

        Each poll has the values of all pods: it is read once for all of them.
        """
        keys = {pod: key for key, pod in self._pods()}

        def wanted(names: Iterable[str]) -> tuple[str, ...]:
            listed = tuple(names)
            return tuple(name for metric in metrics for name in metric.series_in(listed))

        return self._polls(start, self._told_by(end), {keys[pod] for pod in pods if pod in keys}, wanted)

    def pods(self) -> tuple[str, ...]:
        """The ids of all recorded pods."""
        return tuple(pod for _, pod in self._pods())

    def _spliced(self, under: Samples, over: Samples) -> Samples:
        """Join two tiers: time that was recorded twice may be in both, and the later data win."""
        twice = under.times and over.times and under.times[-1] >= over.times[0]
        borders = [start for start, _ in self.spans()] if twice else ()
        return splice(under, over, max(self.silence, 1.5 * codec.MINUTES), borders)

    def brief(self, pod: str, start: float, end: float, names: Sequence[str] | None = None) -> Samples:
        """The same in 15-minute samples, each with its lowest, mean and highest: enough for weeks."""
        key = self._key(pod)
        if key is None:
            return EMPTY
        samples, end = EMPTY, self._told_by(end)
        room = [MOST_INFLATED]
        for tier in (MINUTE, RAW):
            rows = self._all(
                f"SELECT start, {_BRIEF} FROM block WHERE pod = ? AND tier = ? AND start > ? AND start < ? "
                "ORDER BY start",
                key, tier, start - MINUTE_BLOCK, end,
            )  # fmt: skip
            samples = splice(samples, join(self._stretches(rows, names, room)), 1.5 * BRIEF)
        recent = reduced(_named(self._polls(start, end, (key,)).get(key, EMPTY), names), BRIEF, BRIEF)
        return cut(splice(samples, recent, 1.5 * BRIEF), start, end)

    def all_samples(self, start: float, end: float) -> dict[str, Samples]:
        """Every pod's samples in start <= instant < end."""
        pods, end = dict(self._pods()), self._told_by(end)
        whole: dict[int, Samples] = {}
        room = [MOST_INFLATED]
        for tier in (MINUTE, RAW):
            rows = self._all(
                f"SELECT pod, start, {_BLOCK} FROM block WHERE tier = ? AND start > ? AND start < ? ORDER BY start",
                tier, start - _LENGTH[tier], end,
            )  # fmt: skip
            parts: dict[int, list[Samples]] = {}
            for key, at, data in rows:
                parts.setdefault(key, []).extend(self._stretches([(at, data)], None, room))
            for key, samples in parts.items():
                whole[key] = self._spliced(whole.get(key, EMPTY), join(samples))
        for key, stretch in self._polls(start, end, None).items():
            whole[key] = self._spliced(whole.get(key, EMPTY), stretch)
        named = {pods[key]: cut(samples, start, end) for key, samples in whole.items() if key in pods}
        return {pod: stretch for pod, stretch in named.items() if stretch.times}

    def _polls(
        self, start: float, end: float, only: Collection[int] | None, wanted: Wanted | None = None
    ) -> dict[int, Samples]:
        polls = polls_of(self._all(f"{POLLS} WHERE at >= ? AND at < ? ORDER BY at", start, end), self._is_bad)
        with archive_errors():
            layouts = layouts_of(self._db, {poll[1] for poll in polls}, self._is_bad)
        return stretches(polls, layouts, only, self._is_bad, wanted)

    def sampled(self, at: float, forward: bool) -> float | None:
        """The instant of the first poll with pods at or after `at`, or of the last at or before it."""
        ahead, back = self._all(
            "SELECT (SELECT min(at) FROM poll WHERE at >= ?1 AND at <= ?2 AND layout IS NOT NULL), "
            "(SELECT max(at) FROM poll WHERE at <= min(?1, ?2) AND layout IS NOT NULL)",
            at, self.until,
        )[0]  # fmt: skip
        instants = [float(each) for each in ((ahead if forward else back),) if each is not None]
        for tier, length in _LENGTH.items():
            starts = self._all(
                "SELECT DISTINCT start FROM block WHERE tier = ? AND start >= ? ORDER BY start LIMIT 2"
                if forward
                else "SELECT DISTINCT start FROM block WHERE tier = ? AND start <= ? ORDER BY start DESC LIMIT 2",
                tier, at - length if forward else at,
            )  # fmt: skip
            for (start,) in starts:
                # Pods are polled together: a few of them give the instants of all.
                rows = self._all("SELECT start, data FROM block WHERE tier = ? AND start = ? LIMIT 50", tier, start)
                times = [t for stretch in readable(rows, ()) for t in stretch.times]
                instants += [t for t in times if t <= self.until and (t >= at if forward else t <= at)]
        return (min if forward else max)(instants, default=None)

    # State at an instant

    def snapshot(self, at: float) -> Snapshot | None:
        """Pods and money as last reported before `at`; None if nothing was recorded then."""
        if not self._watched(PODS, at):
            return None
        latest = self.all_samples(at - self.silence, at + 0.001)
        pods, broken = [], []
        for key, name in self._pods():
            for when, data, kind, started in self._all(
                f"SELECT at, {_STATE}, typeof(data), started FROM state WHERE pod = ? AND at <= ? "
                "ORDER BY at DESC LIMIT 1",
                key, at,
            ):  # fmt: skip
                if kind == "null":
                    continue
                try:
                    pod = checked.pod(data)
                    pods.append(as_of(replace(pod, id=name), checked.maybe_instant(started), latest.get(name), at))
                except BadRow:
                    # The pod existed, and nothing else is known of it.
                    self._is_bad("state", (key, when))
                    broken.append(Unreadable(name, None, "its recording is damaged"))
        terms = self._terms(PODS, at)
        funds = self._funds(at)
        if terms.mode is not None:
            funds = replace(funds or Funds(None, None, None, None), billing_mode=terms.mode)
        return Snapshot(funds, tuple(pods), tuple(broken), lacks=terms.lacks)

    def _watched(self, topic: int, at: float) -> bool:
        return any(start <= at and last >= at - self.silence for start, last in self.spans(topic))

    def _terms(self, topic: int, at: float) -> Terms:
        with archive_errors():
            return latest(bounded(self._db), topic, at)

    def _funds(self, at: float) -> Funds | None:
        """The money as last reported; None if that row is unreadable, as earlier values no longer hold."""
        rows = self._all("SELECT balance, spend, ceiling FROM funds WHERE at <= ? ORDER BY at DESC LIMIT 1", at)
        return next(self._good("funds", checked.funds, rows), None)

    def balances(self, start: float, end: float, step: float) -> tuple[array[float], array[float]]:
        """Instants and balances, at most one per `step` seconds, and the one that held at `start`.

        NaN if the balance was not reported.
        """
        rows = self._all(
            "SELECT max(at), balance FROM funds WHERE at <= ?2 AND at >= "
            "coalesce((SELECT max(at) FROM funds WHERE at <= ?1), 0) GROUP BY CAST(at / ?3 AS INTEGER) ORDER BY at",
            start, end, step,
        )  # fmt: skip
        points = list(self._good("funds", lambda at, balance: (checked.instant(at), checked.money(balance)), rows))
        values = (math.nan if balance is None else balance for _, balance in points)
        return array("d", (at for at, _ in points)), array("d", values)

    def market(self, at: float) -> tuple[Market, float] | None:
        """The market as last reported before `at`, and when that was; None if there was no report by then."""
        told_at = max((min(last, at) for start, last in self.spans(MARKET) if start <= at), default=None)
        if told_at is None:
            return None
        quotes: dict[tuple[int, int], Quote | None] = {}
        offers = []
        for key, data in self._all(f"SELECT id, {_STATE} FROM offer LIMIT ?", MOST_CHANGES):
            for cloud in (0, 1):
                row = self._all(
                    "SELECT sold, on_demand, spot, stock, rented, total FROM quote "
                    "WHERE offer = ? AND cloud = ? AND at <= ? ORDER BY at DESC LIMIT 1",
                    key, cloud, at,
                )  # fmt: skip
                for quote in self._good("quote", checked.quote, row, lambda *row, at=(key, cloud): (at, row)):
                    quotes[key, cloud] = quote
            if (key, 0) in quotes or (key, 1) in quotes:
                for offer in self._good("offer", checked.offer, [(data,)], lambda data, key=key: key):
                    offers.append(replace(offer, secure=quotes.get((key, 0)), community=quotes.get((key, 1))))
        return Market(tuple(offers), lacks=self._terms(MARKET, at).lacks), told_at

    def prices(self, start: float, end: float) -> Prices:
        """Prices and stock of all GPUs from `start` to `end`."""
        prices = Prices()
        spans = tuple(
            (max(first, start), min(last, end)) for first, last in self.spans(MARKET) if last >= start and first <= end
        )
        gpus = self._all("SELECT id, gpu FROM offer LIMIT ?", MOST_CHANGES)
        for key, gpu in self._good("offer", lambda key, gpu: (key, checked.text(gpu, checked.MOST_NAME)), gpus):
            for cloud in CLOUDS:
                rows = self._all(
                    "SELECT at, on_demand, spot, stock FROM quote WHERE offer = ?1 AND cloud = ?2 AND at < ?4 AND "
                    "at >= coalesce((SELECT max(at) FROM quote WHERE offer = ?1 AND cloud = ?2 AND at <= ?3), 0) "
                    "ORDER BY at DESC LIMIT ?5",
                    key, cloud, start, end, MOST_CHANGES,
                )  # fmt: skip
                changes = list(self._good("quote", price_change, reversed(rows)))
                prices.recall(gpu, cloud, changes, spans, end)
        return prices

    # Events

    def events(self, start: float, end: float, pod: str | None = None, most: int = 500) -> tuple[Event, ...]:
        """Events in start <= instant < end, oldest first; at most the newest `most`."""
        rows = self._all(
            "SELECT at, pod, kind, text FROM event WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR pod = ?3) "
            "ORDER BY at DESC, id DESC LIMIT ?4",
            start, self._told_by(end), pod, most,
        )  # fmt: skip
        return tuple(self._good("event", checked.event, reversed(rows)))

    def latest(self, kinds: Iterable[Kind]) -> tuple[Event, ...]:
        """The latest event of each pod and of each of these kinds, in the order in which they were recorded."""
        chosen = {kind.value for kind in kinds}
        # SQLite gives the other columns of the row that has the maximum: https://www.sqlite.org/lang_select.html#bareagg
        rows = self._all(
            "SELECT at, pod, kind, text, max(id) FROM event WHERE at <= ? GROUP BY pod, kind ORDER BY 5",
            min(self.until, LATEST),
        )
        return tuple(self._good("event", checked.event, (row[:4] for row in rows if row[2] in chosen)))

    def open_alerts(self) -> bytes | None:
        """The alerts that were open last, as they were recorded; None if none ever were."""
        rows = self._all(f"SELECT {fits('value', MOST_BLOCK)} FROM meta WHERE key = ?", ALERTS)
        return rows[0][0] if rows else None

    def names(self) -> dict[str, str]:
        """The last known name of every recorded pod, by its id."""
        rows = self._all(
            f"SELECT pod.pod, max(state.at), {fits('state.data', MOST_STATE)} "
            "FROM state JOIN pod ON pod.id = state.pod WHERE state.data IS NOT NULL AND state.at <= ? "
            "GROUP BY state.pod",
            min(self.until, LATEST),
        )

        def named(pod: object, at: object, data: object) -> tuple[str, str]:
            return checked.text(pod, checked.MOST_NAME), checked.name_of(data)

        return dict(self._good("state", named, rows, lambda pod, at, data: (pod, at)))

    def stays(self, pod: str, start: float, end: float) -> tuple[Stay, ...]:
        """A pod's statuses and prices that held at any time from start to end, oldest first."""
        return tuple(
            Stay(state.at, state.pod.status, state.pod.cost_per_hr) if state.pod else Stay(state.at, None, None)
            for state in self.states(pod, start, end)
        )

    def states(self, pod: str, start: float, end: float) -> tuple[State, ...]:
        """A pod's states that held at any time from start to end, oldest first."""
        key = self._key(pod)
        rows = self._all(
            f"SELECT at, {_STATE}, typeof(data), started FROM state WHERE pod = ?1 AND at < ?3 AND at >= "
            "coalesce((SELECT max(at) FROM state WHERE pod = ?1 AND at <= ?2), 0) ORDER BY at",
            key, start, end,
        )  # fmt: skip
        return tuple(self._good("state", self._state, rows, lambda at, data, kind, started: (key, at)))

    def _state(self, at: object, data: object, kind: object, started: object) -> State:
        when = checked.instant(at)
        if kind == "null":
            return State(when, None, None)
        try:
            return State(when, checked.pod(data), checked.maybe_instant(started))
        except BadRow:
            # Earlier values no longer hold.
            self._is_bad("state", (None, when))
            return State(when, None, None, damaged=True)


def _named(samples: Samples, names: Sequence[str] | None) -> Samples:
    """The named values alone, if names are given."""
    if names is None:
        return samples
    return Samples(samples.times, {name: column for name, column in samples.columns.items() if name in names})
