"""The market over REST v2: list prices by count and cloud, and no price where none is meant."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.rest.make import Server, cloud, example, problem
from tui.api import errors
from tui.api.catalogue import CpuFlavor, CpuPrice, Cuda
from tui.api.enums import Availability, Compliance
from tui.api.features import Feature
from tui.api.models import DataCenter, Market, MarketQuery, Offer, Quote, Stock

NONE_LEFT = Quote(None, None, None)


def gpu(**fields: Any) -> dict[str, Any]:
    return {
        "id": "G", "name": "G 1", "pool": None, "manufacturer": "NVIDIA", "memory": 80, "secure": True,
        "community": True, "price": {"secure": 2.0, "community": 1.5}, "maxCount": {"secure": 8, "community": 4},
        "availability": "HIGH", **fields,
    }  # fmt: skip


def by_cloud(secure: list[Any], community: list[Any]) -> Server:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"gpus": secure if request.url.params["cloud"] == "SECURE" else community})

    return Server({"/catalog/gpus": answer})


async def test_both_clouds_in_two_requests() -> None:
    server = by_cloud([gpu(availability="LOW")], [gpu(availability="MEDIUM")])
    market = await server.cloud().market()
    quotes = Quote(2.0, None, "Low"), Quote(1.5, None, "Medium")
    assert market.offers == (Offer("G", "G 1", "NVIDIA", 80, 8, *quotes),)
    assert market.lacks == {Feature.SPOT_PRICE, Feature.HOST_LIMITS, Feature.HOST_SPECS, Feature.RENTED_SHARE}
    asked = sorted(str(request.url.params) for request in server.requests)
    assert asked == [f"include=AVAILABILITY&product=POD&count=1&cloud={name}" for name in ("COMMUNITY", "SECURE")]


async def test_the_captured_catalogue() -> None:
    captured = example("catalog-gpus-community")["gpus"]
    market = await by_cloud([], captured).cloud().markets([MarketQuery(secure=False)])
    assert isinstance(market[0], Market)
    offers = {offer.gpu_id: offer for offer in market[0].offers}
    assert len(offers) == 48, "all but the one that is no GPU"
    assert all(offer.secure is None for offer in offers.values())
    # What the catalogue lists where a cloud does not sell the type is a placeholder, even one of a plausible price.
    sold = {item["id"]: item for item in captured if item["community"] and item["maxCount"]["community"] > 0}
    assert {gpu_id for gpu_id, offer in offers.items() if offer.community is not None} == sold.keys()
    for gpu_id, item in sold.items():
        quote = offers[gpu_id].community
        assert quote is not None
        none_left = item["availability"] == "NONE"
        assert quote.on_demand == (None if none_left else item["price"]["community"])
        assert quote.stock == (None if none_left else item["availability"].capitalize())
    for flagged_without_hosts in ("NVIDIA B200", "NVIDIA B300 SXM6 AC"):
        assert offers[flagged_without_hosts].community is None
    assert offers["NVIDIA A40"].community is None, "a host and no flag"


async def test_a_trimmed_catalogue_has_no_prices() -> None:
    market = await by_cloud(example("catalog-gpus-secure")["gpus"], []).cloud().market()
    assert [offer.name for offer in market.offers] == ["RTX 2000 Ada", "RTX 4090", "RTX PRO 4500", "MI300X", "H100 NVL"]
    assert all(offer.secure is None and offer.community is None for offer in market.offers)


@pytest.mark.parametrize(
    ("fields", "quote"),
    [
        ({}, Quote(2.0, None, "High")),
        ({"secure": False}, None),
        ({"secure": None}, None),
        ({"maxCount": {"secure": 0, "community": 4}}, None),
        ({"maxCount": None}, None),
        ({"price": {"secure": 0, "community": 1}}, NONE_LEFT),
        ({"price": None}, NONE_LEFT),
        ({"availability": "NONE"}, NONE_LEFT),
        ({"availability": None}, Quote(2.0, None, None)),
        ({"availability": "PLENTY"}, Quote(2.0, None, "Plenty")),
        ({"price": {"secure": 0.5}}, Quote(0.5, None, "High")),
    ],
)
async def test_when_a_price_is_one(fields: dict[str, Any], quote: Quote | None) -> None:
    (offer,) = (await by_cloud([gpu(**fields)], []).cloud().market()).offers
    assert offer.secure == quote


async def test_prices_are_of_all_gpus_and_only_of_hosts_that_have_them() -> None:
    server = by_cloud([gpu(price={"secure": 0.1, "community": 1})], [gpu()])
    four, eight = await server.cloud().markets([MarketQuery(3), MarketQuery(8)])
    assert isinstance(four, Market)
    assert isinstance(eight, Market)
    assert four.offers[0].secure == Quote(0.3, None, "High")
    assert four.offers[0].community == Quote(4.5, None, "High")
    assert eight.offers[0].secure == Quote(0.8, None, "High")
    assert eight.offers[0].community == NONE_LEFT, "its largest host has 4"


async def test_each_shelf_is_asked_once_for_all_queries() -> None:
    server = by_cloud([gpu(), gpu(id="H")], [gpu()])
    wanted = [
        MarketQuery(), MarketQuery(gpus=("H",)), MarketQuery(2, secure=True), MarketQuery(2, secure=True, gpus=("G",)),
        MarketQuery(country="SE", secure=False),
    ]  # fmt: skip
    answers = await server.cloud().markets(wanted)
    assert all(isinstance(answer, Market) for answer in answers)
    assert len(server.requests) == 4
    assert [o.gpu_id for o in answers[1].offers] == ["H"]  # type: ignore[union-attr]
    (only,) = answers[3].offers  # type: ignore[union-attr]
    assert only.secure == Quote(4.0, None, "High")
    assert only.community is None
    assert [r.url.params["countryCodes"] for r in server.requests if "countryCodes" in r.url.params] == ["SE"]


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        (MarketQuery(disk_gb=50), "disk size"), (MarketQuery(min_memory_gb=50), "memory"),
        (MarketQuery(min_vcpus=8), "vCPUs"), (MarketQuery(min_download_mbps=1), "download"),
        (MarketQuery(min_upload_mbps=1), "upload"), (MarketQuery(public_ip=True), "public IP"),
    ],
)  # fmt: skip
async def test_a_requirement_that_would_be_ignored_is_not_answered(demand: MarketQuery, words: str) -> None:
    server = by_cloud([gpu()], [gpu()])
    plain, picky = await server.cloud().markets([MarketQuery(), demand])
    assert isinstance(plain, Market)
    assert isinstance(picky, errors.NotOffered)
    assert words in str(picky)
    assert len(server.requests) == 2


async def test_a_cloud_that_fails_is_not_out_of_stock() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["cloud"] == "SECURE":
            return httpx.Response(200, json={"gpus": [gpu()]})
        return problem(500, "no")

    connection = cloud({"/catalog/gpus": answer})
    with pytest.raises(errors.Faltering):
        await connection.market()
    both, secure = await connection.markets([MarketQuery(), MarketQuery(secure=True)])
    assert isinstance(both, errors.Faltering)
    assert isinstance(secure, Market)


async def test_a_gpu_type_that_is_not_understood_is_told() -> None:
    market = await by_cloud([gpu(), {"name": "no id"}, 5], []).cloud().market()
    assert [offer.gpu_id for offer in market.offers] == ["G"]
    assert len(market.problems) == 2


async def test_the_captured_data_centers() -> None:
    found = await cloud({"/catalog/datacenters": example("catalog-datacenters")}).places()
    assert found.problems == ()
    first, *_, last = found.centers
    assert first == DataCenter("EU-RO-1", "EU-RO-1", "Europe", None, True, False, (), ())
    assert (last.location, last.volumes) == ("Asia", False)


async def test_stock_by_data_center() -> None:
    center = {
        "id": "US-KS-2", "name": "US Kansas 2", "region": "NORTH_AMERICA", "globalNetwork": True,
        "networkVolumeTypes": ["STANDARD"], "compliance": ["SOC_2_TYPE_2", "NEW_1"],
        "gpuAvailability": [{"id": "G", "name": "g", "availability": "HIGH"}, {"id": "H", "availability": "NONE"}],
    }  # fmt: skip
    server = Server({"/catalog/datacenters": {"dataCenters": [center, {"id": "X", "region": "UNKNOWN"}]}})
    found = await server.cloud().places()
    assert found.centers[0] == DataCenter(
        "US-KS-2", "US Kansas 2", "North America", None, True, True,
        (Compliance.SOC_2_TYPE_2, Compliance("NEW_1")), (Stock("G", "High"), Stock("H", None)),
    )  # fmt: skip
    assert (found.centers[1].location, found.centers[1].volumes) == (None, None)
    assert str(server.requests[0].url.params) == "include=GPU_AVAILABILITY"


async def test_data_sheets() -> None:
    versions = [{"version": "12.11", "available": False}, {"version": "12.2", "available": False}]
    community = [{"version": "12.11", "available": True}, {"version": "13.0", "available": None}, {"available": True}]
    server = by_cloud([gpu(cudaVersions=versions)], [gpu(cudaVersions=community)])
    (sheet,) = (await server.cloud().gpu_sheets()).sheets
    assert (sheet.prices.secure, sheet.prices.community) == (2.0, 1.5)
    assert (sheet.max_count, sheet.max_secure, sheet.max_community) == (8, 8, 4)
    assert sheet.cudas == (
        Cuda("12.2", Availability.UNAVAILABLE), Cuda("12.11", Availability.AVAILABLE), Cuda("13.0", None),
    )  # fmt: skip


async def test_cpu_pods() -> None:
    cpu = {
        "id": "cpu5c", "name": "Compute-Optimized", "group": "Gen 5", "vcpu": {"min": 2, "max": 32},
        "ramGbPerVcpu": 2.5, "price": {"securePerVcpu": 0.04, "serverlessPerVcpu": 0.03}, "availability": "MEDIUM",
    }  # fmt: skip
    server = Server({"/catalog/cpus": {"cpus": [cpu, {**cpu, "id": "cpu3c-2-4"}, {**cpu, "id": "x", "price": None}]}})
    first, sized, unpriced = (await server.cloud().cpu_flavors()).flavors
    smallest = CpuPrice("cpu5c-2-5", "Medium", 0.08, 0.06)
    assert first == CpuFlavor("cpu5c", "Compute-Optimized", None, "Gen 5", 2, 32, None, 2.5, None, smallest)
    assert sized.smallest is not None
    assert sized.smallest.instance == "cpu3c-2-4"
    assert unpriced.smallest is None
    assert str(server.requests[0].url.params) == "include=AVAILABILITY&product=POD"
