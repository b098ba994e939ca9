"""Several accounts: each is shown by its own name, and what is done to a pod of one is sent with its own key alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tests.ui.conftest import HeldCloud, Launch, Running
from tui.api.errors import Unreachable
from tui.config.loader import Config
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.ui.desk import AccountSetup

# The same id in two accounts: what decides is the account, and never the id.
SAME = "k3v9x0q2m1a7ze"
WORK = snapshot(
    pod(SAME, name="work-run", utils=(90.0,)), pod("w2", name="work-eval", utils=(80.0,)), funds=funds(100, 5)
)
LAB = snapshot(pod(SAME, name="lab-run", utils=(70.0,)), pod("l2", name="lab-eval", utils=(60.0,)), funds=funds(50, 1))


class Accounts:
    """The clouds of two accounts, and what the app is started with."""

    def __init__(self, folder: Path, **lab: object) -> None:
        self.work, self.lab = HeldCloud(), HeldCloud()
        self.work.fleet_answer, self.lab.fleet_answer = WORK, LAB
        source = Source("runpod", False, lambda: self.lab, lambda: self.lab.now, profile="lab")
        config = Config(profile="lab", color="good", **lab)  # type: ignore[arg-type]
        self.setup = AccountSetup(source, config, None, StateFiles(lambda: folder, "test", "https://lab.invalid"))

    def launched(self, launch: Launch, size: tuple[int, int] = (120, 40)) -> object:
        return launch(size=size, cloud=self.work, config=Config(profile="work"), demo=False, others=[self.setup])


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path)


async def both(run: Running) -> None:
    """Until both accounts have been polled."""
    await run.until_so(lambda: len(run.app.desks) == 2 and all(desk.fleet.pods_at for desk in run.app.desks))


async def confirmed(run: Running, key: str) -> None:
    await run.press(key)
    await run.wait(1.0)
    await run.press("y")
    await run.wait(1.0)


async def test_all_accounts_are_listed_with_their_money_and_their_sum(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("A")
        text = run.text()
        for words in ("work", "lab", "$100.00", "$50.00", "2 accounts  $150.00  $6.00/h", "lab-eval", "work-eval"):
            assert words in text
        accounts.lab.fleet_answer = snapshot(funds=replace(funds(), balance=None))
        run.app.desks[1].session.monitor.wake()
        await run.until("≥$100.00")


async def test_an_action_is_sent_with_the_key_of_the_account_that_is_shown(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.go("work-run")
        await confirmed(run, "S")
        assert accounts.work.sent == [("stop", SAME)]
        assert accounts.lab.sent == []
        await run.press("A", "j", "enter")
        await run.until("lab-run")
        assert "work-run" not in run.text()
        await run.go("lab-run")
        await run.press("S")
        await run.wait(1.0)
        assert " lab  Stop lab-run" in run.text()
        await run.press("y")
        await run.wait(1.0)
        assert accounts.lab.sent == [("stop", SAME)]
        assert accounts.work.sent == [("stop", SAME)]


@pytest.mark.wide
async def test_a_pod_that_is_chosen_is_shown_in_its_own_account(launch: Launch, accounts: Accounts) -> None:
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("A", "tab", "G", "enter")
        await run.settle()
        name = run.app.desk.name
        await run.press("A", "escape")
        await run.press("S")
        await run.wait(1.0)
        assert f" {name}  Stop {name}-" in run.text()


async def test_an_account_that_is_read_only_stays_so(launch: Launch, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path, read_only=True)
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("A", "j", "enter")
        await run.until("READ-ONLY")
        await confirmed(run, "S")
        assert not accounts.lab.sent
        await run.press("A", "enter")
        await run.until("work-run")
        assert "READ-ONLY" not in run.text()


async def test_one_account_that_fails_leaves_the_other_as_it_is(launch: Launch, accounts: Accounts) -> None:
    accounts.lab.fleet_answer = Unreachable("no route to the lab")
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await run.until_so(lambda: len(run.app.desks) == 2 and run.app.desks[1].fleet.snapshot.error is not None)
        assert "work-run" in run.text()
        await run.press("A")
        assert "no route to the lab" in run.text()
        assert "≥$100.00" in run.text()


async def test_prices_are_requested_once_for_all_accounts(launch: Launch, accounts: Accounts) -> None:
    asked: list[str] = []
    accounts.lab.market = lambda: asked.append("lab") or HeldCloud().market()  # type: ignore[method-assign, assignment, func-returns-value]
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        assert not asked
        await run.press("A", "j", "enter")
        await run.until_so(lambda: asked == ["lab"])


async def test_with_one_account_the_key_says_how_to_have_more(launch: Launch) -> None:
    async with launch() as run:
        await run.press("A")
        assert "--profile for each" in run.toasts()


@pytest.mark.wide
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_it_fits(launch: Launch, accounts: Accounts, size: tuple[int, int]) -> None:
    async with accounts.launched(launch, size) as run:  # type: ignore[attr-defined]
        await both(run)
        await run.press("A")
        lines = run.text().splitlines()
        assert any("work" in line for line in lines)
        assert any("lab" in line for line in lines)
        assert all(len(line) <= size[0] for line in lines)


async def test_a_dialog_bears_the_name_of_the_account_that_opened_it(launch: Launch, accounts: Accounts) -> None:
    """Also where another account is on the screen by then."""
    async with accounts.launched(launch) as run:  # type: ignore[attr-defined]
        await both(run)
        work, lab = run.app.desks
        lab.context.actions.ask("stop", (SAME,))
        await run.settle()
        assert run.app.desk is work
        assert " lab  Stop lab-run" in run.text()
        await run.wait(1.0)
        await run.press("y")
        await run.wait(1.0)
        assert accounts.lab.sent == [("stop", SAME)]
        assert accounts.work.sent == []
