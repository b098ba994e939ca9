"""The fleet as it was at an instant of a recording: its pods, money, alerts and idle times. Blocking; for a thread.

Samples before the instant are read of those pods alone whose rows or charts are drawn: their series ask for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.attention import Attention, Grade
from tui.domain.events import ENDS, Event, Kind
from tui.history.archive import codec
from tui.history.archive.facts import Then
from tui.history.archive.reader import Recording
from tui.history.idle_times import idle_by
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import RECALLED
from tui.store.alerts import order
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.price_history import SPAN
from tui.store.series import Samples, Segment, Series
from tui.store.stretches import cut
from tui.store.windows import Window
from tui.turns import give_way

AT_HAND = 900.0
"""Seconds before an instant that are read of a pod that is drawn: the range of a row's sparkline."""

_LIMIT = 1_000_000

Ask = Callable[[str, bool], object]
"""Called with the id of a pod that is drawn, and whether its samples have yet to be read."""

_EVENTS = {kind.event: kind for kind in KINDS if kind.event is not None}
_GRADES, _NAMES = tuple(Grade), tuple(kind.name for kind in KINDS)
_BEGINS = {end: begin for begin, end in ENDS.items()}


class RecordedSeries(Series, gc=False, eq=False, kw_only=True):
    """Samples that are not read until they are drawn: each time that they are `ask` is called."""

    pod: str
    ask: Ask
    begin: float
    is_asked: bool = False
    has_been_read: bool = False
    reach: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        self._needed()
        return self._names

    def runs(
        self, name: str, start: float, width: float, count: int, silence: float, until: float = float("inf")
    ) -> tuple[Segment, ...]:
        self._needed()
        return super().runs(name, start, width, count, silence, until)

    @property
    def silence(self) -> float:
        return self.reach

    @property
    def since(self) -> float | None:
        # The same before and after they are read: what is older is read up to here.
        return self.begin

    @property
    def is_read(self) -> bool:
        return self.has_been_read

    def stretch(self, start: float, names: Iterable[str]) -> Samples:
        self._needed()
        return super().stretch(start, names)

    def read(self, samples: Samples, reach: float) -> None:
        """These are the samples, and the seconds up to which the time between two of them is known."""
        self.is_asked = self.has_been_read = True
        self.reach = reach
        self.prepend(samples.times, {name: column.mean for name, column in samples.columns.items()})

    def _needed(self) -> None:
        is_new, self.is_asked = not self.is_asked, True
        self.ask(self.pod, is_new)


def fleet_at(recording: Recording, instant: float, like: Fleet, drawn: Collection[str], ask: Ask) -> Fleet:
    """The fleet of a recording at an instant.

    like:  the live fleet, whose intervals and settings it has.
    drawn: the pods whose samples are read at once, as they were drawn before.
    """
    fleet = Fleet(like.interval, like.market_interval)
    fleet.recorded = fleet.has_past = True
    fleet.tz, fleet.alert_rules = like.tz, like.alert_rules
    fleet.events.extend(recording.events(instant - 86_400.0, instant))
    snapshot = recording.snapshot(instant)
    if snapshot is not None:
        then, window = recording.facts(instant), Window()
        records: dict[str, Record] = {}
        for pod in snapshot.pods or ():
            series = RecordedSeries(_LIMIT, pod=pod.id, ask=ask, begin=instant - AT_HAND)
            since = None if then.idle_since is None else then.idle_since.get(pod.id)
            idle = 0.0 if since is None else max(0.0, instant - since)
            records[pod.id] = Record(pod.id, pod.name, pod, None, series, instant, instant, window, idle)
        for broken in snapshot.unreadable:
            id = broken.id or ""
            series = RecordedSeries(_LIMIT, pod=id, ask=ask, begin=instant - AT_HAND)
            lost = Record(id, broken.name or "", None, broken.reason, series, instant, instant, window)
            records.setdefault(id, lost)
        balance = snapshot.funds.balance if snapshot.funds is not None else None
        if (settled := recording.settled(instant)) is not None:
            fleet.balances.tell(settled, balance)
        fleet.balances.tell(instant, balance)
        if then.idle_since is None:
            rest = {
                id: record
                for id, record in records.items()
                if record.pod is None or not pod_health.busy_gpus(record.pod)
            }
            for pod_id, seconds in idle_by(recording, rest, instant, like.interval).items():
                records[pod_id] = replace(records[pod_id], idle=seconds)
        fleet.recalled(snapshot, instant, records)
        fleet.runs = recording.runs(instant)
        fleet.attention = _attention(recording, fleet, then, instant)
        fleet.judged_at = instant
        read_into(fleet, samples_of(recording, drawn, instant), recording.silence)
    priced = recording.market(instant)
    if priced is not None:
        fleet.apply_market(*priced)
    fleet.prices = recording.prices(instant - SPAN, instant)
    return fleet


