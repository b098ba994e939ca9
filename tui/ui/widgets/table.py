"""`Table`: rows keyed by id, drawn one visible line at a time, repainted only where a line changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.ui.primitives.cells import Cell, fit
from tui.ui.primitives.empty_state import EmptyState, notice_line
from tui.ui.primitives.roles import rgb, style_of
from tui.ui.widgets.columns import Column as Column
from tui.ui.widgets.columns import visible as visible

Cells = Mapping[str, Cell]
"""The cells of one row by column key; a missing one is blank."""

MOST_DRAWN = 500
"""Rows whose drawn lines are kept: no terminal shows more."""

REST = "rest"
"""The key of a cell that takes the flexible column and all behind it: a sentence in place of figures."""


ROW_KEYS = (
    Binding("down,j", "move(1)", "Down", id="table.down", show=False, tooltip="Next row"),
    Binding("up,k", "move(-1)", "Up", id="table.up", show=False, tooltip="Previous row"),
    Binding("pagedown", "page(1)", "Page down", id="table.page-down", show=False, tooltip="Page down"),
    Binding("pageup", "page(-1)", "Page up", id="table.page-up", show=False, tooltip="Page up"),
    Binding("home,g", "edge(-1)", "First", id="table.first", show=False, tooltip="First row"),
    Binding("end,G", "edge(1)", "Last", id="table.last", show=False, tooltip="Last row"),
)
"""Keys of a widget whose cursor goes through rows."""


class Table(ScrollView, can_focus=True):
    """A table of keyed rows with a cursor that stays on its key while rows are added, removed and moved."""

    DEFAULT_CLASSES = "pane"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--header", "table--sorted", "table--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [*ROW_KEYS]

    class Moved(Message):
        """The cursor is on another key, None if there are no rows."""

        def __init__(self, table: Table, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            return self.table

    class SortAsked(Message):
        """The title of a sortable column was clicked."""

        def __init__(self, table: Table, sort: str) -> None:
            super().__init__()
            self.table = table
            self.sort = sort

        @property
        def control(self) -> Table:
            return self.table

    class Clicked(Message):
        """A row was clicked for more than moving the cursor: twice (`open`), or with ctrl or alt (`mark`)."""

        def __init__(self, table: Table, means: str) -> None:
            super().__init__()
            self.table = table
            self.means = means

        @property
        def control(self) -> Table:
            return self.table

    def __init__(self, columns: Sequence[Column], *, id: str, headed: bool = True, classes: str | None = None) -> None:
        """`headed`: whether the first line has the columns' titles."""
        super().__init__(id=id, classes=classes)
        self._head = 1 if headed else 0
        self._columns = tuple(columns)
        self._widest: Mapping[str, int] = {}
        self._fitted: tuple[tuple[Column, int], ...] = ()
        self._fitted_to = 0
        self._keys: tuple[str, ...] = ()
        self._index: dict[str, int] = {}
        self._cells: Callable[[str], Cells] = lambda key: {}
        self._notice = EmptyState("")
        self._cursor: str | None = None
        self._sorted = ("", False)
        self._faded = False
        self._strips: dict[int, Strip] = {}
        self._rows: dict[str, tuple[object, Strip]] = {}
        self._styles: dict[str, Style] = {}
        self._painted: dict[tuple[str, bool], Style] = {}
        self._under: Style | None = None

    @property
    def cursor(self) -> str | None:
        """The key under the cursor."""
        return self._cursor

    @property
    def keys(self) -> tuple[str, ...]:
        return self._keys

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The keys of the columns that fit."""
        return tuple(column.key for column, _ in self._fitted)

    def width_of(self, key: str) -> int:
        """Width the column is shown at; 0 if it was dropped."""
        return next((width for column, width in self._fitted if column.key == key), 0)

    def show(
        self,
        keys: tuple[str, ...],
        cells: Callable[[str], Cells],
        *,
        notice: EmptyState,
        sorted_by: tuple[str, bool] = ("", False),
        faded: bool = False,
    ) -> None:
        """Show these rows. `cells` is called for visible rows only; `faded` draws all of it as stale.

        sorted_by: their order, and whether it is ascending.
        """
        old_row = self._row(self._cursor)
        if keys != self._keys:
            self._keys = keys
            self._index = {key: index for index, key in enumerate(keys)}
            self.virtual_size = Size(0, len(keys) + self._head)
        self._cells, self._notice, self._faded, self._sorted = cells, notice, faded, sorted_by
        if self._cursor not in self._index:
            neighbour = keys[min(old_row, len(keys) - 1)] if keys else None
            if neighbour != self._cursor:
                self._cursor = neighbour
                self.post_message(self.Moved(self, neighbour))
        elif self._row(self._cursor) != old_row:
            self._follow()
        self._repaint()

    def refit(self, columns: Sequence[Column], widest: Mapping[str, int] = {}) -> None:
        """Replace the columns. `widest`: cells that the content of some of them takes."""
        if tuple(columns) != self._columns or widest != self._widest:
            self._columns, self._widest = tuple(columns), widest
            self._fitted_to = -1
            self._fit()

    def move_to(self, key: str) -> None:
        """Move the cursor to a key, if it exists, and scroll to it."""
        if key in self._index:
            self._set_cursor(key, follow=False)
            self._follow()

    def _row(self, key: str | None) -> int:
        return self._index.get(key, 0) if key is not None else 0

    def _set_cursor(self, key: str | None, follow: bool = True) -> None:
        if key == self._cursor:
            return
        self._cursor = key
        self._repaint()
        if follow:
            self._follow()
        self.post_message(self.Moved(self, key))

    @property
    def _width(self) -> int:
        """Cells of a line, without the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    def _follow(self) -> None:
        row, top = self._row(self._cursor), self.scroll_offset.y
        # By force: if rows were just added, the scroll bar that allows it appears with the next layout.
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + self._page:
            self.scroll_to(y=row - self._page + 1, animate=False, force=True)

    def action_move(self, step: int) -> None:
        self._jump(self._row(self._cursor) + step)

    def action_page(self, step: int) -> None:
        self._jump(self._row(self._cursor) + step * self._page)

    def action_edge(self, side: int) -> None:
        self._jump(len(self._keys) - 1 if side > 0 else 0)

    def _jump(self, row: int) -> None:
        if self._keys:
            self._set_cursor(self._keys[min(max(row, 0), len(self._keys) - 1)])

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is None:
            return
        if at.y < self._head:
            x = 0
            for column, width in self._fitted:
                x += width + 1
                if at.x < x:
                    if column.sort:
                        self.post_message(self.SortAsked(self, column.sort))
                    return
        elif (row := self.scroll_offset.y + at.y - self._head) < len(self._keys):
            self._jump(row)
            if event.ctrl or event.meta:
                self.post_message(self.Clicked(self, "mark"))
            elif event.chain == 2:
                self.post_message(self.Clicked(self, "open"))

    def on_resize(self) -> None:
        self._fit()
        self._repaint()
        # With fewer lines the cursor may be outside the visible part.
        self.call_after_refresh(self._follow)

    def _fit(self) -> None:
        """Fit the columns to the current width: lines may be requested before the resize event."""
        width = self._width
        if width != self._fitted_to:
            self._fitted_to = width
            self._fitted = visible(self._columns, width, self._widest) if width > 0 else ()
            self._strips.clear()
            self._rows.clear()

    def on_focus(self) -> None:
        self._restyle()

    def on_blur(self) -> None:
        self._restyle()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._forget_styles()
        self._strips.clear()

    def _restyle(self) -> None:
        self._forget_styles()
        self._repaint()

    def _forget_styles(self) -> None:
        self._styles.clear()
        self._painted.clear()
        self._rows.clear()
        self._under = None

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._strips.clear()
        super().watch_scroll_y(old_value, new_value)

    def _repaint(self) -> None:
        """Draw the visible lines again and refresh those that changed."""
        self._fit()
        if not self._fitted:
            return
        width, height = self._width, self.size.height
        before, self._strips = self._strips, {}
        for y in range(height):
            strip = self._strips[y] = self._draw(y, width)
            old = before.get(y)
            if old is not strip and (old is None or old != strip):
                self.refresh(Region(0, y, width, 1))
            else:
                self._strips[y] = old

    def render_lines(self, crop: Region) -> list[Strip]:
        # Once for all lines: to find the width takes as long as to draw one.
        self._fit()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self._fitted_to
        strip = self._strips.get(y)
        if strip is None:
            if not self._fitted:
                return Strip.blank(width, self._base)
            strip = self._strips[y] = self._draw(y, width)
        return strip

    @property
    def _base(self) -> Style:
        """The style of the table itself; to find it takes as long as to draw a line."""
        if self._under is None:
            self._under = self.rich_style
        return self._under

    def _style(self, role: str) -> Style:
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self.get_component_rich_style(f"table--{role}")
        return style

    def _role(self, role: str) -> Style:
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = style_of(self, role, self._base)
        return style

    def _draw(self, y: int, width: int) -> Strip:
        if not self._keys:
            return self._draw_notice(y, width)
        if y < self._head:
            return self._draw_header(width)
        row = self.scroll_offset.y + y - self._head
        if row >= len(self._keys):
            return Strip.blank(width, self._base)
        key = self._keys[row]
        cells, at_cursor = self._cells(key), key == self._cursor
        shown = (cells, at_cursor, self._faded)
        drawn = self._rows.get(key)
        if drawn is None or drawn[0] != shown:
            if len(self._rows) > MOST_DRAWN:
                self._rows.clear()
            drawn = self._rows[key] = shown, self._draw_row(cells, at_cursor, width)
        return drawn[1]

    def _draw_row(self, cells: Cells, at_cursor: bool, width: int) -> Strip:
        fitted = self._fitted
        if REST in cells:
            first = next((i for i, (column, _) in enumerate(fitted) if column.flex), 0)
            taken = sum(w + 1 for _, w in fitted[:first])
            fitted = (*fitted[:first], (Column(REST, "", 0, 0), max(0, width - taken)))
        under = self._style("cursor").background_style if at_cursor else self._base.background_style
        segments: list[Segment] = []
        for index, (column, w) in enumerate(fitted):
            if index:
                segments.append(Segment(" ", under))
            for text, role in fit(cells.get(column.key, ()), w, right=column.right):
                segments.append(Segment(text, self._paint("muted" if self._faded else role, at_cursor, under)))
        return Strip(Segment.simplify(segments)).adjust_cell_length(width, under)

    def _paint(self, role: str, at_cursor: bool, under: Style) -> Style:
        """The style of a role above that of its row."""
        style = self._painted.get((role, at_cursor))
        if style is None:
            # The faintest ink is too faint on the ground of the cursor.
            ink = "muted" if at_cursor and role == "quiet" else role
            style = self._role(ink) + under
            if at_cursor and role == "rule":
                # In its own colour the empty part of a bar would be no part of the row under the cursor.
                style += Style(color=rgb(self.app.theme_variables, "scrollbar-hover"))
            self._painted[role, at_cursor] = style
        return style

    def _draw_header(self, width: int) -> Strip:
        order, rising = self._sorted
        base = self._style("header")
        segments: list[Segment] = []
        for index, (column, w) in enumerate(self._fitted):
            if index:
                segments.append(Segment(" ", base))
            marked = bool(order) and column.is_of(order)
            title = column.title + (("▲" if rising else "▼") if marked else "")
            if len(title) > w:
                title = title[: w - 1] + title[-1:] if marked else title[:w]
            style = base + self._style("sorted") if marked else base
            segments.extend(Segment(text, style) for text, _ in fit(((title, "text"),), w, right=column.right))
        return Strip(segments).adjust_cell_length(width, base)

    def _draw_notice(self, y: int, width: int) -> Strip:
        cell = notice_line(self._notice, y, width, self.size.height)
        return Strip([Segment(text, self._role(role)) for text, role in cell])
