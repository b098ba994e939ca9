"""Alerts about the account's money. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health, runway
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis
from tui.store.kinds.parts import clock, cost, listed
from tui.store.recent_spend import SPAN

if TYPE_CHECKING:
    from tui.api.models import Funds
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.recent_spend import Jump

RUNWAY_STEPS = (24 * 3600.0, 12 * 3600.0, 6 * 3600.0, 3 * 3600.0, 3600.0, 900.0)
"""Seconds of runway below each of which it is reported."""

REARM_SHARE = 1.1
"""The runway has recovered from a step once it is longer than that by this factor."""

NEAR_LIMIT = 0.9
"""The share of the spend limit from which it is near."""

SETTLING = 1.25
"""Hours of spend by which the balance may be below the threshold of a reload that works: RunPod reloads once an hour
at most, and settles every five minutes."""

OWN = 900.0
"""Seconds before a jump of the spend in which an action of podtop's own may have caused it."""


def reloads(fleet: Fleet) -> str:
    """What RunPod charges to the card, and when, in a few words; empty if it does not, or not any more.

    A balance that is below the threshold for long shows that the card is not charged.
    """
    account, funds = fleet.account.value, fleet.funds
    if account is None or not account.reload_amount or not account.reload_below:
        return ""
    if funds is None or funds.balance is None or funds.balance <= 0:
        return ""
    if funds.balance < account.reload_below - SETTLING * max(0.0, funds.spend_per_hr or 0.0):
        return ""
    return f"reloads {_dollars(account.reload_amount)} at {_dollars(account.reload_below)}"


def _dollars(amount: float) -> str:
    return fmt.money(amount, 0 if amount == int(amount) else 2)


