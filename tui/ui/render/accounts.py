"""Several accounts: a row for each, their sums, and the header of all of them together. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.store.views.all_pods import Money, money
from tui.store.views.attention import needing
from tui.ui.render.fitting import Ranked, alone, kept
from tui.ui.render.header import Forms, clock, connection, trouble
from tui.ui.widgets.status_lines import TwoSided
from tui.ui.widgets.table import Cells

if TYPE_CHECKING:
    from datetime import tzinfo

    from tui.domain.rate_limit import Use
    from tui.services.action_lock import ActionLock
    from tui.store.fleet import Fleet
    from tui.ui.primitives.cells import Cell


class Account(NamedTuple):
    """One account: its name, the role of its badge, and what is known of it.

    use:   how near its requests are to the limits of its API; None before the first one.
    guard: whether anything may be sent with its key.
    """

    name: str
    color: str
    fleet: Fleet
    clock: Callable[[], float]
    use: Callable[[], Use | None]
    guard: ActionLock


def is_current(fleet: Fleet, now: float) -> bool:
    """Whether the figures of an account are those of its last response, and that is not stale."""
    return fleet.snapshot.value is not None and fleet.snapshot.error is None and not fleet.stale(now)


def account_cells(account: Account, now: float, is_shown: bool = False, tz: tzinfo | None = None) -> Cells:
    """One account as a row. What is stale says so, and unknown is no zero."""
    fleet = account.fleet
    funds, totals, alerts = fleet.funds, fleet.totals, needing(fleet)
    hue = "text" if is_current(fleet, now) else "muted"
    runway = pod_health.runway(funds)
    left = fmt.UNKNOWN if runway is None else "never" if math.isinf(runway) else fmt.duration(runway)
    error = fleet.snapshot.error
    attention = str(error) if error is not None else ", ".join(dict.fromkeys(alert.word for alert in alerts[:3]))
    guard = account.guard
    barred: Cell = ((" READ-ONLY" if guard.read_only else " LOCKED" if guard.locked else "", "warn"),)
    running = f"{totals.running}/{totals.pods}" if fleet.pods_at is not None else fmt.UNKNOWN
    return {
        "account": ((account.name, account.color), ("  shown" if is_shown else "", "quiet")),
        "state": (*connection(fleet, now, tz)[1], *barred),
        "balance": ((fmt.money(funds.balance if funds else None), hue),),
        "spend": ((fmt.money(funds.spend_per_hr if funds else None), hue),),
        "runway": ((left, "warn" if runway is not None and runway < 86_400 else hue),),
        "pods": ((running, hue),),
        "requests": _requests(account.use()),
        "alerts": ((f"▲ {attention}" if attention else "", "bad" if error is not None else "warn"),),
    }


def _requests(use: Use | None) -> Cell:
    """The requests that were sent with an account's key, against its limit: `~` marks an assumed one."""
    if use is None:
        return ((fmt.UNKNOWN, "muted"),)
    role = "warn" if use.slowness > 1.05 or use.share > 0.8 else "muted"
    return ((f"{use.asked}/{'' if use.measured else '~'}{use.window.most}", role), (f" {use.window.name}", "quiet"))


def _amounts(sums: Money, role: str) -> tuple[tuple[str, str], ...]:
    least = "≥" if sums.at_least else ""
    return ((f"{least}{fmt.money(sums.balance)} ", role), (f" {least}{fmt.money(sums.spend)}/h", role))


def sum_line(accounts: Sequence[Account]) -> Cell:
    """The sums in words, and how many accounts are current if not all are."""
    sums = money([account.fleet for account in accounts])
    current = sum(is_current(account.fleet, account.clock()) for account in accounts)
    count, is_all = len(accounts), current == len(accounts)
    label = f"{count} accounts" if is_all else f"{current} of {count} accounts current"
    return ((f"{label}  ", "muted"), *_amounts(sums, "text" if is_all else "muted"))


def all_connected(accounts: Sequence[Account], tz: tzinfo | None) -> Forms:
    """Whether all figures are live: an account that is not is named, and none hides behind the others."""
    times = [(account, account.clock()) for account in accounts]
    old = [(account, now) for account, now in times if not is_current(account.fleet, now)]
    if not old:
        at = min((account.fleet.snapshot.at or 0.0 for account in accounts), default=0.0)
        live: Cell = (("● ", "good"), ("live", "text"))
        return ((*live, (f" {clock(at, tz)}", "muted")), live, (("●", "good"),))
    account = old[0][0]
    feed = account.fleet.snapshot
    failed = [account for account, _ in old if account.fleet.snapshot.error is not None or account.fleet.snapshot.at]
    if not failed:
        return (((f"◌ connecting {account.name}", "muted"),), (("◌", "muted"),))
    word = trouble(feed.error) if feed.error is not None else "stale" if feed.at is not None else "connecting"
    others = f" and {len(old) - 1} more" if len(old) > 1 else ""
    name, count = fmt.clip(account.name, 16), f"{len(old)}/{len(accounts)}"
    return (
        ((f"▲ {name} {word}{others}", "bad"),), ((f"▲ {name} {word}", "bad"),), ((f"▲ {count}", "bad"),),
        (("▲", "bad"),),
    )  # fmt: skip


def money_line(accounts: Sequence[Account], width: int) -> TwoSided:
    """The second line of the header: what needs attention, the sums, and the money of each account that fits."""
    are_current = [is_current(account.fleet, account.clock()) for account in accounts]
    sums = money([account.fleet for account in accounts])
    whole = "strong" if all(are_current) else "muted"
    loud = sum(len(needing(account.fleet)) for account in accounts)
    running = sum(account.fleet.totals.running for account in accounts if account.fleet.pods_at is not None)
    pods = sum(account.fleet.totals.pods for account in accounts if account.fleet.pods_at is not None)
    least = "" if all(account.fleet.pods_at is not None for account in accounts) else "≥"
    total: Cell = (("total ", "muted"), *_amounts(sums, whole))
    groups: Ranked = (
        *((alone(6, ((f"▲ {loud} ", "warn"), ("need attention" if loud != 1 else "needs attention", "muted"))),)
          if loud else ()),
        ((5, total), (0, _amounts(sums, whole))),
        alone(4, (("pods ", "muted"), (f"{least}{running}/{pods}", whole), (" running", "muted"))),
        # All or none: one account alone would look like the only one that spends.
        alone(8, tuple(part for account in accounts for part in _of_one(account))),
    )  # fmt: skip
    return TwoSided(kept(groups, width))


def _of_one(account: Account) -> Cell:
    fleet = account.fleet
    funds, hue = fleet.funds, "text" if is_current(fleet, account.clock()) else "muted"
    balance = fmt.money(funds.balance if funds else None)
    spend = fmt.money(funds.spend_per_hr if funds else None)
    return ((f"{account.name} ", account.color), (balance, hue), (f" {spend}/h  ", hue))
