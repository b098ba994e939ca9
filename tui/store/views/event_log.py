"""The event log: events of the recording and of this run, merged, and their filter. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tui.domain import filters
from tui.domain.events import ENDS, Event, Kind
from tui.domain.filters import Field, Fields, Filter
from tui.domain.filters import Kind as Kinds
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import TROUBLE

if TYPE_CHECKING:
    from tui.store.alert import AlertKind

REACH = 30 * 86_400.0
"""Seconds back to which events are loaded from a recording: as long as it keeps them."""

MOST = 10_000
"""Maximum number of events loaded, the newest."""

_OF_EVENT = {
    **{kind: row for row in reversed(KINDS) if row.event for kind in (row.event, ENDS.get(row.event, row.event))},
    # What the change of a pod's status reports is an event without a beginning and an end.
    **{kind: row for row in KINDS for kind in Kind if row.event is None and row.name.replace("-", " ") == kind.value},
}

_ALERTS = {kind for begin in (row.event for row in KINDS if row.event) for kind in (begin, ENDS.get(begin, begin))}
_ALERTS |= {Kind.ALERTS_OFF, Kind.ALERTS_ON}
_API = {kind for begin in TROUBLE for kind in (begin, ENDS[begin])} | {Kind.TROUBLE, Kind.API}
_ACTIONS = {Kind.DONE, Kind.REFUSED, Kind.UNKNOWN}

GROUPS: Mapping[str, frozenset[Kind]] = {
    "status": frozenset(set(Kind) - _ALERTS - _API - _ACTIONS - {Kind.PRICE}),
    "alert": frozenset(_ALERTS),
    "action": frozenset(_ACTIONS),
    "api": frozenset(_API),
    "price": frozenset({Kind.PRICE}),
}
"""Kinds that belong together, by the word that a filter accepts for them."""

WORDS = f"words, pod:NAME, kind:KIND ({', '.join(GROUPS)} or one kind), ago<2h"
"""The terms that a filter accepts, for a line of help."""


def alert_of(kind: Kind) -> AlertKind | None:
    """The alert that an event reports; None if it is about something else."""
    return _OF_EVENT.get(kind)


def merged(earlier: Sequence[Event], recent: Iterable[Event], slack: float) -> tuple[Event, ...]:
    """All events, oldest first, each once.

    Another podtop may have recorded what this one saw too, at its own polls: of one pod and kind within `slack`
    seconds, this one's event is kept.
    """
    seen = dict.fromkeys(recent)
    times: dict[tuple[str, Kind], list[float]] = {}
    for event in seen:
        times.setdefault((event.pod, event.kind), []).append(event.at)
    for known in times.values():
        known.sort()

    def is_seen(event: Event) -> bool:
        known = times.get((event.pod, event.kind), [])
        at = bisect_left(known, event.at - slack)
        return at < len(known) and known[at] <= event.at + slack

    unseen = [event for event in dict.fromkeys(earlier) if not is_seen(event)]
    return tuple(sorted((*unseen, *seen), key=lambda event: event.at))


_OF_RUNPOD = (
    Kind.OUTAGE,
    Kind.OUTAGE_OVER,
    Kind.THROTTLED,
    Kind.THROTTLED_OVER,
    Kind.TROUBLE,
    Kind.UNWATCHED,
    Kind.UNWATCHED_OVER,
    Kind.KEY_REFUSED,
    Kind.KEY_REFUSED_OVER,
    Kind.ALERTS_OFF,
    Kind.ALERTS_ON,
    Kind.API,
)
_OF_THE_ACCOUNT = (
    Kind.RUNWAY, Kind.RUNWAY_OVER, Kind.BALANCE, Kind.BALANCE_OVER, Kind.SPEND_JUMP, Kind.SPEND_LIMIT,
    Kind.SPEND_LIMIT_OVER, Kind.ORPHAN, Kind.REPORT,
)  # fmt: skip


def subject_of(event: Event) -> str:
    """What an event without a pod is about: the account or RunPod; empty if neither."""
    return "RunPod" if event.kind in _OF_RUNPOD else "account" if event.kind in _OF_THE_ACCOUNT else ""


class Told(NamedTuple):
    """An event as a row: with the name of its pod, and how long ago it was in seconds."""

    event: Event
    name: str = ""
    ago: float = 0.0

    @property
    def about(self) -> tuple[str, ...]:
        """Name and ID of its pod; without one, the words of its column."""
        return (self.name, self.event.pod) if self.event.pod else (subject_of(self.event),)


@cache
def _kind_words(kind: Kind) -> tuple[str, ...]:
    """The words for a kind: its own, that on the screen, its group, and its alert, as [alerts] and scripts have it."""
    groups = tuple(word for group, kinds in GROUPS.items() if kind in kinds for word in (group, f"{group}s"))
    alert = _OF_EVENT.get(kind)
    texts = (kind.value, kind.value.replace(" ", "-"), kind.word.lower(), kind.word.lower().replace(" ", "-"))
    return (*dict.fromkeys((*groups, *texts, *((alert.name,) if alert is not None else ()))),)


_KINDS = f"{', '.join(GROUPS)} or a kind such as idle"

LOG: Fields[Told] = Fields(
    {
        "kind": (
            Field(Kinds.WORDS, _KINDS, ("event",), tuple(dict.fromkeys(w for kind in Kind for w in _kind_words(kind)))),
            lambda row: _kind_words(row.event.kind),
        ),
        "pod": (Field(Kinds.WORDS, "part of a name or ID; account, runpod", ("name",)), lambda row: row.about),
        "text": (Field(Kinds.WORDS, "part of what happened", ("details",)), lambda row: row.event.text),
        "ago": (Field(Kinds.SECONDS, "time since then", ("time", "short-time")), lambda row: row.ago),
    },
    lambda row: (
        f"{' '.join(row.about)} {row.event.kind} {row.event.word} {row.event.text}".lower()
    ),
)  # fmt: skip


def parse(text: str) -> Filter:
    """Parse a filter as typed. It never fails: what is invalid does not filter, and is reported."""
    return filters.parse(text, LOG.vocabulary)
