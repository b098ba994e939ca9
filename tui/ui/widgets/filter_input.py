"""The filter line: a one-line input that reports input, when it is kept, and when it is cancelled."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
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
            tooltip="Clear filter and close",
        ),
        Binding("enter", "keep", "apply", id="filter.keep", priority=True, tooltip="Apply filter"),
    ]

    class Typed(Message):
        """The current words; `of` is the list they filter."""

        def __init__(self, text: str, of: str) -> None:
            super().__init__()
            self.text = text
            self.of = of

    class Done(Message):
        """The line closes, once; `kept` says whether the filter stays, `left` that the focus moved elsewhere."""

        def __init__(self, line: FilterLine, applied: bool, left: bool) -> None:
            super().__init__()
            self.line = line
            self.of = line.of
            self.kept = applied
            self.left = left

    def __init__(self, text: str, placeholder: str, of: str = "") -> None:
        """`of`: the list it filters. The current list may be another by the time of the message."""
        super().__init__(text, placeholder=placeholder, id="filter", compact=True)
        self.cursor_blink = False
        self.of = of
        self._is_done = False

    async def open(self, parent: Widget, before: str | None = None) -> None:
        """Mount in a widget, before one of its children, and take the focus at once: input from now on is text."""
        await parent.mount(self, before=before)
        self.screen.set_focus(self)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value, self.of))

    def action_keep(self) -> None:
        self._done(applied=True)

    def action_give_up(self) -> None:
        self._done(applied=False)

    def on_blur(self, event: events.Blur) -> None:
        # Not if the whole terminal lost focus: it will return.
        if self.app.app_focus:
            self._done(applied=True, left=True)

    def _done(self, applied: bool, left: bool = False) -> None:
        if self._is_done:
            return
        self._is_done = True
        if not left:
            # Focus moves at once: a key typed right behind this one is no text any more.
            self.screen.set_focus(None)
        self.post_message(self.Done(self, applied, left))


class PathLine(FilterLine):
    """The same line for the path of a file that is to be created."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "cancel", id="filter.clear", priority=True, tooltip="Close without saving"),
        Binding("enter", "keep", "save", id="filter.keep", priority=True, tooltip="Create the file"),
    ]
