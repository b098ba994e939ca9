"""The app on a cloud that the test holds in its hand, at a clock that stands still until the test moves it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual._compositor import Compositor
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from tests.make import market, offer, pod, snapshot
from tui.api.account import Account, Templates
from tui.api.catalogue import CpuFlavors, GpuSpecs
from tui.api.cloud import Cloud
from tui.api.errors import CloudError, Unreachable
from tui.api.hosts import Hosts
from tui.api.listener import Listener
from tui.api.models import Market, Quote, Snapshot
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.pod_detail import PodDetail, PodExtras
from tui.app import PodtopApp
from tui.clocks import Clocks
from tui.config.loader import Config
from tui.domain.user_message import UserMessage
from tui.history.recorder import Recorder
from tui.services.hub.state import HubState
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.ui.charts import canvas, plot
from tui.ui.charts.spec import Drawn, Row
from tui.ui.desk import AccountSetup
from tui.ui.input.typeahead import QUIET
from tui.ui.widgets.table import Table

FRAME = 0.02  # a little longer than a frame of Textual
NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC

PODS = snapshot(
    pod("k3v9x0q2m1a7ze", name="llama-pretrain", utils=(91, 93, 92, 90), cost=11.96),
    pod("p8d2n5c1r4t6yw", name="eval-sweep", utils=(0, 1), cost=1.38, gpu="RTX 4090"),
    pod("q9w8e7r6t5y4u3", name="flux-lora", utils=None, cost=0.79, gpu="L40S"),
    pod("m5n4b3v2c1x0z9", name="dataset-prep", status="EXITED", utils=None, cost=0.0, gpu="A40"),
)
OFFERS = market(
    offer("H100 SXM", Quote(2.99, 1.75, "High"), Quote(2.69, 1.5, "Low")),
    offer("RTX 4090", Quote(0.69, 0.35, "Medium"), Quote(0.34, 0.2, None), memory=24),
    offer("B200", Quote(None, None, None), memory=180),
)


class HeldCloud(Cloud):
    """Answers what it was last told to answer."""

    def __init__(self) -> None:
        self.now = NOW
        self.fleet_answer: Snapshot | CloudError = PODS
        self.market_answer: Market | CloudError = OFFERS
        self.detail_answer: PodDetail | CloudError | None = None
        self.extras_answer: PodExtras | None = None
        self.looked_at: list[str] = []
        self.asked_more: list[str] = []
        self.asked = 0
        self.closed = False
        self.beat = 0.0
        self.sent: list[tuple[object, ...]] = []
        self.orders: list[DeployOrder | RentOrder] = []
        self.account_answer: Account | CloudError | None = None
        self.hosts_answer: Hosts | CloudError = Hosts(())
        self.hosts_asked = 0
        self.templates_answer: Templates | CloudError = Templates(())
        self.receipt: Receipt | CloudError = Receipt("p", None, "EXITED", None, None, 1, None)

    async def fleet(self) -> Snapshot:
        self.asked += 1
        if isinstance(self.fleet_answer, CloudError):
            raise self.fleet_answer
        return self.fleet_answer

    async def market(self) -> Market:
        if isinstance(self.market_answer, CloudError):
            raise self.market_answer
        return self.market_answer

    async def gpu_sheets(self) -> GpuSpecs:
        return GpuSpecs(())

    async def cpu_flavors(self) -> CpuFlavors:
        return CpuFlavors(())

    async def countries(self) -> tuple[str, ...]:
        return ()

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        self.asked_more.append(pod_id)
        return self.extras_answer

    async def pod(self, pod_id: str) -> PodDetail | None:
        self.looked_at.append(pod_id)
        if isinstance(self.detail_answer, CloudError):
            raise self.detail_answer
        return self.detail_answer

    def _answer(self, *sent: object) -> Receipt:
        self.sent.append(sent)
        if isinstance(self.receipt, CloudError):
            raise self.receipt
        return self.receipt

    async def stop(self, pod_id: str) -> Receipt:
        return self._answer("stop", pod_id)

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        return self._answer("resume", pod_id, gpu_count)

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        return self._answer("bid", pod_id, gpu_count, bid_per_gpu)

    async def terminate(self, pod_id: str) -> None:
        self._answer("terminate", pod_id)

    async def deploy(self, order: DeployOrder) -> Receipt:
        self.orders.append(order)
        return self._answer("deploy", order.name)

    async def rent(self, order: RentOrder) -> Receipt:
        self.orders.append(order)
        return self._answer("rent", order.name)

    async def account(self) -> Account:
        if isinstance(self.account_answer, CloudError):
            raise self.account_answer
        if self.account_answer is None:
            raise Unreachable("This test has no account.")
        return self.account_answer

    async def hosts(self) -> Hosts:
        self.hosts_asked += 1
        if isinstance(self.hosts_answer, CloudError):
            raise self.hosts_answer
        return self.hosts_answer

    async def templates(self) -> Templates:
        if isinstance(self.templates_answer, CloudError):
            raise self.templates_answer
        return self.templates_answer

    def listen(self, listener: Listener) -> None:
        self.told_of_requests = listener

    async def aclose(self) -> None:
        self.closed = True


class Running:
    """A running app, its pilot and its cloud."""

    def __init__(self, app: PodtopApp, pilot: Pilot[None], cloud: HeldCloud) -> None:
        self.app, self.pilot, self.cloud = app, pilot, cloud

    async def poll(self, fleet: Snapshot | CloudError | None = None, market: Market | CloudError | None = None) -> None:
        """Let the pollers ask once more, and the screen settle."""
        self.cloud.fleet_answer = fleet if fleet is not None else self.cloud.fleet_answer
        self.cloud.market_answer = market if market is not None else self.cloud.market_answer
        self.at_leisure()
        asked = self.cloud.asked
        await self.pilot.press("ctrl+r")
        for _ in range(10):
            # On a busy machine the request is later than the frame.
            if self.cloud.asked > asked:
                break
            await self.pilot.pause(FRAME)
        await self.settle()
        if self.app.session.monitor._taking_in.locked():
            await self.until_so(lambda: not self.app.session.monitor._taking_in.locked())
            await self.settle()

    def at_leisure(self) -> None:
        """Let the moment pass for which nothing counts behind something that closed."""
        if self.app._typeahead.on:
            self.cloud.beat += QUIET

    async def wait(self, seconds: float) -> None:
        """Let time pass for hands on the keys: dialogs listen after a while, locks fall."""
        await self.settle()
        self.cloud.beat += seconds
        await self.settle()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other; what more than a letter brings may be there a frame later.

        At leisure: not right behind something that closed. Letters for a field come in one go.
        """
        self.at_leisure()
        for are_letters, some in groupby(keys, key=lambda key: len(key) == 1):
            if are_letters and isinstance(self.app.focused, Input):
                for letter in some:
                    self.app.post_message(events.Key(_character_to_key(letter), letter).set_sender(self.app))
                await self.settle()
                continue
            for key in some:
                await self.pilot.press(key)
                if not are_letters:
                    await self.pilot.pause(FRAME)
        await self._handled()
        await self.pilot.pause(FRAME)

    async def go(self, name: str) -> None:
        """Put the cursor on the pod whose name begins so, row by row."""

        def rows() -> list[int]:
            keys = self.app.screen.query_one("#pods", Table).keys
            return [n for n, key in enumerate(keys) if self.app.fleet.records[key].name.startswith(name)]

        # What was taken in is drawn a moment later.
        await self.until_so(lambda: bool(rows()))
        (row,) = rows()
        await self.press("g", *"j" * row)

    async def settle(self) -> None:
        for _ in range(2):
            await self.pilot.pause(FRAME)
        await self._handled()

    async def _handled(self) -> None:
        """Until all input has had its effect: where the machine is busy that takes longer than a frame."""
        for _ in range(6_000):
            if self.app.input.idle:
                break
            await self.pilot.pause(FRAME)

    async def afresh(self) -> None:
        """Back to the fleet with nothing open, filtered or marked, and the cursor on the first pod: as at the start."""
        await self.wait(1.0)
        while self.app.screen.is_modal:
            self.app.pop_screen()
            await self.wait(1.0)
        self.app.clear_notifications()
        await self.press("1")
        for _ in range(3):
            await self.press("escape")
        await self.press("g")
        await self.wait(1.0)

    def toasts(self) -> str:
        """What was told in passing."""
        return "\n".join(note.message for note in self.app._notifications)

    async def until(self, words: str) -> None:
        """Until the words stand on the screen, or are told: what is asked of a recording comes from a thread."""
        for _ in range(6_000):
            if words in self.text() or words in self.toasts():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{words!r} never appeared:\n{self.text()}")

    async def until_so(self, so: Callable[[], bool]) -> None:
        """Until it is so: what follows a change of size takes a frame or two."""
        for _ in range(6_000):
            if so():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"it never came to be so:\n{self.text()}")

    def text(self) -> str:
        """The screen as a person reads it."""
        return rendered(self.app)


