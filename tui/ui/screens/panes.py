"""`PanedScreen`: a screen of panes: which are visible, their regions, and the focus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.widget import Widget

from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.layout import RegionLayout, place_of
from tui.ui.primitives.cells import Cell
from tui.ui.render.row_columns import NARROW
from tui.ui.screens.charted import ChartScreen
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided

SHORT = 12
"""Lines below which the frame gives way to the content."""

FRAME = 4
"""Lines of a screen outside the panes: header, tabs, footer."""

_BAR_PADDING = 2
"""Cells of the line above the panes that its content does not have."""


class PanedScreen(ChartScreen):
    """Shows the panes that fit; one of them has the focus.

    TITLES:     the titles of the panes by their names, in the order of `tab`.
    TABS:       their names in the line of tabs of a narrow terminal, if they differ.
    BAR:        the id of the line above the panes; "" without one.
    HOME:       the pane that escape returns to; "" for any.
    """

    TITLES: ClassVar[Mapping[str, str]]
    TABS: ClassVar[Mapping[str, str]] = {}
    BAR: ClassVar[str] = "tabs"
    HOME: ClassVar[str] = ""

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._active = next(iter(self.TITLES))
        self._zoomed = False
        self._shown: Mapping[str, Region] = {}
        self._urgent: tuple[Cell, ...] = ()
        self._placed: tuple[Size, Mapping[str, Region]] | None = None

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        if self.BAR:
            yield Lines(id=self.BAR)
        with Body(RegionLayout(self._regions), id="body"):
            yield from self._panes()
        yield from self._below()
        yield Lines(id="footer")

    def _panes(self) -> Iterable[Widget]:
        """The widgets of the panes, with their names as ids."""
        raise NotImplementedError

    def _below(self) -> Iterable[Widget]:
        """The widgets between the panes and the footer."""
        return ()

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        """The regions of the panes in a body of this size, by their names."""
        raise NotImplementedError

    def on_mount(self) -> None:
        for pane in self.query_one("#body").children:
            if (title := self.TITLES.get(pane.id or "")) is not None:
                self._entitle(pane, title, "")
        self._active = self._home or self._active
        self._pane(self._active).focus()

    # Panes

    def _pane(self, name: str) -> Widget:
        return self.query_one(f"#{name}")

    @property
    def _single(self) -> bool:
        """Whether there is room for one pane at a time only."""
        # That of the app: a screen that was just opened has no size yet.
        return layout.single(*self.app.size)

    @property
    def _alone(self) -> bool:
        """Whether the focused pane is the only one."""
        return self._zoomed or self._single

    @property
    def _home(self) -> str:
        """The pane that escape returns to."""
        return self.HOME

    def _arrange(self) -> None:
        """Show the panes that fit; in narrow or short terminals the focused one."""
        room = self._room
        self.set_class(room.height < SHORT, "-short")
        self._urgent = self._urgent_lines(room.width - _BAR_PADDING, room.height - FRAME - self._scrubs)
        self._shown = self._regions_of_screen()
        if self.BAR:
            self._show_bar(self.query_one(f"#{self.BAR}", Lines))
        body = self.query_one("#body", Body)
        for pane in body.children:
            pane.display = self._is_shown(pane)
        placed = (body.size, self._regions(*body.size))
        if placed != self._placed:
            self._placed = placed
            body.rearrange()

    def _regions_of_screen(self) -> Mapping[str, Region]:
        """The regions in the body as large as it is while no line is typed."""
        room = self._room
        return self._regions(room.width, room.height - FRAME - self._scrubs - len(self._urgent))

    def _is_shown(self, pane: Widget) -> bool:
        return place_of(pane) in self._shown

    def _show_bar(self, bar: Lines) -> None:
        bar.display = self._single
        bar.content = (
            TwoSided(tuple(self._tab(name) for name in self.TITLES)),
            *(TwoSided((line,)) for line in self._urgent),
        )
        bar.set_class(len(self._urgent) == 1, "-urgent")
        bar.set_class(len(self._urgent) > 1, "-urgent-2")

    def _urgent_lines(self, width: int, height: int) -> tuple[Cell, ...]:
        """What stands below the tabs, before the panes: up to two lines of this width, of those that the panes have."""
        return ()

    def _tab(self, name: str) -> Cell:
        titles = self.TABS if self.TABS and self.app.size.width < NARROW else self.TITLES
        return ((f" {titles[name]} ", "tab" if name == self._active else "muted"),)

    @on(Lines.Picked, "#tabs")
    def _tab_picked(self, event: Lines.Picked) -> None:
        for name in self.TITLES:
            if event.group == self._tab(name):
                self._go(name)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self.show)
        # Which keys fit has changed, although the same ones do something.
        self.call_after_refresh(self._show_footer)

    @on(events.DescendantFocus)
    def _keys_are_elsewhere(self, event: events.DescendantFocus) -> None:
        name = place_of(event.widget)
        if name in self.TITLES and name != self._active:
            self._active = name
            self._arrange()
            self.refresh_bindings()

    def _go(self, name: str) -> None:
        """Focus a pane."""
        pane = self._pane(name)
        was_hidden = not pane.display
        self._active = name
        self._arrange()
        if was_hidden and name == "facts":
            # Its facts are still those of the row that was under the cursor when they were hidden.
            self._show_row()
        self.set_focus(pane)
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def _refocus(self) -> None:
        self._go(self._active)

    def _show_row(self) -> None:
        """Show the details of the row under the cursor."""

    def _in_turn(self) -> tuple[str, ...]:
        """The panes that `tab` goes through."""
        return tuple(name for name in self.TITLES if self._alone or name in self._shown)

    def action_pane(self, step: int) -> None:
        names = self._in_turn()
        at = names.index(self._active) if self._active in names else 0
        if len(names) > 1:
            self._go(names[(at + step) % len(names)])

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)
