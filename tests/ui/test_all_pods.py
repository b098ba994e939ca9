"""The pods of all accounts in one table: each row belongs to its account, and so does all that is done to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make import funds, pod, snapshot
from tests.ui.conftest import Launch
from tests.ui.test_accounts import SAME, Accounts, both, confirmed
from tui.api.errors import Unreachable
from tui.domain.attention import Attention, Grade
from tui.ui.screens.all_pods import AllPodsScreen
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.gpu_map import GpuMap
from tui.ui.widgets.table import Table


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path)


def line_of(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


@pytest.mark.wide
async def test_the_pods_of_all_accounts_are_one_table_under_the_sum_of_their_money(
    launch: Launch, accounts: Accounts
) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        text = run.text()
        for name in ("work-run", "work-eval", "lab-run", "lab-eval"):
            assert name.partition("-")[0] in line_of(text, name).replace(name, "")
        header = text.splitlines()[1]
        for words in ("▲ 1: low runway", "busy 4/4", "(20h 00m) work", "spend $6.00/h  balance $150.00"):
            assert words in header
        # What the header counts is not denied where it leads to.
        await run.press("n")
        assert "No pod needs attention; work does" in run.toasts()
        # A part that is unknown makes the sum a lower bound, and a stale account does not look fresh.
        accounts.lab.fleet_answer = Unreachable("no route to the lab")
        run.app.desks[1].session.monitor.wake()
        await run.until("▲ lab unreachable")
        assert "▲ lab" in line_of(run.text(), "lab-run")
        assert "▲" not in line_of(run.text(), "work-run")


@pytest.mark.parametrize("named", ["lab", pytest.param("work", marks=pytest.mark.wide)])
async def test_an_action_is_sent_with_the_key_of_the_rows_account(
    launch: Launch, accounts: Accounts, named: str
) -> None:
    """The same id is in both accounts: only the account decides."""
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        number = ("work", "lab").index(named)
        run.app.screen.query_one("#pods", Table).move_to(f"{number} {SAME}")
        await run.settle()
        await run.press("S")
        await run.wait(1.0)
        assert f" {named}  Stop {named}-run" in run.text()
        await run.press("y")
        await run.wait(1.0)
        sent = {"work": accounts.work.sent, "lab": accounts.lab.sent}
        assert sent.pop(named) == [("stop", SAME)]
        assert sent.popitem()[1] == []


async def test_no_dialog_is_about_pods_of_two_accounts(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0", "asterisk")
        assert "4 selected" in run.text()
        await confirmed(run, "S")
        assert "one account at a time; selected are 2 of work, 2 of lab" in run.toasts()
        assert not accounts.work.sent
        assert not accounts.lab.sent
        # With a selection in one account the cursor may be on a row of another one.
        await run.press("escape", *"/account:lab", "enter", "asterisk")
        run.app.clear_notifications()
        await run.press("escape")
        table = run.app.screen.query_one("#pods", Table)
        table.move_to(f"0 {SAME}")
        await run.settle()
        await run.press("S")
        await run.wait(1.0)
        assert " lab  Stop 2 pods" in run.text()
        await run.press("escape")
        await run.press("escape")
        assert "selected" not in run.text()


@pytest.mark.wide
async def test_the_filter_knows_the_account(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0", *"/account=lab", "enter")
        text = run.text()
        assert "lab-run" in text
        assert "work-run" not in text
        assert "2 of 4" in text
        for desk in run.app.desks:
            desk.fleet.attention = (Attention("idle", "idle", Grade.WARN, "", SAME),) if desk.name == "work" else ()
        await run.press("n")
        assert "1 pod that needs attention: hidden by the filter" in run.toasts()


@pytest.mark.wide
async def test_an_account_that_is_read_only_is_so_row_by_row(launch: Launch, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path, read_only=True)
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        assert "READ-ONLY" in line_of("\n".join(run.text().splitlines()[2:]), "$50.00")
        table = run.app.screen.query_one("#pods", Table)
        table.move_to(f"1 {SAME}")
        await run.settle()
        await confirmed(run, "S")
        assert "read-only" in run.toasts()
        assert not accounts.lab.sent
        table.move_to(f"0 {SAME}")
        await run.settle()
        await confirmed(run, "S")
        assert accounts.work.sent == [("stop", SAME)]
        assert not accounts.lab.sent


@pytest.mark.wide
async def test_a_pod_is_opened_in_its_account_and_escape_comes_back(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        run.app.screen.query_one("#pods", Table).move_to(f"1 {SAME}")
        await run.settle()
        await run.press("enter")
        assert isinstance(run.app.screen, PodScreen)
        assert "lab-run" in run.text()
        assert run.app.desk.name == "lab"
        await run.press("escape")
        assert isinstance(run.app.screen, AllPodsScreen)
        # What lay on it belongs to that account: it is not found again under another.
        await run.press("enter", "A", "g", "enter")
        await run.until("work-run")
        await run.press("0")
        assert run.app.desk.name == "work"
        assert isinstance(run.app.screen, AllPodsScreen)


@pytest.mark.wide
async def test_prices_are_requested_for_one_account_alone(launch: Launch, accounts: Accounts) -> None:
    asked: list[str] = []
    accounts.lab.market = lambda: asked.append("lab")  # type: ignore[method-assign, assignment, return-value]
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        run.app.screen.query_one("#pods", Table).move_to(f"1 {SAME}")
        await run.settle()
        assert not asked


@pytest.mark.wide
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_it_fits(launch: Launch, accounts: Accounts, size: tuple[int, int]) -> None:
    async with accounts.launched(launch, size) as run:  # type: ignore[attr-defined]
        await both(run)
        accounts.lab.fleet_answer = snapshot(pod("x", name="one-pod"), funds=funds(50, 1))
        await run.press("0")
        lines = run.text().splitlines()
        assert any("lab" in line and "lab-run" in line for line in lines), run.text()
        assert ("$150.00" in run.text()) is (size[0] > 80), "the balance gives way to what needs attention"
        assert all(len(line) <= size[0] for line in lines)


@pytest.mark.wide
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_the_gpus_of_all_accounts_are_seen(launch: Launch, accounts: Accounts, size: tuple[int, int]) -> None:
    async with accounts.launched(launch, size) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("0")
        lines = run.text().splitlines()
        util = next(line for line in lines if "UTIL" in line).index("UTIL")
        assert all(line[util] in "▁▂▃▄▅▆▇" for line in lines if "-run" in line and "running" in line), run.text()
        if size[0] > 40:
            # Of the pod under the cursor, whose account is named.
            assert any("╭─ work: work-" in line or "╭─ lab: lab-" in line for line in lines), run.text()
        if size[0] < 100:
            return
        pods, gpus = run.app.screen.query_one("#pods", Table), run.app.screen.query_one("#map", GpuMap)
        names = [group.name for group in gpus._groups]
        assert names == sorted(names), "each keeps its place, whatever the list is sorted by"
        await run.press("tab", "tab")
        assert run.app.focused is gpus
        await run.press("G")
        assert gpus.cursor is not None
        assert gpus.cursor[0] == pods.cursor == pods.keys[-1]
        name = ("work", "lab")[int(pods.cursor.partition(" ")[0])]
        assert f"GPU map  {name}: {name}-" in run.text()
