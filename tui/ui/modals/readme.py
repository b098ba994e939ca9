"""A template's readme as Markdown, and its start script. The text is data: none of its links is opened."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from tui.files.paths import styles
from tui.ui.modals.once import Once


class Readme(Once, ModalScreen[None]):
    """Shows long text, which may still be loading."""

    CSS_PATH = styles("readme")
    AUTO_FOCUS: ClassVar[str | None] = "#readme"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,backspace", "dismiss", "Close", id="readme.close", tooltip="Close readme"),
        Binding("j,down", "scroll(1)", "Down", id="readme.down", show=False, tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "Up", id="readme.up", show=False, tooltip="Scroll up"),
        Binding("space,pagedown", "page(1)", "Page down", id="readme.page-down", show=False, tooltip="Page down"),
        Binding("pageup", "page(-1)", "Page up", id="readme.page-up", show=False, tooltip="Page up"),
        Binding("g,home", "edge(-1)", "Top", id="readme.first", show=False, tooltip="Go to top"),
        Binding("G,end", "edge(1)", "Bottom", id="readme.last", show=False, tooltip="Go to end"),
    ]

    def __init__(self, title: str, key: str) -> None:
        """`key`: the template of the text."""
        super().__init__()
        self._heading = title
        self.key = key
        self._told: tuple[str, str, str] | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="readme") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "esc close"
            yield Static("◌ Loading…", id="readme-note", markup=False)
            yield Markdown(id="readme-text", open_links=False)
            yield Static("", id="readme-script", markup=False)

    def tell(self, readme: str, script: str, note: str) -> None:
        """Show the loaded readme or script, or a note with the reason for its absence."""
        if self._told == (readme, script, note) or not self.is_mounted:
            return
        self._told = (readme, script, note)
        text = note or ("" if readme or script else "RunPod has no readme and no start script.")
        line = self.query_one("#readme-note", Static)
        line.update(text)
        line.display = bool(text)
        self.query_one("#readme-text", Markdown).update(readme)
        box = self.query_one("#readme-script", Static)
        box.update(f"Start script\n\n{script}" if script else "")
        box.display = bool(script)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        self.notify("podtop does not open links of a readme", markup=False)

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        box = self.query_one(VerticalScroll)
        box.scroll_relative(y=step * max(1, box.size.height - 1), animate=False)

    def action_edge(self, side: int) -> None:
        box = self.query_one(VerticalScroll)
        box.scroll_to(y=0 if side < 0 else box.max_scroll_y, animate=False)

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(None)
