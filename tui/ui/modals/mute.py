"""The menu of mutes: for how long the user does not want to hear of a pod, or of one of its alerts."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.files.paths import styles
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table

HOUR, DAY, WORKS, ALWAYS, UNMUTE = "hour", "day", "works", "always", "unmute"


class Term(NamedTuple):
    """One entry: its key, and what it does."""

    key: str
    label: str


TERMS = {
    HOUR: Term("h", "1 hour"),
    DAY: Term("d", "1 day"),
    WORKS: Term("w", "until it works again"),
    ALWAYS: Term("a", "always"),
    UNMUTE: Term("u", "unmute"),
}

COLUMNS = (Column("key", "", 1, 0), Column("label", "", 20, 0, flex=True))


def _binding(name: str) -> Binding:
    key, label = TERMS[name]
    return Binding(key, f"choose('{name}')", label, id=f"mute.{name}", show=False, tooltip=label.capitalize())


class MuteMenu(Once, ModalScreen[str]):
    """Ends with the name of a term; None if none was chosen. `terms`: those offered; `note`: below them."""

    CSS_PATH = styles("mute")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        *map(_binding, TERMS),
        Binding("enter", "take", "mute", id="mute.take", tooltip="Apply the entry under the cursor"),
        Binding("escape,q,m", "close", "close", id="mute.close", tooltip="Close without changing anything"),
    ]

    def __init__(self, title: str, terms: tuple[str, ...], note: str = "") -> None:
        super().__init__()
        self._title = title
        self._terms = terms
        self._hint = note

    def compose(self) -> ComposeResult:
        with Vertical(id="mute"):
            yield Table(COLUMNS, id="terms", headed=False, classes="sheet")
            yield Lines(id="mute-note")

    def on_mount(self) -> None:
        box = self.query_one("#mute")
        box.border_title = Content(f"Mute  {self._title}")
        box.border_subtitle = Content("letter or ↵ · esc close")
        table = self.query_one("#terms", Table)
        table.styles.height = len(self._terms)
        table.focus()
        table.show(self._terms, _cells, notice=EmptyState(""))
        note = self.query_one("#mute-note", Lines)
        note.content = (TwoSided((((self._hint, "muted"),),)),)
        note.display = bool(self._hint)

    @on(Table.Clicked, "#terms")
    def _clicked(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        for table in self.query(Table):
            self.dismiss(table.cursor)

    def action_choose(self, name: str) -> None:
        if name in self._terms:
            self.dismiss(name)

    def action_close(self) -> None:
        self.dismiss(None)


def _cells(name: str) -> Cells:
    key, label = TERMS[name]
    return {"key": ((key, "key"),), "label": ((label, "text"),)}
