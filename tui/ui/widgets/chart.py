"""`Chart`: one chart on the screen, drawn again only when its data, its size or the theme changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.charts import canvas, plot, spec
from tui.ui.charts.spec import AxisSpec, ChartSpec, Drawn, Row
from tui.ui.messages import Resized
from tui.ui.primitives import ramp
from tui.ui.primitives.roles import rgb

FAINTEST = 0.18
"""Part of the full colour at the foot of an area."""

DIMMED = 0.45
"""Part of the full colour in bars that are not the newest."""

_NAMES = {
    spec.TEXT: "text", spec.QUIET: "quiet", spec.TITLE: "title", spec.ALERT: "alert", spec.CURSOR: "cursor",
    spec.EVENT: "event", spec.HEAT: "heat", spec.GRID: "grid", spec.BESIDE: "beside", spec.BAD: "bad",
}  # fmt: skip


class Chart(Widget):
    """A chart of percents over time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"chart--{name}" for name in _NAMES.values()),
        *(f"chart--line-{number}" for number in range(1, spec.LINES + 1)),
    }

    class Read(Message):
        """An instant was clicked; or the wheel was turned, to request a longer (1) or shorter (-1) range."""

        def __init__(self, at: float | None, wider: int = 0) -> None:
            super().__init__()
            self.at = at
            self.wider = wider

    spec: reactive[Drawn | None] = reactive(None, layout=False, repaint=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._strips: dict[int, Strip] = {}
        self._styles: dict[int, Style] = {}
        self._under: Style | None = None

    def watch_spec(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.post_message(Resized())

    def notify_style_update(self) -> None:
        # Component styles are updated only after this, so strips are rebuilt on request.
        super().notify_style_update()
        self._styles.clear()
        self._under = None
        self._strips.clear()

    def on_click(self, event: events.Click) -> None:
        at, shown = event.get_content_offset(self), self.spec
        if at is None or not isinstance(shown, ChartSpec | AxisSpec):
            return
        column = at.x - plot.plot_left(shown, *self.size)
        if 0 <= column < shown.window.columns:
            self.post_message(self.Read(shown.window.start + column * shown.window.width))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Read(None, 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Read(None, -1))

    def _draw(self) -> None:
        """Draw, and refresh the rows that changed."""
        width, height = self.size
        if self.spec is not None and plot.lacks_library(self.spec):
            self.run_worker(self._draw_later(), exclusive=True)
            return
        old, self._rows = self._rows, plot.draw(self.spec, width, height) if self.spec is not None else ()
        for y in range(height):
            if old[y : y + 1] != self._rows[y : y + 1]:
                self._strips.pop(y, None)
                self.refresh(Region(0, y, width, 1))

    async def _draw_later(self) -> None:
        """Draw once the library is there that this chart needs: imported in a thread, so that no key waits for it."""
        await asyncio.to_thread(canvas.library)
        self._draw()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self._base)
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = Strip([Segment(text, self._style(number)) for text, number in self._rows[y]])
        return strip.adjust_cell_length(width, self._base)

    @property
    def _base(self) -> Style:
        """The style of the chart itself; to find it takes as long as to draw a line."""
        if self._under is None:
            self._under = self.rich_style
        return self._under

    def _style(self, number: int) -> Style:
        style = self._styles.get(number)
        if style is None and (shades := spec.painted(number)) is not None:
            style = self._styles[number] = self._shaded(*shades)
        if style is None:
            name = _NAMES.get(number) or f"line-{number % spec.LINES + 1}"
            style = self.get_component_rich_style(f"chart--{name}") + self._base.background_style
            self._styles[number] = style
        return style

    def _shaded(self, ink: int, ground: int) -> Style:
        """Shades in the theme's colours; 0 is the background."""
        shades = shades_of(self.app.theme_variables)
        style = self._base
        if ink:
            style += Style(color=shades[ink])
        return style + Style(bgcolor=shades[ground]) if ground else style


def shades_of(theme: Mapping[str, str]) -> tuple[str, ...]:
    """The colours of the shades of a chart by their numbers, of which the first is the background."""
    ground, full, edge = (rgb(theme, name) for name in ("background", "heat", "chart-1"))
    # A theme may dim a colour of the terminal's own, which has no shades anyway.
    lines = [Color.parse(theme[f"chart-{number}"].split()[0]).hex6 for number in range(1, spec.LINES + 1)]
    dim = [ramp.colours(ground, line, 2, DIMMED)[0] for line in lines]
    quiet, loud = ramp.calm(ground, full), rgb(theme, "warn")
    return (
        ground, *ramp.colours(ground, full, spec.FINE, FAINTEST), edge, *ramp.colours(ground, full), *dim, *lines,
        *quiet, *ramp.colours(ground, loud),
    )  # fmt: skip
