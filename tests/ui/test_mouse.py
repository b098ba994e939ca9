"""The mouse does what the keys do, and never more: a click that comes too early for a dialog does nothing."""

from __future__ import annotations

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Button

from tests.ui.conftest import Launch, Running
from tests.ui.test_account_screen import AccountCloud
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.help import Help
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.chart import Chart
from tui.ui.widgets.table import Table

ROW = (20, 5)
"""A cell of the second pod: two lines of the header, the frame, the titles and a row are above."""


def place(run: Running, words: str) -> tuple[int, int]:
    """Where words stand on the screen."""
    for y, line in enumerate(run.text().splitlines()):
        if words in line:
            return line.index(words), y
    raise AssertionError(f"{words!r} is not there:\n{run.text()}")


async def send(run: Running, kind: type[events.MouseEvent], x: int, y: int, control: bool = False) -> None:
    """A mouse event as the terminal's driver sends it, to the app: the pilot's own go past it."""
    button = 1 if kind in (events.MouseDown, events.MouseUp) else 0
    run.app.post_message(kind(None, x, y, 0, 0, button, False, False, control, x, y))
    await run.pilot.pause()


async def click(run: Running, x: int, y: int, times: int = 1, control: bool = False) -> None:
    for _ in range(times):
        for kind in (events.MouseMove, events.MouseDown, events.MouseUp):
            await send(run, kind, x, y, control)
    await run.settle()


def middle(run: Running, name: str) -> tuple[int, int]:
    """A cell in the middle of a widget."""
    region = run.app.screen.query_one(name).region
    return region.x + region.width // 2, region.y + region.height // 2


async def test_a_click_goes_to_a_row_and_a_second_opens_it(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        await click(run, *ROW)
        assert table.cursor == table.keys[1]
        assert isinstance(run.app.screen, FleetScreen)
        await click(run, *ROW, times=2)
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == table.keys[1]


async def test_a_click_with_ctrl_marks(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        marked = table.keys[1]
        await click(run, *ROW, control=True)
        screen = run.app.screen
        assert isinstance(screen, FleetScreen)
        assert list(screen._sight.marks) == [marked]


@pytest.mark.wide
async def test_a_chart_is_read_where_it_is_clicked_and_the_wheel_changes_its_range(launch: Launch) -> None:
    async with launch() as run:
        await run.until("last 15 min")
        chart = run.app.screen.query(Chart).first()
        x, y = chart.region.x + chart.size.width - 3, chart.region.y + 3
        await click(run, x, y)
        assert "◂ " in run.text()
        await click(run, x, y)
        assert "◂ " not in run.text()
        await send(run, events.MouseScrollDown, x, y)
        await run.settle()
        assert "last 1 h" in run.text()


async def test_a_click_on_the_tab_below_a_pod_closes_the_pod(launch: Launch) -> None:
    async with launch() as run:
        for opened in (("enter",), ("enter", "l")):
            await run.press(*opened)
            assert len(run.app.screen_stack) == 1 + len(opened)
            await click(run, *place(run, "1 Fleet"))
            # A screen that waits for its own end holds the app, and no key is heard any more, not even q.
            await run.press("j")
            assert isinstance(run.app.screen, FleetScreen)
            assert run.app.screen_stack == [run.app.screen]


@pytest.mark.wide
async def test_the_name_opens_the_palette_where_everything_can_be_clicked(launch: Launch) -> None:
    async with launch() as run:
        await click(run, 2, 0)
        assert isinstance(run.app.screen, CommandPalette)


@pytest.mark.wide
async def test_a_click_beside_the_help_closes_it_and_one_in_it_does_not(launch: Launch) -> None:
    async with launch(size=(160, 50)) as run:
        await run.press("question_mark")
        await click(run, 80, 20)
        assert isinstance(run.app.screen, Help)
        await click(run, 5, 20)
        assert not isinstance(run.app.screen, Help)


async def test_a_click_on_a_button_confirms_no_earlier_than_a_key_does(launch: Launch) -> None:
    async with launch() as run:
        pod = run.app.screen.query_one("#pods", Table).cursor
        await run.press("S")
        assert isinstance(run.app.screen, Confirm)
        await click(run, *middle(run, "#do"))
        assert not run.cloud.sent
        assert isinstance(run.app.screen, Confirm)
        await run.wait(1.0)
        await click(run, *middle(run, "#do"))
        assert run.cloud.sent == [("stop", pod)]


async def test_a_click_that_began_too_early_is_none(launch: Launch) -> None:
    async with launch() as run:
        await run.press("S")
        x, y = middle(run, "#do")
        await send(run, events.MouseDown, x, y)
        await run.wait(1.0)
        await send(run, events.MouseUp, x, y)
        await run.settle()
        assert not run.cloud.sent
        assert isinstance(run.app.screen, Confirm)


async def test_clicks_in_a_row_on_a_key_of_the_footer_ask_and_do_not_confirm(launch: Launch) -> None:
    async with launch() as run:
        where = place(run, "T terminate")
        await click(run, *where, times=4)
        assert isinstance(run.app.screen, Confirm)
        assert not run.cloud.sent
        assert run.app.screen.query_one("#do", Button).disabled


async def test_without_its_name_a_click_terminates_nothing(launch: Launch) -> None:
    async with launch() as run:
        await run.press("T")
        await run.wait(1.0)
        await click(run, *middle(run, "#do"), times=3)
        assert isinstance(run.app.screen, Confirm)
        assert not run.cloud.sent
        await click(run, *middle(run, "#cancel"))
        assert not isinstance(run.app.screen, Confirm)
        assert not run.cloud.sent


@pytest.mark.wide
@pytest.mark.parametrize("place", ["2", "3"])
async def test_a_column_clicked_in_a_list_that_was_left_orders_no_other(launch: Launch, place: str) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await run.press(place)
        screen = run.app.screen
        left = next(table for table in screen.query(Table) if table.id == screen._current.name)  # type: ignore[attr-defined]
        await run.press("right")
        assert left.id != screen._current.name  # type: ignore[attr-defined]
        before = {name: listing.sort for name, listing in screen._lists.items()}  # type: ignore[attr-defined]
        left.post_message(Table.SortAsked(left, "per_gb"))
        await run.settle()
        assert {name: listing.sort for name, listing in screen._lists.items()} == before  # type: ignore[attr-defined]
        for _ in range(3):
            await run.press("o")
        assert run.app.is_running
