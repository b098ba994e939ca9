"""Time on the screen: clocks that are set while podtop runs, frames drawn late, charts that end now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from textual._compositor import Compositor

from tests.make import pod, snapshot
from tests.ui.conftest import NOW, Launch, Running
from tui.api.errors import TimedOut
from tui.api.models import GpuReading, Telemetry
from tui.clocks import Clocks
from tui.domain.events import Kind
from tui.services.reconciler import PATIENCE
from tui.ui.charts.spec import GUTTER, AxisSpec, ChartSpec, window
from tui.ui.charts.time_axis import time_axis
from tui.ui.screens.charted import RANGES, ChartScreen
from tui.ui.widgets.chart import Chart
from tui.ui.widgets.status_lines import Lines

HOUR, DAY = 3600.0, 86_400.0


class Machine:
    """The clocks of a machine and of RunPod, in a test's hand."""

    def __init__(self) -> None:
        self.wall, self.boot, self.server = NOW, 500.0, NOW
        self.clocks = Clocks(lambda: self.wall, lambda: self.boot)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds
        self.server += seconds


def told(machine: Machine) -> Any:
    """A pod whose temperature RunPod took just now, and one that it rented out five minutes ago, by its own clock."""
    busy = pod("k3v9x0q2m1a7ze", name="llama-pretrain", utils=(91.0,), cost=11.96)
    hot = replace(busy, telemetry=Telemetry(machine.server - 5, None, (GpuReading(None, None, None, 71.0),)))
    since = f"{datetime.fromtimestamp(machine.server - 300, UTC):%a %b %d %Y %H:%M:%S} GMT+0000"
    return snapshot(hot, pod("q9w8e7r6t5y4u3", name="flux-lora", utils=None, change=f"Rented by User: {since}"))


async def live(run: Running, machine: Machine, polls: int = 6) -> None:
    """Poll every five seconds; each answer has RunPod's date."""
    for _ in range(polls):
        machine.wait(5)
        machine.clocks.dated(float(int(machine.server)), 0.1)
        await run.poll(told(machine))


@pytest.mark.parametrize(
    ("which", "by"),
    [
        ("wall", -HOUR),
        pytest.param("server", DAY, marks=pytest.mark.wide),
        *(pytest.param("wall", by, marks=pytest.mark.wide) for by in (HOUR, DAY, -DAY)),
        *(pytest.param("server", by, marks=pytest.mark.wide) for by in (HOUR, -HOUR, -DAY)),
    ],
)
async def test_a_clock_is_set_and_all_goes_on(launch: Launch, which: str, by: float) -> None:
    machine = Machine()
    async with launch(size=(200, 50), clocks=machine.clocks) as run:
        await live(run, machine)
        assert "● live 12:00:30" in run.text()
        series = run.app.fleet.records["k3v9x0q2m1a7ze"].series
        count = len(series)
        setattr(machine, which, getattr(machine, which) + by)
        await live(run, machine)
        assert len(series) == count + 6, "charts go on"
        hour = 12 if which == "server" else (12 + int(by / HOUR)) % 24
        assert f"● live {hour:02d}:01:00" in run.text(), "the time of day is this machine's"
        assert "71°" in run.text(), "RunPod's sample is as young as before"
        assert "booting 5m" in run.text()
        assert "idle" not in run.text()
        assert Kind.BOOT not in [event.kind for event in run.app.fleet.events]
        machine.wait(21)
        await run.pilot.pause(1.1)
        assert "data 21s old" in run.text(), "an age is of time that passed"


