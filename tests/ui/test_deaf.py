"""What is typed counts for what was seen then: dialogs are deaf at first, after every gap, and behind a closing."""

from __future__ import annotations

import asyncio
from functools import cache
from time import monotonic

import pytest
from textual import events
from textual.widgets import Input

from tests.make import pod, snapshot
from tests.ui.conftest import PODS, HeldCloud, Launch, Running
from tests.ui.test_acting import LLAMA, SPOT, alone, on, opened, sent
from tests.ui.test_deploy import DETAIL
from tui.ui.input.typeahead import BEAT, GAP, QUIET, Pulse, TypeaheadGuard
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.dialog import DEAF, Dialog
from tui.ui.modals.help import Help


@cache
def _dialog() -> Dialog[None]:
    return Dialog()


class Loop:
    """A dialog and the event loop's beat, at a clock that the test holds."""

    def __init__(self) -> None:
        self.now = 0.0
        # Making one costs a hundred times what is tried here.
        self.dialog = _dialog()
        self.dialog._clock = lambda: self.now
        self.dialog.deafen()
        self.pulse = Pulse(lambda: self.now, self.dialog.restart, lambda: False)
        self.pulse._timer = asyncio.TimerHandle(0.0, lambda: None, (), _NO_LOOP)  # type: ignore[arg-type]

    def run(self, until: float) -> None:
        """The loop runs freely."""
        while (beat := self.pulse._last + BEAT) <= until:
            self.now = beat
            self.pulse._look()
        self.now = until

    def heard(self, typed: float | None = None) -> bool:
        """Whether a key is that is handled now. `typed`: its stamp; None where it waited in the terminal, with none."""
        event = events.Key("y", "y")
        event.time = monotonic() - (self.now - typed if typed is not None else 0.0)
        return self.dialog.hears(self.pulse.typed(event))


class _NoLoop:
    def get_debug(self) -> bool:
        return False


_NO_LOOP = _NoLoop()


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "missed", lambda self: None)


@pytest.mark.parametrize("stalled", [0.05, 0.24, 0.31, 1.0, 3600.0])
@pytest.mark.parametrize("first", ["beat", "key"])
@pytest.mark.parametrize("stamped", [True, False])
def test_no_key_of_a_stall_is_heard_whenever_it_begins(stalled: float, first: str, stamped: bool) -> None:
    for ms in range(601):
        begun = ms / 1000
        for into in (0.001, stalled / 2, stalled) if stamped else (stalled,):
            loop = Loop()
            loop.run(begun)
            loop.now = begun + stalled
            if first == "beat":
                loop.pulse._look()
            heard = loop.heard(begun + into if stamped else None)
            typed = begun + into
            assert not (heard and typed < DEAF), f"typed {typed * 1000:.0f} ms after it was shown, and heard"
            if stalled > GAP + BEAT:
                assert not heard, f"stalled from {ms} ms on, and heard"


def test_what_is_typed_at_leisure_is_heard() -> None:
    for ms in range(int((DEAF + 2 * BEAT) * 1000) + 1, 2000, 7):
        loop = Loop()
        loop.run(ms / 1000)
        assert loop.heard(), ms
        assert loop.heard(ms / 1000), ms
    loop = Loop()
    loop.run(1.0)
    loop.now = 2.0
    assert not loop.heard()
    loop.run(2.0 + DEAF + 3 * BEAT)
    assert loop.heard()


def test_each_key_that_comes_too_early_makes_it_last() -> None:
    loop = Loop()
    for ms in range(0, 3000, 300):
        loop.run(ms / 1000)
        assert not loop.heard()
    loop.run(2.7 + DEAF + 3 * BEAT)
    assert loop.heard()


def test_a_hush_lasts_until_there_was_silence_and_lets_moves_pass() -> None:
    now = 0.0
    hush = TypeaheadGuard(lambda: now)
    y, j = events.Key("y", "y"), events.Key("j", "j")
    assert not hush.swallows(y, 0.0)
    hush.begin()
    for step in range(10):
        now = step * 0.3
        assert hush.swallows(y, now)
        assert not hush.swallows(j, now)
        assert hush.swallows(events.Paste("S"), now)
    # Handled late, and typed long before.
    now += 10.0
    assert hush.swallows(y, 0.1)
    now += QUIET
    assert not hush.swallows(y, now)


# In the program


def typed(run: Running, *keys: str) -> None:
    """In one burst: what a lagging link delivers."""
    for key in keys:
        character = {"space": " ", "enter": "\r", "escape": "\x1b"}.get(key, key if len(key) == 1 else None)
        run.app.post_message(events.Key(key, character))


async def test_a_name_typed_to_terminate_goes_to_its_field_and_nowhere_else(launch: Launch) -> None:
    held = HeldCloud()
    held.fleet_answer = snapshot(pod("t1", name="train-sft-01 nqy STD"), *(PODS.pods or ()))
    async with launch(cloud=held) as run:
        await alone(run, "sft")
        await opened(run, "T")
        field = run.app.screen.query_one("#confirm-typed", Input)
        typed(run, *"train-sft-01", "space", *"nqy", "space", *"ST")
        await run.settle()
        assert field.value == "train-sft-01 nqy ST"
        run.app.screen.query_one("#cancel").focus()
        await run.settle()
        assert held.sent == []
        typed(run, "D", "enter")
        assert await sent(run) == [("terminate", "t1")]


