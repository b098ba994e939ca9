"""Screens by their keys: one at a time, each where it was left; what nobody sees is not asked for."""

from __future__ import annotations

import pytest

from tests.make import snapshot
from tests.ui.conftest import NOW, Launch
from tui.api.errors import CloudError, TimedOut
from tui.store.fleet import Fleet
from tui.ui.render import header as status
from tui.ui.render.header import picked, tabs
from tui.ui.screen_table import PLACES, load
from tui.ui.screens.events import EventsScreen
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.pod import PodScreen


async def test_a_key_goes_to_a_screen_and_escape_comes_back(launch: Launch) -> None:
    async with launch() as run:
        await run.press("j", "5")
        assert isinstance(run.app.screen, EventsScreen)
        await run.press("escape")
        assert isinstance(run.app.screen, FleetScreen)
        await run.press("e", "1")
        assert isinstance(run.app.screen, FleetScreen)


async def test_a_screens_own_key_closes_what_lies_on_it(launch: Launch) -> None:
    async with launch() as run:
        await run.press("enter")
        assert isinstance(run.app.screen, PodScreen)
        await run.press("5")
        assert isinstance(run.app.screen, EventsScreen)
        await run.press("escape")
        assert isinstance(run.app.screen, PodScreen)
        await run.press("1")
        assert isinstance(run.app.screen, FleetScreen)


async def test_a_click_on_a_tab_goes_there(launch: Launch) -> None:
    async with launch() as run:
        x = run.text().splitlines()[0].index("5 Events")
        await run.pilot.click("#header", offset=(x, 0))
        await run.pilot.pause()
        assert isinstance(run.app.screen, EventsScreen)


def test_tabs_stand_where_they_stood_whichever_is_shown() -> None:
    texts = {tuple("".join(part for part, _ in cell) for cell in tabs(place.mode)[0]) for place in PLACES}
    assert len(texts) == 1


def test_every_screen_is_found_by_its_row() -> None:
    assert [load(place.mode).MODE for place in PLACES] == [place.mode for place in PLACES]  # type: ignore[attr-defined]


def test_every_tab_can_be_picked() -> None:
    for place in PLACES:
        for form in tabs(place.mode):
            assert [picked(cell) for cell in form] == [p.mode for p in PLACES if p.mode == place.mode or len(form) > 1]


@pytest.mark.parametrize(
    ("error", "age"), [(None, "● live"), (TimedOut("api.runpod.io: no response."), "▲ timed out 3m")]
)
def test_at_80_columns_every_tab_has_its_name(error: CloudError | None, age: str) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(), NOW - 190)
    now = NOW - 189
    if error is not None:
        fleet.fail(error, NOW, NOW + 40)
        now = NOW
    badges = status.Badges("demo", demo=True, read_only=False)
    line, _ = status.header(fleet, badges, now, status.connection(fleet, now, None), 78)
    text = "".join(part for cell in (*line.left, *line.right) for part, _ in cell)
    assert all(word in text for word in ("1 Fleet", "2 Market", "3 Account", "5 Events", age))
