"""`Dialog`: a modal that is deaf at first, so that what was typed for another screen does nothing in this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.screen import ModalScreen

from tui.consequences import Point
from tui.paths import styles
from tui.ui import roles
from tui.ui.cells import Cell
from tui.ui.roles import style_of

T = TypeVar("T")

DEAF = 0.4
"""Seconds without a key, from when a dialog is drawn, after which it listens: a slow link delivers keys in bursts."""

TOO_EARLY: Cell = (("◌ just opened: what is typed in this moment does nothing", "muted"),)

WIDTH, FRAME, TOPIC = 76, 7, 8
"""Cells of the box, of its frame with padding and a scroll bar, and of the column of topics."""

SHORT = 20
"""Lines of a terminal below which a dialog does without its margins."""


class Dialog(ModalScreen[T]):
    """The app asks it whether it hears before it hands it a key, a paste or a click."""

    WAITS_FOR_QUIET: ClassVar[bool] = True
    """Whether each key that comes too early keeps it deaf for longer."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH = styles("confirm")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deaf_until = math.inf
        self._ended = False
        self._since = math.inf

    def on_mount(self, event: events.Mount) -> None:
        self._since = event.time
        self.call_after_refresh(self._appear)

    def _appear(self) -> None:
        """Listen some time after the terminal shows it: on a slow link that is not when it was drawn."""
        when_shown: Callable[[Callable[[], None]], None] | None = getattr(self.app, "when_shown", None)
        if when_shown is None:
            self.deafen()
        else:
            when_shown(self.deafen)

    def deafen(self) -> None:
        """What is shown is new: let it be seen before anything typed counts."""
        self._deaf_until = self._clock() + DEAF

    def text(self, cell: Cell, on: str) -> Text:
        """Parts with roles, on the background of the widget `on`."""
        under = self.query_one(on).rich_style
        return Text.assemble(*((part, style_of(self, role, under)) for part, role in cell))

    def points(self, points: tuple[Point, ...], on: str) -> Text:
        """Consequences: topics at the left, words wrapped at the right of them."""
        room = max(20, min(WIDTH, self.app.size.width) - FRAME - TOPIC)
        lines = []
        for topic, words, role in points:
            for n, part in enumerate(Text(words).wrap(self.app.console, room)):
                head = topic if n == 0 else ""
                lines.append(self.text(((f"{head:<{TOPIC}}", "muted"), (part.plain.rstrip(), role)), on))
        return Text("\n").join(lines)

    def end(self, result: T) -> None:
        """Close with a result, once: a key that comes behind the closing one changes nothing."""
        if not self._ended:
            self._ended = True
            self.dismiss(result)

    def takes(self, event: events.Key) -> bool:
        """Whether a key that comes back from a widget is for this dialog.

        Textual looks for its binding on the screen of that moment: a key typed for the table, just before the one that
        opened this dialog, would confirm it.
        """
        return event.time > self._since and self._clock() >= self._deaf_until

    def hears(self) -> bool:
        """Whether a key that comes now was typed for this dialog; one that was not keeps it deaf for longer."""
        if self._clock() >= self._deaf_until:
            return True
        if self.WAITS_FOR_QUIET and not math.isinf(self._deaf_until):
            self.deafen()
        self.missed()
        return False

    def missed(self) -> None:
        """A key came too early, and does nothing: say so."""
