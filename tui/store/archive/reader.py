"""Reading: what was known at an instant, and samples over a time."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.api.models import Funds, GpuReading, Market, Offer, Pod, Quote, Snapshot, Telemetry
from tui.store import packed
from tui.store.archive.file import connect, told
from tui.store.archive.rows import layouts_of, quote_of, readable, stretches
from tui.store.archive.thinning import BRIEF, MINUTE_BLOCK, RAW_BLOCK, silence_of
from tui.store.archive.writer import MARKET, PODS
from tui.store.events import Event, Kind
from tui.store.packed import MINUTE, RAW
from tui.store.prices import CLOUDS, Prices
from tui.store.prices import told as told_price
from tui.store.series import EMPTY, GAP, Column, Stretch, steps

_LENGTH = {RAW: RAW_BLOCK, MINUTE: MINUTE_BLOCK}


class Stay(msgspec.Struct, frozen=True):
    """A pod's status and price from an instant on, until the next one."""

    at: float
    status: str | None
    cost_per_hr: float | None


class _Named(msgspec.Struct):
    """Of a pod's state no more than its name."""

    name: str = ""


class Recording:
    """An account's past. Raises ArchiveError; not safe for two threads at once.

    silence: seconds between two polls beyond which nobody watched.
    origin:  the host that was asked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path, write=False)
        with told():
            self.silence = silence_of(self._db)
            row = self._db.execute("SELECT value FROM meta WHERE key = 'origin'").fetchone()
        self.origin = str(row[0]) if row else ""

    def close(self) -> None:
        self._db.close()

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with told():
            return self._db.execute(sql, values).fetchall()

    # What time there is

    def spans(self, topic: int = PODS) -> tuple[tuple[float, float], ...]:
        """When someone was looking, oldest first."""
        rows = self._all("SELECT start, last FROM span WHERE topic = ? ORDER BY start", topic)
        return tuple((float(start), float(last)) for start, last in rows)

    # Samples

    def _key(self, pod: str) -> int | None:
        rows = self._all("SELECT id FROM pod WHERE pod = ?", pod)
        return rows[0][0] if rows else None

    def samples(self, pod: str, start: float, end: float, names: Sequence[str] | None = None) -> Stretch:
        """One pod's samples in start <= instant < end; only the named values where names are given."""
        key = self._key(pod)
        if key is None:
            return EMPTY
        parts: list[Stretch] = []
        for tier in (MINUTE, RAW):
            rows = self._all(
                "SELECT start, data FROM block WHERE pod = ? AND tier = ? AND start > ? AND start < ? ORDER BY start",
                key, tier, start - _LENGTH[tier], end,
            )  # fmt: skip
            parts += readable(rows, names)
        parts.append(self._recent(key, start, end, names))
        return packed.cut(packed.join(parts), start, end)

    def brief(self, pod: str, start: float, end: float, names: Sequence[str] | None = None) -> Stretch:
        """The same in quarters of an hour, each with its lowest, mean and highest: enough for weeks."""
        key = self._key(pod)
        if key is None:
            return EMPTY
        rows = self._all(
            "SELECT start, brief FROM block WHERE pod = ? AND start > ? AND start < ? ORDER BY start",
            key, start - MINUTE_BLOCK, end,
        )  # fmt: skip
        recent = packed.reduced(self._recent(key, start, end, names), BRIEF, BRIEF)
        return packed.cut(packed.join([*readable(rows, names), recent]), start, end)

    def _recent(self, key: int, start: float, end: float, names: Sequence[str] | None) -> Stretch:
        """One pod's samples that are in no block yet."""
        found = self._polls(start, end, key).get(key, EMPTY)
        if names is None:
            return found
        return Stretch(found.times, {name: column for name, column in found.columns.items() if name in names})

    def all_samples(self, start: float, end: float) -> dict[str, Stretch]:
        """Every pod's samples in start <= instant < end."""
        pods: dict[int, str] = dict(self._all("SELECT id, pod FROM pod"))
        parts: dict[int, list[Stretch]] = {}
        for tier in (MINUTE, RAW):
            rows = self._all(
                "SELECT pod, start, data FROM block WHERE tier = ? AND start > ? AND start < ? ORDER BY start",
                tier, start - _LENGTH[tier], end,
            )  # fmt: skip
            for key, at, data in rows:
                parts.setdefault(key, []).extend(readable([(at, data)]))
        for key, stretch in self._polls(start, end, None).items():
            parts.setdefault(key, []).append(stretch)
        whole = {pods[key]: packed.cut(packed.join(found), start, end) for key, found in parts.items() if key in pods}
        return {pod: stretch for pod, stretch in whole.items() if stretch.times}

    def _polls(self, start: float, end: float, only: int | None) -> dict[int, Stretch]:
        with told():
            polls = self._db.execute(
                "SELECT at, layout, row FROM poll WHERE at >= ? AND at < ? ORDER BY at", (start, end)
            ).fetchall()
            layouts = layouts_of(self._db, {poll[1] for poll in polls})
        return stretches(polls, layouts, only)

    def sampled(self, at: float, forward: bool) -> float | None:
        """The instant of the first poll at or after `at` that told of pods, or of the last at or before it."""
        ahead, back = self._all(
            "SELECT (SELECT min(at) FROM poll WHERE at >= ?1 AND layout IS NOT NULL), "
            "(SELECT max(at) FROM poll WHERE at <= ?1 AND layout IS NOT NULL)",
            at,
        )[0]
        found = [float(each) for each in ((ahead if forward else back),) if each is not None]
        for tier, length in _LENGTH.items():
            starts = self._all(
                "SELECT DISTINCT start FROM block WHERE tier = ? AND start >= ? ORDER BY start LIMIT 2"
                if forward
                else "SELECT DISTINCT start FROM block WHERE tier = ? AND start <= ? ORDER BY start DESC LIMIT 2",
                tier, at - length if forward else at,
            )  # fmt: skip
            for (start,) in starts:
                # Pods are polled together: some of them tell the instants of all.
                rows = self._all("SELECT start, data FROM block WHERE tier = ? AND start = ? LIMIT 50", tier, start)
                times = [t for stretch in readable(rows, ()) for t in stretch.times]
                found += [t for t in times if (t >= at if forward else t <= at)]
        return (min if forward else max)(found, default=None)

    # What was known at an instant

    def snapshot(self, at: float) -> Snapshot | None:
        """Pods and money as they were last told before `at`; None when nobody was looking then."""
        if not self._watched(PODS, at):
            return None
        latest = self.all_samples(at - self.silence, at + 0.001)
        pods = []
        for key, name in self._all("SELECT id, pod FROM pod"):
            row = self._all(
                "SELECT data, started FROM state WHERE pod = ? AND at <= ? ORDER BY at DESC LIMIT 1", key, at
            )
            pod = _pod(row[0][0]) if row else None
            if pod is not None:
                pods.append(_as_of(pod, row[0][1], latest.get(str(name)), at))
        return Snapshot(self._funds(at), tuple(pods))

    def _watched(self, topic: int, at: float) -> bool:
        return bool(
            self._all("SELECT 1 FROM span WHERE topic = ? AND start <= ? AND last >= ?", topic, at, at - self.silence)
        )

    def _funds(self, at: float) -> Funds | None:
        rows = self._all("SELECT balance, spend, ceiling FROM funds WHERE at <= ? ORDER BY at DESC LIMIT 1", at)
        if not rows or rows[0] == (None, None, None):
            return None
        return Funds(None, *rows[0])

    def balances(self, start: float, end: float, step: float) -> tuple[array[float], array[float]]:
        """Instants and the balance then, at most one in `step` seconds, and the one that held at `start`.

        NaN where it was not told.
        """
        rows = self._all(
            "SELECT max(at), balance FROM funds WHERE at <= ?2 AND at >= "
            "coalesce((SELECT max(at) FROM funds WHERE at <= ?1), 0) GROUP BY CAST(at / ?3 AS INTEGER) ORDER BY at",
            start, end, step,
        )  # fmt: skip
        values = (math.nan if balance is None else float(balance) for _, balance in rows)
        return array("d", (float(at) for at, _ in rows)), array("d", values)

    def market(self, at: float) -> tuple[Market, float] | None:
        """The market as it was last told before `at`, and when that was; None when nobody had looked by then."""
        told_at = self._all("SELECT max(min(last, ?)) FROM span WHERE topic = ? AND start <= ?", at, MARKET, at)[0][0]
        if told_at is None:
            return None
        quotes: dict[tuple[int, int], Quote | None] = {}
        offers = []
        for key, data in self._all("SELECT id, data FROM offer"):
            for cloud in (0, 1):
                row = self._all(
                    "SELECT sold, on_demand, spot, stock, rented, total FROM quote "
                    "WHERE offer = ? AND cloud = ? AND at <= ? ORDER BY at DESC LIMIT 1",
                    key, cloud, at,
                )  # fmt: skip
                if row:
                    quotes[key, cloud] = quote_of(row[0])
            if (key, 0) in quotes or (key, 1) in quotes:
                try:
                    offer = msgspec.json.decode(data, type=Offer)
                except msgspec.MsgspecError:
                    continue
                offers.append(replace(offer, secure=quotes.get((key, 0)), community=quotes.get((key, 1))))
        return Market(tuple(offers)), float(told_at)

    def prices(self, start: float, end: float) -> Prices:
        """What GPUs cost, and whether there were any, from `start` to `end`."""
        prices = Prices()
        spans = tuple(
            (max(first, start), min(last, end)) for first, last in self.spans(MARKET) if last >= start and first <= end
        )
        for key, gpu in self._all("SELECT id, gpu FROM offer"):
            for cloud in CLOUDS:
                rows = self._all(
                    "SELECT at, on_demand, spot, stock FROM quote WHERE offer = ?1 AND cloud = ?2 AND at < ?4 AND "
                    "at >= coalesce((SELECT max(at) FROM quote WHERE offer = ?1 AND cloud = ?2 AND at <= ?3), 0) "
                    "ORDER BY at",
                    key, cloud, start, end,
                )  # fmt: skip
                changes = [told_price(at, Quote(price, spot, stock)) for at, price, spot, stock in rows]
                prices.recall(gpu, cloud, changes, spans, end)
        return prices

    # What happened

    def events(self, start: float, end: float, pod: str | None = None, most: int = 500) -> tuple[Event, ...]:
        """What happened in start <= instant < end, oldest first; the newest `most` of it."""
        rows = self._all(
            "SELECT at, pod, kind, text FROM event WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR pod = ?3) "
            "ORDER BY at DESC, id DESC LIMIT ?4",
            start, end, pod, most,
        )  # fmt: skip
        known = {kind.value for kind in Kind}
        return tuple(
            Event(at, name, Kind(kind) if kind in known else Kind.STATUS, text)
            for at, name, kind, text in reversed(rows)
        )

    def latest(self, kinds: Iterable[Kind]) -> tuple[Event, ...]:
        """The newest event of each pod and of each of these kinds, oldest first."""
        chosen = {kind.value for kind in kinds}
        # SQLite gives the other columns of the row that has the maximum: https://www.sqlite.org/lang_select.html#bareagg
        rows = self._all("SELECT max(at), pod, kind, text FROM event GROUP BY pod, kind ORDER BY 1")
        return tuple(Event(at, pod, Kind(kind), text) for at, pod, kind, text in rows if kind in chosen)

    def names(self) -> dict[str, str]:
        """The last known name of every pod there was, by its id."""
        rows = self._all(
            "SELECT pod.pod, max(state.at), state.data FROM state JOIN pod ON pod.id = state.pod "
            "WHERE state.data IS NOT NULL GROUP BY state.pod"
        )
        found = {}
        for pod, _, data in rows:
            try:
                found[pod] = msgspec.json.decode(data, type=_Named).name
            except msgspec.MsgspecError:
                continue
        return found

    def stays(self, pod: str, start: float, end: float) -> tuple[Stay, ...]:
        """A pod's statuses and prices that held at any time from start to end, oldest first."""
        key = self._key(pod)
        rows = self._all(
            "SELECT at, data FROM state WHERE pod = ?1 AND at < ?3 AND at >= "
            "coalesce((SELECT max(at) FROM state WHERE pod = ?1 AND at <= ?2), 0) ORDER BY at",
            key, start, end,
        )  # fmt: skip
        found = []
        for at, data in rows:
            known = _pod(data)
            found.append(Stay(at, known.status if known else None, known.cost_per_hr if known else None))
        return tuple(found)


