"""`Lines`: a few lines of styled parts, each with a left and a right side; repaints only lines that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.primitives.cells import Cell, fit, width_of
from tui.ui.primitives.roles import style_of


class TwoSided(NamedTuple):
    """One line: groups of parts from the left, and groups from the right; the last of each side are dropped first."""

    left: tuple[Cell, ...]
    right: tuple[Cell, ...] = ()


GAP = 2
"""Cells between two groups."""


def taken(groups: Sequence[Cell]) -> int:
    """Total cells of the groups side by side."""
    return sum(width_of(g) for g in groups) + GAP * max(0, len(groups) - 1)


def fitting(line: TwoSided, width: int) -> TwoSided:
    """The groups of a line that fit. Left groups are dropped first."""
    left, right = list(line.left), list(line.right)
    while len(left) > 1 and taken([*left, *right]) > width:
        left.pop()
    while right and left and taken([*left, *right]) > width:
        right.pop()
    return TwoSided(tuple(left), tuple(right))


def join(line: TwoSided, width: int) -> Cell:
    """The groups that fit, the right side flush right."""
    left, right = fitting(line, width)
    space = (" " * GAP, "text")
    parts = [part for group in left for part in (space, *group)][1:]
    if right:
        tail = [part for group in right for part in (space, *group)][1:]
        fill = max(0, width - width_of(parts) - width_of(tail))
        parts += [(" " * fill, "text"), *tail]
    return fit(tuple(parts), width)


def group_at(line: TwoSided, x: int, width: int) -> Cell | None:
    """The group at cell `x` of a line of this width."""
    left, right = fitting(line, width)
    for groups, start in ((left, 0), (right, width - taken(right))):
        for group in groups:
            length = width_of(group)
            if start <= x < start + length:
                return group
            start += length + GAP
    return None


class Lines(Widget):
    """Lines of text drawn from a frozen value."""

    class Picked(Message):
        """A group of parts was clicked."""

        def __init__(self, lines: Lines, group: Cell) -> None:
            super().__init__()
            self.lines = lines
            self.group = group

        @property
        def control(self) -> Lines:
            return self.lines

    content: reactive[tuple[TwoSided, ...]] = reactive(tuple, layout=False, repaint=False)

    def watch_content(self, old: tuple[TwoSided, ...], new: tuple[TwoSided, ...]) -> None:
        width = self.size.width
        for y in range(max(len(old), len(new))):
            if old[y : y + 1] != new[y : y + 1]:
                self.refresh(Region(0, y, width, 1))

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None and at.y < len(self.content):
            group = group_at(self.content[at.y], at.x, self.size.width)
            if group is not None:
                self.post_message(self.Picked(self, group))

    def render_line(self, y: int) -> Strip:
        width, under = self.size.width, self.rich_style
        if y >= len(self.content):
            return Strip.blank(width, under)
        cell = join(self.content[y], width)
        return Strip([Segment(text, style_of(self, role, under)) for text, role in cell]).adjust_cell_length(
            width, under
        )
