"""The columns of the tables of pods and offers, for the width of a terminal. Their cells are in `rows`, which the first
frame need not load. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.format import numbers as fmt
from tui.format.width import width as cells
from tui.store.metrics import BY_NAME, METRICS, UTIL
from tui.ui.widgets.table import Column

if TYPE_CHECKING:
    from tui.domain.attention import Attention
    from tui.store.metrics import Metric

BLOCKS, MOST_BLOCKS = 8, 16
"""Cells for the GPUs of a pod in a row: as a rule, and where there is room. More of them are a histogram."""

_FIGURES = {"util": (4, 4), "vram": (5, 5), "cpu": (4, 8), "memory": (4, 9), "temp": (5, 10), "power": (6, 11)}
"""Width and rank of the columns of metrics; the others are dropped first when room is short."""

_FIRST = ("util", "vram", "cpu", "memory")
"""The metrics among the first columns; the others follow them."""


def _figure_column(metric: Metric) -> Column:
    width, rank = _FIGURES.get(metric.name, (max(5, len(metric.label)), 17))
    return Column(metric.name, metric.label.upper(), width, rank, right=True, sort=metric.name)


_UTIL = Column(UTIL.name, "MEAN", *_FIGURES[UTIL.name], right=True)
"""Of all GPUs of a pod: beside them, never in their place."""

_VRAM, _CPU, _MEMORY = (_figure_column(BY_NAME[name]) for name in _FIRST[1:])
_OTHERS = tuple(_figure_column(metric) for metric in METRICS if metric.name not in _FIRST)

POD_COLUMNS = (
    Column("status", "STATUS", 13, 0, sort="status", within="attention"),
    Column("name", "NAME", 16, 0, flex=True, sort="name", least=8),
    Column("gpu", "GPU", 15, 3, sort="gpu", least=5),
    Column("gpus", "UTIL", BLOCKS, 1, sort="util", least=5),
    _UTIL,
    Column("spark", "10 MIN", 10, 7),
    _VRAM,
    _CPU,
    _MEMORY,
    Column("cost", "$/H", 7, 2, right=True, sort="cost"),
    Column("uptime", "UPTIME", 7, 6, right=True, sort="uptime"),
    *_OTHERS,
    Column("spent", "SPENT", 9, 13, right=True, sort="spent"),
    Column("location", "LOCATION", 8, 12, sort="location"),
    Column("id", "ID", 14, 15, sort="id"),
    Column("image", "IMAGE", 26, 16),
    Column("ports", "PORTS", 11, 17),
)
SPARK_COLUMNS = 10

NARROW = 60
"""Columns of a terminal below which state, name and cost share the available room."""

_LEASE = Column("lease", "LEASE", 9, 2, sort="lease")
_ALERT = Column("alert", "ALERT", 46, 14, least=5)
_MOST_STATE = 16
"""Cells of a state with its duration, where there is no room for the dollars."""

ALERTED = 21
"""Cells of a state with the dollars that it has wasted so far."""

EVERY_POD_COLUMN = (
    *POD_COLUMNS[:2], _LEASE, *POD_COLUMNS[2:11], _ALERT, *POD_COLUMNS[11:],
)  # fmt: skip
"""All columns of pods, in their usual order."""

_NARROWED = {"status": 11, "name": 12, "cost": 6, "secure": 6, "lease": 8}


SPACIOUS = 110
"""Columns of a terminal from which on there is room for every name of a GPU."""

ROOMY = 140
"""Columns of a terminal from which on a pod's row shows more than its activity and cost."""

_MORE = (*(column.key for column in _OTHERS), "spent", "image", "ports")

CHEAPEST = Column("cheapest", "CHEAPEST", 10, 1, right=True, sort="cheapest")
"""The lowest price at which a GPU type can be rented now: what the market is sorted by."""

OFFER_COLUMNS = (
    Column("name", "GPU", 16, 0, flex=True, sort="name"),
    Column("vram", "VRAM", 4, 4, right=True, sort="vram"),
    CHEAPEST,
    Column("secure", "SECURE", 7, 2, right=True, sort="secure"),
    Column("secure_spot", "SPOT", 5, 5, right=True, sort="secure_spot", label="SECURE SPOT"),
    Column("community", "COMM.", 6, 3, right=True, sort="community", label="COMMUNITY"),
    Column("community_spot", "SPOT", 5, 6, right=True, sort="community_spot", label="COMMUNITY SPOT"),
    Column("stock", "STOCK", 8, 1, sort="stock"),
)


