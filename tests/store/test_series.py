"""Series: what goes in comes out, gaps stay gaps, memory stays bounded."""

from __future__ import annotations

import gc
import math
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.store import series as packing
from tui.store.series import GAP, GAP_BYTE, Series, pack, packed

VALUES = st.one_of(st.none(), st.floats(0, 100), st.integers(0, 100))


def filled(values: list[float | None], step: float = 5.0, limit: int = 1000) -> Series:
    series = Series(limit)
    for index, value in enumerate(values):
        series.append(index * step, {"x": value})
    return series


@given(st.lists(VALUES, max_size=60))
def test_a_value_comes_back_to_a_quarter_of_a_percent(values: list[float | None]) -> None:
    series = filled(values)
    got = {p.at: p.mean for run in series.runs("x", 0, 5.0, max(1, len(values)), 15) for p in run}
    for index, value in enumerate(values):
        if value is None:
            assert index * 5.0 not in got
        else:
            assert abs(got[index * 5.0] - value) <= 0.25


@given(st.lists(VALUES, min_size=1, max_size=200), st.integers(1, 40))
def test_no_spike_is_lost_in_a_bucket(values: list[float | None], count: int) -> None:
    series = filled(values)
    width = math.ceil(len(values) / count) * 5.0
    points = [p for run in series.runs("x", 0, width, count, 15) for p in run]
    known = [v for v in values if v is not None]
    if known:
        assert abs(max(p.high for p in points) - max(known)) <= 0.25
        assert abs(min(p.low for p in points) - min(known)) <= 0.25
    else:
        assert points == []


def test_an_explicit_gap_and_a_long_silence_break_a_run() -> None:
    series = filled([10, 20, None, 30])
    series.append(500.0, {"x": 40})
    runs = series.runs("x", 0, 5.0, 120, 15)
    assert [[p.mean for p in run] for run in runs] == [[10, 20], [30], [40]]


def test_samples_sparser_than_buckets_are_one_run() -> None:
    runs = filled([1, 2, 3], step=5).runs("x", 0, 1.0, 20, 15)
    assert [p.at for p in runs[0]] == [0, 5, 10]
    assert len(runs) == 1


def test_wild_values_are_clamped_or_gaps() -> None:
    series = filled([math.nan, math.inf, -math.inf, 1e9, -5])
    assert [p.mean for run in series.runs("x", 0, 5.0, 5, 15) for p in run] == [127, 0]


def test_time_never_goes_back() -> None:
    series = filled([1, 2])
    series.append(5.0, {"x": 9})
    series.append(4.0, {"x": 9})
    assert len(series) == 2
    assert series.value("x", 100) == 2


def test_a_name_that_comes_late_or_stays_away_has_gaps() -> None:
    series = Series(100)
    series.append(0, {"a": 1})
    series.append(5, {"a": 2, "b": 3})
    series.append(10, {"b": 4})
    assert series.value("a", 10) is None
    assert series.value("b", 10) == 4
    assert [len(r) for r in series.runs("b", 0, 5, 3, 15)] == [2]


@given(st.integers(1, 50), st.integers(0, 400))
def test_it_never_grows_far_past_its_limit(limit: int, count: int) -> None:
    series = filled([1.0] * count, limit=limit)
    assert len(series) <= limit + 64
    assert len(series) == count or len(series) >= limit


def test_a_name_gone_for_longer_than_the_limit_is_forgotten() -> None:
    series = Series(10)
    series.append(0, {"old": 1, "new": 1})
    for index in range(1, 200):
        series.append(index, {"new": 1})
    assert series.names == ("new",)


def test_an_instant_in_the_past_sees_nothing_of_what_came_after_it() -> None:
    series = filled([10, 20, 30])
    assert series.newest(-1) is None
    assert series.newest(7) == 5
    assert [series.value("x", at) for at in (-1, 0, 7, 10, 99)] == [None, 10, 20, 30, 30]
    (run,) = series.runs("x", 0, 60.0, 1, 15, until=7)
    assert (run[0].high, run[0].mean) == (20, 15)


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(("cpu", "temp0", "power0", "other")))
def test_any_number_becomes_a_byte(value: float, name: str) -> None:
    assert 0 <= packing.pack(name, value) <= 255
    assert packing.pack(name, math.copysign(1.7e308, value)) in (0, packing.GAP - 1, packing.GAP)


values = st.dictionaries(
    st.sampled_from(["cpu", "gpu0", "gpu1", "power0", "temp0", "other"]),
    st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(-1, 1500),
)


@settings(deadline=None)
@given(values)
def test_values_are_packed_together_as_one_by_one(sample: dict[str, float | None]) -> None:
    assert list(packed(sample)) == [pack(name, value) for name, value in sample.items()]


class Columns:
    """What a series holds, one list for each name."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.values: dict[str, list[int]] = {}

    def append(self, at: float, sample: dict[str, float | None]) -> None:
        for name in sample:
            self.values.setdefault(name, [GAP] * len(self.times))
        self.times.append(at)
        for name, column in self.values.items():
            column.append(pack(name, sample.get(name)))


@settings(deadline=None)
@given(st.lists(st.none() | values, max_size=12), values, st.integers(0, 5))
def test_rows_hold_what_columns_would(
    samples: list[dict[str, float | None] | None], old: dict[str, float | None], count: int
) -> None:
    series, columns = Series(1000), Columns()
    for at, sample in enumerate(samples):
        if sample is None:
            series.gap(100.0 + at)
            columns.append(100.0 + at, {})
        else:
            series.append(100.0 + at, sample)
            columns.append(100.0 + at, sample)
    older = {name: bytes([pack(name, value)]) * count for name, value in old.items()}
    times = [float(n) for n in range(count)]
    series.prepend(array("d", times), older)
    if count:
        head = [*times, *([math.nextafter(times[-1], math.inf)] if columns.times else [])]
        gaps = [GAP] * (len(head) - count)
        for name in {*older, *columns.values}:
            live = columns.values.get(name, [GAP] * len(columns.times))
            columns.values[name] = [*older.get(name, GAP_BYTE * count), *gaps, *live]
        columns.times = head + columns.times
    assert list(series.times) == columns.times
    assert set(series.names) == set(columns.values)
    held = series.stretch(-1.0, series.names)
    assert {name: list(column.mean) for name, column in held.columns.items()} == columns.values
    for name, column in columns.values.items():
        for index, at in enumerate(columns.times):
            value = series.value(name, at)
            assert (GAP if value is None else pack(name, value)) == column[index]


def test_very_many_series_cost_the_garbage_collector_nothing() -> None:
    series = [Series(100) for _ in range(10)]
    for each in series:
        each.append(1.0, {"cpu": 1.0, "gpu0": 2.0})
    assert not any(map(gc.is_tracked, series))
    assert series[0].names is series[1].names
