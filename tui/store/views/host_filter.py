"""The fields that rented-out machines are filtered by: the columns of the Hosts screen, as values. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui.domain.filter_units import MONEY, PERCENT, RATE
from tui.domain.filters import Field, Fields, Kind
from tui.store.views.hosts import Ahead, HostRow, State, gpu_of, share

if TYPE_CHECKING:
    from tui.api.hosts import Host


def _of_host(read: Callable[[Host], Any]) -> Callable[[HostRow], Any]:
    return lambda row: read(row.host) if row.host is not None else None


def _text(row: HostRow) -> str:
    host = row.host
    if host is None:
        return f"{row.name} {row.key} {row.state}".lower()
    tenants = " ".join(f"{tenant.name or ''} {tenant.id or ''}" for tenant in host.tenants)
    verified = "" if host.verified is None else "verified" if host.verified else "unverified"
    cloud = "" if host.secure is None else "secure" if host.secure else "community"
    window = "" if row.ahead in (Ahead.NONE, Ahead.PAST) else "maintenance"
    return " ".join(
        (row.name, row.key, gpu_of(host), row.state, verified, cloud, host.location or "", window, tenants)
    ).lower()


def _tenants(host: Host) -> tuple[str, ...]:
    return tuple(word for tenant in host.tenants for word in (tenant.name, tenant.id) if word)


def _of_host_row(read: Callable[[HostRow], Any]) -> Callable[[HostRow], Any]:
    return lambda row: read(row) if row.host is not None else None


def _window(row: HostRow) -> tuple[str, ...]:
    """The words for its maintenance: what is past has ended, as its column says."""
    return (
        ("none",) if row.ahead is Ahead.NONE else ("past", "ended") if row.ahead is Ahead.PAST else (row.ahead.value,)
    )


_WINDOWS = (*(ahead.value for ahead in Ahead if ahead is not Ahead.NONE), "ended", "none")

HOSTS: Fields[HostRow] = Fields(
    {
        "state": (Field(Kind.WORDS, "part of a state", ("status",)), lambda row: row.state.value),
        "name": (Field(Kind.WORDS, "part of a name or ID", ("machine", "id")), lambda row: (row.name, row.key)),
        "gpu": (Field(Kind.WORDS, "part of a GPU type"), _of_host(gpu_of)),
        "rented": (
            Field(Kind.NUMBER, "% of its GPUs that are rented", unit=PERCENT),
            _of_host(lambda host: share(host.gpus)),
        ),
        "util": (Field(Kind.NUMBER, "utilization of its GPUs in %", unit=PERCENT), lambda row: row.util),
        "price": (Field(Kind.NUMBER, "$/GPU/h", ("$/gpu/h",), unit=RATE), _of_host(lambda host: host.price_per_gpu)),
        "bid": (Field(Kind.NUMBER, "lowest bid, $/GPU/h", unit=RATE), _of_host(lambda host: host.min_bid_per_gpu)),
        "disk": (
            Field(Kind.NUMBER, "% of its disk that is rented", unit=PERCENT),
            _of_host(lambda host: share(host.disk_gb)),
        ),
        "memory": (
            Field(Kind.NUMBER, "% of its memory that is rented", unit=PERCENT),
            _of_host(lambda host: share(host.memory_gb)),
        ),
        "balance": (
            Field(Kind.NUMBER, "$ earned and not paid out", unit=MONEY),
            _of_host(lambda host: host.balance.total if host.balance else None),
        ),
        "month": (
            Field(Kind.NUMBER, "$ earned in 30 days", ("earned", "30days"), unit=MONEY),
            lambda row: row.earned_month,
        ),
        "uptime": (
            Field(Kind.NUMBER, "% of the last 7 days it was up", ("up", "up7d"), unit=PERCENT),
            _of_host(lambda h: h.uptime.week),
        ),
        "maintenance": (
            Field(Kind.WORDS, f"{', '.join(_WINDOWS[:-1])} or {_WINDOWS[-1]}", choices=_WINDOWS),
            _of_host_row(_window),
        ),
        "verified": (Field(Kind.FLAG, "whether RunPod verified it"), _of_host(lambda host: host.verified)),
        "dc": (Field(Kind.WORDS, "part of a region", ("region", "where", "location")), _of_host(lambda h: h.location)),
        "tenant": (Field(Kind.WORDS, "part of a tenant's name or ID"), _of_host(_tenants)),
        "pods": (Field(Kind.NUMBER, "pods on it"), _of_host(lambda host: len(host.tenants))),
    },
    _text,
    # Maintenance may also be ahead: as a word it finds that too.
    {state.value: ("state", state.value) for state in State if state not in (State.UNKNOWN, State.MAINTENANCE)},
)
