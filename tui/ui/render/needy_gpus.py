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

_LEAST_NAMED = 5
"""Cells of a pod's name, at least."""


class _Alike(NamedTuple):
    """GPUs of a pod that do the same for the same time, and what they waste together."""

    pod: str
    which: str
    does: Cell
    wasted: str


def listed(
    pods: Iterable[tuple[str, Sequence[Gpu]]],
    width: int,
    height: int,
    which: str = "GPUs",
    *,
    left: bool = False,
) -> tuple[Cell, ...]:
    """These GPUs, by the names of their pods, in up to `height` lines with a gap and a title.

    which: which GPUs they are; without it there is neither gap nor title.
    left:  whether there are pods beyond these, which are not counted.
    """
    head: tuple[Cell, ...] = ((), ((fmt.clip(f"{which} that need attention", width), "quiet"),)) if which else ()
    rows = [alike for name, gpus in pods for alike in _rows(name, gpus)]
    fits = len(rows) <= height - len(head) and not left
    # What precedes them, one GPU, and how many more there are.
    if not rows or not (fits or height >= len(head) + 2):
        return ()
    # The last line says how many there are no lines for.
    shown = rows if fits else rows[: height - len(head) - 1]
    lines = _aligned(shown, width)
    if not fits:
        note = f"and {len(rows) - len(shown)}{' or more others' if left else ' more'}"
        lines.append(((fmt.clip(note, width), "muted"),))
    return (*head, *lines)


def _aligned(rows: Sequence[_Alike], width: int) -> list[Cell]:
    """A line for each, in columns: where room is short the names are cut, and not what it costs."""
    gap, which = _GAP, [row.which for row in rows]
    longest = max(cells(row.pod) for row in rows)
    named = min(longest, width // 3)
    does = max(width_of(row.does) for row in rows)
    wasted = max(len(row.wasted) for row in rows)
    if named + max(map(len, which)) + does + wasted + 6 > width:
        gap, which = (" ", "text"), [text.partition(" ")[2] for text in which]
        named = min(longest, max(_LEAST_NAMED, width - max(map(len, which)) - does - wasted - 3))
    numbers, before, lines = max(map(len, which)), "", list[Cell]()
    for row, number in zip(rows, which, strict=True):
        name = fit(((row.pod if row.pod != before else "", "text"),), named)
        line: Cell = (*name, gap, (number.ljust(numbers), "text"), gap, *fit(row.does, does))
        whole: Cell = (*line, gap, (row.wasted.rjust(wasted), "text"))
        lines.append(whole if width_of(whole) <= width else fit(line, width))
        before = row.pod
    return lines


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
