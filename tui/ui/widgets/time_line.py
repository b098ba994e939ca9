"""The line in which a time to go to is typed, and what it means, or is lacking, below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tui.ui.primitives.cells import Cell
from tui.ui.widgets.status_lines import Lines, TwoSided


class TimeLine(Vertical):
    """Ends with the text that was typed, once; None if the user leaves.

    says: what a text means, and whether it is a time to go to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", id="goto.cancel", priority=True, tooltip="Close without going anywhere"),
        Binding("enter", "take", "go", id="goto.take", priority=True, tooltip="Go to this time"),
    ]

    class Done(Message):
        """The line closes; `text`: what was typed, None if the user left. `focus`: whether it has the focus still."""

        def __init__(self, line: TimeLine, text: str | None, has_focus: bool) -> None:
            super().__init__()
            self.line = line
            self.text = text
            self.has_focus = has_focus

    def __init__(self, placeholder: str, says: Callable[[str], tuple[Cell, bool]]) -> None:
        super().__init__(id="go-to")
        self._placeholder = placeholder
        self._says = says
        self._is_done = False

    def compose(self) -> ComposeResult:
        field = Input("", placeholder=self._placeholder, id="go-to-time", compact=True)
        field.cursor_blink = False
        yield field
        yield Lines(id="go-to-note")

    def on_mount(self) -> None:
        # Toasts make room for the line, and for what it means.
        self._above = self.screen
        self._above.add_class("-typing")
        self._tell("")
        self.query_one(Input).focus()

    def on_unmount(self) -> None:
        self._above.remove_class("-typing")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell(event.value)

    def _tell(self, text: str) -> bool:
        note, is_time = self._says(text)
        self.query_one("#go-to-note", Lines).content = (TwoSided((note,)),)
        return is_time

    def action_take(self) -> None:
        text = self.query_one(Input).value
        # What is no time stays: the note says what is accepted.
        if not text.strip():
            self._end(None)
        elif self._tell(text):
            self._end(text)

    def action_leave(self) -> None:
        self._end(None)

    @on(events.DescendantBlur)
    def _left(self) -> None:
        # Not if the whole terminal lost focus: it will return.
        if self.app.app_focus:
            self._end(None, has_focus=False)

    def _end(self, text: str | None, has_focus: bool = True) -> None:
        if self._is_done:
            return
        self._is_done = True
        if has_focus:
            # Focus moves at once: a key typed right behind this one is no text any more.
            self.screen.set_focus(None)
        self.post_message(self.Done(self, text, has_focus))
