"""Whatever closes, closes once and takes nothing with it; a fault in a handler does not end podtop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import pytest
from rich.style import Style
from textual import events
from textual._callback import invoke
from textual.app import ComposeResult
from textual.command import CommandInput, CommandList
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Label

from tests.make import snapshot
from tests.ui.conftest import PODS, Launch, Running
from tests.ui.test_acting import on
from tui.system.clipboard import Outcome
from tui.ui import handler_barrier
from tui.ui.command_palette import Palette
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.copy import CopyMenu
from tui.ui.modals.help import Help
from tui.ui.modals.readme import Readme
from tui.ui.modals.tour import Tour
from tui.ui.render.copy_entries import Entry
from tui.ui.widgets.filter_input import FilterLine


def burst(run: Running, *keys: str) -> None:
    for key in keys:
        run.app.post_message(events.Key(key, key if len(key) == 1 else None))


def click(run: Running, x: int, y: int) -> None:
    """As the terminal tells it; the pilot's own goes past the app."""
    for kind in (events.MouseDown, events.MouseUp):
        run.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))


async def opened_palette(run: Running) -> Screen[Any]:
    await run.press("colon")
    for _ in range(6_000):
        if any(found.option_count for found in run.app.screen.query(CommandList)):
            break
        await run.pilot.pause(0.01)
    assert isinstance(run.app.screen, Palette)
    return run.app.screen


@pytest.mark.wide
async def test_a_click_on_a_hit_that_is_gone_does_nothing(launch: Launch) -> None:
    async with launch() as run:
        palette = await opened_palette(run)
        found = palette.query_one(CommandList)
        x, y = found.region.x + 1, found.region.y + 1

        def clicked(option: int) -> events.Click:
            click = events.Click(found, 1, 1, 0, 0, 1, False, False, False, x, y)
            click.style = Style(meta={"option": option})
            return click

        found.post_message(clicked(found.option_count))
        await run.settle()
        assert run.app.screen is palette
        found.post_message(clicked(0))
        await run.wait(0.5)
        assert run.app.screen is not palette


