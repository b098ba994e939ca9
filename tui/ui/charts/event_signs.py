"""Events as signs: the glyph of each kind and the role of its ink, in lists and on the time axis of charts. Pure."""

from __future__ import annotations

from tui.domain.attention import Grade
from tui.domain.events import ENDS, Event, Kind
from tui.store.views.event_log import alert_of
from tui.ui.charts.spec import Mark

GLYPHS = {
    # An alert that no other symbol stands for.
    **dict.fromkeys(Kind, "▲"),
    Kind.NEW: "+", Kind.RUNNING: "▶", Kind.UP: "●", Kind.DOWN: "○", Kind.RESTART: "↻", Kind.STOPPED: "■",
    Kind.OUTBID: "▼", Kind.FAILED: "▲", Kind.STATUS: "◆", Kind.GONE: "✕",
    Kind.DONE: "✓", Kind.REFUSED: "✕", Kind.UNKNOWN: "?", Kind.TROUBLE: "▲", Kind.PRICE: "◉",
    Kind.IDLE: "◌", Kind.LOOP: "↺", Kind.BOOT: "◔", Kind.ZERO_GPU: "∅", Kind.MAINTENANCE: "▣", Kind.RUNWAY: "$",
    Kind.BALANCE: "$", Kind.UNREADABLE: "?", Kind.OUTAGE: "▲", Kind.THROTTLED: "△", Kind.ALERTS_OFF: "◌",
    Kind.API: "▲", Kind.SPEND_JUMP: "$", Kind.SPEND_LIMIT: "$", Kind.UNWATCHED: "▲", Kind.KEY_REFUSED: "▲",
    Kind.LEASE_DUE: "■", Kind.IDLE_STOP: "■", Kind.ZOMBIE: "■", Kind.FORGOTTEN: "◌", Kind.CHEAPER: "$",
    Kind.ORPHAN: "$",
    **dict.fromkeys(ENDS.values(), "✓"),
}  # fmt: skip


_GRADES = {Grade.BAD: "bad", Grade.WARN: "warn", Grade.NOTICE: "accent"}

_ROLES = {
    # Alerts by their grade; what else there is, by what it means.
    **{kind: "accent" if (alert := alert_of(kind)) is None else _GRADES[alert.grade] for kind in Kind},
    # What goes as it should is quiet: it needs nobody.
    Kind.UP: "muted", Kind.RUNNING: "muted", Kind.NEW: "muted", Kind.DOWN: "bad", Kind.RESTART: "warn",
    Kind.OUTBID: "bad", Kind.STOPPED: "muted", Kind.FAILED: "bad", Kind.GONE: "bad", Kind.STATUS: "accent",
    Kind.DONE: "text", Kind.REFUSED: "bad", Kind.UNKNOWN: "warn", Kind.TROUBLE: "warn", Kind.PRICE: "accent",
    Kind.IDLE: "warn", Kind.LOOP: "bad", Kind.BOOT: "warn", Kind.ZERO_GPU: "warn", Kind.MAINTENANCE: "accent",
    Kind.RUNWAY: "bad", Kind.BALANCE: "warn", Kind.UNREADABLE: "bad", Kind.OUTAGE: "bad", Kind.THROTTLED: "warn",
    Kind.ALERTS_OFF: "warn", Kind.API: "accent", Kind.SPEND_JUMP: "warn", Kind.SPEND_LIMIT: "warn",
    Kind.UNWATCHED: "bad", Kind.KEY_REFUSED: "bad", Kind.LEASE_DUE: "warn", Kind.ZOMBIE: "accent",
    Kind.FORGOTTEN: "accent", Kind.CHEAPER: "accent", Kind.ORPHAN: "accent",
    **dict.fromkeys(ENDS.values(), "muted"),
}  # fmt: skip


def role(kind: Kind) -> str:
    return _ROLES[kind]


def hue_of(event: Event) -> str:
    return role(_kind(event))


def glyph_of(event: Event) -> str:
    return GLYPHS[_kind(event)]


def mark_of(event: Event, at: float) -> Mark:
    """An event at a place on a time axis."""
    return Mark(at, glyph_of(event), event.word, hue_of(event))


def _kind(event: Event) -> Kind:
    return Kind.ALERTS_OFF if event.is_unjudged else event.kind
