"""What is on the screen is in plain words, and no sentence is longer than its place at 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.make import funds, snapshot
from tests.stage import demo_app, landed, make_recording, replay_app, settle, still_pollers
from tests.ui.conftest import OFFERS, HeldCloud, Launch, Running, rendered
from tests.words.retired import Found, found
from tui.api.errors import CloudError, Forbidden, Malformed, Throttled, TimedOut, Unauthorized, Unreachable
from tui.api.models import Market, Snapshot
from tui.config.loader import Config
from tui.ui.primitives import cells, empty_state
from tui.ui.primitives.cells import Cell, width_of
from tui.ui.widgets import status_lines

SIZE = (80, 24)
FRAME = re.compile(r"[╭╮╰╯│─▔▁█▊▎▍▏┃━]+")

Seen = dict[str, set[str]]
"""Lines of the screen, and where each was seen."""

LISTS = {
    "fleet": ("1",),
    "several": ("1", "space", "space"),
    "telemetry": ("1", "escape", "g", "tab"),
    "market beside it": ("1", "tab", "tab"),
    "map of GPUs": ("1", "tab", "tab"),
    "pod": ("1", "g", "j", "enter"),
    "pod, its facts": ("1", "g", "enter", "tab"),
    "pod, its panes": ("1", "g", "enter", "tab", "tab", "tab"),
    **{f"market {n}": ("2", *["right"] * n) for n in range(5)},
    "market, details": ("2", "tab"),
    "market, trend": ("2", "tab", "tab"),
    **{f"account {n}": ("3", *["right"] * n) for n in range(9)},
    "account, facts": ("3", "tab"),
    "hosts": ("4",),
    "host, facts": ("4", "tab"),
    "events": ("5",),
    "filtered": ("5", "slash", *"zzz", "enter"),
    "pods filtered": ("1", "slash", *"zzz", "enter"),
    "prices filtered": ("2", "slash", *"zzz", "enter"),
}
DIALOGS = {
    "stop": ("1", "g", "j", "S"),
    "terminate": ("1", "g", "j", "j", "T"),
    "several": ("1", "space", "space", "T"),
    "resume": ("1", "G", "R"),
    "timer": ("1", "j", "t"),
    "watch": ("2", "j", "w"),
    "arm": ("1", "G", "w"),
    "deploy": ("2", "j", "D"),
    "filters": ("2", "f"),
    "copy": ("1", "j", "c"),
    "palette": ("1", "ctrl+p"),
    "help": ("1", "question_mark"),
    "help, further": ("1", "question_mark", "pagedown"),
    "help of the market": ("2", "question_mark"),
    "help of a pod": ("1", "enter", "question_mark"),
    "help of the account": ("3", "question_mark", "pagedown"),
    "help of events": ("5", "question_mark"),
}


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of lines and notices that were cut with an ellipsis while the screen was looked at."""
    texts: list[str] = []

    def fit(cell: Cell, width: int, *, right: bool = False) -> Cell:
        if 0 < width < width_of(cell):
            texts.append("".join(text for text, _ in cell))
        return cells.fit(cell, width, right=right)

    monkeypatch.setattr(status_lines, "fit", fit)
    monkeypatch.setattr(empty_state, "fit", fit)
    return texts


def phrases(text: str) -> Iterator[str]:
    """What stands together on the screen: columns are not one sentence."""
    for line in text.splitlines():
        for part in re.split(r"\s{2,}", FRAME.sub("  ", line)):
            if part.strip():
                yield part.strip()


def judge(seen: Seen) -> list[tuple[str, list[Found], set[str]]]:
    return [(text, retired, places) for text, places in seen.items() if (retired := found(text))]


def look(seen: Seen, where: str, text: str) -> None:
    for phrase in phrases(text):
        seen.setdefault(phrase, set()).add(where)