def _pod(data: bytes | None) -> Pod | None:
    """A pod's state; None where it was gone, or is in no form that this podtop knows."""
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Pod)
    except msgspec.MsgspecError:
        return None


def _last(column: Column | None, name: str) -> float | None:
    if column is None or not column.mean or column.mean[-1] == GAP:
        return None
    return column.mean[-1] / steps(name)


def _as_of(pod: Pod, started: float | None, latest: Stretch | None, at: float) -> Pod:
    """A pod's state with the samples of that instant."""
    if pod.runtime is None:
        return pod

    def value(name: str) -> float | None:
        return None if latest is None else _last(latest.columns.get(name), name)

    gpus = tuple(GpuReading(None, value(f"gpu{i}"), value(f"vram{i}")) for i in range(pod.gpu_count))
    warm = tuple(GpuReading(None, None, None, value(f"temp{i}"), value(f"power{i}")) for i in range(pod.gpu_count))
    runtime = replace(
        pod.runtime,
        uptime=None if started is None else int(at - started),
        cpu=value("cpu"),
        memory=value("memory"),
        gpus=gpus,
    )
    known = any(g.temperature_c is not None or g.power_w is not None for g in warm)
    return replace(pod, runtime=runtime, telemetry=Telemetry(at, None, warm) if known else None)
