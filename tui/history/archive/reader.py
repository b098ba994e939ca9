"""`Recording`: an account's history: samples over a time range, the state at an instant, prices, events."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from tui.api.models import PARTIAL, Market, Pod, Problem, Quote
from tui.domain.events import Event, Kind
from tui.history.archive import checked
from tui.history.archive.checked import LATEST, MOST_BLOCK, MOST_STATE, BadRow, fits
from tui.history.archive.entries import ALERTS
from tui.history.archive.instant_reader import STATE as _STATE
from tui.history.archive.instant_reader import InstantReader
from tui.history.archive.overlap import MARKET
from tui.history.archive.rows import price_change
from tui.store.price_history import CLOUDS, Prices

MOST_CHANGES = 5000


MORE_TYPES = "RunPod listed more GPU types than podtop reads"


class Stay(msgspec.Struct, frozen=True):
    """A pod's status and price from an instant until the next one."""

    at: float
    status: str | None
    cost_per_hr: float | None


class State(msgspec.Struct, frozen=True):
    """A pod from an instant until its next state: None if it did not exist, or nothing is known of it (`unknown`).

    started: when its container started.
    """

    at: float
    pod: Pod | None
    started: float | None
    unknown: bool = False


class Recording(InstantReader):
    """All that is recorded of an account."""

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
        terms = self._terms(MARKET, at)
        problems = (Problem(MORE_TYPES, code=PARTIAL),) if terms.is_cut else ()
        return Market(tuple(offers), problems, terms.lacks, terms.is_cut), told_at

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

    def next_event(self, at: float, forward: bool) -> Event | None:
        """The first event after an instant, or the last one before it."""
        order = "at > ?1 AND at <= ?2 ORDER BY at, id" if forward else "at < ?1 AND at <= ?2 ORDER BY at DESC, id"
        rows = self._all(f"SELECT at, pod, kind, text FROM event WHERE {order} LIMIT 1", at, self._told_by(LATEST))
        return next(self._good("event", checked.event, rows), None)

    def latest(self, kinds: Iterable[Kind], at: float = LATEST) -> tuple[Event, ...]:
        """The latest event by `at` of each pod and of each of these kinds, in the order in which they were recorded."""
        chosen = {kind.value for kind in kinds}
        # SQLite gives the other columns of the row that has the maximum: https://www.sqlite.org/lang_select.html#bareagg
        rows = self._all(
            "SELECT at, pod, kind, text, max(id) FROM event WHERE at <= ? GROUP BY pod, kind ORDER BY 5",
            min(self.until, at, LATEST),
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
            if checked.unread(data) is None:
                self._is_bad("state", (None, when))
            return State(when, None, None, unknown=True)
