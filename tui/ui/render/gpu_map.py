"""The map of GPUs in signs, and what they mean. Pure; where each stands is in `primitives/gpu_plan.py`."""

from __future__ import annotations

from collections.abc import Iterable

from tui.store.views.gpu_map import Doing, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part, width_of
from tui.ui.render.gpus import SIGNS, sign

SLACK = 14.0
"""Points beyond its shade that a utilization may go before the shade changes."""

SOON = 15.0
"""Seconds between two responses up to which the second is waited for: with a longer interval it would be too long."""

_SPAN = 100.0 / ramp.STEPS
_MOST = 50_000
_CELLS = {
    shades: [ramp.cell((step + 0.5) / ramp.STEPS, shades) for step in range(ramp.STEPS)] for shades in (True, False)
}


class Signs:
    """The GPUs of pods as cells, each as it was before while that is about right.

    A sign is there with the response that says so. Another shade, or another colour of the same sign, is there once two
    responses in a row say so: one alone is noise, and would be sent to the terminal for nothing.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], int] = {}
        self._drawn: dict[tuple[str, int], Part] = {}
        self._unsettled: dict[tuple[str, int], float] = {}
        self._live: float | None = None
        self._waits = self._shades = False

    def follow(self, live: float | None, shades: bool) -> None:
        """The GPUs are about to be drawn. `live`: as they are now, of a response at this instant; None: of the past.

        Only then is the cell before a measure: what was loaded or looked at in history came in any order.
        shades: see `ramp.cell`.
        """
        if live is None or self._live is None or shades != self._shades:
            self._clear()
        elif live > self._live:
            self._waits = live - self._live <= SOON
        self._live, self._shades = live, shades

    def _clear(self) -> None:
        for each in (self._steps, self._drawn, self._unsettled):
            each.clear()
        self._waits = False

    def of_pod(self, pod: str, spots: Iterable[Spot]) -> Cell:
        """The GPUs of one pod, a cell for each."""
        if len(self._drawn) > _MOST:
            self._clear()
        return tuple(self._cell((pod, index), spot) for index, spot in enumerate(spots))

    def _cell(self, gpu: tuple[str, int], spot: Spot) -> Part:
        old, step = self._drawn.get(gpu), None
        if spot.util is None or spot.doing in SIGNS:
            cell = sign(spot, self._shades)
            is_minor = old is not None and cell[0] == old[0]
        else:
            step = self._step(gpu, spot.util)
            cell = _CELLS[self._shades][step]
            is_minor = gpu in self._steps
        if old == cell:
            self._unsettled.pop(gpu, None)
            return cell
        if is_minor and old is not None and self._waits and self._is_first(gpu):
            return old
        self._unsettled.pop(gpu, None)
        self._drawn[gpu] = cell
        self._steps.pop(gpu, None)
        if step is not None:
            self._steps[gpu] = step
        return cell

    def _is_first(self, gpu: tuple[str, int]) -> bool:
        """Whether the last response is the first that wants another cell for a GPU."""
        return self._live is not None and self._unsettled.setdefault(gpu, self._live) == self._live

    def _step(self, gpu: tuple[str, int], util: float) -> int:
        old = self._steps.get(gpu)
        if old is not None and old * _SPAN - SLACK <= util < (old + 1) * _SPAN + SLACK:
            return old
        return ramp.step(util / 100)


def legend(shades: bool, width: int) -> tuple[Part, ...]:
    """The meaning of shades and signs, as many as there is room for: those that cost most come first."""
    scale: Cell = (
        tuple(("█", role) for role in ramp.HEAT) if shades else tuple((glyph, "spark") for glyph in ramp.HEIGHTS)
    )
    is_long = width >= 80
    texts = {
        Doing.IDLE: "idle (<5%)" if is_long else "idle", Doing.LAGS: "lags", Doing.HUNG: "hung", Doing.HOT: "hot",
        Doing.BOOTING: "booting" if is_long else "boot", Doing.UNKNOWN: "unknown",
    }  # fmt: skip
    parts: Cell = (("0 ", "muted"), *scale, (" 100%", "muted")) if width >= _SCALED else scale
    for doing, word in texts.items():
        glyph, role = SIGNS[doing]
        longer: Cell = (*parts, ("  " if width >= _SCALED else " ", "muted"), (glyph, role), (f" {word}", "muted"))
        if width_of(longer) > width:
            break
        parts = longer
    return parts


_SCALED = 58
"""Cells of a pane from which on the ends of the scale are named."""
