"""Rows of the tables: figures to cells with roles. Pure, one function per table."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tui.api.enums import ComputeKind
from tui.api.features import Feature
from tui.domain.pod_health import BOOT_PATIENCE, Phase
from tui.format import numbers as fmt
from tui.format.width import width
from tui.store.metrics import BY_NAME, METRICS, UTIL
from tui.store.views.offer_rows import stock_rank
from tui.ui.primitives.cells import Cell, fit, width_of
from tui.ui.render.attention import MUTED, SIGN, role_of
from tui.ui.render.facts import LACKING_CELL, cell_or_lacking
from tui.ui.render.gpu_blocks import BLOCKS, HANGS, LAGS, MOST_BLOCKS, blocks
from tui.ui.widgets.table import REST, Cells, Column

if TYPE_CHECKING:
    from tui.domain.attention import Attention
    from tui.store.metrics import Metric
    from tui.store.views.offer_rows import OfferRow
    from tui.store.views.pods import PodRow

_FIGURES = {"util": (5, 6), "vram": (5, 4), "cpu": (4, 8), "memory": (4, 9), "temp": (5, 10), "power": (6, 11)}
"""Width and rank of the columns of metrics; the others are dropped first when room is short."""

_FIRST = ("util", "vram", "cpu", "memory")
"""The metrics among the first columns; the others follow them."""

_SHORT_UNITS = {"°C": "°"}


def _figure_column(metric: Metric) -> Column:
    width, rank = _FIGURES.get(metric.name, (max(5, len(metric.label)), 17))
    sort = metric.name if metric.always else ""
    return Column(metric.name, metric.label.upper(), width, rank, right=True, sort=sort)


_UTIL = Column(UTIL.name, "MEAN", *_FIGURES[UTIL.name], right=True)
"""Of all GPUs of a pod: beside them, never in their place."""

_VRAM, _CPU, _MEMORY = (_figure_column(BY_NAME[name]) for name in _FIRST[1:])
_OTHERS = tuple(_figure_column(metric) for metric in METRICS if metric.name not in _FIRST)

POD_COLUMNS = (
    Column("status", "STATUS", 13, 0, sort="status", within="attention"),
    Column("name", "NAME", 16, 0, flex=True, sort="name", least=8),
    Column("gpu", "GPU", 15, 3, sort="gpu"),
    Column("gpus", "UTIL", BLOCKS, 1, sort="util"),
    _UTIL,
    Column("spark", "10 MIN", 10, 7),
    _VRAM,
    _CPU,
    _MEMORY,
    Column("cost", "$/H", 7, 2, right=True, sort="cost"),
    Column("uptime", "UPTIME", 7, 5, right=True, sort="uptime"),
    *_OTHERS,
    Column("spent", "SPENT", 9, 13, right=True),
    Column("location", "LOCATION", 9, 12),
    Column("id", "ID", 14, 14, sort="id"),
    Column("image", "IMAGE", 26, 15),
    Column("ports", "PORTS", 11, 16),
)
SPARK_COLUMNS = 10

CLUSTER = "cluster"
"""Behind the name of a pod that is a member of a cluster."""

NARROW = 60
"""Columns of a terminal below which state, name and cost share the available room."""

_LEASE = Column("lease", "LEASE", 9, 2)
_ALERT = Column("alert", "ALERT", 46, 10)
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


def narrowed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns in narrow terminals."""
    return tuple(column._replace(width=_NARROWED.get(column.key, column.width)) for column in columns)


