"""The account's balance and spending in words, whatever the API reports of them, and the alerts that are off. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.features import NOT_OFFERED, Feature
from tui.domain import costs, pod_health
from tui.format import numbers as fmt
from tui.format.width import wrapped
from tui.ui.primitives.facts import Fact
from tui.ui.render.facts import LACKING, money, or_lacking, per_hour
from tui.ui.render.header_figures import AGED

if TYPE_CHECKING:
    from tui.api.account import Account
    from tui.api.models import Funds
    from tui.store.views.pod_costs import PodCost
    from tui.ui.primitives.cells import Cell


def balance(account: Account | None, funds: Funds | None, now: float, lacks: frozenset[Feature]) -> Iterator[Fact]:
    """The balance, and whether the account pays afterwards."""
    dollars, as_of = (funds.balance, funds.as_of) if funds else (None, None)
    afterwards = pod_health.is_postpaid(funds)
    value = or_lacking(money(dollars, "strong"), Feature.BALANCE, lacks)
    if dollars is not None and dollars < 0:
        value = ((fmt.balance(dollars), "text" if afterwards else "bad"),)
    if dollars is not None and as_of is not None and now - as_of > AGED:
        value = (*value, (f"  {fmt.duration(now - as_of)} ago", "muted"))
    if account is not None and account.under_balance and not afterwards:
        value = (*value, ("  below the minimum", "bad"))
    yield Fact("Balance", value)
    if afterwards:
        yield Fact("Billing", (("afterwards; nothing stops at $0", "text"),))


def spent(funds: Funds | None, rows: Sequence[PodCost], lacks: frozenset[Feature]) -> Iterator[Fact]:
    """What the account spends; where the API does not report that, what its pods cost, which is less."""
    spend = funds.spend_per_hr if funds else None
    if spend is None and Feature.SPEND in lacks:
        yield Fact("Spend", LACKING)
        hourly = costs.total(row.run_per_hr for row in rows if row.running or row.reason)
        yield Fact("Pods", ((per_hour(hourly), "strong"), ("  running pods only", "muted")))
        return
    daily: Cell = ((f"  {fmt.money(spend * 24)}/day", "muted"),) if spend is not None and math.isfinite(spend) else ()
    yield Fact("Spend", ((per_hour(spend), "strong"), *daily))


def alerts_off(dark: Mapping[str, Sequence[str]], room: int) -> Iterator[Fact]:
    """The alerts that are off, by the reason."""
    for why, subjects in dark.items():
        for line in wrapped(f"{NOT_OFFERED} {', '.join(subjects)}: {why}", max(12, room)):
            yield Fact("", ((line, "warn"),))
