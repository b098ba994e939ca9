"""The Pod screen, and what charts do in time, as they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tests.ui.conftest import NOW, PODS, HeldCloud, Launch, Running, sent_to_clipboard
from tests.ui.render.test_pod_facts import EXTRAS, TOKEN, full_detail, full_pod
from tui.api.errors import Forbidden
from tui.api.models import GpuReading, Telemetry
from tui.domain.events import Kind
from tui.ui import chart_tiles
from tui.ui.charts.spec import ChartSpec, Form
from tui.ui.modals.copy import CopyMenu
from tui.ui.primitives.facts import MASKED
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.facts_pane import FactsPane
from tui.ui.widgets.telemetry import Telemetry as TelemetryPane


def looked_at() -> HeldCloud:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(full_pod(), *(PODS.pods or ()))
    cloud.detail_answer = full_detail(full_pod())
    return cloud


async def opened(run: Running) -> PodScreen:
    await run.press("/", *"llama-70b", "enter", "enter")
    await run.until("could not load note")
    screen = run.app.screen
    assert isinstance(screen, PodScreen)
    return screen


async def test_enter_opens_the_pod_and_esc_goes_back(launch: Launch) -> None:
    cloud = looked_at()
    async with launch(cloud=cloud) as run:
        await opened(run)
        assert "Pod  llama-70b" in run.text()
        assert cloud.looked_at == ["50qynxzilsxoey"]
        await run.press("escape")
        await run.settle()
        assert "Market" in run.text()
        assert run.app.fleet.inspection is None, "secrets go out of memory with the screen"


async def test_values_of_the_environment_are_hidden_until_x_and_again_on_leaving(launch: Launch) -> None:
    async with launch(cloud=looked_at(), size=(160, 70)) as run:
        await opened(run)
        assert MASKED in run.text()
        assert TOKEN not in run.text()
        await run.press("x")
        await run.settle()
        assert TOKEN in run.text()
        await run.press("question_mark", "escape")
        await run.settle()
        assert TOKEN not in run.text()
        await run.press("x", "escape")
        await run.settle()
        await opened(run)
        assert TOKEN not in run.text()


@pytest.mark.wide
async def test_the_fact_under_the_cursor_is_copied_and_a_hidden_one_is_not(launch: Launch) -> None:
    async with launch(cloud=looked_at(), size=(160, 70)) as run:
        screen = await opened(run)
        copied = sent_to_clipboard(run)
        facts = screen.query_one("#facts", FactsPane)
        labels = {key: "".join(t for t, _ in facts._cells(key).get("label", ())) for key in facts.keys}
        facts.move_to(next(key for key, label in labels.items() if label == "22/tcp"))
        await run.press("c", "enter")
        await run.until("sent to the terminal's clipboard")
        assert copied == ["ssh root@194.68.245.9 -p 40123"]
        hidden = next(key for key, (title, _) in facts._facts.items() if title == "Environment")
        facts.move_to(hidden)
        await run.press("c")
        await run.settle()
        menu = run.app.screen
        assert isinstance(menu, CopyMenu)
        assert [entry.label for entry in menu._entries.values()][:2] == ["ssh", "ssh via proxy"]
        assert TOKEN not in run.text()
        assert len(copied) == 1


@pytest.mark.wide
async def test_what_few_sources_tell_is_asked_once_for_a_look(launch: Launch) -> None:
    cloud = looked_at()
    cloud.extras_answer = EXTRAS
    async with launch(cloud=cloud, size=(160, 130)) as run:
        await opened(run)
        await run.until("cl-1")
        await run.poll()
        assert "cl-1" in run.text()
        assert cloud.asked_more == ["50qynxzilsxoey"]


async def test_what_cannot_be_asked_is_said_and_the_rest_stands(launch: Launch) -> None:
    cloud = looked_at()
    cloud.detail_answer = Forbidden("This key may not read pods.")
    async with launch(cloud=cloud) as run:
        await run.press("/", *"llama-70b", "enter", "enter")
        await run.until("This key may not read pods.")
        assert "llama-70b" in run.text()


@pytest.mark.wide
async def test_a_pod_that_goes_away_is_said_to_be_gone(launch: Launch) -> None:
    async with launch(cloud=looked_at()) as run:
        await opened(run)
        await run.poll(PODS)
        assert "This pod is not on the account" in run.text()
        await run.until("✕ gone")


@pytest.mark.wide
async def test_every_pane_is_reached_at_any_size(launch: Launch) -> None:
    async with launch(cloud=looked_at(), size=(120, 40)) as run:
        await opened(run)
        for size in [(80, 24), (200, 50), (60, 20), (40, 12), (20, 6), (120, 40)]:
            await run.pilot.resize_terminal(*size)
            await run.settle()
            seen = []
            for _ in range(4):
                await run.press("tab")
                await run.settle()
                seen.append(run.app.focused.id if run.app.focused else None)
            assert {*seen} == {"gpus", "charts", "timeline", "facts"}, size
            assert max(len(line) for line in run.text().splitlines()) <= size[0]


# Time


@pytest.mark.wide
async def test_what_was_recorded_is_stepped_through_and_equals_returns(launch: Launch, tmp_path: Path) -> None:
    async with launch(record=tmp_path) as run:
        for at in range(1, 5):
            run.cloud.now = NOW + 5 * at
            await run.poll(snapshot(pod("only", name=f"pod-{at}")))
        for _ in range(6_000):
            if run.app.playback.past is not None:
                break
            await run.pilot.pause(0.01)
        await run.press("left_square_bracket")
        await run.until("◀ HISTORY 12:00:15 (5s ago) · = live")
        assert "pod-3" in run.text()
        await run.press("left_square_bracket")
        await run.until("pod-2")
        await run.press("right_square_bracket")
        await run.until("pod-3")
        await run.press("equals_sign")
        await run.until("pod-4")
        assert "● live" in run.text()


@pytest.mark.wide
async def test_a_range_beyond_memory_comes_from_the_recording(launch: Launch, tmp_path: Path) -> None:
    async with launch(record=tmp_path) as run:
        run.cloud.now = NOW + 5
        await run.poll(snapshot(pod("a", utils=(88.0,))))
    cloud = HeldCloud()
    cloud.now = NOW + 7200
    cloud.fleet_answer = snapshot(pod("a", utils=(11.0,)))
    async with launch(cloud=cloud, record=tmp_path, size=(200, 50)) as run:
        await run.press("minus", "minus")
        await run.until("max 88")
        assert "last 6 h · no data before" in run.text()


async def test_without_a_recording_stepping_back_says_so(launch: Launch) -> None:
    async with launch() as run:
        await run.press("left_square_bracket")
        await run.settle()
        assert [n.message for n in run.app._notifications] == ["No recording to go back to"]


# Charts


async def test_the_cursor_reads_all_charts_at_one_instant(launch: Launch) -> None:
    async with launch() as run:
        for at in range(1, 40):
            run.cloud.now = NOW + 5 * at
            run.app.fleet.apply(snapshot(pod("k3v9x0q2m1a7ze", utils=(float(at),))), NOW + 5 * at)
        await run.press("plus", "tab", *["left"] * 6)
        await run.settle()
        text = run.text()
        assert "◂ 12:0" in text
        width = run.app.screen._width  # type: ignore[attr-defined]
        cursor = run.app.screen._cursor  # type: ignore[attr-defined]
        values = [at for at in range(1, 40) if cursor <= NOW + 5 * at < cursor + width]
        assert f" {sum(values) / len(values):.0f}%" in text
        assert text.count("▲") >= 4
        await run.press("escape")
        await run.settle()
        assert "◂ 12:0" not in run.text()


@pytest.mark.wide
async def test_marked_pods_share_an_axis(launch: Launch) -> None:
    async with launch(size=(160, 40)) as run:
        await run.press("space", "space")
        await run.settle()
        text = run.text()
        assert text.count("✓ ") == 2
        assert "─ 2 pods  ▪" in text
        await run.press("escape")
        await run.settle()
        assert "✓ " not in run.text()
        assert "2 pods" not in run.text()


async def test_v_turns_areas_into_heat_maps_and_more_than_three_gpus_are_heat_maps_by_themselves(
    launch: Launch,
) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("few", utils=(90.0, 80.0)), pod("many", utils=(95.0,) * 12))
    async with launch(cloud=cloud) as run:

        def forms() -> list[Form]:
            charts = run.app.screen.query_one(TelemetryPane).charts
            return [chart.spec.form for chart in charts if isinstance(chart.spec, ChartSpec) and chart.size.height > 1]

        assert forms() == [Form.AREAS, Form.AREAS]
        await run.press("v")
        await run.settle()
        assert forms() == [Form.HEAT, Form.HEAT]
        await run.press("v", "j")
        await run.settle()
        assert forms() == [Form.AREAS, Form.AREAS], "of twelve, one band"
        run.app.screen._heat = None  # type: ignore[attr-defined]
        run.app.screen.show()  # type: ignore[attr-defined]
        await run.settle()
        assert forms() == [Form.HEAT, Form.HEAT]
        await run.press("v")
        await run.settle()
        assert forms() == [Form.AREAS, Form.AREAS], "what is on the screen is turned into the other"


async def test_b_makes_other_charts_big_and_the_rest_are_rows(launch: Launch) -> None:
    async with launch() as run:

        def big() -> list[str]:
            charts = run.app.screen.query_one(TelemetryPane).charts
            return [chart.spec.title for chart in charts if isinstance(chart.spec, ChartSpec) and chart.size.height > 1]

        assert big() == ["GPU util", "GPU memory"]
        assert "CPU " in run.text().split("Telemetry")[-1]
        await run.press("b")
        await run.settle()
        assert big() == ["CPU", "Memory"]
        assert "VRAM " in run.text().split("Telemetry")[-1]
        await run.press("b")
        await run.settle()
        assert big() == ["GPU util", "GPU memory"]


async def test_temperature_and_power_have_charts_where_runpod_gives_them(launch: Launch) -> None:
    warm = Telemetry(NOW, "running", (GpuReading(None, None, None, 71.0, 640.0),))
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(replace(pod("a"), telemetry=warm))
    async with launch(cloud=cloud, size=(200, 60)) as run:
        text = run.text()
        assert "GPU temp" in text
        assert "71°C" in text
        assert "640W" in text
        await run.poll(snapshot(pod("b")))
        assert "GPU temp" not in run.text()
        assert len(run.app.screen.query_one(TelemetryPane).charts) == 6


async def test_what_happened_is_marked_on_the_time_axis(launch: Launch) -> None:
    async with launch() as run:
        run.cloud.now = NOW + 30
        await run.poll(snapshot(pod("k3v9x0q2m1a7ze", name="llama-pretrain", utils=None)))
        assert [event.kind for event in run.app.fleet.events if event.pod == "k3v9x0q2m1a7ze"] == [Kind.DOWN]
        assert "○" in run.text().split("Telemetry")[-1]


@pytest.mark.wide
async def test_charts_that_are_alone_say_whose_they_are(launch: Launch) -> None:
    async with launch(cloud=looked_at()) as run:
        await opened(run)
        title = str(run.app.screen.query_one("#charts").border_title)
        assert "llama-70b" not in title, "the facts beside them say it"
        while run.app.focused is None or run.app.focused.id != "charts":
            await run.press("tab")
        await run.press("z")
        await run.settle()
        assert str(run.app.screen.query_one("#charts").border_title) == "Telemetry  llama-70b"


@pytest.mark.wide
async def test_that_a_stopped_pod_has_no_samples_is_said_once_and_charts_come_back(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("a", utils=(90.0,)), pod("z", status="EXITED", utils=None))
    async with launch(cloud=cloud, size=(120, 40)) as run:
        for key, stopped in (("G", True), ("g", False), ("G", True)):
            await run.press(key)
            await run.settle()
            shown = run.text().split("Telemetry")[-1]
            assert shown.count("no samples") == shown.count("stopped: no samples") == stopped
            assert ("GPU memory" in shown) is not stopped


@pytest.mark.wide
async def test_heat_maps_leave_the_lines_that_they_do_not_use_to_the_next_chart(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(pod("a", utils=(90.0,) * 4), pod("b", utils=(90.0,)))
    async with launch(cloud=cloud, size=(120, 32)) as run:
        for key, heat in (("g", True), ("G", False), ("g", True)):
            await run.press(key)
            await run.settle()
            pane = run.app.screen.query_one(TelemetryPane)
            expected = chart_tiles.stack(pane.size.height, 4, (4, 4, 0, 0) if heat else ())
            assert [chart.size.height for chart in pane.charts[:4]] == [*expected.big, *[1] * expected.rows]
            assert len(expected.big) == (3 if heat else 2)
