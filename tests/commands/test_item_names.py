"""Names in JSON are those of RunPod, whatever lists leave out for the sake of room."""

from __future__ import annotations

from msgspec.structs import replace

from tests.make import market, offer, pod, snapshot
from tui.api.models import MarketQuery, Quote
from tui.commands import items
from tui.commands.market import Selection
from tui.domain.filters import NO_FILTER
from tui.store.fleet import Fleet
from tui.store.views import offers

NOW = 1_000_000.0


def test_lists_leave_the_maker_of_a_gpu_out_and_json_does_not() -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(pod("a", gpu="NVIDIA H200 NVL")), NOW)
    assert items.pods(fleet, NOW)[0].gpu_type == "NVIDIA H200 NVL"
    answer = market(offer("NVIDIA H200 NVL", Quote(2.99, 1.75, "High"), Quote(None, None, None)))
    (found,) = items.offers(answer, Selection(MarketQuery(), NO_FILTER, "price"))
    assert found.name == answer.offers[0].name == "NVIDIA H200 NVL"


def test_offers_are_sorted_by_the_names_that_are_written() -> None:
    quote = Quote(1.0, None, "High")
    answer = market(*(offer(name, quote) for name in ("NVIDIA A40", "L4", "AMD Instinct MI300X", "NVIDIA RTX A5000")))
    found = [item.name for item in items.offers(answer, Selection(sort="name"))]
    assert found == ["AMD Instinct MI300X", "L4", "NVIDIA A40", "NVIDIA RTX A5000"]


def test_types_that_differ_in_the_maker_need_nothing_else_to_differ_in_json() -> None:
    answer = market(offer("AMD X1", Quote(1.0, None, "High")), offer("NVIDIA X1", Quote(2.0, None, "High")))
    assert [item.name for item in items.offers(answer, Selection(sort="name"))] == ["AMD X1", "NVIDIA X1"]
    assert {row.name for row in offers.rows(answer)} == {"X1 AMD", "X1"}
    same = market(*(replace(offer("X1", Quote(1.0, None, "High")), gpu_id=f"X1 {kind}") for kind in ("PCIe", "SXM")))
    assert {item.name for item in items.offers(same, Selection())} == {"X1 PCIe", "X1 SXM"}
