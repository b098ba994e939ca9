"""The figures of the header's second line: money, runway, counts, armed watches. Pure."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api.features import NOT_OFFERED, Feature
from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.render.fitting import Group, Ranked, alone, longest

if TYPE_CHECKING:
    from tui.domain.pod_health import Totals
    from tui.store.fleet import Fleet


def _figure(label: str, value: str, role: str = "strong") -> Cell:
    return ((f"{label} ", "muted"), (value, role))


AGED = 120.0
"""Seconds after which a balance that was reported earlier than the rest shows its age."""

LAST = 11
"""The rank of what is dropped before anything else."""


def money(fleet: Fleet, old: bool, tz: tzinfo | None = None, now: float | None = None) -> Ranked:
    """When the balance runs out, what is spent, and the balance, in this order: the first two at every width.

    now: the instant by which the balance has its age; that of the response if it is None.
    """
    funds = fleet.funds
    if fleet.keyless:
        return (alone(0, (("no API key: prices only", "muted"),)),)
    if fleet.snapshot.at is None:
        return tuple(alone(0, _figure(label, fmt.UNKNOWN, "muted")) for label in ("runway", "spend", "balance"))
    from tui.domain import offered

    lacks = fleet.lacks
    left, why = pod_health.runway(funds), offered.no_runway(funds, lacks)
    if left is None or math.isinf(left):
        role = "muted" if left is None else "strong"
    else:
        role = "bad" if left < pod_health.SHORT_RUNWAY else "warn" if left < pod_health.LOW_RUNWAY else "strong"
    owed = -funds.balance if funds is not None and funds.balance is not None and funds.balance <= -0.005 else None
    strong = "muted" if old else "strong"
    afterwards = why == offered.AFTERWARDS
    now = fleet.snapshot.at if now is None else now
    aged = _aged(fleet, now)
    hue = strong if aged is None else "muted"
    balance: Cell
    if owed is not None:
        balance = _figure("owes", fmt.money(owed), hue if afterwards or old or aged is not None else "bad")
    elif funds is None or funds.balance is None:
        balance = _figure("balance", _absent(Feature.BALANCE, lacks), "muted")
    else:
        balance = _figure("balance", fmt.balance(funds.balance), hue)
    if aged is not None:
        balance = (*balance, (f" {fmt.short_duration(aged)} old", "muted"))
    if why:
        runway = alone(0, ((why, strong),) if afterwards else _figure("runway", NOT_OFFERED, "muted"))
    else:
        runway = _runs_out(left, fleet.snapshot.at, fleet.settled(fleet.snapshot.at), tz, role, old)
    groups: Ranked = (runway, _spend(fleet, strong, now), alone(7, balance))
    if NOT_OFFERED in "".join(text for cell in longest(groups) for text, _ in cell):
        # The words for the symbol, where there is room for them.
        groups = (*groups, alone(LAST, ((offered.MARKED, "quiet"),)))
    return groups


def _aged(fleet: Fleet, now: float) -> float | None:
    """The age of a balance that was not renewed with the response, once it is no longer as good as that."""
    value = fleet.snapshot.value
    if value is None or value.funds is None or value.funds.balance is None or value.funds.as_of is None:
        return None
    age = now - value.funds.as_of
    return age if age > AGED or any(problem.path[-1:] == ("balance",) for problem in value.problems) else None


def _runs_out(lasts: float | None, at: float, since: float, tz: tzinfo | None, role: str, old: bool) -> Group:
    """When the balance of a response that came at an instant is used up, as a clock; in how long, where there is room.

    lasts: seconds from the instant `since` which the balance is known: the clock stands still until it changes.
    """
    left = lasts if lasts is None or lasts <= 0 else max(1.0, lasts - (at - since))
    hue = "muted" if old else role
    mark = "▲ " if role in ("bad", "warn") else ""
    if left is None or math.isinf(left) or left <= 0:
        text = "unknown" if left is None else "no spend" if math.isinf(left) else f"{mark}{fmt.runway(left)}"
        return alone(0, _figure("runway", text, hue))
    if (day := _instant(at + left, tz)) is None or left > _YEAR:
        return alone(0, _figure("runway", f"{mark}{fmt.duration(left)}", hue))
    near = left < _WEEK
    long = f"{day:%a %H:%M}" if near else f"{day:%d %b}"
    short = f"{day:%H:%M}" if left < 86_400 else long

    def form(time: str, lasts: str = "", label: str = "runs out") -> Cell:
        return ((f"{label} ", "muted"), (f"{mark}{time}", hue), *(((f" ({lasts})", "muted"),) if lasts else ()))

    return (
        (6, form(long, fmt.duration(left))),
        (6, form(long, fmt.short_duration(left))),
        (2, form(long)),
        (2, form(short)),
        # A clock beside others says nothing without a word.
        (2, form(short, label="out")),
        (0, ((f"{mark}{short}", hue),)),
    )


_WEEK = 6.5 * 86_400
"""Seconds within which a weekday says which day is meant."""

_YEAR = 300 * 86_400.0
"""Seconds within which a date without its year does."""


def _instant(at: float, tz: tzinfo | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, tz)
    except (ValueError, OverflowError, OSError):
        return None


def _absent(feature: Feature, lacks: frozenset[Feature]) -> str:
    return NOT_OFFERED if feature in lacks else "unknown"


def _spend(fleet: Fleet, strong: str, now: float) -> Group:
    """What the account spends; where the API does not report that, what its pods cost, which is less."""
    funds = fleet.funds
    if funds is not None and funds.spend_per_hr is not None:
        return _per_hour("spend", funds.spend_per_hr, strong)
    if Feature.SPEND not in fleet.lacks:
        return alone(0, _figure("spend", "unknown", "muted"))
    cost = fleet.running_cost if fleet.pods_at is not None else None
    if cost is None:
        return alone(0, _figure("pods", "unknown $/h", "muted"))
    # A response may have renewed the money and not the pods.
    return _per_hour("pods", cost, "muted" if fleet.pods_stale(now) else strong)


def _per_hour(label: str, value: float, role: str) -> Group:
    """Dollars per hour; without the label, and above ten without cents, where room is short."""
    figure = f"{fmt.money(value)}/h"
    short = f"{fmt.money(value, 0)}/h" if value >= 10 else figure
    return ((4, _figure(label, figure, role)), (3, ((figure, role),)), (1, ((short, role),)))


def busy(fleet: Fleet, old: bool) -> Ranked:
    """How many of the GPUs that are rented now work, at every width; how many are unknown or boot, if there is room."""
    if fleet.snapshot.at is None or fleet.keyless or fleet.pods_at is None or not fleet.totals.gpus:
        return ()
    return (busy_of(fleet.totals, "muted" if old else "strong"),)


def busy_of(totals: Totals, role: str, least: str = "") -> Group:
    """How many GPUs work: of those that are unknown none counts as idle, which a sign says where there is no room.

    least: the sign before both figures, if there are pods that are not counted.
    """
    unread = totals.gpus_unread if totals.known else 0
    figure = str(totals.gpus_busy) if totals.known else fmt.UNKNOWN

    def form(sign: str) -> Cell:
        return _figure("busy", f"{sign if totals.known else ''}{figure}/{least}{totals.gpus}", role)

    apart = ((unread, "unknown"), (totals.gpus_booting, "booting"))
    tail: Cell = tuple((f", {count} {word}", "muted") for count, word in apart if count)
    return ((9, (("GPUs ", "muted"), *form(least), *tail)), (1, form("≥" if unread else least)))


def counts(fleet: Fleet, old: bool) -> Ranked:
    """How many pods run."""
    if fleet.snapshot.at is None or fleet.keyless:
        return ()
    if fleet.pods_at is None:
        return (alone(8, _figure("pods", "unknown", "muted")),)
    totals = fleet.totals
    strong = "muted" if old else "strong"
    return (alone(8, (("pods ", "muted"), (f"{totals.running}/{totals.pods}", strong), (" running", "muted"))),)


def armed(fleet: Fleet) -> Ranked:
    """The number of watches that may spend automatically."""
    count = sum(watch.may_spend for watch in fleet.watches.values())
    return (alone(2, ((f"◉ {count} armed", "warn"),)),) if count and not fleet.keyless else ()
