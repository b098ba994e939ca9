"""Rows of the tables: figures to cells with roles. Pure, one function per table."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tui.api.enums import ComputeKind
from tui.api.features import Feature
from tui.domain.pod_health import BOOT_PATIENCE, BUSY_PERCENT, Phase
from tui.format import numbers as fmt
from tui.format.width import width
from tui.store.metrics import BY_NAME, UTIL
from tui.store.views.offer_rows import stock_rank
from tui.ui.primitives.cells import Cell, fit, width_of
from tui.ui.render.attention import MUTED, SIGN, role_of
from tui.ui.render.facts import LACKING_CELL, cell_or_lacking
from tui.ui.render.gpu_blocks import HANGS, LAGS, blocks
from tui.ui.render.row_columns import alert_tail, brief
from tui.ui.widgets.table import REST, Cells

if TYPE_CHECKING:
    from tui.domain.attention import Attention
    from tui.store.metrics import Metric
    from tui.store.views.offer_rows import OfferRow
    from tui.store.views.pods import PodRow

_SHORT_UNITS = {"°C": "°"}

CLUSTER = "cluster"
"""Behind the name of a pod that is a member of a cluster."""

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
    tail = alert_tail(alert)
    if len(alert.word) + len(tail) + 2 > room:
        tail = ""
    cell: Cell = ((f"{MUTED if alert.muted else SIGN} ", role), (alert.word, role), (tail, role))
    return _with_waste(cell, alert, room)


def _with_waste(cell: Cell, alert: Attention | None, room: int) -> Cell:
    """A state with the dollars that it has wasted so far, if there is room for them."""
    if alert is None or alert.muted or alert.so_far is None or alert.so_far < 0.005:
        return cell
    far = f" {fmt.money(alert.so_far)}"
    return (*cell, (far, "text")) if width_of(cell) + len(far) <= room else cell


def util_role(value: float | None, loud: bool = False) -> str:
    """The role of a utilization; of a pod that needs attention (`loud`) one without work is marked."""
    if value is None:
        return "muted"
    return "text" if value >= BUSY_PERCENT else "warn" if loud else "quiet"


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
    util, loud = row.figures[UTIL.name], row.alert is not None and not row.alert.muted
    straggles = row.util_low is not None and util is not None and util - row.util_low > LAGS
    return {
        **{name: _figure(BY_NAME[name], value, lacks) for name, value in row.figures.items()},
        "status": phase_cell(row, now, status_width),
        "name": _name(row, "muted" if off else "text", marked, name_width),
        "gpu": gpu,
        "util": (
            (fmt.percent(util), util_role(util, loud)),
            ("▾" if straggles else "%" if util is not None else "", "warn" if straggles else "quiet"),
        ),
        "gpus": blocks(row.utils, block_width, hangs=row.alert is not None and row.alert.kind in HANGS, loud=loud),
        "spark": ((fmt.spark(row.spark), "spark"),),
        "cost": _cost(row.cost, off, lacks),
        "uptime": ((fmt.duration(row.uptime) if row.uptime is not None else fmt.UNKNOWN, "muted"),),
        "lease": _lease(row.lease),
        "alert": ((brief(row.alert), role_of(row.alert)),) if row.alert is not None else (),
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
