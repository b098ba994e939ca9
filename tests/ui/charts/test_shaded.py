"""Areas, heat maps and sparklines: whole at any size, true to their values, quiet where nothing changes."""

from __future__ import annotations

import math
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tests.variants import up_to
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import plot
from tui.ui.charts.figures import short
from tui.ui.charts.spec import (
    ALERT,
    BAND,
    BESIDE,
    CALM,
    CURSOR,
    EDGE,
    GRID,
    GUTTER,
    HEAT,
    LOUD,
    STEP,
    ChartSpec,
    Form,
    Mark,
    Row,
    Window,
    gutter,
    paint,
    painted,
    plot_columns,
    window,
)

NOON = 1_795_435_200.0
WILD = st.one_of(
    st.floats(-10, 110), st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300]), st.floats(allow_nan=True)
)
SHADED = st.sampled_from((Form.AREAS, Form.HEAT, Form.SPARK))


def chart(
    rows: list[list[tuple[float, float, float]]], form: Form, width: int = 40 + GUTTER, *, worst: str = "low",
    shades: bool = True, cursor: float | None = None,
) -> ChartSpec:  # fmt: skip
    """A chart of these lows, means and highs, a list for each GPU."""
    shown = window(NOON, 900, plot_columns(width))
    lines = []
    for number, values in enumerate(rows):
        run = tuple(
            Point(shown.start + n * shown.width, low, high, mean)
            for n, (low, mean, high) in enumerate(values[: shown.columns])
        )
        lines.append(Line(f"GPU {number}", (run,) if run else (), run[-1].mean if run else None))
    return ChartSpec(
        "GPU util", tuple(lines), shown, tz=UTC, form=form, worst=worst, shades=shades, cursor=cursor, label="util",
        until=NOON,
    )  # fmt: skip


def flat(value: float, count: int = 40) -> list[tuple[float, float, float]]:
    return [(value, value, value)] * count


def text(row: Row) -> str:
    return "".join(part for part, _ in row)


def cells(rows: tuple[Row, ...]) -> list[list[tuple[str, int]]]:
    """The cells of the plot, row by row, with their kinds."""
    return [[(letter, kind) for part, kind in row for letter in part][GUTTER:] for row in rows]


@pytest.mark.wide
@settings(max_examples=up_to(100))
@given(
    st.lists(st.lists(st.tuples(WILD, WILD, WILD), max_size=30), max_size=10),
    st.integers(1, 160),
    st.integers(1, 30),
    SHADED,
    st.booleans(),
    st.one_of(st.none(), st.floats(NOON - 2000, NOON + 2000)),
    st.lists(st.floats(NOON - 2000, NOON + 2000), max_size=4),
    st.booleans(),
)
def test_every_chart_fills_its_box(
    values: list[list[tuple[float, float, float]]], width: int, height: int, form: Form, shades: bool,
    cursor: float | None, marks: list[float], alone: bool,
) -> None:  # fmt: skip
    made = chart(values, form, width, shades=shades, cursor=cursor)
    made = replace(made, marks=tuple(Mark(at, "↻") for at in marks), times=alone)
    for drawn in (made, made.time):
        rows = plot.draw(drawn, width, height)
        assert len(rows) == height
        assert {cell_len(text(row)) for row in rows} == {width}


@given(st.integers(0, 99), st.integers(0, 99))
def test_shades_of_a_part_are_read_back(ink: int, ground: int) -> None:
    assert painted(paint(ink, ground)) == (ink, ground)
    assert painted(ALERT) is painted(3) is None


def eighths(column: list[tuple[str, int]]) -> list[int]:
    """The shades of a column of cells by eighths of a cell, from below."""
    shades: list[int] = []
    for glyph, kind in reversed(column):
        ink, ground = painted(kind) or (0, 0)
        part = " ▁▂▃▄▅▆▇█".index(glyph) if glyph != "·" else 0
        shades += [ink] * part + [ground] * (8 - part)
    return shades


def a_column(made: ChartSpec, height: int) -> list[tuple[str, int]]:
    rows = cells(plot.draw(replace(made, times=False), 40 + GUTTER, height + 1))[1:]
    return [row[20] for row in rows]