def _find_runway(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    left = pod_health.runway(fleet.funds)
    if left is None or left >= REARM_SHARE * RUNWAY_STEPS[0] or reloads(fleet):
        return None
    step = sum(left < least for least in RUNWAY_STEPS) - 1
    grade = Grade.BAD if left < pod_health.SHORT_RUNWAY else kind.grade
    spend = fleet.funds.spend_per_hr if fleet.funds else None
    note = "" if step < 0 else f"{_runs_out(fleet, now + left, left)}{_at_zero(fleet)}"
    return Alert(kind, grade, lasts=left, cost_per_hr=spend, step=step, note=note)


def _runs_out(fleet: Fleet, at: float, left: float) -> str:
    return f", runs out {clock(at, fleet.tz)}" if left > 0 else ""


def _at_zero(fleet: Fleet) -> str:
    """What becomes of the pods at $0, by RunPod's documentation."""
    pods = [record.pod for record in fleet.records.values() if record.pod is not None]
    ends = [pod.name or pod.id for pod in pods if runway.fate(pod) == runway.ENDS]
    stops = sum(runway.fate(pod) == runway.STOPS for pod in pods)
    parts = []
    if ends:
        parts.append(f"{_pods(len(ends))} {'lose' if len(ends) > 1 else 'loses'} data ({listed(sorted(ends))})")
    if stops:
        parts.append(f"{stops} stop" if parts else f"{_pods(stops)} {'stop' if stops > 1 else 'stops'}")
    if any(pod.network_volume_id for pod in pods) or (fleet.account.value and fleet.account.value.network_volumes):
        parts.append("network volumes may be terminated")
    return f"; at $0: {', '.join(parts)}" if parts else ""


def _pods(count: int) -> str:
    return f"{count} pod{'' if count == 1 else 's'}"


def _runway_text(alert: Alert, funds: Funds | None, now: float) -> str:
    if alert.lasts is not None and alert.lasts <= 0:
        balance = fmt.balance(funds.balance if funds else None)
        left = f"the account {balance}" if funds and (funds.balance or 0.0) < 0 else "balance used up"
        return f"{left}, spending {cost(alert)}{alert.note}"
    return f"{fmt.duration(alert.lasts)} left at {cost(alert)}{alert.note}"


def _runway_begins(alert: Alert, now: float) -> str:
    if alert.lasts:
        return f"runway {fmt.duration(alert.lasts)} at {cost(alert)}{alert.note}"
    return f"balance used up at {cost(alert)}{alert.note}"


def _runway_over(fleet: Fleet, record: Record | None) -> str | None:
    if pod_health.runway(fleet.funds) is None:
        return None
    return "auto-pay is on" if reloads(fleet) else "runway recovered"


def _find_reload(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    left = pod_health.runway(fleet.funds)
    if left is None or left >= pod_health.LOW_RUNWAY or not (note := reloads(fleet)):
        return None
    spend = fleet.funds.spend_per_hr if fleet.funds else None
    return Alert(kind, kind.grade, lasts=left, cost_per_hr=spend, note=note)


def _find_no_balance(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    return Alert(kind, kind.grade) if pod_health.runway(fleet.funds) is None else None


def _find_jump(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    jump = fleet.recent_spend.jump
    if jump is None or now - jump.at > SPAN:
        return None
    own = _own_pods(fleet, jump)
    by_podtop = sum(record.pod.cost_per_hr or 0.0 for record in own if record.pod is not None)
    rise = jump.after - jump.before
    # Its own deploys and resumes are no news to the user; what remains must be a jump by itself.
    if own and rise - by_podtop < 5.0:
        return None
    ids = {record.id for record in own}
    new = [record for record in _started(fleet, jump) if record.id not in ids]
    return Alert(
        kind, kind.grade, since=jump.at, lasts=now - jump.at, cost_per_hr=jump.after, step=jump.number,
        note=f"spend rose by {fmt.money(rise)}/h to {fmt.money(jump.after)}/h{_named(new)}", basis=Basis.HISTORY,
    )  # fmt: skip


def _own_pods(fleet: Fleet, jump: Jump) -> list[Record]:
    """The pods that podtop itself may have started before a jump."""
    names = {deed.name for deed in fleet.operations.values() if not deed.pod}
    ids = {deed.pod for deed in fleet.operations.values()}
    ids |= {
        event.pod
        for event in fleet.events
        if event.kind in (EventKind.DONE, EventKind.UNKNOWN) and jump.start - OWN <= event.at
    }
    return [
        record
        for record in fleet.records.values()
        if (record.id in ids or record.name in names) and record.pod is not None and pod_health.is_on(record.pod)
    ]


def _started(fleet: Fleet, jump: Jump) -> list[Record]:
    """The pods that began to cost something within a jump, the dearest first."""
    kinds = (EventKind.NEW, EventKind.RUNNING)
    ids = dict.fromkeys(e.pod for e in fleet.events if e.kind in kinds and jump.start - 60.0 <= e.at <= jump.at)
    records = [fleet.records[id] for id in ids if id in fleet.records]
    on = [record for record in records if record.pod is not None and pod_health.is_on(record.pod)]
    return sorted(on, key=lambda record: -((record.pod and record.pod.cost_per_hr) or 0.0))


def _named(started: list[Record]) -> str:
    dearest = started[0].pod if started else None
    if dearest is None:
        return ""
    gpu = dearest.machine.gpu_name if dearest.machine is not None else None
    what = f", {dearest.gpu_count}x {gpu}" if gpu and dearest.gpu_count else ""
    others = f" and {len(started) - 1} more" if len(started) > 1 else ""
    return f": new pod {dearest.name or dearest.id}{what}{others}"


def _find_limit(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    funds = fleet.funds
    if funds is None or funds.spend_per_hr is None or not funds.spend_limit or funds.spend_limit <= 0:
        return None
    if funds.spend_per_hr < NEAR_LIMIT * funds.spend_limit:
        return None
    text = f"spending {fmt.money(funds.spend_per_hr)} of at most {fmt.money(funds.spend_limit)}/h"
    return Alert(kind, kind.grade, cost_per_hr=funds.spend_per_hr, note=f"{text}: deploys may be refused")


def _limit_over(fleet: Fleet, record: Record | None) -> str | None:
    funds = fleet.funds
    return None if funds is None or funds.spend_per_hr is None or funds.spend_limit is None else "below the spend limit"


RUNWAY = AlertKind(
    name="runway", word="low runway", grade=Grade.WARN, event=EventKind.RUNWAY, account=_find_runway,
    text=_runway_text, begins=_runway_begins, over=_runway_over,
    fallen=lambda alert, step: (alert.lasts or 0.0) >= REARM_SHARE * RUNWAY_STEPS[step],
    needs=frozenset({Feature.BALANCE, Feature.SPEND}), of_prepaid=True, subject="low runway",
    topic=Topic.MONEY, ring=Ring.AT_ONCE, ring_from=1,
)  # fmt: skip
RELOAD = AlertKind(
    name="auto-pay", grade=Grade.NOTICE, account=_find_reload,
    text=lambda alert, funds, now: f"{fmt.duration(alert.lasts)} left at {cost(alert)}; {alert.note}",
    needs=RUNWAY.needs, of_prepaid=True, topic=Topic.MONEY,
)  # fmt: skip
"""The runway is low, and RunPod charges the card before the balance is used up."""

NO_BALANCE = AlertKind(
    name="balance-unknown",
    word="no balance",
    grade=Grade.WARN,
    event=EventKind.BALANCE,
    account=_find_no_balance,
    text=lambda alert, funds, now: "balance or spend unavailable from RunPod; runway unknown",
    begins=lambda alert, now: "runway unknown (no balance or spend)",
    over=lambda fleet, record: "balance available",
    needs=RUNWAY.needs,
    of_prepaid=True,
    topic=Topic.MONEY,
)
"""RunPod did not give the balance, so the runway is unknown."""

SPEND_JUMP = AlertKind(
    name="spend-jump", word="spend jump", grade=Grade.WARN, event=EventKind.SPEND_JUMP, account=_find_jump,
    text=lambda alert, funds, now: f"{alert.note} {fmt.duration(alert.lasts)} ago",
    begins=lambda alert, now: alert.note,
    over=lambda fleet, record: "spend steady",
    needs=frozenset({Feature.SPEND}), subject="spend jumps and limit", topic=Topic.MONEY, ring=Ring.AT_ONCE,
)  # fmt: skip
"""The spend rose at once, by more than what this podtop started."""

SPEND_LIMIT = AlertKind(
    name="spend-limit", word="spend limit", grade=Grade.WARN, event=EventKind.SPEND_LIMIT, account=_find_limit,
    text=lambda alert, funds, now: alert.note,
    begins=lambda alert, now: alert.note,
    over=_limit_over, needs=frozenset({Feature.SPEND}), topic=Topic.MONEY, ring=Ring.AT_ONCE,
)  # fmt: skip
