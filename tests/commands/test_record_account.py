"""`podtop record` over an API that does not report the account: whose recording it writes, by --same-account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.ui.conftest import PODS, HeldCloud
from tui.api.listener import Api
from tui.commands.record import UNREPORTED, _record
from tui.commands.watcher import Powers
from tui.config.loader import Config
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
    recording = asyncio.ensure_future(_record(source, Config(interval=0.01), make, state, Powers(), same, None))
    async with asyncio.timeout(20):
        await begun.wait()
        await recorders[0].opened()
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    assert (recorders[0].path == archive_path(tmp_path, URL, "user_1")) is continues
    out = capsys.readouterr().out
    assert (UNREPORTED in out and "--same-account yes" in out) is (same is None)
