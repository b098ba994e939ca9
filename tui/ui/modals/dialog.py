"""`Dialog`: a modal that is deaf at first, so that what was typed for another screen does nothing in this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.format.width import shown
from tui.paths import styles
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.roles import style_of

T = TypeVar("T")

DEAF = 0.4
"""Seconds without a key, from when a dialog is drawn, after which it listens: a slow link delivers keys in bursts."""

TOO_EARLY: Cell = (("◌ just opened: what is typed in this moment does nothing", "muted"),)

SHORT = 20
"""Lines of a terminal below which a dialog does without its margins."""

NARROW = 60
"""Columns of a terminal below which labels are short, and topics stand before their words and not beside them."""


class Dialog(Once, ModalScreen[T]):
    """The app asks it whether it hears before it hands it a key, a paste or a click."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH = styles("confirm")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "read(1)", "more", id="confirm.more", show=False, tooltip="Read on, where not all fits"),
        Binding("pageup", "read(-1)", "back", id="confirm.less", show=False, tooltip="Read back"),
    ]

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deaf_until = math.inf
        self._since = math.inf

    def on_mount(self, event: events.Mount) -> None:
        self._since = event.time

    def on_screen_resume(self) -> None:
        """It is on top, for the first time or again: what was typed so far was for something else."""
        self._deaf_until = math.inf
        self.call_after_refresh(self._appear)

    def _appear(self) -> None:
        """Listen some time after the terminal shows it: on a slow link that is not when it was drawn."""
        self._when_shown(self.deafen)

    def _when_shown(self, callback: Callable[[], None]) -> None:
        when_shown: Callable[[Callable[[], None]], None] | None = getattr(self.app, "when_shown", None)
        if when_shown is None:
            callback()
        else:
            when_shown(callback)

    def deafen(self) -> None:
        """What is shown is new: let it be seen before anything typed counts."""
        self._deaf_until = self._clock() + DEAF

    def restart(self) -> None:
        """What was typed in the meantime is not known: be deaf anew, where it is shown by now."""
        if not math.isinf(self._deaf_until):
            self.deafen()

    # What is typed

    @property
    def busy(self) -> bool:
        """Whether it looks at something before it ends: what is typed meanwhile goes nowhere."""
        return False

    def field_for(self, text: str) -> Input | None:
        """The field that a text goes to, whatever has the focus; None where it is no text here."""
        return None

    def on_key(self, event: events.Key) -> None:
        """A letter that comes here is one that no field took: in a burst the focus may move while it is on its way."""
        text = (event.character or "") if event.is_printable else ""
        rubs = event.key in ("backspace", "ctrl+h")
        there = self.focused if isinstance(self.focused, Input) else None
        if not text and (not rubs or there is not None):
            return
        field = there or self.field_for(text)
        if field is None or (there is None and self.focused and event.key in self.focused._bindings.key_to_bindings):
            return
        event.stop()
        event.prevent_default()
        if field.is_disabled or self.busy:
            return
        self._enter(field)
        if rubs:
            field.action_delete_left()
        else:
            _type(field, text)

    def on_paste(self, event: events.Paste) -> None:
        lines = event.text.splitlines()
        if not isinstance(self.focused, Input) and lines and (field := self.field_for(lines[0])) is not None:
            event.stop()
            event.prevent_default()
            if field.is_disabled or self.busy:
                return
            self._enter(field)
            _type(field, lines[0])

    def _enter(self, field: Input) -> None:
        """Give a field the keys. What stood there selected is replaced by what is typed, and not what is typed."""
        if field is self.focused:
            return
        selects, field.select_on_focus = field.select_on_focus, False
        if selects:
            field.action_select_all()
        self.set_focus(field)
        if selects:
            # Behind the message that it has the keys, which would select what is typed in the meantime.
            field.call_later(setattr, field, "select_on_focus", True)

    def text(self, cell: Cell, on: str) -> Text:
        """Parts with roles, on the background of the widget `on`."""
        under = self.query_one(on).rich_style
        return Text.assemble(*((shown(part), style_of(self, role, under)) for part, role in cell))

    @property
    def narrow(self) -> bool:
        return self.app.size.width < NARROW

    @property
    def short(self) -> bool:
        return self.app.size.height < SHORT

    def action_read(self, step: int) -> None:
        """Read on, in a dialog that says more than fits."""

    def end(self, result: T) -> None:
        """Close with a result, once: a key that comes behind the closing one changes nothing."""
        self.dismiss(result)

    def takes(self, event: events.Key) -> bool:
        """Whether a key that comes back from a widget is for this dialog.

        Textual looks for its binding on the screen of that moment: a key typed for the table, just before the one that
        opened this dialog, would confirm it.
        """
        return event.time > self._since and self._clock() >= self._deaf_until

    def hears(self, typed: float) -> bool:
        """Whether a key was typed for this dialog, by when it was typed at the earliest; one that was not keeps it
        deaf for longer."""
        if typed >= self._deaf_until:
            return True
        self.restart()
        self.missed()
        return False

    def missed(self) -> None:
        """A key came too early, and does nothing: say so."""


def _type(field: Input, text: str) -> None:
    start, end = sorted(field.selection)
    field.replace(text, start, end)