def pod_columns(width: int, leased: bool, alerts: Collection[Attention] = (), most: int = 0) -> tuple[Column, ...]:
    """The columns of pods in a terminal this wide; with a countdown, if there is any lease.

    most:   the GPUs of the largest pod.
    alerts: those of pods: there is room for since when, in wide terminals for what that has cost, and for a sentence.
    """
    columns = _pod_columns(width, leased)
    if NARROW <= width < SPACIOUS:
        stated = min(_MOST_STATE, max((2 + len(a.word) + len(_alert_tail(a)) for a in alerts), default=0))
        columns = tuple(c._replace(width=max(c.width, stated)) if c.key == "status" else c for c in columns)
    if most > BLOCKS and width >= SPACIOUS:
        columns = tuple(c._replace(width=min(most, MOST_BLOCKS)) if c.key == "gpus" else c for c in columns)
    if not alerts or width < SPACIOUS:
        return columns
    columns = tuple(c._replace(width=ALERTED) if c.key == "status" else c for c in columns)
    at = next(number for number, column in enumerate(columns) if column.key == "cost") + 2
    return (*columns[:at], _ALERT, *columns[at:])


def _pod_columns(width: int, leased: bool) -> tuple[Column, ...]:
    columns = (*POD_COLUMNS[:2], _LEASE, *POD_COLUMNS[2:]) if leased else POD_COLUMNS
    if width >= ROOMY:
        return columns
    if width >= NARROW:
        # Names need the room more than locations, and more than the longest names of GPUs.
        shown = (column for column in columns if column.key not in _MORE)
        shown = (c._replace(rank=17) if c.key == "location" else c for c in shown)
        return tuple(c._replace(width=14) if c.key == "gpu" and width < SPACIOUS else c for c in shown)
    # The GPUs are dropped last, then the cost: a table of pods is also a bill.
    ranks = {"status": 0, "name": 0, "gpus": 1, "cost": 2}
    return tuple(c._replace(rank=ranks.get(c.key, c.rank + 2)) for c in narrowed(columns))


def offer_columns(width: int) -> tuple[Column, ...]:
    """The columns of the market's pane in a terminal this wide."""
    return OFFER_COLUMNS if width >= NARROW else narrowed(OFFER_COLUMNS)


_PHASES = {
    Phase.RUNNING: ("●", "quiet"),
    Phase.IDLE: ("◌", "warn"),
    Phase.BOOTING: ("◔", "accent"),
    Phase.STOPPED: ("■", "muted"),
    Phase.OUTBID: ("▼", "bad"),
    Phase.ERROR: ("▲", "bad"),
    Phase.ENDED: ("✕", "muted"),
    Phase.UNREADABLE: ("?", "bad"),
    Phase.OTHER: ("◆", "accent"),
}


def phase_cell(row: PodRow, now: float, room: int = 13) -> Cell:
    """Glyph and word; the duration, for pods that cost money without working, if there is room for it."""
    if row.doing:
        # A requested action comes before RunPod's last status.
        return (("▸ ", "accent"), (row.doing, "accent"), ("?" if row.lost else "", "warn"))
    glyph, role = _PHASES[row.phase]
    alert = row.alert
    if alert is not None and alert.kind not in _STATES.get(row.phase, ()):
        return _alert_cell(alert, room)
    tail = ""
    if row.phase is Phase.IDLE:
        tail = f" {fmt.short_duration(row.idle_for)}"
    elif row.phase is Phase.BOOTING and row.since is not None:
        waited = max(0.0, now - row.since)
        tail = f" {fmt.short_duration(waited)}"
        role = "warn" if waited > BOOT_PATIENCE else role
    if len(row.word) + len(tail) + 2 > room:
        tail = ""
    if alert is not None and alert.muted:
        return ((f"{MUTED} ", "muted"), (row.word, "muted"), (tail, "muted"))
    cell: Cell = ((f"{glyph} ", role), (row.word, "muted" if row.phase is Phase.RUNNING else role), (tail, role))
    return _with_waste(cell, alert, room)


_STATES = {
    Phase.IDLE: ("idle",), Phase.BOOTING: ("boot",), Phase.OUTBID: ("outbid",), Phase.ERROR: ("pod-error",),
    Phase.UNREADABLE: ("unreadable",),
}  # fmt: skip
"""Kinds of alerts that a phase says already."""


