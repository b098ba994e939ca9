"""The map of GPUs in signs, and what they mean. Pure; where each stands is in `primitives/gpu_plan.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from tui.store.views.gpu_map import Doing, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part, width_of
from tui.ui.render.gpus import SIGNS, sign

SLACK = 14.0
"""Points beyond its shade that a utilization may go before the shade changes."""

HOLD = 30.0
"""Seconds for which a GPU must work more or less, or idle, before the map says so."""

SOON = 15.0
"""Seconds between two responses up to which it is waited for: with a longer interval it would be too long."""

_SPAN = 100.0 / ramp.STEPS
_MOST = 50_000
_CELLS = {
    shades: [ramp.cell((step + 0.5) / ramp.STEPS, shades) for step in range(ramp.STEPS)] for shades in (True, False)
}


class _Drawn(Struct):
    """A cell as it was drawn last, and with which response; its step, if it is a shade.

    calm:  whether it is a shade, or says that a GPU idles: a moment of either needs no person.
    since: the response since which all of them wanted another cell than this.
    """

    cell: Part
    step: int | None
    calm: bool
    at: float
    since: float | None = None


class Signs:
    """The GPUs of pods as cells, each as it was before while that is about right.

    That a GPU works more or less, or idles, is there once it has lasted for half a minute: less is noise, as when a run
    saves, and would be sent to the terminal for nothing. All other signs are there with the response that says so.
    """

    def __init__(self) -> None:
        self._drawn: dict[tuple[str, int], _Drawn] = {}
        self._live: float | None = None
        self._before = -math.inf
        self._shades = False

    def follow(self, live: float | None, shades: bool) -> None:
        """The GPUs are about to be drawn. `live`: as they are now, of a response at this instant; None: of the past.

        Only then is the cell before a measure: what was loaded or looked at in history came in any order.
        shades: see `ramp.cell`.
        """
        if live is None or self._live is None or shades != self._shades:
            self._drawn.clear()
        elif live > self._live:
            self._before = self._live
        self._live, self._shades = live, shades

    def of_pod(self, pod: str, spots: Iterable[Spot]) -> Cell:
        """The GPUs of one pod, a cell for each."""
        if len(self._drawn) > _MOST:
            self._drawn.clear()
        return tuple(self._cell((pod, index), spot) for index, spot in enumerate(spots))

    def _cell(self, gpu: tuple[str, int], spot: Spot) -> Part:
        old, live = self._drawn.get(gpu), self._live
        if spot.util is None or spot.doing in SIGNS:
            cell, step = sign(spot, self._shades), None
        else:
            step = _step(spot.util, None if old is None else old.step)
            cell = _CELLS[self._shades][step]
        if live is None:
            return cell
        calm = step is not None or spot.doing is Doing.IDLE
        if old is not None and cell != old.cell and calm and old.calm:
            # What was not on the screen with the response before may be of an hour ago.
            is_recent = old.at >= self._before >= live - SOON
            since = live if old.since is None else old.since
            if is_recent and live - since < HOLD:
                old.at, old.since = live, since
                return old.cell
        self._drawn[gpu] = _Drawn(cell, step, calm, live)
        return cell


def _step(util: float, old: int | None) -> int:
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
