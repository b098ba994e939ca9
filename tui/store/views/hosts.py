"""The account's machines: rows, order and values; earnings; samples. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tui.domain import pod_health
from tui.store.views.pods import Order, ordered

if TYPE_CHECKING:
    from tui.api.account import HostEarning
    from tui.api.hosts import Capacity, Host, Hosts

DAY = 86_400.0
STALE = 600.0
"""Seconds after which a machine's latest sample is outdated."""


class State(StrEnum):
    """A machine's state, in one word; the first that applies."""

    UNREADABLE = "unreadable"
    MAINTENANCE = "maintenance"
    UNREGISTERED = "unregistered"
    UNLISTED = "unlisted"
    LISTED = "listed"
    UNKNOWN = "unknown"


class Ahead(StrEnum):
    """The position of a maintenance window in time."""

    NONE = ""
    COMING = "coming"
    NOW = "now"
    PAST = "past"
    ANNOUNCED = "announced"


def maintenance(host: Host, now: float) -> Ahead:
    """Whether a machine's maintenance is ahead, under way, or over; a window without its instants is announced."""
    start, end = host.maintenance_start, host.maintenance_end
    if start is None and end is None:
        return Ahead.ANNOUNCED if host.maintenance_note else Ahead.NONE
    if end is not None and end <= now:
        return Ahead.PAST
    if start is None:
        return Ahead.ANNOUNCED
    return Ahead.NOW if start <= now else Ahead.COMING


def state(host: Host, now: float) -> State:
    if maintenance(host, now) is Ahead.NOW:
        return State.MAINTENANCE
    if host.registered is False:
        return State.UNREGISTERED
    if host.listed is None:
        return State.UNKNOWN
    return State.LISTED if host.listed else State.UNLISTED


def share(capacity: Capacity) -> float | None:
    """Percent of a capacity that is rented or reserved; None if unknown."""
    if capacity.reserved is None or not capacity.total or capacity.total < 0:
        return None
    return 100.0 * capacity.reserved / capacity.total


class HostRow(Struct, frozen=True):
    """One machine's values. `host` is None if it came back in a shape that podtop does not know.

    util: mean percent of its GPUs, None if its latest sample is too old; earned_day, earned_month: dollars of the last
    reported day, and of the last 30 days.
    """

    key: str
    name: str
    state: State
    host: Host | None = None
    reason: str = ""
    util: float | None = None
    ahead: Ahead = Ahead.NONE
    earned_day: float | None = None
    earned_month: float | None = None


class Earned(NamedTuple):
    """Dollars of one day: of GPUs and of disks; `rest` is the part of the total beyond both."""

    at: float
    gpu: float
    disk: float
    rest: float

    @property
    def total(self) -> float:
        return self.gpu + self.disk + self.rest


def days(earnings: Sequence[HostEarning], machine: str | None = None) -> tuple[Earned, ...]:
    """Earnings per day (UTC), oldest first; of one machine, or of all. A day without a date is left out."""
    by_day: dict[float, tuple[float, float, float]] = {}
    for each in earnings:
        if each.at is None or (machine is not None and each.machine_id != machine):
            continue
        gpu, disk = each.gpu or 0.0, each.disk or 0.0
        rest = max(0.0, each.total - gpu - disk) if each.total is not None else 0.0
        if rest < 0.005:
            rest = 0.0
        day = each.at // DAY * DAY
        before = by_day.get(day, (0.0, 0.0, 0.0))
        by_day[day] = (before[0] + gpu, before[1] + disk, before[2] + rest)
    return tuple(Earned(day, *by_day[day]) for day in sorted(by_day))


def is_current(host: Host, now: float) -> bool:
    """Whether a machine's latest sample is current."""
    return host.load is not None and (host.load.at is None or now - host.load.at <= STALE)


def _util(host: Host, now: float) -> float | None:
    if host.load is None or not is_current(host, now):
        return None
    if host.load.average is not None and host.load.average.util is not None:
        return host.load.average.util
    return pod_health.gpu_util(host.load.gpus)


