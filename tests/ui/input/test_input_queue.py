"""Input is dealt with in the order in which it comes, however much comes at once and however slow the program is."""

from __future__ import annotations

import asyncio
import random
import time
from unittest.mock import patch

import pytest
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tests.make import pod, snapshot
from tests.ui.conftest import HeldCloud, Launch, Running
from tui.ui.input import input_queue
from tui.ui.input.input_queue import InputQueue
from tui.ui.input.typeahead import QUIET
from tui.ui.modals.confirm import Confirm
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.env_editor import Variable
from tui.ui.widgets.form_input import Entry
from tui.ui.widgets.table import Table

EDITING = ("backspace", "delete", "left", "right", "home", "end")
ENOUGH = 8
SHORT_TICK = 0.01


def key(name: str) -> events.Key:
    return events.Key("space", " ") if name == " " else events.Key(name, name if len(name) == 1 else None)


async def lost(run: Running, *names: str) -> None:
    """A burst that a widget does not come back from; what is waited for is short here."""
    with patch.object(input_queue, "TICK", SHORT_TICK):
        await burst(run, *names)


async def burst(run: Running, *names: str) -> None:
    """Keys as they come in one read."""
    for name in names:
        run.app.post_message(key(name))
    await done(run)


async def done(run: Running) -> None:
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0)
        quiet = 0 if run.app.message_queue_size or not run.app.input.idle else quiet + 1


