"""The dialog of the waste: what it consists of, at what cost, and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.files.paths import styles
from tui.format import numbers as fmt
from tui.store.views.attention import wasted
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render.attention import least
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table

if TYPE_CHECKING:
    from tui.domain.waste import Part, Waste
    from tui.store.fleet import Fleet

COLUMNS = (
    Column("name", "POD", 12, 0, flex=True),
    Column("kind", "WASTE", 13, 1),
    Column("hour", "$/H", 8, 0, right=True),
    Column("far", "SO FAR", 10, 2, right=True),
    Column("since", "SINCE", 12, 3),
)
FRAME = 5
"""Lines of the dialog besides its rows: edges, titles, the sum and an empty line."""


def cells(part: Part, now: float, tz: tzinfo | None) -> Cells:
    """One part of the waste as a row."""
    hue = "muted" if part.muted else "text"
    since: Cell = ()
    if part.since is not None:
        when = datetime.fromtimestamp(part.since, tz)
        since = ((f"{when:%a %H:%M}" if now - part.since < 6.5 * 86_400 else f"{when:%d %b %Y}", "muted"),)
    return {
        "name": ((part.name or part.pod or "account", hue),),
        "kind": ((part.kind, hue), *((((" muted", "quiet"),)) if part.muted else ())),
        "hour": ((fmt.price(part.per_hr), "muted" if part.muted or part.per_hr is None else "warn"),),
        "far": ((fmt.money(part.so_far), hue),),
        "since": since,
    }


def summary(waste: Waste) -> Cell:
    """The sum, and what is not in it; empty without any, as the table says so."""
    if not waste.parts:
        return ()
    parts: list[tuple[str, str]] = [(f"{least(waste)}{fmt.money(waste.per_hr)}/h", "warn"), (" wasted", "text")]
    if waste.so_far >= 0.005:
        parts.append((f" · {fmt.money(waste.so_far)} so far", "text"))
    if waste.muted_per_hr >= 0.005:
        parts.append((f" · muted {fmt.money(waste.muted_per_hr)}/h", "muted"))
    return tuple(parts)


class WasteDialog(Once, ModalScreen[str]):
    """Ends with the pod to show, None if none was chosen. `view`: the fleet that is shown, and its instant."""

    CSS_PATH = styles("waste")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "details", id="waste.take", tooltip="Pod details"),
        Binding("escape,q,W", "close", "close", id="waste.close", tooltip="Close"),
    ]

    def __init__(self, view: Callable[[], tuple[Fleet, float]], tz: tzinfo | None) -> None:
        super().__init__()
        self._view = view
        self._tz = tz
        self._rows: dict[str, Part] = {}

    def compose(self) -> ComposeResult:
        with Vertical(id="waste"):
            yield Table(COLUMNS, id="wasted", classes="sheet")
            yield Lines(id="waste-sum")

    def on_mount(self) -> None:
        box = self.query_one("#waste")
        box.border_title = Content("Waste per hour")
        box.border_subtitle = Content("↵ details · esc close")
        self.query_one("#wasted", Table).focus()
        self._show()
        self.set_interval(5.0, self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        fleet, now = self._view()
        waste = wasted(fleet, now)
        self._rows = {f"{part.pod} {part.kind}": part for part in waste.parts}
        table = self.query_one("#wasted", Table)
        room = max(1, self.app.size.height - FRAME)
        table.styles.height = 1 + max(1, min(len(self._rows), room))
        table.show(
            tuple(self._rows), lambda key: cells(self._rows[key], now, self._tz), notice=EmptyState("Nothing is wasted")
        )
        self.query_one("#waste-sum", Lines).content = (TwoSided((summary(waste),)),)

    @on(Table.Clicked, "#wasted")
    def _clicked(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        part = self._rows.get(self.query_one("#wasted", Table).cursor or "")
        if part is not None and part.pod:
            self.dismiss(part.pod)

    def action_close(self) -> None:
        self.dismiss(None)
