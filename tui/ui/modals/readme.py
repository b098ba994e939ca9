"""A template's readme as Markdown, and its start script. The text is data: none of its links is opened."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from tui.files.paths import styles
from tui.ui.modals.once import Once
from tui.ui.modals.scrolling import Scrolling, scroll_keys


class Readme(Once, Scrolling):
    """Shows long text, which may still be loading."""

    CSS_PATH = styles("readme")
    AUTO_FOCUS: ClassVar[str | None] = "#readme"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,backspace", "dismiss", "Close", id="readme.close", tooltip="Close readme"),
        *scroll_keys("readme", page="space,pagedown", top="first", end="last"),
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

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(None)
