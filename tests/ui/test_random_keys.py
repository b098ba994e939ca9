"""Random keys, a hundred thousand in the long form: nothing reaches RunPod but what its own dialog was told to do."""

from __future__ import annotations

import asyncio
import json
import math
import random
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Button, Input

from tests.acting_rest import rest_change
from tests.stage import NOON, settle, still_pollers
from tui.actions import ACTIONS
from tui.api.graphql.client import GraphQLCloud
from tui.api.listener import Api
from tui.api.rest.client import RestCloud
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.demo.source import demo_source
from tui.domain.action import Consent
from tui.storage.state_files import StateFiles
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.dialog import DEAF, Dialog
from tui.ui.modals.question import QuestionDialog
from tui.ui.screens.charted import ChartScreen
from tui.ui.widgets.table import Table

KEYS = 10_000
ROUNDS = 10
"""The long form: so many keys in each of so many rounds."""

PATIENCE = 60.0
"""Seconds after which what was told is dealt with, however busy the machine is."""

SHORT_KEYS = 350
SHORT_ROUNDS = (0, 3)
"""The short form: a round that goes to other screens, and one that stays, which every run of the suite tries."""

SIZES = (
    (20, 6), (30, 8), (40, 12), (60, 20), (79, 23), (80, 24), (100, 30), (120, 40), (40, 50), (200, 12),
)  # fmt: skip

ACTING = [action.key for action in ACTIONS]
OTHERS = [*"jkgG" * 6, *"=yn" * 4, *"ozvxipL06789[]{}<>+- .,abdfhlmruq"]
ELSEWHERE = [*"1122345ewwtcs/?:"]
"""Keys that go to other screens and open what asks for nothing: in some of the rounds, for what comes costs most."""
NAMED = (
    "enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "space", "backspace", "home", "end",
    "pageup", "pagedown", "ctrl+l", "delete",
)  # fmt: skip


MOVES = [*"jkgG" * 3, *"ynqaubdhflrm0678", *NAMED[4:8], "home", "end"]
"""Keys that open no dialog; some do nothing."""

TYPED = (*"yyySRBT", "enter", "enter", "right", "tab", "space")
"""What lands in bursts: what would do most harm."""


