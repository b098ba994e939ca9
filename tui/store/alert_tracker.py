"""`AlertTracker`: reports alerts and RunPod errors, once when they begin and once when they end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tui.domain.events import ENDS, Event, Kind
from tui.format import numbers as fmt
from tui.store.alert import Unwatched
from tui.store.alert_kinds import KINDS
from tui.store.alerts import looking, off, off_text
from tui.store.slices import Sliced, whole

if TYPE_CHECKING:
    from tui.store.fleet import Fleet

_LASTING = {kind.event: kind for kind in KINDS if kind.event is not None}

TROUBLE = {Kind.OUTAGE: "connection restored", Kind.THROTTLED: "requests accepted again"}
"""Errors of RunPod as a whole, and how their end is worded."""

_NEVER: Unwatched = lambda start, end: 0.0  # noqa: E731

_BEGINS = {end: begin for begin, end in ENDS.items()}


class _Begun(NamedTuple):
    """When a condition began, and whether this run of podtop has seen all of it."""

    at: float
    witnessed: bool = True


class AlertTracker:
    """The open conditions, by pod (empty for the account) and kind. The caller supplies the time."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Kind], _Begun] = {}
        self._off: frozenset[str] | None = None

    def recall(self, events: Iterable[Event], records: bool = True) -> None:
        """Load an earlier run's events, oldest first: what began then and did not end is not reported again.

        records: whether this run records events. If not, an error of RunPod that is open in the recording is another
        run's: its end is not reported, as nothing would keep the next run from reporting it once more.
        """
        begun: dict[tuple[str, Kind], _Begun] = {}
        for event in events:
            if event.kind in ENDS:
                begun[event.pod, event.kind] = _Begun(event.at, witnessed=False)
            elif event.kind in _BEGINS:
                begun.pop((event.pod, _BEGINS[event.kind]), None)
        if not records:
            begun = {key: begin for key, begin in begun.items() if key[1] not in TROUBLE}
        self._open = {**begun, **self._open}

    # RunPod errors

    def failed(self, at: float, throttled: bool, reason: str, since: float | None = None) -> tuple[Event, ...]:
        """A poll failed, for `reason`; polls have failed since `since`."""
        kind = Kind.THROTTLED if throttled else Kind.OUTAGE
        return self._begin("", kind, at, reason, since)

    def answered(self, at: float, away: Unwatched = lambda start, end: 0.0) -> tuple[Event, ...]:
        """A poll succeeded. `away`: seconds between two instants in which podtop did not even poll."""
        return tuple(self._end("", kind, at, why, away) for kind, why in TROUBLE.items() if ("", kind) in self._open)

    # Alerts

    def judge(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """Alerts that began or ended with the last response about the pods; what it does not report goes on."""
        return whole(self.judging(fleet, at))

    def judging(self, fleet: Fleet, at: float) -> Sliced[tuple[Event, ...]]:
        """`judge` in slices."""
        current = yield from looking(fleet, at, quiet=False)
        fleet.attention = tuple(alert.kind.attention(alert, fleet.funds, at) for alert in current)
        fleet.judged_at = at
        switched = self._switched(fleet, at)
        lasting = {(a.pod, a.kind.event): a for a in current if a.kind.event is not None}
        events = [*self._ended(fleet, lasting, at), *switched]
        for (pod, kind), alert in lasting.items():
            events += self._begin(pod, kind, at, alert.kind.begins(alert, at), alert.since)
        return tuple(events)

    def _ended(self, fleet: Fleet, lasting: Collection[tuple[str, Kind]], at: float) -> Iterator[Event]:
        for pod, kind in [key for key in self._open if key not in lasting and key[1] in _LASTING]:
            dark = _LASTING[kind].off(fleet)
            why = f"no longer judged ({dark})" if dark else _LASTING[kind].over(fleet, fleet.records.get(pod))
            if why is not None:
                yield self._end(pod, kind, at, why, fleet.watched.unwatched)

    def _switched(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """That alerts were switched off, or on again, because of what the API does not offer; once for each change."""
        subjects = frozenset(subject for group in off(fleet).values() for subject in group)
        is_open, before = ("", Kind.ALERTS_OFF) in self._open, self._off
        if is_open and (fleet.funds is None or subjects == before):
            # Without the account's money in a response it is unknown how the account pays.
            return ()
        self._off = subjects
        if not subjects:
            return (self._end("", Kind.ALERTS_OFF, at, "all alerts judged again", _NEVER),) if is_open else ()
        if is_open and before is None:
            # An earlier run of podtop has reported it.
            return ()
        self._open.pop(("", Kind.ALERTS_OFF), None)
        return self._begin("", Kind.ALERTS_OFF, at, off_text(fleet))

    def _begin(self, pod: str, kind: Kind, at: float, text: str, since: float | None = None) -> tuple[Event, ...]:
        if (pod, kind) in self._open:
            return ()
        self._open[pod, kind] = _Begun(at if since is None else min(at, since))
        return (Event(at, pod, kind, text),)

    def _end(self, pod: str, kind: Kind, at: float, why: str, unwatched: Unwatched) -> Event:
        begun = self._open.pop((pod, kind))
        # A condition from another run may have ended in unwatched time.
        lasted = fmt.duration(at - begun.at - (unwatched(begun.at, at) if begun.witnessed else 0.0))
        after = f"after {lasted}" if begun.witnessed else f"after at most {lasted}"
        return Event(at, pod, ENDS[kind], f"{why} {after}")