def samples_of(recording: Recording, pods: Iterable[str], instant: float) -> dict[str, Samples]:
    """The samples of these pods shortly before an instant."""
    asked = tuple(dict.fromkeys(pods))
    if not asked:
        return {}
    start, end = instant - AT_HAND, instant + 0.001
    recent = recording.recent(asked, start, end)
    samples = {}
    for pod in asked:
        give_way()
        samples[pod] = recording.samples(pod, start, end, recent=recent)
    return samples


def read_into(fleet: Fleet, samples: Mapping[str, Samples], silence: float) -> None:
    """Give pods of a fleet of history their samples. `silence`: of the recording."""
    for pod, each in samples.items():
        record = fleet.records.get(pod)
        if record is not None and isinstance(record.series, RecordedSeries):
            record.series.read(each, max(silence, 1.5 * codec.MINUTES) if _has_minutes(each) else silence)


def carry_over(before: Fleet, fleet: Fleet, instant: float) -> None:
    """Show what was read of another instant's past until that of this one is read, and nothing that was later."""
    for pod, older in before.older.items():
        end = min(older.end, instant - AT_HAND - older.width)
        if end > older.start:
            stretch = cut(older.stretch, older.start, end)
            fleet.remember(pod, replace(older, end=end, stretch=stretch, is_loading=True))


def _has_minutes(samples: Samples) -> bool:
    """Whether some of them are minutes, each with its lowest, mean and highest value."""
    return any(column.low is not column.high for column in samples.columns.values())


def _attention(recording: Recording, fleet: Fleet, then: Then, instant: float) -> tuple[Attention, ...]:
    """The alerts as they were shown; of a time of which these are not recorded, by the events."""
    if then.alerts is None:
        return _by_events(recording, fleet, instant)
    alerts = sorted(then.alerts, key=order)
    return tuple(alert.kind.attention(alert, fleet.funds, instant) for alert in alerts)


def _by_events(recording: Recording, fleet: Fleet, instant: float) -> tuple[Attention, ...]:
    begun: dict[tuple[str, Kind], Event] = {}
    for event in recording.latest(RECALLED, instant):
        if event.kind in _BEGINS:
            begun.pop((event.pod, _BEGINS[event.kind]), None)
        elif event.kind in ENDS and event.kind in _EVENTS and (not event.pod or event.pod in fleet.records):
            begun[event.pod, event.kind] = event
    shown = []
    for event in begun.values():
        kind, record = _EVENTS[event.kind], fleet.records.get(event.pod)
        pod = record.pod if record is not None else None
        shown.append(Attention(
            kind.name, kind.word or kind.name, kind.grade, event.text, event.pod, record.name if record else "",
            event.at, instant - event.at, pod.cost_per_hr if pod is not None else None, topic=kind.topic,
        ))  # fmt: skip
    return tuple(sorted(shown, key=lambda alert: (_GRADES.index(alert.grade), _NAMES.index(alert.kind), alert.name)))
