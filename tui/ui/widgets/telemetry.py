"""The telemetry pane: the charts of one pod above each other, as many as fit, on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.layout import Layout
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.ui import chart_tiles, layout
from tui.ui.primitives.empty_state import EmptyState, notice_line
from tui.ui.primitives.roles import style_of

if TYPE_CHECKING:
    from tui.ui.charts.spec import Drawn
    from tui.ui.widgets.chart import Chart


class Telemetry(Widget, can_focus=True):
    """A frame for charts; the charts are created when there is first data to draw."""

    DEFAULT_CLASSES = "pane"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cursor(-1)", "left", id="chart.cursor-back", show=False, tooltip="Move chart cursor left"),
        Binding("right", "cursor(1)", "right", id="chart.cursor-on", show=False, tooltip="Move chart cursor right"),
        Binding("x", "axis", "axis", id="chart.axis", tooltip="Run chart axis: time, elapsed, step"),
    ]

    class CursorMoved(Message):
        """Move the chart cursor by this many columns."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class AxisTurned(Message):
        """Show the next axis: time, time since the start of a run, steps."""

    def __init__(self, count: int, *, id: str) -> None:
        super().__init__(id=id)
        self._count = count
        self._shown = 0
        self._notice = EmptyState("")
        self._tiles = layout.Tiles()
        self._under: Style | None = None
        self.charts: tuple[Chart, ...] = ()
        self.axis: Chart | None = None
        self._has_runs = False

    @property
    def layout(self) -> Layout:
        return self._tiles

    def open(self) -> None:
        """Create the charts. They are left out of the first frame: what draws them is the most expensive import."""
        from tui.ui.widgets.chart import Chart

        if not self.charts:
            self.charts = tuple(Chart(id=f"{self.id}-chart-{index}") for index in range(self._count))
            self.mount_all(self.charts)
            if self._count > 1:
                self.axis = Chart(id=f"{self.id}-{layout.AXIS}")
                self.axis.add_class(layout.AXIS)
                self.mount(self.axis)

    def divide(self, count: int, rows_of: tuple[int, ...] = (), lines: tuple[int, ...] = ()) -> None:
        """Share the room among that many charts.

        rows_of: the rows of each, see `chart_tiles.stack`; lines: those of each and of the time axis, if given.
        """
        from tui.ui.widgets.chart import Chart

        if self.charts and count > len(self.charts):
            # Runs have charts of their own, which most pods do not need.
            added = tuple(Chart(id=f"{self.id}-chart-{index}") for index in range(len(self.charts), count))
            self.charts += added
            self.mount_all(added)
        if (count, rows_of, lines) != (self._shown, self._tiles.rows_of, self._tiles.lines):
            self._shown = self._tiles.count = count
            self._tiles.rows_of, self._tiles.lines = rows_of, lines
            # Textual keeps an arrangement while size and children are the same.
            self._clear_arrangement_cache()
            self.refresh(layout=True)

    def in_turn(self, names: Sequence[str], turn: int) -> tuple[str, ...]:
        """The names of charts in the order in which they are shown: the big ones of this turn first."""
        big = chart_tiles.big_charts(self.size.height, len(names))
        first = turn * min(big, 2) % max(1, len(names))
        shown = [*names[first:], *names[:first]][:big]
        return (*shown, *(name for name in names if name not in shown))

    def sizes(self, count: int, rows_of: tuple[int, ...] = ()) -> tuple[tuple[int, int], ...]:
        """Columns and lines of each of that many charts; empty before there are any.

        Hidden behind an empty state they have no size: once they have one, they post a message.
        """
        self.open()
        self.divide(count, rows_of)
        for chart in self.charts[:count]:
            chart.display = True
        sizes = tuple((max(1, chart.size.width), max(1, chart.size.height)) for chart in self.charts[:count])
        return () if all(size == (1, 1) for size in sizes) else sizes

    def offer_axis(self, offered: bool) -> None:
        """Let its axis be changed: where there are charts of runs."""
        if offered != self._has_runs:
            self._has_runs = offered
            self.screen.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._has_runs if action == "axis" else super().check_action(action, parameters)

    def action_axis(self) -> None:
        self.post_message(self.AxisTurned())

    def action_cursor(self, step: int) -> None:
        self.post_message(self.CursorMoved(step))

    def show(self, specs: Sequence[Drawn]) -> None:
        """Draw these charts; below several, their time axis."""
        from tui.ui.charts.spec import ChartSpec

        for index, chart in enumerate(self.charts):
            chart.display = index < len(specs)
            if chart.display:
                chart.spec = specs[index]
        if self.axis is not None:
            self.axis.display = len(specs) > 1
            if self.axis.display and isinstance(first := specs[0], ChartSpec):
                self.axis.spec = first.time

    def show_stack(self, specs: Sequence[Drawn], lines: tuple[int, ...]) -> None:
        """Draw these charts above each other, in that many lines each; the last are those of their time axis."""
        self.open()
        self.divide(len(specs), (), lines)
        self.show(specs)

    def show_notice(self, notice: EmptyState) -> None:
        """Show why there is no data."""
        for chart in (*self.charts, *((self.axis,) if self.axis is not None else ())):
            chart.display = False
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if self._under is None:
            self._under = self.rich_style
        under = self._under
        cell = notice_line(self._notice, y, *self.size)
        return Strip(Segment(text, style_of(self, role, under)) for text, role in cell)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._under = None
