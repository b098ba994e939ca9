"""Rows of the pods as a bill: columns and cells, their order, the fields they are filtered by. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from tui.api.features import Feature
from tui.domain.filter_units import MONEY, RATE
from tui.domain.filters import Field, Fields, Kind
from tui.domain.runway import ENDS, STAYS, STOPS
from tui.format import numbers as fmt
from tui.store.views.attention import counts
from tui.store.views.pod_costs import PodCost
from tui.ui.primitives.cells import Cell
from tui.ui.render.attention import role_of
from tui.ui.render.facts import NOTHING, cell_or_lacking, money
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.domain.attention import Attention
    from tui.store.spend import SpendHistory

COLUMNS = (
    Column("mark", "", 1, 0),
    Column("name", "POD", 18, 0, flex=True, sort="name"),
    Column("word", "STATUS", 10, 2),
    Column("now", "$/H NOW", 8, 1, right=True, sort="now"),
    Column("today", "TODAY", 9, 5, right=True, sort="today"),
    Column("month", "MONTH", 12, 4, right=True, sort="month"),
    Column("disks", "DISKS/H", 7, 7, right=True, sort="disks"),
    Column("stopped", "STOPPED", 8, 6, right=True, sort="stopped"),
    Column("stored", "SO FAR", 8, 3, right=True, sort="stored"),
    Column("fate", "AT $0", 12, 1, sort="fate"),
    Column("gpu", "GPU", 14, 8),
)
SORTS = ("now", "month", "stored", "fate", "name", "today", "disks", "stopped")
_FATES = {ENDS: "✕ loses data", STOPS: "■ stops", STAYS: "stays", "": "?"}
_URGENT = {ENDS: "bad", STOPS: "warn", STAYS: "muted", "": "bad"}
_DISTANT = {**_URGENT, ENDS: "text", STOPS: "text"}
"""What would happen, and has not: it is an alarm once the end is near."""
_RANK = {ENDS: 0, STOPS: 1, STAYS: 2, "": 3}


ORDERS: dict[str, Callable[[PodCost], Any]] = {
    "now": lambda row: row.per_hr,
    "month": lambda row: row.month,
    "today": lambda row: row.today,
    "disks": lambda row: row.storage_per_hr,
    "stored": lambda row: row.stored,
    # The longest first: what was stopped first, at any instant.
    "stopped": lambda row: None if row.stopped_at is None else -row.stopped_at,
    "name": lambda row: row.name.lower(),
    "fate": lambda row: -_RANK[row.fate],
}
"""The value of a row that each order sorts by."""


def _fate(row: PodCost, is_postpaid: bool) -> str:
    """What a filter finds it by: its words, and "gone"."""
    fate = STAYS if is_postpaid else row.fate
    return _FATES[fate] + (" gone" if fate == ENDS else "")


def pod_fields(now: float, is_postpaid: bool = False, alerts: Mapping[str, Attention] = {}) -> Fields[PodCost]:
    """The fields that pods are filtered by.

    is_postpaid: nothing happens to them at $0.
    alerts:      the worst of each pod by its id; the status of a pod is found by it too where it is shown.
    """

    def status(row: PodCost) -> tuple[str, ...]:
        shown = _shown(row, alerts.get(row.id))
        return (row.word,) if shown is None else (row.word, shown.word)

    def alert(row: PodCost) -> tuple[str, ...]:
        worst = alerts.get(row.id)
        return (worst.kind, worst.word, worst.text) if worst is not None else ()

    def stopped(row: PodCost) -> float | None:
        return None if row.stopped_at is None else max(0.0, now - row.stopped_at)

    return Fields(
        {
            "name": (Field(Kind.WORDS, "part of a name", ("pod",)), lambda row: row.name),
            "status": (Field(Kind.WORDS, "part of a status, such as stopped", ("state", "word")), status),
            "alert": (Field(Kind.WORDS, "part of an alert, such as hung"), alert),
            "price": (
                Field(Kind.NUMBER, "$/h now", ("cost", "now", "$/h", "$/h-now"), unit=RATE),
                lambda row: row.per_hr,
            ),
            "today": (Field(Kind.NUMBER, "$ spent today", unit=MONEY), lambda row: row.today),
            "month": (Field(Kind.NUMBER, "$ spent this month", unit=MONEY), lambda row: row.month),
            "disks": (Field(Kind.NUMBER, "$/h of its disks", ("disks/h",), unit=RATE), lambda row: row.storage_per_hr),
            "stopped": (Field(Kind.SECONDS, "time since it was stopped"), stopped),
            "stored": (
                Field(Kind.NUMBER, "$ of its disks since then", ("so-far",), unit=MONEY),
                lambda row: row.stored,
            ),
            "fate": (Field(Kind.WORDS, "gone, stops or stays", ("at-$0",)), lambda row: _fate(row, is_postpaid)),
            "gpu": (Field(Kind.WORDS, "part of a GPU type"), lambda row: row.gpu),
            "id": (Field(Kind.WORDS, "part of an ID"), lambda row: row.id),
        },
        lambda row: f"{row.name} {row.id} {' '.join(status(row))} {row.gpu} {_fate(row, is_postpaid)}".lower(),
        {word: ("status", word) for word in ("running", "stopped", "outbid", "unreadable")},
    )


def pod_cells(
    row: PodCost,
    now: float,
    marks: Mapping[str, None],
    is_postpaid: bool = False,
    lacks: Collection[Feature] = (),
    alert: Attention | None = None,
    *,
    urgent: bool = False,
) -> Cells:
    """The cells of one pod. `is_postpaid`: nothing happens to it at $0; `lacks`: what the API does not offer of it;
    `alert`: its worst one, which stands in place of its state as in Fleet, if it needs attention; `urgent`: whether the
    balance is used up soon."""
    fate = STAYS if is_postpaid else row.fate
    marked = row.id in marks
    age = None if row.stopped_at is None else max(0.0, now - row.stopped_at)
    hue = "text" if row.running else "muted"
    timeless = cell_or_lacking(NOTHING, False, Feature.STATUS_CHANGE, lacks) if _zombie(row) else ()
    month: Cell = money(row.month)
    if row.least and row.month is not None:
        month = (("≥", "quiet"), *month)
    return {
        "mark": (("✓", "accent"),) if marked else (),
        "name": ((row.name, "strong" if marked else "text"),),
        "word": _state(row, alert),
        "now": ((fmt.price(row.per_hr), hue),),
        "today": money(row.today),
        "month": month,
        "disks": ((fmt.price(row.storage_per_hr), "muted"),),
        "stopped": ((fmt.duration(age), "muted"),) if age is not None else timeless,
        "stored": ((fmt.money(row.stored), "warn"),) if row.stored else timeless,
        "fate": ((_FATES[fate], (_URGENT if urgent else _DISTANT)[fate]),),
        "gpu": ((row.gpu, "muted"),),
    }


def _state(row: PodCost, alert: Attention | None) -> Cell:
    shown = _shown(row, alert)
    if shown is None:
        return ((row.word, "bad" if row.reason else "muted"),)
    return ((shown.word, role_of(shown)),)


def _shown(row: PodCost, alert: Attention | None) -> Attention | None:
    """The alert that stands in place of a pod's status: one that needs attention, of a pod that could be read."""
    return alert if alert is not None and not row.reason and counts(alert) else None


def _zombie(row: PodCost) -> bool:
    """Stopped, and billed for its disk, for an unknown time."""
    return not row.running and not row.reason and row.stored is None and bool(row.storage_per_hr)


def seen(books: SpendHistory | None, tz: tzinfo | None) -> str:
    """The basis of today's and this month's figures."""
    if books is None:
        return ""
    elapsed = max(1.0, books.at - books.month)
    if books.since is None:
        return "no recording: costs of current runs only"
    share = min(1.0, books.watched / elapsed)
    if share >= 0.99:
        return "podtop observed all of this month"
    return f"≥ podtop observed {100 * share:.0f}% of this month"
