"""`LogView`: rows of a log, of which only the visible ones are made; it keeps its place while lines come and go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState, notice_line
from tui.ui.primitives.roles import style_of

Key = tuple[float, int]

WHEEL = 3
"""Rows of a turn of the mouse wheel."""


class Rows(NamedTuple):
    """The items to show, in order of their keys, and how they are drawn.

    key:  of the item at an index.
    find: the index of the item with a key, or of one beside its place.
    draw: the parts of a row: of which item, which of its rows, in how many cells.
    """

    size: int
    key: Callable[[int], Key]
    find: Callable[[Key], int]
    draw: Callable[[int, int, int], Cell]


class LogView(Widget, can_focus=True):
    """Shows items of one or more rows with a cursor; while it follows, the last one is in sight."""

    DEFAULT_CLASSES = "pane"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", id="log.down", show=False, tooltip="Next line"),
        Binding("up,k", "move(-1)", "Up", id="log.up", show=False, tooltip="Previous line; stops following"),
        Binding("pagedown,space", "page(1)", "Page down", id="log.page-down", show=False, tooltip="Page down"),
        Binding("pageup", "page(-1)", "Page up", id="log.page-up", show=False, tooltip="Page up; loads earlier lines"),
        Binding("g,home", "top", "top", id="log.first", tooltip="First line; load earlier ones"),
        Binding("end,G", "bottom", "end", id="log.last", show=False, tooltip="Last line, and follow"),
        Binding("right", "shift(1)", "Right", id="log.right", show=False, tooltip="Read long lines further right"),
        Binding("left", "shift(-1)", "Left", id="log.left", show=False, tooltip="Back to the left"),
    ]

    class Topped(Message):
        """The user wants to see what is before the first line."""

    class Moved(Message):
        """The cursor is elsewhere, or it follows, or not any more."""

    class Shifted(Message):
        """The user wants to read long lines further right, or left."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.follows = True
        self._rows: Rows | None = None
        self._notice = EmptyState("")
        self._cursor: Key | None = None
        self._ends: Sequence[int] = ()
        self._top = 0
        self._drawn: tuple[Key, int] | None = None
        self._strips: dict[int, Strip] = {}
        self._styles: dict[str, Style] = {}

    @property
    def cursor(self) -> Key | None:
        """The key of the item under the cursor."""
        return self._cursor

    @property
    def index(self) -> int | None:
        """The index of the item under the cursor."""
        rows = self._rows
        return rows.find(self._cursor) if rows is not None and rows.size and self._cursor is not None else None

    def show(self, rows: Rows, ends: Sequence[int], notice: EmptyState) -> None:
        """Show these items.

        ends:   for each of them the number of rows up to its end; empty if each has one row.
        notice: the text in place of items.
        """
        # Of what was drawn last: the items may have changed in place.
        anchor = self._drawn
        self._rows, self._ends, self._notice = rows, ends, notice
        if not rows.size:
            self._top = 0
        elif self.follows:
            self._to_end()
        else:
            if self._cursor is not None:
                self._cursor = rows.key(rows.find(self._cursor))
            if anchor is not None:
                index = rows.find(anchor[0])
                inside = anchor[1] if rows.key(index) == anchor[0] else 0
                self._top = self._bounded(self._start(index) + inside)
        self._repaint()

    def move_to(self, key: Key, *, middle: bool = False) -> None:
        """Move the cursor to an item, and it into sight: without following any more. `middle`: of the view."""
        rows = self._rows
        if rows is None or not rows.size:
            return
        self.follows = False
        index = rows.find(key)
        self._cursor = rows.key(index)
        start = self._start(index)
        if middle and not self._top <= start < self._top + self._page:
            self._top = self._bounded(start - self._page // 2)
        self._into_sight(index)
        self._repaint()
        self.post_message(self.Moved())

    def follow(self, follows: bool) -> None:
        """Keep the last item in sight, or not."""
        self.follows = follows
        if follows:
            self._to_end()
        self._repaint()
        self.post_message(self.Moved())

    # Places

    @property
    def _page(self) -> int:
        return max(1, self.size.height)

    @property
    def _total(self) -> int:
        if self._rows is None:
            return 0
        return self._ends[-1] if self._ends else self._rows.size

    def _bounded(self, top: int) -> int:
        return max(0, min(top, self._total - self._page))

    def _start(self, index: int) -> int:
        """The row at which an item begins."""
        if not self._ends:
            return index
        return self._ends[index - 1] if index else 0

    def _at(self, row: int) -> tuple[int, int]:
        """The item that has a row, and which of its rows that is."""
        if not self._ends:
            return row, 0
        index = bisect_right(self._ends, row)
        return index, row - self._start(index)

    def _anchor(self) -> tuple[Key, int] | None:
        if self._rows is None or self._top >= self._total:
            return None
        index, inside = self._at(self._top)
        return self._rows.key(index), inside

    def _to_end(self) -> None:
        if self._rows is not None and self._rows.size:
            self._cursor = self._rows.key(self._rows.size - 1)
            self._top = self._bounded(self._total)

    def _into_sight(self, index: int) -> None:
        start = self._start(index)
        end = self._start(index + 1) if index + 1 < (self._rows.size if self._rows else 0) else self._total
        if start < self._top:
            self._top = start
        elif end > self._top + self._page:
            self._top = self._bounded(min(start, end - self._page))

    # Keys

    def action_move(self, step: int) -> None:
        index = self.index
        if index is not None and self._rows is not None:
            last = self._rows.size - 1
            if not (self.follows and step > 0):
                self.move_to(self._rows.key(min(max(index + step, 0), last)))

    def action_page(self, step: int) -> None:
        rows = self._rows
        if rows is None or not rows.size or (self.follows and step > 0):
            return
        if step < 0 and self._top == 0:
            self.move_to(rows.key(0))
            self.post_message(self.Topped())
            return
        self._top = self._bounded(self._top + step * max(1, self._page - 1))
        row = self._top if step < 0 else min(self._top + self._page, self._total) - 1
        self.move_to(rows.key(self._at(row)[0]))

    def action_top(self) -> None:
        if self._rows is not None and self._rows.size:
            self.move_to(self._rows.key(0))
        self.post_message(self.Topped())

    def action_bottom(self) -> None:
        self.follow(True)

    def action_shift(self, step: int) -> None:
        self.post_message(self.Shifted(step))

    def _scroll(self, step: int) -> None:
        rows = self._rows
        if rows is None or not rows.size or (self.follows and step > 0):
            return
        self._top = self._bounded(self._top + step)
        index = self.index or 0
        first, last = self._at(self._top)[0], self._at(min(self._top + self._page, self._total) - 1)[0]
        self.follows = False
        self._cursor = rows.key(min(max(index, first), last))
        self._repaint()
        self.post_message(self.Moved())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(WHEEL)

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None and self._rows is not None and self._top + at.y < self._total:
            self.move_to(self._rows.key(self._at(self._top + at.y)[0]))

    # Drawing

    def on_focus(self) -> None:
        self._restyle()

    def on_blur(self) -> None:
        self._restyle()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def _restyle(self) -> None:
        self._styles.clear()
        self._repaint()

    def _repaint(self) -> None:
        """Draw the visible rows again and refresh those that changed."""
        self._drawn = self._anchor()
        width, height = self.size
        before, self._strips = self._strips, {}
        for y in range(height):
            strip = self._strips[y] = self._draw(y, width)
            old = before.get(y)
            if old is None or old != strip:
                self.refresh(Region(0, y, width, 1))
            else:
                self._strips[y] = old

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != width:
            strip = self._strips[y] = self._draw(y, width)
        return strip

    def _style(self, role: str) -> Style:
        style = self._styles.get(role)
        if style is None:
            if not role:
                style = self.rich_style
            elif role == "cursor":
                style = self.get_component_rich_style("log--cursor").background_style
            else:
                style = style_of(self, role, self._style(""))
            self._styles[role] = style
        return style

    def _draw(self, y: int, width: int) -> Strip:
        base = self._style("")
        rows = self._rows
        if rows is None or not rows.size:
            cell = notice_line(self._notice, y, width, self.size.height)
            return Strip([Segment(text, self._style(role)) for text, role in cell]).adjust_cell_length(width, base)
        if self._top + y >= self._total:
            return Strip.blank(width, base)
        index, inside = self._at(self._top + y)
        under = self._style("cursor") if rows.key(index) == self._cursor else base.background_style
        segments = [Segment(text, self._style(role) + under) for text, role in rows.draw(index, inside, width)]
        return Strip(Segment.simplify(segments)).adjust_cell_length(width, base + under)
