"""`FramedDialog`: the subject of a dialog and its effects, fitted to the terminal, above its fields and its buttons."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from tui.domain.action import Point
from tui.ui.modals.dialog import DEAF, Dialog
from tui.ui.primitives.cells import Cell
from tui.ui.widgets.choice import Choice

T = TypeVar("T")

WIDTH, FRAME, TOPIC = 76, 7, 8
"""Cells of the box, of its frame with padding and a scroll bar, and of the column of topics."""

LEAST = 3
"""Lines of text that stay visible while fields give way."""


class FieldLabel(Label):
    """The label of a field. A dialog shows the short form while the terminal is narrow."""

    def __init__(self, text: str, short: str = "") -> None:
        super().__init__(text, markup=False)
        self._words, self._short = text, short or text

    def fit(self, narrow: bool) -> None:
        text = self._short if narrow else self._words
        if text != self.content:
            self.update(text)


class FramedDialog(Dialog[T | None]):
    """Ends with a result, or when the user leaves.

    A subclass creates the fields, shows the text with `say` in `_show`, and ends by its button "do".
    """

    WAY_OUT: ClassVar[str] = "esc cancel"
    """The frame's hint on how to leave."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._text_now: object = None
        self._lines, self._most = 0, 1
        self._read: object = None
        self._reading_until = -math.inf

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm", classes="-danger" if self._is_dangerous() else ""):
            with VerticalScroll(id="confirm-what", can_focus=False):
                yield Static(id="confirm-pods")
                yield Static(id="confirm-points")
            yield Vertical(*self._fields(), id="confirm-fields")
            yield Static(id="confirm-note")
            with Horizontal(id="confirm-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                for id, label in self._buttons():
                    yield Button(label, id=id, compact=True)

    def _is_dangerous(self) -> bool:
        """Whether the action cannot be undone: the frame shows it."""
        return False

    def _fields(self) -> list[Horizontal]:
        """Its fields, one line each."""
        raise NotImplementedError

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        """Id and label of the buttons after Cancel; "do" is the one that confirms."""
        raise NotImplementedError

    def _show(self) -> None:
        """Show the text, for the current input and size of the terminal."""
        raise NotImplementedError

    def on_mount(self, event: events.Mount) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        for body in self.query("#confirm-what").results(VerticalScroll):
            self.watch(body, "scroll_y", self._tell_more, init=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @on(Input.Changed)
    @on(Choice.Changed)
    def _field_changed(self, event: Input.Changed | Choice.Changed) -> None:
        event.stop()
        self.changed()

    def changed(self) -> None:
        """An input changed."""
        self._show()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.end(self._left())

    def _left(self) -> T | None:
        """The result if the user leaves."""
        return None

    def restart(self) -> None:
        super().restart()
        if not math.isinf(self._reading_until):
            self._let_be_read()

    # Text, fitted to the terminal

    @property
    def _room(self) -> int:
        """Cells of a line of text in the box."""
        return max(16, min(WIDTH, self.app.size.width) - FRAME + (2 if self.short or self.narrow else 0))

    def points(self, points: tuple[Point, ...], on: str = "#confirm") -> Text:
        """Consequences: topics at the left, wrapped text at their right; in narrow terminals in one column."""
        beside = 0 if self.narrow else TOPIC
        lines = []
        for topic, sentence, role in points:
            before = f"{topic}: " if topic and not beside else ""
            for n, part in enumerate(Text(before + sentence).wrap(self.app.console, self._room - beside)):
                head = f"{topic if n == 0 else '':<{TOPIC}}" if beside else before if n == 0 else ""
                text = part.plain.rstrip() if beside or n else part.plain.rstrip()[len(before) :]
                lines.append(self.text(((head, "muted"), (text, role)), on))
        return Text("\n").join(lines)

    def say(self, head: Text, points: tuple[Point, ...], note: Text, fields: int) -> None:
        """The subject, the effects, and a note; buttons, note and fields are always visible, and the rest scrolls.

        If not all is visible at once, the worst stands first.
        """
        self.set_class(self.short, "-short")
        self.set_class(self.narrow, "-narrow")
        for label in self.query(FieldLabel):
            label.fit(self.narrow)
        noted = len(note.wrap(self.app.console, self._room)) if note.plain else 0
        frame = 3 if self.short else 6 + bool(fields)
        self._text_now = (head.plain, points)
        left = self.app.size.height - frame - (noted if self.short else max(1, noted))
        shown = min(fields, max(1, left - LEAST))
        room = max(1, left - shown)
        content = self.points(points)
        first: Text = head
        lines = len(head.wrap(self.app.console, self._room)) + content.plain.count("\n") + 1 + (not self.short)
        if lines > room and (worst := tuple(p for p in points if p.role == "bad")):
            first = Text("\n").join((self.points(worst), head))
            content = self.points(tuple(_topical(points)))
        body = self.query_one("#confirm-what", VerticalScroll)
        body.styles.max_height = self._most = room
        self.query_one("#confirm-pods", Static).update(first)
        self.query_one("#confirm-points", Static).update(content)
        self.query_one("#confirm-points").display = bool(content.plain)
        self._lines = first.plain.count("\n") + 1 + (content.plain.count("\n") + 1 if content.plain else 0)
        for box in self.query("#confirm-fields"):
            box.display = fields > 0
            box.styles.max_height = max(1, shown)
        line = self.query_one("#confirm-note", Static)
        line.update(note)
        line.display = bool(note.plain) or not self.short
        self.call_after_refresh(self._tell_more)

    def _tell_more(self) -> None:
        """Show in the frame that there is more to read, and the key for it."""
        for body in self.query("#confirm-what").results(VerticalScroll):
            if self._laid_out(body) and body.scroll_offset.y >= body.max_scroll_y:
                self._read = self._text_now
            below, above = body.scroll_offset.y < body.max_scroll_y, body.scroll_offset.y > 0
            hint = "▼ pgdn more · " if below else "▲ pgup · " if above else ""
            self.query_one("#confirm").border_subtitle = f"{hint}{self.WAY_OUT}"

    def action_read(self, step: int) -> None:
        for body in self.query("#confirm-what").results(VerticalScroll):
            body.scroll_relative(y=step * max(1, body.size.height - 1), animate=False, immediate=True)
            self.call_after_refresh(self._tell_more)

    # Read state

    def reads_on(self) -> bool:
        """Whether a yes comes too early: the end of the text has not been on the screen. The dialog scrolls on instead,
        and the new part must be seen before a yes counts. Leaving is always possible."""
        self._tell_more()
        if self._read != self._text_now:
            # In this order: a note takes a line away, and that may be the last one.
            self._reading_until = math.inf
            self.note((("▼ more below", "warn"),))
            self._when_laid_out(self._read_on)
            return True
        if self._clock() < self._reading_until:
            self._let_be_read()
            return True
        return False

    def _read_on(self) -> None:
        self.action_read(1)
        self._when_laid_out(self._has_read)

    def _laid_out(self, body: VerticalScroll) -> bool:
        """Whether the screen shows the current text, and not an earlier one, or with other fields."""
        lines = sum(part.size.height for part in body.children if part.display)
        return 0 < body.size.height <= self._most and lines >= self._lines

    def _when_laid_out(self, callback: Callable[[], None], tries: int = 100) -> None:
        body = self.query_one("#confirm-what", VerticalScroll)

        def look() -> None:
            if tries and not self._laid_out(body):
                self._when_laid_out(callback, tries - 1)
            else:
                callback()

        # Not after a refresh: a widget requests its layout only then, when it gets a turn.
        self.set_timer(0.001, look)

    def _has_read(self) -> None:
        self._tell_more()
        if self._read == self._text_now:
            self.note((("end of the text; confirm again", "text"),))
        else:
            body = self.query_one("#confirm-what", VerticalScroll)
            self.note(((f"▼ {max(1, body.max_scroll_y - body.scroll_offset.y)} more below", "warn"),))
        self.call_after_refresh(self._when_shown, self._let_be_read)

    def ask_anew(self) -> None:
        """The text changed: it is read from its beginning, and seen before any input counts."""
        for body in self.query("#confirm-what").results(VerticalScroll):
            body.scroll_home(animate=False, immediate=True)
        self._read = None
        self.deafen()

    def _let_be_read(self) -> None:
        self._reading_until = self._clock() + DEAF

    def note(self, text: Cell) -> None:
        """Show a note, if the dialog has a place for it."""


def between_fields(back: str, on: str) -> tuple[BindingType, ...]:
    """The keys that move between fields."""
    return (
        Binding(back, "app.focus_previous", "back", id="confirm.back", show=False, tooltip="Previous field"),
        Binding(on, "app.focus_next", "on", id="confirm.on", show=False, tooltip="Next field"),
    )


def line(label: FieldLabel, control: Widget, *, id: str | None = None, classes: str = "") -> Horizontal:
    """A field with its label."""
    return Horizontal(label, control, id=id, classes=f"field {classes}".rstrip())


def _topical(points: tuple[Point, ...]) -> list[Point]:
    """The points other than the worst; one right after a removed point gets that point's topic."""
    topical: list[Point] = []
    topic, parted = "", False
    for point in points:
        topic = point.topic or topic
        if point.role == "bad":
            parted = True
        else:
            topical.append(point._replace(topic=topic) if parted else point)
            parted = False
    return topical
