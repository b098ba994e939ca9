"""Keys, clicks, pastes and sizes at random, in bursts, with lag: podtop is alive at the end, and no handler failed."""

from __future__ import annotations

import asyncio
import random

import pytest
from textual import events
from textual.geometry import Size

from tests.make import snapshot
from tests.ui.conftest import PODS, HeldCloud, Launch, Running
from tests.ui.test_deploy import DETAIL
from tui.api.account import Template, Templates
from tui.api.errors import Unreachable
from tui.api.models import Snapshot
from tui.api.pod_detail import PodDetail
from tui.ui.input.typeahead import QUIET

NAMED = (
    "enter", "escape", "escape", "tab", "shift+tab", "up", "down", "left", "right", "space", "backspace", "delete",
    "home", "end", "pageup", "pagedown", "ctrl+l", "ctrl+p", "ctrl+r", "ctrl+s", "ctrl+n", "f1", "insert",
)  # fmt: skip
LETTERS = "jkgGozvnpwcstxiMSRBTDL/?:1235[]{}<>+-=,.yY0l aefhmqru"
PASTES = ("llama-pretrain", "2", "A=1\nB=2", "x" * 300, "\x1b[31m", "0.25", "")
SIZES = ((120, 40), (60, 16), (24, 8))
TEMPLATE = Template(
    "tpl1", "sd-webui", "a1111:latest", None, "3000/http", (), 30, 40, "/data", None,
    False, False, False, False, False, None, None,
)  # fmt: skip


class Lagging(HeldCloud):
    """Answers late, or not at all, now and then."""

    def __init__(self, rnd: random.Random) -> None:
        super().__init__()
        self.rnd = rnd
        self.detail_answer = DETAIL
        self.templates_answer = Templates((TEMPLATE,))

        self.account_answer = Unreachable("no account")

    def __getattr__(self, name: str) -> object:
        """What else is asked of it does not come."""
        if name.startswith("_"):
            raise AttributeError(name)

        async def none(*asked: object) -> object:
            raise Unreachable(f"no {name}")

        return none

    async def fleet(self) -> Snapshot:
        await asyncio.sleep(self.rnd.choice((0.0, 0.0, 0.02)))
        found = self.rnd.random()
        self.fleet_answer = PODS if found < 0.8 else snapshot(*(PODS.pods or ())[: self.rnd.randint(0, 4)])
        if found > 0.95:
            raise Unreachable("no route")
        return await super().fleet()

    async def pod(self, pod_id: str) -> PodDetail | None:
        await asyncio.sleep(self.rnd.choice((0.0, 0.03)))
        return await super().pod(pod_id)


def random_event(rnd: random.Random, run: Running) -> list[events.Event]:
    draw = rnd.random()
    width, height = run.app.size
    if draw < 0.5:
        letter = rnd.choice(LETTERS)
        return [events.Key({" ": "space"}.get(letter, letter), letter)]
    if draw < 0.75:
        return [events.Key(rnd.choice(NAMED), None)]
    if draw < 0.93:
        x, y = rnd.randrange(max(1, width)), rnd.randrange(max(1, height))
        args = (None, x, y, 0, 0, 1, False, False, False, x, y)
        if rnd.random() < 0.2:
            return [rnd.choice((events.MouseScrollDown, events.MouseScrollUp))(*args)]
        return [kind(*args) for kind in (events.MouseDown, events.MouseUp)] * rnd.choice((1, 1, 2))
    if draw < 0.97:
        return [events.Paste(rnd.choice(PASTES))]
    size = Size(rnd.randint(1, 160), rnd.randint(1, 50)) if rnd.random() < 0.3 else Size(*rnd.choice(SIZES))
    return [events.Resize(size, size)]


async def walk(launch: Launch, size: tuple[int, int], count: int, seed: int) -> None:
    rnd = random.Random(seed)
    held = Lagging(rnd)
    async with launch(size=size, cloud=held) as run:
        run.app.exit = lambda *args, **kwargs: None  # type: ignore[method-assign, assignment]
        left = count
        while left > 0:
            many = rnd.choice((1, 1, 1, 3, 12))
            for _ in range(many):
                for event in random_event(rnd, run):
                    run.app.post_message(event)
            left -= many
            held.beat += rnd.choice((0.0, QUIET / 2, 1.2 * QUIET))
            held.now += rnd.choice((0.0, 1.0))
            await asyncio.sleep(rnd.choice((0.0, 0.0, 0.001, 0.02)))
            if rnd.random() < 0.05:
                await run.pilot.pause()
            assert run.app._exception is None
            assert run.app.is_running
        run.app.post_message(events.Resize(Size(120, 40), Size(120, 40)))
        for _ in range(30):
            await run.wait(1.0)
            if not run.app.screen.is_modal:
                break
            run.app.post_message(events.Key("escape", None))
        await run.wait(1.0)
        run.app.post_message(events.Key("question_mark", "?"))
        await run.settle()
        assert run.app.screen.is_modal, "it hears no more"


@pytest.mark.wide
async def test_it_lives(launch: Launch) -> None:
    await walk(launch, SIZES[0], 100, 1)


@pytest.mark.soak
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_it_lives_long(launch: Launch, size: tuple[int, int], seed: int) -> None:
    await walk(launch, size, 2000, seed)
