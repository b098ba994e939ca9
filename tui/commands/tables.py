"""Documents as plain text: aligned columns for people, CSV for programs. Pure; no color, no symbols."""

from __future__ import annotations

import csv
import io
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, get_origin

from msgspec import Struct, structs

from tui.api.enums import ComputeKind
from tui.commands import rules
from tui.format import numbers as fmt
from tui.format.width import cut as cut_off
from tui.format.width import shown
from tui.format.width import width as width_of

UNKNOWN = "-"
GAP = "  "
_OFF = ("stopped", "outbid", "error", "terminated")
NARROWEST = 8
WRAPPED = 30
"""Cells that a shrinking column keeps: one that is cut, one that wraps."""


class Column(NamedTuple):
    """One column.

    text: its content.
    rank: when room is short the highest are dropped first; 0 never is.
    flex: whether it is cut before another column is dropped.
    wrap: whether it wraps to the next line; for the last one.
    """

    title: str
    text: Callable[[Any], str]
    rank: int = 0
    right: bool = False
    flex: bool = False
    wrap: bool = False


def cut(text: str, cells: int) -> str:
    """The text in at most that many cells, with an ellipsis if it was cut."""
    if width_of(text) <= cells:
        return text
    return cut_off(text, cells - 1) + "…" if cells > 0 else ""


def _padded(text: str, cells: int, right: bool) -> str:
    pad = " " * max(0, cells - width_of(text))
    return pad + text if right else text + pad


def aligned(columns: Sequence[Column], rows: Sequence[Any], width: int | None) -> list[str]:
    """The lines of a table, its titles first, in `width` cells; None for unlimited width, with unchanged texts."""
    drawn: Callable[[str], str] = shown if width is not None else str
    drawn_columns = [
        (column, [column.title, *(drawn(column.text(row)) or UNKNOWN for row in rows)]) for column in columns
    ]
    sizes = [max(map(width_of, texts)) for _, texts in drawn_columns]
    if width is not None:
        _squeeze([column for column, _ in drawn_columns], sizes, width)
        drawn_columns = [pair for pair, size in zip(drawn_columns, sizes, strict=True) if size]
        sizes = [size for size in sizes if size]
    lines: list[str] = []
    for index in range(len(rows) + 1):
        *cells, last = [texts[index] for _, texts in drawn_columns]
        parts = textwrap.wrap(last, sizes[-1]) if drawn_columns[-1][0].wrap and width is not None else [last]
        head = [
            _padded(cut(text, size), size, c.right)
            for text, size, (c, _) in zip(cells, sizes, drawn_columns, strict=False)
        ]
        for part in parts or [""]:
            end = _padded(cut(part, sizes[-1]), sizes[-1], drawn_columns[-1][0].right)
            line = GAP.join((*head, end)).rstrip()
            lines.append(line if width is None else cut(line, width))
            head = [" " * size for size in sizes[:-1]]
    return lines


def _squeeze(columns: Sequence[Column], sizes: list[int], width: int) -> None:
    """Make the columns fit; a dropped one becomes 0 cells wide."""
    wrap = next((n for n, column in enumerate(columns) if column.wrap), None)
    wanted = sizes[wrap] if wrap is not None else 0
    if wrap is not None:
        sizes[wrap] = min(wanted, WRAPPED)
    while (over := _taken(sizes) - width) > 0:
        loose = next((n for n, column in enumerate(columns) if column.flex), None)
        if loose is not None and over <= sizes[loose] - NARROWEST:
            sizes[loose] -= over
            break
        last = max((n for n in range(len(sizes)) if sizes[n]), key=lambda n: (columns[n].rank, n))
        if columns[last].rank == 0:
            break
        sizes[last] = 0
    if wrap is not None:
        sizes[wrap] = min(wanted, sizes[wrap] + max(0, width - _taken(sizes)))


def _taken(sizes: Sequence[int]) -> int:
    shown = [size for size in sizes if size]
    return sum(shown) + len(GAP) * (len(shown) - 1)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}%"


def _money(value: float | None) -> str:
    return "" if value is None else fmt.price(value)


