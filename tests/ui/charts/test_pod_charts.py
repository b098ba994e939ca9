"""From series to charts: what is said to be current is current."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.models import GpuReading, Telemetry
from tui.domain.gpu_power import nominal_w
from tui.format import numbers
from tui.store.fleet import Fleet
from tui.store.metrics import BY_NAME
from tui.store.series import Point
from tui.store.views import pod_lines
from tui.store.views.pod_lines import Line
from tui.ui.charts import buckets, plot, pod_charts, readings
from tui.ui.charts.look import Look
from tui.ui.charts.spec import GUTTER, ChartSpec, Form
from tui.ui.primitives import ramp

NOON = 1_795_435_200.0
SIZES = [(40, 10)] * 4


@pytest.fixture
def fleet() -> Fleet:
    made = Fleet(5.0, 60.0)
    for step in range(60):
        made.apply(snapshot(pod("a", utils=(90.0, 80.0))), NOON - 300 + step * 5)
    return made


def specs(fleet: Fleet, now: float = NOON, span: float = 900) -> tuple[ChartSpec, ...]:
    look = Look(now=now, span=span, tz=UTC)
    width = pod_charts.width_of(look, SIZES)
    return pod_charts.specs(fleet, [fleet.records["a"]], look, width, SIZES, pod_lines.charts_of(fleet.records["a"]))


def title(spec: ChartSpec) -> str:
    return "".join(text for text, _ in plot.draw(spec, *SIZES[0])[0])


def test_four_charts_with_a_line_for_each_gpu(fleet: Fleet) -> None:
    made = specs(fleet)
    assert [spec.title for spec in made] == ["GPU util", "GPU memory", "CPU", "Memory"]
    assert [[line.last for line in spec.lines] for spec in made] == [[90, 80], [60, 60], [30], [40]]
    assert all(line.runs for spec in made for line in spec.lines)


def test_a_stopped_pod_keeps_its_history_but_no_value_of_now(fleet: Fleet) -> None:
    fleet.apply(snapshot(pod("a", status="EXITED", utils=(90.0, 80.0))), NOON)
    for spec in specs(fleet, NOON + 1):
        assert all(line.runs and line.last is None for line in spec.lines)
        assert title(spec).endswith("–")


def test_after_a_silence_no_value_is_said_to_be_of_now(fleet: Fleet) -> None:
    assert all(line.last is None for spec in specs(fleet, NOON + fleet.silence + 1) for line in spec.lines)


def test_what_is_said_where_nothing_is_drawn() -> None:
    fleet = Fleet(5.0, 60.0)
    booting = pod("a", utils=None)
    fleet.apply(snapshot(booting), NOON)
    assert {(spec.note, spec.blank) for spec in specs(fleet)} == {("booting: no samples",) * 2}
    fleet.apply(snapshot(replace(booting, gpu_count=0)), NOON + 5)
    assert [spec.note for spec in specs(fleet)] == ["no GPU in this pod"] * 2 + ["booting: no samples"] * 2
    fleet.apply(snapshot(pod("a", status="EXITED", utils=None)), NOON + 10)
    assert {spec.blank for spec in specs(fleet)} == {"stopped: no samples"}


def test_a_range_after_the_last_sample_says_so(fleet: Fleet) -> None:
    later = specs(fleet, NOON + 7200)
    assert {spec.note for spec in later} == {"no samples in this range"}
    assert not any(spec.blank for spec in later), "a longer range has some"


def test_the_average_is_that_of_the_samples_at_any_width() -> None:
    made, values = Fleet(5.0, 60.0), [float(50 + 40 * (step % 7 == 0) + step // 9) for step in range(300)]
    for step, value in enumerate(values):
        made.apply(snapshot(pod("a", utils=(value,))), NOON - 5 * (299 - step))
    drawn = values[-181:]
    words = f"min {min(drawn):.0f} avg {sum(drawn) / len(drawn):.0f} max {max(drawn):.0f}%"
    for width in (60, 77, 104, 131, 200, 250):
        size, look = (width, 12), Look(now=NOON, span=900, tz=UTC)
        column = pod_charts.width_of(look, [size])
        (chart,) = pod_charts.specs(made, [made.records["a"]], look, column, [size], ["util"])
        assert words in "".join(text for text, _ in plot.draw(chart, *size)[0])


@pytest.mark.parametrize(
    ("known", "whole", "words"),
    [
        (900, 900, "last 15 min"), (880, 900, "last 15 min"), (None, 900, "last 15 min"),
        (500, 900, "last 15 min · no data before 11:51"), (480, 3600, "last 1 h · no data before 11:52"),
        (50_000, 86_400, "last 24 h · no data before Sun 22:06"),
        (200_000, 30 * 86_400, "last 30 d · no data before Sat 04:26"),
        (800_000, 30 * 86_400, "last 30 d · no data before 14 Nov"),
    ],
)  # fmt: skip
def test_the_range_says_since_when_it_has_data(known: float | None, whole: float, words: str) -> None:
    for later in (0.0, 3.0):
        since = None if known is None else NOON - known
        assert numbers.span_since(whole, NOON + later, since, UTC) == words, "and says the same a poll later"


def test_the_first_sample_is_known_unless_older_ones_are_loading(fleet: Fleet) -> None:
    record = fleet.records["a"]
    assert pod_lines.known_since(fleet, [record], NOON - 900) == NOON - 300
    assert pod_lines.known_since(fleet, [record], NOON - 200) == NOON - 200
    fleet.has_past = True
    assert pod_lines.known_since(fleet, [record], NOON - 900) == NOON - 900


def test_charts_end_with_the_newest_sample_until_the_next_is_overdue(fleet: Fleet) -> None:
    record = fleet.records["a"]
    newest = NOON - 5
    assert pod_lines.charted_until(fleet, [record], NOON) == newest
    assert pod_lines.charted_until(fleet, [record], NOON + 30) == NOON + 30
    assert pod_lines.charted_until(fleet, [], NOON) == NOON
    # A bucket that has begun without a sample is not there yet: nothing is drawn twice.
    look = Look(now=NOON + 1, span=900, tz=UTC, end=pod_lines.charted_until(fleet, [record], NOON + 1))
    width = pod_charts.width_of(look, SIZES)
    frame = pod_charts.frame_of(look, SIZES[0], width)
    assert frame.start + frame.columns * width > newest >= frame.start + (frame.columns - 1) * width


def test_a_row_has_the_value_of_all_gpus_together(fleet: Fleet) -> None:
    look = Look(now=NOON, span=900, tz=UTC)
    (row,) = pod_charts.specs(fleet, [fleet.records["a"]], look, 20.0, [(60, 1)], ["util"])
    assert [line.last for line in row.lines] == [85]
    assert {(p.low, p.mean, p.high) for line in row.lines for run in line.runs for p in run} == {(80, 85, 90)}


def test_a_row_of_several_pods_says_that_it_is_their_mean() -> None:
    made = Fleet(5.0, 60.0)
    made.apply(snapshot(pod("a"), pod("b")), NOON - 5)
    look, pods = Look(now=NOON, span=900, tz=UTC), [made.records["a"], made.records["b"]]
    for chart, name in (("cpu", "CPU avg 30%"), ("memory", "MEM avg 40%")):
        (row,) = plot.draw(pod_charts.specs(made, pods, look, 20.0, [(60, 1)], [chart])[0], 60, 1)
        assert "".join(text for text, _ in row)[:GUTTER].split() == name.split()


@pytest.mark.parametrize(
    ("lines", "height", "heat", "form"),
    [
        (1, 9, None, Form.AREAS), (3, 9, None, Form.AREAS), (3, 5, None, Form.HEAT), (4, 9, None, Form.HEAT),
        (1, 9, True, Form.AREAS), (2, 9, True, Form.HEAT), (8, 9, False, Form.AREAS), (8, 1, None, Form.AREAS),
    ],
)  # fmt: skip
def test_up_to_three_gpus_are_areas_and_more_are_a_heat_map(
    lines: int, height: int, heat: bool | None, form: Form
) -> None:
    assert pod_charts.form_of(lines, height, Look(now=NOON, span=900, heat=heat)) is form


def drawing(watts: float, gpus: int = 2) -> Fleet:
    """A fleet with one pod, whose GPUs draw that much each."""
    reading = GpuReading(util=90.3, memory=60.0, temperature_c=35.0, power_w=watts)
    made, each = Fleet(5.0, 60.0), pod("a", utils=(90.3,) * gpus)
    for step in range(60):
        at = NOON - 295 + step * 5
        made.apply(snapshot(replace(each, telemetry=Telemetry(at, None, (reading,) * gpus))), at)
    return made


def test_the_power_of_gpus_together_is_a_share_of_what_they_are_rated_for_together() -> None:
    made, look = drawing(78.0), Look(now=NOON, span=900, tz=UTC)
    machine = made.records["a"].pod.machine  # type: ignore[union-attr]
    assert machine is not None
    rated = nominal_w(machine.gpu_name)
    assert rated is not None
    one, each = pod_charts.specs(made, [made.records["a"]], look, 20.0, [(60, 1), (60, 12)], ["power", "power"])
    assert (one.high, each.high) == (2 * rated, rated)
    (row,) = plot.draw(one, 60, 1)
    drawn = "".join(text for text, _ in row)
    assert drawn[-1] == ramp.bar(78.0 / rated)


def test_a_present_value_is_written_as_runpod_gave_it() -> None:
    made, look = drawing(78.0), Look(now=NOON, span=900, tz=UTC)
    power, util = pod_charts.specs(made, [made.records["a"]], look, 20.0, [(60, 1), (60, 12)], ["power", "util"])
    assert [line.last for line in power.lines] == [156.0], "not 160, of which samples are made"
    assert [line.last for line in util.lines] == [90.3, 90.3]


@pytest.mark.parametrize(("gpu", "high"), [("NVIDIA L4", 72.0), (None, 200.0), ("a new one", 200.0)])
def test_what_a_gpu_is_rated_for_may_be_unknown_or_exceeded(gpu: str | None, high: float) -> None:
    def line(watts: float) -> Line:
        return Line("", ((Point(NOON, watts, watts, watts),),), watts)

    assert readings.top_of(BY_NAME["power"], (line(60.0 if high < 100 else 160.0),), gpu) == high
    assert readings.top_of(BY_NAME["power"], (line(160.0),), gpu) == 200.0


def test_the_cursor_reads_what_is_drawn_also_between_two_samples(fleet: Fleet) -> None:
    for cursor in (NOON - 100.0, NOON - 98.0, NOON - 96.5):
        look = Look(now=NOON, span=300, tz=UTC, cursor=cursor)
        made = pod_charts.specs(fleet, [fleet.records["a"]], look, 1.0, [(320, 10)], ["util"])
        assert [line.last for line in made[0].lines] == [90, 80]


def test_a_new_sample_changes_one_column_of_each_chart_until_its_bucket_is_over() -> None:
    made = Fleet(5.0, 60.0)
    for step in range(200):
        made.apply(snapshot(pod("a", utils=(90.0 + step % 5, 80.0))), NOON - 1000 + step * 5)

    def cells(now: float) -> list[tuple[float, list[tuple[str, int]]]]:
        rows = []
        for size in ((60, 10), (60, 1)):
            look = Look(now=now, span=900, tz=UTC, end=pod_lines.charted_until(made, made.records.values(), now))
            width = pod_charts.width_of(look, [size])
            charts = pod_lines.charts_of(made.records["a"])
            for spec in pod_charts.specs(made, [made.records["a"]], look, width, [size] * len(charts), charts):
                for row in plot.draw(spec, *size)[size[1] > 1 :]:
                    rows.append((spec.window.start, [(letter, kind) for part, kind in row for letter in part][GUTTER:]))
        return rows

    for step in range(4):
        before = cells(NOON + step * 5 - 4)
        made.apply(snapshot(pod("a", utils=(20.0 + 15 * step, 60.0 + 9 * step))), NOON + step * 5)
        after = cells(NOON + step * 5 + 1)
        # The buckets are of 20 seconds: the first sample here begins one.
        if before[0][0] == after[0][0]:
            changed = {
                x for (_, a), (_, b) in zip(before, after, strict=True)
                for x, (p, q) in enumerate(zip(a, b, strict=True)) if p != q
            }  # fmt: skip
            assert len(changed) == 1


@pytest.mark.parametrize("columns", [20, 48, 104, 186, 236])
@pytest.mark.parametrize("live", [False, True])
def test_a_wide_chart_moves_on_by_some_columns_at_once_and_shows_the_whole_range(columns: int, live: bool) -> None:
    size, look = (columns + GUTTER, 10), Look(now=NOON, span=900, live=live)
    width = pod_charts.width_of(look, [size])
    frames = [pod_charts.frame_of(replace(look, now=NOON + at), size, width) for at in range(0, 600, 5)]
    for at, frame in zip(range(0, 600, 5), frames, strict=True):
        now, end = NOON + at, frame.start + frame.width * frame.columns
        assert frame.start <= now - 900 + frame.width, "the whole range"
        assert now < end, "with the newest sample"
        assert end - now <= max(1.0, columns / (10 if live else 30)) * frame.width, "hardly any room behind it"
    moves = sum(a.start != b.start for a, b in pairwise(frames))
    assert moves <= 600 / (width * max(1, columns // (12 if live else 40))) + 1


def charted_at(now: float, samples: int, **options: Any) -> ChartSpec:
    """A chart of a GPU with a sample every five seconds until now, at 104 columns of 9.5 seconds."""
    look, size = Look(now=now, span=900, **options), (104 + GUTTER, 10)
    fleet = Fleet(5.0, 60.0)
    for n in reversed(range(samples)):
        fleet.apply(snapshot(pod("a", utils=(50.0,))), now - 5.0 * n)
    return pod_charts.specs(fleet, [fleet.records["a"]], look, pod_charts.width_of(look, [size]), [size], ["util"])[0]


def columns_of(spec: ChartSpec) -> int:
    """The columns with values, of those until now."""
    return sum(column is not None for column in buckets.across(spec.lines[0], spec.window, spec.window.columns))


def test_the_newest_columns_of_a_live_chart_are_drawn_several_at_once() -> None:
    seen = [columns_of(charted_at(NOON + at, 60 + at // 5, live=True)) for at in range(0, 120, 5)]
    steps = [b - a for a, b in pairwise(seen)]
    assert set(steps) == {0, 3}, "three columns at once, and nothing in between"
    whole = [columns_of(charted_at(NOON + at, 60 + at // 5)) for at in range(0, 120, 5)]
    assert all(0 <= drawn - live <= 3 for live, drawn in zip(seen, whole, strict=True)), "never far behind"
    # What is read, or looked back at, is drawn as far as it goes.
    cursor = [columns_of(charted_at(NOON + at, 60 + at // 5, live=True, cursor=NOON)) for at in range(0, 120, 5)]
    assert cursor == whole


def test_the_first_samples_of_a_live_chart_are_drawn_at_once() -> None:
    assert all(columns_of(charted_at(NOON + at, 1 + at // 5, live=True)) >= 1 for at in range(0, 120, 5))


def test_long_ranges_are_drawn_with_each_sample() -> None:
    size = (104 + GUTTER, 10)
    for span in (3600, 86_400):
        look = Look(now=NOON, span=span, live=True)
        assert pod_charts.frame_of(look, size, pod_charts.width_of(look, [size])).until == NOON
