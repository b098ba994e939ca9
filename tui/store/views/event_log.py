"""The event log: events of the recording and of this run, merged, and their filter. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.events import ENDS, Event, Kind
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

WORDS = f"words, pod:NAME, kind:KIND ({', '.join(GROUPS)} or one kind)"
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


class EventFilter(Struct, frozen=True):
    """Conditions that must all hold: words, kinds (one of each set), parts of pods' names or ids.

    `faults`: messages about invalid parts of the text; those do not filter.
    """

    words: tuple[str, ...] = ()
    kinds: tuple[frozenset[Kind], ...] = ()
    pods: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.kinds or self.pods)

    def hold(self, event: Event, name: str) -> bool:
        """Whether all conditions hold. `name`: the pod's."""
        if not all(event.kind in kinds for kinds in self.kinds):
            return False
        pod = f"{name} {event.pod}".lower()
        if not all(part in pod for part in self.pods):
            return False
        return not self.words or all(
            word in f"{pod} {event.kind} {event.kind.word} {event.text}".lower() for word in self.words
        )


def parse(text: str) -> EventFilter:
    """Parse a filter as typed. It never fails: an incomplete term does not filter yet, and is reported."""
    terms: list[str] = []
    kinds: list[frozenset[Kind]] = []
    pods: list[str] = []
    faults: list[str] = []
    for token in text.lower().split():
        field, colon, value = token.partition(":")
        if not colon or field not in ("kind", "pod"):
            terms.append(token)
        elif field == "pod":
            if value:
                pods.append(value)
            else:
                faults.append("pod: expects part of a name or ID")
        elif named := _kinds(value):
            kinds.append(named)
        else:
            faults.append(f"kind: expects {', '.join(GROUPS)} or a kind such as idle")
    return EventFilter(tuple(terms), tuple(kinds), tuple(pods), tuple(faults))


def _holds(kind: Kind, word: str) -> bool:
    return word in kind.value or word in kind.word.lower()


def _kinds(value: str) -> frozenset[Kind]:
    """The kinds that any of several comma-separated words means."""
    kinds: set[Kind] = set()
    for word in value.split(","):
        if word:
            kinds |= GROUPS.get(word.removesuffix("s") if word != "status" else word, frozenset())
            spoken = word.replace("-", " ")
            kinds |= {kind for kind in Kind if _holds(kind, word) or _holds(kind, spoken)}
            # By the name of an alert, as [alerts] and scripts have it.
            kinds |= {kind for kind, row in _OF_EVENT.items() if row.name == word}
    return frozenset(kinds)
