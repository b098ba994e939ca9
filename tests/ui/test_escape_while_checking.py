"""Escape during the check before sending keeps podtop from it, whenever it was typed."""

from __future__ import annotations

import asyncio

from tests.ui.conftest import HeldCloud, Launch
from tests.ui.test_acting import on, opened
from tui.api.models import Snapshot
from tui.ui.modals.confirm import Confirm


class SlowCloud(HeldCloud):
    """Holds the response about the pods back while a test wants that."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()

    async def fleet(self) -> Snapshot:
        await self.open.wait()
        return await super().fleet()


async def test_it_is_heard_after_the_loop_stood_still(launch: Launch) -> None:
    """As after a resize of a slow terminal: nobody knows when it was typed, and it can only prevent."""
    cloud = SlowCloud()
    async with launch(cloud=cloud) as run:
        await on(run, "llama")
        await opened(run, "S")
        cloud.open.clear()
        await run.press("y")
        dialog = run.app.screen
        assert isinstance(dialog, Confirm)
        assert dialog.busy
        run.app._stalled()
        await run.press("escape")
        await run.settle()
        assert not isinstance(run.app.screen, Confirm)
        cloud.open.set()
        await run.settle()
        assert cloud.sent == []


async def test_y_and_enter_are_as_deaf_as_before(launch: Launch) -> None:
    cloud = SlowCloud()
    async with launch(cloud=cloud) as run:
        await on(run, "llama")
        await opened(run, "S")
        run.app._stalled()
        await run.press("y", "enter")
        await run.settle()
        assert isinstance(run.app.screen, Confirm)
        assert not run.app.screen.busy
        assert cloud.sent == []
