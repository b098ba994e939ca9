"""The header in words: connection, money, counts, from the fleet at an instant. Pure."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.store import rules
from tui.ui import format as fmt
from tui.ui.cells import Cell
from tui.ui.widgets.lines import TwoSided

if TYPE_CHECKING:
    from tui.api.cloud import CloudError
    from tui.store.fleet import Fleet

LOW_RUNWAY = 24 * 3600.0
SHORT_RUNWAY = 6 * 3600.0
"""Below these the runway is drawn as a warning, then as an alarm: a night, a working morning."""


class Badges(Struct, frozen=True):
    """What the header says of podtop itself."""

    source: str
    demo: bool
    read_only: bool
    paused: bool = False


def clock(at: float, tz: tzinfo | None) -> str:
    return datetime.fromtimestamp(at, tz).strftime("%H:%M:%S")


def trouble(error: CloudError) -> str:
    """An error in two or three words, for the header."""
    from tui.api import cloud

    match error:
        case cloud.TimedOut():
            return "timed out"
        case cloud.Unreachable():
            return "unreachable"
        case cloud.Unauthorized():
            return "key refused"
        case cloud.Forbidden():
            return "forbidden"
        case cloud.Throttled():
            return "throttled"
        case cloud.Rejected():
            return "rejected"
        case _:
            return "unreadable answer"


def connection(fleet: Fleet, now: float, tz: tzinfo | None, paused: bool = False) -> Cell:
    """Whether the figures are live, since when they are not, and when podtop asks again."""
    feed = fleet.snapshot
    if paused:
        age = feed.age(now)
        return (("‖ paused", "warn"), ("" if age is None else f" · data {fmt.duration(age)} old", "muted"))
    if fleet.past:
        return (("◌ taking in the past", "muted"),)
    if feed.error is not None:
        left = None if feed.retry_at is None else feed.retry_at - now
        wait = "" if left is None else f" · retry in {fmt.duration(left)}" if left >= 1 else " · asking again"
        age = feed.age(now)
        old = "no data yet" if age is None else f"data {fmt.duration(age)} old"
        return ((f"▲ {trouble(feed.error)}", "bad"), (f" · {old}{wait}", "muted"))
    if feed.at is None:
        return (("◌ connecting", "muted"),)
    if fleet.stale(now):
        return (("▲ stale", "warn"), (f" · data {fmt.duration(feed.age(now))} old", "muted"))
    word: Cell = (("● ", "good"), ("live ", "text"), (clock(feed.at, tz), "muted"))
    took = (f" · {fmt.latency(feed.took)}", "muted")
    if feed.value is not None and feed.value.problems:
        count = len(feed.value.problems)
        return (*word, took, (f" · ▲ {count} part{'s' if count > 1 else ''} missing", "warn"))
    return (*word, took)


def _figure(label: str, value: str, role: str = "strong") -> Cell:
    return ((f"{label} ", "muted"), (value, role))


def money(fleet: Fleet, old: bool) -> tuple[Cell, ...]:
    funds = fleet.funds
    if fleet.snapshot.at is None:
        return tuple(_figure(label, fmt.UNKNOWN, "muted") for label in ("balance", "spend", "runway"))
    left = rules.runway(funds)
    if left is None or math.isinf(left):
        role = "muted" if left is None else "strong"
    else:
        role = "bad" if left < SHORT_RUNWAY else "warn" if left < LOW_RUNWAY else "strong"
    mark = "▲ " if role in ("bad", "warn") else ""
    balance = "unknown" if funds is None or funds.balance is None else fmt.money(funds.balance)
    spend = "unknown" if funds is None or funds.spend_per_hr is None else f"{fmt.money(funds.spend_per_hr)}/h"
    words = "unknown" if left is None else "no spend" if math.isinf(left) else mark + fmt.duration(left)
    strong = "muted" if old else "strong"
    return (
        _figure("balance", balance, "muted" if balance == "unknown" else strong),
        _figure("spend", spend, "muted" if spend == "unknown" else strong),
        _figure("runway", words, "muted" if old else role),
    )


def counts(fleet: Fleet, now: float, old: bool) -> tuple[Cell, ...]:
    if fleet.snapshot.at is None:
        return ()
    totals = fleet.totals
    strong = "muted" if old else "strong"
    burn = fleet.idle_burn(now)
    idle: tuple[Cell, ...] = ((("idle ", "muted"), (f"▲ {fmt.money(burn)}/h", "warn")),) if burn else ()
    return (
        (("pods ", "muted"), (f"{totals.running}/{totals.pods}", strong), (" running", "muted")),
        (("gpus ", "muted"), (f"{totals.gpus_busy}/{totals.gpus}", strong), (" busy", "muted")),
        *idle,
    )


def header(fleet: Fleet, badges: Badges, now: float, tz: tzinfo | None) -> tuple[TwoSided, ...]:
    """The two lines of the header; the first is the one to keep where there is room for one."""
    name: Cell = (("podtop", "key"),)
    marks: list[Cell] = [((" READ-ONLY ", "badge"),)] if badges.read_only else []
    marks.append(((f" {badges.source.upper()} ", "badge"),) if badges.demo else ((badges.source, "muted"),))
    old = badges.paused or fleet.stale(now) or fleet.snapshot.error is not None
    return (
        TwoSided((name, *marks), (connection(fleet, now, tz, badges.paused),)),
        TwoSided((*money(fleet, old), *counts(fleet, now, old or fleet.pods_stale(now)))),
    )
