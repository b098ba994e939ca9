"""History on the screen: going to a time, to an event, where in the recording that is, and that nothing acts there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets._toast import ToastRack

from tests.make import pod, snapshot
from tests.ui.conftest import NOW, Launch, Running
from tui.actions import ACTIONS
from tui.domain import time_text
from tui.domain.attention import Attention, Grade
from tui.ui.command_palette import Everything
from tui.ui.key_hints import GROUPS, hints
from tui.ui.primitives.cells import width_of
from tui.ui.render import go_to
from tui.ui.render.scrub import GAP, HERE, RECORDED, scrub
from tui.ui.screens.listing_screen import OF_THE_PRESENT
from tui.ui.widgets.table import Table

ID = "k3v9x0q2m1a7ze"


@asynccontextmanager
async def recorded(launch: Launch, path: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Running]:
    """A screen with polls of a quarter of a minute behind it, between them a pod that stops."""
    async with launch(record=path, size=size) as run:
        for at in range(1, 9):
            run.cloud.now = NOW + 5 * at
            stopped = {"status": "EXITED", "utils": None} if at >= 4 else {}
            await run.poll(snapshot(pod(ID, name=f"at-{at}", **stopped), pod("b", name="other")))  # type: ignore[arg-type]
        await run.until_so(lambda: run.app.playback.past is not None)
        yield run


def test_what_is_typed_wrongly_is_said_in_full_in_narrow_terminals() -> None:
    assert len(f" ▲ {go_to.INVALID} ") <= 40
    assert len(f" {go_to.PROMPT}") < 80
    assert len(f" {go_to.BRIEF}") < 40
    examples = go_to.PROMPT.removeprefix("go to: ").split(", ")
    assert all(time_text.instant(text, NOW, UTC, NOW - 86_400.0) for text in examples)


@pytest.mark.wide
async def test_toasts_make_room_for_a_line_that_is_typed(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path, (80, 24)) as run:
        rack = ToastRack()
        await run.app.screen.mount(rack)
        assert rack.styles.margin.bottom == 2
        for key, line in (("slash", "#filter"), ("at", "#go-to")):
            await run.press(key, *"zz<")
            await run.settle()
            assert 24 - rack.styles.margin.bottom <= run.app.screen.query_one(line).region.y
            await run.press("escape")
            await run.settle()
            assert not run.app.screen.has_class("-typing")


@pytest.mark.wide
async def test_a_typed_time_is_gone_to_and_what_is_none_says_what_is(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        await run.press("at")
        await run.until("recorded: 12:00:")
        assert run.text().splitlines()[-1].split("  ")[0] == " ↵ go"
        assert "range" not in run.text().splitlines()[-1], "- is the first letter of a time"
        await run.press(*"noon", "enter")
        await run.settle()
        assert go_to.INVALID in run.text()
        await run.press(*["backspace"] * 4, *"yesterday", "enter")
        await run.settle()
        assert " is outside" in run.text()
        assert not run.app.playback.in_history
        await run.press(*["backspace"] * 9, *"12:00:17", "enter")
        # The last poll by then, and never a time between two.
        await run.until("◀ HISTORY 12:00:15 (25s ago) · = live")
        await run.until("at-3")
        assert run.app.screen.focused is not None
        # Letters are keys again.
        await run.press("at", "escape", "j", "equals_sign")
        await run.until("at-8")


@pytest.mark.wide
async def test_the_scrub_line_and_the_frames_are_there_in_history_alone(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        assert HERE + RECORDED not in run.text()
        await run.press("left_square_bracket")
        await run.until("◀ HISTORY")
        await run.until_so(lambda: run.text().splitlines()[2].split()[0] == "HISTORY")
        line = run.text().splitlines()[2]
        assert HERE in line
        assert "of 40s" in line
        assert run.app.screen.has_class("-history")
        await run.press("2")
        await run.until("Market")
        # On every screen.
        await run.until_so(lambda: run.text().splitlines()[2].split()[0] == "HISTORY")
        await run.press("equals_sign", "1")
        await run.until("● live")
        await run.settle()
        assert not run.app.screen.has_class("-history")
        await run.until_so(lambda: "of 40s" not in run.text())


@pytest.mark.wide
async def test_what_lies_after_the_last_sample_is_live(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        run.cloud.now = NOW + 43
        for text in ("now", "-0h"):
            await run.press("left_square_bracket")
            await run.until("◀ HISTORY")
            await run.press("at")
            await run.until("recorded: 12:00:")
            await run.press(*text)
            await run.until("after the last sample: live")
            await run.press("enter")
            await run.until("● live")
            assert not run.app.playback.in_history


async def test_events_are_stepped_through(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        await run.press("left_parenthesis")
        await run.until("◀ HISTORY 12:00:20")
        assert "at-4: " in run.toasts()
        await run.press("right_parenthesis")
        await run.until("No later event is recorded")


@pytest.mark.wide
async def test_the_smallest_terminal_says_that_it_is_history(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        await run.pilot.resize_terminal(40, 12)
        await run.press("left_square_bracket")
        await run.until("HISTORY 12:00:35 · = live")
        assert "HISTORY" in run.text().splitlines()[0], "there is no room for the scrub line"


async def test_nothing_acts_in_history(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        await run.press("left_square_bracket")
        await run.until("◀ HISTORY")
        stack = len(run.app.screen_stack)
        for key in ("D", "t", *(action.key for action in ACTIONS)):
            run.app.clear_notifications()
            await run.press(key)
            await run.wait(1.0)
            assert len(run.app.screen_stack) == stack, key
            assert "viewing history; press = to go live first" in run.toasts(), key
            await run.press("y", "enter")
            if len(run.app.screen_stack) > stack:
                # Details of a pod are no action.
                run.app.pop_screen()
        bound = {hint.binding.id for hint in run.app.screen.active_bindings.values()}
        assert not {f"act.{action.id}" for action in ACTIONS} & bound
        # A dialog that was confirmed behind the screens' back.
        from tui.domain.action import Command

        run.app.context.actions._confirmed((Command("stop", ID, "at-3"),))
        await run.wait(1.0)
        assert run.cloud.sent == []
        assert run.cloud.orders == []


READING = frozenset((
    "account.next", "account.previous", "app.accounts", "app.help", "app.palette", "app.quit", "app.redraw",
    "app.refresh", "app.suspend", "app.waste", "chart.big", "chart.closer", "chart.heat", "chart.reset", "chart.wider",
    "market.copy", "market.demand", "market.next", "market.previous", "pod.copy", "pod.logs", "pod.needy",
    "pod.needy-before",
))  # fmt: skip
"""Bindings that show something, and change nothing but what is shown; besides those whose group does."""


@pytest.mark.wide
async def test_nothing_that_changes_the_present_is_offered_in_history(launch: Launch, tmp_path: Path) -> None:
    """What is offered is listed here, so that nothing new is offered by mistake."""
    async with recorded(launch, tmp_path) as run:
        await run.press("left_square_bracket")
        await run.until("◀ HISTORY")
        offered = set()
        for place in run.app.places:
            await run.app.action_go(place.mode)
            await run.settle()
            screen = run.app.screen
            assert run.app.playback.in_history
            may = getattr(screen, "may", lambda id: True)
            for hint in hints(screen.active_bindings):
                if hint.id.split(".")[0] in GROUPS and hint.enabled and hint.action and may(hint.id):
                    offered.add(hint.id)
            names = [name for name, _, _ in Everything(screen)._commands()]
            assert names
            for word in ("Auto-stop", "Mute", "Watch", "SSH into", "nlock", "action lock"):
                assert not [name for name in names if word in name], (place.mode, word)
        shows = {id for id in offered if id.split(".")[0] in ("pane", "screen", "time")}
        lists = {id for id in offered if id.startswith("table.")} - OF_THE_PRESENT
        assert offered - shows - lists == READING
        guard, stack = run.app.session.guard, len(run.app.screen_stack)
        locked = guard.locked
        for mode, keys in (("fleet", "mwL"), ("market", "wxL"), ("events", "mL")):
            await run.app.action_go(mode)
            for key in keys:
                run.app.clear_notifications()
                await run.press(key)
                await run.wait(1.0)
                assert len(run.app.screen_stack) == stack, key
                if mode == "fleet" or key == "L":
                    assert "viewing history; press = to go live first" in run.toasts(), (mode, key)
        assert guard.locked is locked
        assert not run.app.fleet.mutes
        assert not run.app.fleet.watches


@pytest.mark.wide
async def test_the_header_and_the_next_needy_pod_are_those_of_the_time(launch: Launch, tmp_path: Path) -> None:
    async with recorded(launch, tmp_path) as run:
        await run.press("left_square_bracket")
        await run.until("◀ HISTORY")
        frozen = run.app.playback.frozen_view
        assert frozen is not None
        frozen[0].attention = (Attention("idle", "idle", Grade.WARN, "", "b", "other"),)
        table = run.app.screen.query_one("#pods", Table)
        run.app.fleet.attention = (Attention("hung", "hung", Grade.BAD, "", ID, "at-8"),) * 2
        run.app.context.changed.publish(None)
        await run.until("▲ 1: 1 idle")
        table.move_to(ID)
        await run.press("n")
        assert table.cursor == "b"


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0.1, 1e6)), max_size=8),
    st.floats(0, 1),
    st.integers(1, 250),
    st.booleans(),
)
def test_the_scrub_line_fits_and_has_one_place(
    parts: list[tuple[float, float]], share: float, width: int, playing: bool
) -> None:
    spans, end = [], NOW
    for gap, length in parts:
        spans.append((end + gap, end + gap + length))
        end = spans[-1][1]
    at = NOW if not spans else spans[0][0] + share * (end - spans[0][0])
    line = scrub(tuple(spans), at, width, UTC, playing=playing, speed=300.0)
    text = "".join(part for part, _ in line.left[0])
    assert text.count(HERE) == (1 if spans else 0)
    assert width_of(line.left[0]) <= max(width, len("HISTORY"))


def test_two_instants_of_a_long_recording_are_told_apart() -> None:
    (cell,) = scrub(((NOW, NOW + 90_000.0),), NOW + 86_280.0, 120, UTC).left
    assert "".join(part for part, _ in cell).endswith("23h 58m of 25h 00m")


def test_the_scrub_line_shows_gaps() -> None:
    spans = ((NOW, NOW + 100.0), (NOW + 900.0, NOW + 1000.0))
    (cell,) = scrub(spans, NOW + 1000.0, 120, UTC).left
    bar = next(text for text, _ in cell if GAP in text)
    assert bar.strip(RECORDED + HERE).count(GAP) == len(bar.strip(RECORDED + HERE))
    assert "12:00" in "".join(text for text, _ in cell)
