"""`HubState`: the fleet as a recorder knows it, for readers that have no API key. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.api.models import Market, Snapshot
from tui.api.status_change import StatusChange
from tui.domain.attention import Attention
from tui.domain.events import Event
from tui.domain.lease import Lease
from tui.domain.market_watch import MarketWatch
from tui.storage.owner_file import Duty, Owner

if TYPE_CHECKING:
    from tui.store.fleet import Fleet

VERSION = 1
"""The version of the format: fields are added, never renamed. A reader of another version says so."""

EVENTS = 200
"""Events that are served, the newest."""


class HubState(Struct, frozen=True, kw_only=True):
    """What a recorder knows.

    account:  the name of its profile, never an id.
    snapshot: RunPod's last response; `at`: when it came, None before the first; `interval`: seconds between two.
    trouble:  why it is not current, as a sentence; empty if it is.
    idle:     watched seconds without work on any GPU, by pod, as far as there are any.
    attention, events: what needs attention, and what happened, as the recorder judges it.
    market, market_at: prices, and when they came.
    does:     what the recorder does besides recording, in words.
    leases, idle_stops, watches: what the podtops of the recorder's host are to do automatically, of the account.
    owners:   which of them does what.
    """

    version: int = VERSION
    account: str
    snapshot: Snapshot | None = None
    at: float | None = None
    interval: float = 5.0
    trouble: str = ""
    idle: dict[str, float] = {}
    attention: tuple[Attention, ...] = ()
    events: tuple[Event, ...] = ()
    market: Market | None = None
    market_at: float | None = None
    does: tuple[str, ...] = ()
    leases: tuple[Lease, ...] = ()
    idle_stops: tuple[Lease, ...] = ()
    watches: tuple[MarketWatch, ...] = ()
    owners: dict[Duty, Owner] = {}


def state_of(fleet: Fleet, account: str, does: tuple[str, ...] = ()) -> HubState:
    """The state of a fleet."""
    feed, id = fleet.snapshot, fleet.funds.account_id if fleet.funds is not None else None
    snapshot = feed.value
    if snapshot is not None and snapshot.funds is not None:
        # Readers need no id of the account.
        snapshot = replace(snapshot, funds=replace(snapshot.funds, account_id=None))
    return HubState(
        account=account, snapshot=snapshot, at=feed.at, interval=fleet.interval,
        trouble=str(feed.error) if feed.error is not None else "",
        idle={id: record.idle for id, record in fleet.records.items() if record.idle},
        attention=fleet.attention, events=tuple(fleet.events)[-EVENTS:],
        market=fleet.market.value, market_at=fleet.market.at, does=does,
        leases=tuple(fleet.leases.values()), idle_stops=tuple(fleet.idle_stops.values()),
        watches=tuple(_shown(watch) for watch in fleet.watches.values() if not id or watch.account in ("", id)),
        owners=dict(fleet.owners),
    )  # fmt: skip


def _shown(watch: MarketWatch) -> MarketWatch:
    """A watch as readers see it: what it orders is nobody's business."""
    plan = replace(watch.plan, values={}, env=(), hidden=()) if watch.plan is not None else None
    return replace(watch, account="", holder="", plan=plan)


def _as_text(value: object) -> str:
    if isinstance(value, StatusChange):
        return value.text
    raise NotImplementedError


def _from_text(kind: type, value: object) -> Any:
    if kind is StatusChange and isinstance(value, str):
        return StatusChange(value)
    raise NotImplementedError


_encode = msgspec.json.Encoder(enc_hook=_as_text).encode
_decode = msgspec.json.Decoder(HubState, dec_hook=_from_text).decode


def encoded(state: HubState) -> bytes:
    return _encode(state)


def decoded(body: bytes) -> HubState:
    """The state in a response. Raises ValueError."""
    return _decode(body)


def tag(body: bytes) -> str:
    """The entity tag of a response: the same for the same bytes."""
    return f'"{zlib.crc32(body):08x}-{len(body):x}"'
