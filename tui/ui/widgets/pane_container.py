"""`Body`: a container that arranges its children by a layout of our own."""

from __future__ import annotations

from textual.geometry import Region
from textual.layout import Layout
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget


class Body(Widget):
    """A container with a layout object, as Textual's styles know only Textual's own layouts by name."""

    def __init__(self, layout: Layout, *, id: str) -> None:
        super().__init__(id=id)
        self._own_layout = layout

    def rearrange(self) -> None:
        """Place the children again: Textual keeps an arrangement while size and children are the same."""
        self._clear_arrangement_cache()
        self.refresh(layout=True)

    @property
    def layout(self) -> Layout:
        return self._own_layout

    def render_lines(self, crop: Region) -> list[Strip]:
        # Its lines are all the same, and panes cover them: one is drawn for all.
        under, background = self.background_colors
        line = Strip.blank(crop.width, Style(background=under + background).rich_style)
        for line_filter in self.get_line_filters():
            line = line.apply_filter(line_filter, background)
        return [line] * crop.height
