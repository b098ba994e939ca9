"""A sample that is packed in one go is the same as its values packed by name; and each is made once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, runtime, snapshot
from tui.api.models import GpuReading, Telemetry
from tui.history.archive import writer as writing
from tui.history.archive.schema import connect
from tui.store.fleet import Fleet
from tui.store.metrics import TELEMETRY_AGE, sample
from tui.store.packed_samples import PackedSample, packed_sample
from tui.store.series import Series, packed

NOW = 1_790_000_000.0

value = st.none() | st.floats(-1e3, 1e4) | st.integers(-10, 2000).map(float) | st.sampled_from((math.nan, math.inf))
reading = st.builds(GpuReading, util=value, memory=value, temperature_c=value, power_w=value)
readings = st.lists(reading, max_size=9).map(tuple)


@given(readings, readings, value, value, st.none() | st.floats(0.0, 2 * TELEMETRY_AGE))
def test_packed_in_one_go_as_by_name(
    gpus: tuple[GpuReading, ...],
    latest: tuple[GpuReading, ...],
    cpu: float | None,
    memory: float | None,
    age: float | None,
) -> None:
    up = replace(runtime(), cpu=cpu, memory=memory, gpus=gpus)
    one = replace(pod("a"), runtime=up, telemetry=Telemetry(None if age is None else NOW - age, None, latest))
    values = sample(one, NOW)
    names, row = packed_sample(one, NOW)
    assert names == tuple(values)
    assert row == packed(values)


def test_a_pod_that_is_not_up_has_no_sample() -> None:
    assert packed_sample(replace(pod("a"), runtime=None), NOW) == ((), b"")


def test_pods_with_the_same_gpus_share_their_names() -> None:
    first, second = (packed_sample(pod(name, utils=(50.0, 60.0)), NOW) for name in "ab")
    assert first.names is second.names


names = st.lists(st.sampled_from(["cpu", "util", "gpu0", "gpu1", "temp0"]), unique=True)


@given(st.lists(names, max_size=8))
def test_packed_samples_are_kept_as_values_are(rows: list[list[str]]) -> None:
    plain, together = Series(100), Series(100)
    for at, each in enumerate(rows):
        values = {name: float(at + index) for index, name in enumerate(each)}
        plain.append(float(at), values)
        together.append_packed(float(at), tuple(values), packed(values))
    held = [series.stretch(0.0, series.names) for series in (plain, together)]
    assert held[0] == held[1]


def test_what_is_recorded_was_sampled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [pod("up"), pod("down", utils=None)]
    samples: dict[str, PackedSample] = {}
    response = snapshot(*pods)
    for _ in Fleet(interval=5.0, market_interval=15.0).taking(response, NOW, None, samples):
        pass
    assert samples == {"up": packed_sample(pods[0], NOW)}

    def again(*_: Any) -> Any:
        raise AssertionError("it is sampled again")

    monkeypatch.setattr(writing, "packed_sample", again)
    writer = writing.Writer(connect(tmp_path / "archive", write=True), NOW - 1.0)
    writer.write([writing.Polled(NOW, response, samples=samples)])
    assert not writer.news()
    writer.close()
