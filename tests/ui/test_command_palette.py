"""The palette finds actions, pods, GPU types, screens and themes; what it finds obeys the guard of the keys."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.dom import DOMNode

from tests.make import market, offer, pod, snapshot
from tests.ui.conftest import HeldCloud, Launch, Running
from tui.api.models import Quote
from tui.config.loader import Config
from tui.domain.attention import Attention, Grade
from tui.ui.command_palette import entry, holds, titled
from tui.ui.key_hints import Hint
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.tour import Tour
from tui.ui.screens.events import EventsScreen
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.market import MarketScreen
from tui.ui.screens.pod import PodScreen


async def find(run: Running, words: str) -> str:
    """What the palette tells of these words."""
    await run.press("colon", *words)
    for _ in range(100):
        await run.pilot.pause(0.02)
        workers = [w for w in run.app.workers if w.node is run.app.screen and w.is_running]
        if not workers:
            break
    await run.settle()
    return run.text()


async def choose(run: Running, words: str) -> None:
    await find(run, words)
    await run.press("enter")
    await run.settle()
    await run.settle()


@pytest.mark.wide
async def test_pods_are_listed_with_the_worst_first(launch: Launch) -> None:
    async with launch(size=(120, 60)) as run:
        alert = Attention("idle", "idle", Grade.WARN, "", "p8d2n5c1r4t6yw")
        run.app.fleet.attention = (alert,)
        listed = [line.split("Pod: ")[1].split()[0] for line in (await find(run, "")).splitlines() if "Pod: " in line]
        assert listed[0] == "eval-sweep"
        assert len(listed) == 4


@pytest.mark.wide
async def test_a_pod_opens(launch: Launch) -> None:
    async with launch() as run:
        await choose(run, "evalsw")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == "p8d2n5c1r4t6yw"
        await choose(run, "llama")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == "k3v9x0q2m1a7ze", "in place of the other"
        await run.press("escape")
        assert isinstance(run.app.screen, FleetScreen)


@pytest.mark.wide
async def test_a_gpu_type_goes_to_the_market_with_the_cursor_on_it(launch: Launch) -> None:
    async with launch() as run:
        for words, gpu in (("gpu: 4090", "RTX 4090"), ("gpu: b200", "B200")):
            await choose(run, words)
            assert isinstance(run.app.screen, MarketScreen)
            row = run.app.screen._gpus.row(run.app.screen._key)
            assert row is not None
            assert row.name == gpu
            await run.press("slash", *"h100", "enter")


@pytest.mark.wide
async def test_a_gpu_type_far_down_comes_into_sight(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.market_answer = market(*(offer(f"GPU {n:02}", Quote(float(n), None, "High")) for n in range(60)))
    async with launch(cloud=cloud, size=(100, 30)) as run:
        await run.press("2", "slash", *"gpu 00", "enter", "1")
        await choose(run, "gpu: gpu 57")
        assert "GPU 57" in "\n".join(run.text().splitlines()[4:16])


@pytest.mark.wide
async def test_a_screen_a_theme_the_tour(launch: Launch) -> None:
    async with launch() as run:
        await choose(run, "screen: ev")
        assert isinstance(run.app.screen, EventsScreen)
        await choose(run, "theme: podtop-l")
        assert run.app.theme == "podtop-light"
        await choose(run, "tour")
        assert isinstance(run.app.screen, Tour)


async def test_an_action_shows_its_key_and_goes_through_its_dialog(launch: Launch) -> None:
    async with launch() as run:
        assert "Stop pod  S  volume stays, billed" in await find(run, "stop")
        await run.press("enter")
        await run.settle()
        assert isinstance(run.app.screen, Confirm)
        assert run.cloud.sent == []


@pytest.mark.wide
async def test_only_what_makes_sense_now_is_told(launch: Launch) -> None:
    async with launch() as run:
        assert "Resume stopped pod" not in await find(run, "resume"), "the one under the cursor runs"
        await run.press("escape")
        await run.press("G")
        assert "Resume stopped pod" in await find(run, "resume")


async def test_read_only_there_is_nothing_that_acts(launch: Launch) -> None:
    async with launch(config=Config(read_only=True)) as run:
        assert "Terminate" not in await find(run, "terminate")


async def test_a_locked_action_stays_locked(launch: Launch) -> None:
    async with launch() as run:
        await run.press("L")
        await choose(run, "stop;")
        assert not isinstance(run.app.screen, Confirm)
        assert "locked" in run.toasts()


async def test_it_does_not_come_over_a_dialog(launch: Launch) -> None:
    async with launch() as run:
        await run.press("S")
        await run.wait(1.0)
        await run.press("ctrl+p")
        assert isinstance(run.app.screen, Confirm)


@pytest.mark.wide
async def test_names_are_data(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("a1", name="[red]mine[/] [link='x']"))
    async with launch(cloud=cloud) as run:
        assert "Pod: [red]mine[/] [link='x']" in await find(run, "mine")
        await run.press("escape")
        assert "Pod: [red]mine[/] [link='x']" in await find(run, "")


@pytest.mark.parametrize(
    ("word", "help", "told"),
    [
        ("zoom", "Give the pane the whole screen", "Zoom: give the pane the whole screen"),
        ("stop", "Stop pod (volume stays", "Stop pod (volume stays"),
    ],
)
def test_it_is_found_by_the_footers_word(word: str, help: str, told: str) -> None:
    assert titled(word, help) == told


@pytest.mark.parametrize(
    ("id", "word", "help", "told"),
    [
        ("act.stop", "stop", "Stop pod (volume stays)", ("Stop pod", "x  volume stays")),
        ("act.lease", "lease", "Auto-stop timer (lease)", ("Auto-stop timer (lease)", "x")),
        ("act.bid", "bid", "Resume a spot pod with a bid", ("Resume a spot pod with a bid", "x")),
        ("time.pause", "pause", "Pause (in history: play)", ("Pause (in history: play)", "x")),
    ],
)
def test_what_an_action_does_beyond_its_name_stands_behind_its_key(
    id: str, word: str, help: str, told: tuple[str, str]
) -> None:
    node = cast("DOMNode", None)
    assert entry(Hint(id, "", ("x",), word, help, True, True, "x", node)) == told


@given(st.text(max_size=20), st.data())
def test_letters_in_order_are_held(name: str, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    assert holds(name, "".join(letter for letter, keep in zip(name, kept, strict=True) if keep))
    assert not holds(name, name + "x")