def rendered(app: PodtopApp) -> str:
    """The lines of the screen, without colours."""
    lines = app.screen._compositor.render_strips()[: app.size.height]
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


def sent_to_clipboard(run: Running) -> list[str]:
    """What is sent to a plain terminal's clipboard from now on."""
    found: list[str] = []

    def send(sequence: str) -> bool:
        assert sequence.startswith("\x1b]52;c;"), sequence
        assert sequence.endswith("\x07"), sequence
        found.append(base64.b64decode(sequence[7:-1]).decode())
        return True

    reach = run.app.context.connect
    run.app.send = send  # type: ignore[method-assign]
    reach._environ = {"TERM": "xterm-256color"}
    return found


PAINTING = ("test_diff_renderer.py", "test_driver.py", "test_cell_buffer.py")
"""Where it counts what is painted."""

DRAWING = (*PAINTING, "test_drawing.py", "test_fleet_screen.py", "test_account_screen.py")
"""Where it counts what is drawn, and what is left as it was."""

_render_update = Compositor.render_update


def _when_looked_at(self: Compositor, full: bool = False, **options: Any) -> Any:
    """What a refresh would send nowhere is not rendered: whoever looks renders what he looks at."""
    if full:
        return _render_update(self, full=True, **options)
    self._dirty_regions.clear()
    return None