class Witness(httpx.AsyncBaseTransport):
    """Sees every mutation on its way to the simulated RunPod."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.seen: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v2"):
            if request.method != "GET":
                self.seen.append(rest_change(request, await request.aread()))
            return await self._inner.handle_async_request(request)
        asked = json.loads(await request.aread())
        if "mutation" in asked["query"]:
            word = asked["query"].partition("mutation ")[2].partition("(")[0].strip()
            self.seen.append(({"rent": "deploy"}.get(word, word), asked["variables"]["input"].get("podId", "")))
        return await self._inner.handle_async_request(request)


class Judge:
    """Follows the keys that a dialog heard, by rules of its own, and allows what they confirm."""

    def __init__(self) -> None:
        self.allowed: list[tuple[str, str]] = []
        self.dialogs = 0
        self._dialog: Screen[Any] | None = None

    def key(self, app: PodtopApp, key: str, beat: float) -> None:
        """Before a key is delivered: may it confirm what is on the screen?"""
        screen = app.screen
        if isinstance(screen, QuestionDialog):
            focused = screen.focused.id if screen.focused else None
            heard = beat >= screen._deaf_until and not screen.query_one("#do", Button).disabled
            typed = screen._asked.typed
            if heard and ((key == "y" and not typed) or (key == "enter" and focused in ("do", "confirm-typed"))):
                self.allowed.append(agreed_to(screen))
            return
        if not isinstance(screen, Confirm):
            return
        if screen is not self._dialog:
            self._dialog, self.dialogs = screen, self.dialogs + 1
        if beat < screen._deaf_until:
            return
        case, focused = screen._asked, screen.focused.id if screen.focused else None
        typing = (focused or "").startswith("confirm-")
        by_letter = key == "y" and case.action.consent is Consent.PRESS and not typing
        by_button = key == "enter" and focused == "do"
        by_name = key == "enter" and focused in ("confirm-typed", "confirm-name")
        if case.typed and screen._value("typed").strip() not in (case.typed, *(s.pod.id for s in case.subjects)):
            return
        if by_letter or by_button or by_name:
            word = {"bid": "bid_resume"}.get(case.action.id, case.action.id)
            self.allowed += [(word, subject.pod.id) for subject in case.subjects]


def agreed_to(screen: QuestionDialog) -> tuple[str, str]:
    """What a yes to a last question allows: a deploy; or what a watch that is armed now does later, once."""
    question = screen._asked
    if question.title.startswith("Arm: resume"):
        return "resume", question.line[1][0].strip()
    return ("nothing", "") if question.word == "Remove the watch" else ("deploy", "")


def next_key(rnd: random.Random, app: PodtopApp, others: list[str]) -> str:
    """Mostly anything; now and then what a person would press in this place, so that some dialogs are confirmed."""
    screen = app.screen
    draw = rnd.random()
    if isinstance(screen, DeployForm | QuestionDialog) and draw < 0.8:
        return rnd.choice(("ctrl+s", "y", "right", "enter", "escape"))
    if not isinstance(screen, Confirm) and draw < 0.3 and (screen.is_modal or isinstance(screen.focused, Input)):
        return "escape"
    if isinstance(screen, Confirm) and draw < 0.7:
        if draw < 0.14:
            return "escape"
        if screen._asked.typed and draw < 0.6:
            said, wanted = screen._value("typed"), screen._asked.typed
            if screen.focused is None or screen.focused.id != "confirm-typed":
                return "left"
            if not wanted.startswith(said):
                return "backspace"
            return wanted[len(said)] if len(said) < len(wanted) else "enter"
        return rnd.choice(("y", "enter", "right", "tab", "left"))
    if not isinstance(screen, Dialog) and draw < 0.07:
        # Dialogs are what costs time here: some dozens in each round will do.
        if app.guard.locked and draw < 0.02:
            return "L"
        if app.playback.frozen_view is not None and draw < 0.04:
            return "="
        return rnd.choice(ACTING) if draw < 0.0693 else "D"
    return rnd.choice(NAMED) if draw < 0.4 else rnd.choice(others)


async def delivered(app: PodtopApp) -> None:
    """Until whoever is concerned has dealt with what he was told; in a dialog every widget, since its focus counts."""
    quiet, until = 0, monotonic() + PATIENCE
    while quiet < 2:
        await asyncio.sleep(0)
        screen = app.screen
        told = screen.walk_children(with_self=True) if isinstance(screen, Dialog) else (screen, screen.focused or app)
        full = [pump for pump in (app, *told) if pump.message_queue_size]
        quiet = 0 if full or not app.input.idle else quiet + 1
        if app._exception is not None:
            # Its screen is dead, and deals with nothing more.
            raise app._exception
        assert monotonic() < until, f"{full or 'the input'} never dealt with it"


async def drawn(app: PodtopApp) -> None:
    """A frame, at once: a dialog is deaf until it is drawn, and all keys would be over before the next one is due."""
    app.screen._on_timer_update()
    await delivered(app)


each_api = pytest.mark.parametrize("api", list(Api))


@each_api
@pytest.mark.parametrize("round_", [SHORT_ROUNDS[1], pytest.param(SHORT_ROUNDS[0], marks=pytest.mark.wide)])
async def test_no_key_reaches_runpod_but_through_its_dialog(round_: int, api: Api, tmp_path: Path) -> None:
    await type_at_random(round_, SHORT_KEYS, tmp_path, api)


@pytest.mark.soak
@each_api
@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_none_of_a_hundred_thousand_does(round_: int, api: Api, tmp_path: Path) -> None:
    await type_at_random(round_, KEYS, tmp_path, api)


async def type_at_random(round_: int, left: int, tmp_path: Path, api: Api) -> None:
    """Type so many keys at a podtop on a simulated account, and hold what was sent against what was confirmed."""
    dialogs = max(1, left // 1_500)
    rnd = random.Random(round_)
    beat = 0.0
    witnesses: list[Witness] = []
    source = demo_source(
        wall=lambda: NOON + beat, history_s=60.0, prices_s=900.0, seed=round_, pods=rnd.choice((2, 6, 9)),
        api=api.value,
    )  # fmt: skip
    opened = source.open

    def watched() -> object:
        cloud = opened()
        assert isinstance(cloud, GraphQLCloud if api is Api.GRAPHQL else RestCloud)
        line = cloud._exchange._line
        assert line is not None
        client = line.client
        witness = Witness(client._transport)
        client._transport = witness
        witnesses.append(witness)
        return cloud

    from msgspec.structs import replace

    app = PodtopApp(
        replace(source, open=watched), Config(record=False),
        state=StateFiles(lambda: tmp_path, "demo", "https://demo.invalid"), monotonic=lambda: beat,
    )  # fmt: skip
    judge = Judge()
    others = [*OTHERS, *ELSEWHERE] if round_ % 5 == 0 else OTHERS
    # What is typed is what counts here, not what is painted; and the program goes on.
    unpainted = patch.object(Screen, "_compositor_refresh", lambda self: None)
    undrawn = patch.object(Table, "_repaint", lambda self: None)
    uncharted = patch.object(ChartScreen, "_show_charts", lambda self, pane, records: None)
    unquit = patch.object(PodtopApp, "exit", lambda self, *args, **kwargs: None)
    with still_pollers(), unpainted, undrawn, uncharted, unquit:
        async with app.run_test(size=SIZES[round_ % len(SIZES)]) as pilot:
            await settle(pilot)
            # How many of the keys come to a dialog depends on what is drawn meanwhile, and so on the machine.
            most = -2 * left
            while left > 0 or (judge.dialogs < dialogs and left > most):
                key = next_key(rnd, app, others)
                # What is typed right behind a key that acts, or into a dialog that is deaf, comes in a burst.
                deaf = isinstance(app.screen, Dialog) and beat < app.screen._deaf_until
                acts = key in ACTING and not isinstance(app.screen, Dialog)
                burst = rnd.randint(1, 25) if (deaf or acts) and rnd.random() < 0.3 else 0
                if not deaf:
                    beat += rnd.choice((0.0, DEAF / 2, DEAF * 1.2))
                    judge.key(app, key, beat)
                # Keys that open nothing go several at a time: only what a dialog hears is judged key by key.
                idle = [] if acts or app.screen.is_modal else [rnd.choice(MOVES) for _ in range(rnd.randint(0, 9))]
                for one in (*idle, key, *(rnd.choice(TYPED) for _ in range(burst))):
                    app.post_message(events.Key(one, one if len(one) == 1 else " " if one == "space" else None))
                await delivered(app)
                if isinstance(app.screen, Dialog) and math.isinf(app.screen._deaf_until) and rnd.random() < 0.8:
                    await drawn(app)
                left -= 1 + burst + len(idle)
                if deaf:
                    beat += DEAF * rnd.choice((0.5, 1.2, 1.2))
                if rnd.random() < 0.002:
                    app.clear_notifications()
                    await pilot.pause()
            await pilot.pause()
    (witness,) = witnesses
    allowed = list(judge.allowed)
    for sent in witness.seen:
        assert sent in allowed, f"{sent} was sent, and nobody confirmed it"
        allowed.remove(sent)
    assert judge.dialogs >= dialogs, "the keys hardly ever came to a dialog: they show nothing"
