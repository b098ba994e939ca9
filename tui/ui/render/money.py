"""The account's money in words: the runway, what happens at its end, the cost of pods. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import costs, offered, pod_health, runway
from tui.format import numbers as fmt
from tui.format.width import wrapped
from tui.store.views import pod_costs
from tui.store.views.pod_costs import PodCost
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import LACKING, NOTHING, money, or_lacking, per_hour
from tui.ui.render.funds import alerts_off, balance, spent

if TYPE_CHECKING:
    from tui.api.account import Account
    from tui.api.models import Funds, Pod

NAMED = 3
"""Pods that are listed by name; the rest is counted."""


def when(at: float | None, tz: tzinfo | None, now: float) -> str:
    """An instant as a clock: the weekday within a week, the date beyond; a dash if it is outside the calendar."""
    if at is None or not math.isfinite(at):
        return fmt.UNKNOWN
    try:
        day = datetime.fromtimestamp(at, tz)
    except (ValueError, OverflowError, OSError):
        return fmt.UNKNOWN
    if abs(at - now) < 6.5 * 86_400:
        return f"{day:%a %d %b %H:%M}"
    return f"{day:%d %b %Y}" if abs(at - now) > 300 * 86_400 else f"{day:%d %b %H:%M}"


def names(rows: Sequence[PodCost]) -> str:
    shown = ", ".join(row.name for row in rows[:NAMED])
    return shown if len(rows) <= NAMED else f"{shown} and {len(rows) - NAMED} more"


# Facts


def facts(
    account: Account | None,
    funds: Funds | None,
    rows: Sequence[PodCost],
    chosen: Sequence[Pod],
    marked: bool,
    now: float,
    tz: tzinfo | None,
    pods_known: bool = True,
    room: int = 40,
    lacks: frozenset[Feature] = offered.NOTHING,
    dark: Mapping[str, Sequence[str]] = {},
    since: float | None = None,
) -> tuple[Section, ...]:
    """The runway, what happens at its end, and the parts of the money.

    chosen: the pods that might be stopped; `marked` whether they are the selected ones.
    room:   cells of a value, by which names are wrapped.
    lacks:  what the API does not offer; `dark`: the alerts that are off, by the reason.
    since:  when the balance was first reported; None for `now`.
    """
    afterwards = pod_health.is_postpaid(funds)
    nothing = (Fact("Pods", (("nothing ends: billed afterwards", "text"),)),)
    sections = [
        Section("Runway", tuple(_runway(account, funds, chosen, marked, now, tz, lacks, since))),
        Section("At $0", nothing if afterwards else tuple(_at_zero(rows, pods_known, room))),
        Section("Money", tuple(_money(account, funds, rows, now, lacks))),
        Section("Alerts off", tuple(alerts_off(dark, room))),
    ]
    return tuple(section for section in sections if section.facts)


def _role(left: float) -> str:
    return "bad" if left < pod_health.SHORT_RUNWAY else "warn" if left < pod_health.LOW_RUNWAY else "strong"


def clock(
    funds: Funds | None,
    now: float,
    tz: tzinfo | None,
    lacks: frozenset[Feature] = offered.NOTHING,
    since: float | None = None,
) -> Cell:
    """The instant at which the balance reaches zero. `since`: when that balance was first reported."""
    left = pod_health.runway(funds)
    if why := offered.no_runway(funds, lacks):
        return (("never: billed afterwards", "good"),) if why == offered.AFTERWARDS else LACKING
    if left is None:
        return (("unknown", "muted"),)
    if math.isinf(left):
        return (("never (no spending)", "good"),)
    if left <= 0:
        debt = funds is not None and funds.balance is not None and funds.balance < 0
        why = f"the account {fmt.balance(funds.balance)}" if debt and funds is not None else "balance used up"
        return ((f"▲ now: {why}", "bad"),)
    role = _role(left)
    mark = "▲ " if role != "strong" else ""
    end = (now if since is None else since) + left
    return ((f"{mark}{when(end, tz, now)}", role), (f"  in {fmt.duration(end - now)}", "text"))


def _runway(
    account: Account | None,
    funds: Funds | None,
    chosen: Sequence[Pod],
    marked: bool,
    now: float,
    tz: tzinfo | None,
    lacks: frozenset[Feature],
    since: float | None,
) -> Iterator[Fact]:
    yield Fact("Runs out", clock(funds, now, tz, lacks, since))
    left = pod_health.runway(funds)
    if funds is not None and left is not None and 0 < left < math.inf and funds.balance is not None:
        sum_ = f"{fmt.money(funds.balance)} ÷ {per_hour(funds.spend_per_hr)} = {fmt.runway(left)}"
        yield Fact("", ((sum_, "muted"),))
        yield Fact("", (("±5 min: RunPod settles every 5 min", "quiet"),))
    if account is not None and account.reload_amount:
        yield Fact("", ((f"auto-reload may add {fmt.money(account.reload_amount)} before that", "text"),))
    change = runway.change_by_stopping(chosen)
    running = [pod for pod in chosen if pod_health.is_on(pod)]
    if not running:
        return
    after = costs.changed(funds, change)
    label = f"When {len(running)} stopped" if marked else "When stopped"
    who = f"{len(running)} selected" if marked else running[0].name or running[0].id
    timeless = bool(offered.no_runway(funds, lacks))
    if change is None or (after is None and not timeless):
        yield Fact(label, (("unknown: price or disks not reported", "muted"),))
        return
    text = f"{'−' if change < 0 else '+'}{per_hour(abs(change))}  {who}"
    if timeless:
        yield Fact(label, ((text, "text"),))
        return
    yield Fact(label, (*clock(after, now, tz, since=since),))
    yield Fact("", ((text, "muted"),))


def _named(rows: Sequence[PodCost], room: int) -> Iterator[Fact]:
    for line in wrapped(names(rows), max(12, room), break_on_hyphens=False):
        yield Fact("", ((line, "text"),))


def _at_zero(rows: Sequence[PodCost], known: bool, room: int) -> Iterator[Fact]:
    if not known:
        yield Fact("Pods", (("loading", "muted"),))
        return
    totals = pod_costs.at_zero(rows)
    if totals.ends:
        single = len(totals.ends) == 1
        count = "✕ 1 pod and all its data" if single else f"✕ {len(totals.ends)} pods and all their data"
        yield Fact("Terminated", ((count, "bad"),))
        yield from _named(totals.ends, room)
        yield Fact("", (("it has no network volume" if single else "they have no network volume", "muted"),))
    if totals.stops:
        single = len(totals.stops) == 1
        count = "■ 1 pod" if single else f"■ {len(totals.stops)} pods"
        volumes = "its network volume stays" if single else "their network volumes stay"
        yield Fact("Stopped", ((count, "warn"), (f", {volumes}", "muted")))
        yield from _named(totals.stops, room)
    if totals.stays:
        yield Fact("Unaffected", ((names(totals.stays), "text"),))
    if totals.unknown:
        yield Fact("Unreadable", ((f"{totals.unknown}: outcome unknown", "bad"),))
    if not rows:
        yield Fact("Pods", (("none", "muted"),))


def _money(
    account: Account | None, funds: Funds | None, rows: Sequence[PodCost], now: float, lacks: frozenset[Feature]
) -> Iterator[Fact]:
    spend = funds.spend_per_hr if funds else None
    yield from balance(account, funds, now, lacks)
    yield from spent(funds, rows, lacks)
    split = account.spend_split if account else None
    if split is not None:
        yield Fact("  GPUs", ((per_hour(split.gpu_per_hr), "text"),))
        yield Fact("  local disks", ((per_hour(split.local_storage_per_hr), "text"),))
        yield Fact("  network disks", ((per_hour(split.network_storage_per_hr), "text"),))
    if lying := [row for row in rows if not row.running and not row.reason and row.storage_per_hr != 0]:
        hourly = per_hour(costs.total(row.storage_per_hr for row in lying))
        so_far = [row.stored for row in lying if row.stored is not None]
        least = "≥" if len(so_far) < len(lying) else ""
        tail = f"  {least}{fmt.money(sum(so_far))} so far" if so_far else ""
        yield Fact("Stopped pods", ((f"{len(lying)}: disks {hourly}", "warn"), (tail, "muted")))
    limit = funds.spend_limit if funds else None
    if limit is not None and spend is not None and limit > 0:
        share = 100 * spend / limit
        full, empty = fmt.bar(share, 10)
        role = "bad" if share > 90 else "warn" if share > 75 else "spark"
        value: Cell = (
            (per_hour(limit), "text"),
            ("  ", "text"),
            (full, role),
            (empty, "rule"),
            (f" {share:.0f}%", role if role != "spark" else "text"),
        )
    else:
        value = ((per_hour(limit), "text"),) if limit is not None or Feature.SPEND_LIMIT not in lacks else LACKING
    yield Fact("Spend limit", value)
    if account is None:
        return
    below, absent = account.alert_below, account.lacks
    yield Fact("Minimum balance", or_lacking(money(account.min_balance), Feature.MINIMUM_BALANCE, absent))
    alert = NOTHING if below is None else (("below ", "muted"), *money(below))
    yield Fact("Email alert", or_lacking(alert, Feature.EMAIL_ALERTS, absent))
    yield Fact("Auto-reload", _reload(account))
    yield Fact("Lifetime spend", or_lacking(money(account.lifetime_spend), Feature.LIFETIME_SPEND, absent))


def _reload(account: Account) -> Cell:
    if Feature.AUTO_RELOAD in account.lacks:
        return LACKING
    if not account.reload_amount:
        return (("off or not reported", "muted"),)
    return ((f"{fmt.money(account.reload_amount)} when below {fmt.money(account.reload_below)}", "text"),)
