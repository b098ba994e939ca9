"""`Choice`: one of a few words, chosen with left and right. It is small, and costs nothing until used."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Options are (value, word); the value is "" for none of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "next", id="choice.next", show=False, tooltip="Next option"),
        Binding("enter", "app.focus_next", "next field", id="choice.on", show=False, tooltip="Next field"),
        Binding("left", "turn(-1)", "previous", id="choice.previous", show=False, tooltip="Previous option"),
    ]

    value: reactive[str] = reactive("", layout=False)

    class Changed(Message):
        """Another option was chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice, self.value = choice, value

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, options: tuple[tuple[str, str], ...], value: str, id: str) -> None:
        super().__init__(id=id)
        self._options = options
        self.set_reactive(Choice.value, value)

    @property
    def _index(self) -> int:
        return next((n for n, (value, _) in enumerate(self._options) if value == self.value), 0)

    def render(self) -> Text:
        word = self._options[self._index][1]
        return Text.assemble(" ", word, "  ◂ ▸" if self.has_focus else "")

    def action_turn(self, step: int) -> None:
        self.value = self._options[(self._index + step) % len(self._options)][0]
        self.post_message(self.Changed(self, self.value))

    def on_click(self, event: events.Click) -> None:
        self.action_turn(1)