def _duration(value: float | None) -> str:
    # One word, so that a column is a column for awk too.
    return "" if value is None else fmt.duration(value).replace(" ", "")


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _figure(value: float | None) -> str:
    return "" if value is None else fmt.figure(value)


def _gpu(pod: Any) -> str:
    if pod.gpu_count is None:
        return ""
    return f"{pod.gpu_count}x {pod.gpu_type or ComputeKind.GPU}" if pod.gpu_count else "no GPU"


def _of(rented: int | None, total: int | None) -> str:
    return "" if total is None else f"{UNKNOWN if rented is None else rented}/{total}"


def _pod_cost(pod: Any) -> str:
    """In brackets: its price if it ran."""
    price = _money(pod.cost_per_hr)
    return f"({price})" if price and pod.phase in _OFF else price


def _pod_name(pod: Any) -> str:
    return f"{pod.name} ({pod.unreadable})" if pod.unreadable else str(pod.name)


POD_COLUMNS = (
    Column("STATUS", lambda p: p.status.lower() if p.phase == "other" and p.status else p.phase),
    Column("NAME", _pod_name, flex=True),
    Column("ID", lambda p: p.id),
    Column("GPU", _gpu, 2),
    Column("UTIL", lambda p: _percent(p.gpu_util_percent), 1, right=True),
    Column("VRAM", lambda p: _percent(p.gpu_memory_percent), 4, right=True),
    Column("CPU", lambda p: _percent(p.cpu_percent), 6, right=True),
    Column("MEM", lambda p: _percent(p.memory_percent), 7, right=True),
    Column("$/H", _pod_cost, 0, right=True),
    Column("UPTIME", lambda p: _duration(p.uptime_s), 3, right=True),
    Column("IDLE", lambda p: _duration(p.idle_s), 5, right=True),
    Column("BILLING", lambda p: "" if p.spot is None else "spot" if p.spot else "on-demand", 8),
    Column("LOCATION", lambda p: p.data_center or p.location or "", 9),
)

_TOTAL = Column("TOTAL", lambda o: _money(o.price_per_hr), 1, right=True)
"""For all the requested GPUs: shown if they are more than one."""

OFFER_COLUMNS = (
    Column("GPU", lambda o: o.name, flex=True),
    Column("VRAM", lambda o: _count(o.memory_gb), 2, right=True),
    Column("CLOUD", lambda o: o.cloud),
    Column("$/GPU/H", lambda o: _money(o.price_per_gpu_hr), right=True),
    Column("SPOT", lambda o: _money(o.lowest_bid_per_gpu_hr), 1, right=True),
    _TOTAL,
    Column("STOCK", lambda o: (o.stock or "none").lower(), 1),
    Column("RENTED", lambda o: _percent(o.rented_percent), 4, right=True),
    Column("MAX", lambda o: _count(o.max_count), 5, right=True),
    Column("REGION", lambda o: o.country or "", 6),
    Column("ID", lambda o: o.gpu_id, 3),
)

ALERT_COLUMNS = (
    Column("SEVERITY", lambda a: a.grade),
    Column("ALERT", lambda a: a.alert),
    Column("POD", lambda a: a.pod_name or "", flex=True),
    Column("ID", lambda a: a.pod_id or "", 1),
    Column("DETAILS", lambda a: f"muted: {a.text}" if a.muted else a.text, wrap=True),
)

HOST_COLUMNS = (
    Column("NAME", lambda h: f"{h.name or ''} ({h.unreadable})" if h.unreadable else h.name or "", flex=True),
    Column("ID", lambda h: h.id or ""),
    Column("GPU", lambda h: h.gpu_type or "", 1),
    Column("RENTED", lambda h: _of(h.gpus_rented, h.gpus), right=True),
    Column("UTIL", lambda h: _percent(h.gpu_util_percent), 2, right=True),
    Column("$/GPU/H", lambda h: _money(h.price_per_gpu_hr), 3, right=True),
    Column("MIN BID", lambda h: _money(h.least_bid_per_gpu_hr), 6, right=True),
    Column("LISTED", lambda h: "" if h.listed is None else "yes" if h.listed else "no", 4),
    Column("UP 7D", lambda h: "" if h.uptime_week_percent is None else f"{h.uptime_week_percent:.1f}%", 5, right=True),
    Column("EARNED $", lambda h: _money(h.earned_usd), 3, right=True),
    Column("MAINTENANCE", lambda h: h.maintenance_start or "", 7),
    Column("LOCATION", lambda h: h.location or "", 8),
)

