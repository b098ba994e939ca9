"""A screen over both APIs: the header, the switch in the middle, and the question whose account this is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.ui.conftest import OFFERS, PODS, HeldCloud, Launch, Running
from tests.variants import every
from tui.api.dual import DualCloud
from tui.api.errors import Retired
from tui.api.features import Feature
from tui.api.listener import Api
from tui.domain.events import Kind
from tui.services.account_link import POLLS
from tui.storage.account_file import AccountFile, KnownAccount
from tui.storage.state_files import StateFiles
from tui.ui.modals.account import AccountDialog

URL = "https://test.invalid"


class Over(HeldCloud):
    """A held cloud over one API."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._is = api

    @property
    def api(self) -> Api:
        return self._is


class Both(HeldCloud):
    """Both, behind the one that the screen sees; `held` answers as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Over(Api.GRAPHQL), Over(Api.REST)
        self.second.fleet_answer = replace(PODS, lacks=frozenset({Feature.GPU_POWER}))
        self.second.market_answer = OFFERS
        self.dual = DualCloud(self.first, lambda: self.second)

    @property
    def api(self) -> Api:
        return self.dual.api

    async def fleet(self) -> Any:
        return await self.dual.fleet()

    async def market(self) -> Any:
        return await self.dual.market()

    def offers(self, capability: Any) -> bool:
        return self.dual.offers(capability)

    def listen(self, listener: Any) -> None:
        self.dual.listen(listener)


async def test_the_switch_shows_in_the_header_is_told_and_is_an_event(launch: Launch) -> None:
    cloud = Both()
    async with launch(cloud=cloud, demo=False) as run:
        assert "runpod graphql" in run.text()
        cloud.first.fleet_answer = cloud.first.market_answer = Retired("gone")
        await run.poll()
        await run.until("RunPod switched GraphQL off; podtop now uses REST v2. Not offered there: GPU power")
        await run.until("runpod rest")
        assert "● live" in run.text()
        assert "switched off" not in run.text()
        await run.press("5")
        await run.until("API change")
        assert [event.kind for event in run.app.fleet.events].count(Kind.API) == 1


class Unnamed(Over):
    """REST that does not report the account."""

    def __init__(self) -> None:
        super().__init__(Api.REST)
        self.fleet_answer = replace(PODS, funds=None)


def remember(folder: Path) -> StateFiles:
    """An earlier run over an API that reports accounts."""
    state = StateFiles(lambda: folder, "test", URL)
    AccountFile(state.accounts()).put(state.profile_name(""), KnownAccount("user_1", 1_790_000_000.0))
    return state


async def asked(run: Running) -> None:
    for _ in range(POLLS):
        await run.poll()
    await run.until_so(lambda: isinstance(run.app.screen, AccountDialog))
    await run.wait(0.5)


@pytest.mark.parametrize("size", every(3, [(80, 24), (120, 40), (40, 12)]))
async def test_whose_account_it_is_is_asked_once_and_yes_is_kept(
    launch: Launch, tmp_path: Path, size: tuple[int, int]
) -> None:
    state = remember(tmp_path)
    async with launch(cloud=Unnamed(), demo=False, size=size) as run:
        await asked(run)
        assert "Is this the same account?" in run.text()
        for _ in range(8):
            await run.press("y")
            await run.wait(0.5)
        await run.poll()
        await run.until_so(lambda: run.app.fleet.funds is not None)
        assert run.app.fleet.funds is not None
        assert run.app.fleet.funds.account_id == "user_1"
        assert run.app.session.leases.file is not None
        assert run.app.session.leases.file.path == state.leases("user_1")
    async with launch(cloud=Unnamed(), demo=False) as run:
        for _ in range(POLLS + 1):
            await run.poll()
        assert not isinstance(run.app.screen, AccountDialog)


@pytest.mark.wide
@pytest.mark.parametrize(("key", "settled"), [("n", True), ("escape", False)])
async def test_no_and_no_answer_begin_an_account_of_its_own(
    launch: Launch, tmp_path: Path, key: str, settled: bool
) -> None:
    state = remember(tmp_path)
    async with launch(cloud=Unnamed(), demo=False) as run:
        await asked(run)
        await run.press(key)
        await run.poll()
        await run.until_so(lambda: run.app.fleet.funds is not None)
        assert run.app.fleet.funds is not None
        assert run.app.fleet.funds.account_id not in (None, "user_1")
        (known,) = AccountFile(state.accounts()).all().values()
        assert known.settled is settled
        assert (known.id == "user_1") is not settled
        assert ("a file of its own" in run.toasts()) is not settled
        assert state.leases("user_1") != state.leases(known.id) or not settled


async def test_what_is_typed_for_another_screen_is_no_answer(launch: Launch, tmp_path: Path) -> None:
    state = remember(tmp_path)
    async with launch(cloud=Unnamed(), demo=False) as run:
        for _ in range(POLLS):
            await run.poll()
        await run.until_so(lambda: isinstance(run.app.screen, AccountDialog))
        await run.press("y")
        assert isinstance(run.app.screen, AccountDialog)
        (known,) = AccountFile(state.accounts()).all().values()
        assert not known.settled
