"""The tour of the first start: once, on one screen, and any key ends it and does nothing else."""

from __future__ import annotations

import os
import signal
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.cli.terminal import podtop
from tests.ui.conftest import FRAME, HeldCloud, Launch
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.services.source import Source
from tui.storage.first_start import is_first_start
from tui.ui.modals.tour import STOPS, Tour, lines
from tui.ui.screens.fleet import FleetScreen


@pytest.fixture
def _touring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PODTOP_TOUR")


@pytest.mark.usefixtures("_touring")
def test_the_first_start_is_the_first_once() -> None:
    assert [is_first_start() for _ in range(3)] == [True, False, False]


@pytest.mark.usefixtures("_touring")
def test_what_cannot_be_remembered_is_not_the_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert not is_first_start()


def test_whoever_wants_none_gets_none() -> None:
    assert not is_first_start()
    assert not list(Path(os.environ["XDG_STATE_HOME"]).rglob("tour"))


def app(cloud: HeldCloud, asked: list[bool]) -> PodtopApp:
    def is_first() -> bool:
        asked.append(True)
        return True

    source = Source("demo", True, lambda: cloud, lambda: cloud.now)
    return PodtopApp(source, Config(), tz=UTC, monotonic=lambda: cloud.beat, is_first_start=is_first)


async def shown(pilot: Pilot[None]) -> None:
    for _ in range(6_000):
        if isinstance(pilot.app.screen, Tour) and pilot.app.screen._deaf_until < 1e9:
            return
        await pilot.pause(0.01)
    raise AssertionError("no tour")


@pytest.mark.parametrize("key", ["T", *(pytest.param(key, marks=pytest.mark.wide) for key in ("escape", "q", "2"))])
async def test_any_key_ends_it_and_does_nothing_else(key: str) -> None:
    cloud = HeldCloud()
    running = app(cloud, asked := [])
    async with running.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press(key)
        assert isinstance(running.screen, Tour), "typed before it was seen"
        cloud.beat += 1.0
        await pilot.press(key, key, "T", "q", key)
        while not running.input.idle:
            await pilot.pause(FRAME)
        assert isinstance(running.screen, FleetScreen)
        assert not running._exit
        cloud.beat += 1.0
        await pilot.press("question_mark")
        await pilot.pause(FRAME)
        assert running.screen.is_modal, "keys count again"
        assert asked == [True]


@pytest.mark.wide
async def test_it_fits_one_screen(launch: Launch) -> None:
    async with launch() as run:
        for size in ((40, 12), (40, 20), (60, 20), (80, 24), (120, 40)):
            await run.pilot.resize_terminal(*size)
            run.app.action_tour()
            await run.settle()
            box = run.app.screen.query_one("#tour")
            assert box.max_scroll_y == 0, size
            for words in ("press any key", "? q", "S R T", "quit"):
                assert words in run.text(), size
            await run.app.pop_screen()


async def test_read_only_has_no_keys_that_act(launch: Launch) -> None:
    async with launch(config=Config(read_only=True)) as run:
        run.app.action_tour()
        await run.settle()
        assert "Stop, resume" not in run.text()
        assert "quit" in run.text()


@given(st.integers(20, 120), st.booleans())
def test_its_lines_fit(width: int, brief: bool) -> None:
    made = lines((), width, brief)
    assert made
    assert all(len(words) <= max(10, width - (10 if brief else 13)) for _, words, _ in made)
    assert len(made) < 3 * len(STOPS)


@pytest.mark.wide
@pytest.mark.usefixtures("_touring")
def test_a_demo_shows_it_the_first_time_only() -> None:
    for first in (True, False):
        terminal = podtop("--demo", "--pods", "1", "--no-record")
        if first:
            terminal.wait_for("press any key")
            # It hears nothing at first, and nothing typed too soon: keys until one of them was meant for it.
            terminal.leave("press any key", "x")
        terminal.wait_for("llama-70b-pretrain")
        assert "press any key" not in terminal.text
        terminal.signal(signal.SIGTERM)
        terminal.end()