RULE_COLUMNS = (
    Column("ALERT", lambda r: r.alert),
    Column("SEVERITY", lambda r: r.grade, 3),
    Column("HOLD", lambda r: _duration(r.hold_s) if r.hold_s else "", 1, right=True),
    Column("NOTIFIES", rules.rings, 1),
    Column("NOW", rules.now_text, flex=True),
    Column("RAISED WHEN", rules.whole_signal, wrap=True),
)

RUN_COLUMNS = (
    Column("POD", lambda r: r.pod, flex=True),
    Column("STARTED", lambda r: r.started or ""),
    Column("LASTED", lambda r: _duration(r.lasted_s), 3, right=True),
    Column("STEP", lambda r: "" if r.step is None else f"{r.step:,}", 1, right=True),
    Column("LOSS", lambda r: r.not_finite or _figure(r.loss), right=True),
    Column("LOWEST", lambda r: _figure(r.lowest), 2, right=True),
    Column("EVAL LOSS", lambda r: _figure(r.eval_loss), 4, right=True),
    Column("TOKENS/S", lambda r: _figure(r.tokens_per_s), 5, right=True),
)
"""Of `run_points.RunSummary`."""

COLUMNS = {
    "runs": RUN_COLUMNS,
    "rules": RULE_COLUMNS,
    "pods": POD_COLUMNS,
    "market": OFFER_COLUMNS,
    "alerts": ALERT_COLUMNS,
    "hosts": HOST_COLUMNS,
}


def table(kind: str, items: Sequence[Any], width: int | None) -> list[str]:
    """Lines for people; an empty table has none."""
    if not items:
        return []
    if kind == "market" and all(offer.gpu_count == 1 for offer in items):
        return aligned([column for column in OFFER_COLUMNS if column is not _TOTAL], items, width)
    if kind == "runs":
        from tui.commands.run_points import summaries

        return aligned(RUN_COLUMNS, summaries(items), width)
    if kind != "account":
        return aligned(COLUMNS[kind], items, width)
    pairs = [(name, cell(value)) for name, value in fields(items[0]).items()]
    lists = {name: getattr(items[0], name) for name in items[0].__struct_fields__ if name not in dict(pairs)}
    pairs += [(name, f"{len(value)} (see --json)") for name, value in lists.items()]
    return aligned((Column("FIELD", lambda p: p[0]), Column("VALUE", lambda p: p[1])), pairs, width)


def fields(item: Struct) -> dict[str, object]:
    """The scalar fields of an item."""
    return {name: getattr(item, name) for name in flat(type(item))}


def cell(value: object) -> str:
    """A value in CSV form: empty if unknown."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)


def csv_header(kind: str, item: type[Struct], *, named: bool = False) -> str:
    """The names of the columns: the time, then the scalar fields; `named`: last the profile."""
    last = ("profile",) if named else ()
    if kind == "account":
        return _line(("at", "field", "value", *last))
    return _line(("at", *flat(item), *last))


def flat(item: type[Struct]) -> tuple[str, ...]:
    """The names of the scalar fields of a type."""
    return tuple(field.name for field in structs.fields(item) if get_origin(field.type) is not tuple)


def csv_rows(kind: str, at: str, items: Sequence[Any], profile: str | None = None) -> str:
    """One row for each item; for the account one for each field. `profile`: of several accounts the one it is of."""
    last = () if profile is None else (profile,)
    if kind == "account":
        return "".join(_line((at, name, cell(value), *last)) for item in items for name, value in fields(item).items())
    return "".join(_line((at, *map(cell, fields(item).values()), *last)) for item in items)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
