"""The GPUs of a pod as blocks in its row: one for each, as high as its utilization. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tui.domain.pod_health import BUSY_PERCENT
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part
from tui.ui.render.row_columns import BLOCKS, MOST_BLOCKS

HANGS = ("hung", "latched")
"""Kinds of alerts about GPUs that only say that they work."""

LAGS = 20.0
"""Percent points below the mean of its pod at which a GPU is marked."""


def blocks(utils: Sequence[float | None], room: int, hangs: bool = False, loud: bool = False) -> Cell:
    """The utilization of each GPU as a block of its height; where there are too many, how many have which utilization.

    An idle one is marked beside others that work, and in a pod that needs attention (`loud`); an unknown one is no low
    block. hangs: whether the GPUs only say that they work.
    """
    if not utils:
        return ()
    if len(utils) > min(room, MOST_BLOCKS):
        return _histogram(utils, loud)
    if hangs:
        return _joined(
            [(text, "bad" if role == "spark" else role) for text, role in (block_of(u, False) for u in utils)]
        )
    known = [util for util in utils if util is not None]
    is_marked, mean = loud or any(util >= BUSY_PERCENT for util in known), sum(known) / max(1, len(known))
    return _joined([block_of(util, is_marked, mean) for util in utils])


def block_of(util: float | None, is_marked: bool, mean: float = 0.0) -> Part:
    """The block of one GPU: only an idle one has the lowest.

    is_marked: whether an idle one is marked; mean: the utilization of all of the pod.
    """
    if util is None:
        return "?", "quiet"
    if util < BUSY_PERCENT:
        return ramp.BARS[0], "warn" if is_marked else "muted"
    return max(ramp.bar(util / 100), ramp.BARS[1]), "warn" if mean - util > LAGS else "spark"


def _histogram(utils: Sequence[float | None], loud: bool) -> Cell:
    """Eight bars, for an eighth of the utilization each: as high as the share of the GPUs that have it."""
    known = [util for util in utils if util is not None]
    if not known:
        return (("?" * BLOCKS, "quiet"),)
    counts = [0] * BLOCKS
    for util in known:
        counts[ramp.step(util / 100)] += 1
    parts = [(ramp.bar((count - 0.5) / len(known)) if count else " ", "spark") for count in counts]
    idle = sum(util < BUSY_PERCENT for util in known)
    if idle > 0 and (loud or idle < len(known)):
        parts[0] = (parts[0][0], "warn")
    return _joined(parts)


def _joined(parts: Sequence[Part]) -> Cell:
    return tuple(("".join(text for text, _ in same), role) for role, same in groupby(parts, key=lambda part: part[1]))
