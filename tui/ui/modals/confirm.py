"""The dialog before an action: which pods, what it does to money, data and the future, and the way out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from tui.api.cloud import CloudError
from tui.domain import consequences
from tui.domain.action import Command, Consent, Point
from tui.domain.consequences import Case
from tui.format.width import shown
from tui.ui.modals.dialog import DEAF, TOO_EARLY, Dialog, FieldLabel
from tui.ui.primitives.cells import Cell

Again = Callable[[], Awaitable[Case]]


class Confirm(Dialog[tuple[Command, ...] | None]):
    """Asks once for all pods of a case. Ends with what is to be sent, or None.

    again:  reads the pods again; raises CloudError.
    weigh:  the consequences as things are typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "cancel", "cancel", id="confirm.cancel", tooltip="Leave without doing anything"),
        Binding("y", "confirm", "yes", id="confirm.yes", tooltip="Do it"),
        Binding("left,up", "app.focus_previous", "back", id="confirm.back", show=False, tooltip="The field before"),
        Binding("right,down", "app.focus_next", "on", id="confirm.on", show=False, tooltip="The next field"),
    ]

    def __init__(
        self,
        case: Case,
        again: Again,
        weigh: Callable[[Case, tuple[Command, ...]], tuple[Point, ...]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._case = case
        self._again = again
        self._weigh = weigh
        self._note: Cell = ()
        self._checking = False

    def compose(self) -> ComposeResult:
        action = self._case.action
        with Vertical(id="confirm", classes="-danger" if action.consent is Consent.NAME else ""):
            with VerticalScroll(id="confirm-what", can_focus=False):
                yield Static(id="confirm-pods")
                yield Static(id="confirm-points")
            yield Vertical(*self._rows(), id="confirm-fields")
            yield Static(id="confirm-note")
            with Horizontal(id="confirm-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._word(), id="do", compact=True)

    def _fields(self) -> tuple[tuple[str, tuple[str, str], str], ...]:
        """Each field's name, its label and the label's short form, and what stands in it at first."""
        case, found = self._case, []
        if case.count:
            found.append(("gpus", ("GPUs", "GPUs"), case.count))
        if "bid" in case.action.asks and len(case.subjects) == 1:
            found.append(("bid", ("Bid, $ a GPU and hour", "Bid, $/GPU/h"), case.bid))
        if case.typed:
            alone = len(case.subjects) == 1
            what = "its name" if alone else "their number"
            found.append(("typed", (f"To {case.action.verb}, type {what}", f"Type {what}"), ""))
        return tuple(found)

    def _rows(self) -> list[Horizontal]:
        rows = []
        for name, labels, value in self._fields():
            hint = shown(self._case.typed) if name == "typed" else ""
            field = Input(value, placeholder=hint, id=f"confirm-{name}", compact=True)
            field.cursor_blink = False
            rows.append(Horizontal(FieldLabel(*labels), field, classes="field"))
        return rows

    def _word(self) -> str:
        verb = self._case.action.verb.capitalize()
        return f"{verb} (y)" if self._case.action.consent is Consent.PRESS else verb

    def on_mount(self, event: events.Mount) -> None:
        self._rest()
        self._show()

    def _rest(self) -> None:
        """Give the focus to where a key too many does nothing: to the name that is to be typed, or to Cancel."""
        for field in self.query("#confirm-typed").results(Input):
            field.select_on_focus = False
            field.focus()
            return
        self.query_one("#cancel").focus()

    @property
    def busy(self) -> bool:
        return self._checking

    def field_for(self, text: str) -> Input | None:
        """The name that is to be typed, or the number: of that all but y, which the button tells of."""
        if text == "y" and not self._case.typed:
            return None
        for name in ("typed", "bid", "gpus"):
            for field in self.query(f"#confirm-{name}").results(Input):
                return field
        return None

    # What is shown

    def _show(self) -> None:
        case = self._case
        self.query_one("#confirm", Vertical).border_title = Text(case.title)
        asked = consequences.commands(case, self._value("gpus"), self._value("bid"))
        wrong = consequences.faults(case, self._value("gpus"), self._value("bid"))
        note = self._note or (((f"✕ {words}", "bad") for words in wrong.values()) if wrong else ())
        self.say(self._pods(), self._weigh(case, asked), self._text(tuple(note)), len(self._fields()))
        self.query_one("#do", Button).disabled = bool(wrong) or not self._typed() or self._checking

    def _value(self, name: str) -> str:
        found = self.query(f"#confirm-{name}")
        return found.first(Input).value if found else ""

    def _typed(self) -> bool:
        case = self._case
        if not case.typed:
            return True
        said = self._value("typed").strip()
        return said == case.typed or (len(case.subjects) == 1 and said == case.subjects[0].pod.id)

    def _text(self, cell: Cell) -> Text:
        return self.text(cell, "#confirm")

    def _pods(self) -> Text:
        case = self._case
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
            lines.append(self._text(((f"left out: {left}, ", "muted"), (why, "muted"))))
        return Text("\n").join(lines)

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
        self._note = ()
        self._show()

    # What is decided

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "confirm":
            return self._case.action.consent is Consent.PRESS
        return True

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "confirm-typed":
            self.action_confirm()
        elif event.input is self.query(Input).last():
            self.query_one("#do").focus()
        else:
            self.focus_next()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.end(None)

    @on(Button.Pressed, "#do")
    def action_confirm(self) -> None:
        """Read the pods again; then it is done, or asked again."""
        if self._checking or self.query_one("#do", Button).disabled or self.reads_on():
            return
        self._set_checking(True)
        self._note = (("◌ reading it again before anything is sent", "muted"),)
        self._show()
        # What is sent is what was confirmed, whatever is typed while it is read.
        asked = consequences.commands(self._case, self._value("gpus"), self._value("bid"))
        self.run_worker(self._check(asked), name="read again", exclusive=True)

    def _set_checking(self, checking: bool) -> None:
        self._checking = checking
        # Meanwhile only leaving does something. What is disabled would hand its focus on, to whatever comes next.
        self.set_focus(None)
        self.query_one("#confirm-fields").disabled = checking
        if not checking:
            self._rest()

    async def _check(self, asked: tuple[Command, ...]) -> None:
        before = self._case
        try:
            fresh = await self._again()
        except CloudError as error:
            if self._ended:
                return
            self._set_checking(False)
            self._note = ((f"▲ {error} It could not be read again: nothing was sent.", "bad"),)
            self._show()
            return
        if self._ended:
            # It was left meanwhile, and its widgets are gone or going.
            return
        self._set_checking(False)
        if fresh.subjects and fresh.key_for(asked) == before.key_for(asked):
            self.end(asked)
            return
        await self._ask_again(fresh)

    async def _ask_again(self, fresh: Case) -> None:
        """What was decided upon is not so any more: say it, and let it be decided anew."""
        if not fresh.subjects:
            why = fresh.skipped[0][1] if fresh.skipped else "it is gone"
            self._note = ((f"▲ it changed meanwhile: {why}. Nothing was sent.", "warn"),)
            self._case = replace(self._case, skipped=fresh.skipped)
            self._show()
            self.query_one("#do", Button).disabled = True
        else:
            chosen = {name: self._value(name) for name in ("gpus", "bid")}
            self._case = fresh
            with self.prevent(Input.Changed):
                # Of several one may be left: then its name is typed, and no number.
                box = self.query_one("#confirm-fields")
                await box.remove_children()
                await box.mount_all(self._rows())
                for name, text in chosen.items():
                    for field in self.query(f"#confirm-{name}").results(Input):
                        field.value = text or field.value
            self._note = (("▲ it changed meanwhile: look again. Nothing was sent.", "warn"),)
            self._rest()
            self._show()
        self.ask_anew()
