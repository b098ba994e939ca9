"""What an alert is, and what a row of the table of alerts has: `tui.store.alert_kinds`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.events import Kind as EventKind

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


class Grade(StrEnum):
    """How bad it is."""

    BAD = "bad"
    WARN = "warn"
    NOTICE = "notice"


class Basis(StrEnum):
    """What is judged by: one answer of RunPod's, or also what was seen before it."""

    ANSWER = "answer"
    HISTORY = "history"


class Alert(Struct, frozen=True):
    """One thing that needs an eye.

    pod, name: of which pod; empty where it is about the account.
    since:     when it began, or will begin.
    lasts:     seconds that it has lasted at the least; of the runway, seconds that are left.
    until:     when it ends.
    count:     how many restarts.
    note:      what RunPod, or podtop's reader, says of it.
    """

    kind: AlertKind
    grade: Grade
    pod: str = ""
    name: str = ""
    since: float | None = None
    lasts: float | None = None
    until: float | None = None
    count: int | None = None
    cost_per_hr: float | None = None
    note: str = ""
    basis: Basis = Basis.ANSWER


Unwatched = Callable[[float, float], float]
"""Seconds between two instants in which nobody saw the pods."""


class PodView(Struct, frozen=True, gc=False):
    """One pod as alerts are looked for.

    changed_at: when RunPod says that its status changed last.
    quiet:      whether also GPUs that do nothing at this instant are looked for.
    """

    record: Record
    pod: Pod
    changed_at: float | None
    restarts: int
    now: float
    unwatched: Unwatched
    quiet: bool

    @property
    def uptime(self) -> int | None:
        return self.pod.runtime.uptime if self.pod.runtime else None


OfAccount = Callable[["AlertKind", "Fleet"], Alert | None]
OfPod = Callable[["AlertKind", PodView], Alert | None]
Over = Callable[["Fleet", "Record | None"], str | None]


class AlertKind(Struct, frozen=True, kw_only=True, eq=False):
    """One row.

    name:   its word in JSON and CSV.
    grade:  how bad it is, where that does not depend on how far it went.
    holds:  seconds that it must have lasted.
    event:  what it is in the event log; None where that hears of it by other means, or not at all.
    find:   the alert of a readable pod, or None; `account` the same of the account.
    running: whether only a pod that runs, or only one that does not, can have it; None where both can.
    text:   one sentence about it at an instant, by the funds it was judged by.
    begins: what the event log says when it begins.
    over:   why it is over; None where nothing is known of that.
    """

    name: str
    grade: Grade
    text: Callable[[Alert, Funds | None, float], str]
    holds: float = 0.0
    event: EventKind | None = None
    find: OfPod | None = None
    running: bool | None = None
    account: OfAccount | None = None
    begins: Callable[[Alert, float], str] = lambda alert, now: ""
    over: Over = lambda fleet, record: None

    def alert(self, pod: Pod, **fields: object) -> Alert:
        """An alert of this kind, at its grade where no other is given."""
        values = {"grade": self.grade, "pod": pod.id, "name": pod.name, "cost_per_hr": pod.cost_per_hr, **fields}
        return Alert(self, **values)  # type: ignore[arg-type]
