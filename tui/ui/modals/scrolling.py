"""`Scrolling`: a dialog of text that is scrolled by the keys of a pager."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen


def scroll_keys(dialog: str, *, page: str, top: str, end: str) -> tuple[BindingType, ...]:
    """Its bindings; their ids begin with the name of the dialog.

    page: the keys that go on by a page; top, end: the names of the first and the last position in their ids.
    """
    return (
        Binding("j,down", "scroll(1)", "Down", id=f"{dialog}.down", show=False, tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "Up", id=f"{dialog}.up", show=False, tooltip="Scroll up"),
        Binding(page, "page(1)", "Page down", id=f"{dialog}.page-down", show=False, tooltip="Page down"),
        Binding("pageup", "page(-1)", "Page up", id=f"{dialog}.page-up", show=False, tooltip="Page up"),
        Binding("g,home", "edge(-1)", "Top", id=f"{dialog}.{top}", show=False, tooltip="Go to top"),
        Binding("G,end", "edge(1)", "End", id=f"{dialog}.{end}", show=False, tooltip="Go to end"),
    )


class Scrolling(ModalScreen[None]):
    """Scrolls its one box. No move is animated: every frame of it would be sent."""

    @property
    def box(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_scroll(self, step: int) -> None:
        self.box.scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        self.box.scroll_relative(y=step * max(1, self.box.size.height - 1), animate=False)

    def action_edge(self, side: int) -> None:
        self.box.scroll_to(y=0 if side < 0 else self.box.max_scroll_y, animate=False)
