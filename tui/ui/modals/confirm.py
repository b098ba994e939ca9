"""The dialog before an action: the pods, the effects on money, data and the future, and how to cancel."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual import events, on
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from tui.domain import consequences
from tui.domain.action import Command, Consent, Point
from tui.domain.consequences import Case
from tui.format.width import shown
from tui.ui.modals.framed_dialog import FieldLabel, line
from tui.ui.modals.reread_dialog import CHANGED, RereadDialog
from tui.ui.primitives.cells import Cell


class Confirm(RereadDialog[tuple[Command, ...], Case]):
    """Asks once for all pods of a case. Ends with the request, or None.

    weigh: the consequences, recomputed on input.
    """

    READING: ClassVar[str] = "◌ checking again before anything is sent"

    def __init__(
        self,
        case: Case,
        reread: Callable[[], Awaitable[Case]],
        weigh: Callable[[Case, tuple[Command, ...]], tuple[Point, ...]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(case, reread, clock)
        self._weigh = weigh

    def _is_dangerous(self) -> bool:
        return self._asked.action.consent is Consent.NAME

    def _inputs(self) -> tuple[tuple[str, tuple[str, str], str], ...]:
        """Each field's name, its label and the label's short form, and its initial value."""
        case, inputs = self._asked, []
        if case.count:
            inputs.append(("gpus", ("GPUs", "GPUs"), case.count))
        if "bid" in case.action.asks and len(case.subjects) == 1:
            inputs.append(("bid", ("Bid, $/GPU/h", "Bid, $/GPU/h"), case.bid))
        if "name" in case.action.asks:
            inputs.append(("name", ("New name", "New name"), case.name))
        if case.typed:
            alone = len(case.subjects) == 1
            target = "its name" if alone else "the number of pods"
            inputs.append(("typed", (f"To {case.action.verb}, type {target}", f"Type {target}"), ""))
        return tuple(inputs)

    def _fields(self) -> list[Horizontal]:
        rows = []
        for name, labels, value in self._inputs():
            # A count in the field would look as if it were typed already; it is in the title.
            single = len(self._asked.subjects) == 1
            hint = shown(self._asked.typed) if name == "typed" and single else ""
            field = Input(value, placeholder=hint, id=f"confirm-{name}", compact=True)
            field.cursor_blink = False
            rows.append(line(FieldLabel(*labels), field))
        return rows

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        verb = self._asked.action.verb.capitalize()
        return (("do", f"{verb} (y)" if self._takes_a_press() else verb),)

    def on_mount(self, event: events.Mount) -> None:
        self._rest()
        self._show()

    def _rest(self) -> None:
        """Focus the widget where an extra key does nothing: the input for the name, or Cancel."""
        for field in self.query("#confirm-typed, #confirm-name").results(Input):
            field.select_on_focus = False
            field.focus()
            return
        self.query_one("#cancel").focus()

    def field_for(self, text: str) -> Input | None:
        """The input that takes a text: of the name, or of a number; a lone y goes to the button where no name is
        typed."""
        if text == "y" and not self._wants_text():
            return None
        for name in ("typed", "name", "bid", "gpus"):
            for field in self.query(f"#confirm-{name}").results(Input):
                return field
        return None

    # Display

    def _show(self) -> None:
        case = self._asked
        self.entitle(self.query_one("#confirm", Vertical), case.title)
        asked = self._answer()
        wrong = consequences.faults(case, self._value("gpus"), self._value("bid"), self._value("name"))
        note = self._note or (((f"✕ {reason}", "bad") for reason in wrong.values()) if wrong else ())
        self.say(self._pods(), self._weigh(case, asked), self._text(tuple(note)), len(self._inputs()))
        self.query_one("#do", Button).disabled = bool(wrong) or not self._typed() or self._reading

    def _value(self, name: str) -> str:
        inputs = self.query(f"#confirm-{name}")
        return inputs.first(Input).value if inputs else ""

    def _typed(self) -> bool:
        case = self._asked
        if not case.typed:
            return True
        typed = self._value("typed").strip()
        return typed == case.typed or (len(case.subjects) == 1 and typed == case.subjects[0].pod.id)

    def _text(self, cell: Cell) -> Text:
        return self.text(cell, "#confirm")

    def _pods(self) -> Text:
        case = self._asked
        alone = len(case.subjects) == 1
        lines = []
        for subject in case.subjects:
            ident = (subject.pod.id, "muted")
            if alone:
                lines.append(self._text(((subject.line, "text"), ("  ", "text"), ident)))
                continue
            lines.append(self._text(((subject.pod.name or subject.pod.id, "strong"), ("  ", "text"), ident)))
            lines.append(self._text(((f"  {subject.line}", "text"),)))
        for left, why in case.skipped:
            lines.append(self._text(((f"skipped {left}: {why}", "muted"),)))
        return Text("\n").join(lines)

    def changed(self) -> None:
        self.note(())

    # Decision

    def _wants_text(self) -> bool:
        return bool(self._asked.typed) or self._asked.action.consent is Consent.TEXT

    def _takes_a_press(self) -> bool:
        return self._asked.action.consent is Consent.PRESS

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id in ("confirm-typed", "confirm-name"):
            self.action_agree()
        elif event.input is self.query(Input).last():
            self.query_one("#do").focus()
        else:
            self.focus_next()

    def _answer(self) -> tuple[Command, ...]:
        return consequences.commands(self._asked, self._value("gpus"), self._value("bid"), self._value("name"))

    def _set_reading(self, reading: bool) -> None:
        super()._set_reading(reading)
        # In the meantime only leaving has an effect. A disabled widget would pass its focus on, to whatever comes next.
        self.set_focus(None)
        self.query_one("#confirm-fields").disabled = reading
        if not reading:
            self._rest()

    def _holds(self, answer: tuple[Command, ...], before: Case, now: Case) -> bool:
        return bool(now.subjects) and now.key_for(answer) == before.key_for(answer)

    async def _ask_again(self, now: Case) -> None:
        if not now.subjects:
            why = now.skipped[0][1] if now.skipped else "no longer on the account"
            self._note = ((f"▲ Changed since you opened this: {why}. Nothing was sent.", "warn"),)
            self._asked = replace(self._asked, skipped=now.skipped)
            self._show()
            self.query_one("#do", Button).disabled = True
        else:
            chosen = {name: self._value(name) for name in ("gpus", "bid", "name")}
            self._asked = now
            with self.prevent(Input.Changed):
                # If one of several is left, its name is typed, and no number.
                box = self.query_one("#confirm-fields")
                await box.remove_children()
                await box.mount_all(self._fields())
                for name, text in chosen.items():
                    for field in self.query(f"#confirm-{name}").results(Input):
                        field.value = text or field.value
            self._note = CHANGED
            self._rest()
            self._show()
