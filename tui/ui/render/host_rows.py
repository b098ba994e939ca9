"""Rows of the machines that are rented out: columns and cells. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.views.hosts import DAY, Ahead, HostRow, State, gpu_of, share
from tui.ui.primitives.cells import Cell
from tui.ui.render.facts import NOTHING
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.hosts import Capacity

COLUMNS = (
    Column("state", "STATE", 13, 0, sort="state"),
    Column("name", "MACHINE", 12, 0, flex=True, sort="name"),
    Column("gpu", "GPU", 16, 4, sort="gpu"),
    Column("rented", "RENTED", 6, 0, right=True, sort="rented"),
    Column("util", "UTIL", 4, 2, right=True, sort="util"),
    Column("price", "$/GPU/H", 7, 1, right=True, sort="price"),
    Column("bid", "BID", 6, 8, right=True),
    Column("disk", "DISK", 12, 6, sort="disk"),
    Column("memory", "MEMORY", 12, 9, sort="memory"),
    Column("balance", "BALANCE", 9, 5, right=True, sort="balance"),
    Column("month", "30 DAYS", 9, 3, right=True, sort="month"),
    Column("uptime", "UP 7D", 6, 7, right=True, sort="uptime"),
    Column("maintenance", "MAINTENANCE", 11, 5, sort="maintenance"),
    Column("verified", "VERIFIED", 8, 11),
    Column("pods", "PODS", 4, 10, right=True),
    Column("where", "REGION", 6, 12),
)
_LOOKS = {
    State.LISTED: ("●", "good"), State.UNLISTED: ("○", "muted"), State.UNREGISTERED: ("✕", "bad"),
    State.MAINTENANCE: ("▣", "warn"), State.UNREADABLE: ("?", "bad"), State.UNKNOWN: ("·", "muted"),
}  # fmt: skip


def whole(value: int | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:,}"


def state_cell(state: State) -> Cell:
    glyph, role = _LOOKS[state]
    return ((f"{glyph} ", role), (state.value, role))


def capacity_bar(capacity: Capacity, width: int) -> Cell:
    """The rented part, as a bar with its percent."""
    part = share(capacity)
    if part is None:
        return NOTHING
    full, empty = fmt.bar(part, width)
    return ((full, "spark"), (empty, "rule"), (f" {part:3.0f}", "text"), ("%", "quiet"))


def _countdown(row: HostRow, now: float) -> Cell:
    host = row.host
    if host is None or row.ahead is Ahead.NONE:
        return (("none", "quiet"),) if host is not None else NOTHING
    match row.ahead:
        case Ahead.COMING:
            left = (host.maintenance_start or now) - now
            return ((f"in {fmt.duration(left)}", "warn" if left < DAY else "accent"),)
        case Ahead.NOW:
            end = host.maintenance_end
            return (("▣ now" if end is None else f"▣ {fmt.short_duration(end - now)} left", "warn"),)
        case Ahead.PAST:
            return (("ended", "quiet"),)
        case _:
            return (("announced", "accent"),)


def cells(row: HostRow, now: float) -> Cells:
    """The cells of one machine."""
    host = row.host
    name: Cell = ((row.name, "text"),) if row.name else (("unnamed", "quiet"),)
    if host is None:
        return {"state": state_cell(row.state), "name": name, "gpu": ((row.reason, "muted"),)}
    gpus = host.gpus
    rented = f"{whole(gpus.reserved)}/{whole(gpus.total)}"
    total = host.balance.total if host.balance else None
    verified = "" if host.verified is None else "yes" if host.verified else "no"
    up = host.uptime.week
    return {
        "state": state_cell(row.state),
        "name": name,
        "gpu": ((gpu_of(host) or fmt.UNKNOWN, "text"),),
        "rented": ((rented, "text" if gpus.reserved else "muted"),),
        "util": ((fmt.percent(row.util), "text"), ("" if row.util is None else "%", "quiet")),
        "price": ((fmt.price(host.price_per_gpu), "text"),),
        "bid": ((fmt.price(host.min_bid_per_gpu), "muted"),),
        "disk": capacity_bar(host.disk_gb, 7),
        "memory": capacity_bar(host.memory_gb, 7),
        "balance": ((fmt.money(total), "strong" if total else "muted"),),
        "month": ((fmt.money(row.earned_month), "text" if row.earned_month else "muted"),),
        "uptime": ((fmt.UNKNOWN if up is None else f"{up:.1f}%", "warn" if up is not None and up < 95 else "text"),),
        "maintenance": _countdown(row, now),
        "verified": ((verified or fmt.UNKNOWN, "text" if host.verified else "muted"),),
        "pods": ((str(len(host.tenants)), "text" if host.tenants else "muted"),),
        "where": ((host.location or fmt.UNKNOWN, "muted"),),
    }