def narrowed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns in narrow terminals."""
    return tuple(replace(column, width=_NARROWED.get(column.key, column.width)) for column in columns)


def pod_columns(width: int, leased: bool, alerts: Collection[Attention] = (), most: int = 0) -> tuple[Column, ...]:
    """The columns of pods in a terminal this wide; with a countdown, if there is any lease.

    most:   the GPUs of the largest pod.
    alerts: those of pods: there is room for since when, in wide terminals for what that has cost, and for a sentence.
    """
    columns = _pod_columns(width, leased)
    if NARROW <= width < SPACIOUS:
        stated = min(_MOST_STATE, max((2 + len(a.word) + len(alert_tail(a)) for a in alerts), default=0))
        columns = tuple(replace(c, width=max(c.width, stated)) if c.key == "status" else c for c in columns)
    if most > BLOCKS and width >= SPACIOUS:
        columns = tuple(replace(c, width=min(most, MOST_BLOCKS)) if c.key == "gpus" else c for c in columns)
    if not alerts or width < SPACIOUS:
        return columns
    columns = tuple(replace(c, width=ALERTED) if c.key == "status" else c for c in columns)
    if not any(map(brief, alerts)):
        return columns
    at = next(number for number, column in enumerate(columns) if column.key == "cost") + 2
    return (*columns[:at], _ALERT, *columns[at:])


def pod_widths(content: Mapping[str, int], alerts: Collection[Attention], most: int) -> Mapping[str, int]:
    """Cells that the content of columns of pods takes, by the column. `content`: of texts; the others as before."""
    longest = max((cells(brief(alert)) for alert in alerts), default=0)
    return {**content, "gpus": most if most <= MOST_BLOCKS else BLOCKS, "alert": longest}


def _pod_columns(width: int, leased: bool) -> tuple[Column, ...]:
    columns = (*POD_COLUMNS[:2], _LEASE, *POD_COLUMNS[2:]) if leased else POD_COLUMNS
    if width >= ROOMY:
        return columns
    if width >= NARROW:
        # Names need the room more than locations, and more than the longest names of GPUs.
        shown = (column for column in columns if column.key not in _MORE)
        shown = (replace(c, rank=17) if c.key == "location" else c for c in shown)
        return tuple(replace(c, width=14) if c.key == "gpu" and width < SPACIOUS else c for c in shown)
    # The GPUs are dropped last, then the cost: a table of pods is also a bill.
    ranks = {"status": 0, "name": 0, "gpus": 1, "cost": 2}
    return tuple(replace(c, rank=ranks.get(c.key, c.rank + 2)) for c in narrowed(columns))


def offer_columns(width: int) -> tuple[Column, ...]:
    """The columns of the market's pane in a terminal this wide."""
    return OFFER_COLUMNS if width >= NARROW else narrowed(OFFER_COLUMNS)


_STATED = frozenset(("idle", "boot", "outbid", "pod-error"))
"""Kinds of alerts whose first words are those of the pod's state."""


def brief(alert: Attention) -> str:
    """What an alert says that the pod's state, its time, its dollars and its price beside it do not."""
    first, *others = alert.text.split("; ")
    if alert.kind in _STATED:
        # The dollars alone are beside the state; in a longer clause they are what it is about.
        return "; ".join(clause for clause in others if clause.partition(" ")[2] != "so far")
    lasts, cost = fmt.lasting(alert.lasts), f"{fmt.money(alert.cost_per_hr)}/h"
    for stated in (f", for {lasts}", f" for {lasts}", f" ({cost})", f", still billed {cost}"):
        first = first.replace(stated, "")
    return first


def alert_tail(alert: Attention) -> str:
    """For how long an alert has lasted; what has not begun has no such time."""
    lasts = alert.lasts if alert.since is None or alert.lasts is None or alert.lasts > 0 else None
    return f" {fmt.short_duration(lasts)}" if lasts is not None else ""
