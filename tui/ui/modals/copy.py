"""The copy menu: texts to copy, each with a key, and the full text of the chosen one, to be selected by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.files.paths import styles
from tui.system.clipboard import Outcome
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell, in_pieces
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import MASKED
from tui.ui.render.copy_entries import Entry
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table

COLUMNS = (Column("key", "", 1, 0), Column("label", "", 16, 0), Column("text", "", 12, 0, flex=True))
FRAME = 3
"""Lines of the sheet besides entries and text: its two edges, and the note."""

MOST_LINES = 6
"""Maximum lines of a terminal for the full text."""

TOLD = 120
"""Characters of a text that are shown again after it was copied."""


def shown(entry: Entry) -> str:
    return MASKED if entry.secret else entry.text


class CopyMenu(Once, ModalScreen[str]):
    """Ends with the message about the copied text; None if none was copied.

    The sheet has no left and right edge, so that its text fills whole terminal lines, for selection by mouse with
    shift. `copy` puts a text on the clipboard.
    """

    CSS_PATH = styles("copy")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "copy", id="copy.take", tooltip="Copy the value under the cursor"),
        Binding("escape,q", "cancel", "close", id="copy.close", tooltip="Close without copying"),
    ]

    def __init__(
        self, title: str, entries: tuple[Entry, ...], note: str, copy: Callable[[str], Awaitable[Outcome]]
    ) -> None:
        super().__init__()
        self._title = title
        self._entries = {str(number): entry for number, entry in enumerate(entries)}
        self._hint = note
        self._failed = ""
        self._copy = copy
        self._taken = False

    def compose(self) -> ComposeResult:
        with Vertical(id="copy"):
            yield Table(COLUMNS, id="copies", headed=False, classes="sheet")
            yield Lines(id="copy-text")
            yield Lines(id="copy-note")

    def on_mount(self) -> None:
        box = self.query_one("#copy")
        box.border_title = Content(f" Copy  {self._title}".rstrip() + " ")
        box.border_subtitle = Content(" letter or ↵ copy · esc close ")
        table = self.query_one("#copies", Table)
        table.focus()
        table.show(tuple(self._entries), self._cells, notice=EmptyState(""))
        self._show()

    def _cells(self, key: str) -> Cells:
        entry = self._entries[key]
        text: Cell = ((shown(entry), "quiet" if entry.secret else "text"),)
        return {"key": ((entry.key, "key"),), "label": ((entry.label, "muted"),), "text": text}

    def _show(self) -> None:
        size = self.app.size
        entry = self._chosen
        room = max(1, size.height - FRAME)
        pieces = in_pieces(shown(entry), size.width) if entry is not None else []
        most = max(1, min(MOST_LINES, room - min(3, len(self._entries))))
        text = self.query_one("#copy-text", Lines)
        text.content = tuple(TwoSided((((piece, "strong"),),)) for piece in pieces[:most])
        text.styles.height = max(1, min(len(pieces), most))
        self.query_one("#copies", Table).styles.height = max(1, min(len(self._entries), room - len(pieces[:most])))
        note: Cell = ((self._hint, "muted"),)
        if len(pieces) > most:
            note = (("▲ too long for this screen", "warn"),)
        if self._failed:
            note = ((f"▲ not copied: {self._failed}", "bad"),)
        line = self.query_one("#copy-note", Lines)
        line.content = (TwoSided((note,)),)
        line.display = any(text for text, _ in note)

    @property
    def _chosen(self) -> Entry | None:
        for table in self.query(Table):
            return self._entries.get(table.cursor or "")
        return next(iter(self._entries.values()))

    @on(Table.Moved, "#copies")
    def _moved(self) -> None:
        self._failed = ""
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and event.widget is self.query_one("#copies"):
            self.action_take()

    def on_key(self, event: events.Key) -> None:
        if self._picked(event):
            event.stop()

    def takes(self, event: events.Key) -> bool:
        """Whether a key returned from a widget is left to the bindings.

        Typed right behind the key that opened this menu, it went to the screen below, and was meant for this menu.
        """
        return not self._picked(event)

    def _picked(self, event: events.Key) -> bool:
        """Copy the entry of this key, if there is one; nothing may be on the screen yet."""
        for number, entry in self._entries.items():
            if event.character == entry.key:
                for table in self.query(Table):
                    table.move_to(number)
                self._begin(entry)
                return True
        return False

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        if (entry := self._chosen) is not None:
            self._begin(entry)

    def _begin(self, entry: Entry) -> None:
        if not self._taken:
            self._taken = True
            self.run_worker(self._take(entry), name="copy")

    async def _take(self, entry: Entry) -> None:
        outcome = await self._copy(entry.text)
        if outcome.good and self.is_current:
            label = entry.label if entry.secret or len(entry.text) > TOLD else f"{entry.label}: {entry.text}"
            self.dismiss(f"{label}\n{outcome.words}")
            return
        # It stays open, so that the text can be selected by hand.
        self._taken = False
        self._failed = outcome.words
        self._show()
