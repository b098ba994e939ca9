"""What drawing a list costs: each line is drawn once, and its style is not looked up again."""

from __future__ import annotations

import pytest
from rich.style import Style

from tests.ui.conftest import Launch
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.widgets.table import Table


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