@pytest.mark.parametrize("height", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("spread", [0.0, 4.0, 30.0])
def test_the_edge_is_equally_thick_and_at_its_value_wherever_it_is(height: int, spread: float) -> None:
    for tenth in range(0, 1001, 3):
        value = tenth / 10
        made = chart([[(max(0.0, value - spread), value, min(100.0, value + spread))] * 40], Form.AREAS)
        if height < 2:
            continue
        shades = eighths(a_column(made, height))
        edge = [n for n, shade in enumerate(shades) if shade == EDGE]
        assert edge == list(range(edge[0], edge[-1] + 1)), "in one piece"
        assert len(edge) in (4, 5) or edge[0] == 0, "of one thickness, but on the ground"
        assert edge[-1] + 1 == pytest.approx(max(1, 8 * height * value / 100), abs=1.51)
        assert all(shades[: edge[0]]), "filled down to the ground"


@given(st.floats(0, 100), st.integers(4, 20))
def test_without_shades_the_edge_is_half_a_cell_at_its_value(value: float, height: int) -> None:
    column = a_column(chart([flat(value)], Form.AREAS, shades=False), height)
    (row,) = (n for n, (glyph, _) in enumerate(column) if glyph in "▁▀▄")
    assert column[row][1] == 0
    assert {glyph for glyph, _ in column[row + 1 :]} <= {"░"}, "filled down to the ground"
    assert {glyph for glyph, _ in column[:row]} <= set(" ·"), "and no higher"
    top = height - row - 1 + {"▁": 0.125, "▄": 0.5, "▀": 1.0}[column[row][0]]
    assert top == pytest.approx(height * value / 100, abs=0.45)


def test_the_mean_is_drawn_across_the_range_of_its_bucket() -> None:
    shades = eighths(a_column(chart([[(10.0, 70.0, 90.0)] * 40], Form.AREAS), 20))
    assert [n for n, shade in enumerate(shades) if shade == EDGE] == [108, 109, 110, 111], "70 % of twenty rows"
    assert not any(shades[144:])
    assert {*shades[16:108], *shades[112:144]} == {BAND}, "one shade from the lowest to the highest"
    assert 0 < max(shades[:16]) < BAND, "and a darker one below"


def test_a_deep_dip_is_no_darker_than_a_shallow_one() -> None:
    def seen(low: float) -> list[int]:
        return eighths(a_column(chart([[(low, 92.0, 95.0)] * 40], Form.AREAS), 12))

    deep, shallow = seen(5.0), seen(40.0)
    assert all(a >= b for a, b in zip(deep, shallow, strict=True))
    assert deep != shallow


def test_two_gpus_with_the_same_values_look_the_same() -> None:
    for height in range(4, 16):
        rows = cells(plot.draw(replace(chart([flat(35.0)] * 2, Form.AREAS), times=False), 40 + GUTTER, height + 1))[1:]
        half = height // 2
        assert rows[:half] == rows[height - half : height]


def test_a_range_of_one_value_is_not_written() -> None:
    made = chart([flat(35.0), [(30.0, 35.0, 40.0)] * 40], Form.AREAS)
    names = [text(row)[:GUTTER].strip() for row in plot.draw(replace(made, times=False), 40 + GUTTER, 7)[1:]]
    assert names == ["GPU 0    35%", "", "", "GPU 1    35%", "was 30-40%", ""]


def test_the_same_value_is_the_same_cell_in_any_column() -> None:
    """A chart that moves by a bucket costs only where neighbours differ."""
    for form in (Form.AREAS, Form.HEAT, Form.SPARK):
        for row in cells(plot.draw(chart([flat(93.0)], form), 40 + GUTTER, 12))[1:-1]:
            assert len(set(row)) <= 2, "one cell, or the dots of the grid"


def test_without_shades_glyphs_tell_all() -> None:
    for form in (Form.AREAS, Form.HEAT):
        rows = plot.draw(chart([[(10.0, 70.0, 90.0)] * 20] * 2, form, shades=False), 40 + GUTTER, 12)
        assert not any(painted(kind) for row in rows for _, kind in row)
        assert {glyph for row in cells(rows)[1:-1] for glyph, _ in row} - set(" ·")


@pytest.mark.parametrize("shades", [True, False])
def test_a_heat_map_has_a_name_and_a_number_for_each_gpu_and_a_legend(shades: bool) -> None:
    rows = plot.draw(chart([flat(90.0), flat(2.0), flat(80.0), flat(90.0)], Form.HEAT, shades=shades), 53 + 26, 6)
    assert [text(row)[:GUTTER] for row in rows[1:5]] == [
        "GPU 0    90% ", "GPU 1    ▾2% ", "GPU 2    80% ", "GPU 3    90% ",
    ]  # fmt: skip
    assert " 100%" in text(rows[0])
    assert "▾ GPU 1 2%" in text(rows[0])
    made = cells(rows)
    assert made[1][5] != made[2][5]
    assert made[1][5][0] == made[4][5][0]
    if not shades:
        assert made[1][5] == ("█", HEAT)
        assert made[4][5] == ("█", BESIDE), "of two tones in turn: full blocks of two rows touch"


@pytest.mark.parametrize("shades", [True, False])
@pytest.mark.parametrize("width", [34, 40, 56, 79])
def test_a_heat_map_has_its_legend_at_any_width_with_what_lags(width: int, shades: bool) -> None:
    drawn = chart([flat(90.0), flat(2.0), flat(80.0), flat(90.0)], Form.HEAT, shades=shades)
    heading = plot.draw(drawn, width, 6)[0]
    scale = [kind for _, kind in heading if kind == HEAT or painted(kind) is not None]
    assert len(scale) >= (8 if shades else 1)
    assert "▾ GPU 1 2%" in text(heading)


def test_eight_levels_of_a_value_are_eight_cells() -> None:
    for shades in (True, False):
        seen = set()
        for step in range(8):
            rows = plot.draw(chart([flat(step * 12.5 + 6)], Form.HEAT, shades=shades), 40 + GUTTER, 4)
            seen.add(tuple(row[5] for row in cells(rows)[1:3]))
        assert len(seen) == 8


def test_without_shades_a_height_is_that_of_the_legend_at_any_size() -> None:
    values = [flat(40.0), flat(75.0), flat(100.0)]
    for height, blank in ((5, 0), (8, 1)):
        rows = cells(plot.draw(replace(chart(values, Form.HEAT, shades=False), times=False), 40 + GUTTER, height))
        shown = [row[5][0] for row in rows[1:]]
        assert shown[:: 1 + blank][:3] == ["▄", "▇", "█"]
        assert "".join(shown[1::2] if blank else shown[3:]).strip() == ""


def test_more_gpus_than_rows_stand_together_and_none_is_hidden() -> None:
    values = [flat(90.0) for _ in range(16)]
    values[11] = flat(0.0)
    rows = plot.draw(chart(values, Form.HEAT), 40 + GUTTER, 7)
    assert [text(row)[:GUTTER].split() for row in rows[1:6]] == [
        ["0-2", "90%"], ["3-5", "90%"], ["6-8", "90%"], ["9-11", "▾0%"], ["12-15", "90%"],
    ]  # fmt: skip
    made = cells(rows)
    assert made[4][5] != made[3][5]
    eight = plot.draw(chart(values[:8], Form.HEAT), 40 + GUTTER, 9)
    assert [text(row)[:GUTTER].split("  ")[0].strip() for row in eight[1:8]] == [
        *(f"GPU {number}" for number in range(6)), "6-7",
    ]  # fmt: skip


def test_more_pods_than_rows_stand_together_and_none_is_hidden() -> None:
    made = chart([flat(90.0), flat(90.0), flat(0.0)], Form.HEAT)
    named = [replace(line, label=f"pod-{number}") for number, line in enumerate(made.lines)]
    made = replace(made, lines=tuple(named))
    for height, beside in ((2, [["3", "pods", "▾0%"]]), (3, [["pod-0", "90%"], ["+2", "pods", "▾0%"]])):
        rows = plot.draw(made, 40 + GUTTER, height)
        assert [text(row)[:GUTTER].split() for row in rows[1:]] == beside
        assert cells(rows)[-1][5] != cells(plot.draw(replace(made, lines=(named[0],)), 40 + GUTTER, 2))[1][5]


@pytest.mark.parametrize("shades", [True, False])
def test_a_bucket_whose_minimum_is_far_below_its_mean_is_marked(shades: bool) -> None:
    values = flat(90.0)
    values[10] = (60.0, 88.0, 90.0)
    values[20] = (80.0, 89.0, 90.0)
    rows = plot.draw(chart([values, flat(90.0)], Form.HEAT, shades=shades), 40 + GUTTER, 4)
    row = cells(rows)[1]
    usual = row[5]
    assert row[10] == ("▀", usual[1] if shades else 0), "a notch in the shade of its mean, or bright"
    assert row[20][0] != "▀", "shown by its shade, and not marked"


def test_a_row_has_a_name_a_number_and_a_sparkline() -> None:
    row = plot.draw(chart([flat(50.0)], Form.AREAS), 40 + GUTTER, 1)
    assert text(row[0]) == "util     50% " + "▄" * 40


def test_a_row_of_runs_that_are_compared_has_no_mean_of_their_figures() -> None:
    made = replace(chart([flat(50.0), flat(10.0)], Form.AREAS), apart=True)
    assert text(plot.draw(made, 40 + GUTTER, 1)[0])[:GUTTER].split() == ["util", "avg"]
    # Where one has no values, those of the others would be read as a change.
    (run,) = made.lines[1].runs
    late = replace(made, lines=(made.lines[0], replace(made.lines[1], runs=(run[10:],))))
    row = text(plot.draw(late, 40 + GUTTER, 1)[0])[GUTTER:]
    assert (row[:10].strip(), row[10:]) == ("", row[10] * 30)
    # Of one that has any, it is that.
    one = replace(made, lines=(made.lines[0], replace(made.lines[1], runs=(), last=None)))
    assert text(plot.draw(one, 40 + GUTTER, 1)[0])[:GUTTER].split() == ["util", "50%"]


def test_the_cursor_reads_lowest_mean_and_highest() -> None:
    at = chart([[(10.0, 70.0, 90.0)] * 40], Form.AREAS).window.start + 20 * 22.5
    made = chart([[(10.0, 70.0, 90.0)] * 40], Form.AREAS, cursor=at)
    rows = plot.draw(made, 60 + GUTTER, 10)
    assert "min 10 avg 70 max 90%" in text(rows[0])
    assert " 10-90 " in text(plot.draw(made, 60 + GUTTER, 1)[0])
    column = made.window.column(at)
    assert column is not None
    for height in (1, 10):
        for row in plot.draw(made, 60 + GUTTER, height)[height > 1 : 9]:
            kinds = [kind for part, kind in row for _ in part]
            assert kinds[GUTTER + column] == CURSOR, "one column through all charts"


def test_a_bucket_narrower_than_the_time_between_samples_is_no_hole() -> None:
    shown = Window(NOON, 3.0, 40)
    run = tuple(Point(NOON + 5.0 * n // 3 * 3, 80.0, 80.0, 80.0) for n in range(20))
    made = ChartSpec("CPU", (Line("", (run,), 80.0),), shown, form=Form.AREAS)
    row = cells(plot.draw(made, 40 + GUTTER, 9))[-3][: int(19 * 5 / 3)]
    assert len(set(row)) == 1


def test_a_gap_stays_a_gap() -> None:
    shown = Window(NOON, 5.0, 40)
    runs = [tuple(Point(NOON + 5.0 * n, 80.0, 80.0, 80.0) for n in some) for some in (range(10), range(20, 30))]
    for form in (Form.AREAS, Form.HEAT, Form.SPARK):
        made = ChartSpec("CPU", (Line("", tuple(runs), 80.0),), shown, form=form, shades=False)
        for row in cells(plot.draw(made, 40 + GUTTER, 9))[1:-1]:
            assert not "".join(glyph for glyph, _ in row[10:20]).strip(" ·")


def test_the_gutter_is_the_same_at_any_height() -> None:
    for width in range(1, 100):
        assert plot_columns(width) == max(1, width - gutter(width))
        for form in (Form.AREAS, Form.HEAT):
            made = chart([flat(50.0)], form, width)
            assert {plot.plot_left(made, width, height) for height in range(1, 20)} == {gutter(width)}
    assert all(a <= b + GUTTER for a, b in pairwise(plot_columns(width) for width in range(1, 100)))


def test_prices_have_their_dollars_before_them() -> None:
    shown = replace(chart([flat(0.12)], Form.AREAS), unit="$", places=2, low=0.1, high=0.2)
    rows = [text(row) for row in plot.draw(shown, 60 + GUTTER, 12)]
    assert rows[0].endswith("min $0.12 max $0.12  now $0.12"), "a mean of buckets would depend on their number"
    whole = replace(shown, lines=(replace(shown.lines[0], whole=Point(0.0, 0.12, 0.12, 0.12)),))
    assert text(plot.draw(whole, 60 + GUTTER, 12)[0]).endswith("min $0.12 avg $0.12 max $0.12  now $0.12")
    assert "".join(row[:GUTTER] for row in rows[1:-1]).split() == ["$0.20", "$0.15", "$0.10"]
    assert text(plot.draw(shown, 36 + GUTTER, 12)[0]).endswith("min $0.12 max $0.12  now $0.12")
    two = replace(shown, lines=tuple(replace(line, label="secure") for line in shown.lines * 2), apart=True)
    rows = [text(row) for row in plot.draw(two, 40 + GUTTER, 12)]
    assert "from $0.12" in rows[0]
    assert rows[1].startswith("secure $0.12")


@pytest.mark.parametrize(
    ("high", "places", "labels"),
    [
        (100.0, 0, ["100%", "75%", "50%", "25%", "0%"]), (450.0, 0, ["450%", "225%", "0%"]),
        (0.25, 2, ["0.25%", "0.00%"]), (0.4, 2, ["0.40%", "0.30%", "0.20%", "0.10%", "0.00%"]),
    ],
)  # fmt: skip
def test_a_value_beside_the_grid_is_that_of_the_grid(high: float, places: int, labels: list[str]) -> None:
    shown = replace(chart([flat(high, 20)], Form.AREAS), places=places, high=high)
    rows = plot.draw(shown, 40 + GUTTER, 12)
    assert [label for row in rows[1:-1] if (label := text(row)[:GUTTER].strip())] == labels
    assert [("·", GRID) in row for row in cells(rows)].count(True) == len(labels) - 2


@pytest.mark.parametrize(("value", "shown"), [(0.126, "0.13"), (10.5, "10.5"), (104.2, "104"), (12_345.0, "12k")])
def test_a_price_of_any_size_is_no_other_one(value: float, shown: str) -> None:
    assert short(value, replace(chart([], Form.AREAS), places=2)) == shown


def test_where_a_row_is_two_deep_the_lowest_value_stands_below_the_notch() -> None:
    (first, second, *_) = cells(plot.draw(chart([[(0.0, 90.0, 95.0)] * 40], Form.HEAT), 40 + GUTTER, 4)[1:])
    assert first[5] == ("▀", paint(STEP + 8))
    assert second[5] == ("█", paint(STEP + 1))


@pytest.mark.parametrize(("gpus", "lines"), [(1, 3), (2, 6), (3, 9)])
def test_a_field_of_idle_gpus_is_not_empty(gpus: int, lines: int) -> None:
    made = replace(chart([flat(0.0)] * gpus, Form.AREAS), times=False)
    rows = [text(row) for row in plot.draw(made, 40 + GUTTER, 17)]
    assert sum("·" in row for row in rows) == lines, "a grid at 25, 50 and 75 in each"
    assert sum("·" in text(row) for row in plot.draw(made, 40 + GUTTER, 1 + 3 * gpus)) == gpus, "at 50 where it is low"


@pytest.mark.parametrize(("worst", "usual"), [("low", STEP), ("mean", CALM)])
def test_what_lags_has_the_shades_of_a_warning_and_memory_quiet_ones(worst: str, usual: int) -> None:
    made = replace(chart([flat(90.0), flat(90.0), flat(40.0), flat(90.0)], Form.HEAT), worst=worst, times=False)
    rows = plot.draw(made, 40 + GUTTER, 5)[1:]
    ramps = [{(painted(kind) or (0, 0))[0] - base for _, kind in row if kind <= paint(0)} for row, base in
             zip(rows, (usual, usual, LOUD, usual), strict=True)]  # fmt: skip
    assert ramps == [{8}, {8}, {4}, {8}]
