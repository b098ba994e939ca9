"""The log on the screen: what happened in this run and before, filtered, and the way to a pod as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.make import funds, pod, snapshot
from tests.stage import NOON, at_rest, landed, make_recording, replay_app
from tests.ui.conftest import NOW, PODS, HeldCloud, Launch, Running, sent_to_clipboard
from tui.api.errors import Throttled, Unreachable
from tui.api.models import Snapshot
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.domain.events import Event, Kind
from tui.history.archive.reader import Recording
from tui.history.queries import HistoryQueries
from tui.history.recorder import archive_path
from tui.ui.screens.events import EventsScreen
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.table import Table

LLAMA, EVAL = "k3v9x0q2m1a7ze", "p8d2n5c1r4t6yw"


QUIET = tuple(
    replace(p, runtime=None if p.runtime is None else replace(p.runtime, uptime=None)) for p in PODS.pods or ()
)
RICH = Snapshot(funds(1000.0, 1.0), QUIET)
"""The pods, with no alert about money, and no uptime that stands still."""

STOPPED = replace(
    RICH,
    pods=(
        *(p for p in QUIET if p.id != EVAL),
        pod(EVAL, name="eval-sweep", status="EXITED", utils=None, cost=0.0, gpu="RTX 4090"),
    ),
)


def rich(now: float = NOW, answer: Snapshot = RICH) -> HeldCloud:
    cloud = HeldCloud()
    cloud.now, cloud.fleet_answer = now, answer
    return cloud


async def later(run: Running, seconds: float, **answers: object) -> None:
    run.cloud.now += seconds
    await run.poll(**answers)  # type: ignore[arg-type]


async def test_everything_that_happened_newest_first(launch: Launch) -> None:
    async with launch(cloud=rich(), config=Config(interval=60.0)) as run:
        await later(run, 5, fleet=STOPPED)
        await later(run, 5, fleet=Unreachable("api.runpod.io cannot be reached: no route to host."))
        await later(run, 0)
        await later(run, 65, fleet=STOPPED)
        await run.press("e")
        text = run.text()
        lines = [line for line in text.splitlines() if line.startswith("│ 23 Nov")]
        assert [line.split()[5] for line in lines] == ["outage", "outage", "stopped"]
        assert "connection restored after 1m 05s" in lines[0]
        assert "no route to host" in lines[1]
        assert "eval-sweep" in lines[2]
        assert "Events  3" in text


async def test_one_poll_that_fails_is_no_outage_and_long_silence_is(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        for _ in range(5):
            await later(run, 5, fleet=Unreachable("a connection was lost"))
            await later(run, 5, fleet=RICH)
        assert [event for event in run.app.fleet.events if event.pod == ""] == []
        await later(run, 11, fleet=Unreachable("it took its time"))
        (event,) = [event for event in run.app.fleet.events if event.pod == ""]
        assert (event.kind, event.text) == (Kind.OUTAGE, "it took its time")


@pytest.mark.wide
async def test_throttling_is_told_too_and_each_trouble_once(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        for _ in range(4):
            await later(run, 5, fleet=Throttled("RunPod returned 429: too many requests.", None))
        await later(run, 5, fleet=RICH)
        kinds = [event.kind for event in run.app.fleet.events if event.pod == ""]
        assert kinds == [Kind.THROTTLED, Kind.THROTTLED_OVER]


@pytest.mark.wide
async def test_filtering(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        await later(run, 5, fleet=STOPPED)
        await later(run, 5, fleet=Unreachable("no route"))
        await later(run, 0)
        await run.press("e", "slash", *"kind:stopped pod:eval")
        await run.settle()
        assert "1 of 2" in run.text()
        assert "no route" not in run.text()
        await run.press("enter")
        await run.press("slash", *" nothing")
        assert "2 hidden" in run.text()
        await run.press("escape")
        await run.settle()
        assert "Events  2" in run.text()
        await run.press("slash", *"kind:zzz")
        await run.settle()
        assert "kind: expects status, alert" in run.text()
        await run.press("enter", "escape")
        assert isinstance(run.app.screen, EventsScreen)


@pytest.mark.wide
async def test_copying_an_event(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        await later(run, 5, fleet=STOPPED)
        sent = sent_to_clipboard(run)
        await run.press("e", "c")
        await run.wait(1)
        await run.press("c")
        await run.settle()
        (copied,) = sent
        assert "eval-sweep" in copied
        assert "stopped" in copied


@pytest.mark.wide
async def test_without_a_recording_the_pod_is_shown_as_it_is_now_and_that_is_said(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        await later(run, 5, fleet=STOPPED)
        await run.press("e", "enter")
        await run.until("Nothing recorded at that time")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == EVAL


async def test_an_event_about_no_pod_leads_nowhere_and_says_so(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        await later(run, 5, fleet=Unreachable("no route"))
        await later(run, 0)
        await run.press("e", "enter")
        await run.until("This event has no pod")
        assert isinstance(run.app.screen, EventsScreen)


def recorded(directory: Path) -> Recording:
    return Recording(archive_path(directory, "test", "test"))


async def remembered(run: Running) -> None:
    """Until what was recorded before is at hand."""
    for _ in range(6_000):
        if run.app.fleet.has_past and run.app.session.monitor._judges:
            return
        await run.pilot.pause(0.01)
    raise AssertionError("the recording was not opened")


@pytest.mark.wide
async def test_enter_goes_to_the_pod_at_that_time_and_equals_returns(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=rich(), record=tmp_path) as run:
        await remembered(run)
        await later(run, 60, fleet=STOPPED)
        await later(run, 60)
        await later(run, 600)
        await run.press("e", "enter")
        for _ in range(6_000):
            if isinstance(run.app.screen, PodScreen):
                break
            await run.pilot.pause(0.01)
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.playback.in_history
        assert run.app.playback.view[1] == NOW + 60
        text = await _text(run, "◀ HISTORY 12:01:00")
        assert "eval-sweep" in text
        await run.press("escape")
        assert isinstance(run.app.screen, EventsScreen)
        assert "stopped" in run.text(), "the log stays whole while the past is looked at"
        await run.press("equals_sign")
        assert not run.app.playback.in_history


async def _text(run: Running, words: str) -> str:
    await run.until(words)
    return run.text()


@pytest.mark.wide
async def test_the_log_goes_on_after_a_restart_and_nothing_stands_twice(launch: Launch, tmp_path: Path) -> None:
    first = rich()
    async with launch(record=tmp_path, cloud=first) as run:
        await remembered(run)
        await later(run, 60, fleet=STOPPED)
        await later(run, 5, fleet=Unreachable("no route"))
        await later(run, 0)
        await later(run, 60, fleet=STOPPED)
    without = replace(RICH, pods=tuple(p for p in QUIET if p.id != EVAL))
    second = rich(NOW + 3 * 86_400.0, without)
    async with launch(record=tmp_path, cloud=second) as run:
        await remembered(run)
        await run.poll()
        await run.press("e")
        await run.until("outage ended")
        every = run.app.screen._log.every  # type: ignore[attr-defined]
        assert [event.kind for event in every] == [Kind.STOPPED, Kind.OUTAGE, Kind.OUTAGE_OVER, Kind.GONE]
        assert len(set(every)) == len(every)
        assert "eval-sweep" in run.text(), "a pod that is gone has its name"
    third = rich(NOW + 3 * 86_400.0 + 60, without)
    async with launch(record=tmp_path, cloud=third) as run:
        await remembered(run)
        await run.poll()
        await run.press("e")
        await run.until("outage ended")
        assert len(run.app.screen._log.every) == 4  # type: ignore[attr-defined]
    kept = recorded(tmp_path)
    assert len(kept.events(0, NOW * 2)) == 4
    kept.close()


@pytest.mark.wide
async def test_an_alert_that_lasts_over_a_restart_is_told_once(launch: Launch, tmp_path: Path) -> None:
    def idle() -> HeldCloud:
        cloud = HeldCloud()
        cloud.fleet_answer = snapshot(pod("a", name="sleeper", utils=(0.0,)), funds=funds(1000.0, 1.0))
        return cloud

    first = idle()
    async with launch(record=tmp_path, config=Config(interval=60.0), cloud=first) as run:
        await remembered(run)
        for _ in range(13):
            await later(run, 60)
        assert [e.kind for e in run.app.fleet.events if e.kind is Kind.IDLE] == [Kind.IDLE]
    second = idle()
    second.now = first.now + 30
    async with launch(record=tmp_path, config=Config(interval=60.0), cloud=second) as run:
        await remembered(run)
        for _ in range(13):
            await later(run, 60)
        busy = snapshot(pod("a", name="sleeper", utils=(90.0,)), funds=funds(1000.0, 1.0))
        for _ in range(3):
            await later(run, 60, fleet=busy)
        told = [e.kind for e in run.app.fleet.events if e.kind in (Kind.IDLE, Kind.IDLE_OVER)]
        assert told == [Kind.IDLE, Kind.IDLE_OVER]


@pytest.mark.wide
async def test_thousands_of_events_are_shown_by_the_line(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=rich(), record=tmp_path) as run:
        await remembered(run)
        events = [Event(NOW - 20 * 86_400 + n, LLAMA, Kind.RESTART, f"number {n}") for n in range(3000)]
        assert run.app.session.monitor._recorder is not None
        run.app.session.monitor._recorder.happened(tuple(events))
        await later(run, 60)
        await run.press("e")
        await run.until("3,000")
        table = run.app.screen.query_one("#events", Table)
        drawn: list[str] = []
        cells = table._cells
        table._cells = lambda key: (drawn.append(key), cells(key))[1]  # type: ignore[func-returns-value]
        await run.press("G")
        assert "number 0" in run.text()
        assert len(drawn) < 200, "only lines that are seen are made"


async def test_another_screen_on_top_costs_the_log_nothing(launch: Launch) -> None:
    async with launch(cloud=rich()) as run:
        await run.press("e")
        screen = run.app.screen
        assert isinstance(screen, EventsScreen)
        await run.press("1")
        gathered: list[int] = []
        screen._log.read = lambda: bool(gathered.append(1))  # type: ignore[method-assign, func-returns-value]
        await later(run, 5, fleet=STOPPED)
        assert gathered == []


@pytest.mark.wide
async def test_every_size(launch: Launch) -> None:
    async with launch(cloud=rich(), size=(20, 6)) as run:
        await later(run, 5, fleet=STOPPED)
        await run.press("e")
        for size in ((20, 6), (40, 12), (80, 24), (120, 40), (200, 50)):
            await run.pilot.resize_terminal(*size)
            await run.settle()
            text = run.text()
            assert all(len(line) <= size[0] for line in text.splitlines())
            if size[0] >= 40:
                assert "■" in text
                assert "exited" in text
            if size[0] >= 160:
                assert "Other events" in text


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recording") / "a.sqlite", hours=10.0, step=120.0)


@pytest.mark.wide
async def test_in_a_replay_the_log_is_that_of_the_whole_recording(recording: Path) -> None:
    app = replay_app(recording, at=NOON - 5 * 3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot, "e")
        await wait_for(pilot, "flux-lora-train")
        assert isinstance(app.screen, EventsScreen)
        await pilot.press("enter")
        await at_rest(pilot)
        assert isinstance(app.screen, PodScreen)
        assert app.playback.view[1] > NOON - 3600, "on to what was still ahead"


@pytest.mark.wide
async def test_a_recording_of_long_ago_has_its_log(recording: Path) -> None:
    past = HistoryQueries(recording)
    found = await past.log(NOON + 400 * 86_400.0)
    past.close()
    assert {"flux-lora-train", "qwen-eval-sweep"} <= set(found.names.values())
    assert found.events


async def wait_for(pilot: Pilot[None], words: str) -> None:
    app = pilot.app
    assert isinstance(app, PodtopApp)
    for _ in range(6_000):
        if words in "".join(strip.text for strip in app.screen._compositor.render_strips()):
            return
        await pilot.pause(0.01)
    raise AssertionError(words)
