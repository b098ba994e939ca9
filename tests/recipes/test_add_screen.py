"""To add a screen: its module, and its row in `ui/screen_table.py`, which keys, tabs, help and keymap are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.copied import Copy
from tests.recipes.on_screen import press

pytestmark = pytest.mark.wide

TABLE = "ui/screen_table.py"
ROW = """
    Place("racks", "9", "Racks", "Racks: where pods run", "tui.ui.screens.racks:RacksScreen"),"""

SCREEN = '''"""The Racks screen: where pods run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region
from textual.widget import Widget

from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section
from tui.ui.screens.keys import filter_key, hidden, pane_keys
from tui.ui.screens.listing import About, Listing, Rows, Scene
from tui.ui.screens.listing_screen import ListingScreen
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.table import Column, Table


class Racks(Listing):
    """A rack for each pod."""

    name = "racks"
    title = "Racks"
    columns = (Column("rack", "RACK OF", 20, 0, flex=True),)
    topics = ("hosts",)

    def rows(self, scene: Scene) -> Rows:
        records = scene.fleet.records
        keys = tuple(key for key, record in records.items() if self.typed in record.name)
        return Rows(
            keys, lambda key: {"rack": ((f"rack of {records[key].name}", "text"),)}, len(records),
            EmptyState("no rack is called so"),
        )

    def about(self, scene: Scene) -> About:
        return About("Rack", (Section("Place", (Fact("Number", (("seventh row", "text"),)),)),))

    def targets(self, key: str | None) -> tuple[str, ...]:
        return (key,) if key is not None else ()


class RacksScreen(ListingScreen):
    """The racks, and facts beside them."""

    MODE = "racks"
    TITLES: ClassVar = {"racks": "Racks", "facts": "Rack"}
    HOME = "racks"
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_keys(),
        filter_key(),
        hidden("escape", "back", "pane.back", "Leave zoom, the filter"),
    ]

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context, Racks(context))

    def _panes(self) -> Iterator[Widget]:
        yield Table(Racks.columns, id="racks")
        yield FactsPane()

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        if self._alone:
            return {self._active: Region(0, 0, width, height)}
        half = width // 2
        return {"racks": Region(0, 0, half, height), "facts": Region(half, 0, width - half, height)}

    def _show_row(self) -> None:
        self._show_facts(self._listing)
'''


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    made = Copy(tmp_path / "podtop")
    made.create("ui/screens/racks.py", SCREEN)
    made.add(TABLE, '"tui.ui.screens.events:EventsScreen"),', ROW)
    return made


@pytest.mark.wide
def test_a_screen_takes_two_files_and_is_gone_to_filtered_and_left(copy: Copy) -> None:
    seen = press(
        copy, ("g",), ("9",), ("slash", *"zzz"), ("enter", "escape", "z"), ("tab",), ("question_mark",), ("escape", "1")
    )
    assert copy.touched == {"ui/screens/racks.py", TABLE}
    assert "Racks" in seen["keymap"]
    fleet, shown, filtered, zoomed, facts, help, back = seen["texts"]
    assert "9 Racks" in fleet
    for words in ("RACK OF", "rack of ", "Racks  6", "seventh row", "S stop", "/ filter"):
        assert words in shown, words
    assert "no rack is called so" in filtered
    assert "/zzz  0 of 6" in filtered
    assert "rack of " in zoomed
    assert "seventh row" not in zoomed
    assert "seventh row" in facts
    assert "rack of " not in facts
    assert "Keys and symbols: Racks" in help
    assert "Leave zoom, the filter" in help
    assert "RACK OF" not in back


@pytest.mark.wide
def test_in_a_narrow_terminal_it_has_a_line_of_tabs(copy: Copy) -> None:
    shown, facts = press(copy, ("9",), ("tab",), size=(70, 20))["texts"]
    assert " Racks    Rack\n" in shown
    assert "rack of " in shown
    assert "seventh row" in facts
