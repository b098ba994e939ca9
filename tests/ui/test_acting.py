"""Keys that act: what a dialog says, which keys confirm it, and what is sent then, and only then."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from textual.screen import ModalScreen
from textual.widgets import Input

from tests.make import pod, snapshot
from tests.ui.conftest import OFFERS, PODS, HeldCloud, Launch, Running
from tui.api.errors import TimedOut, Unreachable
from tui.api.models import Snapshot
from tui.config.loader import Config
from tui.domain import consequences
from tui.domain.user_message import UserMessage
from tui.ui.modals.confirm import Confirm
from tui.ui.terminal.terminal_app import NEWS

LLAMA, EVAL, FLUX, PREP = "k3v9x0q2m1a7ze", "p8d2n5c1r4t6yw", "q9w8e7r6t5y4u3", "m5n4b3v2c1x0z9"
ROWS = {"llama-pretrain": LLAMA, "eval-sweep": EVAL, "flux-lora": FLUX, "dataset-prep": PREP}
SPOT = replace(pod("s1", name="student", status="EXITED", kind="INTERRUPTABLE", utils=None), lowest_bid_to_resume=0.21)


async def on(run: Running, name: str) -> None:
    """Put the cursor on a pod."""
    await run.go(name)
    await run.settle()


async def alone(run: Running, name: str) -> None:
    """Leave a pod alone on the screen, by a filter."""
    await run.press("slash", *name, "enter")
    await run.settle()
    assert "1 of" in run.text()


async def opened(run: Running, key: str) -> None:
    """Press the key and wait until its dialog listens."""
    await run.press(key)
    await run.settle()
    assert isinstance(run.app.screen, Confirm)
    await run.wait(0.5)


async def sent(run: Running) -> list[tuple[object, ...]]:
    for _ in range(100):
        await run.pilot.pause(0.005)
        if run.cloud.sent:
            break
    return run.cloud.sent


async def test_a_pod_is_stopped_with_two_keys(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        assert "Stop llama-pretrain" in run.text()
        assert LLAMA in run.text()
        assert "Saves $11.95/h" in run.text()
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)]
        await run.settle()
        assert not isinstance(run.app.screen, Confirm)
        assert "▸ stopping" in run.text()
        stopped = [replace(p, status="EXITED") if p.id == LLAMA else p for p in PODS.pods or ()]
        run.cloud.now += 5
        await run.poll(snapshot(*stopped))
        assert "stopping" not in run.text()


async def test_what_is_typed_before_a_dialog_can_be_read_does_nothing(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await run.press("S", "y", "enter", "right", "enter", "y", "tab", "enter")
        await run.settle()
        assert isinstance(run.app.screen, Confirm)
        for _ in range(10):
            # A key held down, or a slow link that delivers what was typed a minute ago.
            await run.wait(0.3)
            await run.press("y")
        await run.settle()
        assert run.cloud.sent == []
        await run.wait(0.5)
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)]


async def test_cancel_has_the_focus_and_escape_leaves(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        for keys in (("enter",), ("escape",), ("n",), ("q",), ("right", "left", "enter")):
            await opened(run, "S")
            await run.press(*keys)
            await run.settle()
            assert not isinstance(run.app.screen, Confirm), keys
        assert run.cloud.sent == []


@pytest.mark.wide
async def test_moving_to_the_button_is_as_good(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        await run.press("right", "enter")
        assert await sent(run) == [("stop", LLAMA)]


async def test_terminating_takes_the_pods_name(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "T")
        assert "DESTROYED" in run.text()
        for key in ("enter", "y", "enter", "n", "q", "enter", "backspace", "backspace", "backspace"):
            # Enter on a name that is not whole does nothing, and neither does a letter but stand in it.
            await run.press(key)
            assert isinstance(run.app.screen, Confirm), key
        assert run.cloud.sent == []
        await run.press(*"llama-pretrai", "enter")
        await run.settle()
        assert run.cloud.sent == []
        await run.press("n", "enter")
        assert await sent(run) == [("terminate", LLAMA)]


async def test_several_are_terminated_with_their_number(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g", "space", "space")
        await opened(run, "T")
        text = run.text()
        marked = [name for name in ROWS if f" {name}  " in text.split("Terminate 2 pods")[1]]
        assert len(marked) == 2
        await run.press("left", "1", "enter")
        await run.settle()
        assert run.cloud.sent == []
        await run.press("backspace", "2", "enter")
        await sent(run)
        await run.settle()
        assert sorted(run.cloud.sent) == sorted(("terminate", ROWS[name]) for name in marked)


async def test_a_dialog_is_about_its_pod_whatever_the_list_does(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g")
        await run.settle()
        first = next(name for name in ROWS if name in run.text().splitlines()[4])
        await opened(run, "S")
        assert f"Stop {first}" in run.text()
        await run.poll(snapshot(pod("aaa", name="aaa-newcomer"), *reversed(PODS.pods or ())))
        await run.wait(0.5)
        await run.press("y")
        assert await sent(run) == [("stop", ROWS[first])]


async def test_what_changed_meanwhile_is_asked_again(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "T")
        moved = [replace(p, network_volume_id="v1") if p.id == LLAMA else p for p in PODS.pods or ()]
        run.cloud.fleet_answer = snapshot(*moved)
        await run.press("left", *"llama-pretrain", "enter")
        await run.until("Changed since you opened this")
        assert run.cloud.sent == []
        assert "network volume stays" in run.text()
        await run.wait(0.5)
        await run.press("left", *"llama-pretrain", "enter")
        assert await sent(run) == [("terminate", LLAMA)]


@pytest.mark.wide
async def test_of_several_that_changed_the_one_that_is_left_is_asked_for_by_its_name(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g", "space", "space")
        await opened(run, "T")
        text = run.text().split("Terminate 2 pods")[1]
        first, second = [name for name in ROWS if f" {name}  " in text]
        run.cloud.fleet_answer = snapshot(*(p for p in PODS.pods or () if p.name != first))
        await run.press("left", "2", "enter")
        await run.until("Changed since you opened this")
        await run.wait(0.5)
        assert f"Terminate {second}" in run.text()
        assert "type its name" in run.text()
        await run.press("left", "2", "enter")
        await run.settle()
        assert run.cloud.sent == []
        await run.press("backspace", *second, "enter")
        assert await sent(run) == [("terminate", ROWS[second])]


@pytest.mark.wide
async def test_of_several_to_be_resumed_the_one_that_is_left_has_its_fields(launch: Launch) -> None:
    other = replace(pod("r2", name="other-prep", status="EXITED", utils=None, cost=0.4), gpu_count=2)
    async with launch() as run:
        await run.poll(snapshot(other, *(PODS.pods or ())))
        await run.press("G", "space", "k", "space")
        await run.settle()
        await opened(run, "R")
        assert "Resume 2 pods" in run.text()
        run.cloud.fleet_answer = snapshot(other, *(p for p in PODS.pods or () if p.id != PREP))
        await run.press("y")
        await run.until("Changed since you opened this")
        await run.wait(0.5)
        await run.press("y")
        assert await sent(run) == [("resume", "r2", 2)]


async def test_what_is_typed_while_it_is_read_again_changes_nothing(launch: Launch) -> None:
    held = HeldCloud()
    gate = asyncio.Event()
    gate.set()
    answer = held.fleet

    async def slow() -> Snapshot:
        await gate.wait()
        return await answer()

    held.fleet = slow  # type: ignore[method-assign]
    async with launch(cloud=held) as run:
        await on(run, "dataset")
        await opened(run, "R")
        gate.clear()
        await run.press("y")
        await run.until("checking again")
        await run.press("enter", "y", "left", "8", "backspace", "up", "8", "tab", "8", "right", "8")
        run.app.screen.query_one("#confirm-gpus", Input).value = "8"
        assert isinstance(run.app.screen, Confirm)
        gate.set()
        assert await sent(run) == [("resume", PREP, 1)]


async def test_escape_while_it_is_read_again_sends_nothing(launch: Launch) -> None:
    held = HeldCloud()
    gate = asyncio.Event()
    gate.set()
    answer = held.fleet

    async def slow() -> Snapshot:
        await gate.wait()
        return await answer()

    held.fleet = slow  # type: ignore[method-assign]
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "S")
        gate.clear()
        await run.press("y")
        await run.until("checking again")
        await run.press("escape")
        gate.set()
        await run.settle()
        assert not isinstance(run.app.screen, Confirm)
        assert held.sent == []


async def test_gpus_that_are_taken_meanwhile_are_asked_about_again(launch: Launch) -> None:
    prep = replace(pod("r2", name="prep-four", status="EXITED", utils=None, cost=4.0), gpu_count=4)
    assert prep.machine is not None

    def with_free(count: int) -> Snapshot:
        return snapshot(replace(prep, machine=replace(prep.machine, gpu_available=count)), *(PODS.pods or ()))

    async with launch() as run:
        await run.poll(with_free(3))
        await on(run, "prep-four")
        await opened(run, "R")
        await run.press("left", "backspace", "2")
        await run.settle()
        assert "3 GPUs free: enough" in run.text()
        run.cloud.fleet_answer = with_free(1)
        await run.press("enter", "enter")
        await run.until("Changed since you opened this")
        assert "1 of 2 GPUs free" in run.text()
        assert run.cloud.sent == []


async def test_what_is_over_meanwhile_is_not_done(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        stopped = [replace(p, status="EXITED") if p.id == LLAMA else p for p in PODS.pods or ()]
        run.cloud.fleet_answer = snapshot(*stopped)
        await run.press("y")
        await run.until("already stopped")
        await run.wait(0.5)
        await run.press("y", "right", "enter")
        await run.settle()
        assert run.cloud.sent == []


async def test_a_dialog_that_is_closed_while_pods_are_read_again_is_over(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        dialog = run.app.screen
        assert isinstance(dialog, Confirm)
        read_again, answered = dialog._reread, asyncio.Event()

        async def late() -> object:
            await answered.wait()
            return await read_again()

        dialog._reread = late  # type: ignore[assignment]
        stopped = [replace(p, status="EXITED") if p.id == LLAMA else p for p in PODS.pods or ()]
        run.cloud.fleet_answer = snapshot(*stopped)
        checking = asyncio.create_task(dialog._decide(consequences.commands(dialog._asked, "", "")))
        await run.pilot.pause()
        await run.press("escape")
        await run.settle()
        answered.set()
        await checking
        assert not isinstance(run.app.screen, Confirm)
        assert run.cloud.sent == []


async def test_nothing_is_sent_when_the_pod_cannot_be_read_again(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        run.cloud.fleet_answer = Unreachable("RunPod cannot be reached.")
        await run.press("y")
        await run.until("The check failed")
        assert run.cloud.sent == []
        run.cloud.fleet_answer = PODS
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)]


async def test_resuming_lets_one_choose_gpus(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "dataset")
        await opened(run, "R")
        await run.press("left", "backspace", "0")
        await run.settle()
        assert "for data access only" in run.text()
        await run.press("backspace", "9")
        await run.settle()
        assert "a whole number from 0 to 8" in run.text()
        await run.press("backspace", "1", "enter", "enter")
        assert await sent(run) == [("resume", PREP, 1)]


async def test_a_bid_is_typed_and_weighed(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(snapshot(SPOT, *(PODS.pods or ())))
        await on(run, "student")
        await opened(run, "B")
        assert "Lowest bid now: $0.21/h per GPU" in run.text()
        assert "Costs $0.23/h" in run.text()
        await run.press("left", "end", "backspace")
        await run.settle()
        assert "RunPod requires at least $0.21" in run.text()
        await run.press("5")
        await run.settle()
        assert "Costs $0.27/h" in run.text()
        await run.press("enter", "enter")
        assert await sent(run) == [("bid", "s1", 1, 0.25)]


async def test_a_key_that_makes_no_sense_says_why(launch: Launch) -> None:
    async with launch() as run:
        for name, key, words in (
            ("dataset", "S", "dataset-prep is already stopped"),
            ("llama", "R", "is already running"),
            ("dataset", "B", "resume it without a bid"),
        ):
            await on(run, name)
            await run.press(key)
            await run.until(words)
            assert not isinstance(run.app.screen, Confirm)
            await run.press("escape")


@pytest.mark.wide
async def test_the_footer_tells_what_is_possible_now(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        assert "S stop" in run.text()
        assert "R resume" not in run.text()
        await run.press("escape")
        await on(run, "dataset")
        assert "R resume" in run.text()
        assert "S stop" not in run.text()


async def test_read_only_there_are_no_such_keys_and_a_press_says_why(launch: Launch) -> None:
    async with launch(config=Config(read_only=True)) as run:
        assert "READ-ONLY" in run.text()
        assert "S stop" not in run.text()
        await on(run, "llama")
        for key in "SRBTDLt":
            run.app.clear_notifications()
            await run.press(key)
            await run.until("podtop is in read-only mode")
            assert len(run.app.screen_stack) == 1
        await run.press("question_mark")
        await run.settle()
        assert "Terminate pod" not in run.text()


async def test_news_wait_behind_a_dialog_and_are_no_less_long_on_the_screen_afterwards(launch: Launch) -> None:
    """A toast would cover what it says of money, or its buttons."""

    async with launch(size=(80, 24)) as run:
        run.app.messages.post(UserMessage("news before it"))
        await run.until("news before it")
        await on(run, "llama")
        await run.press("S")
        await run.settle()
        run.app.messages.post(UserMessage("news meanwhile"))
        run.app.messages.reply("a reply")
        await run.wait(1)
        await run.settle()
        assert isinstance(run.app.screen, ModalScreen)
        assert run.toasts() == "a reply"
        run.app.clear_notifications()
        await run.press("escape")
        await run.settle()
        assert not isinstance(run.app.screen, ModalScreen)
        assert run.toasts() == "news before it\nnews meanwhile"
        assert all(note.time_left > NEWS - 5 for note in run.app._notifications)


async def test_locked_a_press_says_so_until_it_is_unlocked(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await run.press("L")
        await run.settle()
        assert " LOCKED " in run.text()
        await run.press("S")
        await run.until("(L to unlock)")
        assert not isinstance(run.app.screen, Confirm)
        await run.press("L")
        await run.settle()
        assert " LOCKED " not in run.text()
        await opened(run, "S")


async def test_it_locks_by_itself_when_nobody_is_there(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await run.wait(599.0)
        await run.press("j")
        await run.wait(599.0)
        assert " LOCKED " not in run.text()
        await run.wait(2.0)
        await run.poll()
        assert " LOCKED " in run.text()
        await run.press("S")
        await run.until("(L to unlock)")
        assert run.cloud.sent == []


async def test_in_the_filter_line_capitals_are_text(launch: Launch) -> None:
    async with launch() as run:
        await run.press("slash", *"STRBDL")
        await run.settle()
        assert "/STRBDL" in run.text()
        assert not isinstance(run.app.screen, Confirm)


@pytest.mark.wide
async def test_errors_stay_readable_in_the_events(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run, "S")
        run.cloud.receipt = TimedOut("RunPod did not answer within 30 seconds.")
        await run.press("y")
        await sent(run)
        await run.until("stopping?")
        for _ in range(10):
            run.cloud.now += 15
            await run.poll()
        await run.press("e")
        await run.until("it did not go through")
        assert "Nothing was sent again" in run.text()
        assert "llama-pretrain" in run.text()
        await run.press("escape")
        await run.settle()
        assert "Market" in run.text()


async def test_markup_in_names_is_text(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(snapshot(pod("x1", name="[red]evil[/] [@click=app.quit]")), OFFERS)
        await run.press("g")
        await opened(run, "T")
        assert "[red]evil[/]" in run.text()


@pytest.mark.wide
async def test_a_dialog_can_be_read_and_left_at_every_size(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g")
        for size in ((20, 6), (40, 12), (60, 20), (80, 24), (200, 50)):
            await run.pilot.resize_terminal(*size)
            await run.settle()
            await opened(run, "S")
            if size[1] >= 12:
                await run.until("Cancel")
                await run.until("Saves")
            await run.press("escape")
            await run.settle()
            assert not isinstance(run.app.screen, Confirm)


def test_a_held_cloud_sends_nothing_by_itself() -> None:
    assert HeldCloud().sent == []


async def test_a_key_typed_for_the_table_does_not_confirm_the_dialog_that_opens_behind_it(launch: Launch) -> None:
    from textual import events

    async with launch() as run:
        await on(run, "llama")
        for keys in (["y", "S"], ["y", "y", "S", "y"], ["enter", "y", "S", "enter", "y"]):
            for key in keys:
                # All of them are there before the first one is dealt with: a slow link delivers so.
                run.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await run.settle()
            assert run.cloud.sent == [], keys
            while len(run.app.screen_stack) > 1:
                await run.wait(0.5)
                await run.press("escape")
                await run.settle()
        assert run.cloud.sent == []


async def test_a_screen_shows_once_for_each_answer(launch: Launch) -> None:
    async with launch() as run:
        shown = []
        show = run.app.screen._show_all  # type: ignore[attr-defined]
        run.app.screen._show_all = lambda: (shown.append(1), show())  # type: ignore[attr-defined]
        run.app.changed.publish(None)
        await run.settle()
        assert len(shown) == 1
