"""The layer in a running Textual app: what it sends, when it does not, and how it gives way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual import _compositor
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tests.ui.terminal.test_cell_buffer import Emulator
from tui.ui.terminal import diff_renderer as layer
from tui.ui.terminal.cell_buffer import CellBuffer
from tui.ui.terminal.driver import PacedDriver
from tui.ui.terminal.frame_pacer import EVERY, FramePacer

SIZE = (60, 12)


@pytest.fixture(autouse=True)
def _all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are fewer, podtop's are others than Textual's."""
    monkeypatch.setenv("COLORTERM", "truecolor")


class Wire(HeadlessDriver):
    """A terminal that a test holds in its hand: it takes what is written, or does not."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.sent: list[str] = []
        self.taking = True
        self.entered: Callable[[], None] | None = None
        self.sheds = False
        self.took: float | None = None
        self._callback: Callable[[], object] | None = None

    @property
    def is_headless(self) -> bool:
        return False

    @property
    def ready(self) -> bool:
        return self.taking

    def when_ready(self, callback: Callable[[], object]) -> None:
        self._callback = callback

    def write(self, data: str) -> None:
        self.sent.append(data)

    def take(self) -> None:
        self.taking = True
        if self._callback is not None:
            asyncio.get_running_loop().call_soon(self._callback)
            self._callback = None

    def received(self) -> str:
        """Everything written since this was asked before."""
        text = "".join(self.sent)
        self.sent.clear()
        return text


class Dialog(ModalScreen[None]):
    CSS = "Dialog { align: center middle; background: $background 60%; } Dialog Label { width: 20; background: blue; }"

    def compose(self) -> ComposeResult:
        yield Label("名前? really?")


class Counter(App[None]):
    CSS = "Static { height: 3; background: $panel; } Input { width: 30; }"
    AUTO_FOCUS = None

    def __init__(self, driver: type[Wire] | None = Wire) -> None:
        super().__init__()
        self.animation_level = "none"
        self.terminal = layer.install(self, driver)

    def compose(self) -> ComposeResult:
        yield Static("[b]pods[/b] 漢字 [red]10%[/]", id="one")
        yield Static("balance", id="two")
        yield Input("name", id="name")

    def on_resize(self) -> None:
        self.terminal.forget()

    @property
    def wire(self) -> Wire:
        assert isinstance(self._driver, Wire)
        return self._driver

    def as_textual_shows_it(self) -> Emulator:
        width, height = self.size
        emulator = Emulator(width, height)
        update = self.screen._compositor.render_update(full=True, screen_stack=self._background_screens)
        assert isinstance(update, _compositor.LayoutUpdate)
        emulator.feed(update.render_segments(self.console))
        return emulator


async def run(app: App[Any], steps: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    """Run an app on its own driver, not on a headless one."""
    failure: list[BaseException] = []

    async def play(pilot: Pilot[Any]) -> None:
        try:
            await pilot.pause()
            await steps(pilot)
        except BaseException as error:
            failure.append(error)
        finally:
            app.exit()

    await app.run_async(size=SIZE, auto_pilot=play)
    if failure:
        raise failure[0]


async def settle(app: App[Any], pilot: Pilot[Any]) -> None:
    """Until the compositor has nothing left to paint."""
    for _ in range(3):
        await pilot.pause()
    screen = app.screen
    while screen._dirty_widgets or screen._layout_required or screen._repaint_required:
        await pilot.pause()
    await pilot.pause()


async def test_the_terminal_shows_what_textual_would_and_then_hears_nothing() -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        terminal = Emulator(*SIZE)

        async def same() -> None:
            await settle(app, pilot)
            terminal.feed(app.wire.received())
            assert terminal.cells() == app.as_textual_shows_it().cells()

        await same()
        one = app.query_one("#one", Static)
        one.update("[b]pods[/b] 字漢 [red]11%[/]")
        await same()
        await app.push_screen(Dialog())
        await same()
        await app.pop_screen()
        await same()
        app.query_one("#two").display = False
        await same()
        app.query_one(Input).focus()
        await pilot.press("x", "y")
        await same()
        app.screen.refresh()
        one.update("[b]pods[/b] 字漢 [red]11%[/]")
        await settle(app, pilot)
        assert app.wire.received() == ""

    await run(app, steps)
    assert app.terminal.active


async def test_the_cursor_is_where_the_input_has_it() -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        terminal = Emulator(*SIZE)
        field = app.query_one(Input)
        field.focus()
        await pilot.press("z")
        await settle(app, pilot)
        terminal.feed(app.wire.received())
        assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == tuple(field.cursor_screen_offset)

    await run(app, steps)


@pytest.mark.parametrize("small", [10, layer.SMALL])
async def test_a_frame_is_one_write_and_a_synchronized_update_unless_it_is_small(
    small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "SMALL", small)
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        app._sync_available = True
        await settle(app, pilot)
        app.wire.received()
        app.query_one("#two", Static).update("BALANCE")
        await settle(app, pilot)
        (frame,) = app.wire.sent
        assert "BALANCE" in frame
        assert frame.startswith(layer.BEGIN) == frame.endswith(layer.END) == (small == 10)

    await run(app, steps)


async def test_a_terminal_that_takes_nothing_is_sent_nothing_and_catches_up() -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        terminal = Emulator(*SIZE)
        await settle(app, pilot)
        terminal.feed(app.wire.received())
        app.wire.taking = False
        for count in range(40, 50):
            app.query_one("#two", Static).update(f"balance {count}")
            await settle(app, pilot)
        assert app.wire.received() == ""
        app.wire.take()
        await settle(app, pilot)
        (frame,) = app.wire.sent
        assert "49" in frame
        terminal.feed(frame)
        assert terminal.cells() == app.as_textual_shows_it().cells()

    await run(app, steps)


async def test_the_screen_is_painted_again_after_a_suspension_a_resize_and_on_demand() -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(app, pilot)
        whole = app.as_textual_shows_it().cells()

        async def again() -> None:
            await settle(app, pilot)
            terminal = Emulator(*SIZE)
            terminal.feed("\x1b[31mforeign words " * 9)
            terminal.feed(app.wire.received())
            assert terminal.cells() == whole

        app.wire.received()
        assert app.wire.entered is not None
        app.wire.entered()
        await again()
        app.terminal.forget()
        await again()
        # The same size again: a terminal that was made smaller and larger at once has lost what it cut off.
        app.post_message(Resize(Size(*SIZE), Size(*SIZE)))
        await again()

    await run(app, steps)


async def test_another_size_is_another_screen() -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(app, pilot)
        for size in ((40, 20), (80, 6), SIZE):
            app.wire.received()
            app.post_message(Resize(Size(*size), Size(*size)))
            while app.screen.size != size:
                await pilot.pause()
            await settle(app, pilot)
            terminal = Emulator(*size)
            terminal.feed(app.wire.received())
            assert terminal.cells() == app.as_textual_shows_it().cells()

    await run(app, steps)


async def test_any_failure_leaves_the_screen_to_textual(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = Counter()

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(app, pilot)
        terminal = Emulator(*SIZE)
        terminal.feed(app.wire.received())
        # Held back, and lost with the layer: Textual paints the whole screen.
        app.wire.taking = False
        app.query_one("#one", Static).update("held back")
        await settle(app, pilot)
        app.wire.taking = True
        monkeypatch.setattr(CellBuffer, "frame", lambda *_: 1 / 0)
        for count in range(3):
            app.query_one("#two", Static).update(f"balance {count}")
            await settle(app, pilot)
        terminal.feed(app.wire.received())
        assert not app.terminal.active
        assert not app.wire.sheds
        assert terminal.cells() == app.as_textual_shows_it().cells()

    await run(app, steps)
    (record,) = caplog.records
    assert record.exc_info is not None


@pytest.mark.parametrize("lost", ["_batch_count", "_display", "_sync_available"])
def test_a_textual_without_a_name_that_is_needed_paints_by_itself(
    lost: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(layer, "APP", (*(name for name in layer.APP if name != lost), f"{lost}_elsewhere"))
    app = Counter()
    assert not app.terminal.active
    assert "_display" not in vars(app)
    assert f"{lost}_elsewhere" in caplog.text
    app.terminal.forget()


def test_a_compositor_of_another_shape_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Update:
        def __init__(self, *_: object) -> None:
            self.lines: list[str] = []

    monkeypatch.setattr(_compositor, "ChopsUpdate", Update)
    assert not Counter().terminal.active
    monkeypatch.delattr(_compositor, "ChopsUpdate")
    assert not Counter().terminal.active


@pytest.mark.parametrize(("version", "used"), [((8, 1), False), ((8, 2), True), ((8, 9), True), ((9, 0), False)])
def test_only_known_versions_are_reached_into(
    version: tuple[int, ...], used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "version_of_textual", lambda: version)
    assert Counter().terminal.active is used


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert version("textual").startswith(".".join(map(str, layer.version_of_textual())))


def test_a_terminal_gets_the_paced_driver_and_a_browser_keeps_its_own() -> None:
    assert Counter(None).driver_class is PacedDriver

    class Web(Counter):
        def get_driver_class(self) -> type[Any]:
            return HeadlessDriver

    app = Web(None)
    assert app.driver_class is HeadlessDriver
    assert not app.terminal.active


async def test_headless_is_textuals_own_affair() -> None:
    app = Counter()
    async with app.run_test() as pilot:
        app.query_one("#two", Static).update("BALANCE")
        await pilot.pause()
        app.terminal.forget()
        await pilot.pause()
    assert app.terminal.active


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Paced(Counter):
    """On a link that was said to be slow, at a clock that the test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.pace = FramePacer(True)
        self.terminal = layer.install(self, Wire, self.pace, self.clock)

    def on_terminal_supports_synchronized_output(self) -> None:
        self.terminal.answered()