def _drawn_when_looked_at(self: Table) -> None:
    """Lines are drawn for whoever looks, and not with every answer."""
    self._strips.clear()
    self.refresh()


_drawn_once = lru_cache(4096)(plot.draw)


def _draw_once(spec: Drawn, width: int, height: int) -> tuple[Row, ...]:
    """The charts of the world that most tests begin with are the same: each is drawn once for all of them."""
    try:
        return _drawn_once(spec, width, height)
    except TypeError:
        return plot_draw(spec, width, height)


plot_draw = plot.draw
canvas.library()  # What is imported when it is needed would be there in some tests and not in others.


@pytest.fixture(autouse=True)
def _unpainted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name not in PAINTING:
        monkeypatch.setattr(Compositor, "render_update", _when_looked_at)
        monkeypatch.setattr("tui.ui.widgets.chart.plot.draw", _draw_once)
    if request.path.name not in DRAWING:
        monkeypatch.setattr(Table, "_repaint", _drawn_when_looked_at)


Launch = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """`async with launch(size=(120, 40)) as run:` starts the app and waits for its first data."""

    @asynccontextmanager
    async def start(
        size: tuple[int, int] = (120, 40),
        cloud: HeldCloud | None = None,
        config: Config | None = None,
        demo: bool = True,
        record: Path | None = None,
        clocks: Clocks | None = None,
        others: Sequence[AccountSetup] = (),
        hub: Callable[[], HubState | None] | None = None,
    ) -> AsyncIterator[Running]:
        held = cloud or HeldCloud()
        profile = ((config and config.profile) or "") if not demo else ""
        clock = clocks.now if clocks is not None else lambda: held.now
        source = Source(
            "demo" if demo else "runpod", demo, lambda: held, clock, profile=profile, clocks=clocks, hub=hub
        )

        def recorder(say: Callable[[UserMessage], object]) -> Recorder:
            return Recorder(record or Path(), "test", post=say, account="test", wall=lambda: held.now)

        app = PodtopApp(
            source, config or Config(), tz=UTC, record=recorder if record else None,
            state=StateFiles(lambda: tmp_path, "test", "https://test.invalid"), monotonic=lambda: held.beat,
            others=others,
        )  # fmt: skip
        async with app.run_test(size=size) as pilot:
            run = Running(app, pilot, held)
            for _ in range(200):
                feeds = (app.fleet.snapshot, app.fleet.market)
                if all(feed.at is not None or feed.error is not None for feed in feeds):
                    break
                await pilot.pause(0.01)
            await run.settle()
            yield run
        assert held.closed

    return start
