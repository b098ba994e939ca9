"""GPUs that need attention in a list of lines: which ones of which pods, since when, what they waste. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tui.format import numbers as fmt
from tui.format.width import width as cells
from tui.store.views.gpu_map import Gpu
from tui.ui.primitives.cells import Cell, Part, fit, width_of
from tui.ui.render.gpus import state

_GAP: Part = ("  ", "text")


class _Alike(NamedTuple):
    """GPUs of a pod that do the same for the same time, and what they waste together."""

    pod: str
    which: str
    does: Cell
    wasted: str


def listed(pods: Iterable[tuple[str, Sequence[Gpu]]], width: int, height: int, which: str = "GPUs") -> tuple[Cell, ...]:
    """These GPUs, by the names of their pods, in up to `height` lines with a gap and a title; `which` GPUs they are."""
    rows = [alike for name, gpus in pods for alike in _rows(name, gpus)]
    fits = len(rows) <= height - 2
    # A gap, the title, one GPU, and how many more there are.
    if not rows or not (fits or height >= 4):
        return ()
    # The last line says how many there are no lines for.
    shown = rows if fits else rows[: height - 3]
    named = min(max(cells(row.pod) for row in shown), width // 3)
    numbers = max(len(row.which) for row in shown)
    does = max(width_of(row.does) for row in shown)
    wasted = max(len(row.wasted) for row in shown)
    lines: list[Cell] = [(), ((fmt.clip(f"{which} that need attention", width), "quiet"),)]
    before = ""
    for row in shown:
        name = fit(((row.pod if row.pod != before else "", "text"),), named)
        line: Cell = (*name, _GAP, (row.which.ljust(numbers), "text"), _GAP, *fit(row.does, does))
        whole: Cell = (*line, _GAP, (row.wasted.rjust(wasted), "text"))
        lines.append(whole if width_of(whole) <= width else fit(line, width))
        before = row.pod
    if not fits:
        lines.append(((fmt.clip(f"and {len(rows) - len(shown)} more", width), "muted"),))
    return tuple(lines)


def _rows(name: str, gpus: Sequence[Gpu]) -> Iterator[_Alike]:
    for does, same in groupby(gpus, key=state):
        alike = list(same)
        known = [gpu.wasted for gpu in alike if gpu.wasted is not None]
        # A sum without one of them would be less than what they waste.
        wasted = f"{fmt.money(sum(known))}/h" if len(known) == len(alike) else fmt.UNKNOWN
        yield _Alike(name, _numbers([gpu.index for gpu in alike]), does, wasted)


def _numbers(indexes: Sequence[int]) -> str:
    """Which GPUs: of several in a row the first and the last."""
    first, last = indexes[0], indexes[-1]
    if len(indexes) == 1:
        return f"GPU {first}"
    in_a_row = last - first + 1 == len(indexes)
    return f"GPUs {first}-{last}" if in_a_row else f"GPUs {','.join(map(str, indexes))}"