@pytest.mark.wide
async def test_letters_find_the_field_from_cancel_too(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g", "space", "space")
        await opened(run, "T")
        run.app.screen.query_one("#cancel").focus()
        await run.settle()
        typed(run, "n", "q")
        await run.press("backspace", "backspace", "2")
        assert isinstance(run.app.screen, Confirm)
        assert run.app.screen.query_one("#confirm-typed", Input).value == "2"
        await run.press("enter")
        for _ in range(100):
            if len(run.cloud.sent) == 2:
                break
            await run.pilot.pause(0.005)
        assert len(run.cloud.sent) == 2


@pytest.mark.wide
async def test_a_bid_is_typed_from_the_start(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(snapshot(SPOT, *(PODS.pods or ())))
        await on(run, "student")
        await opened(run, "B")
        typed(run, *"0.33")
        await run.settle()
        assert run.app.screen.query_one("#confirm-bid", Input).value == "0.33"
        await run.press("enter", "enter")
        assert await sent(run) == [("bid", "s1", 1, 0.33)]


async def test_what_is_typed_behind_a_closing_does_nothing(launch: Launch) -> None:
    async with launch() as run:
        await alone(run, "llama")
        before = run.app.screen
        for keys in (("escape",), ("escape", "escape"), ("n", "n"), ("q", "q")):
            await opened(run, "S")
            typed(run, *keys, *"ft-01", "enter", *"STDLqsc2?:/", "ctrl+z", "ctrl+p", "space", "escape")
            await run.settle()
            assert run.app.screen is before, keys
            assert run.app.is_running
            assert run.app.current_mode == "fleet"
            assert not before.typing()  # type: ignore[attr-defined]
            assert not run.app.guard.locked
            assert "1 of" in run.text(), "escape cleared the filter below"
            await run.wait(0.3)
            typed(run, "S")
            await run.settle()
            assert run.app.screen is before, keys
        # The one that closes by itself: what was typed while it was read again.
        await opened(run, "S")
        gate, answer = asyncio.Event(), run.cloud.fleet

        async def slow() -> object:
            await gate.wait()
            return await answer()

        run.cloud.fleet = slow  # type: ignore[method-assign, assignment]
        await run.press("y")
        gate.set()
        await sent(run)
        typed(run, *"TDq2")
        await run.settle()
        assert run.cloud.sent == [("stop", LLAMA)]
        assert run.app.screen is before
        await run.press("question_mark")
        assert isinstance(run.app.screen, Help)


async def test_a_dialog_that_is_on_top_again_is_deaf_anew(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        dialog = run.app.screen
        run.app.push_screen(Help(()))
        await run.wait(1.0)
        # From below it ends with nothing, and takes nothing with it.
        await run.press("escape")
        await run.settle()
        assert run.app.screen is dialog
        typed(run, "y")
        await run.settle()
        assert run.app.screen is dialog
        await run.wait(0.5)
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)]


async def test_a_dialog_that_ends_below_another_sends_nothing_and_closes_when_it_is_seen(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        below = run.app.screen
        await opened(run, "S")
        dialog = run.app.screen
        assert isinstance(dialog, Confirm)
        run.app.push_screen(Help(()))
        await run.wait(1.0)
        dialog.end(())
        dialog.end(())
        await run.settle()
        assert isinstance(run.app.screen, Help)
        await run.press("escape")
        await run.settle()
        await run.settle()
        assert run.app.screen is below
        assert run.cloud.sent == []


@pytest.mark.parametrize("meanwhile", ["T", *(pytest.param(key, marks=pytest.mark.wide) for key in "1/")])
async def test_a_form_that_comes_late_opens_over_nothing(launch: Launch, meanwhile: str) -> None:
    held, gate = HeldCloud(), asyncio.Event()

    async def slow(pod_id: str) -> object:
        await gate.wait()
        return DETAIL

    held.pod = slow  # type: ignore[method-assign, assignment]
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await run.press("D")
        await run.press({"T": "T", "1": "2", "/": "slash"}[meanwhile])
        await run.wait(0.5)
        top = run.app.screen
        if meanwhile == "T":
            typed(run, *"llama-pre")
            await run.settle()
        gate.set()
        await run.until("deploy: canceled")
        assert run.app.screen is top
        if meanwhile == "T":
            typed(run, *"train", "enter")
            assert await sent(run) == [("terminate", LLAMA)]


@pytest.mark.wide
async def test_a_form_whose_gpu_is_asked_for_at_once_opens(launch: Launch) -> None:
    held = HeldCloud()
    held.detail_answer = DETAIL
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await run.press("D")
        for _ in range(100):
            if isinstance(run.app.screen, DeployForm):
                break
            await run.pilot.pause(0.01)
        assert isinstance(run.app.screen, DeployForm)
        # A stream of keys that was meant for something else lands in none of its fields.
        count = run.app.screen.query_one("#field-gpu_count", Input)
        before = count.value
        for _ in range(4):
            await run.wait(0.3)
            typed(run, "7")
            await run.settle()
        assert count.value == before


def test_a_loop_that_stands_still_long_after_a_closing_costs_no_key() -> None:
    now = [0.0]
    guard = TypeaheadGuard(lambda: now[0])
    key = events.Key("2", "2")
    guard.begin()
    now[0] = QUIET + 3.0
    guard.restart(QUIET + 1.0)
    assert not guard.swallows(key, QUIET + 1.0)
    # One that stood still while keys did not count: nobody knows when they were typed.
    now[0] = 10.0
    guard.begin()
    now[0] = 11.0
    guard.restart(10.1)
    assert guard.swallows(key, 11.0)
