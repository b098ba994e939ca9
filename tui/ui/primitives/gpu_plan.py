"""Where each GPU stands on the map: one cell per GPU, the GPUs of a pod together, named where there is room. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from tui.format.width import shown
from tui.format.width import width as cells_of
from tui.store.views.gpu_map import Group

LABEL = 20
"""Maximum cells of a pod's name on the map."""

_LEAST_LABEL = 10
_BETWEEN = 3
"""Cells between two pods with their names."""


class Run(Struct, frozen=True):
    """GPUs of one pod in one line: the group's number, its first GPU, how many, and the column of the first.

    named: whether the name of the pod stands before them.
    """

    group: int
    first: int
    size: int
    x: int
    named: bool = False


class Plan(Struct, frozen=True):
    """The lines of a map, each with its runs in order; `label`: cells of a name, 0 without names."""

    lines: tuple[tuple[Run, ...], ...]
    label: int = 0

    def place(self, group: int, gpu: int) -> tuple[int, int] | None:
        """Line and column of a GPU."""
        at = bisect_right(self.lines, (group, gpu), key=lambda runs: (runs[0].group, runs[0].first)) - 1
        for run in self.lines[at] if at >= 0 else ():
            if run.group == group and run.first <= gpu < run.first + run.size:
                return at, run.x + gpu - run.first
        return None

    def gpu_at(self, line: int, x: int) -> tuple[int, int] | None:
        """Group and GPU in a line, at a column or the nearest one."""
        if not 0 <= line < len(self.lines):
            return None
        run = min(self.lines[line], key=lambda run: max(run.x - x, x - run.x - run.size + 1, 0))
        return run.group, run.first + min(max(0, x - run.x), run.size - 1)


@lru_cache(16)
def plan(groups: tuple[Group, ...], width: int, height: int) -> Plan:
    """The map in a pane of this size: with the pods' names, else with gaps between pods, else without, if that fits.

    If nothing does, there are more lines than the pane has, with gaps.
    """
    if not groups or width <= 0:
        return Plan(())
    named = _named(groups, width, height)
    if named is not None:
        return named
    gaps = tuple(_flowing(groups, width, 1))
    if len(gaps) > height and _dense(groups, width) <= height:
        return Plan(tuple(_flowing(groups, width, 0)))
    return Plan(gaps)


def lines_wanted(groups: tuple[Group, ...], width: int, most: int) -> int:
    """Lines of a map of this width, up to `most`. Counted, where there may be very many pods, and not laid out."""
    if width > 0 and _dense(groups, width) >= most:
        return most
    return min(most, len(plan(groups, width, most).lines))


def _dense(groups: Sequence[Group], width: int) -> int:
    """The lines of the GPUs without names and gaps: those of any other plan are at least as many."""
    return -(-sum(group.size for group in groups) // width)


def _named(groups: Sequence[Group], width: int, height: int) -> Plan | None:
    """Pods in columns, each with its name; None where that takes more than a line for a pod, or too many lines."""
    size = max(group.size for group in groups)
    if width < _LEAST_LABEL + 1 + size or _rows(groups, width, 1 + size) > height:
        return None
    label = min(LABEL, width - 1 - size, max(cells_of(shown(group.name)) for group in groups))
    whole = label + 1 + size
    if _rows(groups, width, whole) > height:
        return None
    across = _across(width, whole)
    lines = []
    for begin in range(0, len(groups), across):
        row = groups[begin : begin + across]
        lines.append(tuple(
            Run(begin + number, 0, group.size, number * (whole + _BETWEEN) + label + 1, True)
            for number, group in enumerate(row)
        ))  # fmt: skip
    return Plan(tuple(lines), label)


def _across(width: int, whole: int) -> int:
    """The number of pods side by side, each `whole` cells wide."""
    return max(1, (width + _BETWEEN) // (whole + _BETWEEN))


def _rows(groups: Sequence[Group], width: int, whole: int) -> int:
    return -(-len(groups) // _across(width, whole))


def _flowing(groups: Sequence[Group], width: int, gap: int) -> Iterator[tuple[Run, ...]]:
    """GPUs in the order of the pods; a pod is broken only where it is wider than a line, or where there are no gaps."""
    line: list[Run] = []
    x = 0
    for number, group in enumerate(groups):
        if gap and line and x + group.size > width:
            yield tuple(line)
            line, x = [], 0
        first = 0
        while first < group.size:
            if x >= width:
                yield tuple(line)
                line, x = [], 0
            size = min(group.size - first, width - x)
            line.append(Run(number, first, size, x))
            first, x = first + size, x + size
        x += gap
    if line:
        yield tuple(line)
