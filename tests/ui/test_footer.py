"""The footer has the keys that do something with what is shown, and no others."""

from __future__ import annotations

import pytest

from tests.ui.conftest import HeldCloud, Launch, Running
from tui.api.errors import Unreachable
from tui.config.loader import Config


def footer(run: Running) -> str:
    return run.text().rstrip("\n").splitlines()[-1]


async def test_a_key_of_a_pod_is_there_with_a_pod_and_actions_while_they_are_unlocked(launch: Launch) -> None:
    cloud = HeldCloud()
    pods, cloud.fleet_answer = cloud.fleet_answer, Unreachable("no route to host")
    async with launch(cloud=cloud) as run:
        assert not [word for word in ("S stop", "D deploy", "s ssh", "c copy", "↵ details") if word in footer(run)]
        await run.poll(fleet=pods)
        await run.settle()
        assert not [word for word in ("S stop", "D deploy", "s ssh", "c copy", "↵ details") if word not in footer(run)]
        await run.press("L")
        assert not [word for word in ("S stop", "D deploy") if word in footer(run)]
        assert "↵ details  L unlock  tab pane  / filter  s ssh" in footer(run)
        await run.pilot.resize_terminal(40, 12)
        await run.settle()
        assert "↵ details  L unlock" in footer(run), "nor is it a toast only"
        await run.pilot.resize_terminal(120, 40)
        await run.settle()
        assert "select" not in footer(run), "a key that the footer never has"
        await run.press("L")
        assert "S stop" in footer(run)
        assert "L unlock" not in footer(run)


async def test_the_keys_of_charts_and_watches_are_there_where_there_are_some(launch: Launch) -> None:
    async with launch(size=(140, 40)) as run:
        await run.press("2")
        await run.settle()
        assert "+ - range" in footer(run)
        assert "w watch" in footer(run)
        assert "requests" in footer(run)
        await run.press("left")
        await run.settle()
        assert "No watches" in run.text()
        assert not [word for word in ("+ - range", "w watch") if word in footer(run)]


@pytest.mark.parametrize(
    ("size", "words"),
    [((120, 40), " tab pane  / filter  ← → list  D deploy"), ((40, 12), " tab pane  / filter  ← → list    ? help")],
)
async def test_panes_filter_and_lists_come_first_on_a_screen_of_lists(
    launch: Launch, size: tuple[int, int], words: str
) -> None:
    async with launch(size=size) as run:
        await run.press("2")
        await run.settle()
        assert footer(run).startswith(words)


async def test_in_a_narrow_market_the_keys_have_the_room(launch: Launch) -> None:
    async with launch(size=(80, 24)) as run:
        await run.press("2")
        await run.settle()
        assert not [word for word in ("tab pane", "/ filter", "w watch", "? help") if word not in footer(run)]


async def test_in_the_smallest_terminal_the_filter_is_there_in_ascii_too(launch: Launch) -> None:
    async with launch(size=(40, 12), config=Config(ascii=True)) as run:
        assert footer(run).startswith(" enter  tab pane  / filter")
        assert footer(run).rstrip().endswith("? help")
        await run.pilot.resize_terminal(80, 24)
        await run.settle()
        assert footer(run).startswith(" enter details  tab pane  / filter")