class Line:
    """What a line editor does with keys."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, len(text)

    def key(self, name: str) -> None:
        text, at = self.text, self.at
        match name:
            case "backspace" if at:
                self.text, self.at = text[: at - 1] + text[at:], at - 1
            case "delete":
                self.text = text[:at] + text[at + 1 :]
            case "left" | "right" | "home" | "end":
                last = len(text)
                self.at = {"left": max(0, at - 1), "right": min(last, at + 1), "home": 0, "end": last}[name]
            case _ if len(name) == 1:
                self.text, self.at = text[:at] + name + text[at:], at + 1


class Fields(ModalScreen[None]):
    """One of each kind of field that podtop has."""

    def compose(self) -> ComposeResult:
        yield Input(id="plain")
        yield Entry(id="entry")
        yield Variable()


async def edit(run: Running, field: Input, rnd: random.Random, letters: str) -> None:
    assert run.app.screen.focused is field
    await burst(run, "end")
    for _ in range(ENOUGH):
        line = Line(field.value)
        line.at = field.cursor_position
        names = [rnd.choice((*letters, *EDITING, *EDITING[:2])) for _ in range(rnd.randint(1, 12))]
        before = field.value, field.cursor_position
        for name in names:
            line.key(name)
        await burst(run, *names)
        assert (field.value, field.cursor_position) == (line.text, line.at), f"{before} and {names}"


async def test_a_burst_of_editing_keys_is_what_a_line_editor_makes_of_it(launch: Launch) -> None:
    async with launch() as run:
        rnd = random.Random(4)
        await burst(run, "slash")
        await edit(run, run.app.screen.query_one("#filter", Input), rnd, "ab 4q")
        await burst(run, "escape")
        await run.app.push_screen(Fields())
        for field in run.app.screen.query(Input):
            field.focus()
            await run.settle()
            await edit(run, field, rnd, "8.2xy ")


async def test_rows_that_sort_anew_between_two_keys_do_not_move_under_the_second(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = snapshot(pod("a", name="a"), pod("b", name="b"), pod("c", name="c"))
    anew = snapshot(pod("a", name="a"), pod("b", name="b", status="EXITED", utils=None), pod("c", name="c"))
    cloud = HeldCloud()
    cloud.fleet_answer = seen
    move = Table.action_move

    def move_while_an_answer_comes(table: Table, step: int) -> None:
        move(table, step)
        run.app.fleet.apply(anew, run.cloud.now + 5)
        run.app.changed.publish(None)

    async with launch(cloud=cloud) as run:
        table = run.app.screen.query_one("#pods", Table)
        assert table.keys == ("a", "b", "c")
        monkeypatch.setattr(Table, "action_move", move_while_an_answer_comes)
        await burst(run, "j", "j", "S")
        assert isinstance(run.app.screen, Confirm)
        assert "Stop c" in run.text()
        await run.wait(1)
        await run.press("escape")
        # What had come is shown as soon as no key waits.
        await run.until_so(lambda: table.keys == ("a", "c", "b"))
        assert table.cursor == "c"


async def test_news_do_not_wait_for_a_key_that_is_held_down(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.ui.screens.base.HOLD", 0.0)
    async with launch() as run:
        shown = []
        show_all = FleetScreen._show_all
        monkeypatch.setattr(FleetScreen, "_show_all", lambda screen: (shown.append(1), show_all(screen)))
        monkeypatch.setattr(InputQueue, "waits", property(lambda queue: True))
        run.app.changed.publish(None)
        await run.until_so(lambda: bool(shown))


async def test_a_bid_is_what_was_typed(launch: Launch) -> None:
    async with launch() as run:
        await run.app.push_screen(Fields())
        await run.settle()
        for field in run.app.screen.query(Input):
            field.focus()
            await run.settle()
            await burst(run, "8", "backspace", "2")
            assert field.value == "2"


async def test_a_stalled_loop_changes_no_order(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        first = table.keys[0]
        for stall in (0.0, 0.3, 1.5):
            for name in ("j", "j", "k", " ", "T"):
                run.app.post_message(key(name))
            await asyncio.sleep(0)
            time.sleep(stall)  # noqa: ASYNC251 (what a slow program does)
            await done(run)
            assert run.app.screen.is_modal
            assert table.keys[1] in run.text()
            assert first not in run.text()
            await run.wait(1)
            await run.press("escape")
            await run.press("escape", "g")


class Stuck(Widget, can_focus=True):
    """A widget that does not come back from a key before it is let go."""

    def __init__(self, stops: bool = True) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.stops = stops

    async def on_key(self, event: events.Key) -> None:
        if self.stops:
            event.stop()
        await self.go.wait()


async def test_a_stuck_widget_makes_nobody_deaf_and_what_is_behind_it_acts_on_nothing(launch: Launch) -> None:
    async with launch() as run:
        stuck, table, now = Stuck(), run.app.screen.query_one("#pods", Table), run.cloud
        await run.app.screen.mount(stuck)
        try:
            run.app.screen.set_focus(stuck)
            row = table.cursor
            await lost(run, "x", "S")
            assert not run.app.screen.is_modal, "what was typed behind it is dropped: nobody knows what it would be for"
            assert run.app.input.idle
            assert "type them again" in run.toasts()
            table.focus()
            # The rest of the burst comes bit by bit: neither moves nor actions nor text count.
            for names in (("j", "T"), ("slash",), ("j", "S"), ("2",), ("enter",)):
                now.beat += 0.9 * QUIET
                await burst(run, *names)
                assert isinstance(run.app.screen, FleetScreen)
                assert run.app.focused is table
                assert table.cursor == row
            now.beat += 1.1 * QUIET
            await burst(run, "j", "T")
            assert isinstance(run.app.screen, Confirm), "after a silence the next key is heard"
            assert table.cursor != row
        finally:
            stuck.go.set()


async def test_a_key_that_comes_back_after_it_was_given_up_does_nothing(launch: Launch) -> None:
    async with launch() as run:
        stuck = Stuck(stops=False)
        await run.app.screen.mount(stuck)
        run.app.screen.set_focus(stuck)
        await lost(run, "2")
        run.cloud.beat += 2 * QUIET
        # Keys count again by now.
        run.app.screen.query_one("#pods").focus()
        await burst(run, "j")
        stuck.go.set()
        await run.settle()
        assert isinstance(run.app.screen, FleetScreen)


async def test_text_behind_lost_text_is_typed_into_no_field(launch: Launch) -> None:
    async with launch() as run:
        await run.app.push_screen(Fields())
        field, stuck = run.app.screen.query_one("#plain", Input), Stuck()
        await run.app.screen.mount(stuck)
        try:
            run.app.screen.set_focus(stuck)
            await lost(run, "l", "l")
            run.app.screen.set_focus(field)
            await burst(run, "a", "m", "a", "enter")
            assert field.value == ""
            run.cloud.beat += 1.1 * QUIET
            await burst(run, "a")
            assert field.value == "a"
        finally:
            stuck.go.set()


class Making(Widget, can_focus=True):
    """Takes its time over a key, and all of it goes on."""

    async def on_key(self, event: events.Key) -> None:
        if event.key == "x":
            event.stop()
            begun = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < begun + 2.5 * input_queue.PATIENCE * SHORT_TICK:
                await self.mount(Widget())


@pytest.mark.wide
async def test_nothing_is_lost_behind_what_takes_long_and_goes_on(launch: Launch) -> None:
    async with launch() as run:
        making = Making()
        await run.app.screen.mount(making)
        run.app.screen.set_focus(making)
        await lost(run, "x", "T")
        assert isinstance(run.app.screen, Confirm)
        assert not run.toasts()


async def test_no_action_is_done_while_a_key_leads_into_history(launch: Launch) -> None:
    async with launch() as run:
        asked = asyncio.Event()

        async def step(seconds: float) -> None:
            run.app.playback.waiting = True
            await asked.wait()

        run.app.playback.step = step  # type: ignore[method-assign]
        await burst(run, "left_square_bracket", "S")
        assert not run.app.screen.is_modal
        assert "press = to go live first" in run.toasts()
        asked.set()
        run.app.playback.waiting = False


@pytest.mark.parametrize(
    "typed", ["2/4090", *(pytest.param(keys, marks=pytest.mark.wide) for keys in ("/4090", "jj/4090"))]
)
async def test_words_behind_a_slash_are_for_the_filter_of_that_screen(launch: Launch, typed: str) -> None:
    async with launch() as run:
        await burst(run, *("slash" if letter == "/" else letter for letter in typed))
        assert run.app.screen.query_one("#filter", Input).value == "4090"
        assert run.app.current_mode == ("market" if typed[0] == "2" else "fleet")
        assert not run.toasts()


@pytest.mark.parametrize("times", [1, *(pytest.param(times, marks=pytest.mark.wide) for times in (0, 2))])
async def test_what_is_typed_behind_enter_is_for_the_screen_that_comes(times: int, launch: Launch) -> None:
    async with launch() as run:
        for _ in range(times):
            await burst(run, "enter", "escape")
        await burst(run, "g", "j", "enter", "T")
        assert [type(screen) for screen in run.app.screen_stack] == [FleetScreen, PodScreen, Confirm]


async def test_the_cursor_is_drawn_before_what_follows_it(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    async with launch() as run:
        screen, drawn = run.app.screen, []
        monkeypatch.setattr(screen, "_show_row", lambda: drawn.append("charts"))
        monkeypatch.setattr(screen, "_compositor_refresh", lambda: drawn.append("frame"))
        await burst(run, "j")
        assert drawn[:2] == ["frame", "charts"]
