"""Single GPUs in cells: signs and shades, rows of their own, a line of words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.format import numbers as fmt
from tui.store.views.gpu_map import Doing, Gpu, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part, fit, width_of, wrap
from tui.ui.render.attention import SIGN, role_of
from tui.ui.render.facts import cell_or_lacking
from tui.ui.render.gpu_blocks import block_of
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.domain.attention import Attention

SIGNS: Mapping[Doing, Part] = {
    Doing.IDLE: ("◌", "warn"),
    Doing.LAGS: ("▾", "warn"),
    Doing.HUNG: ("▲", "bad"),
    Doing.HOT: ("°", "bad"),
    Doing.BOOTING: ("◔", "muted"),
    Doing.UNKNOWN: ("?", "quiet"),
}
"""What stands in place of a shade: how much a GPU works is then not what matters."""

SPARK = 10
"""Minutes of utilization in a row of a GPU."""


def sign(spot: Spot, shades: bool) -> Part:
    """A GPU as one cell. `shades`: see `ramp.cell`."""
    matches = SIGNS.get(spot.doing)
    if matches is None:
        return ramp.cell((spot.util or 0.0) / 100, shades)
    return matches[0], _role(spot.doing, matches[1], spot.loud)


def _role(doing: Doing, usual: str, loud: bool) -> str:
    """The color of a sign: without work, a GPU is bright only if that needs attention."""
    return ("warn" if loud else "muted") if doing in (Doing.IDLE, Doing.BOOTING) else usual


# A row for each GPU


def number_of(count: int, name: str) -> str:
    """How many GPUs of which type, in a few letters; the type may be unknown."""
    return f"{count}×{name}" if name else f"{count} GPU{'' if count == 1 else 's'}"


def columns(width: int) -> tuple[Column, ...]:
    """The columns of a table of GPUs that is this wide."""
    bar = 40 if width >= 190 else 24 if width >= 150 else 14 if width >= 100 else 7 if width >= 64 else 3
    return (
        Column("gpu", "GPU", 3, 0),
        Column("util", "UTIL", bar + 5, 1),
        Column("vram", "VRAM", bar + 5 if bar > 3 else 4, 2),
        Column("temp", "°C", 3, 4, right=True),
        Column("power", "POWER", 9, 5, right=True),
        Column("spark", "10 MIN", SPARK, 6),
        Column("state", "STATE", 12, 0, flex=True),
    )


def cells(gpu: Gpu, width_of: Mapping[str, int], lacks: Collection[Feature] = ()) -> Cells:
    """The cells of one GPU. `width_of`: cells of the columns with bars; lacks: what the API does not offer of it."""
    temp: Cell = ((fmt.percent(gpu.temp), "bad" if gpu.doing is Doing.HOT else "muted"),)
    return {
        "gpu": ((f"{gpu.index:>2}", "muted"),),
        "util": _bar(gpu.util, width_of["util"], "warn" if gpu.doing is Doing.IDLE and gpu.loud else "text"),
        "vram": _bar(gpu.vram, width_of["vram"], "text"),
        "temp": cell_or_lacking(temp, gpu.temp is not None, Feature.GPU_TEMPERATURE, lacks),
        "power": cell_or_lacking(_watts(gpu), gpu.watts is not None, Feature.GPU_POWER, lacks),
        "spark": ((fmt.spark(gpu.spark), "spark"),),
        "state": state(gpu),
    }


def _bar(value: float | None, width: int, role: str) -> Cell:
    filled, empty = fmt.bar(value, width - 5)
    number = f"{fmt.percent(value):>3}" + ("%" if value is not None else " ")
    gap = " " if width > 5 else ""
    # Without a value there is no bar, which would look like an idle GPU.
    blank = " " * max(0, width - 5 - len(filled) - len(empty))
    return ((filled, "spark"), (empty + blank + gap, "rule"), (number, role if value is not None else "muted"))


def _watts(gpu: Gpu, space: str = "") -> Cell:
    if gpu.watts is None:
        return ((fmt.UNKNOWN, "muted"),)
    of = f"/{gpu.nominal:.0f}" if gpu.nominal is not None else ""
    return ((f"{gpu.watts:.0f}", "muted"), (f"{of}{space}W", "quiet"))


def state(gpu: Gpu) -> Cell:
    """What a GPU does, and since when: loud if that needs attention."""
    if gpu.doing is Doing.WORKS:
        return (("busy", "quiet"),)
    glyph, role = SIGNS[gpu.doing]
    return ((f"{glyph} {gpu.doing.value}{_lasts(gpu)}", _role(gpu.doing, role, gpu.loud)),)


def _lasts(gpu: Gpu) -> str:
    if gpu.since is None or gpu.since < 1:
        return ""
    return f" {'≥' if gpu.at_least else ''}{fmt.short_duration(gpu.since)}"


def words(name: str, gpu: Gpu, brief: bool = False) -> str:
    """One GPU in a line: pod, number, utilization, power, temperature, state and cost; what is unknown is left out.

    brief: only what it is and does, for narrow terminals.
    """
    drawn = None if gpu.watts is None else f"{gpu.watts:.0f} W"
    if drawn and gpu.nominal is not None:
        drawn += f" of {gpu.nominal:.0f}"
    doing = "".join(text for text, _ in state(gpu)).lstrip("◌▾▲°◔? ")
    if gpu.doing is Doing.UNKNOWN and gpu.last is not None:
        doing += f" (last {gpu.last:.0f}%)"
    if brief:
        util = None if gpu.util is None else f"{gpu.util:.0f}%"
        shown = doing if gpu.doing is not Doing.WORKS else None
        return "  ".join(part for part in (f"{fmt.clip(name, 12)} {gpu.index}", util, shown) if part)
    parts = (
        f"{name} GPU {gpu.index}",
        None if gpu.util is None else f"{gpu.util:.0f}%",
        drawn,
        None if gpu.temp is None else f"{gpu.temp:.0f} °C",
        doing if gpu.doing is not Doing.WORKS else None,
        None if gpu.cost is None else f"{fmt.money(gpu.cost)}/h",
    )
    return "  ".join(part for part in parts if part)


# The GPUs of one pod in few lines


def strip(gpus: Sequence[Gpu], alert: Attention | None, width: int, height: int) -> tuple[Cell, ...]:
    """The GPUs of a pod in up to `height` lines, side by side if they must; above them what is wrong, in a sentence.

    alert: what needs attention about the pod.
    """
    head: tuple[Cell, ...] = ()
    if alert is not None and height > 2:
        head = wrap(((f"{SIGN} {alert.text}", role_of(alert)),), width)[: max(1, height // 3, height - len(gpus))]
    left = height - len(head)
    if not gpus or left <= 0:
        return head
    beside = -(-len(gpus) // left)
    room = (width + 3) // beside - 3
    while beside > 1 and room < _SHORTEST:
        beside -= 1
        room = (width + 3) // beside - 3
    down = -(-len(gpus) // beside)
    rows: list[Cell] = []
    for line in range(min(down, left)):
        # The only one costs what its pod does, which is said already.
        shown = [fit(_brief(gpus[at], room, priced=len(gpus) > 1), room) for at in range(line, len(gpus), down)]
        rows.append(
            tuple(part for number, cell in enumerate(shown) for part in ((("   " * (number > 0)), "text"), *cell))
        )
    return (*head, *rows)


_SHORTEST = 12


def _brief(gpu: Gpu, room: int, priced: bool) -> Cell:
    """One GPU in a line of its own: what matters least is left out where room is short."""
    is_idle = gpu.doing is Doing.IDLE and gpu.loud
    util: Cell = (
        (f"{fmt.percent(gpu.util):>3}", "warn" if is_idle else "text"),
        ("% " if gpu.util is not None else "  ", "quiet"),
    )
    number: Cell = ((f"{gpu.index:>2} ", "muted"),)
    glyph, role = block_of(gpu.util, is_marked=gpu.loud)
    block: Cell = ((glyph, "warn" if gpu.doing is Doing.LAGS else role), (" ", "text"))
    vram: Cell = (
        (" VRAM ", "quiet"),
        (f"{fmt.percent(gpu.vram):>3}", "muted"),
        ("% " if gpu.vram is not None else "  ", "quiet"),
    )
    temp: Cell = ((f" {fmt.percent(gpu.temp):>3}", "muted"), ("° ", "quiet")) if gpu.temp is not None else ()
    watts: Cell = ((" ", "text"), *fit(_watts(gpu), 9, right=True), (" ", "text")) if gpu.watts is not None else ()
    spark: Cell = ((" ", "text"), (fmt.spark(gpu.spark), "spark"), (" ", "text")) if gpu.spark else ()
    cost: Cell = ((f"  {fmt.money(gpu.cost)}/h", "muted"),) if priced and gpu.cost is not None else ()
    tail: Cell = ((" ", "text"), *state(gpu))
    for middle, end in (
        ((*spark, *vram, *temp, *watts), cost),
        ((*spark, *vram, *temp, *watts), ()),
        ((*vram, *temp, *watts), ()),
        ((*temp, *watts), ()),
        (watts, ()),
    ):
        whole = (*number, *block, *util, *middle, *tail, *end)
        if width_of(whole) <= room:
            return whole
    return (*number, *block, *util, *tail)
