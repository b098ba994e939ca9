"""Runs on the screen: read from the log of a pod that is named, and no sign of them where none is."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.logs import line
from tests.make import pod, snapshot
from tests.ui.conftest import NOW, HeldCloud, Launch, Running
from tests.ui.test_logs_screen import FIRST, OTHER, Cloud
from tui.config.loader import Config
from tui.domain.signals.rules import PodSignals, SignalRules
from tui.domain.signals.values import Values
from tui.history.archive.facts import Facts
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recorder import archive_path
from tui.services.signals import collector
from tui.store.run_signals import Run
from tui.store.signal_series import SignalSeries


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is looked at often."""
    monkeypatch.setattr(collector, "LOOK", 0.05)


NAMED = Config(signals=SignalRules(pods=(("llama-*", PodSignals()),)))


def written() -> Cloud:
    """A pod's log with a loss in it; and another pod's, which is not named."""
    lines = [line(n, f"step {n}/1000 | loss {3 - n / 100:.3f} | lr 1e-4", at=NOW - 400 + 4 * n) for n in range(100)]
    lines.append(line(100, "[bold]\x1b[31mno markup[/]", at=NOW))
    return Cloud(**{OTHER: lines, FIRST: lines})


async def test_the_fleet_and_the_pod_show_the_run_that_is_read(launch: Launch) -> None:
    cloud = written()
    async with launch(cloud=cloud, config=NAMED, size=(140, 44)) as run:
        await run.until_so(lambda: bool(run.app.fleet.runs) and run.app.fleet.runs[OTHER].lines >= 100)
        await run.poll()
        text = run.text()
        assert "LOSS" in text
        assert "2.01" in text
        assert {pod for pod, _ in cloud.log.asked} == {OTHER}, "the other pod is not named"
        await run.go("llama")
        await run.press("enter")
        await run.until("key=value lines (detected)")
        text = run.text()
        assert "99 of 1,000" in text
        assert "Ends" in text
        assert "[bold]" in text, "a line of a log is no markup"
        assert re.search(r"loss +2\.0", text), "in a row of its own: utilization and memory stay the big charts"
        await run.press("tab")
        assert "x axis" in run.text()
        await run.press("x")
        await run.until("since its first line")
        assert "CPU  " in run.text(), "the clock of the GPUs counts from the run's start"
        await run.press("x")
        await run.until("by step")
        assert "CPU  " not in run.text(), "GPUs report no steps"
        await run.press("left", "left")
        await run.until(" ▸  by step")
        await run.press("x")
        await run.until("CPU  ")
        assert "by step" not in run.text()


async def test_without_a_named_pod_no_log_is_read_and_there_are_no_columns(launch: Launch) -> None:
    cloud = written()
    async with launch(cloud=cloud) as run:
        await run.poll()
        assert "LOSS" not in run.text()
        assert cloud.log.asked == []


@pytest.mark.wide
async def test_an_api_without_logs_is_said_on_the_pod(launch: Launch) -> None:
    async with launch(cloud=HeldCloud(), config=NAMED, size=(140, 44)) as run:
        await run.until_so(lambda: bool(run.app.fleet.runs) and run.app.fleet.runs[OTHER].problem != "")
        await run.poll()
        await run.go("llama")
        await run.press("enter")
        await run.until("the API in use has no logs")


@pytest.mark.wide
async def test_a_run_is_compared_with_those_of_the_pod_that_were_recorded(launch: Launch, tmp_path: Path) -> None:
    path = archive_path(tmp_path, "test", "test")
    path.parent.mkdir(parents=True)
    with closing(Writer(connect(path, write=True), NOW - 90_001.0, silence=60.0)) as writer:
        for number in range(60):
            at = NOW - 90_000.0 + 60 * number
            run = Run("log", now=Values(step=10 * number, total=1_000, loss=4.5), values_at=at)
            writer.write([Polled(at, snapshot(pod(OTHER)), facts=Facts(runs={OTHER: run}))])
    async with launch(cloud=written(), config=NAMED, record=tmp_path, size=(140, 44)) as run_of_app:
        run = run_of_app
        await run.until_so(lambda: bool(run.app.fleet.runs) and run.app.fleet.runs[OTHER].lines >= 100)
        await run.poll()
        await run.until_so(lambda: run.app.playback.past is not None)
        await run.go("llama")
        await run.press("enter", "tab", "x")
        await run.until("22 Nov 11:00")
        assert "▪present" in run.text()
        assert "CPU  " not in run.text(), "the GPUs of two runs have no clock in common"
        await run.press("x")
        await run.until("by step")
        assert "22 Nov 11:00" in run.text()
        await _steps_in_history_read_earlier_runs_once(run)


async def _steps_in_history_read_earlier_runs_once(run: Running) -> None:
    past, asked = run.app.playback.past, list[float]()
    assert past is not None
    read = past.runs_of

    async def counted(pod: str, until: float) -> tuple[SignalSeries, ...]:
        asked.append(until)
        return await read(pod, until)

    past.runs_of = counted  # type: ignore[method-assign]
    await run.app.playback.go(NOW - 87_000.0)
    await run.until("by step")
    await run.until_so(lambda: len(asked) == 1)
    for _ in range(4):
        before = run.app.playback.view[1]
        await run.press("[")
        await run.until_so(lambda before=before: run.app.playback.view[1] < before)  # type: ignore[misc]
    assert run.app.playback.in_history
    assert len(asked) == 1, "within hours, what was read is kept"
