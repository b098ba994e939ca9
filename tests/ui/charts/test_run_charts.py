"""Charts of runs: over the time of the GPUs' charts, over time since their starts, and over their steps."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tests.store.test_run_signals import BEGUN, run_of, steady
from tui.domain.events import Event, Kind
from tui.store.fleet import Fleet
from tui.store.run_history import PastRuns, RunParts
from tui.store.run_signals import Run
from tui.store.series import Point
from tui.store.views import run_lines
from tui.store.views.pod_lines import Line
from tui.store.views.run_chart_kinds import RUN_CHARTS, Scale, with_runs
from tui.ui.charts import plain_axis, pod_charts, run_charts, spec
from tui.ui.charts.look import Look
from tui.ui.charts.plot import draw
from tui.ui.charts.spec import AxisSpec, ChartSpec

SIZES = [(113, 9), (113, 9)]
END = BEGUN + 400.0


def fleet_of(**runs: Run) -> Fleet:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(*(pod(name, name=name) for name in runs)), END)
    fleet.runs.update(runs)
    return fleet


def specs(fleet: Fleet, charts: list[str], look: Look) -> tuple[ChartSpec, ...]:
    width = pod_charts.width_of(look, SIZES)
    return pod_charts.specs(fleet, list(fleet.records.values()), look, width, SIZES, charts)


def places(chart: ChartSpec, line: int = 0) -> list[float]:
    return [point.at for run in chart.lines[line].runs for point in run]


def by(fleet: Fleet, scale: Scale) -> Look:
    shown = run_lines.shown(fleet, list(fleet.records.values()), scale)
    span, end, origin = run_lines.whole(shown, scale, END)
    return Look(now=END, span=span, end=end, origin=origin, scale=scale, tz=UTC, compares=len(shown) > 1)


def test_a_loss_has_the_columns_of_the_gpus_beside_it_and_its_present_value() -> None:
    fleet = fleet_of(a=run_of(*steady(101)))
    util, loss = specs(fleet, ["util", "run.loss"], Look(now=END, span=900.0, tz=UTC, end=END))
    assert loss.window == util.window
    assert min(places(loss)) <= BEGUN < min(places(loss)) + loss.window.width
    assert loss.lines[0].last == pytest.approx(4.9)
    assert loss.low == pytest.approx(4.9)
    assert loss.high == pytest.approx(5.0)
    cursor = Look(now=END, span=900.0, tz=UTC, end=END, cursor=BEGUN + 200.0)
    (read,) = specs(fleet, ["run.loss"], cursor)
    assert read.lines[0].last == pytest.approx(4.95, abs=0.005)


def test_what_is_no_number_silent_or_ended_has_no_present_value() -> None:
    look = Look(now=END, span=900.0, tz=UTC, end=END)
    (bad,) = specs(fleet_of(a=run_of(*steady(50), (201.0, "step 51/1000 | loss nan"))), ["run.loss"], look)
    assert (bad.title, bad.lines[0].last) == ("Loss (NaN now)", None)
    ended = fleet_of(a=run_of(*steady(50), (201.0, "Training complete")))
    assert specs(ended, ["run.loss"], look)[0].lines[0].last is None
    late = Look(now=END + 3600.0, span=900.0, tz=UTC)
    assert specs(fleet_of(a=run_of(*steady(50))), ["run.loss"], late)[0].lines[0].last is None


def test_pods_are_compared_from_their_starts_and_by_step() -> None:
    late = run_of(*[(200.0 + 4 * n, f"step {10 * n}/1000 | loss 3") for n in range(50)])
    fleet = fleet_of(a=run_of(*steady(101)), b=late)
    (since,) = specs(fleet, ["run.loss"], by(fleet, Scale.SINCE))
    assert [line.label for line in since.lines] == ["a", "b"]
    assert min(places(since, 0)) == min(places(since, 1)) == 0.0
    assert max(places(since, 0)) > 1.9 * max(places(since, 1))
    (step,) = specs(fleet, ["run.loss"], by(fleet, Scale.STEP))
    assert max(places(step, 0)) == pytest.approx(100, abs=step.window.width)
    assert max(places(step, 1)) == pytest.approx(490, abs=step.window.width)
    text = "\n".join("".join(part for part, _ in row) for row in draw(step, *SIZES[0]))
    assert "▪a" in text, "a legend names the lines"
    assert "▪b" in text


@pytest.mark.parametrize("count", [2, 4])
def test_without_hues_each_of_several_runs_is_drawn_for_itself(count: int) -> None:
    fleet = fleet_of(**{f"run-{n}": run_of(*steady(101)) for n in range(count)})
    look = replace(by(fleet, Scale.STEP), many=1, shades=False)
    (chart,) = specs(fleet, ["run.loss"], look)
    # A field for each where they fit, else a row.
    assert chart.form is (spec.Form.AREAS if count == 2 else spec.Form.HEAT)
    title, *rows = ("".join(part for part, _ in row) for row in draw(chart, *SIZES[0]))
    assert [n for n in range(count) if any(row.startswith(f"run-{n}") for row in rows)] == list(range(count))
    assert "avg 4.9" not in title, "their mean is that of none"
    assert specs(fleet, ["run.loss"], by(fleet, Scale.STEP))[0].form is spec.Form.LINES


def test_a_step_back_and_a_long_silence_break_a_line() -> None:
    from_checkpoint = [(600.0 + 4 * n, f"step {80 + n}/1000 | loss 3") for n in range(20)]
    run = run_of(*steady(101), *from_checkpoint)
    fleet = fleet_of(a=run)
    look = Look(now=END + 600, span=100.0, end=100.0, scale=Scale.STEP, tz=UTC)
    assert len(specs(fleet, ["run.loss"], look)[0].lines[0].runs) == 2
    quiet = run_of(*steady(50), (196.0 + 4000.0, "step 51/1000 | loss 3"), (4200.0, "step 52/1000 | loss 3"))
    look = Look(now=BEGUN + 4300, span=4300.0, tz=UTC)
    assert len(specs(fleet_of(a=quiet), ["run.loss"], look)[0].lines[0].runs) == 2


def test_the_runs_of_one_pod_are_compared_with_those_that_the_recording_has() -> None:
    second = [(300.0 + 4 * n, f"step {n}/1000 | loss 3") for n in range(20)]
    run = run_of(*steady(51), *second)
    fleet = fleet_of(a=run)
    recorded = RunParts()
    for number in range(50):
        recorded.put(BEGUN - 90_000.0 + 60 * number, (float(number), 9.0, *[None] * 6))
    fleet.past_runs["a"] = PastRuns(recorded.runs)
    (since,) = specs(fleet, ["run.loss"], by(fleet, Scale.SINCE))
    assert [line.label for line in since.lines] == ["22 Nov 11:00", "23 Nov 12:00", "present"]
    assert [line.last for line in since.lines] == [9.0, pytest.approx(4.95), 3.0]
    assert [min(places(since, line)) for line in range(3)] == [0.0, 0.0, 0.0]
    assert max(places(since, 0)) == pytest.approx(49 * 60, abs=since.window.width)
    (step,) = specs(fleet, ["run.loss"], by(fleet, Scale.STEP))
    assert [max(places(step, line)) for line in range(3)] == pytest.approx([49, 50, 19], abs=step.window.width)
    (time,) = specs(fleet, ["run.loss"], Look(now=END + 600, span=1800.0, tz=UTC))
    assert [line.label for line in time.lines] == [""], "over time there is one line"


def test_a_run_that_was_read_before_podtop_was_started_is_one_with_what_is_read_now() -> None:
    fleet = fleet_of(a=run_of(*[(4.0 * n, f"step {500 + n}/1000 | loss 3") for n in range(50)]))
    recorded = RunParts()
    for number in range(50):
        recorded.put(BEGUN - 3000.0 + 60 * number, (10.0 * number, 9.0, *[None] * 6))
    fleet.past_runs["a"] = PastRuns(recorded.runs)
    look = by(fleet, Scale.SINCE)
    assert (look.compares, look.origin) == (False, BEGUN - 3000.0)
    (step,) = specs(fleet, ["run.loss"], by(fleet, Scale.STEP))
    assert len(step.lines) == 1
    assert (min(places(step)), max(places(step))) == pytest.approx((0, 549), abs=step.window.width)


def test_nothing_after_the_viewed_instant_is_drawn() -> None:
    fleet = fleet_of(a=run_of(*steady(101)))
    (loss,) = specs(fleet, ["run.loss"], Look(now=BEGUN + 100.0, span=900.0, tz=UTC))
    assert max(places(loss)) <= BEGUN + 100.0


def test_events_are_marked_at_the_step_the_run_had_reached() -> None:
    fleet = fleet_of(a=run_of(*steady(101)))
    fleet.events.append(Event(BEGUN + 42.0, "a", Kind.RESTART, "restarted"))
    (step,) = specs(fleet, ["run.loss"], by(fleet, Scale.STEP))
    assert [mark.at for mark in step.marks] == [10.0]
    (since,) = specs(fleet, ["run.loss"], by(fleet, Scale.SINCE))
    assert [mark.at for mark in since.marks] == [BEGUN + 42.0], "one pod's axis is that of the clock"


def test_only_what_is_reported_has_a_chart_and_throughput_has_one() -> None:
    fleet = fleet_of(a=run_of((0.0, "step 1/9 | loss 2 | 41.2k tok/s | 1.2 it/s")))
    names = run_lines.run_charts(fleet, fleet.records.values())
    assert names == ("run.loss", "run.tokens")
    assert with_runs(("util", "mem"), names) == ("util", "mem", "run.loss", "run.tokens")
    assert run_lines.run_charts(fleet_of(a=Run()), fleet.records.values()) == ()
    assert all(len(chart.label) <= 5 for chart in RUN_CHARTS.values())


def test_what_was_reported_before_the_range_takes_no_room_from_the_charts_of_gpus() -> None:
    fleet = fleet_of(a=run_of((0.0, "step 1/9 | loss 2 | lr 1e-4"), (100.0, "step 2/9 | loss 2")))
    shown = [run_lines.run_charts(fleet, fleet.records.values(), BEGUN + since) for since in (0.0, 1.0, 100.0, 101.0)]
    assert shown == [("run.loss", "run.lr"), ("run.loss",), ("run.loss",), ()]


def axis(scale: Scale, start: float, width: float, origin: float = 0.0) -> list[str]:
    made = AxisSpec(spec.Window(start, width, 100), UTC, scale=scale, origin=origin)
    return [label for _, label in plain_axis.ticks(made, 100)]


def test_the_axis_counts_steps_or_time_since_the_start() -> None:
    assert axis(Scale.STEP, -20.0, 10.0)[:3] == ["0", "200", "400"]
    assert axis(Scale.STEP, 329_000.0, 10.0)[:2] == ["329,000", "329,200"]
    assert axis(Scale.SINCE, 1000.0 - 60, 60.0, 1000.0)[:3] == ["0s", "+15m", "+30m"]
    assert plain_axis.read(AxisSpec(spec.Window(0, 1, 9), scale=Scale.STEP), 1234.0) == "step 1,234"


def test_bounds_are_round_and_hold_all_values() -> None:
    def of(*values: float) -> tuple[float, float]:
        run = tuple(Point(float(n), value, value, value) for n, value in enumerate(values))
        return run_charts.bounds([Line("", (run,), None)])

    assert of(2.09, 2.12) == pytest.approx((2.09, 2.12))
    assert of(0.1, 4.9) == pytest.approx((0.0, 5.0))
    assert of(3e-4, 3e-4) == pytest.approx((0.0, 6e-4))
    assert of(0.0) == pytest.approx((0.0, 1.0))
    low, high = of(-3.0, 2.0)
    assert low <= -3.0
    assert high >= 2.0
