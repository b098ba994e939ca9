"""The telemetry pane: the charts of one pod, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.layout import Layout
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.layout import Tiles
from tui.ui.notice import Notice, notice_line

if TYPE_CHECKING:
    from tui.ui.plot import ChartSpec
    from tui.ui.widgets.chart import Chart


class Telemetry(Widget, can_focus=True):
    """A frame for charts; the charts are made when there is first something to draw."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"telemetry--muted", "telemetry--warn", "telemetry--bad"}

    def __init__(self, count: int, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._count = count
        self._notice = Notice("")
        self._tiles = Tiles()

    @property
    def layout(self) -> Layout:
        return self._tiles

    @property
    def charts(self) -> Sequence[Chart]:
        from tui.ui.widgets.chart import Chart

        return list(self.query_children(Chart))

    def show(self, specs: Sequence[ChartSpec]) -> None:
        """Draw these charts."""
        charts = self.charts
        if len(charts) != len(specs):
            return
        for chart, spec in zip(charts, specs, strict=True):
            chart.display = True
            chart.spec = spec

    def open(self) -> None:
        """Make the charts; they are left out of the first frame."""
        from tui.ui.widgets.chart import Chart

        if not self.charts:
            self.mount_all(Chart(id=f"chart-{index}") for index in range(self._count))

    def show_notice(self, notice: Notice) -> None:
        """Say why there is nothing to draw."""
        for chart in self.charts:
            chart.display = False
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        under = self.rich_style
        cell = notice_line(self._notice, y, width, height)
        roles = {"muted", "warn", "bad"}
        return Strip(
            [
                Segment(text, under + self.get_component_rich_style(f"telemetry--{role}", partial=True))
                if role in roles
                else Segment(text, under)
                for text, role in cell
            ]
        )
