"""Several accounts: a row for each, their sums, and the header of all of them together. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui.domain import pod_health
from tui.domain.attention import Grade
from tui.domain.filter_units import MONEY, RATE
from tui.domain.filters import Field, Fields, Kind
from tui.domain.pod_health import Totals
from tui.format import numbers as fmt
from tui.store.views.all_pods import Money, money
from tui.store.views.attention import needing
from tui.ui.render import attention
from tui.ui.render.fitting import Group, Ranked, alone, kept
from tui.ui.render.header import Forms, clock, connection, trouble
from tui.ui.render.header_figures import busy_of
from tui.ui.render.header_figures import money as figures
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
    wrong = str(error) if error is not None else ", ".join(dict.fromkeys(alert.word for alert in alerts[:3]))
    guard = account.guard
    barred: Cell = ((" READ-ONLY" if guard.read_only else " LOCKED" if guard.locked else "", "warn"),)
    running = f"{totals.running}/{totals.pods}" if fleet.pods_at is not None else fmt.UNKNOWN
    return {
        "account": ((account.name, hue), ("  shown" if is_shown else "", "quiet")),
        "state": (*connection(fleet, now, tz)[1], *barred),
        "balance": ((fmt.money(funds.balance if funds else None), hue),),
        "spend": ((fmt.money(funds.spend_per_hr if funds else None), hue),),
        "runway": ((left, "warn" if runway is not None and runway < 86_400 else hue),),
        "pods": ((running, hue),),
        "requests": _requests(account.use()),
        "alerts": ((f"▲ {wrong}" if wrong else "", "bad" if error is not None else "warn"),),
    }


def account_fields(now: float, tz: tzinfo | None = None) -> Fields[Account]:
    """The fields that accounts are filtered by: the columns of their list."""

    def shown(key: str) -> Callable[[Account], str]:
        return lambda account: "".join(text for text, _ in account_cells(account, now, tz=tz)[key])

    def runway(account: Account) -> float | None:
        return pod_health.runway(account.fleet.funds)

    def balance(account: Account) -> float | None:
        return account.fleet.funds.balance if account.fleet.funds else None

    def spend(account: Account) -> float | None:
        return account.fleet.funds.spend_per_hr if account.fleet.funds else None

    def running(account: Account) -> int | None:
        return account.fleet.totals.running if account.fleet.pods_at is not None else None

    def asked(account: Account) -> int | None:
        use = account.use()
        return use.asked if use is not None else None

    columns = ("account", "state", "alerts")
    return Fields(
        {
            "account": (Field(Kind.WORDS, "part of an account's name", ("name",)), lambda account: account.name),
            "state": (Field(Kind.WORDS, "part of its state, such as live", ("status",)), shown("state")),
            "balance": (Field(Kind.NUMBER, "its balance in $", unit=MONEY), balance),
            "spend": (Field(Kind.NUMBER, "$/h of all its pods", ("$/h",), unit=RATE), spend),
            "runway": (Field(Kind.SECONDS, "time until its balance is used up"), runway),
            "pods": (Field(Kind.NUMBER, "pods that run"), running),
            "requests": (Field(Kind.NUMBER, "requests that were sent with its key lately"), asked),
            "attention": (Field(Kind.WORDS, "part of an alert or error", ("alert",)), shown("alerts")),
        },
        lambda account: " ".join(shown(key)(account) for key in columns).lower(),
    )


def _requests(use: Use | None) -> Cell:
    """The requests that were sent with an account's key, against its limit: `~` marks an assumed one."""
    if use is None:
        return ((fmt.UNKNOWN, "muted"),)
    role = "warn" if use.slowness > 1.05 or use.share > 0.8 else "muted"
    most = f"{'' if use.measured else '~'}{use.window.most}"
    return ((f"{use.asked} of {most}", role), (f"/{use.window.name}", "quiet"))


def _amounts(sums: Money, role: str) -> tuple[tuple[str, str], ...]:
    return ((f"{_sum(sums, sums.balance)} ", role), (f" {_sum(sums, sums.spend)}/h", role))


def _sum(sums: Money, value: float | None, places: int = 2) -> str:
    """A sum of money; the sign of a lower bound stands before a figure only."""
    least = "≥" if sums.at_least and value is not None else ""
    return f"{least}{fmt.money(value, places)}"


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


