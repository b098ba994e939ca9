"""The filter line: a one-line input that reports input, when it is kept, and when it is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input


class _Completion(Suggester):
    """Shows dimly what would complete the text."""

    def __init__(self, complete: Callable[[str], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        rest = self._complete(value)
        return value + rest if rest else None


class FilterLine(Input):
    """An input for filter words. Enter keeps them if they are valid, Escape clears them."""

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
        Binding("tab", "complete", "complete", id="filter.complete", priority=True, tooltip="Complete field name"),
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

    def __init__(
        self,
        text: str,
        placeholder: str,
        of: str = "",
        complete: Callable[[str], str] = lambda text: "",
        holds: Callable[[str], bool] = lambda text: True,
    ) -> None:
        """`of`: the list it filters. The current list may be another by the time of the message.

        complete: the rest of the term at the end of a text; empty if none is known.
        holds:    whether a text is valid; one that is not stays open, so that it can be mended.
        """
        super().__init__(text, placeholder=placeholder, id="filter", compact=True, suggester=_Completion(complete))
        self.cursor_blink = False
        self._rest, self._holds = complete, holds
        self.of = of
        self._is_done = False

    async def open(self, parent: Widget, before: str | None = None) -> None:
        """Mount in a widget, before one of its children, and take the focus at once: input from now on is text."""
        await parent.mount(self, before=before)
        self.screen.set_focus(self)

    def on_mount(self) -> None:
        # Toasts make room for the line, and for what is wrong with it.
        self._above = self.screen
        self._above.add_class("-typing")

    def on_unmount(self) -> None:
        self._above.remove_class("-typing")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value, self.of))

    def action_complete(self) -> None:
        """Complete the term at the end, without waiting for the suggestion: keys may arrive in bursts."""
        if self.cursor_at_end:
            self.insert_text_at_cursor(self._rest(self.value))

    def action_cursor_right(self, select: bool = False) -> None:
        if self.cursor_at_end and not select:
            self.action_complete()
        else:
            super().action_cursor_right(select)

    def action_keep(self) -> None:
        if self._holds(self.value):
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
