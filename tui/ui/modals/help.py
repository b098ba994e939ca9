"""The help: every key in force, by the same declarations that bind them."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.ui.keys import Hint, grouped

SIGNS = (
    ("● ◌ ◔ ■", "running, idle (no GPU at work for 10 minutes), booting, stopped"),
    ("▼ ✕ ? ◆", "outbid, terminated, unreadable, a status newer than podtop"),
    ("(2.99)", "what the pod costs an hour when it runs; it does not now"),
    ("72▾", "mean of the GPUs; one of them lags by more than 20 points"),
    ("spot", "interruptible: RunPod may stop it for a higher bid"),
    ("▲ 3m old", "not renewed since: RunPod does not answer, or without this part"),
    ("–", "RunPod gives no value"),
)


class Help(ModalScreen[None]):
    """A list of keys; any of its closing keys ends it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", "Down", id="help.down", show=False),
        Binding("k,up", "scroll(-1)", "Up", id="help.up", show=False),
    ]

    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__()
        self._hints = hints

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc, ? or q closes"
            for title, group in grouped(self._hints):
                yield Static(title, classes="help--title")
                yield Static(self._lines(group), markup=False)
            yield Static("Signs", classes="help--title")
            yield Static(self._signs(), markup=False)

    @staticmethod
    def _lines(group: tuple[Hint, ...]) -> Text:
        text = Text()
        for hint in group:
            text.append(f"{' '.join(hint.keys):<16}", "bold")
            text.append(hint.help, "" if hint.enabled else "dim")
            text.append("\n")
        text.rstrip()
        return text

    @staticmethod
    def _signs() -> Text:
        text = Text()
        for sign, meaning in SIGNS:
            text.append(f"{sign:<16}", "bold")
            text.append(f"{meaning}\n")
        text.rstrip()
        return text

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(None)