def money_line(accounts: Sequence[Account], tz: tzinfo | None, width: int) -> TwoSided:
    """The second line of the header, in the order of that of one account: what needs attention, what works, when the
    first account runs out, what all spend and have, and the money of each if that fits."""
    alerts = [alert for account in accounts for alert in needing(account.fleet)]
    alerts.sort(key=lambda alert: alert.grade is not Grade.BAD)
    groups: Ranked = (
        *attention.item(tuple(alerts)),
        *((attention.FOLLOW,) if any(account.fleet.unjudged for account in accounts) else ()),
        *_busy(accounts),
        *_first_out(accounts, tz),
        *_sums(accounts),
        *_running(accounts),
        # All or none: one account alone would look like the only one that spends.
        alone(8, tuple(part for account in accounts for part in _of_one(account))),
    )  # fmt: skip
    return TwoSided(kept(groups, width))


def _whole(accounts: Sequence[Account]) -> str:
    """The role of a figure of all accounts: not of a fresh one, if one of them is not current."""
    return "strong" if all(is_current(account.fleet, account.clock()) for account in accounts) else "muted"


def _read(accounts: Sequence[Account]) -> tuple[list[Totals], str]:
    """The counts of the accounts whose pods are known, and the sign before their sum, if that are not all."""
    read = [account.fleet.totals for account in accounts if account.fleet.pods_at is not None]
    return read, "" if len(read) == len(accounts) else "≥"


def _busy(accounts: Sequence[Account]) -> Ranked:
    read, least = _read(accounts)
    if not any(each.gpus for each in read):
        return ()
    return (busy_of(Totals(*map(sum, zip(*read, strict=True))), _whole(accounts), least),)


def _first_out(accounts: Sequence[Account], tz: tzinfo | None) -> Ranked:
    """When the balance of the first of the accounts runs out, and of which; nothing if that is not known of any."""
    lasts = [(left, account) for account in accounts if (left := pod_health.runway(account.fleet.funds)) is not None]
    left, first = min(lasts, key=lambda each: each[0], default=(math.inf, None))
    if first is None or math.isinf(left):
        return ()
    now = first.clock()
    forms = figures(first.fleet, not is_current(first.fleet, now), tz, now)[0]
    name = (f" {fmt.clip(first.name, 16)}", "muted")
    # Short of room the name goes first, then the word before the clock.
    named = [(max(rank, _NAMED), (*cell, name)) for rank, cell in (forms[:-1] or forms)]
    return ((*named, *forms[-2:]),)


_NAMED = 2
"""The rank that the name of the first account has at least: that of the words before a clock."""


def _sums(accounts: Sequence[Account]) -> Ranked:
    sums, role = money([account.fleet for account in accounts]), _whole(accounts)
    unknown = _unknown(accounts)
    spend: Group = alone(1, (("spend ", "muted"), (unknown, "muted")))
    if sums.spend is not None:
        figure = f"{_sum(sums, sums.spend)}/h"
        short = f"{_sum(sums, sums.spend, 0)}/h" if sums.spend >= 10 else figure
        spend = ((4, (("spend ", "muted"), (figure, role))), (3, ((figure, role),)), (1, ((short, role),)))
    balance = (unknown, "muted") if sums.balance is None else (_sum(sums, sums.balance), role)
    return (spend, alone(7, (("balance ", "muted"), balance)))


def _unknown(accounts: Sequence[Account]) -> str:
    """The word for what is unknown of each account: as in the header of one, none before the first response."""
    return fmt.UNKNOWN if all(account.fleet.snapshot.at is None for account in accounts) else "unknown"


def _running(accounts: Sequence[Account]) -> Ranked:
    totals, least = _read(accounts)
    if not totals:
        return (alone(8, (("pods ", "muted"), (_unknown(accounts), "muted"))),)
    figure = f"{least}{sum(each.running for each in totals)}/{least}{sum(each.pods for each in totals)}"
    return (alone(8, (("pods ", "muted"), (figure, _whole(accounts)), (" running", "muted"))),)


def _of_one(account: Account) -> Cell:
    fleet = account.fleet
    funds, hue = fleet.funds, "text" if is_current(fleet, account.clock()) else "muted"
    balance = fmt.money(funds.balance if funds else None)
    spend = fmt.money(funds.spend_per_hr if funds else None)
    return ((f"{account.name} ", "muted"), (balance, hue), (f" {spend}/h  ", hue))
