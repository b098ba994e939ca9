"""`Attention`: an alert as a value that everything else reads: the header, rows, notifications, JSON. Pure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

IMMINENT = 1800.0
"""Seconds before something happens in which nothing may hold back the news of it."""


class Grade(StrEnum):
    """The severity of an alert."""

    BAD = "bad"
    WARN = "warn"
    NOTICE = "notice"


class Topic(StrEnum):
    """What an alert is about, by which the user chooses notifications: `[notify] for`."""

    MONEY = "money"
    RUNS = "runs"
    TROUBLE = "trouble"
    WATCH = "watch"


class Ring(StrEnum):
    """When an alert is sent to a user who looks elsewhere.

    NEVER:    it is shown, and kept in the event log.
    AT_ONCE:  when it begins, and when it gets worse.
    BY_MONEY: once it has wasted some dollars, or lasted for an hour.
    """

    NEVER = "never"
    AT_ONCE = "at once"
    BY_MONEY = "by money"


class Attention(Struct, frozen=True, gc=False):
    """One thing that needs attention, as of a response about the pods.

    kind:   the name of its row in the table of alerts; `word`: the same for people, such as "slow boot".
    pod, name: the pod; empty if it is about the account.
    text:   one sentence about it.
    since:  when it began, or will begin; `lasts`: seconds that it has lasted at least; for the runway, seconds left.
    cost_per_hr: what the pod, or the account, costs; `wasted_per_hr`: what of it is wasted, if known.
    so_far: dollars wasted since it began, in watched time; None if unknown, or if nothing is wasted.
    step:   how bad it is within its kind, from 0: a higher step is reported, and notified, again.
    muted:  whether the user does not want to hear of it; it is shown as muted.
    topic, ring: what it is about, and when it is notified; `ring_after`: seconds after `since` at the earliest.
    rings:  whether it is notified at this step.
    is_news: whether the event log has it, and a toast: not what comes and goes all day.
    """

    kind: str
    word: str
    grade: Grade
    text: str
    pod: str = ""
    name: str = ""
    since: float | None = None
    lasts: float | None = None
    cost_per_hr: float | None = None
    wasted_per_hr: float | None = None
    so_far: float | None = None
    step: int = 0
    muted: bool = False
    topic: Topic = Topic.TROUBLE
    ring: Ring = Ring.NEVER
    ring_after: float = 0.0
    rings: bool = True
    is_news: bool = True

    def is_imminent(self, now: float) -> bool:
        """Whether it is about to happen, and has not: a timer that acts in ten minutes. Told later, it is no help."""
        return self.since is not None and 0 < self.since - now <= IMMINENT

    @property
    def matter(self) -> tuple[str, str]:
        """What it is about, however bad it is: one pod and one kind of alert."""
        return self.pod, self.kind