async def leave(pilot: Pilot[None]) -> None:
    while pilot.app.screen.is_modal:
        pilot.app.pop_screen()
        await settle(pilot)
    await settle(pilot, "escape", "escape", "escape")
    pilot.app.clear_notifications()


@pytest.mark.wide
async def test_screens_and_dialogs_of_the_demo(cut: list[str]) -> None:
    seen: Seen = {}
    with still_pollers():
        app = demo_app()
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await settle(pilot)
            for where, keys in (LISTS | DIALOGS).items():
                await leave(pilot)
                cut.clear()
                await settle(pilot, *keys)
                look(seen, where, rendered(app))
                assert cut == [], where
    assert len(seen) > 600
    assert judge(seen) == []


TROUBLE: dict[str, Snapshot | CloudError] = {
    "unreachable": Unreachable("api.runpod.io cannot be reached: no route to host."),
    "slow": TimedOut("api.runpod.io did not respond within 10 s."),
    "throttled": Throttled("RunPod responded 429: too many requests.", 20.0),
    "key rejected": Unauthorized("RunPod rejected the API key."),
    "not allowed": Forbidden("The API key may not read pods."),
    "malformed": Malformed("The response is not JSON."),
    "no pods": snapshot(funds=funds(100.0)),
    "no list of pods": Snapshot(funds(100.0, 1.0), None),
    "no balance": snapshot(funds=None),
}


@pytest.mark.wide
@pytest.mark.parametrize("later", [False, True], ids=["from the start", "after data"])
async def test_screens_in_trouble(launch: Launch, cut: list[str], later: bool) -> None:
    """Before the first data, and with old data on the screen."""
    seen: Seen = {}
    for what, answer in TROUBLE.items():
        cloud = HeldCloud()
        prices: Market | CloudError = answer if isinstance(answer, CloudError) else OFFERS
        if not later:
            cloud.fleet_answer, cloud.market_answer = answer, prices
        async with launch(cloud=cloud, size=SIZE) as run:
            if later:
                run.cloud.now += 60
                await run.poll(answer, prices)
                run.cloud.now += 60
                await run.poll(answer, prices)
            for key in "1235":
                cut.clear()
                await run.press(key)
                look(seen, f"{what}, {key}", run.text())
                assert cut == [], (what, key)
    assert judge(seen) == []


GUARDED = {
    "locked": ("L",),
    "locked, and tried": ("L", "g", "j", "S"),
    "paused": ("p",),
    "stepped back": ("z",),
    "in history, and tried": ("z", "g", "j", "S"),
    "nothing to stop": ("G", "S"),
    "nothing to resume": ("g", "R"),
    "refreshed": ("ctrl+r",),
    "sorted": ("o", "O"),
    "range": ("plus", "minus"),
    "not to be quit": ("question_mark", "q", "q"),
}


@pytest.mark.wide
async def test_what_is_said_in_passing(launch: Launch, cut: list[str]) -> None:
    seen: Seen = {}
    for config in (Config(), Config(read_only=True)):
        async with launch(size=SIZE, config=config) as run:
            for where, keys in GUARDED.items():
                await run.afresh()
                cut.clear()
                for key in keys:
                    await run.press(key)
                look(seen, where, run.text())
                look(seen, f"toasts: {where}", run.toasts())
                assert cut == [], where
                await back(run)
    assert judge(seen) == []


async def back(run: Running) -> None:
    await run.wait(1.0)
    await run.press("equals_sign")
    if run.app.context.session.guard.locked:
        await run.press("L")


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recording") / "a.sqlite", hours=12.0, step=120.0)


@pytest.mark.wide
async def test_history(cut: list[str], recording: Path) -> None:
    seen: Seen = {}
    with still_pollers():
        app = replay_app(recording)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await landed(pilot)
            for key in ("1", "z", "2", "3", "5", "question_mark"):
                cut.clear()
                await landed(pilot, key)
                look(seen, key, rendered(app))
                assert cut == [], key
    assert judge(seen) == []
