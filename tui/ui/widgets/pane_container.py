"""`Body`: a container that arranges its children by a layout of our own."""

from __future__ import annotations

from textual.layout import Layout
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
