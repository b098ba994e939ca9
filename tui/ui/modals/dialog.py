"""`Dialog`: a modal that is deaf at first, so that what was typed for another screen does nothing in this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.domain.action import Point
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

WIDTH, FRAME, TOPIC = 76, 7, 8
"""Cells of the box, of its frame with padding and a scroll bar, and of the column of topics."""

SHORT = 20
"""Lines of a terminal below which a dialog does without its margins."""

NARROW = 60
"""Columns of a terminal below which labels are short, and topics stand before their words and not beside them."""

LEAST = 3
"""Lines of what is said that stay while fields give way."""


class FieldLabel(Label):
    """What a field is for. A dialog shows the short form as long as the terminal is narrow."""

    def __init__(self, words: str, short: str = "") -> None:
        super().__init__(words, markup=False)
        self._words, self._short = words, short or words

    def fit(self, narrow: bool) -> None:
        words = self._short if narrow else self._words
        if words != self.content:
            self.update(words)


class Dialog(Once, ModalScreen[T]):
    """The app asks it whether it hears before it hands it a key, a paste or a click."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH = styles("confirm")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "read(1)", "more", id="confirm.more", show=False, tooltip="Read on, where not all fits"),
        Binding("pageup", "read(-1)", "back", id="confirm.less", show=False, tooltip="Read back"),
    ]

    WAY_OUT: ClassVar[str] = "esc cancels"
    """What the frame tells of how to leave."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deaf_until = math.inf
        self._since = math.inf
        self._asked: object = None
        self._lines, self._most = 0, 1
        self._read: object = None
        self._reading_until = -math.inf

    def on_mount(self, event: events.Mount) -> None:
        self._since = event.time
        for what in self.query("#confirm-what").results(VerticalScroll):
            self.watch(what, "scroll_y", self._tell_more, init=False)

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
        if not math.isinf(self._reading_until):
            self._let_be_read()

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

    # What is said, in the room there is

    @property
    def narrow(self) -> bool:
        return self.app.size.width < NARROW

    @property
    def short(self) -> bool:
        return self.app.size.height < SHORT

    @property
    def _room(self) -> int:
        """Cells of a line of text in the box."""
        return max(16, min(WIDTH, self.app.size.width) - FRAME + (2 if self.short or self.narrow else 0))

    def points(self, points: tuple[Point, ...], on: str = "#confirm") -> Text:
        """Consequences: topics at the left, words wrapped at the right of them; in narrow terminals in one column."""
        beside = 0 if self.narrow else TOPIC
        lines = []
        for topic, words, role in points:
            before = f"{topic}: " if topic and not beside else ""
            for n, part in enumerate(Text(before + words).wrap(self.app.console, self._room - beside)):
                head = f"{topic if n == 0 else '':<{TOPIC}}" if beside else before if n == 0 else ""
                text = part.plain.rstrip() if beside or n else part.plain.rstrip()[len(before) :]
                lines.append(self.text(((head, "muted"), (text, role)), on))
        return Text("\n").join(lines)

    def say(self, head: Text, points: tuple[Point, ...], note: Text, fields: int) -> None:
        """What it is about, what it does, and a note; buttons, note and fields are always seen, and the rest scrolls.

        Where not all can be seen at once, the worst stands first.
        """
        self.set_class(self.short, "-short")
        self.set_class(self.narrow, "-narrow")
        for label in self.query(FieldLabel):
            label.fit(self.narrow)
        noted = len(note.wrap(self.app.console, self._room)) if note.plain else 0
        frame = 3 if self.short else 6 + bool(fields)
        self._asked = (head.plain, points)
        left = self.app.size.height - frame - (noted if self.short else max(1, noted))
        shown = min(fields, max(1, left - LEAST))
        room = max(1, left - shown)
        said = self.points(points)
        first: Text = head
        lines = len(head.wrap(self.app.console, self._room)) + said.plain.count("\n") + 1 + (not self.short)
        if lines > room and (worst := tuple(p for p in points if p.role == "bad")):
            first = Text("\n").join((self.points(worst), head))
            said = self.points(tuple(_topical(points)))
        what = self.query_one("#confirm-what", VerticalScroll)
        what.styles.max_height = self._most = room
        self.query_one("#confirm-pods", Static).update(first)
        self.query_one("#confirm-points", Static).update(said)
        self.query_one("#confirm-points").display = bool(said.plain)
        self._lines = first.plain.count("\n") + 1 + (said.plain.count("\n") + 1 if said.plain else 0)
        for box in self.query("#confirm-fields"):
            box.display = fields > 0
            box.styles.max_height = max(1, shown)
        told = self.query_one("#confirm-note", Static)
        told.update(note)
        told.display = bool(note.plain) or not self.short
        self.call_after_refresh(self._tell_more)

    def _tell_more(self) -> None:
        """Say in the frame that there is more to read, and how."""
        for what in self.query("#confirm-what").results(VerticalScroll):
            if self._laid_out(what) and what.scroll_offset.y >= what.max_scroll_y:
                self._read = self._asked
            below, above = what.scroll_offset.y < what.max_scroll_y, what.scroll_offset.y > 0
            more = "▼ pgdn: more · " if below else "▲ pgup · " if above else ""
            self.query_one("#confirm").border_subtitle = f"{more}{self.WAY_OUT}"

    def action_read(self, step: int) -> None:
        for what in self.query("#confirm-what").results(VerticalScroll):
            what.scroll_relative(y=step * max(1, what.size.height - 1), animate=False, immediate=True)
            self.call_after_refresh(self._tell_more)

    # What was read

    def reads_on(self) -> bool:
        """Whether a yes comes too early: the end of what is said has not been on the screen. It is read on instead, and
        what comes is let be seen before a yes counts. Leaving does at any time."""
        self._tell_more()
        if self._read != self._asked:
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

    def _laid_out(self, what: VerticalScroll) -> bool:
        """Whether what is on the screen is of the words there are now, and not of others, or with other fields."""
        lines = sum(part.size.height for part in what.children if part.display)
        return 0 < what.size.height <= self._most and lines >= self._lines

    def _when_laid_out(self, callback: Callable[[], None], tries: int = 100) -> None:
        what = self.query_one("#confirm-what", VerticalScroll)

        def look() -> None:
            if tries and not self._laid_out(what):
                self._when_laid_out(callback, tries - 1)
            else:
                callback()

        # Not after a refresh: a widget asks for its layout only then, when it gets a turn.
        self.set_timer(0.001, look)

    def _has_read(self) -> None:
        self._tell_more()
        if self._read == self._asked:
            self.note((("that is all of it", "text"),))
        else:
            what = self.query_one("#confirm-what", VerticalScroll)
            self.note(((f"▼ {max(1, what.max_scroll_y - what.scroll_offset.y)} more below", "warn"),))
        self.call_after_refresh(self._when_shown, self._let_be_read)

    def ask_anew(self) -> None:
        """What is said is another by now: it is read from its beginning, and seen before anything typed counts."""
        for what in self.query("#confirm-what").results(VerticalScroll):
            what.scroll_home(animate=False, immediate=True)
        self._read = None
        self.deafen()

    def _let_be_read(self) -> None:
        self._reading_until = self._clock() + DEAF

    def note(self, words: Cell) -> None:
        """Show a note, where it has a place for one."""

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


def _topical(points: tuple[Point, ...]) -> list[Point]:
    """The points that are not the worst, each that lost the one before it with that one's topic."""
    found: list[Point] = []
    topic, parted = "", False
    for point in points:
        topic = point.topic or topic
        if point.role == "bad":
            parted = True
        else:
            found.append(point._replace(topic=topic) if parted else point)
            parted = False
    return found
