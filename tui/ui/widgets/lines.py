"""`Lines`: a few lines of styled parts, each with a left and a right side; repaints only lines that changed."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.cells import Cell, fit, width_of
from tui.ui.roles import style_of


class TwoSided(NamedTuple):
    """One line: groups of parts from the left, and groups from the right; those at an end give way."""

    left: tuple[Cell, ...]
    right: tuple[Cell, ...] = ()


def join(line: TwoSided, width: int, gap: int = 2) -> Cell:
    """The groups that fit, `gap` cells apart, the right side flush right. Left groups give way first."""
    left, right = list(line.left), list(line.right)

    def taken(groups: list[Cell]) -> int:
        return sum(width_of(g) for g in groups) + gap * max(0, len(groups) - 1)

    while len(left) > 1 and taken(left) + (gap + taken(right) if right else 0) > width:
        left.pop()
    while right and taken(left) + gap + taken(right) > width:
        right.pop()
    space = (" " * gap, "text")
    parts = [part for group in left for part in (space, *group)][1:]
    if right:
        tail = [part for group in right for part in (space, *group)][1:]
        fill = width - width_of(parts) - width_of(tail)
        parts += [(" " * fill, "text"), *tail]
    return fit(tuple(parts), width)


class Lines(Widget):
    """Lines of text drawn from a frozen value."""

    content: reactive[tuple[TwoSided, ...]] = reactive(tuple, layout=False, repaint=False)

    def watch_content(self, old: tuple[TwoSided, ...], new: tuple[TwoSided, ...]) -> None:
        width = self.size.width
        for y in range(max(len(old), len(new))):
            if old[y : y + 1] != new[y : y + 1]:
                self.refresh(Region(0, y, width, 1))

    def render_line(self, y: int) -> Strip:
        width, under = self.size.width, self.rich_style
        if y >= len(self.content):
            return Strip.blank(width, under)
        cell = join(self.content[y], width)
        return Strip([Segment(text, style_of(self, role, under)) for text, role in cell]).adjust_cell_length(
            width, under
        )
