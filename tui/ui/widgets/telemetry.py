"""The telemetry pane: the charts of one pod, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.layout import Layout
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.layout import Tiles
from tui.ui.notice import Notice, notice_line
from tui.ui.roles import style_of

if TYPE_CHECKING:
    from tui.ui.plot import ChartSpec
    from tui.ui.widgets.chart import Chart


class Telemetry(Widget, can_focus=True):
    """A frame for charts; the charts are made when there is first something to draw."""

    def __init__(self, count: int, *, id: str) -> None:
        super().__init__(id=id)
        self._count = count
        self._notice = Notice("")
        self._tiles = Tiles()
        self.charts: tuple[Chart, ...] = ()

    @property
    def layout(self) -> Layout:
        return self._tiles

    def open(self) -> None:
        """Make the charts. They are left out of the first frame: what draws them is the dearest import of all."""
        from tui.ui.widgets.chart import Chart

        if not self.charts:
            self.charts = tuple(Chart(id=f"chart-{index}") for index in range(self._count))
            self.mount_all(self.charts)

    def show(self, specs: Sequence[ChartSpec]) -> None:
        """Draw these charts."""
        for chart, spec in zip(self.charts, specs, strict=True):
            chart.display = True
            chart.spec = spec

    def show_notice(self, notice: Notice) -> None:
        """Say why there is nothing to draw."""
        for chart in self.charts:
            chart.display = False
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def render_line(self, y: int) -> Strip:
        under = self.rich_style
        cell = notice_line(self._notice, y, *self.size)
        return Strip(Segment(text, style_of(self, role, under)) for text, role in cell)
