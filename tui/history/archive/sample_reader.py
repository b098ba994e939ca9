"""`SampleReader`: the samples of pods over a time range, wherever compaction has put them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tui.history.archive import activity, checked, codec
from tui.history.archive.activity import MOST_ROW, Activity
from tui.history.archive.checked import MOST_BLOCK, fits
from tui.history.archive.codec import MINUTE, RAW, Wanted
from tui.history.archive.compaction import BRIEF, MINUTE_BLOCK, RAW_BLOCK
from tui.history.archive.file_reader import FileReader
from tui.history.archive.rows import POLLS, layouts_of, polls_of, readable, stretches
from tui.history.archive.schema import archive_errors
from tui.store.metrics import Metric
from tui.store.series import EMPTY, Samples
from tui.store.stretches import cut, join, reduced, splice

_LENGTH = {RAW: RAW_BLOCK, MINUTE: MINUTE_BLOCK}

MOST_INFLATED = 512 * 1024 * 1024

_BLOCK, _BRIEF = fits("data", MOST_BLOCK), fits("brief", MOST_BLOCK)


class StoredBlock(NamedTuple):
    """A block of a pod's samples.

    start, end: of the time that it may have samples of; `raw`: of polls, or of minutes.
    size:       its bytes; `activity`: what is kept beside it, None without.
    """

    start: float
    end: float
    raw: bool
    size: int
    activity: Activity | None


class SampleReader(FileReader):
    """Reads from polls, from blocks of 15 minutes, and from blocks of minutes."""

    _has_activity: bool | None = None

    def samples(
        self,
        pod: str,
        start: float,
        end: float,
        names: Sequence[str] | None = None,
        recent: Mapping[int, Samples] | None = None,
        *,
        means: bool = False,
    ) -> Samples:
        """One pod's samples in start <= instant < end; only the named values if names are given.

        recent: the result of `recent` for a range around this one, where many pods are read one after the other.
        means: without the lowest and highest value of each minute.
        """
        key = self._key(pod)
        if key is None:
            return EMPTY
        samples, end = EMPTY, self._told_by(end)
        room = [MOST_INFLATED]
        for tier in (MINUTE, RAW):
            rows = self._blocks_of(_BLOCK, key, tier, start - _LENGTH[tier], end)
            samples = self._spliced(samples, join(self._stretches(rows, names, room, means=means)))
        if recent is None:
            recent = self._polls(start, end, (key,))
        samples = self._spliced(samples, _named(cut(recent.get(key, EMPTY), start, end), names))
        return cut(samples, start, end)

    def recent(self, pods: Iterable[str], start: float, end: float, *metrics: Metric) -> Mapping[int, Samples]:
        """The samples of these pods that are not yet in a block, by the pods' keys, for `samples`.

        metrics: those to read; all if none is given.

        Each poll has the values of all pods: it is read once for all of them.
        """
        keys = {pod: key for key, pod in self._pods()}

        def wanted(names: Iterable[str]) -> tuple[str, ...]:
            listed = tuple(names)
            return tuple(name for metric in metrics for name in metric.series_in(listed))

        asked = {keys[pod] for pod in pods if pod in keys}
        return self._polls(start, self._told_by(end), asked, wanted if metrics else None)

    def unpacked(self, pod: str, recent: Mapping[int, Samples]) -> Samples:
        """A pod's samples that are in no block, from the result of `recent`."""
        key = self._key(pod)
        return EMPTY if key is None else recent.get(key, EMPTY)

    def _spliced(self, under: Samples, over: Samples) -> Samples:
        """Join two tiers: time that was recorded twice may be in both, and the later data win."""
        twice = under.times and over.times and under.times[-1] >= over.times[0]
        borders = [start for start, _ in self.spans()] if twice else ()
        return splice(under, over, max(self.silence, 1.5 * codec.MINUTES), borders)

    def kept(self, pod: str, start: float, end: float) -> list[StoredBlock]:
        """The blocks with a pod's samples of a time, and what its GPUs did in each, in order."""
        key = self._key(pod)
        if key is None:
            return []
        if self._has_activity is None:
            with archive_errors():
                self._has_activity = activity.are_there(self._db)
        data = fits("activity.data", MOST_ROW) if self._has_activity else "NULL"
        join = "LEFT JOIN activity USING (pod, tier, start)" if self._has_activity else ""
        rows = self._all(
            f"SELECT block.tier, block.start, length(block.data), {data} FROM block {join} "
            "WHERE block.pod = ?1 AND block.tier IN (0, 1) AND block.start > ?2 AND block.start < ?3 "
            "ORDER BY block.start",
            key, start - MINUTE_BLOCK, end,
        )  # fmt: skip
        blocks = self._good("block", lambda tier, at, size, data: (tier, checked.instant(at), size, data), rows)
        return [
            StoredBlock(at, at + _LENGTH[tier], tier == RAW, size or 0, activity.decoded(data))
            for tier, at, size, data in blocks
            if at + _LENGTH[tier] > start
        ]

    def blocks(self, pod: str, start: float, end: float) -> list[tuple[float, int, int, int]]:
        """What identifies the blocks with a pod's samples of a time: start, tier, bytes, number of the row."""
        key = self._key(pod)
        if key is None:
            return []
        rows = self._all(
            "SELECT start, tier, length(data), rowid FROM block WHERE pod = ?1 AND tier IN (0, 1) AND start > ?2 AND "
            "start < ?3 ORDER BY start, tier",
            key, start - MINUTE_BLOCK, end,
        )  # fmt: skip
        return list(self._good("block", lambda at, *rest: (checked.instant(at), *rest), rows))

    def brief(self, pod: str, start: float, end: float, names: Sequence[str] | None = None) -> Samples:
        """The same in 15-minute samples, each with its lowest, mean and highest: enough for weeks."""
        key = self._key(pod)
        if key is None:
            return EMPTY
        samples, end = EMPTY, self._told_by(end)
        room = [MOST_INFLATED]
        for tier in (MINUTE, RAW):
            rows = self._blocks_of(_BRIEF, key, tier, start - MINUTE_BLOCK, end)
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

    def _blocks_of(self, content: str, key: int, tier: int, after: float, before: float) -> list[tuple[Any, ...]]:
        """The starts of one pod's blocks of a tier in a time, and their content."""
        sql = (
            f"SELECT start, {content} FROM block WHERE pod = ? AND tier = ? AND start > ? AND start < ? ORDER BY start"
        )
        return self._all(sql, key, tier, after, before)

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

    def _stretches(
        self, rows: Iterable[tuple[Any, Any]], names: Sequence[str] | None, room: list[int], *, means: bool = False
    ) -> list[Samples]:
        """The samples of blocks, up to the limit of `room`."""
        parts = []
        for row in rows:
            if room[0] <= 0:
                self._is_bad("the rest of", "block")
                break
            for stretch in readable([row], names, self._is_bad, means=means):
                room[0] -= len(stretch.times) * (8 + 3 * len(stretch.columns))
                parts.append(stretch)
        return parts


def _named(samples: Samples, names: Sequence[str] | None) -> Samples:
    """The named values alone, if names are given."""
    if names is None:
        return samples
    return Samples(samples.times, {name: column for name, column in samples.columns.items() if name in names})