def _alert_cell(alert: Attention, room: int) -> Cell:
    """An alert in the place of a state that hides it: a hung pod is running, for RunPod."""
    role = role_of(alert)
    tail = _alert_tail(alert)
    if len(alert.word) + len(tail) + 2 > room:
        tail = ""
    cell: Cell = ((f"{MUTED if alert.muted else SIGN} ", role), (alert.word, role), (tail, role))
    return _with_waste(cell, alert, room)


def _alert_tail(alert: Attention) -> str:
    """For how long an alert has lasted; what has not begun has no such time."""
    lasts = alert.lasts if alert.since is None or alert.lasts is None or alert.lasts > 0 else None
    return f" {fmt.short_duration(lasts)}" if lasts is not None else ""


def _with_waste(cell: Cell, alert: Attention | None, room: int) -> Cell:
    """A state with the dollars that it has wasted so far, if there is room for them."""
    if alert is None or alert.muted or alert.so_far is None or alert.so_far < 0.005:
        return cell
    far = f" {fmt.money(alert.so_far)}"
    return (*cell, (far, "text")) if width_of(cell) + len(far) <= room else cell


def util_role(value: float | None) -> str:
    return "muted" if value is None else "quiet" if value < 5 else "text"


_LEAST_NAME = 9
"""Cells of a name that are worth more than the words behind it."""


def _name(row: PodRow, role: str, marked: bool, room: int) -> Cell:
    """Selection, name, and whether the pod may be taken or is of a cluster: the name is cut before that."""
    mark: Cell = (("✓ ", "accent"),) if marked else ()
    muted: Cell = ((f" {MUTED}", "muted"),) if row.muted and row.alert is None else ()
    phrase = (*((" spot",) if row.spot else ()), *((f" {CLUSTER}",) if row.cluster else ()))
    tail: Cell = (*((word, "muted") for word in phrase), *muted)
    left = room - width_of(mark) - width_of(tail)
    if tail and room and width(row.name) > left >= _LEAST_NAME:
        return (*mark, *fit(((row.name, role),), left), *tail)
    return (*mark, (row.name, role), *tail)


def pod_cells(
    row: PodRow,
    now: float,
    block_width: int,
    marked: bool = False,
    lacks: Collection[Feature] = (),
    *,
    name_width: int = 0,
    status_width: int = 13,
) -> Cells:
    """The cells of one pod. `lacks`: what the API does not offer of it.

    block_width: cells of its GPUs; name_width: of its name, 0 for as many as it takes.
    """
    off = row.phase in (Phase.STOPPED, Phase.OUTBID, Phase.ERROR, Phase.ENDED)
    if row.phase is Phase.UNREADABLE:
        return {
            "status": phase_cell(row, now),
            REST: ((row.name or row.id, "text"), (f"  {row.reason}", "bad")),
        }
    gpu: Cell = (
        ((f"{row.gpu_count}×", "muted"), (row.gpu or ComputeKind.GPU, "muted" if off else "text"))
        if row.gpu_count
        else (("CPU only", "muted"),)
    )
    util = row.figures[UTIL.name]
    straggles = row.util_low is not None and util is not None and util - row.util_low > LAGS
    return {
        **{name: _figure(BY_NAME[name], value, lacks) for name, value in row.figures.items()},
        "status": phase_cell(row, now, status_width),
        "name": _name(row, "muted" if off else "text", marked, name_width),
        "gpu": gpu,
        "util": (
            (fmt.percent(util), util_role(util)),
            ("▾" if straggles else "%" if util is not None else "", "warn" if straggles else "quiet"),
        ),
        "gpus": blocks(row.utils, block_width, hangs=row.alert is not None and row.alert.kind in HANGS),
        "spark": ((fmt.spark(row.spark), "spark"),),
        "cost": _cost(row.cost, off, lacks),
        "uptime": ((fmt.duration(row.uptime) if row.uptime is not None else fmt.UNKNOWN, "muted"),),
        "lease": _lease(row.lease),
        "alert": ((row.alert.text, role_of(row.alert)),) if row.alert is not None else (),
        "id": ((row.id, "muted"),),
        "location": cell_or_lacking(((row.location, "muted"),), bool(row.location), Feature.LOCATION, lacks),
        "spent": ((fmt.money(row.spent), "muted"),),
        "image": ((row.image.rpartition("/")[2], "muted"),),
        "ports": ((" ".join(map(str, row.ports)), "muted"),),
    }


