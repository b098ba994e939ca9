"""Nothing unseen is sent: a yes counts when the end of what is said was on the screen."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace
from textual.app import App
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button

from tests.make import funds, pod
from tests.ui.test_deploy_form import FRESH, NOW, OFFERS
from tui.actions import BY_ID
from tui.domain import consequences
from tui.domain.deploy_draft import Draft
from tui.domain.lease import Lease
from tui.domain.market_watch import MarketWatch
from tui.files.paths import styles_dir
from tui.ui import themes
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.dialog import Dialog
from tui.ui.modals.lease import LeaseDialog
from tui.ui.modals.question import QuestionDialog
from tui.ui.primitives.question import Question
from tui.ui.render.deploy_question import question
from tui.ui.render.watch_question import deploys
from tui.ui.terminal.terminal_app import LATER_STYLES, STYLES


class Stage(App[None]):
    """A dialog by itself, at a clock in the test's hand."""

    CSS_PATH: ClassVar = [str(styles_dir() / f"{name}.tcss") for name in (*STYLES, *LATER_STYLES)]

    def __init__(self, make: Callable[[Callable[[], float]], Dialog[Any]]) -> None:
        super().__init__()
        for one in themes.OWN:
            self.register_theme(one)
        self.theme = themes.DEFAULT
        self.beat = 0.0
        self.ended: list[object] = []
        self.dialog = make(lambda: self.beat)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(self.current_theme)

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.ended.append)

    @property
    def left(self) -> int:
        """Lines below what is on the screen."""
        what = self.dialog.query_one("#confirm-what", VerticalScroll)
        return max(0, what.max_scroll_y - what.scroll_offset.y)

    def text(self) -> str:
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in line).rstrip() for line in lines[: self.size.height])


@asynccontextmanager
async def staged(
    make: Callable[[Callable[[], float]], Dialog[Any]], size: tuple[int, int]
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage(make)
    async with app.run_test(size=size) as pilot:
        await later(app, pilot)
        yield app, pilot


async def later(app: Stage, pilot: Pilot[None]) -> None:
    """Let what is drawn be drawn, and some time pass."""
    for _ in range(4):
        await pilot.pause()
    for _ in range(1000):
        if app.dialog._reading_until != math.inf or app.ended:
            break
        await pilot.pause(0.005)
    app.beat += 1.0
    await pilot.pause()


LONG = replace(FRESH, values={**FRESH.values, "country": "SE", "cuda": "12.4", "docker_args": "--more " + "x" * 1200})


def _asked(draft: Draft) -> Question:
    return question(draft, OFFERS, funds(1000.0, 1.0), (), NOW, UTC)


def _armed(draft: Draft) -> Question:
    vigil = MarketWatch("v", NOW, gpus=(OFFERS[0].gpu_id,), names=("H100 SXM",))
    return deploys(vigil, draft, 10.0, 3, funds(1000.0, 1.0), OFFERS)


def agree(asked: Question, fresh: Question | None = None) -> Callable[[Callable[[], float]], Dialog[Any]]:
    async def again() -> Question:
        return fresh or asked

    return lambda clock: QuestionDialog(asked, again, clock)


def confirm(action: str, number: int) -> Callable[[Callable[[], float]], Dialog[Any]]:
    status = "EXITED" if action in ("resume", "bid") else "RUNNING"
    kind = "INTERRUPTABLE" if action == "bid" else "RESERVED"
    pods: dict[str, Any] = {
        f"p{n}": pod(f"p{n}", name=f"train-{n:02}", cost=1.0, status=status, kind=kind, utils=None)
        for n in range(number)
    }
    case = consequences.case(BY_ID[action], tuple(pods), pods, {}, funds(1000.0, 1.0))

    async def again() -> consequences.Case:
        return case

    return lambda clock: Confirm(case, again, lambda of, sent: consequences.points(of, sent, None), clock)


SCROLLING = {
    "deploy": (agree(_asked(LONG)), ("y",)),
    "armed watch": (agree(_armed(LONG)), ("y",)),
    "deploy by name": (agree(replace(_asked(LONG), typed="mine")), ("enter",)),
    "stop of many": (confirm("stop", 20), ("y",)),
    "terminate of many": (confirm("terminate", 20), ("enter",)),
}
TYPED = {"deploy by name": "mine", "terminate of many": "20"}


@pytest.mark.parametrize("size", [pytest.param((80, 24), marks=pytest.mark.wide), (44, 16)], ids=["80x24", "44x16"])
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind == "terminate of many" else pytest.mark.wide) for kind in SCROLLING],
)
async def test_a_yes_reads_on_until_the_end_was_on_the_screen(kind: str, size: tuple[int, int]) -> None:
    make, (key,) = SCROLLING[kind]
    async with staged(make, size) as (app, pilot):
        await pilot.press(*TYPED.get(kind, ""))
        await later(app, pilot)
        assert app.left > 0
        for _ in range(80):
            left = app.left
            await pilot.press(key)
            await later(app, pilot)
            assert app.ended == []
            if app.left == 0:
                break
            assert app.left < left
            assert f"▼ {app.left} more below" in app.text()
        assert "end of the text" in app.text()
        await pilot.press(key)
        await later(app, pilot)
        assert len(app.ended) == 1
        assert app.ended[0]


