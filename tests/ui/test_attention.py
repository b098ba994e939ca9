"""What needs attention on the screen: toasts, the badge, from one to the next, the waste."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tests.ui.conftest import PODS, HeldCloud, Launch, Running
from tui.api.models import Pod, Snapshot
from tui.api.status_change import StatusChange
from tui.ui.modals.mute import MuteMenu
from tui.ui.modals.waste import WasteDialog
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.status_lines import Lines
from tui.ui.widgets.table import Table

OUTBID = "m5n4b3v2c1x0z9"


def outbid(*names: str) -> HeldCloud:
    """A world in which pods of these names are outbid, and one that runs."""
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("r", name="runs"), *(_outbid(name) for name in names), funds=funds(1000.0, 10.0))
    return cloud


def _outbid(name: str) -> Pod:
    change = StatusChange("Outbid: Mon Nov 23 2026 11:59:00 GMT+0000 (Coordinated Universal Time)")
    return replace(pod(name, name=name, status="EXITED", utils=None), status_change=change)


async def lose(run: Running, *names: str) -> None:
    run.cloud.now += 5
    before = run.cloud.fleet_answer
    assert isinstance(before, Snapshot)
    await run.poll(replace(before, pods=(*(before.pods or ()), *(_outbid(name) for name in names))))


async def test_what_begins_while_podtop_runs_is_a_toast_and_a_badge(launch: Launch) -> None:
    async with launch(cloud=outbid("early")) as run:
        assert "early" not in run.toasts()
        assert "▲ 1: 1 outbid" in run.text()
        await lose(run, "late")
        assert "late: outbid" in run.toasts()
        assert "early" not in run.toasts()
        assert "5 Events ▲1" in run.text()
        await run.poll()
        assert run.toasts().count("late") == 1
        await run.press("5")
        assert "▲1" not in run.text()
        await run.press("1")
        assert "▲1" not in run.text()


async def test_several_at_once_are_one_toast(launch: Launch) -> None:
    async with launch(cloud=outbid()) as run:
        await lose(run, "a1", "b2", "c3", "d4")
        assert run.toasts() == "4 alerts: a1 outbid, b2 outbid, c3 outbid and 1 more"


async def test_n_goes_round_the_pods_that_need_attention(launch: Launch) -> None:
    async with launch(cloud=outbid("x", "y")) as run:
        table = run.app.screen.query_one("#pods", Table)
        assert table.keys == ("x", "y", "r")
        await run.press("G")
        seen = []
        for key in ("n", "n", "n", "N"):
            await run.press(key)
            seen.append(table.cursor)
        assert seen == ["x", "y", "x", "y"]
        await run.press("enter", "n")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == "x"


async def test_n_says_that_nothing_needs_attention(launch: Launch) -> None:
    async with launch(cloud=outbid()) as run:
        run.app.fleet.attention = ()
        await run.press("n")
        assert "Nothing needs attention" in run.toasts()


async def test_the_item_leads_to_the_worst(launch: Launch) -> None:
    async with launch(cloud=outbid("x")) as run:
        await run.press("2")
        header = run.app.screen.query_one("#header", Lines)
        header.post_message(Lines.Picked(header, header.content[1].left[0]))
        await run.settle()
        assert run.app.current_mode == "fleet"
        assert run.app.screen.query_one("#pods", Table).cursor == "x"


async def test_the_waste_is_listed_and_leads_to_the_pod(launch: Launch) -> None:
    cloud = HeldCloud()
    stopped = [replace(each, volume_gb=500) if each.id == OUTBID else each for each in PODS.pods or ()]
    cloud.fleet_answer = replace(PODS, pods=tuple(stopped))
    async with launch(cloud=cloud) as run:
        assert "waste $0.14/h" in run.text()
        await run.press("W")
        assert isinstance(run.app.screen, WasteDialog)
        assert "dataset-prep" in run.text()
        assert "stopped disk" in run.text()
        await run.press("enter")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == OUTBID


@pytest.mark.wide
async def test_without_waste_that_is_said_once(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = replace(PODS, pods=())
    async with launch(cloud=cloud) as run:
        assert "logs" not in run.text().splitlines()[-1]
        await run.press("W")
        assert run.text().count("Nothing is wasted") == 1
        await run.press("escape")
        cloud.fleet_answer = PODS
        await run.poll()
        assert "logs" in run.text().splitlines()[-1]


async def test_m_mutes_a_pod_and_u_unmutes_it(launch: Launch) -> None:
    async with launch(cloud=outbid("x", "y")) as run:
        assert "▲ 2: 2 outbid" in run.text()
        await run.press("m")
        assert isinstance(run.app.screen, MuteMenu)
        await run.press("d")
        await run.until("Muted: x, 1 day")
        assert "▲ 1: 1 outbid" in run.text()
        table = run.app.screen.query_one("#pods", Table)
        assert table.keys == ("y", "r", "x")
        await run.poll()
        assert "▲ 1: 1 outbid" in run.text()
        await run.press("m", "u")
        await run.until("No longer muted: x")
        assert "▲ 2: 2 outbid" in run.text()


@pytest.mark.wide
async def test_m_on_an_event_mutes_that_kind(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("r", name="runs"), funds=funds(1.0, 10.0))
    async with launch(cloud=cloud) as run:
        assert "▲ 1: low runway" in run.text()
        await run.press("5", "m")
        assert isinstance(run.app.screen, MuteMenu)
        assert "until it works again" not in run.text()
        await run.press("a")
        await run.until("Muted: low runway of account, always")
        assert "▲ 1" not in run.text()
        assert [(mute.pod, mute.kind) for mute in run.app.fleet.mutes] == [("", "runway")]


async def test_the_cursor_begins_on_the_worst_pod_and_stays_where_it_is_put(launch: Launch) -> None:
    async with launch(cloud=outbid("z")) as run:
        table = run.app.screen.query_one("#pods", Table)
        assert table.cursor == "z"
        await run.press("j")
        await lose(run, "a")
        assert table.keys == ("a", "z", "r")
        assert table.cursor == "r"