async def test_on_a_slow_link_what_comes_by_itself_is_sent_together_and_a_key_is_answered_at_once() -> None:
    app = Paced()

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(app, pilot)
        terminal = Emulator(*SIZE)
        terminal.feed(app.wire.received())
        for text in ("12 s old", "13 s old"):
            app.query_one("#two", Static).update(text)
            await settle(app, pilot)
            app.clock.now += 1
        assert app.wire.received() == ""
        app.terminal.touch()
        terminal.feed(app.wire.received())
        assert terminal.cells() == app.as_textual_shows_it().cells()
        app.query_one("#two", Static).update("14 s old")
        app.clock.now += EVERY
        await settle(app, pilot)
        terminal.feed(app.wire.received())
        assert terminal.cells() == app.as_textual_shows_it().cells()

    await run(app, steps)


async def test_a_dialog_is_shown_when_the_terminal_says_so() -> None:
    app = Paced()

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(app, pilot)
        app._sync_available = True
        app.terminal.touch()
        app.clock.now += 20
        app.query_one("#two", Static).update("other")
        await settle(app, pilot)
        assert app.wire.received().endswith(layer.ASK)
        told: list[bool] = []
        app.terminal.when_shown(lambda: told.append(True))
        await pilot.pause(3 * layer.GLANCE)
        assert not told
        app.terminal.answered()
        await pilot.pause(3 * layer.GLANCE)
        assert told

    await run(app, steps)


async def test_a_terminal_that_takes_its_time_twice_is_slow() -> None:
    app = Counter()
    changes: list[bool] = []

    async def steps(pilot: Pilot[Any]) -> None:
        app.terminal.changed = lambda: changes.append(app.terminal._pace.slow)
        for seconds in (2.0, 2.0):
            app.wire.took = seconds
            app.query_one("#two", Static).update(f"{seconds} {len(changes)} {app.wire.sent!r:.20}")
            await settle(app, pilot)
        assert changes == [True]

    await run(app, steps)
