"""`podtop record` over an API that does not report the account: whose recording it writes, by --same-account."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from tests.make import funds
from tests.ui.conftest import PODS, HeldCloud
from tui.api.listener import Api
from tui.commands.listening import Listening
from tui.commands.record import UNREPORTED, Recorded, _record
from tui.commands.watcher import Powers
from tui.config.loader import Config
from tui.domain.listen_address import ListenAddress
from tui.domain.user_message import UserMessage
from tui.history.recorder import Recorder, archive_path
from tui.services.source import Source
from tui.storage.account_file import AccountFile, KnownAccount
from tui.storage.state_files import StateFiles

URL = "https://test.invalid/v2"


class Unnamed(HeldCloud):
    api = Api.REST


@pytest.mark.parametrize(("same", "continues"), [(True, True), (False, False), (None, False)])
async def test_whose_recording_is_written(
    same: bool | None, continues: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud, recorders, begun = Unnamed(), list[Recorder](), asyncio.Event()
    cloud.fleet_answer = replace(PODS, funds=None)
    state = StateFiles(lambda: tmp_path, "test.invalid", URL)
    AccountFile(state.accounts()).put(state.profile_name(""), KnownAccount("user_1", 1_790_000_000.0))

    def make(post: Callable[[UserMessage], object]) -> Recorder:
        recorders.append(Recorder(tmp_path, URL, interval=0.01, post=post))
        begun.set()
        return recorders[-1]

    source = Source("test", False, lambda: cloud, lambda: cloud.now)
    recording = asyncio.ensure_future(
        _record([Recorded(source, Config(interval=0.01), make, state)], Powers(), same, None)
    )
    async with asyncio.timeout(20):
        await begun.wait()
        await recorders[0].opened()
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    assert (recorders[0].path == archive_path(tmp_path, URL, "user_1")) is continues
    out = capsys.readouterr().out
    assert (UNREPORTED in out and "--same-account yes" in out) is (same is None)


async def test_several_accounts_are_recorded_in_one_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorders: list[Recorder] = []
    clouds = {name: HeldCloud() for name in ("work", "lab")}
    accounts: list[Recorded] = []
    for name, cloud in clouds.items():
        cloud.fleet_answer = replace(PODS, funds=replace(funds(), account_id=name))
        state = StateFiles(lambda: tmp_path, "test.invalid", URL)
        source = Source("test", False, lambda cloud=cloud: cloud, lambda: 1_795_435_200.0, profile=name)  # type: ignore[misc]

        def make(post: Callable[[UserMessage], object]) -> Recorder:
            recorders.append(Recorder(tmp_path, URL, interval=0.01, post=post))
            return recorders[-1]

        accounts.append(Recorded(source, Config(interval=0.01, profile=name), make, state))
    recording = asyncio.ensure_future(_record(accounts, Powers(), None, Listening(ListenAddress("127.0.0.1", 0))))
    text = ""
    async with asyncio.timeout(20):
        while not all(f"{name}: ● recording 4 pods" in text for name in clouds):
            await asyncio.sleep(0.01)
            text += capsys.readouterr().out
        found = re.search(r"serves (http://\S+)/metrics", text)
        assert found is not None
        async with httpx.AsyncClient(base_url=found[1]) as client:
            page = (await client.get("/metrics")).text
            of_lab = (await client.get("/lab/v1/fleet")).json()
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    assert {recorder.path for recorder in recorders} == {archive_path(tmp_path, URL, name) for name in clouds}
    assert {*re.findall(r'podtop_poll_success{account="(\w+)",what="pods"} 1', page)} == {"work", "lab"}
    assert (of_lab["account"], len(of_lab["snapshot"]["pods"])) == ("lab", 4)
    assert all(cloud.closed and not cloud.sent for cloud in clouds.values())