async def test_a_key_that_is_held_does_not_run_through_it() -> None:
    async with staged(agree(_asked(LONG)), (80, 24)) as (app, pilot):
        for _ in range(40):
            # As often as a keyboard repeats, with frames between them.
            await pilot.press("y")
            await pilot.pause()
            await pilot.pause()
            app.beat += 0.03
        assert app.ended == []
        await later(app, pilot)
        while app.left:
            await pilot.press("y")
            await later(app, pilot)
        await pilot.press("y")
        await later(app, pilot)
        assert app.ended == [True]


@pytest.mark.wide
async def test_leaving_counts_at_once_and_reading_by_hand_is_reading() -> None:
    for leave in ("escape", "n", "q"):
        async with staged(agree(_asked(LONG)), (80, 24)) as (app, pilot):
            await pilot.press("y", leave)
            await later(app, pilot)
            assert app.ended == [False]
    async with staged(agree(_asked(LONG)), (80, 24)) as (app, pilot):
        app.dialog.query_one("#do", Button).press()
        await later(app, pilot)
        assert app.ended == []
        while app.left:
            await pilot.press("pagedown")
            await later(app, pilot)
        await pilot.press("pageup")
        await later(app, pilot)
        await pilot.press("y")
        await later(app, pilot)
        assert app.ended == [True]


async def test_what_is_asked_anew_is_read_anew() -> None:
    fresh = replace(_asked(LONG.typed("country", "NO")), key=("dearer",))
    async with staged(agree(_asked(LONG), fresh), (80, 24)) as (app, pilot):
        while app.left:
            await pilot.press("pagedown")
            await later(app, pilot)
        await pilot.press("y")
        await later(app, pilot)
        assert "Changed since you opened this" in app.text()
        assert app.left > 0
        await pilot.press("y")
        await later(app, pilot)
        assert app.ended == []


async def test_a_short_question_takes_one_key() -> None:
    async with staged(confirm("stop", 1), (80, 24)) as (app, pilot):
        await pilot.press("y")
        await later(app, pilot)
        assert len(app.ended) == 1


# Fields have the keys


@pytest.mark.wide
async def test_letters_go_to_the_number_and_only_escape_cancels() -> None:
    for action, field in (("resume", "gpus"), ("bid", "bid")):
        for letters in ("n", "qn"):
            async with staged(confirm(action, 1), (80, 24)) as (app, pilot):
                await pilot.press(*letters)
                await later(app, pilot)
                assert app.ended == []
                assert app.dialog._value(field) == letters  # type: ignore[attr-defined]
                assert app.dialog.query_one("#do", Button).disabled
                await pilot.press("escape")
                await later(app, pilot)
                assert app.ended == [None]
    async with staged(confirm("resume", 1), (80, 24)) as (app, pilot):
        await pilot.press("y")
        await later(app, pilot)
        assert len(app.ended) == 1
        assert app.ended[0]


async def test_a_choice_keeps_its_own_keys_in_a_dialog_with_a_text() -> None:
    lease = Lease("p", "train", "stop", NOW + 3600, NOW)
    make: Callable[[Callable[[], float]], Dialog[Any]] = lambda clock: LeaseDialog(  # noqa: E731
        "p", "train", lease, lambda action: None, lambda: NOW, UTC, clock
    )
    async with staged(make, (80, 24)) as (app, pilot):
        screen: Screen[Any] = app.screen
        screen.query_one("#lease-action").focus()
        await pilot.press("space")
        await later(app, pilot)
        assert screen.query_one("#lease-action").value == "terminate"  # type: ignore[attr-defined]
        assert screen.query_one("#lease-ends").value == ""  # type: ignore[attr-defined]
