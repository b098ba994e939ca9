"""The last question before a rental: the price, and a yes."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from tui.ui.modals.reread_dialog import CHANGED, RereadDialog
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.question import Question


class QuestionDialog(RereadDialog[bool, Question]):
    """Ends with whether the user agreed."""

    READING: ClassVar[str] = "◌ checking prices and pods again before anything is sent"

    def _is_dangerous(self) -> bool:
        return bool(self._asked.typed)

    def _fields(self) -> list[Horizontal]:
        hint = self._asked.typed if self.narrow else ""
        field = Input(placeholder=hint, id="confirm-typed", compact=True)
        field.select_on_focus = False
        return [Horizontal(Label("", id="confirm-label", markup=False), field, classes="field", id="confirm-line")]

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        return (("do", ""),)

    def on_mount(self, event: events.Mount) -> None:
        self._show()
        self._rest()

    def _rest(self) -> None:
        """Focus the widget where an extra key does nothing: the input for the name, or Cancel."""
        self.query_one("#confirm-typed" if self._asked.typed else "#cancel").focus()

    def field_for(self, text: str) -> Input | None:
        return self.query_one(Input) if self._asked.typed else None

    def _show(self) -> None:
        question = self._asked
        self.entitle(self.query_one("#confirm"), question.title)
        label = (
            "Type its name" if self.narrow else f"To {question.word.lower()} anyway, type its name: {question.typed}"
        )
        self.query_one("#confirm-label", Label).update(label)
        self.query_one(Input).placeholder = question.typed if self.narrow else ""
        stop: Cell = ((f"✕ {question.stop}", "bad"),) if question.stop else ()
        note = self.text(self._note or stop, "#confirm")
        self.say(self.text(question.line, "#confirm"), question.points, note, int(bool(question.typed)))
        do = self.query_one("#do", Button)
        do.label = Text(question.word if question.typed else f"{question.word} (y)")
        do.disabled = bool(question.stop) or self._reading or not self._is_typed()

    def _is_typed(self) -> bool:
        return self._takes_a_press() or self.query_one(Input).value.strip() == self._asked.typed

    def _takes_a_press(self) -> bool:
        return not self._asked.typed

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_agree()

    def _answer(self) -> bool:
        return True

    def _left(self) -> bool:
        return False

    def _holds(self, answer: bool, before: Question, now: Question) -> bool:
        return now.key == before.key and not now.stop

    async def _ask_again(self, now: Question) -> None:
        self._asked = now
        self._note = () if now.stop else CHANGED
        with self.query_one(Input).prevent(Input.Changed):
            self.query_one(Input).value = ""
        self._show()
        self._rest()
