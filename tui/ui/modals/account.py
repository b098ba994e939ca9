"""The question whether an account that RunPod does not report is the one that was recorded last."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from tui.domain.action import Point
from tui.ui.modals.framed_dialog import FramedDialog, between_fields
from tui.ui.primitives.cells import Cell

POINTS = (
    Point("why", "RunPod's API does not say whose API key this is, and none of the pods was seen here before."),
    Point("yes", "Its history, leases and watches continue. podtop does not ask again."),
    Point("no", "A recording of its own begins. podtop does not ask again."),
    Point("cancel", "A recording of its own begins, and podtop asks at its next start.", "muted"),
)


class AccountDialog(FramedDialog[bool]):
    """Ends with the answer; None if there is none. `at`: when the account was used last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "cancel", id="confirm.cancel", tooltip="Cancel"),
        Binding("y", "answer(True)", "yes", id="account.same", tooltip="It is the same account"),
        Binding("n", "answer(False)", "no", id="account.another", tooltip="It is another account"),
        *between_fields("left,up", "right,down"),
    ]

    def __init__(self, at: float, tz: tzinfo | None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._when = f"{datetime.fromtimestamp(at, tz):%d %b %Y %H:%M}"

    def _fields(self) -> list[Horizontal]:
        return []

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        return (("another", "No (n)"), ("do", "Yes (y)"))

    def on_mount(self, event: events.Mount) -> None:
        self.query_one("#confirm").border_title = Text("Is this the same account?")
        self.query_one("#cancel").focus()
        self._show()

    def _show(self) -> None:
        head: Cell = (("Continue the recording of the account that was used last, on ", "text"), (self._when, "strong"))
        self.say(self.text((*head, ("?", "text")), "#confirm"), POINTS, Text(), 0)

    def action_answer(self, same: bool) -> None:
        if not self.reads_on():
            self.end(same)

    @on(Button.Pressed, "#do")
    def _same(self) -> None:
        self.action_answer(True)

    @on(Button.Pressed, "#another")
    def _another(self) -> None:
        self.action_answer(False)
