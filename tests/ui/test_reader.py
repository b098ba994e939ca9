"""The screen of a hub's reader: it shows what the hub's host does automatically, and does nothing of that itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tests.ui.conftest import HeldCloud, Launch
from tui.config.loader import Config
from tui.domain.lease import Lease
from tui.domain.market_watch import MarketWatch, State
from tui.services.hub.state import HubState
from tui.storage.state_files import StateFiles
from tui.storage.watch_file import WatchFile


@pytest.mark.wide
async def test_a_reader_shows_the_hubs_leases_and_watches_and_sets_none(launch: Launch, tmp_path: Path) -> None:
    # A file of this host, as of a podtop with a key: no reader takes it for the hub's.
    watches = WatchFile(StateFiles(lambda: tmp_path, "test", "https://test.invalid").watches())
    watches.put("mine", MarketWatch("mine", 0.0, ("b200",), ("B200",)))
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("a", name="llama"))
    state = HubState(
        account="work",
        leases=(Lease("a", "llama", "stop", cloud.now + 7200, cloud.now),),
        watches=(MarketWatch("w", 0.0, ("h100",), ("H100 SXM",), state=State.ARMED),),
    )
    async with launch(cloud=cloud, demo=False, hub=lambda: state, config=Config(read_only=True)) as run:
        await run.until("LEASE")
        await run.wait(3.0)
        assert list(run.app.fleet.watches) == ["w"]
        assert run.app.fleet.leases["a"].ends == cloud.now + 7200
        await run.press("2", "w")
        await run.until("only reads a hub")
