"""Names in JSON are those of RunPod, whatever lists leave out for the sake of room."""

from __future__ import annotations

from tests.make import market, offer, pod, snapshot
from tui.api.models import MarketQuery, Quote
from tui.commands import items
from tui.commands.market import Selection
from tui.domain.filters import NO_FILTER
from tui.store.fleet import Fleet

NOW = 1_000_000.0


def test_lists_leave_the_maker_of_a_gpu_out_and_json_does_not() -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(pod("a", gpu="NVIDIA H200 NVL")), NOW)
    assert items.pods(fleet, NOW)[0].gpu_type == "NVIDIA H200 NVL"
    answer = market(offer("NVIDIA H200 NVL", Quote(2.99, 1.75, "High"), Quote(None, None, None)))
    (found,) = items.offers(answer, Selection(MarketQuery(), NO_FILTER, "price"))
    assert found.name == answer.offers[0].name == "NVIDIA H200 NVL"