def rows(hosts: Hosts, now: float) -> tuple[HostRow, ...]:
    """All machines, each with a unique key, in RunPod's order; those that are not understood last."""
    by_machine: dict[str | None, list[HostEarning]] = {}
    for earning in hosts.earnings:
        by_machine.setdefault(earning.machine_id, []).append(earning)
    host_rows: list[HostRow] = []
    keys: set[str] = set()
    for number, host in enumerate(hosts.hosts):
        key = _key(host.id, number, keys)
        earned = days(by_machine.get(host.id, ())) if host.id is not None else ()
        month = [day.total for day in earned if day.at > now - 30 * DAY]
        host_rows.append(
            HostRow(
                key,
                host.name or next((e.name for e in by_machine.get(host.id, ()) if e.name), None) or host.id or "",
                state(host, now),
                host,
                util=_util(host, now),
                ahead=maintenance(host, now),
                earned_day=earned[-1].total if earned else None,
                earned_month=sum(month) if month else None,
            )
        )
    for number, broken in enumerate(hosts.unreadable, len(hosts.hosts)):
        name = broken.name or broken.id or ""
        host_rows.append(HostRow(_key(broken.id, number, keys), name, State.UNREADABLE, reason=broken.reason))
    return tuple(host_rows)


def _key(id: str | None, number: int, taken: set[str]) -> str:
    key = id if id and id not in taken else f"machine {number}"
    taken.add(key)
    return key


_STATES = {state: rank for rank, state in enumerate(State)}
_ORDERS: dict[str, Order[HostRow]] = {
    "state": Order(lambda r: _STATES[r.state], rising=True),
    "name": Order(lambda r: r.name.lower() or None, rising=True),
    "gpu": Order(lambda r: (gpu_of(r.host) or None) if r.host else None, rising=True),
    "rented": Order(lambda r: share(r.host.gpus) if r.host else None),
    "util": Order(lambda r: r.util),
    "disk": Order(lambda r: share(r.host.disk_gb) if r.host else None),
    "memory": Order(lambda r: share(r.host.memory_gb) if r.host else None),
    "price": Order(lambda r: r.host.price_per_gpu if r.host else None),
    "month": Order(lambda r: r.earned_month),
    "balance": Order(lambda r: r.host.balance.total if r.host and r.host.balance else None),
    "uptime": Order(lambda r: r.host.uptime.week if r.host else None, rising=True),
    "maintenance": Order(lambda r: r.host.maintenance_start if r.host and r.ahead else None, rising=True),
}
SORTS = tuple(_ORDERS)


def rises(sort: str, inverted: bool) -> bool:
    """Whether machines are sorted in ascending order."""
    return _ORDERS[sort].rising != inverted


def gpu_of(host: Host) -> str:
    return host.gpu_name or host.gpu_type_id or ""


def ordered_rows(rows: Sequence[HostRow], sort: str, inverted: bool) -> tuple[HostRow, ...]:
    """The machines, sorted; equal ones by name, so that rows never jump."""
    by_name = sorted(rows, key=lambda row: (row.name.lower(), row.key))
    return tuple(ordered(by_name, _ORDERS[sort], inverted))


class Rented(NamedTuple):
    """GPUs of all machines that report them, and how many of those are rented; None if no machine does.

    unknown: machines that do not report it.
    """

    rented: int | None
    gpus: int | None
    unknown: int


def rented(rows: Sequence[HostRow]) -> Rented:
    """How many GPUs of all machines are rented, as far as RunPod reports it."""
    gpus = [row.host.gpus if row.host is not None else None for row in rows]
    known = [(g.reserved, g.total) for g in gpus if g is not None and g.reserved is not None and g.total is not None]
    if not known:
        return Rented(None, None, len(rows))
    return Rented(sum(count for count, _ in known), sum(total for _, total in known), len(rows) - len(known))
