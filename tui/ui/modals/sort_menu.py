"""The sort menu: the orders of a list, each with a letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

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
from tui.ui.primitives.letters import letters
from tui.ui.widgets.table import Cells, Column, Table

TAKEN = "gijkoq"
"""Letters that move the cursor, reverse, or close."""

COLUMNS = (Column("key", "", 1, 0), Column("label", "", 16, 0, flex=True), Column("mark", "", 12, 1, right=True))


FRAME = 2
"""Lines of the menu besides its entries."""


WAYS = ("ascending", "descending")
"""How the two ways of an order are called, as a rule."""


class Order(NamedTuple):
    """One order: its name, how it is called, and its two ways: ascending, and descending."""

    sort: str
    label: str
    ways: tuple[str, str] = WAYS


class SortMenu(Once, ModalScreen[str]):
    """Ends with the name of an order; that of the present one reverses it. None if nothing was chosen.

    current, rising: the present order, and whether it is ascending.
    """

    CSS_PATH = styles("menus")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "sort", id="sort.take", tooltip="Sort by the entry under the cursor; again: reverse"),
        Binding("i", "reverse", "reverse", id="sort.reverse", tooltip="Reverse the present order"),
        Binding("escape,q,o", "close", "close", id="sort.close", tooltip="Close without sorting"),
    ]

    def __init__(self, title: str, orders: Sequence[Order], current: str, rising: bool) -> None:
        super().__init__()
        self._title, self._current, self._rising = title, current, rising
        self._orders = {order.sort: order for order in orders}
        self._letters = dict(zip(self._orders, letters([order.label for order in orders], TAKEN), strict=True))

    def compose(self) -> ComposeResult:
        with Vertical(id="menu"):
            yield Table(COLUMNS, id="orders", headed=False, classes="sheet")

    def on_mount(self) -> None:
        box = self.query_one("#menu")
        box.border_title = Content(f"Sort  {self._title}")
        box.border_subtitle = Content("letter sorts, again reverses · esc close")
        table = self.query_one("#orders", Table)
        table.focus()
        table.show(tuple(self._orders), self._cells, notice=EmptyState(""))
        self._fit()
        table.move_to(self._current)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Leave room for the frame: in a short terminal the rest scrolls."""
        for table in self.query(Table):
            table.styles.height = max(1, min(len(self._orders), self.app.size.height - FRAME))

    def _cells(self, sort: str) -> Cells:
        here = sort == self._current
        mark = self._orders[sort].ways[0 if self._rising else 1] if here else ""
        return {
            "key": ((self._letters[sort], "key"),),
            "label": ((self._orders[sort].label, "strong" if here else "text"),),
            "mark": ((mark, "accent"),),
        }

    def on_key(self, event: events.Key) -> None:
        if self._picked(event):
            event.stop()

    def takes(self, event: events.Key) -> bool:
        """Whether a key returned from a widget is left to the bindings: a letter typed right behind the one that opened
        this menu was meant for it."""
        return not self._picked(event)

    def _picked(self, event: events.Key) -> bool:
        chosen = next((sort for sort, letter in self._letters.items() if letter and letter == event.character), None)
        if chosen is not None:
            self.dismiss(chosen)
        return chosen is not None

    @on(Table.Clicked, "#orders")
    def _clicked(self) -> None:
        self.action_take()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def action_take(self) -> None:
        for table in self.query(Table):
            self.dismiss(table.cursor)

    def action_reverse(self) -> None:
        self.dismiss(self._current)

    def action_close(self) -> None:
        self.dismiss(None)
