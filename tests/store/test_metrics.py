"""The table of metrics: what is made of its rows holds for all of them, and for names that others may have written."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import pod
from tui.api.models import GpuReading, Telemetry
from tui.store.metrics import (
    BY_NAME,
    METRICS,
    TELEMETRY_AGE,
    UTIL,
    figures,
    most_values,
    sample,
    with_figures,
    without_figures,
)
from tui.store.series import GAP, pack

NOW = 1_795_435_200.0
WARM = Telemetry(NOW, None, (GpuReading(None, None, None, 71.0, 640.0), GpuReading(None, None, None, None, 300.0)))
POD = replace(pod("a", utils=(90.0, 50.0)), telemetry=WARM)


def test_names_and_series_are_each_of_one_metric() -> None:
    assert len(BY_NAME) == len(METRICS)
    prefixes = [metric.prefix for metric in METRICS if metric.per_gpu]
    assert len({*prefixes}) == len(prefixes)
    assert all(metric.title and metric.label and metric.export for metric in METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_top_of_an_axis_fits_in_a_byte(metric: object) -> None:
    top = metric.top or 1000.0  # type: ignore[attr-defined]
    series = metric.of_gpu(0) if metric.per_gpu else metric.name  # type: ignore[attr-defined]
    assert 0 < pack(series, top) < GAP - 1


def test_a_sample_has_what_runpod_gives_and_no_series_of_what_it_does_not() -> None:
    assert sample(POD, NOW) == {
        "cpu": 30.0, "memory": 40.0, "util": 70.0, "gpu0": 90.0, "gpu1": 50.0, "vram": 60.0, "vram0": 60.0,
        "vram1": 60.0, "temp0": 71.0, "power0": 640.0, "power1": 300.0,
    }  # fmt: skip
    assert len(sample(POD, NOW)) <= most_values(2)
    assert "temp0" not in sample(POD, NOW + TELEMETRY_AGE + 1)


def test_figures_of_several_gpus_are_a_mean_the_hottest_or_all_of_them() -> None:
    assert figures(POD, NOW) == {
        "util": 70.0, "vram": 60.0, "cpu": 30.0, "memory": 40.0, "temp": 71.0, "power": 940.0,
    }  # fmt: skip
    part = replace(POD, telemetry=replace(WARM, gpus=(WARM.gpus[0], GpuReading())))
    assert figures(part, NOW)["power"] is None, "a part of the sum would look like less"
    assert set(figures(replace(POD, status="EXITED"), NOW).values()) == {None}


def test_a_sample_turned_round_is_the_pod_again() -> None:
    assert POD.runtime is not None
    values = sample(POD, NOW)
    bare = replace(POD, runtime=without_figures(POD.runtime), telemetry=None)
    assert bare.runtime is not None
    assert sample(with_figures(bare, bare.runtime, NOW, 2, values.get), NOW) == values
    assert with_figures(bare, bare.runtime, NOW, 2, {}.get).telemetry is None


@pytest.mark.parametrize("name", ["gpu007", "gpu999999", "gpu" + "9" * 5000, "gpu", "gpu_x", "gpus1", "util"])
def test_names_that_podtop_does_not_give_are_no_reason_to_fail(name: str) -> None:
    names = UTIL.series_in([name, "gpu1"])
    assert set(names) <= {name, "gpu1"}
    assert "gpu1" in names
    assert 1 in UTIL.gpus_in([name, "gpu1"])
    # A recording may have any name: a table with a line for each GPU up to that number would take all memory.
    assert max(UTIL.gpus_in([name, "gpu1"])) < 1000
    assert UTIL.of_gpu(999_999) == "gpu999999"
