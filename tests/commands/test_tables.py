"""Tables fit and CSV is CSV, whatever RunPod and its users call things."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tui.commands.items import OfferItem, PodItem
from tui.commands.printer import ITEMS
from tui.commands.tables import COLUMNS, Column, aligned, cell, csv_header, csv_rows, cut, flat, table, width_of

texts = st.text(st.characters(blacklist_categories=("C", "Z")), max_size=30)
pods = st.builds(
    PodItem, id=texts, name=texts, phase=st.sampled_from(["running", "idle", "stopped", "unreadable", "other"]),
    status=st.one_of(st.none(), texts), cost_per_hr=st.one_of(st.none(), st.floats()), gpu_type=texts,
    gpu_count=st.one_of(st.none(), st.integers(0, 8)), image=st.one_of(st.none(), texts),
    uptime_s=st.one_of(st.none(), st.integers(-20, 10**7)),
)  # fmt: skip


@given(st.lists(pods, min_size=1, max_size=5), st.integers(1, 200))
def test_no_line_is_wider_than_the_terminal(items: list[PodItem], width: int) -> None:
    lines = table("pods", items, width)
    assert len(lines) == len(items) + 1
    assert all(width_of(line) <= width for line in lines)


@given(st.lists(pods, min_size=1, max_size=5))
def test_without_a_terminal_nothing_is_cut(items: list[PodItem]) -> None:
    lines = table("pods", items, None)
    assert not lines[0].endswith("…")
    for item, line in zip(items, lines[1:], strict=True):
        assert item.id in line
        assert item.name in line


def test_where_there_is_no_room_columns_go_by_their_rank() -> None:
    columns = [
        Column("A", lambda row: row, flex=True), Column("B", lambda row: "bbbb", 2), Column("C", lambda row: "cccc", 1)
    ]  # fmt: skip
    rows = ["a" * 20]
    assert aligned(columns, rows, 40)[1] == f"{'a' * 20}  bbbb  cccc"
    assert aligned(columns, rows, 22)[1] == "a" * 9 + "…  bbbb  cccc"
    assert aligned(columns, rows, 16)[1] == "a" * 9 + "…  cccc"
    assert aligned(columns, rows, 5)[1] == "aaaa…"


def test_what_is_long_goes_on_below_where_there_is_a_terminal() -> None:
    columns = [Column("POD", lambda row: "llama"), Column("WHAT", lambda row: row, wrap=True)]
    said = "no GPU has worked for at least a while and it costs"
    assert aligned(columns, [said], None)[1] == f"llama  {said}"
    assert aligned(columns, [said], 40) == [
        "POD    WHAT", "llama  no GPU has worked for at least a", "       while and it costs"
    ]  # fmt: skip
    assert all(len(line) <= 25 for line in aligned(columns, [said], 25))


def test_wide_and_combining_characters_keep_columns_straight() -> None:
    columns = [Column("NAME", lambda row: row), Column("X", lambda row: "x")]
    lines = aligned(columns, ["模型", "e\u0301te\u0301", "plain"], None)
    assert {width_of(line) for line in lines} == {8}
    assert cut("模型模型", 5) == "模型…"
    assert cut("模型模型", 4) == "模…"


def test_a_stopped_pods_price_is_in_brackets_and_what_is_unknown_is_a_dash() -> None:
    stopped = PodItem(id="a", name="n", phase="stopped", cost_per_hr=0.4, gpu_count=1, gpu_type="A40")
    assert "(0.40)" in table("pods", [stopped], None)[1]
    odd = PodItem(id="b", name="m", phase="unreadable", unreadable="expected a number")
    assert table("pods", [odd], None)[1].split()[:6] == ["unreadable", "m", "(expected", "a", "number)", "b"]
    assert table("pods", [], None) == []


def test_the_market_has_the_screens_units_and_a_total_for_several_gpus() -> None:
    one = OfferItem(
        gpu_id="NVIDIA H100", name="H100", memory_gb=80, cuda_cores=None, max_count=8, gpu_count=1, cloud="secure",
        price_per_hr=2.0, price_per_gpu_hr=2.0, lowest_bid_per_gpu_hr=1.5, stock="High", rented=None, total=None,
        rented_percent=None, country="US", min_vcpus=None, min_memory_gb=None, min_download_mbps=None,
        min_upload_mbps=None, public_ip=None,
    )  # fmt: skip
    title, row = table("market", [one], None)
    assert title.split()[:6] == ["GPU", "VRAM", "CLOUD", "$/GPU/H", "SPOT", "STOCK"]
    assert row.split()[:6] == ["H100", "80", "secure", "2.00", "1.50", "high"]
    title, row = table("market", [replace(one, gpu_count=4, price_per_hr=8.0)], None)
    assert title.split()[3:6] == ["$/GPU/H", "SPOT", "TOTAL"]
    assert row.split()[3:6] == ["2.00", "1.50", "8.00"]


@pytest.mark.parametrize("kind", [kind for kind in ITEMS if kind != "account"])
def test_every_list_has_its_table(kind: str) -> None:
    assert COLUMNS[kind]
    assert csv_header(kind, ITEMS[kind]).startswith("at,")


@given(st.lists(pods, max_size=5))
def test_csv_is_read_back_as_it_was(items: list[PodItem]) -> None:
    text = csv_header("pods", PodItem) + csv_rows("pods", "2026-11-23T12:00:00Z", items)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        assert row["at"] == "2026-11-23T12:00:00Z"
        assert {name: row[name] for name in flat(PodItem)} == {n: cell(getattr(item, n)) for n in flat(PodItem)}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (2.0, "2"), (0.25, "0.25"), (float("nan"), ""),
        (float("inf"), ""), (7, "7"), ("a,b", "a,b"),
    ],
)  # fmt: skip
def test_values_as_csv_has_them(value: object, text: str) -> None:
    assert cell(value) == text


def test_csv_leaves_out_what_is_a_list() -> None:
    assert "gpus" not in flat(PodItem)
    assert "gpu_type" in flat(PodItem)
    assert flat(OfferItem) == OfferItem.__struct_fields__
