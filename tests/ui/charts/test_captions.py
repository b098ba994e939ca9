"""The words around a chart."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import captions
from tui.ui.charts.spec import CURSOR, EVENT, ChartSpec, Mark, Window, bucket, window
from tui.ui.charts.time_axis import time_axis

NOON = 1_795_435_200.0


def spec(values: list[list[float]], columns: int = 40, names: list[str] | None = None) -> ChartSpec:
    shown = window(NOON, 900, columns)
    lines = []
    for number, row in enumerate(values):
        run = tuple(Point(shown.start + i * shown.width, v, v, v) for i, v in enumerate(row))
        label = names[number] if names else f"GPU {number}"
        lines.append(Line(label, (run,) if run else (), row[-1] if row else None))
    return ChartSpec("GPU util", tuple(lines), shown, tz=UTC)


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


def test_events_and_the_cursor_stand_on_the_time_axis_and_labels_give_way() -> None:
    shown = Window(NOON - 400, 10.0, 40)
    made = ChartSpec("x", (), shown, tz=UTC, marks=(Mark(NOON - 240, "↻"), Mark(NOON - 9999, "■")), cursor=NOON - 100)
    row = time_axis(made.time, 40)
    line = text(row)
    assert line[16] == "↻"
    assert line[30] == "┃"
    assert "■" not in line
    assert {kind for part, kind in row if part in "↻┃"} == {EVENT, CURSOR}
    assert "11:56" not in line, "the label that would lie under the event"
    assert "11:54" in line


def test_days_are_labelled_by_date_over_a_month() -> None:
    month = ChartSpec("x", (), Window(NOON - 30 * 86_400, 32_400.0, 80), tz=UTC)
    line = text(time_axis(month.time, 80))
    assert "Nov" in line
    assert ":" not in line


@given(st.sampled_from([300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0]), st.integers(1, 300))
def test_charts_of_different_widths_share_their_buckets(span: float, columns: int) -> None:
    width = bucket(span, columns)
    assert width * columns >= span
    for other in (columns, columns + 1, columns + 30):
        shown = window(NOON, span, other, width)
        assert shown.width == width
        assert shown.end == window(NOON, span, columns, width).end
        assert shown.start % width == 0
