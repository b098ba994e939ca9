"""Charts as text: whole, at any size, for any numbers; plotext's core survives what it is given."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from datetime import UTC, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tests.variants import up_to
from tui.store.series import Point, Series
from tui.store.views.pod_lines import Line
from tui.ui.charts import bar_chart, canvas, plot
from tui.ui.charts.spec import (
    BRIGHT,
    DIM,
    HEAT,
    LINES,
    QUIET,
    BarSpec,
    ChartSpec,
    Form,
    Window,
    painted,
    plot_columns,
    window,
)
from tui.ui.terminal.filters import ascii_text

NOON = 1_795_435_200.0
WILD = st.one_of(
    st.floats(-10, 110), st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 1e6]), st.floats(allow_nan=True)
)


def spec_of(values: list[float], columns: int = 60, lines: int = 1) -> ChartSpec:
    shown = window(NOON, 900, columns)
    run = tuple(Point(shown.start + i * shown.width, v, v, v) for i, v in enumerate(values))
    return ChartSpec(
        "GPU utilisation",
        tuple(Line(f"GPU {n}", (run,) if run else (), run[-1].mean if run else None) for n in range(lines)),
        shown,
        tz=UTC,
    )


def without_grid(row: str) -> str:
    return row.replace("·", " ").replace("\u2800", " ")


def words(spec: ChartSpec, width: int, height: int) -> list[str]:
    return ["".join(text for text, _ in row) for row in plot.draw(spec, width, height)]


@settings(max_examples=up_to(60))
@given(st.integers(1, 300), st.integers(1, 80), st.integers(0, 9), st.lists(st.floats(0, 100), max_size=30))
def test_a_chart_is_exactly_as_large_as_asked(width: int, height: int, lines: int, values: list[float]) -> None:
    rows = words(spec_of(values, plot_columns(width), lines), width, height)
    assert len(rows) == height
    assert {cell_len(row) for row in rows} == {width}


@settings(max_examples=up_to(100))
@given(st.lists(st.tuples(WILD, WILD, WILD, WILD), max_size=20), st.integers(2, 100))
def test_every_number_that_reaches_plotext_is_a_dot_of_the_canvas(
    points: list[tuple[float, float, float, float]], columns: int
) -> None:
    run = tuple(Point(*point) for point in points)
    spec = ChartSpec("x", (Line("x", (run,), None),), Window(NOON, 5, columns))
    for _, (xs, ys) in canvas.signals(spec, columns, 9):
        assert len(xs) == len(ys) > 0
        assert all(type(x) is int and 0 <= x < 2 * columns for x in xs)
        assert all(type(y) is int and 0 <= y < 4 * 9 for y in ys)


@pytest.mark.wide
def test_wild_numbers_do_not_end_the_process() -> None:
    code = (
        "from tests.ui.charts.test_plot import spec_of, words\n"
        "import math\n"
        "for v in (math.nan, math.inf, -math.inf, 1e300, 1e6): words(spec_of([50, v, 50, v, v]), 80, 12)\n"
        "words(spec_of([math.nan]), 80, 12); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr


@given(st.floats(0, 4e9), st.floats(60, 3e6), st.integers(1, 250))
def test_a_window_ends_with_now_and_reaches_far_enough(now: float, span: float, columns: int) -> None:
    start, width, count = window(now, span, columns)
    assert count == columns
    assert start <= now - span + width
    assert start + count * width > now >= start + (count - 1) * width - 1e-6
    assert start % width in (0, width) or math.isclose(start % width, 0, abs_tol=1e-6)


def test_a_new_sample_changes_one_column_until_the_bucket_is_over() -> None:
    series = Series(1000)
    for step in range(120):
        series.append(NOON - 600 + step * 5, {"x": 50 + step % 3})

    def canvas(now: float) -> list[str]:
        shown = window(now, 600, 40)
        runs = series.runs("x", *shown, 60)
        return words(ChartSpec("x", (Line("x", runs, None),), shown, tz=UTC), 44, 8)[1:]

    before = canvas(NOON + 1)
    series.append(NOON + 5, {"x": 90})
    after = canvas(NOON + 6)
    changed = {
        x for a, b in zip(before, after, strict=True) for x, (p, q) in enumerate(zip(a, b, strict=True)) if p != q
    }
    assert len(changed) <= 2


def test_the_same_values_have_the_same_shape_a_column_further() -> None:
    values = [float(20 + (i * 37) % 60) for i in range(60)]
    before, after = (words(spec_of(part), 64, 10)[1:-1] for part in (values[:-1], values[1:]))
    for a, b in zip(map(without_grid, before), map(without_grid, after), strict=True):
        # Columns 4 to 62 show the values; the first loses its way in from the left, the last ends.
        assert a[6:62] == b[5:61]


def test_every_value_is_drawn_at_its_dot() -> None:
    for value in (0.0, 25.0, 50.0, 77.0, 100.0):
        rows = words(spec_of([value], 40), 44, 12)[1:-1]
        dots = round(value / 100 * 39)
        row, cell = 9 - dots // 4, "⣀⠤⠒⠉"[dots % 4]
        assert [(y, line[4]) for y, line in enumerate(rows) if line[4] not in " ·"] == [(row, cell)]


def test_a_line_at_a_value_of_the_grid_lies_on_it() -> None:
    for value, label in ((25.0, "25"), (50.0, "50"), (75.0, "75")):
        rows = words(spec_of([value] * 20, 40), 44, 12)[1:-1]
        (row,) = (row for row in rows if "\u2800" < row[4] <= "\u28ff")
        assert row.split()[0].startswith(label)
        assert "·" in row, "where it is empty"


def test_a_spike_of_one_sample_is_drawn_to_its_top() -> None:
    shown = window(NOON, 86_400, 40)
    points = [Point(shown.start + i * shown.width, 10, 100 if i == 20 else 10, 11) for i in range(40)]
    rows = words(ChartSpec("x", (Line("x", (tuple(points),), 10),), shown, tz=UTC), 44, 12)
    assert rows[1][4:].strip()


def test_a_line_has_its_number_and_the_first_lies_on_top() -> None:
    spec = spec_of([50.0] * 60)
    other = spec_of([80.0] * 60).lines[0]
    drawn = ChartSpec("x", (spec.lines[0], other, spec.lines[0]), spec.window, tz=UTC)
    numbers = {number for row in plot.draw(drawn, 64, 12)[1:-1] for text, number in row if text.strip(" 1057%2·")}
    assert numbers == {0, 1}


def test_a_gap_is_a_gap() -> None:
    shown = window(NOON, 900, 40)
    runs = tuple(
        tuple(Point(shown.start + i * shown.width, 50, 50, 50) for i in part) for part in (range(10), range(30, 40))
    )
    rows = words(ChartSpec("x", (Line("x", runs, 50),), shown, tz=UTC), 44, 9)
    row = next(row for row in rows[1:] if any("\u2800" < letter <= "\u28ff" for letter in row))
    assert row[4 + 12 : 4 + 28].strip(" ·") == ""


def test_the_time_axis_is_local_and_round() -> None:
    spec = spec_of([50.0] * 60)
    assert "11:50" in words(spec, 64, 10)[-1]
    india = ChartSpec(spec.title, spec.lines, spec.window, tz=timezone(timedelta(hours=5, minutes=30)))
    assert "17:20" in words(india, 64, 10)[-1]


def test_the_title_names_the_one_that_lags() -> None:
    spec = spec_of([90.0])
    lines = tuple(Line(f"GPU {n}", spec.lines[0].runs, 20.0 if n == 2 else 90.0) for n in range(4))
    assert "▾ GPU 2 20%" in words(ChartSpec("GPU utilisation", lines, spec.window, tz=UTC), 70, 10)[0]
    assert words(spec, 40, 10)[0].endswith("90%")


def test_where_none_lags_the_title_tells_average_and_extremes() -> None:
    spec = spec_of([90.0])
    lines = tuple(Line(f"GPU {n}", spec.lines[0].runs, 90.0 - n) for n in range(8))
    chart = ChartSpec("GPU utilisation", lines, spec.window, tz=UTC)
    assert words(chart, 56, 10)[0] == "GPU utilisation  min 90 max 90                   avg 86%"
    assert words(chart, 100, 10)[0].endswith("▪6 84 ▪7 83 avg 86%")
    assert words(chart, 28, 10)[0] == "GPU utilisation      avg 86%"


def test_without_samples_it_says_so() -> None:
    assert "no samples in this range" in "\n".join(words(spec_of([]), 60, 10))
    assert words(spec_of([]), 60, 10)[0].endswith("–")


def test_midnight_is_the_day_that_begins() -> None:
    shown = window(NOON, 86_400, 90)
    axis = words(ChartSpec("x", spec_of([1.0]).lines, shown, tz=UTC), 94, 10)[-1]
    assert axis.split()[:5] == ["15:00", "18:00", "21:00", "Mon", "03:00"]


@given(st.floats(5, 95), st.floats(-0.5, 0.5), st.integers(6, 60), st.integers(4, 20))
def test_a_line_is_of_dots_of_one_weight_and_keeps_its_direction(
    first: float, slope: float, columns: int, height: int
) -> None:
    run = tuple(Point(5.0 * n, v, v, v) for n in range(columns) for v in (min(100.0, max(0.0, first + slope * n)),))
    rows = canvas.lines(ChartSpec("x", (Line("x", (run,), None),), Window(0.0, 5.0, columns)), columns, height)
    inked = {letter for row in rows for part, kind in row if kind == 0 for letter in part}
    assert all("\u2800" <= letter <= "\u28ff" for letter in inked)
    # In ASCII too: of the cells of a row, a line that falls has none above the one before it.
    ranks = {"'": 0, "\\": 1, "/": 1, "-": 1, "|": 1, "_": 2, ".": 2}
    for row in rows:
        levels = [ranks[c] for part, kind in row for c in ascii_text(part) if kind == 0 and c != " "]
        assert levels == sorted(levels, reverse=slope > 0)


# Bars


def bars_of(values: list[tuple[float, ...]], high: float = 100.0) -> BarSpec:
    labels = tuple(f"{n} Nov" for n in range(len(values)))
    return BarSpec("Charges", ("pods", "storage", "API"), tuple(values), labels, high, tail="all")


def drawn(spec: BarSpec, width: int, height: int) -> list[str]:
    return ["".join(text for text, _ in row) for row in plot.draw(spec, width, height)]


STACK = st.tuples(WILD, WILD, WILD)


@settings(max_examples=up_to(60))
@given(st.integers(1, 200), st.integers(1, 50), st.lists(STACK, max_size=400), st.sampled_from((0.0, 1.0, 100.0, 1e9)))
def test_bars_are_exactly_as_large_as_asked_whatever_is_charged(
    width: int, height: int, values: list[tuple[float, ...]], high: float
) -> None:
    rows = drawn(bars_of(values, high), width, height)
    assert len(rows) == height
    assert {cell_len(row) for row in rows} == {width}


@given(st.lists(STACK, max_size=50), st.integers(1, 60), st.integers(1, 40))
def test_parts_of_bars_are_eighths_of_the_canvas(values: list[tuple[float, ...]], columns: int, height: int) -> None:
    for ends in bar_chart.boundaries(bars_of(values), columns, height):
        assert all(type(end) is int for end in ends)
        assert ends == sorted(ends)
        assert ends[0] >= 0
        assert ends[-1] <= 8 * height


def test_a_stack_is_as_high_as_its_sum_and_the_newest_stands_at_the_right() -> None:
    spec = bars_of([(50.0, 25.0, 0.0), (0.0, 0.0, 0.1), (100.0, 0.0, 0.0)])
    assert bar_chart.boundaries(spec, 30, 8) == [[32, 48, 48], [0, 0, 1], [64, 64, 64]]
    rows = plot.draw(spec, 31, 10)
    body = ["".join(text for text, _ in row) for row in rows[1:9]]
    assert [row.rstrip()[-1] == "█" for row in body] == [True] * 8
    assert "▁" in body[-1], "what is above zero is seen"
    assert "2 Nov" in "".join(text for text, _ in rows[-1])


def inks(row: plot.Row) -> list[tuple[str, tuple[int, int]]]:
    return [(text[0], painted(kind) or (0, 0)) for text, kind in row if text.strip() and painted(kind)]


def test_the_newest_bar_is_bright_and_the_others_are_dim() -> None:
    for rows in (plot.draw(bars_of([(100.0, 0.0, 0.0)] * 3), 31, 10), plot.draw(bars_of([(100.0,) * 3] * 3), 31, 10)):
        seen = [ink for row in rows[1:9] for _, (ink, _) in inks(row)]
        assert seen
        assert all(DIM <= ink < DIM + LINES or ink >= BRIGHT for ink in seen)
        for row in rows[1:9]:
            (*others, newest) = [ink for _, (ink, _) in inks(row)]
            assert newest >= BRIGHT
            assert all(ink < BRIGHT for ink in others)
    plain = plot.draw(replace(bars_of([(100.0, 0.0, 0.0)] * 3), shades=False), 31, 10)
    assert [kind for text, kind in plain[2] if "█" in text] == [HEAT, HEAT, 0]


def test_a_small_part_is_drawn_in_every_bar_or_named_with_its_sum() -> None:
    # Of sixteen rows of $50, serverless is half a cell, storage an eighth of the topmost one, and the API nothing.
    bars = tuple((600.0 + n, 25.0 + n / 10, 6.2, 0.4) for n in range(20))
    spec = BarSpec("Charges", ("pods", "serverless", "storage", "API"), bars, ("1 Nov",) * 20, 800.0)
    rows = plot.draw(spec, 100, 18)
    heights = [0] * 20
    for row in rows[1:17]:
        column = -(100 - 7 - 80)
        for text, kind in row[1:]:
            if kind != QUIET and {DIM + 1, BRIGHT + 1} & set(painted(kind) or ()):
                heights[column // 4] = 1
            column += len(text)
    assert heights == [1] * 20
    title = "".join(text for text, _ in rows[0])
    assert title.split() == ["Charges", "▪pods", "▪serverless", "+storage", "$124.00", "+API", "$8.00"]


def test_a_pattern_is_worth_at_least_half_its_cell() -> None:
    # A cell is $10.
    spec = replace(bars_of([(40.0, 0.0, 1.0), (40.0, 0.0, 6.0), (2.0, 2.0, 3.0)]), shades=False)
    rows = ["".join(text for text, _ in row)[7:].split() for row in plot.draw(spec, 61, 12)[6:11]]
    assert rows == [["▒" * 17], *[["█" * 17] * 2] * 3, ["█" * 17, "█" * 17, "▒" * 17]]


def test_without_shades_parts_have_patterns_and_the_legend_has_them_too() -> None:
    spec = replace(bars_of([(50.0, 25.0, 25.0)] * 3), shades=False)
    rows = ["".join(text for text, _ in row) for row in plot.draw(spec, 61, 10)]
    assert [set(row[7:].strip()) - {" "} for row in rows[1:9]] == [{"▒"}] * 2 + [{"▓"}] * 2 + [{"█"}] * 4
    assert rows[0].startswith("Charges  █pods  ▓storage  ▒API")
    assert len({ascii_text(glyph) for glyph in bar_chart.PATTERNS}) == len(bar_chart.PATTERNS)


def test_no_height_of_a_bar_of_one_part_is_the_pattern_of_another() -> None:
    spec = replace(bars_of([(float(n), 0.0, 0.0) for n in range(1, 41)]), shades=False)
    patterns = {ascii_text(glyph) for glyph in bar_chart.PATTERNS[1:]}
    body = {ascii_text(text) for row in bar_chart._cells(spec, 40, 4) for cells, _ in row for text in cells}
    assert not body & patterns


def test_each_day_is_a_bar_of_its_own_as_soon_as_there_is_room_and_no_comb() -> None:
    for columns, shown in ((5, "█" * 5), (10, "█" * 10), (15, "██ " * 5), (25, "████ " * 5)):
        rows = bar_chart._cells(bars_of([(100.0, 0.0, 0.0)] * 5), columns, 4)
        assert {"".join(text for text, _ in row) for row in rows} == {shown}


@given(st.integers(1, 60), st.integers(12, 120))
def test_labels_of_bars_are_whole_and_at_equal_distances(count: int, columns: int) -> None:
    labels = tuple(f"{n % 30 + 1} {('Oct', 'Nov', 'Dec')[n // 30]}" for n in range(count))
    bars = [(1.0,)] * count
    line = bar_chart.below(BarSpec("Charges", ("pods",), tuple(bars), labels, 1.0), columns)
    shown = re.findall(r"\d+ [A-Z][a-z]{2}", line)
    assert "".join(shown).replace(" ", "") == line.replace(" ", "")
    at = [labels.index(label) for label in shown]
    assert at[-1] == count - 1
    assert len({after - before for before, after in pairwise(at)}) <= 1


def test_bars_stand_beside_their_axis() -> None:
    for count in (1, 2, 3, 5, 7, 11):
        rows = drawn(bars_of([(100.0, 0.0, 0.0)] * count), 60, 9)
        assert rows[1].lstrip().startswith(("$", "█"))
        assert re.search(r"\$\d+ █", rows[1]), count
        assert len(rows[1]) == 60


def test_nothing_charged_is_said() -> None:
    assert "no charges" in "\n".join(drawn(bars_of([(0.0, 0.0, 0.0)]), 60, 9))
    assert "no charges" in "\n".join(drawn(bars_of([]), 60, 9))


def test_on_a_slow_link_the_gpus_of_a_pod_are_one_sparkline_of_their_mean() -> None:
    def gpu(number: int, value: float) -> Line:
        return Line(f"GPU {number}", ((Point(0.0, value, value, value), Point(1.0, value, value, value)),), value)

    chart = ChartSpec("GPU util", (gpu(0, 100.0), gpu(1, 0.0)), Window(0.0, 1.0, 40), form=Form.SPARK)
    shown = ["".join(text for text, _ in row) for row in plot.draw(chart, 49, 6)]
    assert sum("▄▄" in line for line in shown) == 1
    assert not any("▇" in line or "▁" in line for line in shown)
    assert any(" 50% ▄▄" in line for line in shown)


@given(st.floats(1, 1e12), st.integers(24, 60), st.integers(4, 20))
def test_a_value_of_any_size_stays_in_its_axis(high: float, width: int, height: int) -> None:
    spec = ChartSpec("Balance", (), Window(NOON, 60, width - 7), high=high, axis=7, unit="$")
    assert {cell_len(row) for row in words(spec, width, height)} == {width}


@pytest.mark.parametrize("high", [1.0, 0.5, 2.0, 100.0])
def test_small_values_are_never_told_in_thousands(high: float) -> None:
    spec = ChartSpec("CPU", (), Window(NOON, 60, 40), high=high, places=2, unit="")
    assert "k" not in "\n".join(words(spec, 46, 9)).replace("in this range", "")


def test_millions_are_told_short() -> None:
    spec = ChartSpec("Balance", (), Window(NOON, 60, 53), high=15_000_000.0, axis=7, unit="$")
    assert "$15M" in "\n".join(words(spec, 60, 9))
