"""The map of GPUs in signs, and what they mean. Pure; where each stands is in `primitives/gpu_plan.py`."""

from __future__ import annotations

from collections.abc import Iterable

from tui.store.views.gpu_map import Doing, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part
from tui.ui.render.gpus import SIGNS, sign


def signs(spots: Iterable[Spot], shades: bool) -> Cell:
    """The GPUs of a pod, a cell for each. `shades`: see `ramp.cell`."""
    return tuple(sign(spot, shades) for spot in spots)


def legend(shades: bool, width: int) -> tuple[Part, ...]:
    """The meaning of shades and signs; shorter in narrow panes."""
    scale: Cell = (
        tuple(("█", role) for role in ramp.HEAT) if shades else tuple((glyph, "spark") for glyph in ramp.HEIGHTS)
    )
    if width < 56:
        brief = ((Doing.IDLE, "idle"), (Doing.HUNG, "hung"))
        return (*scale, *(part for doing, word in brief for part in _explained(" ", doing, word)))
    long = width >= 80
    words = {
        Doing.IDLE: "idle (<5%)" if long else "idle", Doing.HUNG: "hung", Doing.HOT: "hot",
        Doing.BOOTING: "booting" if long else "boot", Doing.UNKNOWN: "unknown",
    }  # fmt: skip
    signs = (part for doing, word in words.items() for part in _explained("  ", doing, word))
    return (("0 ", "muted"), *scale, (" 100%", "muted"), *signs)


def _explained(before: str, doing: Doing, word: str) -> tuple[Part, Part]:
    glyph, role = SIGNS[doing]
    return (f"{before}{glyph}", role), (f" {word}", "muted")
