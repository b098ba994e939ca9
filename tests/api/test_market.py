"""From the market document's answer to offers: no placeholder is ever a price."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from graphql import parse, specified_rules, validate
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.api.make import Recorder, cloud, gpu, market
from tests.api.schema import full_answer, schema
from tui.api.errors import Malformed, Rejected, Unreachable
from tui.api.graphql.market import question, variables
from tui.api.models import ANYTHING, DataCenter, DataCenters, Market, MarketQuery, Offer, Problem, Quote, Stock


async def offers(*gpus: object) -> Market:
    return await cloud(market(*gpus)).market()


async def test_an_offer_whole() -> None:
    quote = {
        "uninterruptablePrice": 2.99,
        "minimumBidPrice": 1.5,
        "stockStatus": "High",
        "minVcpu": 16,
        "minMemory": 125,
        "rentedCount": 40,
        "totalCount": 100,
        "rentalPercentage": 0.4,
        "minDownload": 900,
        "minUpload": 700,
        "countryCode": "SE",
        "supportPublicIp": True,
    }
    found = await offers(
        gpu(
            manufacturer="Nvidia",
            memoryInGb=80,
            cudaCores=14592,
            maxGpuCount=8,
            secure=quote,
            community={**quote, "stockStatus": "Low"},
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
                secure=Quote(2.99, 1.5, "High", 16, 125, 40, 100, 40.0, 900, 700, "SE", True),
                community=Quote(2.99, 1.5, "Low", 16, 125, 40, 100, 40.0, 900, 700, "SE", True),
                cuda_cores=14592,
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
        "invalid GPU type A100: expected a number, got text at memoryInGb",
        "invalid GPU type (no id): RunPod returned no data for it",
        "invalid GPU type (no id): object missing required field id",
    ]


async def test_errors_beside_the_offers_are_kept() -> None:
    found = await cloud({**market(gpu()), "errors": [{"message": "no prices today", "path": ["gpuTypes"]}]}).market()
    assert len(found.offers) == 1
    assert found.problems == (Problem("no prices today", ("gpuTypes",)),)


async def test_no_list_is_an_error_and_not_an_empty_market() -> None:
    with pytest.raises(Malformed):
        await cloud({"data": {"gpuTypes": None}}).market()
    with pytest.raises(Malformed):
        await cloud({"data": {"gpuTypes": {}}}).market()
    with pytest.raises(Rejected, match="closed"):
        await cloud({"data": {"gpuTypes": None}, "errors": [{"message": "closed"}]}).market()


async def test_each_cloud_is_asked_for_by_itself_and_without_the_key() -> None:
    recorder = Recorder(market(gpu()))
    await cloud(recorder).market()
    assert recorder.variables == {
        "secure": {"gpuCount": 1, "secureCloud": True},
        "community": {"gpuCount": 1, "secureCloud": False},
    }
    assert "authorization" not in recorder.requests[0].headers


async def test_the_market_works_without_a_key() -> None:
    assert len((await cloud(market(gpu()), key=None).market()).offers) == 1


@pytest.mark.parametrize(
    ("share", "rented", "total", "percent"),
    [(0.4, None, None, 40.0), (40, None, None, 40.0), (0.9, 4, 10, 40.0), (None, 4, None, None), (None, 0, 0, None)],
)
async def test_percent_rented_is_by_the_counts_where_there_are_any(
    share: float | None, rented: int | None, total: int | None, percent: float | None
) -> None:
    told = {"rentalPercentage": share, "rentedCount": rented, "totalCount": total}
    quote = (await offers(gpu(secure=told))).offers[0].secure
    assert quote is not None
    assert quote.rented_share == percent


PICKY = MarketQuery(
    gpu_count=4, disk_gb=500, min_memory_gb=128, min_vcpus=32, secure=False, min_download_mbps=900,
    min_upload_mbps=800, country="SE", public_ip=True, gpus=("NVIDIA H100", "NVIDIA A40"),
)  # fmt: skip


async def test_every_filter_reaches_the_server() -> None:
    recorder = Recorder({"data": {"gpuTypes": []}})
    await cloud(recorder).markets((PICKY,))
    assert recorder.variables == {
        "only0": {"ids": ["NVIDIA H100", "NVIDIA A40"]},
        "community0": {
            "gpuCount": 4,
            "totalDisk": 500,
            "minMemoryInGb": 128,
            "minVcpuCount": 32,
            "secureCloud": False,
            "minDownload": 900,
            "minUpload": 800,
            "countryCode": "SE",
            "supportPublicIp": True,
        },
    }
    assert "authorization" not in recorder.requests[0].headers


async def test_many_questions_are_one_request() -> None:
    asked: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        answers = {"gpuTypes": [gpu(id="A")], "more1": [gpu(id="B")], "more2": [gpu(id="C"), gpu(id="unknown")]}
        return httpx.Response(200, json={"data": answers})

    found = await cloud(handle).markets((ANYTHING, PICKY, MarketQuery(gpu_count=8)))
    assert [[o.gpu_id for o in m.offers] for m in found if isinstance(m, Market)] == [["A"], ["B"], ["C"]]
    assert len(asked) == 1
    assert asked[0]["variables"]["secure2"] == {"gpuCount": 8, "secureCloud": True}
    assert "only0" not in asked[0]["variables"]


async def test_one_question_without_an_answer_takes_no_other_with_it() -> None:
    answer = {
        "data": {"gpuTypes": [gpu()], "more1": None, "more2": {}},
        "errors": [{"message": "no such country", "path": ["more1"]}],
    }
    first, second, third = await cloud(answer).markets((ANYTHING, PICKY, MarketQuery(gpu_count=2)))
    assert isinstance(first, Market)
    assert first.problems == ()
    assert isinstance(second, Rejected)
    assert "no such country" in str(second)
    assert isinstance(third, Malformed)


async def test_no_answer_at_all_is_raised() -> None:
    with pytest.raises(Unreachable):
        await cloud(httpx.Response(502, text="<html>")).markets((ANYTHING,))


demands = st.builds(
    MarketQuery,
    gpu_count=st.integers(1, 16),
    secure=st.sampled_from([None, True, False]),
    country=st.sampled_from([None, "US"]),
    gpus=st.sampled_from([(), ("NVIDIA H100",)]),
)


@pytest.mark.wide
@given(st.lists(demands, min_size=1, max_size=6))
def test_questions_are_valid_whatever_is_asked(asked: list[MarketQuery]) -> None:
    text = question(tuple(demand.secure for demand in asked))
    assert validate(schema(), parse(text), specified_rules) == []
    answer = full_answer(text, variables(asked))
    assert len(answer["data"]) == len(asked)


def test_what_does_not_matter_is_not_sent() -> None:
    assert variables((replace(PICKY, gpus=(), secure=None, country=None),)).keys() == {"secure", "community"}


async def test_data_centres_and_their_stock() -> None:
    center = {
        "id": "US-TX-3", "name": "Texas 3", "location": "US", "listed": True, "storageSupport": True,
        "globalNetwork": False, "compliance": ["GDPR", None],
        "gpuAvailability": [
            {"gpuTypeId": "A", "stockStatus": "High", "available": True},
            {"gpuTypeId": "B", "stockStatus": "None", "available": False},
            {"gpuTypeId": "C", "stockStatus": "Low", "available": False},
            {"gpuTypeId": None}, None, {"gpuTypeId": "unknown"},
        ],
    }  # fmt: skip
    found = await cloud({"data": {"dataCenters": [center, {"id": 7}, {"id": "EU"}]}}).places()
    assert found == DataCenters(
        (
            DataCenter(
                "US-TX-3", "Texas 3", "US", True, True, False, ("GDPR",),
                (Stock("A", "High"), Stock("B", None), Stock("C", None)),
            ),
            DataCenter("EU", None, None, None, None, None, (), ()),
        ),
        (Problem("invalid data center (no id): expected text, got a number at id"),),
    )  # fmt: skip
    with pytest.raises(Malformed):
        await cloud({"data": {"dataCenters": None}}).places()
    with pytest.raises(Rejected, match="shut"):
        await cloud({"data": {"dataCenters": None}, "errors": [{"message": "shut"}]}).places()
