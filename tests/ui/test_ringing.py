"""Alerts ring from the full screen, whatever is on it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.services.test_ringing_session import HUNGRY
from tests.ui.conftest import Launch
from tui.config.loader import Config
from tui.config.settings import Notify


async def test_an_alert_rings_from_the_screen(launch: Launch, tmp_path: Path) -> None:
    out = tmp_path / "rang"
    code = f"import sys; open({str(out)!r}, 'a').write(sys.argv[1] + chr(10))"
    config = Config(notify=Notify(command=(sys.executable, "-c", code, "{title}: {text}")))
    async with launch(config=config) as run:
        for _ in range(8):
            run.cloud.now += 15.0
            await run.poll(HUNGRY)
        while tasks := run.app.session.notifications.notifier._tasks:
            await asyncio.gather(*tasks)
        told = out.read_text().splitlines()
    low = [line for line in told if "2h 00m left" in line]
    assert len(low) == 1
    assert low[0].startswith("podtop: low runway: 2h 00m left at $4.00/h")