@pytest.mark.wide
async def test_what_is_chosen_in_the_palette_is_done_once(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    async with launch() as run:
        done: list[str] = []

        async def go(mode: str) -> None:
            done.append(mode)

        monkeypatch.setattr(run.app, "action_go", go)
        below = run.app.screen
        for times in (1, 2, 5):
            palette = await opened_palette(run)
            palette.query_one(CommandInput).value = "Screen: Market"
            await run.wait(0.5)
            for _ in range(6_000):
                if palette.query_one(CommandList).option_count == 1:
                    break
                await run.pilot.pause(0.01)
            done.clear()
            burst(run, *["enter"] * times)
            await run.wait(0.5)
            assert run.app.screen is below
            assert done == ["market"]
        # A double click, and enters with escapes among them.
        palette = await opened_palette(run)
        done.clear()
        options = palette.query_one(CommandList)
        for _ in range(3):
            options.highlighted = 0
            options.action_select()
        burst(run, "escape", "enter", "escape")
        await run.wait(0.5)
        # What stands first is an action: its dialog, once.
        assert isinstance(run.app.screen, Confirm)
        assert run.app.screen_stack[:-1] == [below]


@pytest.mark.wide
async def test_a_page_down_where_nothing_is_found(launch: Launch) -> None:
    async with launch() as run:
        palette = await opened_palette(run)
        for words in ("zzzzqqqq", ""):
            palette.query_one(CommandInput).value = words
            for key in ("pagedown", "pageup", "down", "up", "ctrl+home", "ctrl+end", "enter"):
                burst(run, key)
            palette.query_one(CommandList).clear_options()
            for action in ("page_down", "page_up", "cursor_down", "cursor_up", "first", "last", "select"):
                palette._action_command_list(action)  # type: ignore[attr-defined]
            await run.settle()


async def test_what_a_closed_screen_meant_to_draw_is_not_looked_for(launch: Launch) -> None:
    async with launch() as run:
        below = run.app.screen
        for opens, closes in (("question_mark", "escape"), ("enter", "escape"), ("S", "escape")):
            await run.press(opens)
            await run.wait(1.0)
            screen = run.app.screen
            assert screen is not below
            # As by a resize right before the key that closes it: Textual calls it back when another screen is drawn.
            with patch.object(screen, "post_message") as post:
                screen.call_after_refresh(screen.query_one, "#nowhere")
            (callback,) = (call.args[0].callback for call in post.call_args_list)
            with pytest.raises(NoMatches):
                await invoke(callback)
            await run.press(closes)
            await run.until_so(lambda: run.app.screen is below)
            await invoke(callback)


@pytest.mark.wide
async def test_every_modal_stands_a_terminal_of_a_few_columns(launch: Launch) -> None:
    async def copy(text: str) -> Outcome:
        return Outcome(True, text)

    made: tuple[Callable[[], Screen[Any]], ...] = (
        lambda: Help(()),
        lambda: Readme("a template", "t1"),
        lambda: CopyMenu("a pod", (Entry("c", "pod ID", "p1"),), "", copy),
        lambda: Tour(()),
    )
    async with launch() as run:
        for make in (*made, None):
            screen = await opened_palette(run) if make is None else make()
            if make is not None:
                run.app.push_screen(screen)
            for size in ((9, 24), (5, 2), (4, 10), (3, 10), (2, 3), (1, 1), (7, 1), (120, 40)):
                run.app.post_message(events.Resize(Size(*size), Size(*size)))
                await run.settle()
                assert run.app._exception is None, f"{screen} at {size}"
            screen.dismiss(None)
            await run.settle()


Open = Callable[[Running], Awaitable[object]]


@pytest.mark.wide
async def test_every_modal_closes_once(launch: Launch) -> None:
    entries = (Entry("c", "pod ID", "p1"), Entry("n", "name", "train"))

    async def copy(text: str) -> Outcome:
        await asyncio.sleep(0)
        return Outcome(True, "copied")

    made: tuple[Callable[[], Screen[Any]], ...] = (
        lambda: Help(()),
        lambda: Readme("a template", "t1"),
        lambda: CopyMenu("a pod", entries, "", copy),
        lambda: Tour(()),
        Palette,
    )
    async with launch() as run:
        below = run.app.screen
        for make in made:
            for pause in (False, True):
                # By keys at once, before it is there even; and when it is.
                screen = make()
                ended: list[object] = []
                run.app.push_screen(screen, ended.append)
                if pause:
                    await run.wait(0.5)
                burst(run, "escape", "q", "escape", "enter", "c", "c", "escape", "q")
                await run.settle()
                for _ in range(3):
                    screen.dismiss(None)
                await run.wait(0.5)
                assert run.app.screen is below, screen
                assert len(ended) == 1, screen
                assert run.app.is_running
        for key in ("S", "T", "t", "R"):
            await on(run, "llama" if key != "R" else "dataset")
            await run.press(key)
            await run.wait(0.5)
            assert run.app.screen is not below
            burst(run, *["escape"] * 4)
            await run.wait(0.5)
            assert run.app.screen is below, key


async def test_a_double_click_on_cancel_clicks_nothing_below(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await run.press("S")
        await run.wait(0.5)
        assert isinstance(run.app.screen, Confirm)
        x, y = run.app.screen.query_one("#cancel").region.center
        for _ in range(3):
            click(run, int(x), int(y))
        await run.settle()
        assert not run.app.screen.is_modal
        # Nor does one on the footer below, a moment later.
        for x in range(1, 118, 2):
            click(run, x, 39)
        await run.settle()
        assert run.app.is_running
        assert not run.app.screen.is_modal
        assert run.cloud.sent == []


@pytest.mark.wide
async def test_a_filter_line_that_loses_the_keys_is_over(launch: Launch) -> None:
    async with launch() as run:
        for back in ("#pods", "#telemetry", "#market"):
            await run.press("slash", "l")
            assert run.app.screen.query(FilterLine)
            pane = run.app.screen.query_one("#telemetry").region
            await run.pilot.click(offset=(pane.x + 3, pane.y + 3))
            place = run.app.screen.query_one(back).region
            await run.pilot.click(offset=(place.x + 3, place.y + 2))
            burst(run, "y", "j")
            await run.settle()
            assert not run.app.screen.query(FilterLine), "it is over when the keys go elsewhere"
            await run.press("slash", *"lla", "enter")
            await run.settle()
            await run.press("escape")
        await run.press("tab", "slash", *"lla")
        line = run.app.screen.query_one(FilterLine)
        # What it tells late is of what it was opened for.
        run.app.screen.query_one("#market").focus()
        line.post_message(FilterLine.Typed("eval", line.of))
        await run.settle()
        await run.settle()
        assert not run.app.screen.query(FilterLine)
        typed = {name: listing.typed for name, listing in run.app.screen._lists.items()}  # type: ignore[attr-defined]
        assert typed == {"pods": "eval", "market": ""}
        # Away from the terminal and back is not away from the line.
        await run.press("slash", "b")
        run.app.post_message(events.AppBlur())
        await run.settle()
        run.app.post_message(events.AppFocus())
        await run.settle()
        assert run.app.screen.query(FilterLine)


async def test_a_fault_in_a_handler_is_told_and_logged(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with launch() as run:
        run.app.survives = True

        def broken(*arguments: object) -> None:
            raise KeyError("telemetry")

        monkeypatch.setattr(type(run.app.screen), "action_zoom", broken)
        with caplog.at_level(logging.ERROR, "tui"):
            await run.press("z")
            run.app.screen.call_next(broken)
            run.app.screen.set_timer(0.001, broken)
            await run.settle()
        await run.until("internal error (KeyError)")
        assert "Traceback" in caplog.text
        assert run.app._exception is None
        # It goes on: keys, and polls.
        await run.press("question_mark")
        assert isinstance(run.app.screen, Help)
        await run.press("escape")
        await run.poll(snapshot(*(PODS.pods or ())[:1]))
        assert "eval-sweep" not in run.text()
        # Where that is all it does, it ends.
        assert [run.app.holds(KeyError("x")) for _ in range(handler_barrier.MOST + 1)][-1] is False
        run.cloud.beat += handler_barrier.WITHIN
        assert run.app.holds(KeyError("x"))
        run.app.survives = False
        assert not run.app.holds(KeyError("x"))


class Needy(Screen[None]):
    """Counts on what it is made of."""

    def compose(self) -> ComposeResult:
        yield Label(id="own")

    def on_mount(self) -> None:
        self.query_one("#own")


async def test_what_fails_while_podtop_ends_is_logged_and_decides_nothing(
    launch: Launch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "tui"):
        async with launch() as run:
            run.app.survives = True

            def broken() -> None:
                raise KeyError("last words")

            run.app.screen.call_next(broken)
            run.app.exit(return_code=143)
            # Textual mounts no widgets any more, and this screen looks for its own.
            await run.app.push_screen(Needy())
    assert run.app.return_code == 143
    assert run.app.crash is None
    assert "KeyError" in caplog.text
    assert "NoMatches" in caplog.text
