"""The last question before something is rented: what it costs, and a yes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from tui.api.cloud import CloudError
from tui.ui.modals.dialog import DEAF, TOO_EARLY, Dialog
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.question import Question


class QuestionDialog(Dialog[bool]):
    """Ends with whether it was agreed. `again` looks at everything anew; it raises CloudError."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "cancel", "cancel", id="confirm.cancel", tooltip="Leave without doing anything"),
        Binding("y", "agree", "yes", id="confirm.yes", tooltip="Do it"),
        Binding("left,up", "app.focus_previous", "back", id="confirm.back", show=False, tooltip="The field before"),
        Binding("right,down", "app.focus_next", "on", id="confirm.on", show=False, tooltip="The next field"),
    ]

    def __init__(
        self,
        question: Question,
        again: Callable[[], Awaitable[Question]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._question = question
        self._again = again
        self._note: Cell = ()
        self._checking = False

    def compose(self) -> ComposeResult:
        question = self._question
        with Vertical(id="confirm", classes="-danger" if question.typed else ""):
            with VerticalScroll(id="confirm-what", can_focus=False):
                yield Static(id="confirm-pods")
                yield Static(id="confirm-points")
            with Vertical(id="confirm-fields"), Horizontal(classes="field", id="confirm-line"):
                yield Label("", id="confirm-label", markup=False)
                yield Input(placeholder=question.typed if self.narrow else "", id="confirm-typed", compact=True)
            yield Static(id="confirm-note")
            with Horizontal(id="confirm-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("", id="do", compact=True)

    def on_mount(self, event: events.Mount) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).select_on_focus = False
        self._show()
        self._rest()

    def _rest(self) -> None:
        """Give the focus to where a key too many does nothing: to the name that is to be typed, or to Cancel."""
        self.query_one("#confirm-typed" if self._question.typed else "#cancel").focus()

    @property
    def busy(self) -> bool:
        return self._checking

    def field_for(self, text: str) -> Input | None:
        return self.query_one(Input) if self._question.typed else None

    def _show(self) -> None:
        question = self._question
        self.query_one("#confirm").border_title = Text(question.title)
        label = "Type its name" if self.narrow else f"To do it all the same, type its name: {question.typed}"
        self.query_one("#confirm-label", Label).update(label)
        self.query_one(Input).placeholder = question.typed if self.narrow else ""
        stop: Cell = ((f"✕ {question.stop}", "bad"),) if question.stop else ()
        note = self.text(self._note or stop, "#confirm")
        self.say(self.text(question.line, "#confirm"), question.points, note, int(bool(question.typed)))
        do = self.query_one("#do", Button)
        do.label = Text(question.word if question.typed else f"{question.word} (y)")
        do.disabled = bool(question.stop) or self._checking or not self._is_typed()

    def _is_typed(self) -> bool:
        return not self._question.typed or self.query_one(Input).value.strip() == self._question.typed

    def note(self, words: Cell) -> None:
        self._note = words
        self._show()

    def missed(self) -> None:
        if not self._note:
            self._note = TOO_EARLY
            self.call_later(self._show)
            self.set_timer(2 * DEAF, self._forget_note)

    def _forget_note(self) -> None:
        if self._note == TOO_EARLY:
            self._note = ()
            self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self._question.typed if action == "agree" else True

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.end(False)

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def action_agree(self) -> None:
        """Look at everything again; then it is done, or asked again."""
        if self._checking or self.query_one("#do", Button).disabled or self.reads_on():
            return
        self._checking = True
        self._note = (("◌ looking at prices and pods again before anything is sent", "muted"),)
        self._show()
        self.run_worker(self._check(), name="look again", exclusive=True)

    async def _check(self) -> None:
        before = self._question
        try:
            fresh = await self._again()
        except CloudError as error:
            if self._ended:
                return
            self._checking = False
            self._note = ((f"▲ {error} It could not be read again: nothing was sent.", "bad"),)
            self._show()
            return
        if self._ended:
            # It was left meanwhile, and its widgets are gone or going.
            return
        self._checking = False
        if fresh.key == before.key and not fresh.stop:
            self.end(True)
            return
        self._question = fresh
        self._note = (("▲ it changed meanwhile: look again. Nothing was sent.", "warn"),) if not fresh.stop else ()
        with self.query_one(Input).prevent(Input.Changed):
            self.query_one(Input).value = ""
        self._show()
        self._rest()
        self.ask_anew()
