"""The app on a stage: the demo world at a fixed instant, for snapshots and screenshots that never differ."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import math
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import UTC
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from msgspec.structs import replace
from textual.pilot import Pilot

from tui.api.cloud import Cloud
from tui.api.hosts import Hosts
from tui.api.listener import Api
from tui.api.models import Snapshot
from tui.api.offline import OfflineCloud
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.demo.source import demo_source
from tui.domain.events import Event
from tui.domain.rate_limit import LIMITS, Use
from tui.history.archive.entries import Samples
from tui.history.archive.facts import Facts
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Priced, Writer
from tui.services.monitor import Monitor
from tui.services.poller import Poller
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.store.fleet import Fleet
from tui.store.host_telemetry import Telemetry
from tui.store.price_history import Prices
from tui.ui.charts import canvas
from tui.ui.desk import AccountSetup
from tui.ui.modals.dialog import Dialog
from tui.ui.terminal.display import Display

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC


_SHELF = tempfile.TemporaryDirectory(prefix="podtop-stage-")
# By itself it goes too, with a warning that stands below the result of a whole run.
atexit.register(_SHELF.cleanup)


@contextmanager
def still_pollers() -> Iterator[None]:
    """Answers take no time, waits are not drawn, new names are always the same: pictures must not differ.

    Nor must the count of requests: one more may be out when the footer is drawn.
    """
    still = partial(Poller, clock=lambda: 0.0, random=lambda: 1.0)
    watch = "tui.services.api_watch.ApiWatch"
    counted = patch(f"{watch}.use", lambda watch: Use(LIMITS[0], 5))
    listed = patch(f"{watch}.uses", lambda watch: {Api.GRAPHQL: tuple(Use(window, 5) for window in LIMITS)})
    with (
        patch("tui.services.monitor.Poller", still),
        patch("secrets.token_hex", lambda length: "7f3a"),
        counted,
        listed,
    ):
        yield


def demo_app(
    theme: str | None = None,
    display: Display | None = None,
    hours: float = 1.0,
    wall: Callable[[], float] = lambda: NOON,
) -> PodtopApp:
    """podtop on its demo account, from noon on. Dialogs listen at once, for on a stage nobody types by mistake.

    hours: how much of its past there is.
    wall:  now; it begins with noon.
    """
    canvas.library()
    state = StateFiles(lambda: Path(tempfile.mkdtemp(dir=_SHELF.name)), "demo", "demo")
    source = demo_source(wall=wall, history_s=hours * 3600.0, prices_s=86_400.0)
    history = _told_once(source) if hours == 1.0 else source.history
    return PodtopApp(
        replace(source, history=history, prices=_priced_once),
        Config(theme=theme, lock_after=0), tz=UTC, state=state, monotonic=itertools.count().__next__, display=display,
    )  # fmt: skip


def accounts_app(theme: str | None = None) -> PodtopApp:
    """podtop on three demo accounts, from noon on."""
    setups = []
    for seed, (name, color, pods) in enumerate(
        (("work", "accent", 6), ("lab", "good", 9), ("inference", "warn", 7)), 7
    ):
        source = demo_source(seed=seed, pods=pods, wall=lambda: NOON, history_s=0.0, prices_s=0.0)
        state = StateFiles(lambda: Path(tempfile.mkdtemp(dir=_SHELF.name)), "demo", "demo")
        config = Config(theme=theme, lock_after=0, color=color)
        setups.append(AccountSetup(replace(source, history=None, profile=name), config, None, state))
    first, *others = setups
    return PodtopApp(
        first.source, first.config, tz=UTC, state=first.state, monotonic=itertools.count().__next__, others=others
    )


_PAST: list[tuple[float, Snapshot]] = []


def _told_once(source: Source) -> Callable[[Cloud], AsyncIterator[tuple[float, Snapshot]]]:
    """The hour before noon, which is the same for every app on this stage: the world is asked for it once."""

    async def history(cloud: Cloud) -> AsyncIterator[tuple[float, Snapshot]]:
        if not _PAST:
            assert source.history is not None
            _PAST.extend([told async for told in source.history(cloud)])
        for told in _PAST:
            yield told
            await asyncio.sleep(0)

    return history


@cache
def _priced() -> Prices:
    prices = demo_source(wall=lambda: NOON, prices_s=86_400.0).prices
    assert prices is not None
    return prices()


def _priced_once() -> Prices:
    return deepcopy(_priced())


class _Tape(NamedTuple):
    """In place of a recorder: writes what it is handed at once, with the alerts and all that was concluded."""

    writer: Writer

    def polled(
        self, at: float, snapshot: Snapshot | None, events: tuple[Event, ...], samples: Samples, alerts: bytes | None,
        facts: Facts | None,
    ) -> None:  # fmt: skip
        self.writer.write([Polled(at, snapshot, events, samples, alerts, facts)])


def make_recording(path: Path, hours: float = 25.0, step: float = 60.0, pods: int = 6) -> Path:
    """The demo world's last hours up to noon, as podtop would have recorded them, with a night when nobody looked."""
    source = demo_source(wall=lambda: NOON, history_s=hours * 3600, pods=pods)

    async def told() -> None:
        writer = Writer(connect(path, write=True), NOON - hours * 3600 - 1, silence=3 * step, origin="api.runpod.io")
        monitor = Monitor(source, Config(interval=step), Fleet(step, step), lambda: None)
        monitor._recorder = _Tape(writer)  # type: ignore[assignment]
        with closing(writer), patch("tui.demo.source.COARSE_STEP", step), patch("tui.demo.source.STEP", step):
            cloud = source.open()
            writer.write([Priced(NOON - hours * 3600, await cloud.market())])
            assert source.history is not None
            async for at, snapshot in source.history(cloud):
                if not NOON - 9 * 3600 < at < NOON - 6 * 3600:
                    monitor._pods_told(snapshot, at)
            offers = await cloud.market()
            writer.write(Priced(NOON - 1800.0 * n, offers) for n in range(int(hours * 2) - 1, -1, -1))
            writer.tidy(NOON)
            await cloud.aclose()

    asyncio.run(told())
    return path


