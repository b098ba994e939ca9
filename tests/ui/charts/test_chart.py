"""The `Chart` widget: draws when there is something new, and repaints only what came out different."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC
from functools import cache
from typing import ClassVar
from unittest.mock import patch

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.ui.charts.test_plot import NOON, spec_of
from tui.files.paths import styles_dir
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui import themes
from tui.ui.charts import canvas, plot, spec
from tui.ui.charts.spec import ChartSpec, Form
from tui.ui.widgets.chart import Chart


class Stage(App[None]):
    CSS_PATH: ClassVar = [str(styles_dir() / "chart.tcss")]

    def __init__(self) -> None:
        super().__init__()
        for theme in themes.OWN:
            self.register_theme(theme)
        self.theme = themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(self.current_theme)

    def compose(self) -> ComposeResult:
        yield Chart(id="chart")


def text(chart: Chart) -> list[str]:
    return [chart.render_line(y).text for y in range(chart.size.height)]


def colours(chart: Chart) -> set[str]:
    return {
        segment.style.color.name
        for y in range(chart.size.height)
        for segment in chart.render_line(y)
        if segment.style and segment.style.color and segment.text.strip()
    }


@pytest.fixture
def drawn() -> Iterator[list[tuple[int, int]]]:
    """The sizes of the charts that were drawn."""
    sizes: list[tuple[int, int]] = []
    draw = plot.draw

    def counted(spec: ChartSpec, width: int, height: int) -> tuple[plot.Row, ...]:
        sizes.append((width, height))
        return draw(spec, width, height)

    with patch.object(plot, "draw", counted):
        yield sizes


async def test_it_shows_its_chart_in_its_own_size() -> None:
    app = Stage()
    async with app.run_test(size=(66, 12)) as pilot:
        chart = app.query_one(Chart)
        chart.spec = spec_of([50.0] * 60)
        await pilot.pause()
        expected = ["".join(part for part, _ in row) for row in plot.draw(chart.spec, 64, 12)]
        assert text(chart) == expected
        chart.spec = None
        assert not "".join(text(chart)).strip()


async def test_an_equal_chart_is_not_drawn_again(drawn: list[tuple[int, int]]) -> None:
    app = Stage()
    async with app.run_test(size=(66, 12)) as pilot:
        chart = app.query_one(Chart)
        chart.spec = spec_of([50.0] * 60)
        await pilot.pause()
        assert drawn == [(64, 12)]
        with patch.object(chart, "refresh") as refresh:
            chart.spec = spec_of([50.0] * 60)
        assert drawn == [(64, 12)]
        assert not refresh.called


async def test_another_size_is_drawn_once(drawn: list[tuple[int, int]]) -> None:
    app = Stage()
    async with app.run_test(size=(66, 12)) as pilot:
        app.query_one(Chart).spec = spec_of([50.0] * 60)
        await pilot.resize_terminal(40, 8)
        for _ in range(500):
            if app.query_one(Chart).size == (38, 8) and len(drawn) > 1:
                break
            await pilot.pause(0.01)
        await pilot.pause(0.05)
        assert drawn == [(64, 12), (38, 8)]


async def test_only_rows_that_came_out_different_are_refreshed() -> None:
    app = Stage()
    async with app.run_test(size=(66, 12)):
        chart = app.query_one(Chart)
        spec = spec_of([50.0] * 60)
        chart.spec = spec
        points = list(spec.lines[0].runs[0])
        points[-1] = Point(points[-1].at, 48, 48, 48)
        with patch.object(chart, "refresh") as refresh:
            chart.spec = ChartSpec(spec.title, (Line("GPU 0", (tuple(points),), 50.0),), spec.window, tz=UTC)
        regions = [call.args[0] for call in refresh.call_args_list]
        assert 0 < len(regions) <= 3
        assert all(isinstance(region, Region) and region.height == 1 for region in regions)


async def test_colours_follow_the_theme() -> None:
    app = Stage()
    async with app.run_test(size=(66, 12)) as pilot:
        chart = app.query_one(Chart)
        chart.spec = spec_of([50.0] * 60)
        await pilot.pause()
        assert themes.DARK.variables["chart-1"] in colours(chart)
        app.theme = themes.LIGHT.name
        await pilot.pause()
        found = colours(chart)
        assert themes.LIGHT.variables["chart-1"] in found
        assert themes.DARK.variables["chart-1"] not in found


async def test_more_lines_than_colours() -> None:
    app = Stage()
    async with app.run_test(size=(120, 30)):
        chart = app.query_one(Chart)
        window = spec.window(NOON, 900, 114)
        lines = tuple(
            Line(
                f"GPU {n}",
                (tuple(Point(window.start + i * window.width, *[n * 9.0] * 3) for i in range(114)),),
                n * 9.0,
            )
            for n in range(11)
        )
        chart.spec = ChartSpec("GPU utilisation", lines, window, tz=UTC)
        assert {themes.DARK.variables[f"chart-{n}"] for n in range(1, 9)} <= colours(chart)


async def test_the_library_of_lines_is_imported_in_a_thread_when_a_chart_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported: list[str] = []

    @cache
    def library() -> object:
        imported.append(threading.current_thread().name)
        return found

    found = canvas.library()
    monkeypatch.setattr(canvas, "library", library)
    app = Stage()
    async with app.run_test(size=(66, 12)) as pilot:
        chart = app.query_one(Chart)
        chart.spec = replace(spec_of([50.0] * 60), form=Form.AREAS)
        await pilot.pause()
        assert "".join(text(chart)).strip()
        assert not imported, "cells do without it"
        chart.spec = spec_of([50.0] * 60)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "GPU utilisation" in text(chart)[0]
        assert len(imported) == 1
        assert imported[0] != threading.main_thread().name
