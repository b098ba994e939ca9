"""The filter line: a one-line input that tells what is typed, when it is kept, and when it is given up."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """An input for filter words. Enter keeps them, Escape clears them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "give_up",
            "clear",
            id="filter.clear",
            priority=True,
            tooltip="Clear the filter and close its line",
        ),
        Binding(
            "enter", "keep", "keep", id="filter.keep", priority=True, tooltip="Keep the filter and go back to the table"
        ),
    ]

    class Typed(Message):
        """The words as they are now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """The line closes; `kept` says whether the filter stays."""

        def __init__(self, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    def __init__(self, text: str, placeholder: str) -> None:
        super().__init__(text, placeholder=placeholder, id="filter", compact=True)
        self.cursor_blink = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def action_keep(self) -> None:
        self._done(kept=True)

    def action_give_up(self) -> None:
        self._done(kept=False)

    def _done(self, kept: bool) -> None:
        # Focus goes at once: a key typed right behind this one is no text any more.
        self.screen.set_focus(None)
        self.post_message(self.Done(kept))
