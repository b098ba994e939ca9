"""The screen as a person sees it, in every state, as pictures at a fixed instant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.make import funds, snapshot
from tests.stage import at_rest as rest
from tests.stage import demo_app, landed, make_recording, replay_app, settle, still_pollers, watched
from tests.ui.conftest import NOW, PODS, HeldCloud
from tui.api.errors import Throttled, Unauthorized, Unreachable
from tui.api.models import Problem, Snapshot, Unreadable
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.services.source import Source
from tui.ui.render import header
from tui.ui.widgets.status_lines import TwoSided

Compare = Callable[..., bool]
SMALL = (100, 30)


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    with still_pollers():
        yield


with_header = pytest.mark.with_header
"""Pictures that show the header; in the others it is blank, for its words and figures stand in every one of them."""


@pytest.fixture(autouse=True)
def _without_header(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("with_header") is None:
        monkeypatch.setattr(header, "header", lambda *args, **more: (TwoSided(()), TwoSided(())))


def held_app(cloud: HeldCloud, **config: Any) -> PodtopApp:
    return PodtopApp(Source("runpod", False, lambda: cloud, lambda: cloud.now), Config(**config), tz=UTC)


def pressing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot, *keys)

    return run


def after(act: Callable[[Pilot[None]], Awaitable[None]]) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await act(pilot)
        await settle(pilot)

    return run


def among(kept: tuple[str, ...], all_of_them: Iterable[str]) -> list[Any]:
    """All of them, of which every run looks at those that are kept."""
    return [pytest.param(one, id=one, marks=() if one in kept else pytest.mark.wide) for one in all_of_them]


def looks(kept: tuple[str, ...]) -> pytest.MarkDecorator:
    """What changes with the size is seen in one theme; what changes with the theme at one size."""
    whole = ("80x24-podtop-dark", "120x40-podtop-dark", "120x40-podtop-light", "200x50-podtop-dark")
    return pytest.mark.parametrize("look", among(kept, whole))


def looked_at(look: str) -> tuple[str, tuple[int, int]]:
    """Its theme and its size."""
    size, _, theme = look.partition("-")
    width, _, height = size.partition("x")
    return theme, (int(width), int(height))


@with_header
@looks(("80x24-podtop-dark",))
def test_demo(snap_compare: Compare, look: str) -> None:
    theme, size = looked_at(look)
    assert snap_compare(demo_app(theme), terminal_size=size, run_before=pressing("j"))


ASKED = {
    "stop": ("j", "S"),
    "terminate": ("j", "j", "T", "left", *"mixtral"),
    "bulk": ("space", "space", "space", "j", "j", "space", "T"),
    "resume-on-a-full-host": ("G", "R"),
    "copy": ("j", "c", "j"),
    "lease": ("j", "t", *"8h"),
    "deploy": ("M", "tab", "tab", "slash", *"h100", "enter", "D", "backspace", "8"),
    "deploy-with-faults": ("M", "tab", "tab", "slash", *"h100", "enter", "D", "backspace", "9", "tab", "tab", "x"),
    "locked": ("j", "L"),
    "events": ("e",),
}


SHORT_OF_ROOM = ("terminate", "bulk", "deploy", "deploy-with-faults")


KINDS = ("terminate",)


@pytest.mark.parametrize(
    ("what", "size"),
    [
        *(
            pytest.param(what, (120, 40), id=f"120x40-{what}", marks=() if what in KINDS else pytest.mark.wide)
            for what in ASKED
        ),
        *(pytest.param(what, (80, 24), id=f"80x24-{what}", marks=pytest.mark.wide) for what in SHORT_OF_ROOM),
    ],
)
def test_asked(snap_compare: Compare, what: str, size: tuple[int, int]) -> None:
    assert snap_compare(demo_app(), terminal_size=size, run_before=pressing(*ASKED[what]))


MARKET = ("2", "slash", *"vram>=80", "enter", "j", "j")


@looks(())
def test_market(snap_compare: Compare, look: str) -> None:
    theme, size = looked_at(look)
    assert snap_compare(demo_app(theme), terminal_size=size, run_before=pressing(*MARKET))


MARKETS = {
    "details": (*MARKET, "tab"),
    "trend": (*MARKET, "tab", "tab"),
    "cpus": ("2", "right"),
    "data-centres": ("2", "right", "right", "right"),
    "no-watches": ("2", "left"),
    "watch": ("2", "slash", *"mi300", "enter", "w", *"2.50"),
    "watch-that-deploys": ("2", "slash", *"mi300", "enter", "w", *"2.50", "down", "right", "down", *"4"),
    "resume-watch": ("G", "w"),
}


@pytest.mark.wide
@pytest.mark.parametrize("what", among(("watch-that-deploys",), MARKETS))
def test_markets(snap_compare: Compare, what: str) -> None:
    assert snap_compare(demo_app(), terminal_size=(80, 24), run_before=pressing(*MARKETS[what]))


HOSTS = {
    "120x40": ((120, 40), "podtop-dark", ("4",)),
    "200x50-light": ((200, 50), "podtop-light", ("4", "j")),
    "40x12": ((40, 12), "podtop-dark", ("4",)),
}


@pytest.mark.wide
@pytest.mark.parametrize("what", among(("120x40",), HOSTS))
def test_hosts(snap_compare: Compare, what: str) -> None:
    size, theme, keys = HOSTS[what]

    async def run(pilot: Pilot[None]) -> None:
        await watched(pilot)
        await settle(pilot, *keys)
        await rest(pilot)

    assert snap_compare(demo_app(theme), terminal_size=size, run_before=run)


@pytest.mark.wide
def test_events_in_a_wide_terminal(snap_compare: Compare, recording: Path) -> None:
    # In a replay: what the log tells of is a recording's.
    assert snap_compare(replay_app(recording), terminal_size=(200, 50), run_before=at_rest("e", "j", "j"))


ACCOUNTS = {
    "120x40-money": ((120, 40), None, ("3", "space", "space")),
    "200x50-money": ((200, 50), None, ("3", "space", "space")),
    "80x24-money-light": ((80, 24), "podtop-light", ("3",)),
    "120x40-charges-light": ((120, 40), "podtop-light", ("3", "right")),
    "120x40-readme": ((120, 40), None, ("3", "left", "left", "j", "enter")),
}


@pytest.mark.parametrize("what", among((), ACCOUNTS))
def test_account(snap_compare: Compare, what: str) -> None:
    size, theme, keys = ACCOUNTS[what]
    assert snap_compare(demo_app(theme), terminal_size=size, run_before=pressing(*keys))


@pytest.mark.wide
def test_telemetry_alone(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=(80, 24), run_before=pressing("j", "tab"))


@pytest.mark.wide
@looks(("120x40-podtop-dark",))
def test_pod(snap_compare: Compare, look: str) -> None:
    theme, size = looked_at(look)
    assert snap_compare(demo_app(theme), terminal_size=size, run_before=pressing("j", "enter"))


@pytest.mark.wide
def test_pod_revealed(snap_compare: Compare) -> None:
    keys = ("j", "enter", "z", "x", *["pagedown"])
    assert snap_compare(demo_app(), terminal_size=(120, 40), run_before=pressing(*keys))


@pytest.mark.wide
def test_pods_compared(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=(120, 40), run_before=pressing("space", "space", "space"))


@pytest.mark.wide
def test_heat_strips_with_a_cursor(snap_compare: Compare) -> None:
    keys = ("j", "v", "tab", "z", *["left"] * 9)
    assert snap_compare(demo_app(), terminal_size=(120, 40), run_before=pressing(*keys))


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recording") / "a.sqlite", hours=12.0, step=120.0)


def at_rest(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await landed(pilot, *keys)

    return run


@with_header
@pytest.mark.wide
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_replay(snap_compare: Compare, recording: Path, size: tuple[int, int]) -> None:
    assert snap_compare(replay_app(recording), terminal_size=size, run_before=at_rest("j", "j", "minus", "minus"))


@pytest.mark.wide
def test_replay_of_a_pod(snap_compare: Compare, recording: Path) -> None:
    assert snap_compare(replay_app(recording), terminal_size=(120, 40), run_before=at_rest("j", "j", "enter", "minus"))


@pytest.mark.wide
def test_market_zoomed(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=SMALL, run_before=pressing("shift+tab", "z"))


@with_header
def test_very_small(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=(40, 10), run_before=pressing())


@pytest.mark.wide
def test_filter_being_typed(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=SMALL, run_before=pressing("slash", *"qwen"))


@pytest.mark.wide
def test_help(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=SMALL, run_before=pressing("question_mark"))


@pytest.mark.wide
@with_header
def test_paused(snap_compare: Compare) -> None:
    assert snap_compare(demo_app(), terminal_size=SMALL, run_before=pressing("p"))


@pytest.mark.wide
@with_header
def test_read_only(snap_compare: Compare) -> None:
    assert snap_compare(held_app(HeldCloud(), read_only=True), terminal_size=SMALL, run_before=pressing())


@with_header
def test_loading(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PodtopApp, "_begin", lambda app: None)

    async def run(pilot: Pilot[None]) -> None:
        await pilot.pause()

    assert snap_compare(held_app(HeldCloud()), terminal_size=SMALL, run_before=run)


@with_header
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("no-network", Unreachable("api.runpod.io cannot be reached: no route to host.")),
        pytest.param(
            "unreadable",
            replace(PODS, unreadable=(Unreadable("bad1", "odd-one", "Expected `float`, got `str`"),)),
            marks=pytest.mark.wide,
        ),
        *(
            pytest.param(*state, marks=pytest.mark.wide)
            for state in (
                ("empty", snapshot()),
                ("unauthorized", Unauthorized("RunPod returned 401: this key is wrong or was revoked.")),
                ("throttled", Throttled("RunPod returned 429: too many requests, wait for 20 s.", 20.0)),
                (
                    "no-pods-in-answer",
                    Snapshot(funds(), None, (), (Problem("Something went wrong", ("myself", "pods")),)),
                ),
                ("no-balance", Snapshot(None, PODS.pods)),
            )
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_state(snap_compare: Compare, name: str, answer: Any) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = answer
    assert snap_compare(held_app(cloud), terminal_size=SMALL, run_before=pressing())


@with_header
def test_stale(snap_compare: Compare) -> None:
    cloud = HeldCloud()

    async def unplug(pilot: Pilot[None]) -> None:
        cloud.now = NOW + 95
        cloud.fleet_answer = cloud.market_answer = Unreachable("api.runpod.io cannot be reached.")
        await pilot.press("ctrl+r")

    assert snap_compare(held_app(cloud), terminal_size=SMALL, run_before=after(unplug))