def _cost(cost: float | None, off: bool, lacks: Collection[Feature]) -> Cell:
    # In brackets: the price if it ran.
    cell: Cell = ((f"({fmt.price(cost)})", "quiet"),) if off else ((fmt.price(cost), "text"),)
    return cell_or_lacking(cell, cost is not None, Feature.STOPPED_COST, lacks) if off else cell


def _figure(metric: Metric, value: float | None, lacks: Collection[Feature] = ()) -> Cell:
    if value is None and metric.feature is not None and metric.feature in lacks:
        return LACKING_CELL
    if value is None:
        # Of a percent only the sign is dropped.
        return ((fmt.UNKNOWN, "muted"), *((("", "quiet"),) if metric.unit == "%" else ()))
    return ((fmt.percent(value), "text"), (_SHORT_UNITS.get(metric.unit, metric.unit), "quiet"))


def _lease(lease: tuple[str, float] | None) -> Cell:
    """podtop's pending action on the pod, and the time until it."""
    if lease is None:
        return ()
    action, left = lease
    role = "bad" if left < 600 else "warn" if left < 3600 else "text"
    return (("■ " if action == "stop" else "✕ ", role), (fmt.duration(left), role))


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

_STOCK = {3: ("▰▰▰", "good"), 2: ("▰▰▱", "text"), 1: ("▰▱▱", "warn"), 0: ("▱▱▱", "quiet")}
_STOCK_WORDS = {"medium": "med"}


def stock_cell(word: str | None) -> Cell:
    """Stock as a gauge of three and RunPod's word; a hint, as deploys fail on "High" too."""
    # The first frame needs no prices, and nothing of their history.
    from tui.store.price_history import SOME

    if word == SOME:
        return ((f"    {fmt.UNKNOWN}", "quiet"),)
    glyph, role = _STOCK[stock_rank(word)]
    text = "none" if word is None else _STOCK_WORDS.get(word.lower(), word.lower())
    return ((glyph, role), (f" {text}", "quiet" if word is None else "muted"))


def cheapest_cell(row: OfferRow) -> Cell:
    """The lowest price at which a GPU type can be rented now, and whether that is a bid; the figures align."""
    if row.cheapest is None:
        return ((fmt.UNKNOWN, "quiet"), (" " * 5, "quiet"))
    is_bid = row.lowest_bid is not None and row.lowest_bid <= row.cheapest
    return ((fmt.price(row.cheapest), "strong"), (" spot" if is_bid else " " * 5, "muted"))


def offer_cells(row: OfferRow, lacks: Collection[Feature] = ()) -> Cells:
    """The cells of one GPU type. A price is per GPU per hour; a dash if that cloud has none."""
    out = row.stock is None

    def amount(value: float | None, role: str) -> Cell:
        return ((fmt.price(value), "quiet" if value is None or out else role),)

    def bid(value: float | None) -> Cell:
        return cell_or_lacking(amount(value, "muted"), value is not None, Feature.SPOT_PRICE, lacks)

    return {
        "name": ((row.name, "muted" if out else "text"),),
        "vram": ((str(row.memory_gb) if row.memory_gb else fmt.UNKNOWN, "muted"),),
        "cheapest": cheapest_cell(row),
        "secure": amount(row.secure, "text"),
        "secure_spot": bid(row.secure_spot),
        "community": amount(row.community, "text"),
        "community_spot": bid(row.community_spot),
        "stock": stock_cell(row.stock),
    }