@pytest.mark.parametrize("by", [-DAY, *(pytest.param(by, marks=pytest.mark.wide) for by in (HOUR, -HOUR, DAY))])
async def test_a_clock_is_set_in_the_middle_of_a_stop_whose_answer_is_lost(launch: Launch, by: float) -> None:
    machine = Machine()
    async with launch(clocks=machine.clocks, demo=False) as run:
        await live(run, machine, 1)
        run.cloud.receipt = TimedOut("no answer in time")
        await run.press("S")
        await run.settle()
        await run.wait(0.5)
        await run.press("y")
        await run.settle()
        assert "stopping?" in run.text()
        machine.wall += by
        machine.wait(PATIENCE - 10)
        await run.poll(told(machine))
        assert "stopping?" in run.text()
        machine.wait(15)
        await run.poll(told(machine))
        await run.until("not done")
        assert "stopping?" not in run.text()
        assert len(run.cloud.sent) == 1


async def test_actions_are_locked_after_a_sleep(launch: Launch) -> None:
    machine = Machine()
    async with launch(clocks=machine.clocks, demo=False) as run:
        await live(run, machine, 1)
        assert "LOCKED" not in run.text()
        machine.boot += 8 * HOUR
        machine.wall += 8 * HOUR
        await run.press("S")
        await run.settle()
        assert "actions locked" in run.toasts()
        assert run.cloud.sent == []


async def test_the_first_frame_after_the_loop_was_held_up_tells_the_age(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    render = Compositor.render_update

    def seen(self: Compositor, *arguments: Any, **options: Any) -> Any:
        header = run.app.screen.query_one("#header", Lines)
        drawn.append(str(header.content[0].right))
        return render(self, *arguments, **options)

    # Nothing else may tell it first.
    monkeypatch.setattr(ChartScreen, "_tick", lambda self: None)
    async with launch() as run:
        assert "● live" in run.text()
        monkeypatch.setattr(Compositor, "render_update", seen)
        run.cloud.now += 30
        await run.pilot.press("j")
        for _ in range(100):
            if drawn:
                break
            await asyncio.sleep(0.01)
        assert drawn
        assert all("stale" in header for header in drawn), drawn


async def test_what_takes_long_to_show_is_not_told_as_live(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChartScreen, "_tick", lambda self: None)
    async with launch() as run:
        show = type(run.app.screen)._show_all  # type: ignore[attr-defined]

        def slowly(self: ChartScreen) -> None:
            show(self)
            run.cloud.now += 30

        monkeypatch.setattr(type(run.app.screen), "_show_all", slowly)
        screen = run.app.screen
        assert isinstance(screen, ChartScreen)
        screen.show()
        assert "stale" in str(screen.query_one("#header", Lines).content[0].right)


async def test_a_zoomed_chart_ends_now_without_another_poll(launch: Launch) -> None:
    async with launch(size=(200, 50)) as run:
        charts = [chart for chart in run.app.screen.query(Chart) if chart.display and chart.size.width > 1]
        before = {chart: chart.spec for chart in charts}
        await run.press("tab", "z")
        await run.settle()
        for chart in charts:
            # As where the new size comes after what is to be shown in it.
            chart.spec = before[chart]
            chart.on_resize()
        await run.settle()
        assert charts
        for chart in charts:
            assert isinstance(chart.spec, ChartSpec | AxisSpec)
            assert chart.spec != before[chart]
            assert chart.spec.window.columns == chart.size.width - GUTTER
            # A live chart moves on by a tenth of its columns at once.
            assert NOW < chart.spec.window.end <= NOW + chart.spec.window.width * chart.spec.window.columns / 10


@given(st.sampled_from(RANGES), st.integers(20, 400), st.integers(0, 60), st.floats(0, 1e6))
@settings(deadline=None)
def test_a_chart_shows_the_time_it_says_and_no_more(span: float, columns: int, wider: int, later: float) -> None:
    shown = window(NOW + later, span, columns)
    whole = shown.width * shown.columns
    assert span <= whole <= span * (1.06 if shown.width < 3600 else 1.25)
    assert shown.start % shown.width == 0, "the same bucket begins at the same instant whoever reckons it"
    assert shown.start + shown.columns * shown.width == shown.end
    told = time_axis(ChartSpec("", (), shown, tz=UTC).time, columns + wider)
    assert not "".join(text for text, _ in told)[columns + 3 :].strip(), "nothing is told of what has not been yet"
