"""The words around a chart, and strips of shades."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tests.variants import up_to
from tui.store.series import Point
from tui.store.views.pods import Line
from tui.ui.charts import captions, heatmap, plot
from tui.ui.charts.spec import CURSOR, EVENT, ChartSpec, Mark, Window, bucket, plot_columns, window

NOON = 1_795_435_200.0


def spec(values: list[list[float]], columns: int = 40, heat: bool = False, names: list[str] | None = None) -> ChartSpec:
    shown = window(NOON, 900, columns)
    lines = []
    for number, row in enumerate(values):
        run = tuple(Point(shown.start + i * shown.width, v, v, v) for i, v in enumerate(row))
        label = names[number] if names else f"GPU {number}"
        lines.append(Line(label, (run,) if run else (), row[-1] if row else None))
    return ChartSpec("GPU util", tuple(lines), shown, tz=UTC, heat=heat)


def text(row: tuple[tuple[str, int], ...]) -> str:
    return "".join(part for part, _ in row)


def test_average_and_extremes_in_words() -> None:
    one = spec([[10, 20, 90]])
    assert text(captions.title(one, 60)).startswith("GPU util  min 10 avg 40 max 90 ")
    assert text(captions.title(one, 60)).endswith(" 90%")
    assert text(captions.title(one, 30)) == "GPU util  10-90, avg 40    90%"


def test_pods_side_by_side_are_named_with_their_values() -> None:
    two = spec([[10], [95]], names=["llama-pretrain", "eval-sweep"])
    assert text(captions.title(two, 60)).endswith("▪llama-pretrain 10% ▪eval-sweep 95%")
    assert text(captions.title(two, 34)).endswith("▪llama… 10% ▪eval-… 95%")


@settings(max_examples=up_to(60))
@given(
    st.lists(st.lists(st.floats(0, 100), max_size=30), max_size=10),
    st.integers(1, 160),
    st.integers(1, 30),
    st.booleans(),
    st.one_of(st.none(), st.floats(NOON - 2000, NOON + 2000)),
    st.lists(st.floats(NOON - 2000, NOON + 2000), max_size=4),
)
def test_every_chart_fills_its_box(
    values: list[list[float]], width: int, height: int, strips: bool, cursor: float | None, marks: list[float]
) -> None:
    made = replace(
        spec(values, plot_columns(width, height, strips), strips),
        cursor=cursor,
        marks=tuple(Mark(at, "↻") for at in marks),
    )
    rows = plot.draw(made, width, height)
    assert len(rows) == height
    assert {cell_len(text(row)) for row in rows} == {width}


def test_events_and_the_cursor_stand_on_the_time_axis_and_labels_give_way() -> None:
    shown = Window(NOON - 400, 10.0, 40)
    made = ChartSpec("x", (), shown, tz=UTC, marks=(Mark(NOON - 300, "↻"), Mark(NOON - 9999, "■")), cursor=NOON - 100)
    row = captions.time_axis(made, 40)
    line = text(row)
    assert line[10] == "↻"
    assert line[30] == "▲"
    assert "■" not in line
    assert {kind for part, kind in row if part in "↻▲"} == {EVENT, CURSOR}
    assert "11:55" not in line, "the label that would lie under the event"
    assert "11:57" in line


def test_days_are_labelled_by_date_over_a_month() -> None:
    month = ChartSpec("x", (), Window(NOON - 30 * 86_400, 32_400.0, 80), tz=UTC)
    line = text(captions.time_axis(month, 80))
    assert "Nov" in line
    assert ":" not in line


@pytest.mark.parametrize(
    ("value", "glyph"), [(0, "·"), (4, "·"), (6, "░"), (30, "▒"), (60, "▓"), (80, "█"), (100, "█")]
)
def test_shades_tell_quarters_and_idle_from_nothing(value: float, glyph: str) -> None:
    assert heatmap.shade(value, 100.0) == glyph


def test_a_strip_has_a_row_and_a_number_for_each_gpu() -> None:
    made = spec([[90.0] * 4, [2.0] * 4, [90.0] * 4], 40, heat=True)
    rows = [text(row) for row in heatmap.strips(made, 45, 3, 4)]
    assert rows[0].startswith("  0 ████ ")
    assert rows[1].startswith("  1 ···· ")
    assert rows[0].endswith("   90")
    assert rows[1].endswith("   ▾2")


def test_more_gpus_than_rows_are_counted() -> None:
    rows = [text(row) for row in heatmap.strips(spec([[50.0]] * 16, 40, heat=True), 45, 6, 4)]
    assert "+11 more" in rows[-1]


@given(st.sampled_from([300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0]), st.integers(1, 300))
def test_charts_of_different_widths_share_their_buckets(span: float, columns: int) -> None:
    width = bucket(span, columns)
    assert width * columns >= span
    for other in (columns, columns + 1, columns + 30):
        shown = window(NOON, span, other, width)
        assert shown.width == width
        assert shown.end == window(NOON, span, columns, width).end
        assert shown.start % width == 0
