"""What drawing a list costs: each line is drawn once, and its style is not looked up again."""

from __future__ import annotations

from typing import Any

import pytest
from rich.style import Style
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.strip import Strip

from tests.ui.conftest import Launch
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.screens.base import BaseScreen
from tui.ui.widgets.status_lines import Lines, join
from tui.ui.widgets.table import Cells, Table


async def test_the_style_of_a_table_is_found_once_for_all_its_lines(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        found, asked = table.rich_style, []

        def counted(of: Table) -> Style:
            asked.append(of)
            return found

        monkeypatch.setattr(Table, "rich_style", property(counted))
        table._repaint()
        assert not asked
        table.notify_style_update()
        table._repaint()
        assert asked == [table]


async def test_each_line_is_drawn_once_where_the_cursor_has_to_go_elsewhere(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        drawn: list[int] = []
        draw = Table._draw
        monkeypatch.setattr(Table, "_draw", lambda self, y, width: (drawn.append(y), draw(self, y, width))[1])
        table.show(("x", "y"), lambda key: {}, notice=EmptyState(""))
        assert table.cursor == "x"
        assert len(drawn) == len(set(drawn)) == table.size.height


async def test_a_row_is_drawn_again_only_if_something_in_it_changed(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        names = {"x": "ash", "y": "birch", "z": "cedar"}
        drawn: list[str] = []
        draw = Table._draw_row

        def counted(self: Table, cells: Cells, at_cursor: bool, width: int) -> Strip:
            drawn.append(cells["name"][0][0])
            return draw(self, cells, at_cursor, width)

        def show(faded: bool = False) -> list[str]:
            drawn.clear()
            table.show(tuple(names), lambda key: {"name": ((names[key], "text"),)}, notice=EmptyState(""), faded=faded)
            return sorted(drawn)

        monkeypatch.setattr(Table, "_draw_row", counted)
        assert show() == ["ash", "birch", "cedar"]
        assert show() == []
        names["y"] = "beech"
        assert show() == ["beech"]
        assert any("beech" in table.render_line(y).text for y in range(table.size.height))
        assert show(faded=True) == ["ash", "beech", "cedar"]
        table.move_to("z")
        assert sorted(drawn[3:]) == ["ash", "cedar"], "where the cursor was, and where it is"
        drawn.clear()
        table.notify_style_update()
        assert show(faded=True) == ["ash", "beech", "cedar"]


async def test_the_first_frame_is_whole_and_its_tables_are_styled_once(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[tuple[str, int]] = []
    styled: list[DOMNode] = []
    refresh, apply = BaseScreen._compositor_refresh, Stylesheet.apply

    def counted(self: Stylesheet, node: DOMNode, **options: Any) -> None:
        styled.append(node)
        apply(self, node, **options)

    def seen(self: BaseScreen) -> None:
        bars = self.query("#header, #footer").results(Lines)
        text = " ".join(part for bar in bars for line in bar.content for part, _ in join(line, 78))
        frames.append((text, sum(isinstance(node, Table) for node in styled)))
        refresh(self)

    monkeypatch.setattr(BaseScreen, "_compositor_refresh", seen)
    monkeypatch.setattr(Stylesheet, "apply", counted)
    async with launch(size=(80, 24)):
        text, tables = frames[0]
        for word in ("podtop", "1 Fleet", "runway", "help", "quit"):
            assert word in text
        # There are two, and the one with the focus is styled again in its colours.
        assert tables == 3
