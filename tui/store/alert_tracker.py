"""`AlertTracker`: reports alerts and RunPod errors: when they begin, when they get worse, and when they end. Pure.

An alert begins once. It ends once its opposite has held for some watched time: what comes back sooner has not ended.
What is not known, because of a gap, a failed poll or a missing value, neither begins nor ends anything.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain import pod_health
from tui.domain.alert_rules import is_muted
from tui.domain.attention import Grade
from tui.domain.events import ENDS, UNJUDGED, Event, Kind
from tui.format import numbers as fmt
from tui.store import one_waste, open_alert
from tui.store.alert import Alert, Unwatched
from tui.store.alert_kinds import KINDS
from tui.store.alerts import blind_alerts, dark_reason, looking, marked, off, off_text, order
from tui.store.open_alert import Key, Open, OpenAlert
from tui.store.slices import Sliced, sliced, whole

if TYPE_CHECKING:
    from tui.domain.attention import Attention
    from tui.store.fleet import Fleet

_LASTING = {kind.event: kind for kind in KINDS if kind.event is not None}
_BLIND = frozenset(event for event, kind in _LASTING.items() if kind.blind)

TROUBLE = {Kind.OUTAGE: "connection restored", Kind.THROTTLED: "requests accepted again"}
"""Errors of RunPod as a whole, and how their end is worded."""

_REPEATED = frozenset(event for event, kind in _LASTING.items() if kind.again is not None)

RECALLED = (*ENDS, *ENDS.values(), *_REPEATED)
"""The kinds of events that a later run has to know the last of."""

SAVED_EVERY = 600.0
"""Seconds after which open alerts are saved although they have only lasted longer."""

UNSHOWN = 300.0
"""Watched seconds for which an alert that is open and not shown, as after a restart, stands for others of its pod."""

_NEVER: Unwatched = lambda start, end: 0.0  # noqa: E731

_BEGINS = {end: begin for begin, end in ENDS.items()}


class AlertTracker:
    """The open alerts and errors, by pod (empty for the account) and kind of event. The caller supplies the time.

    current: the alerts as of the last judging, worst first: `fleet.attention` is made of them.
    """

    def __init__(self) -> None:
        self._open: Open = {}
        self._last: dict[Key, Alert] = {}
        self._told: dict[Key, float] = {}
        self._off: frozenset[str] | None = None
        self._at: float | None = None
        self._saved_at = -math.inf
        self._others: tuple[Alert, ...] = ()
        self.current: tuple[Alert, ...] = ()
        self._unsaved = False

    def recall(
        self,
        events: Iterable[Event],
        records: bool = True,
        saved: bytes | None = None,
        last: float | None = None,
    ) -> None:
        """Load an earlier run's events, oldest first: what began then and did not end is not reported again.

        records: whether this run records events. If not, an error of RunPod that is open in the recording is another
        run's: its end is not reported, as nothing would keep the next run from reporting it once more.
        saved:   the open alerts as that run saved them, None if it did not; of later events it knows nothing.
        last:    when that run last saw the pods, if known: until then they went on as they were saved.
        """
        at, begun = (-math.inf, {}) if saved is None else open_alert.decoded(saved)
        for event in events:
            begins = _BEGINS.get(event.kind, event.kind)
            if begins in _REPEATED:
                self._told[event.pod, begins] = event.at
            elif begins in _LASTING and event.at <= at:
                continue
            elif event.kind in ENDS:
                begun[event.pod, event.kind] = OpenAlert(event.at, event.at, None, witnessed=False)
            elif event.kind in _BEGINS:
                begun.pop((event.pod, begins), None)
        if not records:
            begun = {key: alert for key, alert in begun.items() if key[1] not in TROUBLE}
        for alert in begun.values():
            if last is not None:
                alert.went_on(last)
        self._open = {**begun, **self._open}

    @property
    def open(self) -> tuple[Key, ...]:
        """What has begun, and was there when it was last judged: by pod and kind of event."""
        return tuple(key for key, alert in self._open.items() if alert.holds and alert.settling is None)

    def changes(self, at: float) -> bytes | None:
        """The open alerts, for the recording; None if they are as they were when this was last called."""
        if not self._unsaved:
            return None
        self._unsaved, self._saved_at = False, at
        return open_alert.encoded({key: alert for key, alert in self._open.items() if key[1] in _LASTING}, at)

    # RunPod errors

    def failed(self, at: float, throttled: bool, reason: str, since: float | None = None) -> tuple[Event, ...]:
        """A poll failed, for `reason`; polls have failed since `since`."""
        kind = Kind.THROTTLED if throttled else Kind.OUTAGE
        return self._begin("", kind, at, reason, since)

    def answered(self, at: float, away: Unwatched = lambda start, end: 0.0) -> tuple[Event, ...]:
        """A poll succeeded. `away`: seconds between two instants in which podtop did not even poll."""
        return tuple(self._close("", kind, at, why, away) for kind, why in TROUBLE.items() if ("", kind) in self._open)

    def _begin(self, pod: str, kind: Kind, at: float, text: str, since: float | None = None) -> tuple[Event, ...]:
        if (pod, kind) in self._open:
            return ()
        self._open[pod, kind] = OpenAlert(at if since is None else min(at, since), at)
        return (Event(at, pod, kind, text),)

    def _close(self, pod: str, kind: Kind, at: float, why: str, unwatched: Unwatched) -> Event:
        begun = self._open.pop((pod, kind))
        # A condition from another run may have ended in unwatched time.
        lasted = at - begun.since - (unwatched(begun.since, at) if begun.witnessed else 0.0)
        return Event(at, pod, ENDS[kind], f"{why} {_after(lasted, begun.witnessed)}")

    # Alerts

    def judge(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """Alerts that began or ended with the last response about the pods; what it does not report goes on."""
        return whole(self.judging(fleet, at))

    def judging(self, fleet: Fleet, at: float, quiet: bool = False) -> Sliced[tuple[Event, ...]]:
        """`judge` in slices. `quiet`: as for `alerts`."""
        fleet.day_means.feed((r.pod for r in fleet.records.values() if r.pod is not None), at)
        current = yield from looking(fleet, at, quiet)
        events, shown = yield from self._compared(fleet, at, current, _LASTING.keys())
        self._at = at
        self._others = tuple(alert for alert in shown if not alert.kind.blind)
        switched = self._switched(fleet, at)
        yield from self._showing(fleet, at, shown)
        return (*events, *switched)

    def judge_failure(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """Alerts about podtop's own watching that began with a poll that failed, or had no pods; no other one ends."""
        events, shown = whole(self._compared(fleet, at, blind_alerts(fleet, at), _BLIND))
        whole(self._showing(fleet, at, (*shown, *self._others)))
        return events

    def _showing(self, fleet: Fleet, at: float, alerts: Iterable[Alert]) -> Sliced[None]:
        current = marked(sorted(alerts, key=order), fleet, at)
        attention: list[Attention] = []
        for pause, alert in sliced(current):
            if pause:
                yield
            attention.append(alert.kind.attention(alert, fleet.funds, at))
        self.current, fleet.attention = current, tuple(attention)
        fleet.judged_at = at

    def _compared(
        self, fleet: Fleet, at: float, current: Iterable[Alert], kinds: Collection[Kind]
    ) -> Sliced[tuple[tuple[Event, ...], list[Alert]]]:
        """The events, and the alerts to show. `kinds`: of events, of the alerts that were looked for."""
        watched, awake = _Step(self._at, at, fleet.watched.unwatched), _Step(self._at, at, fleet.watched.away)
        shown: list[Alert] = []
        begun: list[Event] = []
        ended: list[Event] = []
        keys: set[Key] = set()
        current = tuple(current)
        others = self._said_by_others(fleet, at, current)
        for pause, alert in sliced(current):
            if pause:
                yield
            event = alert.kind.event
            if event is None:
                if alert.step >= 0:
                    shown.append(_alone(alert))
                continue
            keys.add((alert.pod, event))
            if (alert.pod, event) in others:
                # It is known how long it lasts, for when it is the one that says it.
                self._found((alert.pod, event), replace(alert, is_news=False), watched)
                self._last.pop((alert.pod, event), None)
                continue
            seen, report = self._found((alert.pod, event), alert, awake if alert.kind.blind else watched)
            shown += () if seen is None else (seen,)
            begun += () if report is None else (report,)
        for pause, key in sliced([key for key in self._open if key not in keys and key[1] in kinds]):
            if pause:
                yield
            report, lasting = self._missed(key, fleet, awake if _LASTING[key[1]].blind else watched)
            ended += () if report is None else (report,)
            shown += () if lasting is None else (lasting,)
        # A later run knows of the last gap only.
        if self._open and (at - self._saved_at >= SAVED_EVERY or watched.gap(watched.last) or awake.gap(awake.last)):
            self._unsaved = True
        return (*ended, *begun), shown

    def _said_by_others(self, fleet: Fleet, at: float, current: Iterable[Alert]) -> Collection[Key]:
        """The alerts that are neither shown nor reported, because another one of their pod says the same."""

        def is_silenced(key: Key) -> bool:
            record = fleet.records.get(key[0])
            name, kind = record.name if record is not None else "", _LASTING[key[1]].name
            return is_muted(key[0], name, kind, fleet.alert_rules, fleet.mutes, at)

        # After a restart what was open is shown once it is found again: if that takes long, another one says it.
        begun = {
            key: one_waste.Reported(alert.since, self._last[key].grade if key in self._last else Grade.BAD)
            for key, alert in self._open.items()
            if alert.told and alert.settling is None and alert.over_at is None
            and (key in self._last or alert.away_for < UNSHOWN)
        }  # fmt: skip
        return one_waste.unsaid(current, begun, is_silenced)

    def _found(self, key: Key, alert: Alert, step: _Step) -> tuple[Alert | None, Event | None]:
        """An alert that was found: how it is shown, and the event that reports it if it begins or is worse."""
        kind, known, at = alert.kind, self._open.get(key), step.at
        if known is None:
            if alert.step < 0:
                return None, None
            since = at if alert.since is None else min(at, alert.since)
            known = self._open[key] = OpenAlert(
                since, at, None, blind=step.unwatched(since, at), settling=0.0, told=False
            )
            before = None
        else:
            before = known.state
        seconds, gap = step.since(known.at), step.gap(known.at)
        if known.settling is not None:
            # A gap, and a poll that did not show it, begin the time anew.
            known.settling = known.settling + seconds if known.holds and not gap else 0.0
        known.passed(at, gap)
        known.pays(alert.wasted_per_hr, alert.so_far, alert.lasts, seconds)
        worse = known.found(alert.step, kind.fallen(alert, known.step or 0), seconds, kind.rearm)
        if known.settling is not None:
            if known.settling < kind.settles:
                known.step = None
                self._unsaved |= known.state != before
                return None, None
            known.settling, worse = None, True
        self._last[key] = alert
        if kind.again is not None:
            worse = at - self._told.get(key, -math.inf) >= kind.again
        shown = replace(
            alert, step=known.step or 0, so_far=known.money, since=alert.since or known.since,
            lasts=_lasted(alert, known), is_news=alert.is_news or known.told,
        )  # fmt: skip
        reports = shown.is_news and (worse or (kind.again is None and not known.told))
        known.told |= shown.is_news
        self._unsaved |= known.state != before
        if not reports:
            return shown, None
        if kind.again is not None:
            self._told[key] = at
        return shown, Event(at, key[0], key[1], kind.begins(shown, at))

    def _missed(self, key: Key, fleet: Fleet, step: _Step) -> tuple[Event | None, Alert | None]:
        """An alert that was not found: its end, or how it is shown while whether it lasts is unknown."""
        kind, known, at = _LASTING[key[1]], self._open[key], step.at
        record = fleet.records.get(key[0])
        before, seconds, gap = known.state, step.since(known.at), step.gap(known.at)
        known.passed(at, gap)
        if dark := dark_reason(kind, fleet, record.name if record is not None else ""):
            known.over_at = None
            return self._end(key, at, f"{UNJUDGED} ({dark})"), None
        # A pod in the part of the list that was not read is not gone.
        may_exist = bool(key[0]) and record is None and fleet.is_cut
        why = None if may_exist else kind.over(fleet, record)
        known.missed(seconds, why is not None, at)
        self._unsaved |= known.state != before
        if why is None:
            last = self._last.get(key)
            if last is None or known.over_at is not None or known.settling is not None:
                return None, None
            reported = last.is_news or known.told
            return None, replace(last, step=known.step or 0, so_far=known.money, is_news=reported)
        pod = record.pod if record is not None and record.unreadable is None else None
        # A pod that was stopped, or started, cannot have it any more: that does not flicker.
        surely = kind.running is not None and pod is not None and pod_health.is_on(pod) is not kind.running
        if known.settling is None and not surely and known.over_for < kind.rearm:
            return None, None
        return self._end(key, at, why), None

    def _end(self, key: Key, at: float, why: str) -> Event | None:
        known = self._open.pop(key)
        self._last.pop(key, None)
        self._unsaved = True
        if known.settling is not None or not known.told or key[1] not in ENDS:
            return None
        until = at if known.over_at is None else known.over_at
        after = _after(until - known.since - (known.blind if known.witnessed else 0.0), known.witnessed)
        wasted = f", {fmt.money(known.money)} wasted" if known.money is not None and known.money >= 0.005 else ""
        return Event(at, key[0], ENDS[key[1]], f"{why} {after}{wasted}")

    def _switched(self, fleet: Fleet, at: float) -> tuple[Event, ...]:
        """That alerts were switched off, or on again, because of what the API does not offer; once for each change."""
        subjects = frozenset(subject for group in off(fleet).values() for subject in group)
        is_open, before = ("", Kind.ALERTS_OFF) in self._open, self._off
        if is_open and (fleet.funds is None or subjects == before):
            # Without the account's money in a response it is unknown how the account pays.
            return ()
        self._off = subjects
        if not subjects:
            return (self._close("", Kind.ALERTS_OFF, at, "all alerts judged again", _NEVER),) if is_open else ()
        if is_open and before is None:
            # An earlier run of podtop has reported it.
            return ()
        self._open.pop(("", Kind.ALERTS_OFF), None)
        return self._begin("", Kind.ALERTS_OFF, at, off_text(fleet))


