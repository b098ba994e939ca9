"""Packed telemetry: what goes in comes out, and nothing else is taken for a block."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.history.archive import codec
from tui.history.archive.codec import MINUTE, RAW, Damaged, Layout
from tui.store.series import EMPTY, GAP, SampleColumn, Samples, unbroken
from tui.store.stretches import cut, join, reduced

START = 1_795_435_200.0


def single(values: bytes) -> SampleColumn:
    return SampleColumn(values, values, values)


def stretch(count: int, step: float = 5.0, **columns: bytes) -> Samples:
    return Samples(array("d", (START + i * step for i in range(count))), {n: single(v) for n, v in columns.items()})


@st.composite
def stretches(draw: st.DrawFn) -> Samples:
    offsets = sorted(set(draw(st.lists(st.integers(0, 44_000), max_size=60))))
    names = draw(st.lists(st.sampled_from(["cpu", "util", "gpu0", "gpu11", "power0"]), unique=True, max_size=5))
    size = len(offsets)
    columns = {name: single(draw(st.binary(min_size=size, max_size=size))) for name in names}
    return Samples(array("d", (START + offset * 0.02 for offset in offsets)), columns)


@given(stretches())
def test_a_block_comes_back_as_it_was(given_: Samples) -> None:
    back = codec.decode(codec.encode(given_, START, RAW), START)
    assert back.times == pytest.approx(given_.times, abs=0.011)
    assert back.columns == given_.columns


@given(stretches())
def test_minutes_keep_the_extremes_and_come_back(given_: Samples) -> None:
    minutes = reduced(given_, 60.0, 60.0)
    back = codec.decode(codec.encode(minutes, START, MINUTE), START)
    assert (list(back.times), back.columns) == (list(minutes.times), minutes.columns)
    for name, column in given_.columns.items():
        known = [value for value in column.mean if value != GAP]
        low = [value for value in minutes.columns[name].low if value != GAP]
        high = [value for value in minutes.columns[name].high if value != GAP]
        assert (min(low, default=None), max(high, default=None)) == (min(known, default=None), max(known, default=None))


@given(st.binary(max_size=60))
def test_other_bytes_are_damaged_and_nothing_else(data: bytes) -> None:
    with pytest.raises(Damaged):
        codec.decode(data, START)


def test_a_block_cut_short_or_of_a_later_kind_is_damaged() -> None:
    block = codec.encode(stretch(3, cpu=b"abc"), START, RAW)
    for bad in (
        block[:-1],
        block + b"x",
        b"\x02" + block[1:],
        b"\x01\x07" + block[2:],
        block[:2] + b"\x09" + block[3:],
    ):
        with pytest.raises(Damaged):
            codec.decode(bad, START)


@given(stretches(), st.data())
def test_a_block_with_a_wrong_byte_is_damaged_or_still_a_stretch(given_: Samples, data: st.DataObject) -> None:
    block = bytearray(codec.encode(given_, START, RAW))
    block[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        back = codec.decode(bytes(block), START)
    except Damaged:
        return
    assert all(len(column.mean) == len(back.times) for column in back.columns.values())


def test_only_the_wanted_names_are_taken_out() -> None:
    block = codec.encode(stretch(2, cpu=b"ab", util=b"cd"), START, RAW)
    assert list(codec.decode(block, START, ("util",)).columns) == ["util"]


def test_joined_stretches_have_gaps_where_one_lacks_a_name() -> None:
    whole = join([stretch(2, cpu=b"ab"), Samples(array("d", [START + 60]), {"util": single(b"z")})])
    assert whole.columns["cpu"].mean == b"ab\xff"
    assert whole.columns["util"].mean == b"\xff\xffz"


def test_a_silence_is_still_a_gap_when_thinned() -> None:
    times = array("d", [START, START + 5, START + 600])
    minutes = reduced(Samples(times, {"cpu": single(b"\x02\x04\x06")}), 60.0, 60.0)
    runs = unbroken(minutes.times, minutes.columns["cpu"], 2.0, START, 60.0, 20, 90.0)
    assert [[(p.low, p.mean, p.high) for p in run] for run in runs] == [[(1, 1.5, 2)], [(3, 3, 3)]]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4)), unique_by=lambda p: p[0], max_size=5), st.integers(1, 8)
)
def test_rows_of_polls_become_columns(shape: list[tuple[int, int]], polls: int) -> None:
    layout = Layout(tuple((pod, tuple(f"v{i}" for i in range(count))) for pod, count in shape))
    rows = [bytes((pod * 16 + i + turn) % 255 for pod, n in shape for i in range(n)) for turn in range(polls)]
    times = [START + i for i in range(polls)]
    found = codec.columns_of(layout, times, rows)
    for pod, count in shape:
        assert list(found[pod].times) == times
        for i in range(count):
            assert found[pod].columns[f"v{i}"].mean == bytes((pod * 16 + i + turn) % 255 for turn in range(polls))


def test_a_joined_stretch_of_one_is_itself_and_of_none_is_empty() -> None:
    one = stretch(1, cpu=b"a")
    assert join([EMPTY, one]) is one
    assert not join([]).times
    assert math.isfinite(cut(one, START, START + 1).times[0])
    assert not cut(one, START + 1, START + 2).times
