"""Alerts about podtop's own watching: they are judged when polls fail too. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.doubt import doubt
from tui.api.errors import Forbidden, Insecure, ReadOnly, Unauthorized
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind
from tui.store.kinds.parts import clock

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

SILENT = 300.0
"""Seconds without a response about the pods after which it is reported: a failed poll or two are no matter."""

RING_AFTER = 900.0
"""Seconds of it after which it is notified."""


def _refused(fleet: Fleet) -> bool:
    error = fleet.snapshot.error
    return isinstance(error, Unauthorized | Forbidden) and not isinstance(error, Insecure | ReadOnly)


def _blind_since(fleet: Fleet) -> float | None:
    """Since when nothing is known of the pods; None if the last response had them."""
    last = fleet.snapshot
    if last.error is None and (last.value is None or (last.value.pods is not None and not doubt(last.value))):
        return None
    return last.failed_since if fleet.pods_at is None else fleet.pods_at


def _find_unwatched(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    since = _blind_since(fleet)
    if since is None or _refused(fleet):
        return None
    # While podtop itself did not run, nobody was refused anything.
    lasts = now - since - fleet.watched.away(since, now)
    if lasts < (fleet.alert_rules.rule(kind.name).hold or kind.holds):
        return None
    why = str(fleet.snapshot.error) if fleet.snapshot.error is not None else "responses have no pods"
    note = f"since {clock(since, fleet.tz)}{_spending(fleet)}: {why}"
    return Alert(kind, kind.grade, since=since, lasts=lasts, note=note)


def _spending(fleet: Fleet) -> str:
    """What they cost when they were last seen; empty if unknown."""
    spend = fleet.funds.spend_per_hr if fleet.funds is not None else None
    return "" if spend is None else f" ({fmt.money(spend)}/h when last seen)"


def _seen_again(fleet: Fleet, record: Record | None) -> str | None:
    return "pods visible again" if _blind_since(fleet) is None else None


def _find_refused(kind: AlertKind, fleet: Fleet, now: float) -> Alert | None:
    since = fleet.snapshot.failed_since
    # A single refusal may be a gateway's: it takes two in a row.
    if not _refused(fleet) or since is None or since >= now:
        return None
    known = since if fleet.pods_at is None else fleet.pods_at
    return Alert(kind, kind.grade, since=since, lasts=now - since, note=f"{clock(known, fleet.tz)}{_spending(fleet)}")


def _accepted(fleet: Fleet, record: Record | None) -> str | None:
    return "accepted again" if fleet.snapshot.error is None and fleet.snapshot.value is not None else None


UNWATCHED = AlertKind(
    name="unwatched", word="cannot watch", grade=Grade.BAD, holds=SILENT, event=EventKind.UNWATCHED,
    account=_find_unwatched, blind=True,
    text=lambda alert, funds, now: f"the state of your pods is unknown {alert.note} ({fmt.duration(alert.lasts)})",
    begins=lambda alert, now: f"the state of your pods is unknown {alert.note}",
    over=_seen_again, topic=Topic.WATCH, ring=Ring.AT_ONCE, ring_after=RING_AFTER,
)  # fmt: skip
KEY_REFUSED = AlertKind(
    name="key-refused", word="key refused", grade=Grade.BAD, event=EventKind.KEY_REFUSED,
    account=_find_refused, blind=True,
    text=lambda alert, funds, now: f"RunPod refuses the API key; the state of your pods is unknown since {alert.note}",
    begins=lambda alert, now: f"RunPod refuses the API key; the state of your pods is unknown since {alert.note}",
    over=_accepted, rearm=0.0, topic=Topic.WATCH, ring=Ring.AT_ONCE,
)  # fmt: skip
