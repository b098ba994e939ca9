"""`InstantReader`: the pods and the money as they were at one instant. Its cost is that of one sample of each pod."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.api.models import PARTIAL, Funds, Pod, Problem, Snapshot, Unreadable
from tui.history.archive import checked, codec, facts, log_text, signals
from tui.history.archive.checked import MOST_BLOCK, MOST_STATE, BadRow, fits
from tui.history.archive.codec import MINUTE, RAW, Block
from tui.history.archive.compaction import MINUTE_BLOCK, RAW_BLOCK
from tui.history.archive.overlap import PODS
from tui.history.archive.rows import POLLS, Row, as_of, layouts_of, polls_of
from tui.history.archive.sample_reader import SampleReader
from tui.history.archive.schema import archive_errors, bounded
from tui.history.archive.terms import Terms, latest
from tui.store.fleet import BEYOND
from tui.store.stretches import SAME
from tui.turns import give_way

if TYPE_CHECKING:
    from tui.store.kept_log import KeptLine
    from tui.store.run_signals import Run
    from tui.store.signal_series import SignalSeries

STATE = fits("data", MOST_STATE)
_BLOCK = fits("data", MOST_BLOCK)

MORE_PODS = "RunPod listed more pods than podtop reads"

_KEPT_BLOCKS, _KEPT_PODS = 8_000, 50_000
"""Maximum number of inflated blocks, and of read states, that are kept for the next step."""


_FEW = 100
"""Pods whose blocks are read one by one rather than with those of all."""


class InstantReader(SampleReader):
    """Keeps what it read for an instant: the next one is mostly near."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._blocks: dict[tuple[int, float, int], Block] = {}
        self._pods_read: dict[bytes, Pod] = {}

    def snapshot(self, at: float, only: Collection[str] | None = None) -> Snapshot | None:
        """Pods and money as last reported before `at`; None if nothing was recorded then.

        only: the pods whose figures are read; None: of all.
        """
        if not self._watched(PODS, at):
            return None
        pods, broken = [], []
        begun: dict[str, tuple[int, float | None]] = {}
        for key, name, when, data, kind, started in self._all(
            f"SELECT pod.id, pod.pod, state.at, {STATE}, typeof(data), started FROM pod JOIN state ON "
            "state.pod = pod.id AND state.at = (SELECT max(at) FROM state WHERE pod = pod.id AND at <= ?)",
            at,
        ):
            if kind == "null":
                continue
            try:
                id = checked.text(name, checked.MOST_NAME)
            except BadRow:
                self._is_bad("pod", key)
                continue
            try:
                begun[id] = key, checked.maybe_instant(started)
                pods.append((id, self._pod_of(data)))
            except BadRow:
                # The pod existed, and nothing else is known of it.
                if (called := checked.unread(data)) is not None:
                    broken.append(Unreadable(id, called, BEYOND))
                    continue
                self._is_bad("state", (key, when))
                broken.append(Unreadable(id, None, "its recording is damaged"))
        rows = self._rows_at(at, {begun[id][0] for id, _ in pods if only is None or id in only})
        whole = []
        for id, pod in pods:
            give_way()
            key, started_at = begun[id]
            whole.append(as_of(pod, id, started_at, rows.get(key), at))
        terms = self._terms(PODS, at)
        funds = self._funds(at)
        if terms.mode is not None:
            funds = replace(funds or Funds(None, None, None, None), billing_mode=terms.mode)
        problems = (Problem(MORE_PODS, code=PARTIAL),) if terms.is_cut else ()
        return Snapshot(funds, tuple(whole), tuple(broken), problems, terms.lacks, terms.is_cut)

    def _pod_of(self, data: object) -> Pod:
        """A recorded state. Most are the same from one instant to the next."""
        known = self._pods_read.get(data) if isinstance(data, bytes) else None
        if known is None:
            known = checked.pod(data)
            if len(self._pods_read) >= _KEPT_PODS:
                self._pods_read.clear()
            self._pods_read[checked.blob(data, MOST_STATE)] = known
        return known

    def _watched(self, topic: int, at: float) -> bool:
        return any(start <= at and last >= at - self.silence for start, last in self.spans(topic))

    def _terms(self, topic: int, at: float) -> Terms:
        with archive_errors():
            return latest(bounded(self._db), topic, at)

    def _funds(self, at: float) -> Funds | None:
        """The money as last reported; None if that row is unreadable, as earlier values no longer hold."""
        rows = self._all("SELECT balance, spend, ceiling FROM funds WHERE at <= ? ORDER BY at DESC LIMIT 1", at)
        return next(self._good("funds", checked.funds, rows), None)

    def settled(self, at: float) -> float | None:
        """When the balance that held at an instant was first reported; None if there was none."""
        rows = self._all("SELECT at, balance FROM funds WHERE at <= ? ORDER BY at DESC LIMIT 1000", at)
        first: float | None = None
        last: float | None = None
        for when, balance in self._good(
            "funds", lambda at, balance: (checked.instant(at), checked.money(balance)), rows
        ):
            if first is not None and balance != last:
                break
            first, last = when, balance
        return None if last is None else first

    def runs(self, at: float) -> dict[str, Run]:
        """The training runs at an instant, with their curves of the hours before it."""
        with archive_errors():
            if not signals.are_there(bounded(self._db)):
                return {}
        return signals.runs(self._good("signal", signals.reported, self._all(signals.SELECT, at - signals.REACH, at)))

    def runs_of(self, pod: str, since: float, until: float) -> tuple[SignalSeries, ...]:
        """The last runs of a pod between two instants, oldest first."""
        return signals.one_after_the_other(iter(self.reported(pod, since, until)))

    def reported(self, pod: str, since: float, until: float) -> list[signals.Reported]:
        """What the runs of a pod reported between two instants, oldest first."""
        with archive_errors():
            if not signals.are_there(bounded(self._db)):
                return []
        rows = self._all(signals.OF_POD, pod, since, until)
        return list(self._good("signal", signals.reported, rows))

    def log_text(self, pod: str, at: float, most: int) -> tuple[KeptLine, ...]:
        """The lines of a pod's log around an instant that were kept, `most` of each side; none if none were."""
        with archive_errors():
            if not log_text.is_there(bounded(self._db)):
                return ()
        before: list[KeptLine] = []
        for lines in self._pieces(log_text.BEFORE, pod, at):
            before[:0] = lines
            if len(before) >= most:
                break
        behind: list[KeptLine] = []
        for lines in self._pieces(log_text.BEHIND, pod, at):
            behind += lines
            if len(behind) >= most:
                break
        return (*before[-most:], *behind[:most])

    def _pieces(self, sql: str, pod: str, at: float) -> Iterator[tuple[KeptLine, ...]]:
        return self._good(log_text.TABLE, log_text.unpacked, self._all(sql, pod, at, log_text.PIECES))

    def facts(self, at: float) -> facts.Then:
        """What podtop concluded at an instant, as far as recorded."""
        with archive_errors():
            then = facts.at_instant(bounded(self._db), at, self.silence)
        if then.bad:
            self._is_bad("fact", at)
        return then

    # One sample of each pod

    def _rows_at(self, at: float, keys: Set[int]) -> dict[int, Row]:
        """The last samples of pods, given by their keys, not after `at`; of pods that were up then."""
        if not keys:
            return {}
        polls = polls_of(
            self._all(f"{POLLS} WHERE at <= ? AND at > ? ORDER BY at DESC LIMIT 1", at + SAME, at - self.silence),
            self._is_bad,
        )
        if polls:
            return self._polled(polls[0], keys)
        rows: dict[int, Row] = {}
        for tier, length in ((RAW, RAW_BLOCK), (MINUTE, MINUTE_BLOCK)):
            reach = max(self.silence, 1.5 * codec.MINUTES) if tier == MINUTE else self.silence
            start = at // length * length
            # The first sample of a block may come after `at`.
            for begin in (start, start - length) if at - start < reach else (start,):
                for key, block in self._blocks_at(tier, begin, keys - rows.keys()):
                    index = bisect_right(block.times, at + SAME) - 1
                    if index >= 0 and block.times[index] > at - reach:
                        rows[key] = dict(block.row(index))
        return rows

    def _polled(self, poll: tuple[float, int | None, bytes | None], keys: Collection[int]) -> dict[int, Row]:
        _, number, row = poll
        with archive_errors():
            layout = layouts_of(self._db, {number}, self._is_bad).get(number or 0)
        if layout is None or row is None:
            return {}
        if len(row) != layout.width:
            self._is_bad("poll", poll[0])
            return {}
        rows: dict[int, Row] = {}
        first = 0
        for key, names in layout.pods:
            last = first + len(names)
            if key in keys:
                rows[key] = dict(zip(names, row[first:last], strict=True))
            first = last
        return rows

    def _blocks_at(self, tier: int, start: float, keys: Set[int]) -> Iterator[tuple[int, Block]]:
        """The blocks of these pods that begin at an instant, inflated."""
        blocks = self._blocks
        lacking = {key for key in keys if (tier, start, key) not in blocks}
        for key in keys - lacking:
            yield key, blocks[tier, start, key]
        if len(blocks) + len(lacking) > _KEPT_BLOCKS:
            blocks.clear()
        for key, data in self._block_rows(tier, start, lacking):
            if key not in lacking:
                continue
            give_way()
            try:
                block = codec.inflated(checked.blob(data, MOST_BLOCK), start)
            except (codec.Damaged, BadRow):
                self._is_bad("block", start)
                continue
            if len(blocks) < _KEPT_BLOCKS:
                blocks[tier, start, key] = block
            yield key, block

    def _block_rows(self, tier: int, start: float, keys: Collection[int]) -> list[tuple[Any, ...]]:
        if len(keys) > _FEW:
            return self._all(f"SELECT pod, {_BLOCK} FROM block WHERE tier = ? AND start = ?", tier, start)
        each = f"SELECT pod, {_BLOCK} FROM block WHERE pod = ? AND tier = ? AND start = ?"
        return [row for key in keys for row in self._all(each, key, tier, start)]
