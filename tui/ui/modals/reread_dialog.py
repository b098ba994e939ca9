"""`RereadDialog`: a question whose yes counts only if nothing in it has changed when the data is read again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Button

from tui.api.errors import CloudError
from tui.ui.modals.dialog import DEAF, TOO_EARLY
from tui.ui.modals.framed_dialog import FramedDialog, between_fields
from tui.ui.primitives.cells import Cell

T = TypeVar("T")
Asked = TypeVar("Asked")

CHANGED: Cell = (("▲ Changed since you opened this. Review again; nothing was sent.", "warn"),)


class RereadDialog(FramedDialog[T], Generic[T, Asked]):
    """Ends with the agreed result, or None. Anything that changed since the agreement is asked again.

    asked:  the current question.
    reread: reads the data again and returns the new question; raises CloudError.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "cancel", "cancel", id="confirm.cancel", tooltip="Cancel; nothing is sent"),
        Binding("y", "agree", "yes", id="confirm.yes", tooltip="Confirm"),
        *between_fields("left,up", "right,down"),
    ]

    READING: ClassVar[str]
    """Its message while it reads."""

    def __init__(
        self, asked: Asked, reread: Callable[[], Awaitable[Asked]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock)
        self._asked = asked
        self._reread = reread
        self._note: Cell = ()
        self._reading = False

    @property
    def busy(self) -> bool:
        return self._reading

    def note(self, text: Cell) -> None:
        self._note = text
        self._show()

    def missed(self) -> None:
        if not self._note:
            self._note = TOO_EARLY
            self.call_later(self._show)
            self.set_timer(2 * DEAF, self._forget_note)

    def _forget_note(self) -> None:
        if self._note == TOO_EARLY:
            self.note(())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._takes_a_press() if action == "agree" else True

    @on(Button.Pressed, "#do")
    def action_agree(self) -> None:
        """Read the data again; then end, or ask again."""
        if self._reading or self.query_one("#do", Button).disabled or self.reads_on():
            return
        self._set_reading(True)
        self.note(((self.READING, "muted"),))
        # The confirmed values are sent, whatever is typed during the read.
        self.run_worker(self._decide(self._answer()), name="read again", exclusive=True)

    async def _decide(self, answer: T) -> None:
        before = self._asked
        try:
            now = await self._reread()
        except CloudError as error:
            if not self._ended:
                self._set_reading(False)
                self.note(((f"▲ {error} The check failed; nothing was sent.", "bad"),))
            return
        if self._ended:
            # It was left in the meantime, and its widgets are gone or being removed.
            return
        self._set_reading(False)
        if self._holds(answer, before, now):
            self.end(answer)
            return
        await self._ask_again(now)
        self.ask_anew()

    def _set_reading(self, reading: bool) -> None:
        self._reading = reading

    def _takes_a_press(self) -> bool:
        """Whether a key is consent, and nothing has to be typed."""
        raise NotImplementedError

    def _answer(self) -> T:
        """Its result for the current input."""
        raise NotImplementedError

    def _holds(self, answer: T, before: Asked, now: Asked) -> bool:
        """Whether the agreed values are unchanged."""
        raise NotImplementedError

    async def _ask_again(self, now: Asked) -> None:
        """The values decided on have changed: show the new ones, and that nothing was sent."""
        raise NotImplementedError
