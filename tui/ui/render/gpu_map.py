"""The map of GPUs in signs, and what they mean. Pure; where each stands is in `primitives/gpu_plan.py`."""

from __future__ import annotations

from collections.abc import Iterable

from tui.store.views.gpu_map import Doing, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part
from tui.ui.render.gpus import SIGNS, sign

SLACK = 14.0
"""Points beyond its shade that a utilization may go for longer than one response: noise is not sent to the terminal."""

_SPAN = 100.0 / ramp.STEPS
_MOST = 50_000
_CELLS = {
    shades: [ramp.cell((step + 0.5) / ramp.STEPS, shades) for step in range(ramp.STEPS)] for shades in (True, False)
}


class Signs:
    """The GPUs of pods as cells, each in the shade it had before while that is about right."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], int] = {}
        self._beyond: dict[tuple[str, int], float] = {}
        self._live: float | None = None

    def follow(self, live: float | None) -> None:
        """The GPUs are about to be drawn. `live`: as they are now, of a response at this instant; None: of the past.

        Only then is the shade before a measure: what was loaded or looked at in history came in any order.
        """
        if live is None or self._live is None:
            self._steps.clear()
            self._beyond.clear()
        self._live = live

    def of_pod(self, pod: str, spots: Iterable[Spot], shades: bool) -> Cell:
        """The GPUs of one pod, a cell for each. `shades`: see `ramp.cell`."""
        if len(self._steps) > _MOST:
            self._steps.clear()
            self._beyond.clear()
        cells = _CELLS[shades]
        return tuple(
            sign(spot, shades) if spot.util is None or spot.doing in SIGNS else cells[self._step(pod, index, spot.util)]
            for index, spot in enumerate(spots)
        )

    def _step(self, pod: str, index: int, util: float) -> int:
        """The shade of a GPU: another one once two responses in a row are beyond the one it has."""
        gpu = pod, index
        old, at = self._steps.get(gpu), self._live
        if old is not None and old * _SPAN - SLACK <= util < (old + 1) * _SPAN + SLACK:
            self._beyond.pop(gpu, None)
            return old
        if old is None or at is None or self._beyond.setdefault(gpu, at) < at:
            self._beyond.pop(gpu, None)
            old = self._steps[gpu] = ramp.step(util / 100)
        return old


def legend(shades: bool, width: int) -> tuple[Part, ...]:
    """The meaning of shades and signs; shorter in narrow panes."""
    scale: Cell = (
        tuple(("█", role) for role in ramp.HEAT) if shades else tuple((glyph, "spark") for glyph in ramp.HEIGHTS)
    )
    if width < 58:
        brief = ((Doing.IDLE, "idle"), (Doing.HUNG, "hung"))
        return (*scale, *(part for doing, word in brief for part in _explained(" ", doing, word)))
    long = width >= 80
    texts = {
        Doing.IDLE: "idle (<5%)" if long else "idle", Doing.HUNG: "hung", Doing.HOT: "hot",
        Doing.BOOTING: "booting" if long else "boot", Doing.UNKNOWN: "unknown",
    }  # fmt: skip
    signs = (part for doing, word in texts.items() for part in _explained("  ", doing, word))
    return (("0 ", "muted"), *scale, (" 100%", "muted"), *signs)


def _explained(before: str, doing: Doing, word: str) -> tuple[Part, Part]:
    glyph, role = SIGNS[doing]
    return (f"{before}{glyph}", role), (f" {word}", "muted")
