"""Events that report one thing, as one: a stop by podtop is an action, a status and the end of alerts. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from tui.actions import EVERY
from tui.domain.action import State
from tui.domain.events import BY_STATUS, ENDS, TIMER, Event, Kind

_LED_TO = {State.STOPPED: Kind.STOPPED, State.RUNNING: Kind.RUNNING, State.GONE: Kind.GONE}

_BY_VERB: Mapping[str, Kind] = {
    **{action.verb: _LED_TO[action.leads] for action in EVERY.values() if action.leads is not None},
    "deploy": Kind.NEW,
    "restart": Kind.RESTART,
}
"""What an action shows as in the polls, by the word with which its event begins."""

_STATUSES = frozenset(
    (Kind.NEW, Kind.RUNNING, Kind.UP, Kind.RESTART, Kind.STOPPED, Kind.OUTBID, Kind.FAILED, Kind.STATUS, Kind.GONE)
)
_STARTED = frozenset((Kind.UP,))
_OF_BOOTS = frozenset((Kind.BOOT_OVER, Kind.LOST_OVER))
_ENDS = frozenset(ENDS.values())


class Joined(Struct, frozen=True):
    """Events that report one thing: first what happened to the pod, then the action that led to it, and what it ended.

    Most are a single event.
    """

    events: tuple[Event, ...]

    @property
    def head(self) -> Event:
        return self.events[0]

    @property
    def is_own(self) -> bool:
        """Whether podtop did it."""
        return any(event.kind is Kind.DONE for event in self.events)

    @property
    def text(self) -> str:
        """All texts in one line; of an action without what the status says too."""
        head, *others = self.events
        return " · ".join(
            (head.text, *(f"{event.word}: {event.text.removesuffix(f': {head.text}')}" for event in others))
        )

    def of(self, holds: Callable[[Event], bool]) -> Joined | None:
        """Those of its events for which something holds; None if it does for none."""
        events = tuple(filter(holds, self.events))
        return Joined(events) if events else None


def joined(events: Sequence[Event], slack: float) -> tuple[Joined, ...]:
    """Events, oldest first, as the things that happened: each event is in one of them.

    slack: seconds between what RunPod dates and what a poll sees of it.
    """
    statuses: dict[str, list[Event]] = {}
    for event in events:
        if event.pod and event.kind in _STATUSES:
            statuses.setdefault(event.pod, []).append(event)
    parts: dict[int, list[Event]] = {}
    apart: list[Event] = []
    for event in events:
        kinds = _reports(event)
        nearest = _nearest(statuses.get(event.pod, ()), event.at, slack, kinds) if kinds else None
        if nearest is None:
            apart.append(event)
        else:
            parts.setdefault(id(nearest), []).append(event)
    return tuple(
        Joined((event, *sorted(parts.get(id(event), ()), key=lambda part: part.kind is not Kind.DONE)))
        for event in apart
    )  # fmt: skip


def _reports(event: Event) -> frozenset[Kind]:
    """The kinds of events of which an event is a part; none if it stands for itself."""
    if event.kind is Kind.DONE:
        verb = event.text.removeprefix(f"{TIMER}: ").partition(" ")[0]
        return frozenset((_BY_VERB[verb],)) if verb in _BY_VERB else frozenset()
    if event.kind in _OF_BOOTS and not event.text.startswith(BY_STATUS):
        return _STARTED
    return _STATUSES if event.kind in _ENDS and event.text.startswith(BY_STATUS) else frozenset()


def _nearest(statuses: Sequence[Event], at: float, slack: float, kinds: Iterable[Kind]) -> Event | None:
    first = bisect_left(statuses, at - slack, key=lambda event: event.at)
    last = bisect_left(statuses, at + slack, key=lambda event: event.at)
    near = [event for event in statuses[first:last] if event.kind in kinds]
    return min(near, key=lambda event: abs(event.at - at), default=None)
