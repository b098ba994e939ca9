"""The Hosts screen by its keys, in every state; it costs nothing while nobody looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make_hosts import DAY, NOBODY, NOW, earnings, host, hosts, many
from tests.ui.conftest import HeldCloud, Launch, Running, sent_to_clipboard
from tui.api.errors import Unreachable
from tui.api.hosts import Hosts
from tui.api.models import Unreadable
from tui.config.loader import Config
from tui.ui.screens.hosts import HostsScreen
from tui.ui.widgets.table import Table


def cloud_of(answer: object) -> HeldCloud:
    cloud = HeldCloud()
    cloud.hosts_answer = answer  # type: ignore[assignment]
    return cloud


async def shown(run: Running, words: str) -> str:
    await run.until(words)
    await run.settle()
    return run.text()


@pytest.mark.wide
async def test_who_has_no_machines_has_no_tab_and_the_key_explains(launch: Launch) -> None:
    async with launch() as run:
        await run.settle()
        assert run.cloud.hosts_asked == 1
        assert "4 Hosts" not in run.text()
        await run.press("4")
        text = await shown(run, "This account rents out no machines")
        assert "4 Hosts" in text, "the screen that is shown has its tab"
        await run.press("j", "enter", "tab", "z", "o", "i", "slash", "x", "escape", "c", "minus", "escape")
        assert isinstance(run.app.screen, HostsScreen)
        await run.press("1")
        assert "4 Hosts" not in run.text()


async def test_who_has_machines_has_a_tab(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.until("4 Hosts")


@pytest.mark.wide
async def test_a_failure_to_find_out_is_told_only_to_who_asks(launch: Launch) -> None:
    async with launch(cloud=cloud_of(Unreachable("no route to the machines"))) as run:
        assert "no route to the machines" not in run.text() + run.toasts()
        await run.press("4")
        await shown(run, "no route to the machines")
        run.cloud.hosts_answer = hosts()
        await run.press("ctrl+r")
        await shown(run, "rack-one")


async def test_machines_are_asked_for_while_they_are_looked_at_and_no_longer(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.until("4 Hosts")
        assert run.cloud.hosts_asked == 1
        await run.press("4")
        await shown(run, "rack-one")
        await run.press("ctrl+r")
        await run.settle()
        asked = run.cloud.hosts_asked
        assert asked > 1
        drawn = []
        screen = run.app.screen
        assert isinstance(screen, HostsScreen)
        await run.press("1")
        screen._show_all = lambda: drawn.append(1)  # type: ignore[method-assign]
        for _ in range(3):
            await run.poll()
        assert run.cloud.hosts_asked == asked
        assert drawn == []


@pytest.mark.wide
async def test_all_of_a_machine(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        text = await shown(run, "temp")
        for words in ("● listed", "rack-one", "RTX 4090", "6/8", "71%", "$312.40", "99.9%", "in 3d 00h", "30 days"):
            assert words in text, words
        assert "▪disks $30.00" in text
        await run.press("enter")
        assert "STATE" not in run.text(), "the machine has the room of the list"
        await run.press("z", "G")
        await shown(run, "GPU-77aa")
        await run.press("enter")
        assert "STATE" in run.text()


@pytest.mark.wide
async def test_copying(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        await shown(run, "rack-one")
        sent = sent_to_clipboard(run)
        await run.press("c")
        await run.wait(1)
        await run.press("c")
        await run.settle()
        assert sent == ["m1"]
        await run.press("tab", *"j" * 8, "c")
        assert "Machine ID" in run.text()


@pytest.mark.wide
async def test_order_and_filter(launch: Launch) -> None:
    async with launch(cloud=cloud_of(many(200))) as run:
        await run.press("4")
        await shown(run, "Hosts  200")
        table = run.app.screen.query_one("#hosts", Table)
        assert table.keys[0] == "m0000", "unlisted ones come first"
        await run.press("o", "r")
        assert table.keys[0] == "m0008", "sorted by what is rented"
        await run.press("i")
        assert table.keys[0] == "m0000"
        await run.press("slash", *"unlisted 0195", "enter")
        assert "/unlisted 0195  1 of 200" in run.text()
        await run.press("escape")
        await shown(run, "Hosts  200")
        await run.press("slash", *"none", "enter")
        assert "200 hidden · esc clears the filter" in run.text()


@pytest.mark.wide
async def test_the_order_is_kept(launch: Launch) -> None:
    async with launch(cloud=cloud_of(many(3)), demo=False) as run:
        await run.press("4")
        await shown(run, "Hosts  3")
        await run.press("o", "r")
        await run.settle()
    async with launch(cloud=cloud_of(many(3)), demo=False) as run:
        await run.press("4")
        await shown(run, "Hosts  3")
        assert run.app.screen.query_one("#hosts", Table).keys[0] == "m0002", "sorted by what is rented"


@pytest.mark.wide
async def test_machines_of_which_little_is_told(launch: Launch) -> None:
    odd = Hosts((NOBODY, host("m2", "rack-two", load=None)), (Unreadable("m3", "rack-odd", "expected a number"),))
    async with launch(cloud=cloud_of(odd), size=(200, 50)) as run:
        await run.press("4")
        text = await shown(run, "rack-odd")
        assert "expected a number" in text
        await run.press("g")
        for _ in range(3):
            await run.press("j")
            await run.settle()
        assert "No earnings reported for this machine" in run.text() or "No machine" in run.text()
        await run.press("g", "j", "j")
        await run.press("slash", *"rack-two", "enter")
        await shown(run, "No samples reported for this machine")


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (3 * DAY + 60, "1h left"),
        pytest.param(3 * DAY + 60, "▣ maintenance", marks=pytest.mark.wide),
        pytest.param(4 * DAY, "ended", marks=pytest.mark.wide),
    ],
)
async def test_maintenance_now_and_past(launch: Launch, later: float, words: str) -> None:
    cloud = cloud_of(hosts())
    cloud.now = NOW + later
    async with launch(cloud=cloud) as run:
        await run.press("4")
        await shown(run, words)


@pytest.mark.wide
async def test_what_is_old_says_so(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        await shown(run, "rack-one")
        run.cloud.now = NOW + 600
        run.cloud.hosts_answer = Unreachable("no route to the machines")
        await run.press("ctrl+r")
        text = await shown(run, "10m 00s old")
        assert "rack-one" in text
        assert "no route to the machines" in text


@pytest.mark.wide
async def test_samples_become_a_line_and_a_failure_a_gap(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        await shown(run, "temp")
        made = host()
        assert made.load is not None
        for step in range(1, 6):
            run.cloud.now = NOW + 30 * step
            run.cloud.hosts_answer = Hosts((replace(made, load=replace(made.load, at=run.cloud.now)),), (), earnings())
            await run.press("ctrl+r")
            await run.settle()
        series = run.app.fleet.host_telemetry.of("m1")
        assert series is not None
        assert len(series) == 6
        assert "avg" in run.text()


@pytest.mark.wide
async def test_every_size_and_every_pane(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts()), size=(20, 6)) as run:
        await run.press("4")
        for size in ((20, 6), (40, 12), (80, 24), (99, 40), (120, 20), (120, 40), (200, 50)):
            await run.pilot.resize_terminal(*size)
            await run.settle()
            for _ in range(5):
                await run.pilot.press("tab")
                await run.settle()
                assert all(len(line) <= size[0] for line in run.text().splitlines())
        await run.press("z", "z", "escape", "enter", "escape")
        assert isinstance(run.app.screen, HostsScreen)


async def test_nothing_here_acts(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        await shown(run, "rack-one")
        await run.press("S", "T", "R", "B", "D", "t", "w")
        assert isinstance(run.app.screen, HostsScreen)
        assert run.cloud.sent == []
        assert not run.cloud.orders


@pytest.mark.wide
async def test_a_keyless_market_asks_for_no_machines(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts()), config=Config(read_only=True)) as run:
        await run.press("4")
        await shown(run, "rack-one")
        await run.press("S")
        assert "read-only" in run.toasts().lower()


@pytest.mark.wide
async def test_in_the_past_there_are_no_machines_and_now_there_are(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=cloud_of(hosts()), record=tmp_path) as run:
        await run.press("4")
        await shown(run, "rack-one")
        for _ in range(6_000):
            if run.app.fleet.has_past:
                break
            await run.pilot.pause(0.01)
        await run.press("left_square_bracket")
        text = await shown(run, "Machines are not recorded")
        assert "4 Hosts" in text
        await run.press("equals_sign")
        await shown(run, "rack-one")


@pytest.mark.wide
async def test_a_held_screen_holds_the_machines(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts())) as run:
        await run.press("4")
        await shown(run, "rack-one")
        await run.press("p")
        run.cloud.hosts_answer = hosts(host("m9", "rack-nine"))
        await run.press("ctrl+r")
        await run.settle()
        assert "rack-one" in run.text()
        await run.press("p")
        await shown(run, "rack-nine")


async def test_the_tabs_have_the_titles_of_their_panes_where_there_is_room(launch: Launch) -> None:
    async with launch(cloud=cloud_of(hosts()), size=(80, 24)) as run:
        await run.press("4")
        assert "Hosts    Machine    Telemetry    Earnings" in await shown(run, "rack-one")
        await run.pilot.resize_terminal(40, 24)
        await run.settle()
        assert "Hosts    Machine    Charts    Earned" in run.text()
