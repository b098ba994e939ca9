"""`GpuMap`: all GPUs as cells, with a cursor on one of them; draws visible lines only, and those that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.format.width import shown
from tui.format.width import width as cells_of
from tui.store.views.gpu_map import Group
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, Part, fit
from tui.ui.primitives.empty_state import EmptyState, notice_line
from tui.ui.primitives.gpu_plan import Plan, Run, lines_wanted, plan
from tui.ui.primitives.roles import style_of
from tui.ui.widgets.table import ROW_KEYS

Signs = Callable[[str], Cell]
"""A cell for each GPU of a pod, by the pod's id."""

_FULL = "█"
_CURSOR = dict.fromkeys("▆▇█", "▅")
"""Under the cursor a high block leaves room for the cursor's own colour."""


class GpuMap(ScrollView, can_focus=True):
    """A map of GPUs. Its cursor stays on its GPU while pods come, go and change places."""

    DEFAULT_CLASSES = "pane"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "left", id="table.left", show=False, tooltip="Previous GPU"),
        Binding("right", "step(1)", "right", id="table.right", show=False, tooltip="Next GPU"),
        *ROW_KEYS,
    ]

    class Moved(Message):
        """The cursor is on another GPU; `opened`: it was clicked twice."""

        def __init__(self, pod: str, gpu: int, opened: bool = False) -> None:
            super().__init__()
            self.pod = pod
            self.gpu = gpu
            self.opened = opened

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._groups: tuple[Group, ...] = ()
        self._numbers: dict[str, int] = {}
        self._signs: Signs = lambda pod: ()
        self._notice = EmptyState("")
        self._below: tuple[Cell, ...] = ()
        self._plan = Plan(())
        self._cursor: tuple[str, int] | None = None
        self._strips: dict[int, Strip] = {}
        self._styles: dict[str, Style] = {}
        self._under: Style | None = None
        self._titles: tuple[object, ...] = ()
        self._title = ""

    @property
    def cursor(self) -> tuple[str, int] | None:
        """The pod and the number of the GPU under the cursor."""
        return self._cursor

    def fits(self, groups: tuple[Group, ...]) -> bool:
        """Whether all of these GPUs are seen at once."""
        width, height = self.scrollable_content_region.width, self.size.height
        return lines_wanted(groups, width, height + 1) <= height

    def room_below(self, groups: tuple[Group, ...]) -> int:
        """Lines that these GPUs leave free."""
        width, height = self.scrollable_content_region.width, self.size.height
        return max(0, height - len(plan(groups, width, height).lines))

    def show(
        self, groups: tuple[Group, ...], signs: Signs, *, notice: EmptyState, below: tuple[Cell, ...] = ()
    ) -> None:
        """Show these GPUs. `signs` is called for pods in visible lines only; `below`: lines in the room below them."""
        self._signs, self._notice, self._below = signs, notice, below
        if groups != self._groups:
            self._groups = groups
            self._numbers = {group.pod: number for number, group in enumerate(groups)}
            pod, gpu = self._cursor or ("", 0)
            if pod in self._numbers:
                self._cursor = pod, min(gpu, groups[self._numbers[pod]].size - 1)
            else:
                self._cursor = None
        self._arrange()
        self._repaint()

    def entitle(self, title: str, legend: Cell) -> None:
        """Set the title, and the legend in the lower border, on change."""
        if self._titles != (title, legend, self.app.theme):
            self._titles = title, legend, self.app.theme
            self._title = shown(title)
            self._say_lines()
            styles = ((text, self._role(role)) for text, role in legend)
            self.border_subtitle = Content.assemble(
                *((text, str(style.color.name) if style.color else "") for text, style in styles)
            )

    def _say_lines(self) -> None:
        """Set the title; of a map that is longer than its pane it says which lines are seen, if there is room."""
        top, height, whole = self.scroll_offset.y, self.size.height, len(self._plan.lines)
        first, last = top + 1, min(whole, top + height)
        forms = (f"  lines {first}-{last} of {whole}", f"  {first}-{last}/{whole}", "") if whole > height > 0 else ("",)
        room = self.size.width - cells_of(self._title)
        self.border_title = Content(self._title + next(form for form in (*forms, "") if not form or len(form) <= room))

    def look_at(self, pod: str | None) -> None:
        """Move the cursor to a pod, on its first GPU; to none if it is not on the map."""
        if pod is None or pod not in self._numbers:
            self._set(None)
        elif self._cursor is None or self._cursor[0] != pod:
            self._set((pod, 0))

    # Moves

    def _set(self, cursor: tuple[str, int] | None) -> bool:
        if cursor == self._cursor:
            return False
        self._cursor = cursor
        self._follow()
        self._repaint()
        return True

    def _go(self, group: int, gpu: int) -> None:
        pod = self._groups[group].pod
        if self._set((pod, gpu)):
            self.post_message(self.Moved(pod, gpu))

    @property
    def _at(self) -> tuple[int, int]:
        """Group and GPU under the cursor; those before the first without one."""
        if self._cursor is None:
            return 0, -1
        return self._numbers[self._cursor[0]], self._cursor[1]

    @property
    def _place(self) -> tuple[int, int] | None:
        return self._plan.place(*self._at) if self._cursor is not None else None

    def action_step(self, by: int) -> None:
        if not self._groups:
            return
        group, gpu = self._at
        gpu += by
        if gpu < 0:
            group, gpu = (group - 1, self._groups[group - 1].size - 1) if group else (0, 0)
        elif gpu >= self._groups[group].size:
            group, gpu = (group + 1, 0) if group + 1 < len(self._groups) else (group, gpu - 1)
        self._go(group, gpu)

    def action_move(self, by: int) -> None:
        line, x = self._place or (-1 if by > 0 else 1, 0)
        matches = self._plan.gpu_at(min(max(0, line + by), len(self._plan.lines) - 1), x)
        if matches is not None:
            self._go(*matches)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height))

    def action_edge(self, side: int) -> None:
        if self._groups:
            last = len(self._groups) - 1
            self._go(*((last, self._groups[last].size - 1) if side > 0 else (0, 0)))

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        matches = self._plan.gpu_at(self.scroll_offset.y + at.y, at.x) if at is not None else None
        if matches is not None:
            self._go(*matches)
            if event.chain == 2:
                self.post_message(self.Moved(self._groups[matches[0]].pod, matches[1], True))

    def _follow(self) -> None:
        place = self._place
        if place is None:
            return
        line, top, height = place[0], self.scroll_offset.y, max(1, self.size.height)
        if line < top:
            self.scroll_to(y=line, animate=False, force=True)
        elif line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False, force=True)

    # Drawing

    def _arrange(self) -> None:
        before, region = self._plan, self.scrollable_content_region
        self._plan = plan(self._groups, region.width, self.size.height)
        if self._plan is not before:
            self.virtual_size = Size(0, len(self._plan.lines))
            self._say_lines()

    def on_resize(self) -> None:
        self._strips.clear()
        self._arrange()
        self._repaint()
        self.call_after_refresh(self._follow)

    def on_focus(self) -> None:
        self._restyle()

    def on_blur(self) -> None:
        self._restyle()

    def _restyle(self) -> None:
        self._styles.clear()
        self._under = None
        self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._under = None
        self._strips.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._strips.clear()
        super().watch_scroll_y(old_value, new_value)
        self._say_lines()

    def _repaint(self) -> None:
        """Draw the visible lines, and refresh those that changed."""
        width, before, self._strips = self.size.width, self._strips, {}
        for y in range(self.size.height):
            strip = self._strips[y] = self._draw(y, width)
            old = before.get(y)
            if old is None or old != strip:
                self.refresh(Region(0, y, width, 1))
            else:
                self._strips[y] = old

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._draw(y, self.size.width)
        return strip

    @property
    def _base(self) -> Style:
        if self._under is None:
            self._under = self.rich_style
        return self._under

    def _role(self, role: str) -> Style:
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = style_of(self, role, self._base)
        return style

    def _draw(self, y: int, width: int) -> Strip:
        if not self._groups:
            cell = notice_line(self._notice, y, width, self.size.height)
            return Strip([Segment(text, self._role(role)) for text, role in cell])
        line = self.scroll_offset.y + y
        if line >= len(self._plan.lines):
            below = self._below[line - len(self._plan.lines) :][:1]
            parts = [Segment(text, self._role(role)) for cell in below for text, role in cell]
            return Strip(parts).adjust_cell_length(width, self._base)
        segments: list[Segment] = []
        x = 0
        for run in self._plan.lines[line]:
            begin = run.x - (self._plan.label + 1 if run.named else 0)
            segments.append(Segment(" " * (begin - x), self._base))
            segments.extend(self._drawn(run))
            x = run.x + run.size
        return Strip(Segment.simplify(segments)).adjust_cell_length(width, self._base)

    def _drawn(self, run: Run) -> Iterator[Segment]:
        """The name of a pod, if it is shown, and its GPUs."""
        group, cursor = self._groups[run.group], self._cursor
        here = cursor is not None and cursor[0] == group.pod
        under = self.get_component_rich_style("table--cursor").background_style if here else Style()
        if run.named:
            name: Part = (group.name, "text" if here else "muted")
            for text, role in fit((name,), self._plan.label):
                yield Segment(text, self._role(role) + under)
            yield Segment(" ", self._base + under)
        signs = self._signs(group.pod)
        for index in range(run.first, run.first + run.size):
            text, role = signs[index] if index < len(signs) else (" ", "text")
            style = self._role(role)
            if here and cursor is not None and cursor[1] == index and self.has_focus:
                # A sign is seen on the cursor's colour whatever its own is.
                color = style.color if text in ramp.HEIGHTS else self._base.bgcolor or RichColor.parse("default")
                text = _CURSOR.get(text, text)
                style = style + Style(color=color, bgcolor=self._role("text").color, bold=True)
            elif here and text != _FULL:
                # A full block hides what is behind it, and would be sent again for nothing.
                style = style + under
            yield Segment(text, style)
