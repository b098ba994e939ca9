"""The app on a stage: the demo world at a fixed instant, for snapshots and screenshots that never differ."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from unittest.mock import patch

from textual.pilot import Pilot

from tui.app import PodtopApp
from tui.config import Config
from tui.demo.source import demo_source
from tui.poller import Poller

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC


def still_pollers() -> patch:  # type: ignore[valid-type]
    """Pollers to whom no answer takes any time and whose waits are not drawn: pictures must not differ."""
    return patch("tui.watch.Poller", partial(Poller, clock=lambda: 0.0, random=lambda: 1.0))


def demo_app(theme: str | None = None) -> PodtopApp:
    """podtop on its demo account, at noon."""
    return PodtopApp(demo_source(wall=lambda: NOON, history_s=3600.0), Config(theme=theme), tz=UTC)


async def settle(pilot: Pilot[None], *keys: str) -> None:
    """Wait until both pollers have answered, press the keys, and let the screen come to rest."""
    app = pilot.app
    assert isinstance(app, PodtopApp)
    for _ in range(1000):
        feeds = (app.fleet.snapshot, app.fleet.market)
        if all(feed.took is not None or feed.error is not None for feed in feeds):
            break
        await pilot.pause(0.01)
    for key in keys:
        await pilot.press(key)
    for _ in range(5):
        await pilot.pause()