def replay_app(
    path: Path, at: float = NOON - 90, theme: str | None = None, display: Display | None = None
) -> PodtopApp:
    """podtop on a recording."""
    source = Source("replay", True, OfflineCloud, lambda: NOON, recording=path, begin=at)
    return PodtopApp(source, Config(theme=theme), tz=UTC, display=display)


async def landed(pilot: Pilot[None], *keys: str) -> None:
    """Wait until the replay shows an instant, press the keys, and wait for what they ask of the recording."""
    app = pilot.app
    assert isinstance(app, PodtopApp)
    while app.playback.frozen_view is None:
        await pilot.pause(0.01)
    await at_rest(pilot)
    for key in keys:
        await pilot.press(key)
        await at_rest(pilot)


async def at_rest(pilot: Pilot[None], still: int = 12) -> None:
    """Until the screen has been the same for some time: answers come from threads."""
    app = pilot.app
    assert isinstance(app, PodtopApp)
    before, same = "", 0
    while same < still or app.playback.waiting:
        await pilot.pause(0.01)
        now = "".join(strip.text for strip in app.screen._compositor.render_strips())
        before, same = now, same + 1 if now == before else 0


_LOADS: list[tuple[float, Hosts]] = []


async def watched(pilot: Pilot[None]) -> None:
    """The machines' samples of the quarter of an hour before noon, as if somebody had looked on all the while."""
    app = pilot.app
    assert isinstance(app, PodtopApp)
    await settle(pilot)
    if not _LOADS:
        for back in range(30, 0, -1):
            at = NOON - 30.0 * back
            cloud = demo_source(wall=lambda at=at: at, history_s=3600.0).open()  # type: ignore[misc]
            _LOADS.append((at, await cloud.hosts()))
            await cloud.aclose()
    telemetry, now = Telemetry(), app.fleet.hosts
    for at, hosts in _LOADS:
        telemetry.tell(hosts, at)
    assert now.value is not None
    telemetry.tell(now.value, NOON)
    app.fleet._host_telemetry = telemetry


async def settle(pilot: Pilot[None], *keys: str) -> None:
    """Wait until both pollers have answered, press the keys, and let the screen come to rest."""
    app = pilot.app
    assert isinstance(app, PodtopApp)
    for _ in range(1000):
        feeds = (app.fleet.snapshot, app.fleet.market)
        # Whether there are machines is asked behind the first answer about the pods; the header has a tab then.
        told = app.fleet.snapshot.value is None or app.fleet.hosts.at is not None or app.fleet.hosts.error is not None
        if told and all(feed.took is not None or feed.error is not None for feed in feeds):
            break
        await pilot.pause(0.01)
    for key in keys:
        await pilot.press(key)
        while not app.input.idle:
            await pilot.pause(0.01)
        if len(key) > 1:
            await pilot.pause(0.02)  # what it brings may be there a frame later
        for _ in range(1000 if key == "D" else 0):
            # What the form is filled with may be read first.
            if app.screen.is_modal:
                break
            await pilot.pause(0.01)
        while isinstance(app.screen, Dialog) and math.isinf(app.screen._deaf_until):
            await pilot.pause(0.01)
    await pilot.pause(0.03)
    for _ in range(500):
        # What the screen asks for beside the polls.
        if app.session.monitor.attended <= app.fleet.topics.keys():
            break
        await pilot.pause(0.01)
    for _ in range(2):
        await pilot.pause(0.03)  # longer than a frame of Textual
