"""`Body`: a container that arranges its children by a layout of our own."""

from __future__ import annotations

from textual.layout import Layout
from textual.widget import Widget


class Body(Widget):
    """A container with a layout object, as Textual's styles know only Textual's own layouts by name."""

    def __init__(self, layout: Layout, *, id: str) -> None:
        super().__init__(id=id)
        self._own_layout = layout

    @property
    def layout(self) -> Layout:
        return self._own_layout
