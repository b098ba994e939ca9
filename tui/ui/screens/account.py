"""The Account screen: money and runway, charges and payments, the account's items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.screen import ModalScreen

from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.render import balance_charts
from tui.ui.screens.account_lists import LISTINGS, Templates
from tui.ui.screens.keys import COLUMNS, INVERT, SORT, filter_key, hidden, mark_keys, pane_keys
from tui.ui.screens.money_list import Money
from tui.ui.screens.tabbed_lists import TabbedListsScreen
from tui.ui.widgets.chart import Chart
from tui.ui.widgets.telemetry import Telemetry


class AccountScreen(TabbedListsScreen):
    """Shows the account; requests the data of its current list, while it is on top."""

    MODE = "account"
    LISTINGS = LISTINGS
    CHARTS = 4
    FACTS = (15, 14)
    WITHOUT = frozenset(("heat", "big"))
    TO_THE_LIST = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l",
            "list(1)",
            "list",
            id="account.next",
            key_display="← →",
            tooltip="Next list: money, charges, billing, payments, ...",
        ),
        hidden("left,h", "list(-1)", "account.previous", "Previous list: access, templates, payments, ..."),
        *mark_keys("Select a pod: project the runway with it stopped", show=True),
        Binding("enter", "open", "details", id="table.open", tooltip="Pod details; template readme"),
        Binding("x", "reveal", "reveal", id="account.reveal", tooltip="Show or hide account holder details"),
        filter_key(),
        SORT,
        INVERT,
        COLUMNS,
        *pane_keys(zoom=False),
        hidden("escape", "back", "pane.back", "Clear zoom, filter, selection"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._templates = self._one(Templates)
        self._money = self._one(Money)

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        rows = len(self._view[0].records) if self._current.of_pods else self._rows_listed
        return layout.account(
            width, height, self._active, rows, self._current.head, self._alone, self._rows_above_facts
        )  # fmt: skip

    def _arrange(self) -> None:
        super()._arrange()
        trend = self._shown.get("trend")
        has_room = trend is not None and trend.height - 2 >= balance_charts.BOTH
        if has_room is not self._money.has_room:
            self._money.has_room = has_room
            if self._current is self._money and self._seen:
                self._attend()

    def _show_all(self) -> None:
        super()._show_all()
        self._templates.tell_readme()

    # Keys

    @on(Telemetry.CursorMoved)
    def _chart_moved(self, event: Telemetry.CursorMoved) -> None:
        # These charts look ahead, or are bars: the arrows move to the next list here too.
        event.prevent_default()
        self.action_list(event.step)

    def on_chart_read(self, event: Chart.Read) -> None:
        # Nor do they have a chart cursor.
        if not event.wider:
            event.stop().prevent_default()

    def action_range(self, step: int) -> None:
        self._current.reach(step)
        self._attend()
        self.show()

    def action_return(self) -> None:
        if not self._player.now():
            for listing in self._lists.values():
                listing.reset()
            self._attend()
            self.show()

    def _hide(self) -> bool:
        revealed, self._current.revealed = self._current.revealed, False
        if revealed:
            self._attend()
        return revealed

    def _push(self, dialog: ModalScreen[None]) -> None:
        self._attend()
        self.app.push_screen(dialog, self._readme_closed)
        self.call_after_refresh(self._templates.tell_readme)

    def _readme_closed(self, _: None) -> None:
        self._templates.readme = None
        self._attend()
