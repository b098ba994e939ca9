"""What a line for a person says of an alert. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.alerts import Kind

if TYPE_CHECKING:
    from tui.api.models import Funds
    from tui.store.alerts import Alert


def alert_text(alert: Alert, funds: Funds | None, now: float) -> str:
    """An alert in one sentence; `funds` are those it was judged by."""
    long, cost = fmt.duration(alert.lasts), f"{fmt.money(alert.cost_per_hr)}/h"
    match alert.kind:
        case Kind.RUNWAY:
            balance = fmt.balance(funds.balance if funds else None)
            if alert.lasts is not None and alert.lasts <= 0:
                left = f"the account {balance}" if funds and (funds.balance or 0.0) < 0 else "the balance is used up"
                return f"{left}, spending {cost}: RunPod stops pods, and data may be lost"
            return f"the money lasts for {long}: {balance} at {cost}. At $0 RunPod stops pods, and data may be lost"
        case Kind.BALANCE:
            return "RunPod did not tell balance and spend: how long the money lasts is unknown"
        case Kind.OUTBID:
            return "outbid: someone bid more for its machine" + (f", {long} ago" if alert.lasts is not None else "")
        case Kind.LOOP:
            return f"its container was restarted {alert.count} times within an hour; {cost}"
        case Kind.RESTART:
            return f"its container is up for {long} only, its pod for longer: restarted, once or again and again"
        case Kind.BOOT:
            return f"not up after {long}, and billed for it: {cost}"
        case Kind.ZERO_GPU:
            return f"it runs with NO GPU, for its data only; {cost}"
        case Kind.IDLE:
            return f"no GPU has worked for at least {long}; {cost}"
        case Kind.QUIET:
            return f"no GPU works at this instant; one answer does not tell for how long; {cost}"
        case Kind.MAINTENANCE:
            return _maintenance(alert, now)
        case Kind.UNREADABLE:
            return f"podtop does not understand what RunPod says of it: {alert.note}"


def _maintenance(alert: Alert, now: float) -> str:
    if alert.since is not None and alert.since > now:
        when = f"in {fmt.duration(alert.since - now)}"
        if alert.until is not None and alert.until > alert.since:
            when += f", for {fmt.duration(alert.until - alert.since)}"
    else:
        when = "is under way" if alert.since is not None else "is announced"
        if alert.until is not None:
            when += f", ends in {fmt.duration(alert.until - now)}"
    return f"maintenance of its machine {when}" + (f": {alert.note}" if alert.note else "")
