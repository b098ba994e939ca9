"""Alerts, and the rows of the table of alerts: `tui.store.alert_kinds`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import offered, pod_health
from tui.domain.alert_rules import DEFAULT, AlertRules
from tui.domain.attention import Attention, Grade, Ring, Topic
from tui.domain.events import Kind as EventKind

if TYPE_CHECKING:
    from tui.api.features import Feature
    from tui.api.models import Funds, Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.windows import Window


class Basis(StrEnum):
    """The evidence: a single RunPod response, or also earlier observations."""

    ANSWER = "answer"
    HISTORY = "history"


class Alert(Struct, frozen=True):
    """One thing that needs attention.

    pod, name: the pod; empty if it is about the account.
    since:     when it began, or will begin.
    lasts:     seconds that it has lasted at least; for the runway, seconds that are left.
    until:     when it ends.
    count:     number of restarts.
    note:      the reason given by RunPod, or by podtop's reader.
    so_far:    dollars that it has wasted since it began, in watched time; None if unknown, or if nothing is wasted.
    wasted_per_hr: dollars per hour that it wastes, as long as it lasts; None as for `so_far`.
    step:      how bad it is within its kind, from 0: a higher step is reported, and notified, again. Below 0 it is
               not bad enough to begin, and has not ended either.
    muted:     whether the user does not want to hear of it; it is shown as muted.
    is_news:   whether the event log has it: what comes and goes all day is shown, and in the log only if it lasts.
    up_since:  when its container was started, of what wastes nothing yet, and may lose what the run has cost.
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
    so_far: float | None = None
    wasted_per_hr: float | None = None
    step: int = 0
    muted: bool = False
    is_news: bool = True
    up_since: float | None = None


Unwatched = Callable[[float, float], float]
"""Seconds between two instants in which podtop did not see the pods."""


class PodView(Struct, frozen=True, gc=False):
    """One pod as the alert rules see it.

    restarts: when its container was seen restarted, oldest first.
    quiet: whether GPUs that are idle at this instant are reported too.
    fleet: what else is known: leases, prices; None in a view of one pod alone.
    """

    record: Record
    pod: Pod
    restarts: tuple[float, ...]
    now: float
    unwatched: Unwatched
    quiet: bool
    rules: AlertRules = AlertRules()
    fleet: Fleet | None = None

    @property
    def window(self) -> Window:
        return self.record.window

    @property
    def changed_at(self) -> float | None:
        """When its status last changed, according to RunPod, from whose text it is parsed."""
        change = self.pod.status_change
        return change.at if change else None

    def hold(self, kind: AlertKind) -> float:
        """Seconds for which an alert of this kind must last for this pod: the user's, else its own."""
        hold = self.rules.rule(kind.name, self.record.name).hold
        return kind.holds if hold is None else hold

    @property
    def uptime(self) -> int | None:
        return self.pod.runtime.uptime if self.pod.runtime else None


OfAccount = Callable[["AlertKind", "Fleet", float], Alert | None]
OfPod = Callable[["AlertKind", PodView], Alert | None]
Over = Callable[["Fleet", "Record | None"], str | None]


class AlertKind(Struct, frozen=True, kw_only=True, eq=False):
    """One row.

    name:   its identifier in JSON and CSV; `word`: for people, at most 12 characters; the name if empty.
    grade:  its severity, unless that depends on its extent.
    holds:  seconds that it must have lasted.
    by_default: whether it is judged if the user's rules do not ask for it.
    event:  its kind in the event log; None if that gets it by other means, or not at all.
    find:   the alert of a readable pod, or None; `account` the same for the account.
    running: whether only a running pod, or only one that is not running, can have it; None if both can.
    text:   one sentence about it at an instant, given the funds it was judged by.
    begins: the event log's text when it begins.
    over:   why it is over; None if that is unknown. `rearm`: seconds of watched time for which it must have been over
            before its end is reported: what comes back sooner has not ended. 0 where a window has waited already.
    fallen: whether an alert has fallen from a step, so that it would be reported again if it got back there.
    settles: watched seconds for which it must have been found at each poll before it begins, where it does not show
            itself how long it has lasted.
    again:  seconds after which it is reported again while it lasts; None: never. Such an alert has no end in the log.
    blind:  whether it is judged when polls fail too, of the account only: it is about podtop's own watching.
    needs:  what it is judged by, and not every API offers: without it, it is off.
    of_prepaid: whether an account that is billed afterwards cannot have it: then it is off too.
    subject: what it is about, where those that are off are listed; empty if another one's says it.
    topic:   by which the user chooses notifications; `ring`: when it is notified, `ring_after`: seconds after it began
             at the earliest, `ring_from`: the lowest step that is notified.
    """

    name: str
    word: str = ""
    grade: Grade
    text: Callable[[Alert, Funds | None, float], str]
    holds: float = 0.0
    event: EventKind | None = None
    find: OfPod | None = None
    running: bool | None = None
    account: OfAccount | None = None
    begins: Callable[[Alert, float], str] = lambda alert, now: ""
    over: Over = lambda fleet, record: None
    rearm: float = 300.0
    fallen: Callable[[Alert, int], bool] = lambda alert, step: alert.step < step
    settles: float = 0.0
    again: float | None = None
    blind: bool = False
    needs: frozenset[Feature] = frozenset()
    of_prepaid: bool = False
    subject: str = ""
    topic: Topic = Topic.TROUBLE
    ring: Ring = Ring.NEVER
    ring_after: float = 0.0
    ring_from: int = 0
    by_default: bool = True

    def is_on(self, rules: AlertRules, name: str = "") -> bool:
        """Whether it is judged by the user's rules, for a pod of this name or the account."""
        rule = rules.rule(self.name, name)
        return self.by_default if rule is DEFAULT else rule.on

    def off(self, fleet: Fleet) -> str:
        """Why it cannot be judged, whatever happens; empty if it can."""
        return self.off_for(fleet.lacks, pod_health.is_postpaid(fleet.funds))

    def off_for(self, lacks: frozenset[Feature], postpaid: bool) -> str:
        """`off`, by all that it depends on: what the API does not offer, and how the account pays."""
        if self.of_prepaid and postpaid:
            return offered.AFTERWARDS
        return offered.WORDS if self.needs & lacks else ""

    def alert(self, pod: Pod, **fields: object) -> Alert:
        """An alert of this kind, with its grade unless another is given."""
        values = {"grade": self.grade, "pod": pod.id, "name": pod.name, "cost_per_hr": pod.cost_per_hr, **fields}
        return Alert(self, **values)  # type: ignore[arg-type]

    def attention(self, alert: Alert, funds: Funds | None, now: float) -> Attention:
        """An alert of this kind as a value for everything that shows or sends it."""
        return Attention(
            self.name, self.word or self.name, alert.grade, self.text(alert, funds, now), alert.pod, alert.name,
            alert.since, alert.lasts, alert.cost_per_hr, alert.wasted_per_hr, alert.so_far, alert.step, alert.muted,
            self.topic, self.ring, self.ring_after, alert.step >= self.ring_from, alert.is_news,
        )  # fmt: skip
