"""From the market document's answer to offers: no placeholder is ever a price."""

from __future__ import annotations

import pytest

from tests.api.make import Recorder, cloud, gpu, market
from tui.api.cloud import Malformed, Rejected
from tui.api.models import Market, Offer, Problem, Quote


async def offers(*gpus: object) -> Market:
    return await cloud(market(*gpus)).offers()


async def test_an_offer_whole() -> None:
    quote = {
        "uninterruptablePrice": 2.99,
        "minimumBidPrice": 1.5,
        "stockStatus": "High",
        "minVcpu": 16,
        "minMemory": 125,
        "rentedCount": 40,
        "totalCount": 100,
    }
    found = await offers(
        gpu(
            manufacturer="Nvidia", memoryInGb=80, maxGpuCount=8, secure=quote, community={**quote, "stockStatus": "Low"}
        )
    )
    assert found == Market(
        (
            Offer(
                gpu_id="NVIDIA H100",
                name="H100",
                manufacturer="Nvidia",
                memory_gb=80,
                max_count=8,
                secure=Quote(2.99, 1.5, "High", 16, 125, 40, 100),
                community=Quote(2.99, 1.5, "Low", 16, 125, 40, 100),
            ),
        )
    )


@pytest.mark.parametrize("flag", [False, None])
async def test_a_cloud_that_does_not_sell_it_has_no_quote(flag: bool | None) -> None:
    placeholder = {"uninterruptablePrice": 0.5, "stockStatus": "High"}
    found = await offers(gpu(communityCloud=flag, community=placeholder))
    assert found.offers[0].community is None
    assert found.offers[0].secure == Quote(None, None, None)


async def test_out_of_stock_is_a_quote_without_prices() -> None:
    nothing = {"uninterruptablePrice": None, "minimumBidPrice": None, "stockStatus": None, "totalCount": 12}
    found = await offers(gpu(secure=nothing, community=None))
    assert found.offers[0].secure == Quote(None, None, None, total=12)
    assert found.offers[0].community == Quote(None, None, None)


@pytest.mark.parametrize("price", [0, 0.0, -1])
async def test_a_gpu_is_never_free(price: float) -> None:
    found = await offers(gpu(secure={"uninterruptablePrice": price, "minimumBidPrice": price}))
    assert found.offers[0].secure == Quote(None, None, None)


@pytest.mark.parametrize(
    ("word", "stock"),
    [("None", None), ("NONE", None), ("", None), (None, None), ("Medium", "Medium"), ("Plenty", "Plenty")],
)
async def test_stock_is_runpods_word_or_none(word: str | None, stock: str | None) -> None:
    found = await offers(gpu(secure={"stockStatus": word}))
    assert found.offers[0].secure == Quote(None, None, stock)


async def test_the_pseudo_gpu_is_hidden() -> None:
    found = await offers(gpu(id="unknown"), gpu())
    assert [o.gpu_id for o in found.offers] == ["NVIDIA H100"]


async def test_a_gpu_type_without_a_name_shows_its_id() -> None:
    found = await offers(gpu(displayName=None))
    assert found.offers[0].name == "NVIDIA H100"


async def test_one_malformed_gpu_type_is_told_and_the_rest_stands() -> None:
    found = await offers(gpu(id="A100", memoryInGb="80"), gpu(), None, {})
    assert [o.gpu_id for o in found.offers] == ["NVIDIA H100"]
    assert [p.message for p in found.problems] == [
        "GPU type A100 could not be understood: expected a number, got text at memoryInGb",
        "GPU type (without id) could not be understood: RunPod gave no data for it",
        "GPU type (without id) could not be understood: object missing required field id",
    ]


async def test_errors_beside_the_offers_are_kept() -> None:
    found = await cloud({**market(gpu()), "errors": [{"message": "no prices today", "path": ["gpuTypes"]}]}).offers()
    assert len(found.offers) == 1
    assert found.problems == (Problem("no prices today", ("gpuTypes",)),)


async def test_no_list_is_an_error_and_not_an_empty_market() -> None:
    with pytest.raises(Malformed):
        await cloud({"data": {"gpuTypes": None}}).offers()
    with pytest.raises(Malformed):
        await cloud({"data": {"gpuTypes": {}}}).offers()
    with pytest.raises(Rejected, match="closed"):
        await cloud({"data": {"gpuTypes": None}, "errors": [{"message": "closed"}]}).offers()


async def test_each_cloud_is_asked_for_by_itself_and_without_the_key() -> None:
    recorder = Recorder(market(gpu()))
    await cloud(recorder).offers()
    assert recorder.variables == {
        "secure": {"gpuCount": 1, "secureCloud": True},
        "community": {"gpuCount": 1, "secureCloud": False},
    }
    assert "authorization" not in recorder.requests[0].headers


async def test_the_market_works_without_a_key() -> None:
    assert len((await cloud(market(gpu()), key=None).offers()).offers) == 1
