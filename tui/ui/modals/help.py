"""The help: every key in force, by the same declarations that bind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.paths import styles
from tui.ui.keys import Hint, grouped, hints

SIGNS = (
    ("● ◌ ◔ ■", "running, idle (no GPU at work for 10 minutes), booting, stopped"),
    ("▼ ✕ ? ◆", "outbid, terminated, unreadable, a status newer than podtop"),
    ("(2.99)", "what the pod costs an hour when it runs; it does not now"),
    ("72▾", "mean of the GPUs; one of them lags by more than 20 points"),
    ("spot", "interruptible: RunPod may stop it for a higher bid"),
    ("▲ 3m old", "not renewed since: RunPod does not answer, or without this part"),
    ("–", "RunPod gives no value"),
)


WIDE = 120
"""Columns from which on the help stands in two columns."""

KEYS = 13
COLUMN = 53


def _half(lengths: Sequence[int]) -> int:
    """After how many blocks a second column begins, so that both are about as long."""
    return min(range(1, len(lengths) + 1), key=lambda n: max(sum(lengths[:n]), sum(lengths[n:])))


class Help(ModalScreen[None]):
    """A list of keys; any of its closing keys ends it."""

    CSS_PATH = styles("help")

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close", tooltip="Close the help"),
        Binding("j,down", "scroll(1)", "Down", id="help.down", show=False, tooltip="On in the help"),
        Binding("k,up", "scroll(-1)", "Up", id="help.up", show=False, tooltip="Back in the help"),
    ]

    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__()
        self._hints = hints

    def compose(self) -> ComposeResult:
        wide = self.app.size.width >= WIDE
        room = COLUMN if wide else min(68, max(KEYS + 10, self.app.size.width - 8))
        blocks = [
            (title, self._lines(((" ".join(h.keys), h.help, "" if h.enabled else "dim") for h in group), room))
            for title, group in grouped(self._hints)
        ]
        blocks.append(("Signs", self._lines(((sign, meaning, "") for sign, meaning in SIGNS), room)))
        with VerticalScroll(id="help", classes="-wide" if wide else "") as box:
            box.border_title = "Keys"
            *others, last = next(h.keys for h in hints(self.active_bindings) if h.id == "help.close")
            box.border_subtitle = " or ".join(filter(None, (", ".join(others), last))) + " closes"
            if not wide:
                yield from self._column(blocks)
                return
            half = _half([text.plain.count("\n") + 3 for _, text in blocks])
            with Horizontal():
                with Vertical():
                    yield from self._column(blocks[:half])
                with Vertical():
                    yield from self._column(blocks[half:])

    @staticmethod
    def _column(blocks: Sequence[tuple[str, Text]]) -> ComposeResult:
        for title, text in blocks:
            yield Static(title, classes="help--title")
            yield Static(text, markup=False)

    @staticmethod
    def _lines(entries: Iterable[tuple[str, str, str]], room: int) -> Text:
        """Keys and what they do, or signs and what they mean; what is too long goes on below itself."""
        text = Text()
        for key, words, style in entries:
            first, *rest = wrap(words, room - KEYS) or [""]
            text.append(f"{key:<{KEYS}}", "bold")
            text.append("\n".join((first, *(" " * KEYS + line for line in rest))), style)
            text.append("\n")
        text.rstrip()
        return text

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(None)
