"""From series to charts: what is said to be current is current."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.store.fleet import Fleet
from tui.store.views import pods
from tui.ui.charts import plot, pod_charts
from tui.ui.charts.pod_charts import Look
from tui.ui.charts.spec import ChartSpec

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
    return pod_charts.specs(fleet, [fleet.records["a"]], look, width, SIZES, pods.charts_of(fleet.records["a"]))


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
    assert {spec.note for spec in specs(fleet)} == {"no samples yet"}
    fleet.apply(snapshot(replace(booting, gpu_count=0)), NOON + 5)
    assert [spec.note for spec in specs(fleet)] == ["no GPU in this pod"] * 2 + ["no samples yet"] * 2


def test_a_range_after_the_last_sample_says_so(fleet: Fleet) -> None:
    assert {spec.note for spec in specs(fleet, NOON + 7200)} == {"no samples in this range"}
