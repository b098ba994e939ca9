"""When a person is notified of alerts: once each, several as one, not in quiet hours. Pure; epoch seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.domain.attention import Attention, Grade, Ring, Topic

WORTH = 2.0
"""Dollars that a matter must have wasted to be worth a notification, where money decides."""

LONG = 3600.0
"""Seconds after which it is worth one whatever it has wasted."""

GATHER = 60.0
"""Seconds within which several alerts become one notification."""

AGAIN = 86_400.0
"""Seconds after which a matter that lasts, or is back, is notified again."""

LATE = 6 * 3600.0
"""Seconds by which a digest may be late; one that is later is left out."""

COUNTS = 300.0
"""Seconds between two counts of what is wasted, for the digest."""

UNCOUNTED = 3600.0
"""Seconds without a count that are not guessed."""

HANDED = 600.0
"""Seconds for which a call is kept after it was handed over, in case podtop ended before it was spooled."""

_BADNESS = {grade: rank for rank, grade in enumerate((Grade.NOTICE, Grade.WARN, Grade.BAD))}


class Rung(Struct, frozen=True):
    """How bad a matter was when it was notified, and when that was decided."""

    grade: Grade
    step: int
    at: float


class Due(Struct, frozen=True):
    """An alert that is to be notified. `at`: since when."""

    alert: Attention
    at: float


class Audience(StrEnum):
    """Whom a notification reaches: who sits at this terminal, or the user, wherever podtop runs.

    Each is notified once of everything: a podtop without a terminal does not silence one that has it.
    """

    TERMINAL = "terminal"
    USER = "user"


class Occasion(StrEnum):
    """Why a person is called."""

    ALERTS = "alerts"
    QUIET_ENDS = "quiet ends"
    DIGEST = "digest"


class Call(Struct, frozen=True):
    """One notification to be sent.

    id:     the same for the same call, from whichever podtop.
    alerts: what it is about, worst first; `over`: those of them that are over, by pod and kind.
    since:  of a digest, since when `wasted` dollars were wasted.
    """

    id: str
    at: float
    occasion: Occasion
    alerts: tuple[Attention, ...]
    over: tuple[tuple[str, str], ...] = ()
    since: float | None = None
    wasted: float = 0.0

    @property
    def grade(self) -> Grade:
        return self.alerts[0].grade if self.alerts else Grade.NOTICE

    @property
    def topic(self) -> Topic:
        if self.occasion is Occasion.DIGEST or not self.alerts:
            return Topic.MONEY
        return self.alerts[0].topic


class Waste(Struct, frozen=True):
    """Dollars wasted since the last digest, counted until an instant."""

    until: float
    dollars: float = 0.0


class RingState(Struct, frozen=True, omit_defaults=True):
    """What was notified, and what waits to be; kept on disk, so that no restart rings twice.

    rung: by matter; due: waits for others that come within a minute; held: waits for the end of quiet hours.
    sent: handed over lately; digest_at: when the last digest was; waste: since then.
    """

    rung: Mapping[str, tuple[Rung, ...]] = {}
    due: tuple[Due, ...] = ()
    held: tuple[Due, ...] = ()
    sent: tuple[Call, ...] = ()
    digest_at: float | None = None
    waste: Waste | None = None


class Seen(Struct, frozen=True):
    """What is known at an instant.

    alerts:    those that were judged last, at `judged_at`; pods were last seen at `answered_at`.
    now:       the instant; `quiet`: whether it is in quiet hours.
    first:     when an alert was first seen, by matter, where that is known.
    digest_at: when the latest digest was to be sent; None if none is wanted.
    topics:    what somebody wants to be notified of.
    ends:      whether podtop ends now: nothing waits for others any more.
    """

    alerts: tuple[Attention, ...]
    judged_at: float
    answered_at: float
    now: float
    quiet: bool = False
    first: Mapping[tuple[str, str], float] = {}
    digest_at: float | None = None
    topics: frozenset[Topic] = frozenset(Topic)
    ends: bool = False


def step(state: RingState, seen: Seen) -> tuple[RingState, tuple[Call, ...]]:
    """What is to be sent now, and the state after that; the same state if nothing has changed."""
    now = seen.now
    recent = {key: tuple(r for r in all if _is_recent(r.at, now)) for key, all in state.rung.items()}
    rung = {key: rungs for key, rungs in recent.items() if rungs}
    due, held = list(state.due), list(state.held)
    for alert in seen.alerts:
        key = _key(alert)
        if not _is_due(alert, seen) or any(_covers(before, alert) for before in rung.get(key, ())):
            continue
        rung[key] = (*rung.get(key, ()), Rung(alert.grade, alert.step, now))
        if seen.quiet and not _passes(alert, now):
            held.append(Due(alert, now))
        else:
            held = [item for item in held if item.alert.matter != alert.matter]
            due.append(Due(alert, now))
    calls: list[Call] = []
    if due and (seen.ends or not all(0 <= now - item.at < GATHER for item in due)):
        calls += _call(Occasion.ALERTS, due, seen)
        rung, due = _but_untold(rung, due, seen), []
    if held and not seen.quiet and not seen.ends:
        calls += _call(Occasion.QUIET_ENDS, held, seen)
        rung, held = _but_untold(rung, held, seen), []
    digest_at, waste = state.digest_at, state.waste
    if seen.digest_at is not None:
        digest_at, waste, digest = _digest(state, seen)
        calls += digest
    sent = tuple(call for call in state.sent if 0 <= now - call.at < HANDED)
    after = RingState(rung, tuple(due), tuple(held), (*sent, *calls), digest_at, waste)
    return (state if after == state else after), tuple(calls)


def next_at(state: RingState) -> float | None:
    """When alerts that wait for others are to be sent."""
    return min((item.at + GATHER for item in state.due), default=None)


def _key(alert: Attention) -> str:
    return "\n".join(alert.matter)


def _is_recent(at: float, now: float) -> bool:
    # An instant ahead of the clock was noted before the clock was set back.
    return abs(now - at) < AGAIN


def _covers(before: Rung, alert: Attention) -> bool:
    """Whether what was notified is at least as bad as an alert."""
    return _BADNESS[before.grade] >= _BADNESS[alert.grade] and before.step >= alert.step


def _passes(alert: Attention, now: float) -> bool:
    """Whether it does not wait for the end of quiet hours: money in danger, or something that is about to happen."""
    return (alert.grade is Grade.BAD and alert.topic is Topic.MONEY) or alert.is_imminent(now)


def _is_due(alert: Attention, seen: Seen) -> bool:
    if alert.muted or not alert.rings or alert.ring is Ring.NEVER or alert.topic not in seen.topics:
        return False
    if alert.since is not None and alert.lasts is not None:
        lasted = alert.lasts
    else:
        begun = alert.since if alert.since is not None else seen.first.get(alert.matter, seen.judged_at)
        # Nothing is wasted as far as anybody knows while there is no response; that there is none is seen all the time.
        until = seen.answered_at if alert.ring is Ring.BY_MONEY else seen.judged_at
        # One that is announced, such as maintenance, is there already.
        lasted = max(0.0, until - begun)
    if lasted < alert.ring_after:
        return False
    return alert.ring is Ring.AT_ONCE or lasted >= LONG or (alert.so_far is not None and alert.so_far >= WORTH)


def _call(occasion: Occasion, items: Iterable[Due], seen: Seen) -> list[Call]:
    """One call for these alerts as they are now; none for those muted in the meantime."""
    now = {alert.matter: alert for alert in seen.alerts}
    latest: dict[tuple[str, str], Attention] = {item.alert.matter: item.alert for item in items}
    alerts = [now.get(matter, alert) for matter, alert in latest.items()]
    alerts = sorted((a for a in alerts if not a.muted), key=lambda a: (-_BADNESS[a.grade], a.kind, a.name, a.pod))
    if not alerts:
        return []
    over = tuple(alert.matter for alert in alerts if alert.matter not in now)
    return [Call(_id(occasion, alerts, seen.now), seen.now, occasion, tuple(alerts), over)]


def _but_untold(rung: Mapping[str, tuple[Rung, ...]], items: Iterable[Due], seen: Seen) -> dict[str, tuple[Rung, ...]]:
    """What was notified, without what was left out as it is muted now: that rings if it is there after the mute."""
    muted = {alert.matter for alert in seen.alerts if alert.muted}
    untold = {(_key(item.alert), item.at) for item in items if item.alert.matter in muted}
    if not untold:
        return dict(rung)
    remaining = {key: tuple(r for r in rungs if (key, r.at) not in untold) for key, rungs in rung.items()}
    return {key: rungs for key, rungs in remaining.items() if rungs}


def _id(occasion: Occasion, alerts: Iterable[Attention], at: float) -> str:
    what = "\n".join((occasion, f"{at:.3f}", *(f"{_key(a)} {a.grade} {a.step}" for a in alerts)))
    return hashlib.sha256(what.encode(errors="replace")).hexdigest()[:16]


# The daily digest


def _digest(state: RingState, seen: Seen) -> tuple[float | None, Waste | None, list[Call]]:
    """When the last digest was, what was wasted since, and the digest if it is due."""
    waste, now, wanted = _counted(state.waste, seen), seen.now, seen.digest_at
    if state.digest_at is None:
        return now, waste, []
    if wanted is None or not state.digest_at < wanted <= now:
        return state.digest_at, waste, []
    if now - wanted > LATE:
        return now, waste, []
    burning = tuple(a for a in seen.alerts if not a.muted and a.wasted_per_hr)
    burning = tuple(sorted(burning, key=lambda a: -(a.wasted_per_hr or 0.0)))
    dollars = waste.dollars if waste is not None else 0.0
    call = Call(_id(Occasion.DIGEST, (), wanted), now, Occasion.DIGEST, burning, (), state.digest_at, dollars)
    return now, Waste(seen.answered_at), [call]


def _counted(waste: Waste | None, seen: Seen) -> Waste:
    """The waste until the last response. Time in which nobody watched is not counted."""
    if waste is None or not 0 <= seen.answered_at - waste.until <= UNCOUNTED:
        return Waste(seen.answered_at, waste.dollars if waste is not None else 0.0)
    passed = seen.answered_at - waste.until
    if passed < COUNTS and not seen.ends:
        return waste
    per_hr = sum(alert.wasted_per_hr or 0.0 for alert in seen.alerts)
    return Waste(seen.answered_at, waste.dollars + per_hr * passed / 3600.0)


# Times of day


def minutes(text: str) -> int:
    """Minutes after midnight, from a time such as 09:00."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def is_quiet(quiet: str, local: datetime) -> bool:
    """Whether a local time is in quiet hours such as "22:00-08:00"; never if that is empty."""
    if not quiet:
        return False
    begin, end = (minutes(part) for part in quiet.split("-"))
    at = local.hour * 60 + local.minute
    return begin <= at < end if begin <= end else at >= begin or at < end


def latest(digest: str, local: datetime) -> datetime:
    """The latest time of day `digest` up to a local time."""
    at = minutes(digest)
    then = local.replace(hour=at // 60, minute=at % 60, second=0, microsecond=0)
    return then if then <= local else then - timedelta(days=1)


def narrowed(call: Call, topics: Iterable[Topic]) -> Call | None:
    """The call for somebody who wants these topics only; None if it has nothing of them."""
    wanted = frozenset(topics)
    if call.occasion is Occasion.DIGEST:
        return call if Topic.MONEY in wanted else None
    alerts = tuple(alert for alert in call.alerts if alert.topic in wanted)
    if len(alerts) == len(call.alerts):
        return call
    return replace(call, id=f"{call.id}-{'-'.join(sorted(wanted))}", alerts=alerts) if alerts else None