class _Step:
    """The time from the last judging to this one, `at`: watched seconds, and those of a gap."""

    def __init__(self, last: float | None, at: float, unwatched: Unwatched) -> None:
        self.at, self.unwatched = at, unwatched
        self.last = at if last is None else last
        self._gap = unwatched(self.last, at)

    def gap(self, before: float) -> float:
        """Unwatched seconds since an instant, mostly that of the last judging."""
        return self._gap if before == self.last else self.unwatched(before, self.at)

    def since(self, before: float) -> float:
        """Watched seconds since an instant."""
        return max(0.0, self.at - before - self.gap(before))


def _alone(alert: Alert) -> Alert:
    """An alert that the event log gets by other means: its dollars follow from how long it has lasted."""
    if alert.so_far is not None or alert.wasted_per_hr is None or alert.lasts is None:
        return alert
    return replace(alert, so_far=alert.wasted_per_hr * max(0.0, alert.lasts) / 3600.0)


def _lasted(alert: Alert, known: OpenAlert) -> float | None:
    """Seconds that a waste has lasted, with those before a restart of podtop, as its dollars have them."""
    if alert.lasts is None or alert.wasted_per_hr is None or not known.witnessed:
        return alert.lasts
    return max(alert.lasts, known.at - known.since - known.blind)


def _after(lasted: float, witnessed: bool) -> str:
    return f"after {fmt.duration(lasted)}" if witnessed else f"after at most {fmt.duration(lasted)}"
