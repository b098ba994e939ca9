"""`Dialog`: a modal that ignores input at first, so that keys typed for another screen do nothing in this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tui.files.paths import styles
from tui.format.width import shown
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.roles import BADGE, style_of

T = TypeVar("T")

DEAF = 0.4
"""Seconds without a key, after a dialog is drawn, until it accepts input: a slow link delivers keys in bursts."""

TOO_EARLY: Cell = (("◌ keys are ignored for a moment after a dialog opens", "muted"),)

SHORT = 20
"""Lines of a terminal below which a dialog has no margins."""

NARROW = 60
"""Columns of a terminal below which labels are short, and topics are above their text and not at its left."""


class Dialog(Once, ModalScreen[T]):
    """The app calls it to check whether the dialog accepts input before it passes on a key, a paste or a click."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH = styles("confirm")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "read(1)", "more", id="confirm.more", show=False, tooltip="Scroll down"),
        Binding("pageup", "read(-1)", "back", id="confirm.less", show=False, tooltip="Scroll up"),
    ]

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deaf_until = math.inf
        self._since = math.inf
        self.account: tuple[str, str] | None = None

    def on_mount(self, event: events.Mount) -> None:
        self._since = event.time

    def on_screen_resume(self) -> None:
        """It is on top, for the first time or again: earlier input was for another screen."""
        self._deaf_until = math.inf
        self.call_after_refresh(self._appear)

    def _appear(self) -> None:
        """Accept input some time after the terminal shows the dialog: on a slow link that is later than the drawing."""
        self._when_shown(self.deafen)

    def _when_shown(self, callback: Callable[[], None]) -> None:
        when_shown: Callable[[Callable[[], None]], None] | None = getattr(self.app, "when_shown", None)
        if when_shown is None:
            callback()
        else:
            when_shown(callback)

    def deafen(self) -> None:
        """The content changed: it must be visible before any input counts."""
        self._deaf_until = self._clock() + DEAF

    def restart(self) -> None:
        """Input in the meantime is unknown: ignore input again for a moment, if the dialog is shown by now."""
        if not math.isinf(self._deaf_until):
            self.deafen()

    def entitle(self, box: Widget, title: str) -> None:
        """Title a box; where several accounts are open with the one that it acts on, in its colour."""
        if self.account is None:
            box.border_title = Text(title)
            return
        name, role = self.account
        badge = style_of(self, f"{BADGE}{role}", box.rich_style)
        box.border_title = Text.assemble((f" {name} ", badge), f" {title}")

    # Input

    @property
    def busy(self) -> bool:
        """Whether it is checking data before it ends: input in the meantime is dropped."""
        return False

    def field_for(self, text: str) -> Input | None:
        """The field for a text, whatever has the focus; None if text has no target here."""
        return None

    def on_key(self, event: events.Key) -> None:
        """A letter that no field took: in a burst the focus may move while it is on its way."""
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
        """Focus a field. Selected text in it is replaced by the typed text, and not the typed text."""
        if field is self.focused:
            return
        selects, field.select_on_focus = field.select_on_focus, False
        if selects:
            field.action_select_all()
        self.set_focus(field)
        if selects:
            # After the focus message, which would select text typed in the meantime.
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
        """Scroll, in a dialog with more text than fits."""

    def end(self, result: T) -> None:
        """Close with a result, once: a key behind the closing one changes nothing."""
        self.dismiss(result)

    def takes(self, event: events.Key) -> bool:
        """Whether a key returned from a widget is for this dialog.

        Textual looks up its binding on the current screen: a key typed for the table, just before the one that opened
        this dialog, would confirm it.
        """
        if self.busy and event.key == "escape":
            return True
        return event.time > self._since and self._clock() >= self._deaf_until

    def hears(self, typed: float) -> bool:
        """Whether a key was typed for this dialog, by its earliest time; one that was not extends the wait."""
        if typed >= self._deaf_until:
            return True
        self.restart()
        self.missed()
        return False

    def missed(self) -> None:
        """A key came too early, and does nothing: show that."""


def _type(field: Input, text: str) -> None:
    start, end = sorted(field.selection)
    field.replace(text, start, end)
