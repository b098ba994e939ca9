"""The column picker: which columns a list shows, and in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on
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

COLUMNS = (Column("shown", "", 1, 0), Column("label", "", 10, 0, flex=True), Column("state", "", 19, 1))


FRAME = 3
"""Lines of the picker besides its entries."""


class ColumnPicker(Once, ModalScreen[tuple[str, ...]]):
    """Ends with the keys of the chosen columns in their order, () for the default; None if nothing was changed.

    every:   all columns, in their usual order.
    chosen:  the keys of those that are shown at present.
    visible: those for which the terminal has room.
    meanings: what they show, by their keys, where their names do not say it.
    """

    CSS_PATH = styles("menus")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "turn", "show", id="columns.toggle", tooltip="Show or hide the column"),
        Binding("K,shift+up", "shift(-1)", "up", id="columns.up", tooltip="Move the column up (left)"),
        Binding("J,shift+down", "shift(1)", "down", id="columns.down", tooltip="Move the column down (right)"),
        Binding("r", "reset", "reset", id="columns.reset", tooltip="Default columns"),
        Binding("enter", "take", "apply", id="columns.take", tooltip="Apply"),
        Binding("escape,q,C", "close", "close", id="columns.close", tooltip="Close without changing anything"),
    ]

    def __init__(
        self,
        title: str,
        each_one: Sequence[Column],
        chosen: Sequence[str],
        visible: Sequence[str],
        meanings: Mapping[str, str] = {},
    ) -> None:
        super().__init__()
        self._title, self._meanings = title, meanings
        self._columns = {column.key: column for column in each_one}
        self._shown = dict.fromkeys(key for key in chosen if key in self._columns)
        self._before = tuple(self._shown)
        self._order = [*self._shown, *(key for key in self._columns if key not in self._shown)]
        self._visible = frozenset(visible)

    def compose(self) -> ComposeResult:
        with Vertical(id="menu"):
            yield Table(COLUMNS, id="columns", headed=False, classes="sheet")
            yield Lines(id="menu-note")

    def on_mount(self) -> None:
        box = self.query_one("#menu")
        box.border_title = Content(f"Columns  {self._title}")
        box.border_subtitle = Content("↵ apply · esc close")
        note = self.query_one("#menu-note", Lines)
        note.content = (TwoSided(((("space", "key"), (" show  ", "muted"), ("J K", "key"), (" move  ", "muted"),
                                   ("r", "key"), (" default", "muted")),)),)  # fmt: skip
        self.query_one("#columns", Table).focus()
        self._fit()
        self._show()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Leave room for frame and note: in a short terminal the rest scrolls."""
        for table in self.query(Table):
            table.styles.height = max(1, min(len(self._order), self.app.size.height - FRAME))

    def _show(self) -> None:
        self.query_one("#columns", Table).show(tuple(self._order), self._cells, notice=EmptyState(""))

    def _cells(self, key: str) -> Cells:
        shown = key in self._shown
        state = self._meanings.get(key, "") if not shown or key in self._visible else "no room now"
        return {
            "shown": (("✓" if shown else " ", "accent"),),
            "label": ((self._columns[key].name, "text" if shown else "quiet"),),
            "state": ((state, "quiet"),),
        }

    @property
    def _key(self) -> str | None:
        return next((table.cursor for table in self.query(Table)), None)

    def action_turn(self) -> None:
        key = self._key
        if key is None:
            return
        if key not in self._shown:
            self._shown[key] = None
        elif len(self._shown) > 1:
            # A list without columns would look like one without rows.
            del self._shown[key]
        self._show()

    def action_shift(self, step: int) -> None:
        key = self._key
        if key is None:
            return
        at = self._order.index(key)
        to = at + step
        if 0 <= to < len(self._order):
            self._order[at], self._order[to] = self._order[to], self._order[at]
            self._show()
            self.query_one("#columns", Table).move_to(key)

    @on(Table.Clicked, "#columns")
    def _clicked(self) -> None:
        self.action_turn()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def action_reset(self) -> None:
        self.dismiss(())

    def action_take(self) -> None:
        taken = tuple(key for key in self._order if key in self._shown)
        # The default, confirmed, stays the default: it may have other columns once there is a lease or a run.
        self.dismiss(taken if taken != self._before else None)

    def action_close(self) -> None:
        self.dismiss(None)
