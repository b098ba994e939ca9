"""Alerts about the account's money. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health
from tui.domain.attention import Grade
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind
from tui.store.kinds.parts import cost

if TYPE_CHECKING:
    from tui.api.models import Funds
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record


def _find_runway(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    left = pod_health.runway(fleet.funds)
    if left is None or left >= pod_health.LOW_RUNWAY:
        return None
    grade = Grade.BAD if left < pod_health.SHORT_RUNWAY else kind.grade
    return Alert(kind, grade, lasts=left, cost_per_hr=fleet.funds.spend_per_hr if fleet.funds else None)


def _runway_text(alert: Alert, funds: Funds | None, now: float) -> str:
    balance = fmt.balance(funds.balance if funds else None)
    if alert.lasts is not None and alert.lasts <= 0:
        left = f"the account {balance}" if funds and (funds.balance or 0.0) < 0 else "balance used up"
        return f"{left}, spending {cost(alert)}: RunPod stops pods; data may be lost"
    lasts = fmt.duration(alert.lasts)
    return f"runway {lasts}: {balance} at {cost(alert)}. At $0 RunPod stops pods; data may be lost"


def _runway_begins(alert: Alert, now: float) -> str:
    if alert.lasts:
        return f"runway {fmt.duration(alert.lasts)} at {cost(alert)}"
    return f"balance used up at {cost(alert)}"


def _runway_over(fleet: Fleet, record: Record | None) -> str | None:
    return None if pod_health.runway(fleet.funds) is None else "runway recovered"


def _find_no_balance(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    return Alert(kind, kind.grade) if pod_health.runway(fleet.funds) is None else None


RUNWAY = AlertKind(
    name="runway", grade=Grade.WARN, event=EventKind.RUNWAY, account=_find_runway,
    text=_runway_text, begins=_runway_begins, over=_runway_over,
    needs=frozenset({Feature.BALANCE, Feature.SPEND}), of_prepaid=True, subject="low runway",
)  # fmt: skip
NO_BALANCE = AlertKind(
    name="balance-unknown",
    grade=Grade.WARN,
    event=EventKind.BALANCE,
    account=_find_no_balance,
    text=lambda alert, funds, now: "balance or spend unavailable from RunPod; runway unknown",
    begins=lambda alert, now: "runway unknown (no balance or spend)",
    over=lambda fleet, record: "balance available",
    needs=RUNWAY.needs,
    of_prepaid=True,
)
"""RunPod did not give the balance, so the runway is unknown."""
